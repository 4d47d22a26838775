"""Evidence bytes: written once under their SHA-256, in a folder or an S3-compatible store, read whole or in ranges."""

from __future__ import annotations

import hashlib
import os
from collections.abc import Iterator
from pathlib import Path
from typing import Any
from urllib.parse import parse_qs, urlsplit

import obstore
from obstore.exceptions import AlreadyExistsError
from obstore.store import LocalStore, S3Store

from contract.errors import StoreError

CHUNK_BYTES = 256 * 1024


class Blobs:
    """One blob store; keys are `ab/abcd...` of the SHA-256, and what is there is never written again."""

    def __init__(self, store: Any, folder: Path | None) -> None:
        self._store = store
        self._folder = folder

    def put(self, sha256: str, content: bytes | Path) -> bool:
        """Keep the bytes; on return they are durable. False when they were there before: then nothing is written.

        The caller has checked the hash. A file that lost bytes in a power cut, before it was synced, is written anew.
        """
        try:
            obstore.put(self._store, _key(sha256), content, mode="create", use_multipart=False)
        except AlreadyExistsError:
            is_whole = self._folder is None or self._has_hash(sha256)
            if not is_whole:
                obstore.put(self._store, _key(sha256), content, mode="overwrite", use_multipart=False)
            self._sync(sha256)  # the one who wrote it may have died before this step
            return not is_whole
        self._sync(sha256)
        return True

    def size(self, sha256: str) -> int | None:
        """Size in bytes, or None when it is not here."""
        try:
            return int(obstore.head(self._store, _key(sha256))["size"])
        except FileNotFoundError:
            return None

    def read(self, sha256: str) -> bytes:
        """All bytes; raises StoreError when it is not here."""
        try:
            return bytes(obstore.get(self._store, _key(sha256)).bytes())
        except FileNotFoundError as error:
            raise StoreError(f"blob {sha256}: not here") from error

    def read_range(self, sha256: str, start: int, end: int) -> bytes:
        """Bytes `start` to before `end`; raises StoreError when it is not here or the range is outside."""
        size = self.size(sha256)
        if size is None:
            raise StoreError(f"blob {sha256}: not here")
        if not 0 <= start <= end <= size:
            raise StoreError(f"blob {sha256}: range {start} to {end} is outside its {size} bytes")
        return bytes(obstore.get_range(self._store, _key(sha256), start=start, end=end)) if end > start else b""

    def stream(self, sha256: str, start: int, end: int) -> Iterator[bytes]:
        """The range in chunks of at most CHUNK_BYTES; raises as `read_range` does."""
        for at in range(start, end, CHUNK_BYTES):
            yield self.read_range(sha256, at, min(at + CHUNK_BYTES, end))

    def _has_hash(self, sha256: str) -> bool:
        running = hashlib.sha256()
        for chunk in self.stream(sha256, 0, self.size(sha256) or 0):
            running.update(chunk)
        return running.hexdigest() == sha256

    def _sync(self, sha256: str) -> None:
        if self._folder is not None:
            path = self._folder / _key(sha256)
            for place in (path, path.parent, self._folder):
                handle = os.open(place, os.O_RDONLY)
                try:
                    os.fsync(handle)
                finally:
                    os.close(handle)


def _key(sha256: str) -> str:
    return f"{sha256[:2]}/{sha256}"


def open_blobs(where: str) -> Blobs:
    """A folder, made when it is missing, or `s3://BUCKET/PREFIX?endpoint=URL&region=NAME`.

    S3 credentials come from the environment or its credential files, never from here.
    """
    if not where.startswith("s3://"):
        folder = Path(where).absolute()
        return Blobs(LocalStore(folder, mkdir=True), folder)
    parts = urlsplit(where)
    if not parts.netloc:
        raise StoreError("blobs: s3:// needs a bucket, as s3://evidence?endpoint=http://127.0.0.1:9000")
    options = {name: values[-1] for name, values in parse_qs(parts.query).items()}
    unknown = sorted(set(options) - {"endpoint", "region"})
    if unknown:
        raise StoreError(f"blobs: s3:// knows endpoint and region, not {', '.join(unknown)}")
    settings: dict[str, Any] = {"virtual_hosted_style_request": False} | options
    if options.get("endpoint", "").startswith("http://"):
        settings["client_options"] = {"allow_http": True}
    return Blobs(S3Store(parts.netloc, prefix=parts.path.strip("/") or None, **settings), None)
