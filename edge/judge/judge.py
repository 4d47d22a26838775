"""The fold over the records of one camera."""

from __future__ import annotations

from dataclasses import dataclass, replace

import msgspec
from msgspec import structs

from contract.events import Clock, CounterEvidence, Event
from contract.geometry import BboxPx, Position, Where
from contract.health import DayCounts, MaintenanceItem
from contract.observations import Observation, OutletLooked, PlateLooked, Seen, StreamLost, TapeStart
from contract.times import NS, ns_from_utc, utc_from_ns
from detectors.fold import Ask, DropEvidence, Finding, HoldEvidence
from detectors.geometry import corners
from edge.capture.types import Frame
from edge.evidence.orders import NO_CUTS, Cuts, EvidenceMaker, Order
from edge.judge.day import noted, of_day
from edge.judge.state import Act, JudgeState, Owed, read_state
from edge.judge.unproved import unproved
from edge.judge.zone import JudgedZone

ZONE_CHANGED = "zone_changed"
CLOSE_VIEW_AGAIN_NS = 60 * NS  # a full disk is not emptier at the next look, a second later


@dataclass(frozen=True, slots=True)
class JudgeStep:
    """What one record led to; `asks` are all but those for evidence. Keep `state` and `events` together or not."""

    events: tuple[Event, ...]
    asks: tuple[Ask, ...]
    state: bytes


