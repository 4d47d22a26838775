"""Which acts are one fire; pure. Straw reference, section 6: time gap and Mahalanobis distance of the places."""

from __future__ import annotations

from collections.abc import Collection, Sequence
from dataclasses import dataclass, replace
from math import hypot, radians, tan

from contract.geometry import Sight
from contract.times import NS
from ground.fix import CHI2_99, Fix, Joint, distance2, fix_of_many, fused
from ground.fix import Sight as Bearing
from ground.local import Spot, curve_drop_m, metres_from, spot_at

GAP_ONE_TOWER_NS = 600 * NS
GAP_TOWERS_NS = 1800 * NS
REACH_M = 10_000.0  # no smoke of a field is seen from farther away
LEAST_SD_DEG = 0.1
LEAST_SD_M = 5.0  # two fixes of a few metres would never join: smoke has a width, and a calibration its age


@dataclass(frozen=True, slots=True, kw_only=True)
class SeenFire:
    """An act as joining needs it; `tower` is gateway and device, `at` where it stands, None: it never said.

    `is_waiting`: an alert nobody has taken.
    """

    event_id: str
    tower: tuple[str, str]
    onset_ns: int
    last_seen_ns: int
    sight: Sight
    is_waiting: bool
    at: Spot | None = None


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
    if one.tower == other.tower or _gap_ns(one, other) > GAP_TOWERS_NS:
        return False
    origin = _origin([one, other])
    here, there = _fix(one.sight, origin), _fix(other.sight, origin)
    if here is None or there is None:
        return _crossed([one, other]) is not None
    return distance2(here, there) < CHI2_99[2]


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
        return _fit_by_bearings(head, second, gap_ns)
    theirs = fused(known)
    chi2 = distance2(theirs, mine)
    if chi2 >= CHI2_99[2]:
        return []
    apart_m = hypot(mine.east_m - theirs.east_m, mine.north_m - theirs.north_m)
    return [Found(second.event_id, first.event_id, apart_m, chi2, gap_ns)]


def _fit_by_bearings(head: tuple[SeenFire, ...], second: SeenFire, gap_ns: int) -> list[Found]:
    """Where one of the two knows a direction only: another tower's bearing through the place that is known."""
    group = (*head, second)
    joint = None if any(act.tower == second.tower for act in head) else _crossed(group)
    origin = _origin(group)
    if joint is None or origin is None:
        return []
    placed = fused(_fixes(group, origin))
    apart_m = hypot(placed.east_m - joint.fix.east_m, placed.north_m - joint.fix.north_m)
    return [Found(second.event_id, head[0].event_id, apart_m, joint.chi2, gap_ns)]


def _crossed(group: Sequence[SeenFire]) -> Joint | None:
    """All bearings of a group as one place, if they agree at 99 %; None where none of them knows a place by itself.

    Two bearings alone always cross somewhere: that they do says nothing.
    """
    origin = _origin(group)
    bearings = [] if origin is None else [_bearing(act, origin) for act in group]
    told = [one for one in bearings if one is not None]
    if len(told) < len(group) or not told:
        return None
    joint = fix_of_many(told)
    if joint is None or joint.freedom < 1 or not joint.agrees:
        return None
    far_m = max(hypot(joint.fix.east_m - one.east_m, joint.fix.north_m - one.north_m) for one in told)
    return joint if far_m <= REACH_M else None


def _bearing(act: SeenFire, origin: Spot) -> Bearing | None:
    """The act's direction; its elevation counts where it met ground, which then says how high the camera hangs."""
    sight, at = act.sight, act.at
    if at is None or sight.azimuth_sd_deg is None:
        return None
    east_m, north_m, _ = metres_from(origin, Spot(lat=at.lat, lon=at.lon))
    azimuth = Bearing(float(east_m), float(north_m), 0.0, sight.azimuth_deg, max(LEAST_SD_DEG, sight.azimuth_sd_deg))
    place = _fix(sight, origin)
    if place is None or sight.elevation_sd_deg is None:
        return azimuth
    range_m = hypot(place.east_m - azimuth.east_m, place.north_m - azimuth.north_m)
    high_m = range_m * tan(radians(-sight.elevation_deg)) - curve_drop_m(range_m)
    return replace(azimuth, up_m=high_m, elevation_deg=sight.elevation_deg, elevation_sd_deg=sight.elevation_sd_deg)


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
    joint = _crossed(group) if len(known) < len(group) else None
    fix = fused(known) if joint is None else joint.fix
    spot = spot_at(origin, fix.east_m, fix.north_m)
    (ee, en), (_, nn) = fix.cov_m2
    towers = {act.tower for act in group if joint is not None or act.sight.cov_m2 is not None}
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
