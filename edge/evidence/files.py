"""The evidence of one camera as files: what is due becomes a signed package, out of what was held."""

from __future__ import annotations

import logging
from collections import Counter
from collections.abc import Collection
from dataclasses import dataclass, replace
from pathlib import Path

from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey

from contract.errors import EvidenceError
from contract.events import EvidenceItem, EvidenceRef
from contract.manifest import sha256_hex
from contract.observations import EvidenceMade, PlateLooked, Seen, StreamLost, TapeStart
from contract.times import NS, ns_from_utc
from detectors.fold import HoldEvidence
from edge.capture.types import Frame
from edge.config import EvidenceConfig
from edge.evidence.candidates import CandidateStore, HeldFile
from edge.evidence.clips import Footage
from edge.evidence.disk import write_durably
from edge.evidence.holding import READ_FRAME, Holding, Moment
from edge.evidence.orders import Cuts, Order
from edge.evidence.package import NewFile, Package, Signed, sign
from edge.evidence.stills import Marks, draw_overlay, scaled_polygon, size_px
from edge.evidence.tape import Tape
from edge.evidence.timer import draw_timer
from edge.spool.steps import Upload

_log = logging.getLogger(__name__)
LEAD_IN_S = 30.0  # of the tape before the onset: shows the rule that the place was empty
CLIP_TOLERANCE_NS = NS  # a clip that ends within a second of its post-roll is whole
RANKS = {"manifest": 90, "still": 80, "observations": 70, "clip": 40, "overlay": 20, "other": 20}


@dataclass(frozen=True, slots=True, kw_only=True)
class EvidenceStore:
    """What all cameras of a gateway share: `packages/{event_id}` folders, manifests to send, candidates, the key."""

    packages: Path
    manifests: Path
    candidates: CandidateStore
    key: Ed25519PrivateKey
    config: EvidenceConfig

    @classmethod
    def open(cls, folder: Path, *, key: Ed25519PrivateKey, config: EvidenceConfig) -> EvidenceStore:
        """The store under a gateway's data folder; what a dead process left half done is removed."""
        return cls(
            packages=folder / "evidence",
            manifests=folder / "manifests",
            candidates=CandidateStore(folder / "candidates", config.candidate_store_mb * 1_000_000),
            key=key,
            config=config,
        )


