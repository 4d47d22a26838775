"""Confirmed fires: one event each, growing, still or out; what is seen again near one belongs to it."""

from __future__ import annotations

from collections.abc import Sequence

import msgspec

from contract.geometry import Sight
from contract.matters.straw_burning import FireState
from contract.times import NS
from detectors.straw_burning.kin import is_sharp, shows
from detectors.straw_burning.looks import Candidate, Look
from detectors.straw_burning.memory import SERIES_MOST, Fire, Glimpse, Preset, Track, seconds, with_flag, with_glimpse
from detectors.straw_burning.runs import SPACED_S
from detectors.straw_burning.shapes import slope

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


def standing(fire: Fire, look: Look) -> Fire:
    """A new fire where the lowest part of its smoke stands in this look: what was confirmed may hang over that."""
    parts = [one for one in look.candidates if one.glimpse.is_detected and shows(fire, one)]
    lowest = max(parts, key=_foot_y, default=None)
    last = fire.track.glimpses[-1]
    if lowest is None or _foot_y(lowest) <= last.foot[1]:
        return fire
    glimpses = (*fire.track.glimpses[:-1], _on_foot(last, lowest))
    track = msgspec.structs.replace(fire.track, glimpses=glimpses, sight=lowest.plume.sight or fire.track.sight)
    return msgspec.structs.replace(fire, track=track)


def _foot_y(one: Candidate) -> float:
    return one.glimpse.foot[1]


def _on_foot(glimpse: Glimpse, lowest: Candidate) -> Glimpse:
    """The look with the foot of the lowest part: place and base are those of one point."""
    return msgspec.structs.replace(glimpse, base=lowest.glimpse.foot)


def _place(now: Sight | None, before: Sight | None) -> Sight | None:
    """Where it stands now; smoke that hangs far from it takes no place away that was known well."""
    return now if is_sharp(now) or not is_sharp(before) else before


def seen_again(fire: Fire, candidates: Sequence[Candidate], look: Look) -> Fire:
    """The fire after one more look at its preset, with the parts of its smoke that it shows: the surest one counts.

    A veil that nothing called counts while it is large enough. The fire stands where its lowest part does.
    """
    best = max(candidates, key=lambda one: (one.glimpse.is_detected, one.glimpse.surety), default=None)
    if best is None:
        return missed(fire, look)
    glimpse = best.glimpse
    if not glimpse.is_detected and (glimpse.area or 0.0) < VEIL_LEFT * (fire.largest or 1.0):
        return missed(fire, look)
    seen = [one for one in candidates if one.glimpse.is_detected] or [best]
    lowest = max(seen, key=_foot_y)
    track = with_glimpse(fire.track, _on_foot(glimpse, lowest), _place(lowest.plume.sight, fire.track.sight))
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


def burns_on(fire: Fire) -> Fire:
    """The fire that another preset still shows: it is not out because its own does not."""
    return msgspec.structs.replace(fire, out_visits=0)


def is_over(fire: Fire, at_ns: int, reopen_s: float) -> bool:
    """Whether a fire that is out has waited long enough for smoke to come back."""
    return fire.out_ns is not None and at_ns - fire.out_ns >= round(reopen_s * NS)


def merged(fire: Fire, track: Track, at_ns: int) -> Fire:
    """The fire that a confirmed candidate shows as well: another preset's, or a part of its smoke in its own."""
    if fire.track.preset == track.preset:
        reason = "a part of its smoke: it touches it, and no place tells them apart"
        nearest = track.sight if _is_lower(track, fire.track) else fire.track.sight
        own = with_flag(with_glimpse(fire.track, track.glimpses[-1], nearest), "merged", reason, at_ns)
        state = "growing" if fire.state == "out" else fire.state
        return msgspec.structs.replace(fire, track=own, state=state, out_ns=None, out_visits=0)
    reason = f"preset {track.preset}: one place within the joint ellipse, or one bearing"
    return msgspec.structs.replace(
        burns_on(fire),
        track=with_flag(fire.track, "merged", reason, at_ns),
        presets=tuple(sorted({*fire.presets, track.preset})),
    )


def _is_lower(one: Track, other: Track) -> bool:
    """What stands lower is nearer to the foot of the smoke."""
    return one.glimpses[-1].foot[1] > other.glimpses[-1].foot[1]


def _trend(fire: Fire, *, rekindled: bool) -> FireState:
    if rekindled:
        return "growing"
    last = [one for one in fire.series if one[1] > 0][-TREND_LOOKS:]
    if len(last) < 3:
        return fire.state if fire.state != "out" else "growing"
    times, areas = [seconds(at) for at, _, _ in last], sorted(area for _, area, _ in last)
    rate = slope(times, [area for _, area, _ in last])
    return "growing" if rate * (times[-1] - times[0]) >= TREND_SHARE * areas[len(areas) // 2] else "still"
