"""The evidence of one camera as files: what is due becomes a signed package, out of what was held."""

from __future__ import annotations

import logging
from collections import Counter
from collections.abc import Callable, Collection, Sequence
from dataclasses import dataclass, replace
from pathlib import Path

from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey

from contract.errors import EvidenceError
from contract.events import EvidenceItem, EvidenceRef, EvidenceRole
from contract.geometry import BboxPx
from contract.observations import EvidenceMade, Observation, PlateLooked, Seen, StreamLost, TapeStart
from contract.times import NS
from detectors.fold import HoldEvidence
from edge.capture.types import Frame
from edge.config import EvidenceConfig
from edge.evidence.candidates import CandidateStore, HeldFile
from edge.evidence.clips import Footage
from edge.evidence.disk import write_durably
from edge.evidence.fires.before import Befores
from edge.evidence.fires.files import FIRES, NOTHING_NEAR, Kept, Near, files_of_fire, newly_shown, shown_before
from edge.evidence.fires.series import look_seen
from edge.evidence.holding import READ_FRAME, ZOOMED, Holding, Moment
from edge.evidence.orders import Cuts, Order
from edge.evidence.package import NewFile, Package, Signed, sign
from edge.evidence.parts import clip_gaps, held_files, timer_of
from edge.evidence.stills import encode_still
from edge.evidence.tape import Tape
from edge.evidence.told import observations_file
from edge.spool.steps import Upload

_log = logging.getLogger(__name__)
CLIPPED = ("arrival", "first_still", "due")
LEAD_IN_S = 30.0  # of the tape before the onset: shows the rule that the place was empty
RANKS = {
    "manifest": 90,
    "still": 80,
    "strip": 75,
    "map": 75,
    "observations": 70,
    "weather": 70,
    "look": 50,
    "clip": 40,
    "overlay": 20,
    "other": 20,
}


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

    def to_send(
        self, order: Order, ref: EvidenceRef, signed: Signed, *, rank_of: Callable[[EvidenceRole], int]
    ) -> list[Upload]:
        """The files that this revision adds, its manifest and signature; the lowest rank goes first on a full disk."""
        folder = self.packages / order.event_id
        before = {item.sha256 for item in order.previous.items} if order.previous else set()
        files = [
            Upload(item.sha256, str(folder / item.path), item.size_bytes, rank_of(item.role))
            for item in ref.items
            if item.sha256 not in before
        ]
        # A manifest moves in its folder when the next one comes; what waits to be sent must lie still.
        for sha256, data in ((ref.manifest_sha256, signed.data), (ref.signature_sha256, signed.signature)):
            path = self.manifests / sha256
            write_durably(path, data)
            files.append(Upload(sha256, str(path), len(data), RANKS["manifest"]))
        return files


