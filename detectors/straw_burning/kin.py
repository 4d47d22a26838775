"""Whether two smokes are one: by their places, their bearings, and the way the wind tears smoke from its foot.

The lowest part of smoke that can be seen is not always its foot: torn smoke, and smoke that comes in from beside the
picture, stands too high and so too far away, downwind of its fire. What stands lower than a fire and downwind of it is
torn from nothing: it is another fire.
"""

from __future__ import annotations

from collections.abc import Sequence
from math import atan2, cos, degrees, hypot, pi, radians
from statistics import median

from contract.geometry import Sight
from detectors.geometry import iou
from detectors.straw_burning.looks import Candidate
from detectors.straw_burning.memory import Box, Fire, Glimpse, Point, Track, seconds
from detectors.straw_burning.shapes import around, grown, meets, overlap

NEAR_SHARE = 0.03
RECENT_LOOKS = 5
OTHER_FOOT = 0.05  # of the picture's width
LOWER = 0.01  # of the picture's height
ALIKE = 0.3  # IoU of two veils
TOGETHER_S = 180.0  # smoke and its foot are seen within some visits
STILL_AIR = 0.0003  # widths a second
JOINED_D2 = 9.21  # chi-square, 2 degrees, 99 %
BEARING_DEG = 1.0  # the foot of smoke is no narrower; 300 m are 3.4 degrees at 5 km
SHARP_M = 500.0  # standard deviation along the line of sight
LOWER_DEG = 0.3  # more than the foot of far smoke flutters
TORN_DEG = 3.0  # 260 m at 5 km
EDGE = 0.04  # of the picture's width
BESIDE_DEG = 8.0  # smoke of a fire further beside the picture would be a mile long
EARTH_M = 6_371_000.0
DEGREE_M = EARTH_M * pi / 180


def shows(fire: Fire, candidate: Candidate) -> bool:
    """Whether a candidate of the fire's preset is this fire: it touches where it was, and is no other by its place."""
    if overlap(grown(around([one.box for one in _recent(fire.track)]), NEAR_SHARE), candidate.box) <= 0:
        return False
    return not _stands_apart(fire, (candidate.glimpse,), candidate.plume.sight)


def joins(fire: Fire, track: Track) -> bool:
    """Whether a candidate whose looks confirmed it is a fire that was told already, of this preset or another one."""
    if fire.track.preset == track.preset:
        places = (around([one.veil or one.box for one in _recent(of)]) for of in (fire.track, track))
        is_near = meets(grown(next(places), NEAR_SHARE), next(places))
        return is_near and not _stands_apart(fire, _recent(track), track.sight, since_ns=track.onset_ns)
    if fire.state == "out":
        return False
    d2 = distance2(fire.track.sight, track.sight)
    is_near = d2 is not None and d2 < JOINED_D2
    if is_near and is_sharp(fire.track.sight) and is_sharp(track.sight):
        return True
    if d2 is not None and _are_two(fire.track, track, lower_deg=LOWER_DEG if is_near else 0.0):
        return False
    return is_near or _is_on_bearing(fire.track, track) or _blew_in(fire.track, track) or _blew_in(track, fire.track)


def told_by(track: Track, fires: Sequence[Fire]) -> Fire | None:
    """The fire, watched by another preset, that this one is known to show as well: nothing is left to ask."""
    others = (one for one in fires if one.track.preset != track.preset and track.preset in one.presets)
    return next((one for one in others if joins(one, track)), None)


def distance2(one: Sight | None, other: Sight | None) -> float | None:
    """Squared Mahalanobis distance of two places; None where one of them is not known."""
    if one is None or other is None or one.cov_m2 is None or other.cov_m2 is None:
        return None
    if one.lat is None or one.lon is None or other.lat is None or other.lon is None:
        return None
    east = (other.lon - one.lon) * DEGREE_M * cos(radians(one.lat))
    north = (other.lat - one.lat) * DEGREE_M
    ee, en, nn = (a + b for a, b in zip(one.cov_m2, other.cov_m2, strict=True))
    determinant = ee * nn - en * en
    if determinant <= 0:
        return None
    return (nn * east * east - 2 * en * east * north + ee * north * north) / determinant


