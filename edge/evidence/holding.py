"""What is held of acts as they run: stills and clips into the candidate store, as frames and packets come."""

from __future__ import annotations

import logging
from collections import Counter
from dataclasses import dataclass, replace
from functools import partial
from pathlib import Path

from contract.errors import EvidenceError
from contract.events import EvidenceRole
from contract.geometry import BboxPx
from contract.manifest import sha256_hex
from contract.observations import PlateLooked
from contract.times import NS, utc_from_ns
from edge.capture.types import Frame
from edge.config import EvidenceConfig
from edge.evidence.candidates import CandidateStore, HeldFile
from edge.evidence.clips import Footage, cut
from edge.evidence.fires.series import LookSeen
from edge.evidence.orders import Cuts
from edge.evidence.stills import encode_still

_log = logging.getLogger(__name__)
READ_FRAME = "close_ups/frame.jpg"
ZOOMED = "close_ups/zoomed.jpg"


@dataclass(frozen=True, slots=True, kw_only=True)
class Moment:
    """A moment of an act to keep, and the place of the vehicle or plume in it; `look`: what a tower measured then."""

    event_id: str
    role: EvidenceRole
    at_ns: int
    bbox_xyxy_px: BboxPx | None
    look: LookSeen | None = None

    @property
    def path(self) -> str:
        """Where its picture lies in the package."""
        if self.role == "look":
            return f"looks/{_time_of_day(self.at_ns)}.jpg"
        return ZOOMED if self.role == "close_up" else f"stills/{self.role}.jpg"


@dataclass(frozen=True, slots=True)
class _Wanted:
    """A clip that is not whole yet; `is_begun`: what there was of it is on disk."""

    from_ns: int
    to_ns: int
    is_begun: bool = False


