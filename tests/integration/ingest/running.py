"""`tantou ingest` as a real process for tests: its configuration, its start, its end by signal."""

from __future__ import annotations

import json
import signal
import subprocess
import sys
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import httpx

from tests.integration.broker import CENTRE, CENTRE_PASSWORD, Broker
from tests.ports import unused_port
from tests.waiting import WITHIN_S, until


class Ingest:
    """`tantou ingest` as a process of its own, killed and started at will."""

    def __init__(self, folder: Path, broker: Broker, database_url: str, *, batch_max: int = 500) -> None:
        self.port = unused_port()
        self._folder = folder
        self._config = folder / "ingest.toml"
        secret = folder / "broker.password"
        secret.write_text(CENTRE_PASSWORD)
        lines = [
            "[store]",
            f"database = {json.dumps(database_url)}",
            f"blobs = {json.dumps(str(folder / 'blobs'))}",
            "[broker]",
            f"url = {json.dumps(broker.url)}",
            f"username = {json.dumps(CENTRE)}",
            f"password_file = {json.dumps(str(secret))}",
            "[http]",
            f"port = {self.port}",
            "[limits]",
            f"batch_max = {batch_max}",
        ]
        self._config.write_text("\n".join(lines))
        self.process: subprocess.Popen[bytes] | None = None

    def start(self) -> None:
        """Returns at once."""
        with (self._folder / "ingest.log").open("ab") as log:
            self.process = subprocess.Popen(
                [sys.executable, "-m", "tantou", "ingest", "--config", str(self._config)], stdout=log, stderr=log
            )

    def end(self, number: signal.Signals) -> int:
        """Sends the signal and returns the exit code."""
        assert self.process is not None
        self.process.send_signal(number)
        return self.process.wait(WITHIN_S)

    def kill(self) -> None:
        """kill -9, if it still runs."""
        if self.process is not None:
            self.process.kill()
            self.process.wait()

    def is_subscribed(self) -> bool:
        """Whether it says so."""
        try:
            return bool(httpx.get(f"http://127.0.0.1:{self.port}/health", timeout=5).json()["broker"] == "subscribed")
        except httpx.TransportError:
            return False


@contextmanager
def running_ingest(folder: Path, broker: Broker, database_url: str, *, batch_max: int = 500) -> Iterator[Ingest]:
    """Ingest, subscribed; killed at the end if it still runs."""
    ingest = Ingest(folder, broker, database_url, batch_max=batch_max)
    ingest.start()
    try:
        until(ingest.is_subscribed)
        yield ingest
    finally:
        ingest.kill()
