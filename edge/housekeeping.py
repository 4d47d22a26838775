"""Keeps the disk within its bounds: evidence that the centre has goes first, then waiting evidence of low rank."""

from __future__ import annotations

import logging
import shutil
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from pathlib import Path
from threading import Event

from contract.times import NS
from edge.spool import Spool

log = logging.getLogger(__name__)
EVERY_S = 30.0
SETTLED_AFTER_NS = 3600 * NS
"""What is younger may belong to an act that goes on, or to a step that is just being committed."""


@dataclass(frozen=True, slots=True)
class _Kept:
    path: Path
    size_bytes: int
    changed_ns: int


class Housekeeper:
    """Looks after `data_dir/evidence` and `data_dir/manifests`, at most `max_bytes` together."""

    def __init__(self, data_dir: Path, spool: Spool, *, max_bytes: int, now_ns: Callable[[], int]) -> None:
        self._packages = data_dir / "evidence"
        self._manifests = data_dir / "manifests"
        self._spool = spool
        self._max_bytes = max_bytes
        self._now_ns = now_ns
        self.counts = {"packages_let_go": 0}

    def run(self, stop: Event) -> None:
        """The body of its thread."""
        while not stop.is_set():
            self.tidy()
            stop.wait(EVERY_S)

    def tidy(self) -> None:
        """Once over: room for the spool, sent copies of manifests gone, the store within its bound."""
        self._spool.make_room()
        waiting = self._spool.uploads.paths()
        for copy in self._settled(self._manifests):
            if str(copy.path) not in waiting:
                copy.path.unlink(missing_ok=True)
        inside = f"{self._packages}/"
        unsent = {path.removeprefix(inside).split("/")[0] for path in waiting if path.startswith(inside)}
        excess_bytes = self._size_bytes() - self._max_bytes
        for package in sorted(self._settled(self._packages), key=lambda kept: kept.changed_ns):
            if excess_bytes <= 0:
                return
            if package.path.name not in unsent:
                shutil.rmtree(package.path, ignore_errors=True)
                excess_bytes -= package.size_bytes
                self.counts["packages_let_go"] += 1
                log.info("package_let_go event=%s reason=max_store_mb", package.path.name)
        while self._size_bytes() > self._max_bytes and self._spool.uploads.drop_lowest("the evidence store is full"):
            pass

    def _size_bytes(self) -> int:
        return sum(kept.size_bytes for folder in (self._packages, self._manifests) for kept in _kept_in(folder))

    def _settled(self, folder: Path) -> list[_Kept]:
        before_ns = self._now_ns() - SETTLED_AFTER_NS
        return [kept for kept in _kept_in(folder) if kept.changed_ns < before_ns]


def _kept_in(folder: Path) -> Iterator[_Kept]:
    for path in folder.iterdir() if folder.is_dir() else ():
        try:
            files = [one.stat() for one in (path.rglob("*") if path.is_dir() else (path,)) if one.is_file()]
        except FileNotFoundError:
            continue
        changed_ns = max((file.st_mtime_ns for file in files), default=0)
        yield _Kept(path, sum(file.st_size for file in files), changed_ns)
