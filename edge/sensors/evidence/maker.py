"""The evidence of one sensor as files: kept rows, what they told, and the binding, into a signed package."""

from __future__ import annotations

import logging
from collections import Counter
from collections.abc import Callable, Collection, Sequence
from dataclasses import dataclass
from typing import Any, Final

import msgspec

from contract.errors import EvidenceError, StoreError
from contract.events import EvidenceItem, EvidenceRef
from contract.observations import EvidenceMade, PlateLooked, Seen, TapeStart
from contract.readings import READINGS_AROUND_S
from contract.times import NS, ns_from_utc, utc_from_ns
from detectors.fold import HoldEvidence
from edge.capture.types import Frame
from edge.config import SensorConfig
from edge.evidence.files import EvidenceStore
from edge.evidence.orders import Cuts, Order
from edge.evidence.package import NewFile, Package, Signed, sign
from edge.evidence.tape import Tape
from edge.evidence.told import observations_file
from edge.sensors.evidence.curve import Judged, draw_curve
from edge.sensors.evidence.readings import NOT_LEGAL, KeptReading, readings_jsonl
from edge.sensors.evidence.stills import OutletStills
from edge.sensors.profiles.profile import Known
from edge.spool.steps import Upload

log = logging.getLogger(__name__)
AROUND_NS: Final = round(READINGS_AROUND_S * NS)
MAX_READINGS: Final = 6000  # a package's frames in one file: two days of one each half minute
RANKS: Final = {"readings": 85, "binding": 85, "curve": 80}
RANK_OTHERS: Final = 70
STILLS_NEAR_NS: Final = 900 * NS  # looks at the outlet this near to the act go into its package
MAX_STILLS: Final = 24  # of one package

Rows = Callable[[int, int], Sequence[KeptReading]]


@dataclass(frozen=True, slots=True, kw_only=True)
class Binding:
    """What stands behind the numbers: the sensor as configured, its profile."""

    sensor: SensorConfig
    known: Known