class CameraJudge:
    """Takes the records of one camera in order, one at a time; all effects go through `maker`."""

    def __init__(self, start: TapeStart, *, maker: EvidenceMaker, state: bytes | None = None) -> None:
        """`state`: as a JudgeStep gave it, by default the tape's own; raises ContractError when it cannot be read."""
        if state is None and start.state is not None:
            state = msgspec.json.encode(start.state)
        before = JudgeState() if state is None else read_state(state)
        self._start = start
        self._maker = maker
        self._zones = [JudgedZone(start, zone, before.zones.get(zone.zone)) for zone in start.zones]
        recalled = {zone.on_tape.zone for zone in self._zones if zone.recalls}
        self._acts = {name: act for name, act in before.acts.items() if act.zone in recalled and not act.is_orphan}
        # Acts of a zone that was redrawn, got another rule or is gone: the first record closes them, they never vanish.
        self._orphans = {
            name: structs.replace(act, is_orphan=True, owed=None)
            for name, act in before.acts.items()
            if name not in self._acts and act.is_open and act.told is not None
        }
        self._close_views_from: dict[str, int] = {}  # event id -> when its package may be tried again
        self._held = {event_id: zone for event_id, zone in before.held.items() if zone in recalled}
        self._clock = before.clock
        self.last_at_ns = before.last_at_ns
        self._hours = before.hours
        self._saved = self._save()
        maker.keep_only({*self._acts, *self._held})

    @property
    def maintenance(self) -> tuple[MaintenanceItem, ...]:
        """What the rules of all zones want somebody to repair or to look at, as of the last record."""
        return tuple(item for zone in self._zones for item in zone.maintenance)

    @property
    def day(self) -> DayCounts | None:
        """What the rules counted in the day before the last record; None where none of them counts."""
        return of_day(self._hours)

    @property
    def state(self) -> bytes:
        """What a later judge needs to go on from here."""
        return self._saved

    def take(self, record: Seen, frame: Frame | None = None, cuts: Cuts = NO_CUTS) -> JudgeStep:
        """Judge one record; `frame` is its picture, None where there is none (a lost stream, a tape judged again).

        `cuts` come with a `PlateLooked`, unless a tape is judged again.
        """
        self._maker.note(record, state_before=self._saved, frame=frame)
        self.last_at_ns = record.at_ns
        if isinstance(record, Observation) and record.clock is not None:
            self._clock = record.clock
        if isinstance(record, PlateLooked):
            self._show(record, cuts)
        elif isinstance(record, OutletLooked) and record.problem is None:
            # The next thing told of an open act carries the picture of this look.
            self._acts = {name: structs.replace(act, has_new_cuts=True) for name, act in self._acts.items()}
        events = self._close_orphans(record.at_ns)
        asks: list[Ask] = []
        for zone in self._zones:
            before = zone.counts
            step = zone.step(record)
            if before is not None and zone.counts is not None:
                self._hours = noted(self._hours, record.at_ns, before=before, after=zone.counts)
            for ask in step.asks:
                if isinstance(ask, HoldEvidence | DropEvidence):
                    self._ask(ask, zone, frame)
                else:
                    asks.append(ask)
            events += [self._tell(finding, zone, record.at_ns, frame) for finding in step.findings]
        events += self._settle_clips(record)
        events += self._show_close_views(record.at_ns)
        self._saved = self._save()
        return JudgeStep(events=tuple(events), asks=tuple(asks), state=self._saved)

    def keep_close_view(self, event_id: str, frame: Frame) -> bool:
        """A tower's optical close view of an act goes into its next revision; False: the act is over."""
        act = self._acts.get(event_id)
        if act is None or not act.is_open:
            return False
        height, width = frame.image_bgr.shape[:2]
        whole = (0.0, 0.0, float(width), float(height))
        self._maker.hold(HoldEvidence(event_id=event_id, role="close_up", at_ns=frame.at_ns, bbox_xyxy_px=whole), frame)
        return True

    def _ask(self, ask: HoldEvidence | DropEvidence, zone: JudgedZone, frame: Frame | None) -> None:
        if isinstance(ask, HoldEvidence):
            self._held[ask.event_id] = zone.on_tape.zone
            self._maker.hold(ask, frame)
        else:
            self._held.pop(ask.event_id, None)
            self._maker.drop(ask.event_id)

    def _show(self, looked: PlateLooked, cuts: Cuts) -> None:
        """Close-ups are kept for an act that is still waited for or open; later ones would lie there for ever."""
        act = self._acts.get(looked.event_id)
        if act is not None and act.is_open and looked.close_ups:
            self._acts[looked.event_id] = structs.replace(act, has_new_cuts=True)
        if looked.event_id in self._held or (act is not None and act.is_open):
            self._maker.show(looked, cuts)

    def _tell(self, finding: Finding, zone: JudgedZone, at_ns: int, frame: Frame | None) -> Event:
        self._held.pop(finding.event_id, None)
        act = self._acts.get(finding.event_id) or Act(zone=zone.on_tape.zone, revision=0)
        told = self._bare_event(finding, zone, revision=act.revision + 1)
        order = replace(self._order(told, act, bbox=finding.bbox_xyxy_px, at_ns=at_ns), frame=frame)
        has_more_to_show = finding.phase != "updated" or act.has_new_cuts
        event, act = self._proved(told, act, order, is_due=has_more_to_show)
        due_ns = act.owed.due_ns if act.owed else None
        if event.revision == 1:
            due_ns = at_ns + round(self._start.post_roll_s * NS)
        owed = None if due_ns is None else Owed(due_ns=due_ns, event=told, bbox_xyxy_px=finding.bbox_xyxy_px)
        self._remember(event.event_id, structs.replace(act, owed=owed, told=told, is_open=finding.phase != "closed"))
        return event

    def _close_orphans(self, at_ns: int) -> list[Event]:
        """The last word on acts whose zone is not judged as it was: what stands there is judged anew."""
        events: list[Event] = []
        for act in self._orphans.values():
            if act.told is None:
                continue
            reason = "the zone was redrawn, got another rule or is gone: the act ends here, who stays is judged anew"
            redrawn = CounterEvidence(kind=ZONE_CHANGED, effect="flagged", reason=reason, at=utc_from_ns(at_ns))
            spoke = (*act.told.counter_evidence, redrawn)
            closed = structs.replace(act.told, revision=act.revision + 1, phase="closed", counter_evidence=spoke)
            if act.evidence is None:
                closed = unproved(closed, shown_revision=None, at_ns=at_ns)
            events.append(structs.replace(closed, evidence=act.evidence))
        self._orphans = {}
        return events

    def _settle_clips(self, record: Seen) -> list[Event]:
        """The revisions whose post-roll is over; a lost stream ends the waiting: nothing more will come of it."""
        events: list[Event] = []
        for act in tuple(self._acts.values()):
            owed = act.owed
            if owed is None or (record.at_ns < owed.due_ns and not isinstance(record, StreamLost)):
                continue
            phase = owed.event.phase if owed.event.phase == "closed" else "updated"
            event = structs.replace(owed.event, revision=act.revision + 1, phase=phase)
            order = self._order(event, act, bbox=owed.bbox_xyxy_px, at_ns=record.at_ns)
            event, settled = self._proved(event, act, replace(order, settle_clips=True), is_due=True)
            self._remember(event.event_id, structs.replace(settled, owed=None))
            events.append(event)
        return events

    def _show_close_views(self, at_ns: int) -> list[Event]:
        """A revision of its own for what came after the clips were settled: people look at the fire now."""
        events: list[Event] = []
        for event_id, act in tuple(self._acts.items()):
            if not act.is_open or act.owed is not None or act.told is None:
                continue
            if at_ns < self._close_views_from.get(event_id, at_ns):
                continue
            if not self._maker.owes_close_view(event_id, act.revision + 1):
                continue
            event = structs.replace(act.told, revision=act.revision + 1, phase="updated")
            evidence = self._maker.make(self._order(event, act, bbox=None, at_ns=at_ns))
            if evidence is None:
                self._close_views_from[event_id] = at_ns + CLOSE_VIEW_AGAIN_NS
                continue  # it lies there for a later revision, at the latest the one that closes the act
            shown = structs.replace(act, revision=event.revision, evidence=evidence, evidence_revision=event.revision)
            self._remember(event_id, structs.replace(shown, told=event))
            events.append(structs.replace(event, evidence=evidence))
        return events

    def _remember(self, event_id: str, act: Act) -> None:
        if act.is_open or act.owed is not None:
            self._acts[event_id] = act
        else:
            self._acts.pop(event_id, None)
            self._close_views_from.pop(event_id, None)

    def _proved(self, event: Event, act: Act, order: Order, *, is_due: bool) -> tuple[Event, Act]:
        """The event with its evidence, and the act as of this revision; where none is due with that of before.

        Where it cannot be made the event goes out with that of before, says so and is graded by what there is.
        """
        act = structs.replace(act, revision=event.revision)
        evidence = self._maker.make(order) if is_due else None
        if evidence is not None:
            act = structs.replace(act, evidence=evidence, evidence_revision=event.revision, has_new_cuts=False)
        elif is_due or act.evidence is None:
            event = unproved(event, shown_revision=act.evidence_revision, at_ns=order.at_ns)
        return structs.replace(event, evidence=act.evidence), act

    def _order(self, event: Event, act: Act, *, bbox: BboxPx | None, at_ns: int) -> Order:
        return Order(
            event_id=event.event_id,
            revision=event.revision,
            phase=event.phase,
            previous=act.evidence,
            previous_revision=act.evidence_revision,
            zone=next(zone.on_tape for zone in self._zones if zone.on_tape.zone == event.zone),
            onset_ns=ns_from_utc(event.onset),
            last_seen_ns=ns_from_utc(event.last_seen),
            at_ns=at_ns,
            bbox_xyxy_px=bbox,
            frame_px=event.where.frame_px,
            clock=event.clock,
            provenance=event.provenance,
            facts=event.facts,
        )

    def _bare_event(self, finding: Finding, zone: JudgedZone, *, revision: int) -> Event:
        at = self._start.position
        return Event(
            event_id=finding.event_id,
            revision=revision,
            matter=zone.on_tape.matter,
            phase=finding.phase,
            town=self._start.town,
            gateway=self._start.gateway,
            device=self._start.device,
            zone=zone.on_tape.zone,
            onset=utc_from_ns(finding.onset_ns),
            last_seen=utc_from_ns(finding.last_seen_ns),
            clock=self._clock or Clock(source="none"),
            where=Where(
                polygon_px=() if finding.bbox_xyxy_px is None else corners(finding.bbox_xyxy_px),
                frame_px=finding.frame_px,
                position=None if at is None else Position(lat=at[0], lon=at[1], error_m=at[2]),
            ),
            # Through JSON, so that an event is the same value here and after its travel.
            facts=msgspec.json.decode(msgspec.json.encode(finding.facts)),
            grade=finding.grade,
            counter_evidence=finding.counter_evidence,
            provenance=structs.replace(self._start.provenance, rule=zone.rule.RULE_VERSION),
        )

    def _save(self) -> bytes:
        return msgspec.json.encode(
            JudgeState(
                zones={zone.on_tape.zone: zone.memory() for zone in self._zones},
                acts={**self._acts, **self._orphans},
                held=self._held,
                clock=self._clock,
                last_at_ns=self.last_at_ns,
                hours=self._hours,
            )
        )
