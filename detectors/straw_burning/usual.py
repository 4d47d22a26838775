"""The memory of places where the detector calls now and then: a chimney, a pale roof, haze at the edge of a view.

What calls there as usual is no fire; what is much larger or stands on another foot may be, and a stare tells.
"""

from __future__ import annotations

from collections.abc import Sequence
from statistics import median

import msgspec

from detectors.straw_burning.looks import Look
from detectors.straw_burning.memory import USUAL_HITS_MOST, USUAL_MOST, Call, Glimpse, Preset, Track, Usual
from detectors.straw_burning.runs import Run, usual_calls
from detectors.straw_burning.shapes import overlap

SAME_PLACE = 0.5
RECENT_LOOKS = 5
LARGER = 2.0  # times the largest: a chimney's smoke changes less with the wind
LOWER = 0.02  # of the picture's height: 130 m nearer than what stands a kilometre away
BESIDE = 0.04  # of the picture's width


def remembered(preset: Preset, look: Look) -> Preset:
    """The preset with this look's calls noted: of one visit the surest call at a place counts once."""
    usual = list(preset.usual)
    for candidate in look.candidates:
        if not candidate.glimpse.is_detected:
            continue
        glimpse, box = candidate.glimpse, candidate.box
        call = Call(preset.visits, glimpse.surety, glimpse.area, glimpse.foot)
        nearest = [overlap(place.box, box) for place in usual]
        index = nearest.index(max(nearest)) if nearest else None
        if index is None or nearest[index] < SAME_PLACE:
            usual.append(Usual(box=box, hits=(call,), last_ns=look.at_ns))
        else:
            usual[index] = _called(usual[index], call, look.at_ns)
    if len(usual) > USUAL_MOST:
        usual = sorted(usual, key=lambda one: -one.last_ns)[:USUAL_MOST]
    return msgspec.structs.replace(preset, usual=tuple(usual))


def _called(place: Usual, call: Call, at_ns: int) -> Usual:
    *before, last = place.hits
    if last.visit == call.visit:
        hits = (*before, max(last, call, key=lambda one: one.surety))
    else:
        hits = (*place.hits, call)[-USUAL_HITS_MOST:]
    return msgspec.structs.replace(place, hits=hits, last_ns=at_ns)


def is_beyond_usual(track: Track, preset: Preset) -> bool:
    """Whether its last look shows more than what calls there usually: much larger, or on another foot."""
    last = track.glimpses[-1]
    areas = [one.area for one in usual_calls(track, preset) if one.area is not None]
    is_larger = bool(areas) and last.area is not None and last.area >= LARGER * max(areas)
    return is_larger or _is_elsewhere([last], track, preset)


def stands_elsewhere(run: Run, preset: Preset) -> bool:
    """Whether its foot is clearly lower than, or beside, every foot of what calls there usually."""
    return _is_elsewhere(run.used[-RECENT_LOOKS:], run.track, preset)


def _is_elsewhere(looks: Sequence[Glimpse], track: Track, preset: Preset) -> bool:
    feet = [one.foot for one in usual_calls(track, preset) if one.foot is not None]
    if not feet or not looks:
        return False
    x, y = (median(one.foot[axis] for one in looks) for axis in (0, 1))
    return y >= max(foot[1] for foot in feet) + LOWER or min(abs(x - foot[0]) for foot in feet) >= BESIDE