class FileEvidence:
    """The `EvidenceMaker` of a live camera and of a recording; one thread, the camera's judge's."""

    def __init__(self, start: TapeStart, *, store: EvidenceStore, footage: Footage, tape: Tape) -> None:
        self._start = start
        self._store = store
        self._tape = tape
        self._holding = Holding(start.device, store=store.candidates, footage=footage, config=store.config)
        self._uploads: list[Upload] = []
        self._counts: Counter[str] = Counter()

    def note(self, record: Seen, *, state_before: bytes) -> None:
        """The tape grows; clips are begun, and finished when their post-roll is over or the stream is lost."""
        try:
            self._tape.append(record, state_before=state_before)
        except OSError as error:
            self._failed("tape", record.device, error)
        self._holding.pass_time(record.at_ns, is_lost=isinstance(record, StreamLost))

    def hold(self, ask: HoldEvidence, frame: Frame | None) -> None:
        """The still of that moment now; the clip as it comes in."""
        moment = Moment(event_id=ask.event_id, role=ask.role, at_ns=ask.at_ns, bbox_xyxy_px=ask.bbox_xyxy_px)
        self._holding.keep_still(moment, frame)
        self._holding.want_clip(moment)

    def show(self, looked: PlateLooked, cuts: Cuts) -> None:
        """The close-ups of a look at a plate; of the first that was read the whole picture, too."""
        held = self._store.candidates.get(looked.event_id)
        has_frame = held is not None and held.file(READ_FRAME) is not None
        has_frame = has_frame or (self._store.packages / looked.event_id / READ_FRAME).exists()
        self._holding.keep_cuts(looked, cuts, wants_frame=not has_frame)

    def drop(self, event_id: str) -> None:
        """Nothing of the act stays in the candidate store."""
        self._holding.drop(event_id)

    def keep_only(self, event_ids: Collection[str]) -> None:
        """Candidates of this camera that no judge remembers go."""
        self._store.candidates.keep_only(self._start.device, event_ids)

    def make(self, order: Order) -> EvidenceRef | None:
        """The signed package of this revision; None, counted and logged, when it cannot be made."""
        try:
            ref = self._made(order)
        except (EvidenceError, OSError) as error:
            self._failed("package", f"event {order.event_id} revision {order.revision}", error)
            return None
        self._let_go(order)
        try:
            self._tape.made(EvidenceMade(event_id=order.event_id, revision=order.revision, evidence=ref))
        except (EvidenceError, OSError) as error:
            self._failed("tape", self._start.device, error)
        return ref

    def take_uploads(self) -> tuple[Upload, ...]:
        """The files that were made since the last call: to be kept with the events of the same step."""
        uploads, self._uploads = tuple(self._uploads), []
        return uploads

    def counters(self) -> dict[str, int]:
        """What failed, by what it was."""
        return dict(self._counts + self._holding.counts)

    def _made(self, order: Order) -> EvidenceRef:
        # First what the moment shows: it is held even when the package cannot be made now.
        if order.settle_clips:
            self._holding.finish_clips(order.event_id)
        else:
            self._keep_moment(order)
        package = Package(self._store.packages / order.event_id)
        signed = package.made_before(order) or self._add_revision(package, order)
        ref = signed.ref()
        self._send(order, ref, signed)
        return ref

    def _keep_moment(self, order: Order) -> None:
        if order.phase == "updated":
            return
        moment = Moment(event_id=order.event_id, role="due", at_ns=order.at_ns, bbox_xyxy_px=order.bbox_xyxy_px)
        if order.phase == "opened":
            self._holding.keep_still(moment, order.frame)
            self._holding.want_clip(moment)
        else:
            self._holding.keep_still(replace(moment, role="last", at_ns=order.last_seen_ns), order.frame)
            self._holding.keep_still(replace(moment, role="departure"), order.frame)

    def _add_revision(self, package: Package, order: Order) -> Signed:
        held = self._store.candidates.get(order.event_id)
        before = order.previous.items if order.previous else ()
        known = {item.path for item in before}
        new: list[NewFile] = []
        for file in held.files if held else ():
            if file.path not in known and (order.settle_clips or file.role != "clip"):
                new += self._files_of(order, file)
        words = list(held.lost if held else ())
        if not order.settle_clips:
            new.append(self._observations(order, before, words))
            new += _timer(order, before)
        items = [*before, *(file.item() for file in new)]
        if order.settle_clips:
            words += _clip_gaps(items, [file for file in (held.files if held else ()) if file.role == "clip"])
        earlier = package.current()
        said = earlier.manifest.missing if earlier is not None else ()
        missing = tuple(dict.fromkeys((*said, *words)))
        signed = sign(order, self._start, self._store.key, items=items, missing=missing)
        package.add(signed, new)
        return signed

    def _files_of(self, order: Order, file: HeldFile) -> list[NewFile]:
        place = self._store.candidates.place(order.event_id, file)
        if file.role == "clip":
            return [
                NewFile(path=file.path, role="clip", media_type="video/mp4", source=place, captured_ns=file.from_ns)
            ]
        if file.role == "close_up":
            return [
                NewFile(
                    path=file.path,
                    role="close_up",
                    media_type="image/jpeg",
                    source=place,
                    captured_ns=file.from_ns,
                    parent_sha256=file.parent_sha256,
                )
            ]
        raw = place.read_bytes()
        sha256 = sha256_hex(raw)
        still = NewFile(path=file.path, role=file.role, media_type="image/jpeg", source=place, captured_ns=file.from_ns)
        zone = order.zone
        marks = Marks(
            zone_px=()
            if zone.frame_px is None
            else scaled_polygon(zone.polygon_px, drawn_on=zone.frame_px, onto=size_px(raw)),
            bbox_xyxy_px=file.bbox_xyxy_px,
            at_ns=file.from_ns,
            role=file.role,
            place=(self._start.town, self._start.device, zone.zone),
            code=sha256[:8],
        )
        overlay = NewFile(
            path=f"overlays/{file.role}.jpg",
            role="overlay",
            media_type="image/jpeg",
            source=draw_overlay(raw, marks),
            captured_ns=file.from_ns,
            parent_sha256=sha256,
        )
        return [still, overlay]

    def _observations(self, order: Order, before: tuple[EvidenceItem, ...], words: list[str]) -> NewFile:
        """What the rule was told: from before the onset until due, later on from there until the end."""
        told = [item for item in before if item.role == "observations" and item.captured is not None]
        from_ns = order.onset_ns - round(LEAD_IN_S * NS)
        name = "observations.jsonl"
        if told:
            from_ns = ns_from_utc(str(told[-1].captured)) + 1
            name = f"observations-{order.revision:04d}.jsonl"
        excerpt = self._tape.excerpt(from_ns)
        if not excerpt.is_whole:
            words.append(f"{name}: its beginning is not on the tape any more")
        return NewFile(
            path=name,
            role="observations",
            media_type="application/jsonl",
            source=excerpt.data,
            captured_ns=order.at_ns,
        )

    def _send(self, order: Order, ref: EvidenceRef, signed: Signed) -> None:
        folder = self._store.packages / order.event_id
        before = {item.sha256 for item in order.previous.items} if order.previous else set()
        for item in ref.items:
            if item.sha256 not in before:
                rank = RANKS.get(item.role, RANKS["still"])
                self._uploads.append(Upload(item.sha256, str(folder / item.path), item.size_bytes, rank))
        # A manifest moves in its folder when the next one comes; what waits to be sent must lie still.
        for sha256, data in ((ref.manifest_sha256, signed.data), (ref.signature_sha256, signed.signature)):
            path = self._store.manifests / sha256
            write_durably(path, data)
            self._uploads.append(Upload(sha256, str(path), len(data), RANKS["manifest"]))

    def _let_go(self, order: Order) -> None:
        """The candidates that are in the package now; clips wait for their own revision."""
        held = self._store.candidates.get(order.event_id)
        owes_clips = self._holding.owes_clips(order.event_id)
        has_clips = held is not None and any(file.role == "clip" for file in held.files)
        if order.settle_clips or (order.phase == "closed" and not owes_clips and not has_clips):
            self._holding.drop(order.event_id)

    def _failed(self, what: str, where: str, error: Exception) -> None:
        self._counts[f"{what}_failed"] += 1
        _log.warning("evidence: %s failed: %s: %s: %s", what, where, type(error).__name__, error)