def _stands_apart(fire: Fire, looks: Sequence[Glimpse], sight: Sight | None, *, since_ns: int | None = None) -> bool:
    """Whether smoke that touches a fire's, in the same preset and seen since then, has a foot of its own."""
    recent = _recent(fire.track)
    own, other = recent[-1].foot, _foot(looks)
    if fire.state == "out":
        # The last of its smoke hung far from where it stood; what burns up again begins at its foot.
        return abs(other[0] - _foot(_seen(fire.track))[0]) > OTHER_FOOT
    d2 = distance2(fire.track.sight, sight)
    veil = _veil(recent)
    # A place that is kilometres long lies on many another one.
    is_below = d2 is not None and d2 <= JOINED_D2 and veil[0] - OTHER_FOOT <= other[0] <= veil[2] + OTHER_FOOT
    if d2 is None or is_below or abs(other[0] - own[0]) <= OTHER_FOOT or iou(veil, _veil(looks)) >= ALIKE:
        return False
    drift = drift_of((*fire.track.glimpses, *looks))
    lower, upper = (own, other) if own[1] > other[1] else (other, own)
    is_downwind = (upper[0] - lower[0]) * drift > 0 and abs(drift) >= STILL_AIR
    # A foot that comes to light so late was not there before.
    later_s = seconds((looks[-1].at_ns if since_ns is None else since_ns) - fire.track.onset_ns)
    is_new = lower is other and later_s > TOGETHER_S
    return is_new or not is_downwind or lower[1] - upper[1] < LOWER


def is_sharp(sight: Sight | None) -> bool:
    """Whether a place is known well enough to be that of one fire: one that is a mile long lies on many another."""
    if sight is None or sight.cov_m2 is None:
        return False
    ee, en, nn = sight.cov_m2
    return (ee + nn) / 2 + hypot((ee - nn) / 2, en) <= SHARP_M * SHARP_M


def _are_two(fire: Track, track: Track, *, lower_deg: float) -> bool:
    """Whether two known places are two fires', though one stands behind the other.

    The higher one is torn from the lower one only if that one's smoke reaches so high; and a foot that comes to light
    minutes later and lower by that much was not there before.
    """
    lower, upper = (fire, track) if _elevation_deg(fire) <= _elevation_deg(track) else (track, fire)
    top = _top_deg(lower)
    is_lower = lower is track and _elevation_deg(upper) - _elevation_deg(lower) >= lower_deg
    is_new = is_lower and seconds(track.onset_ns - fire.onset_ns) > TOGETHER_S
    return is_new or (top is not None and _elevation_deg(upper) > top)


def _elevation_deg(track: Track) -> float:
    return 0.0 if track.sight is None else track.sight.elevation_deg


def _top_deg(track: Track) -> float | None:
    """How high its smoke reaches, above the horizontal; None: not measured."""
    heights = [one.height_m for one in _recent(track) if one.height_m is not None]
    if track.sight is None or not track.sight.range_m or not heights:
        return None
    return track.sight.elevation_deg + degrees(atan2(max(heights), track.sight.range_m))


def _is_on_bearing(one: Track, other: Track) -> bool:
    """Whether a tower sees both in one direction, or the higher one a little downwind of the lower one.

    How far away torn smoke is nobody can say.
    """
    turn = _turn_deg(one.sight, other.sight)
    if turn is None or one.sight is None or other.sight is None:
        return False
    drift = drift_of((*one.glimpses, *other.glimpses))
    downwind = turn * drift * (1 if other.sight.elevation_deg > one.sight.elevation_deg else -1)
    is_torn = downwind > 0 and abs(drift) >= STILL_AIR
    return abs(turn) <= (TORN_DEG if is_torn else BEARING_DEG)


def _blew_in(fire: Track, track: Track) -> bool:
    """Whether a track is smoke that comes in over the side of its picture behind which the fire stands."""
    turn = _turn_deg(track.sight, fire.sight)
    drift = drift_of((*fire.glimpses, *track.glimpses))
    if turn is None or abs(turn) > BESIDE_DEG or turn * drift >= 0 or abs(drift) < STILL_AIR:
        return False
    veil = _veil(_recent(track))
    return veil[2] >= 1 - EDGE if turn > 0 else veil[0] <= EDGE


def _turn_deg(from_: Sight | None, to: Sight | None) -> float | None:
    """How far to the right one looks further."""
    if from_ is None or to is None:
        return None
    return (to.azimuth_deg - from_.azimuth_deg + 180) % 360 - 180


def drift_of(looks: Sequence[Glimpse]) -> float:
    """Widths a second to the right, the median of the looks that show it; 0: none does."""
    flows = [one.flow[0] for one in looks if one.flow is not None]
    return median(flows) if flows else 0.0


def _recent(track: Track) -> list[Glimpse]:
    return _seen(track)[-RECENT_LOOKS:]


def _seen(track: Track) -> list[Glimpse]:
    return [one for one in track.glimpses if one.seen != "missed"]


def _foot(looks: Sequence[Glimpse]) -> Point:
    return median(one.foot[0] for one in looks), median(one.foot[1] for one in looks)


def _veil(looks: Sequence[Glimpse]) -> Box:
    left, top, right, bottom = (median(side) for side in zip(*(one.veil or one.box for one in looks), strict=True))
    return left, top, right, bottom
