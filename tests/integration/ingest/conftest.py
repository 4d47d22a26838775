"""A real broker, and a gateway's client on it."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import pytest

from tests.integration.broker import Broker, running_broker
from tests.integration.ingest.sender import Sender


@pytest.fixture
def broker(tmp_path: Path) -> Iterator[Broker]:
    """NATS in MQTT mode, its store in this test's folder."""
    folder = tmp_path / "broker"
    folder.mkdir()
    with running_broker(folder) as running:
        yield running


@pytest.fixture
def sender(broker: Broker) -> Iterator[Sender]:
    """The gateway gw-1, connected and listening for its acks."""
    client = Sender(broker)
    yield client
    client.close()
