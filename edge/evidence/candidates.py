"""The candidate store: stills and clips of acts that are not due yet, on disk, bounded, whole after a crash."""

from __future__ import annotations

import logging
import shutil
import threading
from collections import Counter
from collections.abc import Callable, Collection
from pathlib import Path

import msgspec
from msgspec import Struct
from msgspec.structs import replace

from contract.events import EvidenceRole
from contract.geometry import BboxPx
from edge.evidence.disk import make_durably, write_durably
from edge.evidence.fires.series import LookSeen

_log = logging.getLogger(__name__)
INDEX_NAME = "candidate.json"
MAX_LOST = 50


class HeldFile(Struct, frozen=True, kw_only=True):
    """A still or a clip by its path in a package; what it shows and what it should have shown, UTC nanoseconds.

    `look`: what was measured in a still of a tower.
    """

    path: str
    role: EvidenceRole
    size_bytes: int
    from_ns: int
    to_ns: int
    wanted_from_ns: int
    wanted_to_ns: int
    bbox_xyxy_px: BboxPx | None = None
    parent_sha256: str | None = None
    look: LookSeen | None = None


class Candidate(Struct, frozen=True, kw_only=True):
    """What waits for one act; `lost` says in words what was held and is not here any more."""

    event_id: str
    device: str
    since_ns: int
    files: tuple[HeldFile, ...] = ()
    lost: tuple[str, ...] = ()

    def file(self, path: str) -> HeldFile | None:
        """The held file of that path."""
        return next((file for file in self.files if file.path == path), None)


class CandidateStore:
    """One for a gateway, a folder an act; safe to use from several threads, each act from one at a time."""

    def __init__(self, folder: Path, max_bytes: int) -> None:
        self._folder = folder
        self._max_bytes = max_bytes
        self._lock = threading.RLock()
        self._counts: Counter[str] = Counter()
        self._candidates = self._load()

    def get(self, event_id: str) -> Candidate | None:
        """What waits for that act; None: nothing."""
        with self._lock:
            return self._candidates.get(event_id)

    def place(self, event_id: str, held: HeldFile) -> Path:
        """Where a held file lies."""
        return self._folder / event_id / held.path

    def put(self, event_id: str, device: str, held: HeldFile, write: Callable[[Path], object]) -> None:
        """Keep a file that `write` makes, in the place of one of the same path; its size is measured here.

        When there is no room the oldest acts give theirs: clips first, then stills. What finds no room at all is
        refused; both are counted and said in `lost`. Raises what `write` raises, and OSError.
        """
        path = self.place(event_id, held)
        staged = path.with_name(f"{path.name}.new")
        make_durably(staged, write)
        held = replace(held, size_bytes=staged.stat().st_size)
        with self._lock:
            candidate = self._candidate(event_id, device, held.from_ns)
            others = tuple(file for file in candidate.files if file.path != held.path)
            self._keep(replace(candidate, files=others))
            if self._make_room(held.size_bytes, event_id):
                staged.replace(path)
                self._keep(replace(candidate, files=(*others, held)))
                return
            staged.unlink()
            path.unlink(missing_ok=True)
            self._counts["candidates_refused"] += 1
        self.tell_lost(event_id, device, f"{held.path}: no room in the candidate store", at_ns=held.from_ns)

    def tell_lost(self, event_id: str, device: str, what: str, *, at_ns: int) -> None:
        """Remember in words what could not be kept for an act; raises OSError."""
        with self._lock:
            candidate = self._candidate(event_id, device, at_ns)
            if what not in candidate.lost:
                self._keep(replace(candidate, lost=(*candidate.lost, what)[:MAX_LOST]))

    def drop(self, event_id: str) -> None:
        """Nothing of that act stays here."""
        with self._lock:
            self._candidates.pop(event_id, None)
            shutil.rmtree(self._folder / event_id, ignore_errors=True)

    def keep_only(self, device: str, event_ids: Collection[str]) -> None:
        """Drop what waits for other acts of that device."""
        with self._lock:
            for candidate in tuple(self._candidates.values()):
                if candidate.device == device and candidate.event_id not in event_ids:
                    self._counts["candidates_forgotten"] += 1
                    self.drop(candidate.event_id)

    def keep_devices(self, devices: Collection[str]) -> None:
        """At a gateway's start: what waits for devices that are not configured any more can never become due."""
        with self._lock:
            for device in {candidate.device for candidate in self._candidates.values()} - set(devices):
                self.keep_only(device, ())

    @property
    def held_bytes(self) -> int:
        """Bytes of all held files."""
        with self._lock:
            return sum(file.size_bytes for candidate in self._candidates.values() for file in candidate.files)

    def counters(self) -> dict[str, int]:
        """What waits, and what had to go or was refused."""
        with self._lock:
            return {"candidates": len(self._candidates), "candidate_bytes": self.held_bytes, **self._counts}

    def _candidate(self, event_id: str, device: str, at_ns: int) -> Candidate:
        known = self._candidates.get(event_id)
        return known or Candidate(event_id=event_id, device=device, since_ns=at_ns)

    def _keep(self, candidate: Candidate) -> None:
        write_durably(self._folder / candidate.event_id / INDEX_NAME, msgspec.json.encode(candidate))
        self._candidates[candidate.event_id] = candidate

    def _make_room(self, size_bytes: int, asking: str) -> bool:
        while self.held_bytes + size_bytes > self._max_bytes:
            if not (self._evict_oldest(asking, clips=True) or self._evict_oldest(asking, clips=False)):
                return False
        return True

    def _evict_oldest(self, asking: str, *, clips: bool) -> bool:
        for candidate in sorted(self._candidates.values(), key=lambda one: (one.since_ns, one.event_id)):
            going = [file for file in candidate.files if (file.role == "clip") == clips]
            if not going or candidate.event_id == asking:
                continue
            words = tuple(f"{file.path}: gave its room in the candidate store to a later act" for file in going)
            kept = tuple(file for file in candidate.files if file not in going)
            self._keep(replace(candidate, files=kept, lost=(*candidate.lost, *words)[:MAX_LOST]))
            for file in going:
                self.place(candidate.event_id, file).unlink(missing_ok=True)
            self._counts["candidate_files_evicted"] += len(going)
            _log.warning("candidate store full: %d file(s) of event %s let go", len(going), candidate.event_id)
            return True
        return False

    def _load(self) -> dict[str, Candidate]:
        self._folder.mkdir(parents=True, exist_ok=True)
        found: dict[str, Candidate] = {}
        for folder in sorted(self._folder.iterdir()):
            candidate = self._read(folder)
            if candidate is None:
                # A folder without its index was being made or dropped when the process died.
                self._counts["candidates_torn"] += 1
                shutil.rmtree(folder, ignore_errors=True)
                continue
            _remove_strangers(folder, {INDEX_NAME, *(file.path for file in candidate.files)})
            found[candidate.event_id] = candidate
        return found

    def _read(self, folder: Path) -> Candidate | None:
        try:
            candidate = msgspec.json.decode((folder / INDEX_NAME).read_bytes(), type=Candidate)
        except (OSError, msgspec.MsgspecError, UnicodeDecodeError):
            return None
        whole = tuple(file for file in candidate.files if _has_size(folder / file.path, file.size_bytes))
        return replace(candidate, files=whole) if candidate.event_id == folder.name else None


def _has_size(path: Path, size_bytes: int) -> bool:
    return path.is_file() and path.stat().st_size == size_bytes


def _remove_strangers(folder: Path, known: set[str]) -> None:
    for path in folder.rglob("*"):
        if path.is_file() and path.relative_to(folder).as_posix() not in known:
            path.unlink()
