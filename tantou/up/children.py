"""Child processes under one roof: started, read, started again when they die, ended together.

`Household` is driven by one thread, which must be the one that started the children (their leash is tied to it).
Should this process die here, every child gets SIGTERM from the system.
"""

from __future__ import annotations

import os
import selectors
import signal
import subprocess
import sys
from collections.abc import Callable
from dataclasses import dataclass, field
from pathlib import Path

MAX_LINE_BYTES = 4096
RESTART_FIRST_S = 0.5
RESTART_MOST_S = 30.0
SETTLED_S = 60.0  # a child that lived this long starts again without delay
EXIT_REFUSED = 2
STOP_GRACE_S = 15.0
TICK_S = 0.2

_LEASH = Path(__file__).with_name("leash.py")  # run as a file: it needs nothing of ours and starts in 20 ms

Say = Callable[[str, str], None]
Clock = Callable[[], float]


@dataclass(frozen=True, slots=True)
class Program:
    """What is run: a name for the log, an absolute command line, the folder it runs in."""

    name: str
    command: tuple[str, ...]
    folder: Path


@dataclass(slots=True)
class _Child:
    program: Program
    process: subprocess.Popen[bytes]
    started_s: float
    rest: bytes = b""


@dataclass(slots=True)
class _Waiting:
    program: Program
    due_s: float


@dataclass(slots=True)
class Household:
    """The running children; `say(name, line)` gets each line they print and what becomes of them."""

    say: Say
    now_s: Clock
    refused: set[str] = field(default_factory=set)
    """Who ended with exit code 2 last: a configuration or command that another start will not mend."""
    _children: list[_Child] = field(default_factory=list)
    _waiting: list[_Waiting] = field(default_factory=list)
    _delays: dict[str, float] = field(default_factory=dict)
    _selector: selectors.DefaultSelector = field(default_factory=selectors.DefaultSelector)

    def start(self, program: Program) -> None:
        """Starts a program in its own process group; from now on it is kept alive."""
        leash = (sys.executable, "-I", "-S", str(_LEASH), str(os.getpid()))
        process = subprocess.Popen(
            (*leash, *program.command),
            cwd=program.folder,
            stdin=subprocess.DEVNULL,
            stdout=subprocess.PIPE,
            stderr=subprocess.STDOUT,
            start_new_session=True,
            env={**os.environ, "PYTHONUNBUFFERED": "1"},
        )
        assert process.stdout is not None  # noqa: S101 - asked for above
        os.set_blocking(process.stdout.fileno(), False)
        child = _Child(program, process, self.now_s())
        self._children.append(child)
        self._selector.register(process.stdout, selectors.EVENT_READ, child)

    def pids(self) -> dict[str, int]:
        """Name -> process id of those that run now."""
        return {child.program.name: child.process.pid for child in self._children}

    def attend(self, for_s: float = TICK_S) -> None:
        """Reads what children print for up to `for_s`, buries the dead and starts again those whose time has come."""
        for key, _ in self._selector.select(for_s):
            self._read(key.data)
        for child in [one for one in self._children if one.process.poll() is not None]:
            self._bury(child)
            self._waiting.append(_Waiting(child.program, self._restart_at(child)))
        due = [one for one in self._waiting if one.due_s <= self.now_s()]
        self._waiting = [one for one in self._waiting if one not in due]
        for one in due:
            self.start(one.program)

    def stop(self) -> None:
        """Ends every child, last started first: SIGTERM, then SIGKILL to what is left of its group."""
        self._waiting.clear()
        for child in reversed(self._children):
            _signal_group(child.process.pid, signal.SIGTERM)
        until_s = self.now_s() + STOP_GRACE_S
        while self._children and self.now_s() < until_s:
            for key, _ in self._selector.select(TICK_S / 4):
                self._read(key.data)
            for child in [one for one in self._children if one.process.poll() is not None]:
                self._bury(child)
        for child in list(self._children):
            self.say(child.program.name, f"did not end within {STOP_GRACE_S:.0f} s: killed")
            _signal_group(child.process.pid, signal.SIGKILL)
            child.process.wait()
            self._bury(child)
        self._selector.close()

    def _restart_at(self, child: _Child) -> float:
        name, lived_s = child.program.name, self.now_s() - child.started_s
        delay_s = RESTART_FIRST_S if lived_s >= SETTLED_S else self._delays.get(name, RESTART_FIRST_S)
        self._delays[name] = min(delay_s * 2, RESTART_MOST_S)
        code = child.process.returncode
        (self.refused.add if code == EXIT_REFUSED else self.refused.discard)(name)
        how = f"by signal {-code}" if code < 0 else f"with exit code {code}"
        self.say(name, f"ended {how} after {lived_s:.1f} s; starting it again in {delay_s:.1f} s")
        return self.now_s() + delay_s

    def _bury(self, child: _Child) -> None:
        self._read(child)
        if child.rest:
            self.say(child.program.name, child.rest.decode(errors="replace"))
        stdout = child.process.stdout
        if stdout is not None and not stdout.closed:
            self._selector.unregister(stdout)
            stdout.close()
        _signal_group(child.process.pid, signal.SIGKILL)
        self._children.remove(child)

    def _read(self, child: _Child) -> None:
        """Passes on the complete lines that are there; a line without end is cut at MAX_LINE_BYTES."""
        stdout = child.process.stdout
        if stdout is None or stdout.closed:
            return
        chunk = stdout.read(65536)
        if chunk == b"":  # end of file: the pipe would stay readable for ever
            self._selector.unregister(stdout)
            stdout.close()
        *lines, child.rest = (child.rest + (chunk or b"")).split(b"\n")
        if len(child.rest) > MAX_LINE_BYTES:
            lines, child.rest = [*lines, child.rest], b""
        for line in lines:
            self.say(child.program.name, line[:MAX_LINE_BYTES].decode(errors="replace").rstrip())


def tantou(*words: str) -> tuple[str, ...]:
    """The command line of our own program in this environment.

    `-P`: the data folder it runs in has folders named like our rooms, and those must not be taken for them.
    """
    return (sys.executable, "-P", "-m", "tantou", *words)


def _signal_group(pid: int, number: signal.Signals) -> None:
    try:
        os.killpg(pid, number)
    except (ProcessLookupError, PermissionError):
        return
