"""A real broker for tests: NATS in MQTT mode as `tantou up` configures it, on loopback, killed and started at will."""

from __future__ import annotations

import subprocess
import sys
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path

from tantou.up.broker import centre_user, gateway_user, nats_config
from tests.ports import listens, unused_port
from tests.waiting import until

TOWN = "demo"
GATEWAY = "gw-1"
GATEWAY_PASSWORD = "gateway-password"
CENTRE = "centre"
CENTRE_PASSWORD = "centre-password"
NATS = Path(sys.executable).parent / "nats-server"


@dataclass
class Broker:
    """The broker's process and where it listens; its store outlives `kill`."""

    config: Path
    port: int
    process: subprocess.Popen[bytes] | None = None

    @property
    def url(self) -> str:
        """As edge.toml and ingest.toml name it."""
        return f"mqtt://127.0.0.1:{self.port}"

    def start(self) -> None:
        """Returns when it takes connections."""
        with (self.config.parent / "broker.log").open("ab") as log:
            self.process = subprocess.Popen([str(NATS), "-c", str(self.config)], stdout=log, stderr=log)
        until(lambda: listens(self.port))

    def kill(self) -> None:
        """kill -9."""
        assert self.process is not None
        self.process.kill()
        self.process.wait()


@contextmanager
def running_broker(folder: Path) -> Iterator[Broker]:
    """A broker with the users `gw-1` of the town `demo` and `centre`, its files in `folder`."""
    users = [
        gateway_user(town=TOWN, gateway=GATEWAY, password=GATEWAY_PASSWORD),
        centre_user(CENTRE, CENTRE_PASSWORD),
    ]
    config = folder / "nats.conf"
    broker = Broker(config, unused_port())
    config.write_text(nats_config(port=broker.port, store_dir=str(folder / "jetstream"), users=users))
    broker.start()
    try:
        yield broker
    finally:
        broker.kill()
