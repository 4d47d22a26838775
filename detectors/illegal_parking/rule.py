"""The fold: look by look, places fill, stand, become overdue and empty again (states of the parking reference, 2.1)."""

from __future__ import annotations

from bisect import bisect
from collections.abc import Sequence

import msgspec

from contract.observations import Observation, PlateLooked, Seen, StreamLost
from contract.times import NS
from detectors.fold import Ask, DropEvidence, Finding, FullDecode, HoldEvidence, Step, Zone
from detectors.illegal_parking import counter, parting, queueing, reading, upkeep
from detectors.illegal_parking.asking import ask_for_plates, take_answer
from detectors.illegal_parking.config import Config
from detectors.illegal_parking.hours import not_in_force
from detectors.illegal_parking.identity import by_plate, is_another, is_settled
from detectors.illegal_parking.looks import Look
from detectors.illegal_parking.place import Place, State, blinded, later_than, seen_last
from detectors.illegal_parking.sight import doubt, shake_after
from detectors.illegal_parking.telling import tell

RULE_VERSION = "illegal_parking/4"
LOOK_AT_LEAST_EVERY_S = 6.0  # half the gap, so that one look may fail
MAX_PLACES = 200
SETTLING_NS = 4 * NS  # a box that never settles is let stand so much later
TRIMMED_NS = 4 * NS


def initial_state() -> State:
    """Nothing seen yet."""
    return State()


def step(state: State, seen: Seen, zone: Zone, config: Config) -> Step[State]:
    """One look: match vehicles to places, run every timer, tell what became overdue or left.

    A look that is not later than the one before changes nothing.
    """
    if isinstance(seen, StreamLost):
        return Step(state=blinded(state, seen.at_ns))
    if isinstance(seen, PlateLooked):
        answered = take_answer(state, seen, config)
        return Step(state=msgspec.structs.replace(answered, places=tuple(map(by_plate, answered.places))))
    if not isinstance(seen, Observation):
        return Step(state=state)
    if state.last_at_ns is not None and seen.at_ns <= state.last_at_ns:
        return Step(state=state)
    turn = _Turn(state, seen, zone, config)
    doubted = doubt(state, seen, config)
    if doubted is not None:
        after = turn.blind(blinded(doubted.known, doubted.from_ns, doubted.lost_as), doubted.from_ns)
    elif (pause := not_in_force(config, seen.at_ns)) is not None:
        after = turn.out_of_force(*pause)
    else:
        after = turn.judge(Look(state, seen, zone, config))
    after = msgspec.structs.replace(after, shake=shake_after(state, seen))
    after, maintenance = upkeep.kept(after, seen, config)
    return Step(state=after, findings=tuple(turn.findings), asks=tuple(turn.asks), maintenance=maintenance)


