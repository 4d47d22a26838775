"""Told acts beside the truth, one to one: found, missed, false; how well the standing time was kept."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass, field

from contract.geometry import BboxPx
from contract.observations import Observation, Seen
from contract.times import NS
from detectors.geometry import iou
from tests.bench.compose.judging import Scene, Told
from tests.bench.compose.truth import SceneTruth, SecondBox, Standing

SAME_IOU = 0.3
FOUND_IOU = 0.5
WHOLE = 0.7  # a vehicle of which so much is visible should be found by the detector
LARGE_ENOUGH_PX = 24  # parking reference 2.5: below, no evidence


@dataclass(frozen=True, slots=True)
class Pair:
    """A stay and the act that tells of it."""

    standing: Standing
    told: Told

    @property
    def dwell_error_s(self) -> float:
        """Told dwell less the true one, up to the last sight for an act that is still open."""
        facts_s = float(self.told.event.facts["dwell_s"])
        if not self.told.is_open:
            return facts_s - self.standing.dwell_s
        until_s = min(self.standing.to_s, self.told.last_s)
        blind_s = sum(max(0.0, min(b, until_s) - a) for a, b in self.standing.unwatched)
        return facts_s - (until_s - self.standing.from_s - blind_s)


@dataclass(frozen=True, slots=True)
class Score:
    """One scene judged. Seconds are whole seconds of standing time that could be seen."""

    truth: SceneTruth
    pairs: tuple[Pair, ...]
    missed: tuple[Standing, ...]
    false: tuple[Told, ...]
    standing_s: int
    kept_s: int
    boxes: int = 0
    found_boxes: int = 0
    hidden: int = 0
    hidden_told: int = 0
    by_cut: dict[str, tuple[int, int]] = field(default_factory=dict)
    plates: tuple[str, ...] = ()

    @property
    def has_failed(self) -> bool:
        """Whether anything of it is worth a picture."""
        return bool(self.missed or self.false or any(abs(pair.dwell_error_s) > 2 for pair in self.pairs))


def score(scene: Scene, told: Sequence[Told], seen: Iterable[Seen]) -> Score:
    """Acts and stays matched by place and time, the longest common time first."""
    truth = scene.truth
    expected = [standing for standing in truth.standings if standing.expected and not standing.mostly_hidden]
    hidden = [standing for standing in truth.standings if standing.expected and standing.mostly_hidden]
    candidates = sorted(
        ((_shared_s(standing, act, truth), s, a) for s, standing in enumerate(expected) for a, act in enumerate(told)),
        reverse=True,
    )
    stays: dict[int, int] = {}
    for shared_s, s, a in candidates:
        if shared_s > 0 and s not in stays and a not in stays.values():
            stays[s] = a
    pairs = tuple(Pair(expected[s], told[a]) for s, a in sorted(stays.items()))
    standing_s, kept_s = 0, 0
    for s, standing in enumerate(expected):
        seconds = _seconds(standing)
        standing_s += len(seconds)
        if s in stays:
            act = told[stays[s]]
            until_s = truth.seconds if act.is_open else act.last_s
            kept_s += sum(act.from_s <= second <= until_s for second in seconds)
    spare = [act for a, act in enumerate(told) if a not in stays.values()]
    of_hidden = [act for act in spare if any(_shared_s(standing, act, truth) > 0 for standing in hidden)]
    by_cut = _found_by_cut(truth, seen, scene.start_ns)
    return Score(
        truth=truth,
        pairs=pairs,
        missed=tuple(standing for s, standing in enumerate(expected) if s not in stays),
        false=tuple(act for act in spare if act not in of_hidden),
        standing_s=standing_s,
        kept_s=kept_s,
        boxes=sum(total for total, _ in by_cut.values()),
        found_boxes=sum(found for _, found in by_cut.values()),
        hidden=len(hidden),
        hidden_told=len(of_hidden),
        by_cut=by_cut,
        plates=tuple(_plates(pairs, truth)),
    )


def _plates(pairs: Iterable[Pair], truth: SceneTruth) -> Iterator[str]:
    """Of each told vehicle with a plate: right, wrong or abstained; any text on one without a plate is wrong."""
    plates = {vehicle.id: vehicle.plate for vehicle in truth.vehicles}
    for pair in pairs:
        told, true = pair.told.event.facts.get("plate"), plates[pair.standing.vehicle]
        if told is not None:
            yield "right" if told == true else "wrong"
        elif true is not None:
            yield "abstained"


def place_of(told: Told) -> BboxPx:
    """The box of an act."""
    points = told.event.where.polygon_px
    xs, ys = [x for x, _ in points], [y for _, y in points]
    return (min(xs), min(ys), max(xs), max(ys))


def _shared_s(standing: Standing, act: Told, truth: SceneTruth) -> float:
    until_s = truth.seconds if act.is_open else act.last_s
    shared_s = min(standing.to_s, until_s) - max(standing.from_s, act.from_s)
    if act.event.zone != standing.zone or shared_s <= 0:
        return 0.0
    vehicle = next(vehicle for vehicle in truth.vehicles if vehicle.id == standing.vehicle)
    during = [box for box in vehicle.boxes if standing.from_s <= box.at_s <= standing.to_s]
    return shared_s if any(iou(_box(box), place_of(act)) >= SAME_IOU for box in during) else 0.0


def _seconds(standing: Standing) -> list[int]:
    whole = range(int(standing.from_s) + 1, int(standing.to_s) + 1)
    return [second for second in whole if not any(a <= second < b for a, b in standing.unwatched)]


def _box(box: SecondBox) -> BboxPx:
    return (box.left, box.top, box.right, box.bottom)


def _found_by_cut(truth: SceneTruth, seen: Iterable[Seen], start_ns: int) -> dict[str, tuple[int, int]]:
    """Of the boxes of standing vehicles that are large and visible: how many there are, how many were found."""
    looks = {record.at_ns: record for record in seen if isinstance(record, Observation)}
    stays = {standing.vehicle: (standing.from_s, standing.to_s) for standing in truth.standings}
    counted: dict[str, tuple[int, int]] = {}
    for vehicle in truth.vehicles:
        from_s, to_s = stays.get(vehicle.id, (0.0, -1.0))
        for box in vehicle.boxes:
            look = looks.get(start_ns + round(box.at_s * NS))
            small = box.bottom - box.top < LARGE_ENOUGH_PX
            if look is None or small or not from_s <= box.at_s <= to_s or box.visible < WHOLE:
                continue
            total, found = counted.get(vehicle.cut, (0, 0))
            hit = any(iou(one.bbox_xyxy_px, _box(box)) >= FOUND_IOU for one in look.detections)
            counted[vehicle.cut] = (total + 1, found + hit)
    return counted