class FileEvidence:
    """The `EvidenceMaker` of a live camera and of a recording; one thread, the camera's judge's."""

    def __init__(
        self, start: TapeStart, *, store: EvidenceStore, footage: Footage, tape: Tape, near: Near = NOTHING_NEAR
    ) -> None:
        """`near`: what lies near a tower, for the packages of fires."""
        self._start = start
        self._near = near
        self._store = store
        self._tape = tape
        self._holding = Holding(start.device, store=store.candidates, footage=footage, config=store.config)
        self._uploads: list[Upload] = []
        self._counts: Counter[str] = Counter()
        self._seen: Observation | None = None
        self._befores = Befores(lambda image: encode_still(image, store.config.stills_quality))

    def note(self, record: Seen, *, state_before: bytes, frame: Frame | None = None) -> None:
        """The tape grows; clips are begun, and finished when their post-roll is over or the stream is lost."""
        self._seen = record if isinstance(record, Observation) else None
        if self._seen is not None and self._seen.preset is not None:
            self._note_look(self._seen, frame)
        try:
            self._tape.append(record, state_before=state_before)
        except OSError as error:
            self._failed("tape", record.device, error)
        self._holding.pass_time(record.at_ns, is_lost=isinstance(record, StreamLost))

    def hold(self, ask: HoldEvidence, frame: Frame | None) -> None:
        """The still of that moment now; the clip as it comes in."""
        moment = self._moment(ask.event_id, ask.role, ask.at_ns, ask.bbox_xyxy_px)
        self._holding.keep_still(moment, frame)
        if ask.role in CLIPPED:
            self._holding.want_clip(moment)
        if ask.role == "first_still" and moment.look is not None:
            self._keep_before(moment, moment.look.preset, ask.bbox_xyxy_px)

    def show(self, looked: PlateLooked, cuts: Cuts) -> None:
        """The close-ups of a look at a plate; of the first that was read the whole picture, too."""
        held = self._store.candidates.get(looked.event_id)
        has_frame = held is not None and held.file(READ_FRAME) is not None
        has_frame = has_frame or (self._store.packages / looked.event_id / READ_FRAME).exists()
        self._holding.keep_cuts(looked, cuts, wants_frame=not has_frame)

    def owes_close_view(self, event_id: str, revision: int) -> bool:  # noqa: ARG002 -- what a tape asks
        """Whether one waits here."""
        held = self._store.candidates.get(event_id)
        return held is not None and held.file(ZOOMED) is not None

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
        return dict(self._counts + self._holding.counts + self._befores.counts)

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
        moment = self._moment(order.event_id, "due", order.at_ns, order.bbox_xyxy_px)
        if order.phase == "opened":
            self._holding.keep_still(moment, order.frame)
            self._holding.want_clip(moment)
        elif order.zone.matter != FIRES:  # a tower looks elsewhere by then: the rule asked when the smoke was gone
            self._holding.keep_still(replace(moment, role="last", at_ns=order.last_seen_ns), order.frame)
            self._holding.keep_still(replace(moment, role="departure"), order.frame)

    def _note_look(self, seen: Observation, frame: Frame | None) -> None:
        try:
            self._befores.note(seen, frame)
        except EvidenceError as error:
            self._failed("picture_before", seen.device, error)

    def _keep_before(self, moment: Moment, preset: str, bbox: BboxPx) -> None:
        """The preset's picture from before a fire, with its first still."""
        before = self._befores.of(preset, bbox)
        at_ns = moment.at_ns if before is None else before.seen.at_ns
        look = None if before is None else look_seen(before.seen, None)
        self._holding.keep_picture(
            replace(moment, role="reference", at_ns=at_ns, bbox_xyxy_px=bbox, look=look),
            None if before is None else before.jpeg,
        )

    def _moment(self, event_id: str, role: EvidenceRole, at_ns: int, bbox: BboxPx | None) -> Moment:
        """A moment with what the look of that time measured, when it is the one that is judged now."""
        seen = self._seen
        look = look_seen(seen, bbox) if seen is not None and seen.at_ns == at_ns else None
        return Moment(event_id=event_id, role=role, at_ns=at_ns, bbox_xyxy_px=bbox, look=look)

    def _add_revision(self, package: Package, order: Order) -> Signed:
        held = self._store.candidates.get(order.event_id)
        before = order.previous.items if order.previous else ()
        known = {item.path for item in before}
        new: list[NewFile] = []
        for file in held.files if held else ():
            if file.path not in known and (order.settle_clips or file.role != "clip"):
                new += held_files(order, file, self._store.candidates.place(order.event_id, file), start=self._start)
        words = list(held.lost if held else ())
        if not order.settle_clips:
            new.append(observations_file(self._tape, order, words, lead_in_ns=round(LEAD_IN_S * NS)))
            new += timer_of(order, before)
        if order.zone.matter == FIRES:
            new += self._of_fire(order, before, held.files if held else (), new, words)
        items = [*before, *(file.item() for file in new)]
        if order.settle_clips:
            words += clip_gaps(items, [file for file in (held.files if held else ()) if file.role == "clip"])
        earlier = package.current()
        said = earlier.manifest.missing if earlier is not None else ()
        missing = tuple(dict.fromkeys((*said, *words)))
        signed = sign(order, self._start, self._store.key, items=items, missing=missing)
        package.add(signed, new)
        return signed

    def _of_fire(
        self,
        order: Order,
        before: tuple[EvidenceItem, ...],
        held: Sequence[HeldFile],
        new: Sequence[NewFile],
        words: list[str],
    ) -> list[NewFile]:
        """What shows a fire beside its stills; `new` are those of this revision."""
        folder = self._store.packages / order.event_id
        fresh = {one.path: one for one in newly_shown(held, new)}

        def read(path: str) -> bytes:
            at = next((file for file in held if file.path == path), None) if path in fresh else None
            return (folder / path if at is None else self._store.candidates.place(order.event_id, at)).read_bytes()

        kept = Kept(
            shown=(*shown_before(folder, before, words), *fresh.values()),
            is_new=bool(fresh),
            read=read,
            title=(self._start.town, self._start.device, order.zone.zone),
            tower=self._start.position,
            near=self._near,
        )
        told = next((one for one in new if one.role == "observations"), None)
        files, missing = files_of_fire(order, kept, before, told=told)
        words += missing
        return files

    def _send(self, order: Order, ref: EvidenceRef, signed: Signed) -> None:
        self._uploads += self._store.to_send(order, ref, signed, rank_of=lambda role: RANKS.get(role, RANKS["still"]))

    def _let_go(self, order: Order) -> None:
        """The candidates that are in the package now; clips wait for their own revision."""
        held = self._store.candidates.get(order.event_id)
        owes_clips = self._holding.owes_clips(order.event_id)
        has_clips = held is not None and any(file.role == "clip" for file in held.files)
        if order.settle_clips or not (owes_clips or has_clips):
            self._holding.drop(order.event_id)

    def _failed(self, what: str, where: str, error: Exception) -> None:
        self._counts[f"{what}_failed"] += 1
        _log.warning("evidence: %s failed: %s: %s: %s", what, where, type(error).__name__, error)
