"""One event by hand, for the tests that need just one."""

from __future__ import annotations

import pytest

from contract.events import Event
from tests.unit.contract.examples import golden_event


@pytest.fixture
def sample_event() -> Event:
    """The golden event."""
    return golden_event()