class Holding:
    """One camera's; what cannot be kept is counted, logged, and said in the candidate's `lost` if it can be."""

    def __init__(self, device: str, *, store: CandidateStore, footage: Footage, config: EvidenceConfig) -> None:
        self._device = device
        self._store = store
        self._footage = footage
        self._config = config
        self._wanted: dict[tuple[str, str], _Wanted] = {}
        self.counts: Counter[str] = Counter()

    def pass_time(self, at_ns: int, *, is_lost: bool) -> None:
        """Clips are begun, and finished when their post-roll is over or the stream is lost."""
        for (event_id, path), wanted in tuple(self._wanted.items()):
            if at_ns >= wanted.to_ns or is_lost:
                self._finish(event_id, path)
            elif not wanted.is_begun:
                self._wanted[event_id, path] = replace(wanted, is_begun=True)
                # A painted clip costs seconds to make: it is made once, when it is whole.
                if self._footage.paint is None:
                    self._keep_clip(event_id, path, wanted)

    def keep_still(self, moment: Moment, frame: Frame | None) -> None:
        """The picture of that moment: of the frame if it is its, else decoded again from the ring."""
        path = moment.path
        is_its_frame = frame is not None and frame.at_ns == moment.at_ns
        try:
            image = frame.image_bgr if frame is not None and is_its_frame else self._footage.picture_at(moment.at_ns)
            data = None if image is None else encode_still(image, self._config.stills_quality)
        except (EvidenceError, OSError) as error:
            self._failed("still", moment.event_id, path, error)
            self._tell_lost(moment, f"{path}: could not be kept ({type(error).__name__})")
        else:
            self.keep_picture(moment, data)

    def keep_picture(self, moment: Moment, data: bytes | None) -> None:
        """The JPEG of that moment; None: that there is none is said."""
        path = moment.path
        try:
            if data is None:
                which = "earlier picture of this preset" if moment.role == "reference" else "picture of that moment"
                words = f"{path}: no {which} is kept"
                self._store.tell_lost(moment.event_id, self._device, words, at_ns=moment.at_ns)
                return
            held = HeldFile(
                path=path,
                role=moment.role,
                size_bytes=len(data),
                from_ns=moment.at_ns,
                to_ns=moment.at_ns,
                wanted_from_ns=moment.at_ns,
                wanted_to_ns=moment.at_ns,
                bbox_xyxy_px=moment.bbox_xyxy_px,
                look=moment.look,
            )
            self._store.put(moment.event_id, self._device, held, partial(_write, data))
        except (EvidenceError, OSError) as error:
            self._failed("still", moment.event_id, path, error)
            self._tell_lost(moment, f"{path}: could not be kept ({type(error).__name__})")

    def keep_cuts(self, looked: PlateLooked, cuts: Cuts, *, wants_frame: bool) -> None:
        """The close-ups of one look at a plate, and with `wants_frame` the picture that they were cut from."""
        parent = cuts.frame_jpeg if wants_frame else None
        stem = f"close_ups/{_time_of_day(looked.looked_at_ns)}"
        files = [(f"{stem}-{cut.what}.jpg", cut.jpeg) for cut in cuts.close_ups]
        files += [(READ_FRAME, parent)] if parent is not None else []
        parent_sha256 = None if parent is None else sha256_hex(parent)
        for path, data in files:
            held = HeldFile(
                path=path,
                role="close_up",
                size_bytes=len(data),
                from_ns=looked.looked_at_ns,
                to_ns=looked.looked_at_ns,
                wanted_from_ns=looked.looked_at_ns,
                wanted_to_ns=looked.looked_at_ns,
                bbox_xyxy_px=looked.vehicle_px,
                parent_sha256=None if path == READ_FRAME else parent_sha256,
            )
            try:
                self._store.put(looked.event_id, self._device, held, partial(_write, data))
            except (EvidenceError, OSError) as error:
                self._failed("close_up", looked.event_id, path, error)
                moment = Moment(event_id=looked.event_id, role="close_up", at_ns=looked.looked_at_ns, bbox_xyxy_px=None)
                self._tell_lost(moment, f"{path}: could not be kept ({type(error).__name__})")

    def want_clip(self, moment: Moment) -> None:
        """A clip around that moment; one with the clip before it when the two would overlap."""
        from_ns = moment.at_ns - round(self._config.pre_roll_s * NS)
        to_ns = moment.at_ns + round(self._config.post_roll_s * NS)
        for (event_id, path), wanted in self._wanted.items():
            if event_id == moment.event_id and wanted.from_ns <= from_ns <= wanted.to_ns:
                self._wanted[event_id, path] = _Wanted(wanted.from_ns, max(to_ns, wanted.to_ns))
                return
        self._wanted[moment.event_id, f"clips/{moment.role}.mp4"] = _Wanted(from_ns, to_ns)

    def finish_clips(self, event_id: str) -> None:
        """The clips of an act as far as they go."""
        for of_event, path in tuple(self._wanted):
            if of_event == event_id:
                self._finish(event_id, path)

    def owes_clips(self, event_id: str) -> bool:
        """Whether a clip of that act still grows."""
        return any(of_event == event_id for of_event, _ in self._wanted)

    def drop(self, event_id: str) -> None:
        """Nothing of the act stays."""
        self._wanted = {key: wanted for key, wanted in self._wanted.items() if key[0] != event_id}
        self._store.drop(event_id)

    def _finish(self, event_id: str, path: str) -> None:
        self._keep_clip(event_id, path, self._wanted.pop((event_id, path)))

    def _keep_clip(self, event_id: str, path: str, wanted: _Wanted) -> None:
        """Put what the ring has of it on disk, unless what is there already shows as much."""
        held = self._store.get(event_id)
        there = held.file(path) if held else None
        try:
            covered, write = cut(self._footage, wanted.from_ns, wanted.to_ns)
            if there is not None and there.to_ns - there.from_ns >= covered.to_ns - covered.from_ns:
                return
            clip = HeldFile(
                path=path,
                role="clip",
                size_bytes=0,
                from_ns=covered.from_ns,
                to_ns=covered.to_ns,
                wanted_from_ns=wanted.from_ns,
                wanted_to_ns=wanted.to_ns,
            )
            self._store.put(event_id, self._device, clip, write)
        except (EvidenceError, OSError) as error:
            self._failed("clip", event_id, path, error)

    def _failed(self, what: str, event_id: str, path: str, error: Exception) -> None:
        self.counts[f"{what}_failed"] += 1
        kind = type(error).__name__
        _log.warning("evidence: %s failed: event %s %s: %s: %s", what, event_id, path, kind, error)

    def _tell_lost(self, moment: Moment, words: str) -> None:
        try:
            self._store.tell_lost(moment.event_id, self._device, words, at_ns=moment.at_ns)
        except OSError:
            self.counts["losses_untold"] += 1


def _time_of_day(at_ns: int) -> str:
    """`063004-250`, UTC."""
    return f"{utc_from_ns(at_ns)[11:19].replace(':', '')}-{at_ns // 1_000_000 % 1000:03d}"


def _write(data: bytes, part: Path) -> None:
    part.write_bytes(data)