def _timer(order: Order, before: tuple[EvidenceItem, ...]) -> list[NewFile]:
    """The timer strip of this revision, for an act that has one."""
    picture = draw_timer(order.facts)
    if picture is None:
        return []
    is_first = all(item.path != "timer.png" for item in before)
    name = "timer.png" if is_first else f"timer-{order.revision:04d}.png"
    return [NewFile(path=name, role="other", media_type="image/png", source=picture, captured_ns=order.at_ns)]


def _clip_gaps(items: list[EvidenceItem], clips: list[HeldFile]) -> list[str]:
    """What the clips do not show, in words."""
    words: list[str] = []
    for clip in clips:
        late_ns, early_ns = clip.from_ns - clip.wanted_from_ns, clip.wanted_to_ns - clip.to_ns
        if late_ns > CLIP_TOLERANCE_NS:
            words.append(f"{clip.path}: begins {late_ns / NS:.1f} s later than its pre-roll")
        if early_ns > CLIP_TOLERANCE_NS:
            words.append(
                f"{clip.path}: ends {early_ns / NS:.1f} s before its post-roll; the stream or the process ended"
            )
    for item in items:
        if item.role in ("arrival", "first_still", "due") and item.captured is not None:
            at_ns = ns_from_utc(item.captured)
            if not any(clip.from_ns <= at_ns <= clip.to_ns for clip in clips):
                words.append(f"clips: none shows {item.path}")
    return words
