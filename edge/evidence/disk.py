"""Files that are whole or not there: written beside their place, flushed to the disk, then moved in."""

from __future__ import annotations

import hashlib
import os
import shutil
from collections.abc import Callable
from pathlib import Path

PART_SUFFIX = ".part"


def write_durably(path: Path, data: bytes) -> None:
    """The file holds exactly `data` after the call, also after a power cut; raises OSError."""
    make_durably(path, lambda part: part.write_bytes(data))


def make_durably(path: Path, write: Callable[[Path], object]) -> None:
    """The same for a file that `write` makes at the path it is given; nothing is left when it raises."""
    path.parent.mkdir(parents=True, exist_ok=True)
    part = path.with_name(f".{path.name}{PART_SUFFIX}")
    try:
        write(part)
        _flush(part)
        part.replace(path)
    except BaseException:
        part.unlink(missing_ok=True)
        raise
    _flush(path.parent)


def link_durably(source: Path, target: Path) -> None:
    """The same bytes under a second name; a copy where the file system has no links."""

    def put(part: Path) -> None:
        part.unlink(missing_ok=True)
        try:
            os.link(source, part)
        except OSError:
            shutil.copyfile(source, part)

    make_durably(target, put)


def sha256_of(path: Path) -> str:
    """SHA-256 of a file's bytes, 64 hex digits."""
    with path.open("rb") as file:
        return hashlib.file_digest(file, "sha256").hexdigest()


def _flush(path: Path) -> None:
    descriptor = os.open(path, os.O_RDONLY)
    try:
        os.fsync(descriptor)
    finally:
        os.close(descriptor)
