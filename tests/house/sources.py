"""The project's own files, as the house tests read them."""

from __future__ import annotations

import subprocess
from functools import cache
from pathlib import Path

ROOT = Path(__file__).resolve().parents[2]
ROOMS = ("contract", "detectors", "models", "edge", "ingest", "store", "server", "tantou")


@cache
def tracked() -> tuple[Path, ...]:
    """Every file that git knows here or would take in, sorted."""
    listed = subprocess.run(
        ["git", "ls-files", "-z", "--cached", "--others", "--exclude-standard"],
        cwd=ROOT,
        capture_output=True,
        text=True,
        check=True,
    )
    paths = (ROOT / name for name in listed.stdout.split("\0") if name)
    return tuple(sorted(path for path in paths if path.is_file()))


def python_files(*rooms: str) -> list[Path]:
    """The Python files of these folders."""
    return [path for path in tracked() if path.suffix == ".py" and path.relative_to(ROOT).parts[0] in rooms]


def name(path: Path) -> str:
    """A path as people write it: relative to the repository."""
    return str(path.relative_to(ROOT))