class _Turn:
    """One look being judged: gathers what is told and asked on the way."""

    def __init__(self, state: State, seen: Observation, zone: Zone, config: Config) -> None:
        self.state, self.seen, self.zone, self.config = state, seen, zone, config
        self.findings: list[Finding] = []
        self.asks: list[Ask] = []
        self.departed = state.departed
        self.counts = state.counts

    def blind(self, after: State, from_ns: int) -> State:
        """Nobody took this picture: whoever came after `from_ns` came on a picture that nobody took."""
        for place in self.state.places:
            if place.since_ns > from_ns:
                self._leave(place)
        return msgspec.structs.replace(after, departed=self.departed, counts=self.counts)

    def out_of_force(self, kind: str, reason: str) -> State:
        """The zone holds nobody now: acts end here, and who stays begins anew when it is in force again."""
        for place in self.state.places:
            self._leave(counter.noted(place, kind, "released", reason, self.seen.at_ns))
        scene = None if self.seen.picture is None else self.seen.picture.scene
        return State(
            last_at_ns=self.seen.at_ns,
            scene=scene or self.state.scene,
            upkeep=self.state.upkeep,
            crowded_out=self.state.crowded_out,
            counts=self.counts,
        )

    def judge(self, look: Look) -> State:
        """Every place moved on by this look, in order; then the newcomers."""
        state, seen, config = self.state, self.seen, self.config
        for place in look.forgotten:
            self._leave(place)
        lane_px = look.lane_px
        bystanders = queueing.bystanders_after(state, look.others, lane_px, seen.at_ns) if lane_px else ()
        standing = queueing.Standing(bystanders)
        places: list[Place] = []
        crowded: list[Place] = []
        for p, (place, found) in enumerate(look.matches()):
            kept = look.moved_on(place, found) if found is not None else look.missed(p, place)
            if kept is not None and found is not None and is_another(kept):
                self._leave(_until(kept, kept.strange_since_ns - 1))
                kept = look.after_another(kept, found)
            if kept is None:
                self._leave(place)
                continue
            if kept.shared_box:
                reason = "seen in one box with its neighbour"
                kept = counter.noted(kept, "two_in_one_box", "flagged", reason, seen.at_ns)
            if found is not None and kept.phase == "standing" and (lane_px or config.loading_limit_s):
                hold = counter.clock_hold(kept, standing, seen, config)
                kept = counter.with_clock_hold(kept, hold, seen.at_ns)
            places.append(kept)
            if found is not None and p in look.matching.crowded:
                crowded.append(kept)
        places = self._apart(places, crowded)
        came_ns = counter.came_ns(places)
        places = [self._advance(p, came_ns, look) if p.last_seen_ns == seen.at_ns else p for p in places]
        places += look.newcomers()
        remembered, reads = ask_for_plates(places[:MAX_PLACES], seen, config)
        self.asks += reads
        return State(
            places=remembered,
            crowded_out=state.crowded_out + max(0, len(places) - MAX_PLACES),
            frame_px=seen.frame_px,
            vehicles=tuple(look.matching.boxes),
            looked_px=seen.looked_px,
            last_at_ns=seen.at_ns,
            scene=state.scene if seen.picture is None else seen.picture.scene or state.scene,
            bystanders=bystanders,
            departed=self.departed,
            upkeep=state.upkeep,
            counts=self.counts,
        )

    def _advance(self, place: Place, came_ns: Sequence[int], look: Look) -> Place:
        """A place whose vehicle was just seen: begin to stand, become overdue, or be told again."""
        seen, config = self.seen, self.config
        if place.phase == "arriving":
            return self._settle(place, look)
        if place.phase == "standing" and place.dwell_ns >= round(config.grace_s * NS) and not place.strange:
            return self._open(place, came_ns)
        if place.phase != "overdue":
            return place
        excuse = reading.excuse(place.plate)
        if excuse is not None:
            place = counter.noted(place, excuse, "released", counter.REASONS[excuse], seen.at_ns)
            self.findings.append(tell(place, seen, self.zone, config, phase="closed"))
            return self._excused(place, excuse)
        is_old = seen.at_ns - place.told_ns >= round(config.update_every_s * NS)
        if is_old or reading.is_news(place.plate):
            place = counter.came_back(place, self.departed, seen.at_ns)
            place = msgspec.structs.replace(place, told_ns=seen.at_ns, plate=reading.told(place.plate))
            self.findings.append(tell(place, seen, self.zone, config, phase="updated"))
        return place

    def _apart(self, places: list[Place], crowded: Sequence[Place]) -> list[Place]:
        """A place that held two in one box becomes the newcomer's: told once, from when the box came."""
        at_ns = self.seen.at_ns
        for both, newcomer in parting.parted(crowded, places, at_ns):
            if sum(place is both or place is newcomer for place in places) < 2:
                continue
            if newcomer.phase == "standing":
                self.asks.append(DropEvidence(event_id=newcomer.event_id))
            own = parting.told_apart(both, newcomer)
            own = counter.noted(own, "two_in_one_box", "flagged", parting.REASON, at_ns)
            places = [own if place is both else place for place in places if place is not newcomer]
        return places

    def _settle(self, place: Place, look: Look) -> Place:
        """From arriving to standing: the stay begins with the first box of those that lie where the vehicle stands."""
        if place.dwell_ns < round(self.config.still_s * NS):
            return place
        first = len(place.boxes)
        while first > 0 and is_settled(place.boxes[first - 1], place.box):
            first -= 1
        since_ns = place.times_ns[first] if first < len(place.times_ns) else place.since_ns
        late_ns = round(self.config.still_s * NS)
        if self.seen.at_ns - since_ns < late_ns:
            if place.dwell_ns < late_ns + SETTLING_NS:
                return place
            since_ns = place.since_ns
        place = msgspec.structs.replace(place, phase="standing", in_lane=look.is_in_lane(place))
        if since_ns > place.since_ns:
            place = _since(place, since_ns, look)
        place = counter.came_back(place, self.departed, self.seen.at_ns)
        self.asks += _hold_beginning(place, self.seen)
        return place

    def _open(self, place: Place, came_ns: Sequence[int]) -> Place:
        seen, config = self.seen, self.config
        hold = counter.telling_hold(place, came_ns, seen, config)
        if hold is not None:
            place = counter.with_telling_hold(place, hold, seen.at_ns)
            if hold[0] != reading.excuse(place.plate):
                return place
            self.asks.append(DropEvidence(event_id=place.event_id))
            return self._excused(place, hold[0])
        if place.total_ns("hidden") * 2 > place.dwell_ns:
            return place
        place = counter.with_telling_released(place, seen.at_ns)
        plate = reading.told(place.plate)
        place = msgspec.structs.replace(place, phase="overdue", due_ns=seen.at_ns, told_ns=seen.at_ns, plate=plate)
        self.findings.append(tell(place, seen, self.zone, config, phase="opened"))
        return place

    def _excused(self, place: Place, code: str) -> Place:
        """A vehicle that may stand here: counted by why, and nobody is told which one it was."""
        self.counts = {**self.counts, code: self.counts.get(code, 0) + 1}
        return msgspec.structs.replace(place, phase="excused")

    def _leave(self, place: Place) -> None:
        """What follows from an emptied place: an overdue act closes, one that was held for evidence is dropped."""
        if place.phase == "arriving":
            return
        if place.strange:  # who was seen there of late was another: what it was nobody waited to see
            place = _until(place, place.strange_since_ns - 1)
        if place.phase == "overdue":
            place = _until_settled(place)
            place = counter.left_together(place, self.departed, self.state.places, self.seen.at_ns)
            self.findings.append(tell(place, self.seen, self.zone, self.config, phase="closed"))
        elif place.phase == "standing":
            self.asks.append(DropEvidence(event_id=place.event_id))
        self.departed = counter.with_departed(self.departed, place)


