"""The whole system for one test: `tantou up` as a process, asked over its API and killed by its process ids."""

from __future__ import annotations

import os
import queue
import signal
import subprocess
import sys
import threading
import time
from collections.abc import Callable
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any, TypeVar

import httpx
import msgspec
import psutil

from tantou.up import configs, layout
from tantou.up.layout import Layout, Ports
from tests.ports import unused_port

T = TypeVar("T")
UP_WITHIN_S = 150.0
WORDS = {
    "broker": "nats-server",
    "ingest": "ingest",
    "server": "server",
    "edge": "edge",
    "cameras": "cameras",
    "kitchens": "kitchens",
}


@dataclass
class System:
    """A data folder and the `tantou up` that runs on it."""

    here: Layout
    ports: Ports
    words: tuple[str, ...]
    lines: list[str] = field(default_factory=list)
    process: subprocess.Popen[str] | None = None

    @property
    def url(self) -> str:
        """Where the console is."""
        return f"http://127.0.0.1:{self.ports.server}"

    def start(self) -> None:
        """Starts it and waits until it says that all is there."""
        command = [sys.executable, "-m", "tantou", "up", "--data", str(self.here.root), *self.words]
        self.process = subprocess.Popen(
            command, stdout=subprocess.PIPE, stderr=subprocess.STDOUT, text=True, start_new_session=True
        )
        said: queue.Queue[str] = queue.Queue()
        threading.Thread(target=self._listen, args=(self.process, said), daemon=True).start()
        until_s = time.monotonic() + UP_WITHIN_S
        while "console:" not in said.get(timeout=max(0.1, until_s - time.monotonic())):
            assert self.process.poll() is None, self.log()

    def _listen(self, process: subprocess.Popen[str], said: queue.Queue[str]) -> None:
        assert process.stdout is not None
        for line in process.stdout:
            self.lines.append(line.rstrip())
            said.put(line)
        process.stdout.close()

    def log(self) -> str:
        """What was printed last, for a test's message."""
        return "\n".join(self.lines[-60:])

    def children(self) -> dict[str, psutil.Process]:
        """The running children by name."""
        assert self.process is not None
        found: dict[str, psutil.Process] = {}
        for child in psutil.Process(self.process.pid).children():
            try:
                words = {Path(word).name for word in child.cmdline()}
            except psutil.NoSuchProcess:
                continue
            found |= {name: child for name, word in WORDS.items() if word in words}
        return found

    def kill(self, name: str) -> None:
        """kill -9 of one child, which must be running."""
        child = self.wait_for(f"{name} to run", lambda: self.children().get(name))
        os.kill(child.pid, signal.SIGKILL)
        child.wait()

    def stop(self, number: signal.Signals = signal.SIGINT) -> int:
        """Ends it as Ctrl-C does; returns the exit code."""
        assert self.process is not None
        if self.process.poll() is None:
            os.kill(self.process.pid, number)
        return self.process.wait(timeout=60)

    def password(self, name: str) -> str:
        """A demo person's password."""
        return dict(line.split() for line in self.here.people.read_text().splitlines())[name]

    def log_in(self, name: str) -> httpx.Client:
        """An API client of that person."""
        client = httpx.Client(base_url=f"{self.url}/api/v1", timeout=20)
        answer = client.post("/session", json={"name": name, "password": self.password(name)})
        answer.raise_for_status()
        client.headers["X-CSRF-Token"] = answer.json()["csrf_token"]
        return client

    def wait_for(self, what: str, look: Callable[[], T | None], within_s: float = 60.0) -> T:
        """The first thing found that is not nothing; fails with the log when it does not come."""
        found = self.look_for(look, within_s)
        assert found, f"no {what} within {within_s:.0f} s\n{self.log()}"
        return found

    def look_for(self, look: Callable[[], T | None], within_s: float) -> T | None:
        """The first thing found that is not nothing, if it comes in time."""
        until_s = time.monotonic() + within_s
        while not (found := look()) and time.monotonic() < until_s:
            time.sleep(0.2)
        return found


def leads(client: httpx.Client, **filters: str) -> list[dict[str, Any]]:
    """The leads as the list shows them, oldest first."""
    answer = client.get("/leads", params={"order": "oldest", **filters})
    answer.raise_for_status()
    items: list[dict[str, Any]] = answer.json()["items"]
    return items


def make_system(root: Path, scenes: Path, *words: str) -> System:
    """A fresh system on free ports whose demo cameras play the scenes of another folder."""
    here = layout.create(root)
    here.footage.rmdir()
    here.footage.symlink_to(scenes)
    ports = Ports(**{name: unused_port() for name in msgspec.structs.asdict(Ports())})
    (here.root / "ports.json").write_bytes(msgspec.json.encode(ports))
    return System(here, ports, ("--demo", *words))


def edge_toml_of(system: System, *cameras: configs.Camera) -> str:
    """An edge.toml of one's own for this system."""
    return configs.edge_toml(system.here, system.ports, cameras)
