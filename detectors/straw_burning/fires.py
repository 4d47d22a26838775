"""Confirmed fires: one event each, growing, still or out; what is seen again near one belongs to it."""

from __future__ import annotations

from math import cos, pi, radians

import msgspec

from contract.geometry import Sight
from contract.matters.straw_burning import FireState
from contract.times import NS
from detectors.straw_burning.looks import Candidate, Look
from detectors.straw_burning.memory import SERIES_MOST, Fire, Glimpse, Preset, Track, seconds, with_flag, with_glimpse
from detectors.straw_burning.runs import SPACED_S
from detectors.straw_burning.shapes import around, grown, overlap, slope

NEAR_SHARE = 0.03
RECENT_LOOKS = 5
OTHER_FOOT = 0.05
JOINED_D2 = 9.21  # chi-square, 2 degrees, 99 %
EARTH_M = 6_371_000.0
DEGREE_M = EARTH_M * pi / 180
TREND_LOOKS = 8
TREND_SHARE = 0.2
OUT_VISITS = 3
VEIL_LEFT = 0.3  # of the usual area: measured without a call, that much veil is still smoke


def kindle(track: Track, look: Look) -> Fire:
    """A fire from a candidate whose looks confirmed it."""
    series = tuple((one.at_ns, one.area or 0.0, max(0.0, one.score)) for one in track.glimpses if one.seen != "missed")
    areas = [one.area for one in track.glimpses if one.area is not None]
    return Fire(
        track=msgspec.structs.replace(track, hold=None),
        confirmed_ns=look.at_ns,
        told_ns=look.at_ns,
        state="growing",
        presets=(track.preset,),
        largest=max(areas, default=None),
        is_night=look.is_night if look.seen.picture is not None else None,
        series=series[-SERIES_MOST:],
    )


def shows(fire: Fire, candidate: Candidate) -> bool:
    """Whether a candidate of the fire's preset is this fire: it touches where it was, and is no other by its place."""
    recent = [one for one in fire.track.glimpses if one.seen != "missed"][-RECENT_LOOKS:]
    if overlap(grown(around([one.box for one in recent]), NEAR_SHARE), candidate.box) <= 0:
        return False
    d2 = distance2(fire.track.sight, candidate.plume.sight)
    apart = abs(candidate.glimpse.foot[0] - recent[-1].foot[0]) > OTHER_FOOT
    return not (d2 is not None and d2 > JOINED_D2 and apart)


def joins(fire: Fire, track: Track) -> bool:
    """Whether a fire seen from another preset is this one, by its place on the ground."""
    d2 = distance2(fire.track.sight, track.sight)
    return d2 is not None and d2 < JOINED_D2


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


def seen_again(fire: Fire, candidate: Candidate, look: Look) -> Fire:
    """The fire with one more look at it; a veil that nothing called counts while it is large enough."""
    glimpse = candidate.glimpse
    if not glimpse.is_detected and (glimpse.area or 0.0) < VEIL_LEFT * (fire.largest or 1.0):
        return missed(fire, look)
    track = with_glimpse(fire.track, glimpse, candidate.plume.sight)
    series = fire.series
    if not series or seconds(look.at_ns - series[-1][0]) >= SPACED_S:
        series = (*series, (look.at_ns, glimpse.area or 0.0, max(0.0, glimpse.score)))
    if len(series) > SERIES_MOST:
        series = (series[0], *series[2:])
    grown_fire = msgspec.structs.replace(
        fire,
        track=track,
        out_visits=0,
        out_ns=None,
        series=series,
        largest=max(fire.largest or 0.0, glimpse.area or 0.0) or None,
    )
    return msgspec.structs.replace(grown_fire, state=_trend(grown_fire, rekindled=fire.state == "out"))


def missed(fire: Fire, look: Look) -> Fire:
    """The fire after a look at its preset that did not show it."""
    gone = Glimpse(at_ns=look.at_ns, seen="missed", box=fire.track.box)
    return msgspec.structs.replace(fire, track=with_glimpse(fire.track, gone))


def after_look(fire: Fire, preset: Preset, look: Look, *, is_new_visit: bool) -> Fire:
    """The fire with this visit counted: out after some visits and minutes without smoke, the view being clear."""
    if fire.track.missed == 0 or fire.state == "out":
        return fire
    fire = msgspec.structs.replace(fire, out_visits=fire.out_visits + is_new_visit)
    since_s = seconds(look.at_ns - fire.track.last_seen_ns)
    is_clear = preset.contrast is None or preset.contrast >= look.config.low_contrast
    if fire.out_visits < OUT_VISITS or since_s < look.config.out_after_s or not is_clear:
        return fire
    return msgspec.structs.replace(fire, state="out", out_ns=look.at_ns)


def is_over(fire: Fire, at_ns: int, reopen_s: float) -> bool:
    """Whether a fire that is out has waited long enough for smoke to come back."""
    return fire.out_ns is not None and at_ns - fire.out_ns >= round(reopen_s * NS)


def merged(fire: Fire, track: Track, at_ns: int) -> Fire:
    """The fire that another preset shows as well."""
    reason = f"preset {track.preset}: one place within the joint ellipse"
    return msgspec.structs.replace(
        fire,
        track=with_flag(fire.track, "merged", reason, at_ns),
        presets=tuple(sorted({*fire.presets, track.preset})),
    )


def _trend(fire: Fire, *, rekindled: bool) -> FireState:
    if rekindled:
        return "growing"
    last = [one for one in fire.series if one[1] > 0][-TREND_LOOKS:]
    if len(last) < 3:
        return fire.state if fire.state != "out" else "growing"
    times, areas = [seconds(at) for at, _, _ in last], sorted(area for _, area, _ in last)
    rate = slope(times, [area for _, area, _ in last])
    return "growing" if rate * (times[-1] - times[0]) >= TREND_SHARE * areas[len(areas) // 2] else "still"
