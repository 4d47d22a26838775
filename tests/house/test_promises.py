"""What must not stand in any file: a clock below the supervisor, a mute button, another machine's addresses."""

from __future__ import annotations

import ast
import re
import tomllib
from pathlib import Path

import pytest

from tests.house.sources import ROOMS, ROOT, name, python_files, tracked

# The process mains and what they alone hand on; everything below is told the time.
CLOCK_HOLDERS = re.compile(
    r"edge/supervisor\.py|edge/supervisor/.*|edge/commands\.py|ingest/commands\.py|ingest/process\.py|server/commands\.py"
    r"|models/(training|commands|evaluate|pull|bench).*|tantou/.*|edge/sensors/hj212/commands\.py"
)
CLOCKS = {
    "time": {"time", "time_ns", "monotonic", "monotonic_ns", "perf_counter", "perf_counter_ns", "sleep", "localtime"},
    "datetime": {"now", "utcnow", "today"},
    "date": {"today"},
}
FOREIGN = re.compile(
    "|".join(
        (
            r"(files\.python" + r"hosted|py" + r"pi|registry\.npm" + r"js)\.org",
            r"(?<![\w.])/(work|home|root|Users)/\w",
            r"/(tmp|opt)/(spec|py" + r"pi|wheels)",
        )
    )
)
BINARY = {".png", ".jpg", ".webp", ".mp4", ".onnx", ".safetensors", ".woff2", ".ico", ".ttf", ".npz"}


def clock_calls(source: str) -> list[int]:
    """The lines on which a source asks a clock or sleeps, or takes a clock's function in hand."""
    tree = ast.parse(source)
    from_time = {
        alias.asname or alias.name
        for node in ast.walk(tree)
        if isinstance(node, ast.ImportFrom) and node.module == "time"
        for alias in node.names
    }
    lines = [node.lineno for node in ast.walk(tree) if isinstance(node, ast.Name) and node.id in from_time]
    for node in ast.walk(tree):
        if isinstance(node, ast.Attribute):
            owner = node.value
            owner_name = owner.id if isinstance(owner, ast.Name) else getattr(owner, "attr", "")
            if node.attr in CLOCKS.get(owner_name, set()):
                lines.append(node.lineno)
    return lines


@pytest.mark.parametrize(
    "source",
    [
        "import time\ntime.time()",
        "import time\nnow = time.monotonic",
        "from time import sleep\nsleep(1)",
        "from datetime import datetime, UTC\ndatetime.now(UTC)",
        "import datetime\ndatetime.datetime.now()",
    ],
)
def test_the_search_for_clocks_finds_one(source: str) -> None:
    assert clock_calls(source) == [2]


def test_nothing_below_the_process_mains_asks_a_clock() -> None:
    told = [path for path in python_files(*ROOMS) if not CLOCK_HOLDERS.fullmatch(name(path))]
    found = [f"{name(path)}:{line}" for path in told for line in clock_calls(path.read_text())]
    assert found == []


def test_no_warning_is_silenced_without_its_name() -> None:
    blanket = re.compile(r"#\s*type:\s*ignore(?!\[)|#\s*noqa(?!:\s*[A-Z]+\d)|ruff:\s*noqa(?!:)|mypy:\s*ignore-errors")
    here = Path(__file__)
    files = [path for path in python_files(*ROOMS, "tests", "scripts") if path != here]
    found = [f"{name(path)}:{number}" for path in files for number, line in _lines(path) if blanket.search(line)]
    assert found == []


def test_no_file_names_a_registry_or_another_machine() -> None:
    texts = [path for path in tracked() if path.suffix not in BINARY]
    found = [f"{name(path)}:{number}" for path in texts for number, line in _lines(path) if FOREIGN.search(line)]
    assert found == []


def test_no_tracked_file_is_large() -> None:
    limits = {".onnx": 6_000_000, ".safetensors": 8_000_000, ".png": 400_000}
    sizes = {name(path): path.stat().st_size for path in tracked()}
    allowed = {path: limits.get(Path(path).suffix, 1_000_000) for path in sizes}
    assert {path: size for path, size in sizes.items() if size > allowed[path]} == {}


def test_locks_name_a_hash_for_each_package() -> None:
    for lock in sorted((ROOT / "locks").glob("*.txt")):
        pinned = re.findall(r"^[\w.\[\]-]+==[^\s]+ \\\n    --hash=sha256:[0-9a-f]{64}", lock.read_text(), re.MULTILINE)
        assert len(pinned) == lock.read_text().count("=="), lock.name


def _lines(path: Path) -> list[tuple[int, str]]:
    return list(enumerate(path.read_text(errors="replace").splitlines(), 1))


@pytest.mark.parametrize("extra", ["edge", "openvino", "sensors", "ingest", "server", "broker", "demo", "dev"])
def test_a_lock_holds_what_its_extra_asks_for(extra: str) -> None:
    project = tomllib.loads((ROOT / "pyproject.toml").read_text())["project"]
    asked = [*project["dependencies"], *project["optional-dependencies"][extra]]
    wanted = {re.split(r"[\[<>=~! ]", one)[0].lower() for one in asked} - {"tantou"}
    locked = set(
        re.findall(r"^([\w.-]+)(?:\[[^\]]*\])?==", (ROOT / "locks" / f"{extra}.txt").read_text(), re.MULTILINE)
    )
    assert sorted(wanted - locked) == [], "run `make lock`"