def _since(place: Place, since_ns: int, look: Look) -> Place:
    """The stay begins later than its first box: what came before was the way there."""
    first = place.times_ns.index(since_ns)
    later = msgspec.structs.replace(
        place,
        event_id=look.event_id(since_ns, place.boxes[first]),
        anchor=place.box,
        since_ns=since_ns,
        before_ns=place.times_ns[first - 1] if first else place.before_ns,
        spans=later_than(place.spans, since_ns),
    )
    return seen_last(later, later.last_seen_ns)


def _until(place: Place, until_ns: int) -> Place:
    """The stay ended earlier than was thought: another vehicle was seen there from then on."""
    last_ns = max((at for at in place.times_ns if at <= until_ns), default=place.since_ns)
    return seen_last(place, max(last_ns, place.due_ns or place.since_ns))


def _until_settled(place: Place) -> Place:
    """The last boxes of a vehicle that drives off lie no more where it stood: it stood until the one before."""
    from_ns, until = place.last_seen_ns - TRIMMED_NS, bisect(place.times_ns, place.last_seen_ns)
    last = until
    while last > 1 and place.times_ns[last - 2] >= from_ns and not _stands(place, last - 1):
        last -= 1
    if last == until or not _stands(place, last - 1):
        return place
    last_ns = place.times_ns[last - 1]
    return place if last_ns < (place.due_ns or 0) else seen_last(place, last_ns)


def _stands(place: Place, n: int) -> bool:
    """Whether a box lies where the vehicle stood, or where it lay a look before: a lamp was turned on, no more."""
    return is_settled(place.boxes[n], place.box) or (n > 0 and is_settled(place.boxes[n], place.boxes[n - 1]))


def _hold_beginning(place: Place, seen: Observation) -> Sequence[Ask]:
    box = place.box
    holds: list[Ask] = []
    if place.before_ns is not None:
        holds.append(HoldEvidence(event_id=place.event_id, role="arrival", at_ns=place.before_ns, bbox_xyxy_px=box))
    holds.append(HoldEvidence(event_id=place.event_id, role="first_still", at_ns=place.since_ns, bbox_xyxy_px=box))
    return (*holds, FullDecode(until_ns=seen.at_ns + 3 * NS))
