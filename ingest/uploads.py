"""What an upload changes: quota, parts, blobs and their rows. Blocking; the HTTP side calls it from worker threads."""

from __future__ import annotations

import hmac
import logging
from collections.abc import Callable
from dataclasses import dataclass

from contract.times import NS, utc_from_ns
from contract.uploads import OFFSET_HEADER, Range
from ingest.config import LimitsConfig
from ingest.parts import Parts, Writing
from ingest.refusals import RefusalError, later
from store import Store, files, gateways
from store.gateways import Gateway

log = logging.getLogger(__name__)


@dataclass(frozen=True, slots=True)
class Held:
    """What the centre has of a file."""

    offset: int
    is_whole: bool


class Uploads:
    """The uploads of all gateways."""

    def __init__(self, store: Store, parts: Parts, limits: LimitsConfig, now_ns: Callable[[], int]) -> None:
        self._store = store
        self._parts = parts
        self._limits = limits
        self._now_ns = now_ns

    def gateway_of(self, authorization: str | None) -> Gateway:
        """The gateway whose token this is; raises RefusalError 401."""
        scheme, _, token = (authorization or "").partition(" ")
        if hmac.compare_digest(scheme.lower().encode(), b"bearer") and token:
            with self._store.read() as conn:
                gateway = gateways.by_token(conn, token.strip())
            if gateway is not None:
                return gateway
        detail = "a registered gateway's bearer token is needed"
        raise RefusalError(401, "token_refused", detail, {"WWW-Authenticate": "Bearer"})

    def held(self, gateway: str, sha256: str) -> Held:
        """How much is here; a part that is whole but was not yet stored when we died is stored now."""
        with self._store.read() as conn:
            size = files.stored_size(conn, sha256)
            total = files.part_total(conn, sha256, gateway)
        if size is not None:
            return Held(size, is_whole=True)
        offset = self._parts.offset(gateway, sha256)
        if total is None or offset < total:
            return Held(offset, is_whole=False)
        part = self._parts.writing(gateway, sha256)
        part.close()
        return Held(total, is_whole=True) if self._store_whole(gateway, sha256, part) else Held(0, is_whole=False)

    def open_part(self, gateway: str, sha256: str, stretch: Range) -> Writing:
        """The part, open where this stretch begins; RefusalError for an offset, size or quota that does not fit."""
        if stretch.size > self._limits.file_bytes_max:
            detail = f"{stretch.size} bytes, limits.file_bytes_max is {self._limits.file_bytes_max}"
            raise RefusalError(413, "file_too_large", detail)
        offset = self._parts.offset(gateway, sha256)
        if stretch.first != offset:
            detail = f"the stretch begins at {stretch.first}, {offset} bytes are here"
            raise RefusalError(409, "offset_mismatch", detail, {OFFSET_HEADER: str(offset)})
        if offset == 0:
            self._check_quota(gateway, sha256, stretch.size)
        with self._store.write() as conn:
            at = utc_from_ns(self._now_ns())
            files.keep_part(conn, sha256, gateway, span=(offset, stretch.size), at=at)
        return self._parts.writing(gateway, sha256)

    def _check_quota(self, gateway: str, sha256: str, size: int) -> None:
        with self._store.read() as conn:
            if files.is_listed(conn, gateway, sha256):
                return
            early = files.unlisted(conn, gateway)
        limits = self._limits
        if early.files + 1 > limits.unlisted_files_max or early.bytes + size > limits.unlisted_bytes_max:
            detail = (
                f"{early.files} files, {early.bytes} bytes wait for their event; limits.unlisted_files_max is "
                f"{limits.unlisted_files_max}, limits.unlisted_bytes_max {limits.unlisted_bytes_max}"
            )
            raise later(429, "unlisted_quota", detail)

    def close_part(self, gateway: str, sha256: str, part: Writing, total: int) -> Held:
        """After a stretch was written and is safe: go on, or store the whole; RefusalError 422 for a wrong hash."""
        self._parts.keep(part)
        if part.offset < total:
            with self._store.write() as conn:
                at = utc_from_ns(self._now_ns())
                files.keep_part(conn, sha256, gateway, span=(part.offset, total), at=at)
            return Held(part.offset, is_whole=False)
        if not self._store_whole(gateway, sha256, part):
            raise RefusalError(422, "hash_mismatch", "the bytes have another SHA-256; they are forgotten")
        return Held(total, is_whole=True)

    def _store_whole(self, gateway: str, sha256: str, part: Writing) -> bool:
        """Whether the part has the hash it claims; then it is a blob, durable and in the database, else it is gone."""
        is_right = bool(part.running.hexdigest() == sha256)
        if is_right:
            self._store.blobs.put(sha256, part.path)
        with self._store.write() as conn:
            if is_right:
                at = utc_from_ns(self._now_ns())
                files.keep_blob(conn, sha256, gateway, size_bytes=part.offset, at=at)
            else:
                files.drop_part(conn, sha256, gateway)
        self._parts.drop(gateway, sha256)
        if not is_right:
            log.warning("hash_mismatch gateway=%s sha256=%s bytes=%d", gateway, sha256, part.offset)
        return is_right

    def drop_stale(self) -> int:
        """Forget parts that got nothing for `parts_kept_s`; returns how many."""
        before = utc_from_ns(self._now_ns() - round(self._limits.parts_kept_s * NS))
        with self._store.write() as conn:
            stale = files.stale_parts(conn, before)
            for sha256, gateway in stale:
                files.drop_part(conn, sha256, gateway)
        for sha256, gateway in stale:
            self._parts.drop(gateway, sha256)
        return len(stale)
