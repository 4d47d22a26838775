"""Children under one roof, with real processes."""

from __future__ import annotations

import os
import signal
import subprocess
import sys
import time
from collections.abc import Callable, Iterator
from pathlib import Path

import psutil
import pytest

from tantou.up.children import Household, Program, tantou
from tests.waiting import WITHIN_S

FOREVER = "import time; print('up', flush=True); time.sleep(600)"


class Heard:
    """What the household said, by name."""

    def __init__(self) -> None:
        self.lines: list[tuple[str, str]] = []

    def __call__(self, name: str, line: str) -> None:
        self.lines.append((name, line))

    def has(self, text: str, times: int = 1) -> bool:
        return sum(text in line for _, line in self.lines) >= times


@pytest.fixture
def heard() -> Heard:
    return Heard()


@pytest.fixture
def household(heard: Heard) -> Iterator[Household]:
    made = Household(heard, time.monotonic)
    yield made
    made.stop()


def attend_until(household: Household, holds: Callable[[], bool]) -> None:
    until_s = time.monotonic() + WITHIN_S
    while not holds():
        assert time.monotonic() < until_s, "did not come about in time"
        household.attend(0.05)


def python(folder: Path, source: str, name: str = "child") -> Program:
    return Program(name, (sys.executable, "-c", source), folder)


def test_the_lines_of_a_child_come_with_its_name(household: Household, heard: Heard, tmp_path: Path) -> None:
    household.start(python(tmp_path, "import sys; print('one'); print('two', file=sys.stderr); input()"))
    attend_until(household, lambda: heard.has("two"))
    assert ("child", "one") in heard.lines


def test_a_line_without_end_is_cut_and_the_rest_goes_on(household: Household, heard: Heard, tmp_path: Path) -> None:
    household.start(python(tmp_path, "print('x' * 200_000); print('after', flush=True); import time; time.sleep(600)"))
    attend_until(household, lambda: heard.has("after"))
    assert max(len(line) for _, line in heard.lines) <= 4096


def test_a_child_that_dies_is_started_again_and_it_is_said(household: Household, heard: Heard, tmp_path: Path) -> None:
    household.start(python(tmp_path, FOREVER))
    attend_until(household, lambda: heard.has("up"))
    first = household.pids()["child"]
    os.kill(first, signal.SIGKILL)
    attend_until(household, lambda: heard.has("up", times=2))
    assert household.pids()["child"] != first
    assert heard.has("ended by signal 9")


def test_a_child_that_keeps_dying_is_started_less_and_less_often(
    household: Household, heard: Heard, tmp_path: Path
) -> None:
    household.start(python(tmp_path, "raise SystemExit(3)"))
    attend_until(household, lambda: heard.has("with exit code 3", times=3))
    delays = [line.rsplit(" in ", 1)[1] for _, line in heard.lines if "starting it again" in line]
    assert delays[:3] == ["0.5 s", "1.0 s", "2.0 s"]


def test_stopping_ends_children_and_what_they_started(household: Household, heard: Heard, tmp_path: Path) -> None:
    source = f"import subprocess, sys; subprocess.Popen([sys.executable, '-c', {FOREVER!r}]).wait()"
    household.start(python(tmp_path, source))
    attend_until(household, lambda: heard.has("up"))
    family = [psutil.Process(household.pids()["child"])]
    family += family[0].children(recursive=True)
    assert len(family) == 2
    household.stop()
    gone, alive = psutil.wait_procs(family, timeout=WITHIN_S)
    assert alive == []
    assert len(gone) == 2


@pytest.mark.skipif(sys.platform != "linux", reason="the leash is Linux's PR_SET_PDEATHSIG")
def test_a_starter_killed_with_9_leaves_no_child(tmp_path: Path) -> None:
    source = f"""
import sys, time
from pathlib import Path
from tantou.up.children import Household, Program, tantou
from tests.waiting import WITHIN_S
house = Household(lambda name, line: print(name, line, flush=True), time.monotonic)
house.start(Program("child", (sys.executable, "-c", {FOREVER!r}), Path({str(tmp_path)!r})))
print("pid", house.pids()["child"], flush=True)
while True:
    house.attend()
"""
    starter = subprocess.Popen([sys.executable, "-c", source], stdout=subprocess.PIPE, text=True)
    assert starter.stdout is not None
    child = psutil.Process(int(starter.stdout.readline().split()[1]))
    assert starter.stdout.readline() == "child up\n"
    starter.kill()
    starter.wait()
    starter.stdout.close()
    child.wait(timeout=WITHIN_S)
    assert not child.is_running()


def test_folders_named_like_our_rooms_are_not_taken_for_them(tmp_path: Path) -> None:
    (tmp_path / "edge" / "evidence").mkdir(parents=True)
    bare = {name: value for name, value in os.environ.items() if name != "PYTHONPATH"}
    command = tantou("check", "missing.toml")
    done = subprocess.run(command, cwd=tmp_path, env=bare, capture_output=True, text=True, check=False)
    assert "missing.toml" in done.stdout + done.stderr
    assert "not installed" not in done.stderr
