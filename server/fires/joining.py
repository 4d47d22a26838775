"""Which acts are one fire; pure. Straw reference, section 6: time gap and Mahalanobis distance of the places."""

from __future__ import annotations

from collections.abc import Collection, Sequence
from dataclasses import dataclass, replace
from math import hypot

from contract.geometry import Sight
from contract.times import NS
from ground.fix import CHI2_99, Fix, distance2, fused
from ground.local import Spot, metres_from, spot_at

GAP_ONE_TOWER_NS = 600 * NS
GAP_TOWERS_NS = 1800 * NS
LEAST_SD_M = 5.0  # two fixes of a few metres would never join: smoke has a width, and a calibration its age


@dataclass(frozen=True, slots=True, kw_only=True)
class SeenFire:
    """An act as joining needs it; `tower` is gateway and device. `is_waiting`: an alert nobody has taken."""

    event_id: str
    tower: tuple[str, str]
    onset_ns: int
    last_seen_ns: int
    sight: Sight
    is_waiting: bool


@dataclass(frozen=True, slots=True)
class Found:
    """`younger` is the same fire as `head`; `ambiguous`: it fits another one too, so no place is told."""

    younger: str
    head: str
    distance_m: float
    chi2: float
    gap_ns: int
    ambiguous: bool = False


@dataclass(frozen=True, slots=True)
class JointPlace:
    """What all sights of one fire say together: WGS 84, covariance (ee, en, nn) in m², by so many towers."""

    lat: float
    lon: float
    cov_m2: tuple[float, float, float]
    axes_m: tuple[float, float, float]
    towers: int


def find_joins(heads: Sequence[tuple[SeenFire, ...]], *, never: Collection[tuple[str, str]] = ()) -> list[Found]:
    """Heads are groups of acts already joined, the first of each its head. The nearest pair joins first.

    A tower that saw two fires at one time saw two: no group may hold two acts of one tower whose times overlap.
    `never` holds pairs that a person split.
    """
    groups = {group[0].event_id: group for group in heads}
    found: list[Found] = []
    while True:
        fits = [
            fit
            for one in groups.values()
            for other in groups.values()
            if one[0].event_id != other[0].event_id
            for fit in _fit(one, other, never)
        ]
        if not fits:
            return found
        best = min(fits, key=lambda fit: (fit.chi2, fit.younger))
        younger = groups.pop(best.younger)
        # Two fires near each other, each seen by two towers: which bearing belongs to which cannot be told.
        others = (act for name, group in groups.items() if name != best.head for act in group)
        groups[best.head] = (*groups[best.head], *younger)
        found.append(replace(best, ambiguous=any(_alike(act, younger[0]) for act in others)))


def _alike(one: SeenFire, other: SeenFire) -> bool:
    """Whether two acts of different towers may be one fire by themselves."""
    origin = _origin([one])
    here, there = _fix(one.sight, origin), _fix(other.sight, origin)
    if one.tower == other.tower or here is None or there is None:
        return False
    return _gap_ns(one, other) <= GAP_TOWERS_NS and distance2(here, there) < CHI2_99[2]


def _saw_both(head: Sequence[SeenFire], younger: SeenFire) -> bool:
    return any(act.tower == younger.tower and _gap_ns(act, younger) == 0 for act in head)


def _fit(head: tuple[SeenFire, ...], younger: tuple[SeenFire, ...], never: Collection[tuple[str, str]]) -> list[Found]:
    """The fit of a single act to a group by time and place; empty: none."""
    first, second = head[0], younger[0]
    if len(younger) > 1 or not second.is_waiting or not _is_head(first, second):
        return []
    if any((act.event_id, second.event_id) in never or (second.event_id, act.event_id) in never for act in head):
        return []
    if _saw_both(head, second):
        return []
    gap_ns = min(_gap_ns(act, second) for act in head)
    if gap_ns > (GAP_ONE_TOWER_NS if all(act.tower == second.tower for act in head) else GAP_TOWERS_NS):
        return []
    origin = _origin(head)
    mine, known = _fix(second.sight, origin), _fixes(head, origin)
    if mine is None or not known:
        return []
    theirs = fused(known)
    chi2 = distance2(theirs, mine)
    if chi2 >= CHI2_99[2]:
        return []
    apart_m = hypot(mine.east_m - theirs.east_m, mine.north_m - theirs.north_m)
    return [Found(second.event_id, first.event_id, apart_m, chi2, gap_ns)]


def _is_head(first: SeenFire, second: SeenFire) -> bool:
    """Whom somebody works on stays; of two that wait, the older."""
    if first.is_waiting != second.is_waiting:
        return second.is_waiting
    return (first.onset_ns, first.event_id) < (second.onset_ns, second.event_id)


def _gap_ns(one: SeenFire, other: SeenFire) -> int:
    return max(0, one.onset_ns - other.last_seen_ns, other.onset_ns - one.last_seen_ns)


def joint_place(group: Sequence[SeenFire]) -> JointPlace | None:
    """The place of a fire; None where no tower knows one."""
    origin = _origin(group)
    known = _fixes(group, origin)
    if origin is None or not known:
        return None
    fix = fused(known)
    spot = spot_at(origin, fix.east_m, fix.north_m)
    (ee, en), (_, nn) = fix.cov_m2
    towers = {act.tower for act in group if act.sight.cov_m2 is not None}
    return JointPlace(spot.lat, spot.lon, (ee, en, nn), fix.axes_m(), len(towers))


def _origin(group: Sequence[SeenFire]) -> Spot | None:
    return next(
        (
            Spot(lat=act.sight.lat, lon=act.sight.lon)
            for act in group
            if act.sight.lat is not None and act.sight.lon is not None
        ),
        None,
    )


def _fixes(group: Sequence[SeenFire], origin: Spot | None) -> list[Fix]:
    return [fix for fix in (_fix(act.sight, origin) for act in group) if fix is not None]


def _fix(sight: Sight, origin: Spot | None) -> Fix | None:
    if origin is None or sight.lat is None or sight.lon is None or sight.cov_m2 is None:
        return None
    offset = metres_from(origin, Spot(lat=sight.lat, lon=sight.lon))
    ee, en, nn = sight.cov_m2
    least = LEAST_SD_M**2
    return Fix(east_m=float(offset[0]), north_m=float(offset[1]), cov_m2=((ee + least, en), (en, nn + least)))
