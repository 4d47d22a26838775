"""Unfinished uploads: one file a gateway and hash, appended to and hashed on the way, whole files handed to the blobs.

What is in the file is the offset: nothing else has to be kept in step with it. A part that was torn by a power cut has
another hash at the end, is forgotten, and comes again.
"""

from __future__ import annotations

import hashlib
import os
from collections import OrderedDict
from pathlib import Path
from typing import Any, BinaryIO

HASHES_KEPT = 64
_READ_BYTES = 1 << 20


class Parts:
    """The folder of unfinished uploads, and the running hashes of those that were written last."""

    def __init__(self, folder: Path) -> None:
        self._folder = folder
        self._hashes: OrderedDict[Path, tuple[int, Any]] = OrderedDict()

    def path(self, gateway: str, sha256: str) -> Path:
        """Where this part lies, or would."""
        return self._folder / gateway / sha256

    def offset(self, gateway: str, sha256: str) -> int:
        """How many bytes are here."""
        try:
            return self.path(gateway, sha256).stat().st_size
        except FileNotFoundError:
            return 0

    def writing(self, gateway: str, sha256: str) -> Writing:
        """The part, open at its end; one writer at a time is the caller's matter."""
        path = self.path(gateway, sha256)
        path.parent.mkdir(parents=True, exist_ok=True)
        return Writing(path, self._running(path))

    def keep(self, part: Writing) -> None:
        """Remember the running hash for the next stretch."""
        self._hashes[part.path] = (part.offset, part.running)
        while len(self._hashes) > HASHES_KEPT:
            self._hashes.popitem(last=False)

    def drop(self, gateway: str, sha256: str) -> None:
        """Forget the part."""
        path = self.path(gateway, sha256)
        self._hashes.pop(path, None)
        path.unlink(missing_ok=True)

    def _running(self, path: Path) -> Any:
        offset, running = self._hashes.pop(path, (0, None))
        size = path.stat().st_size if path.exists() else 0
        if running is not None and offset == size:
            return running
        running = hashlib.sha256()
        if size:
            with path.open("rb") as file:
                while chunk := file.read(_READ_BYTES):
                    running.update(chunk)
        return running


class Writing:
    """A part while a request writes to it; `close` returns when its bytes are safe on disk."""

    def __init__(self, path: Path, running: Any) -> None:
        self.path = path
        self.running = running
        self.offset = path.stat().st_size if path.exists() else 0
        self._file: BinaryIO = path.open("ab")

    def close(self) -> None:
        """The bytes so far are durable, and no more can be written."""
        try:
            self._file.flush()
            os.fsync(self._file.fileno())
        finally:
            self._file.close()

    def write(self, chunk: bytes) -> None:
        """Append a chunk."""
        self._file.write(chunk)
        self.running.update(chunk)
        self.offset += len(chunk)