class SensorEvidence:
    """The `EvidenceMaker` of a sensor; one thread, its judge's. `rows(from_ns, to_ns)`: what was kept and judged."""

    def __init__(self, start: TapeStart, binding: Binding, *, store: EvidenceStore, rows: Rows, tape: Tape) -> None:
        self._start = start
        self._binding = binding
        self._store = store
        self._rows = rows
        self._tape = tape
        self._uploads: list[Upload] = []
        self._counts: Counter[str] = Counter()
        folder = store.packages.parent / "outlets" / start.device
        self._stills = OutletStills(folder, quality=store.config.stills_quality)
        self._wants_look = False

    def note(self, record: Seen, *, state_before: bytes, frame: Frame | None = None) -> None:  # noqa: ARG002 -- a sensor has none
        """The tape grows."""
        try:
            self._tape.append(record, state_before=state_before)
        except OSError as error:
            self._failed("tape", record.device, error)

    def hold(self, ask: HoldEvidence, frame: Frame | None) -> None:  # noqa: ARG002 -- the Protocol's
        """Raw frames are kept anyway; what shows the moment is a look at the outlet."""
        self._wants_look = True

    def take_want(self) -> bool:
        """Whether a look at the outlet was asked for since the last call."""
        wanted, self._wants_look = self._wants_look, False
        return wanted

    def keep_still(self, frame: Frame) -> None:
        """A picture of the outlet, for the acts around it."""
        try:
            self._stills.keep(frame)
        except (EvidenceError, OSError) as error:
            self._failed("outlet_still", frame.device, error)

    def show(self, looked: PlateLooked, cuts: Cuts) -> None:
        """Nothing: a sensor sees no plate."""

    def owes_close_view(self, event_id: str, revision: int) -> bool:  # noqa: ARG002 -- the Protocol's
        """Never: a sensor has no head."""
        return False

    def drop(self, event_id: str) -> None:
        """Nothing was held."""

    def keep_only(self, event_ids: Collection[str]) -> None:
        """Nothing waits."""

    def make(self, order: Order) -> EvidenceRef | None:
        """The signed package of this revision; None, counted and logged, when it cannot be made."""
        try:
            package = Package(self._store.packages / order.event_id)
            signed = package.made_before(order) or self._add_revision(package, order)
            ref = signed.ref()
            self._send(order, ref, signed)
        except (EvidenceError, StoreError, OSError) as error:
            self._failed("package", f"event {order.event_id} revision {order.revision}", error)
            return None
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
        return dict(self._counts)

    def _add_revision(self, package: Package, order: Order) -> Signed:
        before = order.previous.items if order.previous else ()
        told = [item for item in before if item.role == "readings" and item.captured is not None]
        first_ns = order.onset_ns - AROUND_NS
        begin_ns = ns_from_utc(str(told[-1].captured)) + 1 if told else first_ns
        end_ns = min(order.at_ns, order.last_seen_ns + AROUND_NS)
        words: list[str] = []
        kept = [one for one in self._rows(first_ns, end_ns) if begin_ns <= told_ns(one) <= end_ns]
        if len(kept) > MAX_READINGS:
            words.append(f"readings: {len(kept) - MAX_READINGS} of {len(kept)} frames left out, the oldest")
            kept = kept[-MAX_READINGS:]
        suffix = f"-{order.revision:04d}" if told else ""
        new: list[NewFile] = []
        if kept or not told:
            new.append(self._readings(kept, f"readings{suffix}.jsonl", (begin_ns, end_ns)))
            new.append(self._curve(order, f"curve{suffix}.png", (first_ns, end_ns)))
        if not any(item.role == "binding" for item in before):
            new.append(self._binding_file(order))
        new += self._outlet_stills(order, before, words)
        new.append(observations_file(self._tape, order, words, lead_in_ns=AROUND_NS, may_begin_late=bool(told)))
        earlier = package.current()
        said = earlier.manifest.missing if earlier is not None else ()
        signed = sign(
            order,
            self._start,
            self._store.key,
            items=[*before, *(file.item() for file in new)],
            missing=tuple(dict.fromkeys((*said, *words))),
        )
        package.add(signed, new)
        return signed

    def _readings(self, kept: Sequence[KeptReading], path: str, span_ns: tuple[int, int]) -> NewFile:
        head = {**self._head(), "from": utc_from_ns(span_ns[0]), "to": utc_from_ns(span_ns[1])}
        return NewFile(
            path=path,
            role="readings",
            media_type="application/jsonl",
            source=readings_jsonl(head, kept),
            captured_ns=span_ns[1],
        )

    def _curve(self, order: Order, path: str, span_ns: tuple[int, int]) -> NewFile:
        sensor, profile = self._binding.sensor, self._binding.known.profile
        limit, source = _fume_limit(order.zone.rule)
        calibrated = sensor.calibrated_on or "未知 unknown"
        words = (
            f"{sensor.mn or sensor.url or ''}  profile {profile.name} {profile.version}  校准 calibrated {calibrated}"
        )
        words = f"{words}  {order.provenance.rule}  {source}"
        judged = Judged(
            title=f"{sensor.premises}  {sensor.name} ({self._start.device})",
            lines=(words,),
            from_ns=span_ns[0],
            to_ns=span_ns[1],
            window_ns=(order.onset_ns, order.last_seen_ns),
            limit=limit,
        )
        reports = [one.reported for one in self._rows(*span_ns) if one.reported is not None]
        source_bytes = draw_curve([one for one in reports if span_ns[0] <= one.at_ns <= span_ns[1]], judged)
        return NewFile(path=path, role="curve", media_type="image/png", source=source_bytes, captured_ns=order.at_ns)

    def _binding_file(self, order: Order) -> NewFile:
        rule = order.zone.rule
        said = {
            "schema": "tantou.binding/1",
            **self._head(),
            "bound_on": self._binding.sensor.bound_on,
            "calibrated_on": self._binding.sensor.calibrated_on,
            "profile_source": self._binding.known.profile.source,
            "rule": order.provenance.rule,
            "limits": rule.get("limits"),
            "software": order.provenance.software,
            "config_sha256": order.provenance.config_sha256,
            "legal_note": NOT_LEGAL,
        }
        data = msgspec.json.format(msgspec.json.encode(said), indent=1) + b"\n"
        return NewFile(
            path="binding.json", role="binding", media_type="application/json", source=data, captured_ns=order.at_ns
        )

    def _outlet_stills(self, order: Order, before: Sequence[EvidenceItem], words: list[str]) -> list[NewFile]:
        """The pictures of looks near the act that are in no revision before."""
        held = {item.path for item in before if item.role == "other"}
        found = self._stills.between(order.onset_ns - STILLS_NEAR_NS, order.last_seen_ns + STILLS_NEAR_NS)
        named = {f"outlet-{still.camera}-{still.at_ns}.jpg": still for still in found}
        new = [
            NewFile(path=name, role="other", media_type="image/jpeg", source=still.path, captured_ns=still.at_ns)
            for name, still in named.items()
            if name not in held
        ]
        if len(held) + len(new) > MAX_STILLS:
            words.append(f"outlet: more than {MAX_STILLS} stills, later ones left out")
        return new[: max(0, MAX_STILLS - len(held))]

    def _head(self) -> dict[str, Any]:
        sensor, known = self._binding.sensor, self._binding.known
        return {
            "device": self._start.device,
            "premises": sensor.premises,
            "kind": sensor.kind,
            "mn": sensor.mn,
            "profile": known.profile.name,
            "profile_version": known.profile.version,
            "profile_sha256": known.sha256,
        }

    def _send(self, order: Order, ref: EvidenceRef, signed: Signed) -> None:
        self._uploads += self._store.to_send(order, ref, signed, rank_of=lambda role: RANKS.get(role, RANK_OTHERS))

    def _failed(self, what: str, where: str, error: Exception) -> None:
        self._counts[f"{what}_failed"] += 1
        log.warning("evidence: %s failed: %s: %s: %s", what, where, type(error).__name__, error)


def told_ns(kept: KeptReading) -> int:
    """When a frame counts: what it tells of, else when it came."""
    return kept.row.received_ns if kept.reported is None else kept.reported.at_ns


def _fume_limit(rule: dict[str, Any]) -> tuple[float | None, str]:
    """The warning limit of the fume and its source, as the zone's table says; where it is mute the rule's default."""
    default = {"factor": "fume_mg_m3", "limit": 2.0, "source": "GB 18483-2001"}
    limits = rule.get("limits") or [default]
    found = next((one for one in limits if one.get("factor", "fume_mg_m3") == "fume_mg_m3"), None)
    if found is None:
        return None, ""
    limit = {**default, **found}
    return float(limit["limit"]), f"限值 limit {limit['limit']:g} mg/m3 ({limit['source']})"
