"""The memory of places where the detector calls now and then: a pale roof, a wet road, haze at the edge of a view."""

from __future__ import annotations

import msgspec

from detectors.straw_burning.looks import Look
from detectors.straw_burning.memory import USUAL_HITS_MOST, USUAL_MOST, Preset, Usual
from detectors.straw_burning.shapes import overlap

SAME_PLACE = 0.5


def remembered(preset: Preset, look: Look) -> Preset:
    """The preset with this look's calls noted: of one visit the surest call at a place counts once."""
    usual = list(preset.usual)
    for candidate in look.candidates:
        if not candidate.glimpse.is_detected:
            continue
        surety, box = candidate.glimpse.surety, candidate.box
        nearest = [overlap(place.box, box) for place in usual]
        index = nearest.index(max(nearest)) if nearest else None
        if index is None or nearest[index] < SAME_PLACE:
            usual.append(Usual(box=box, hits=((preset.visits, surety),), last_ns=look.at_ns))
        else:
            usual[index] = _called(usual[index], preset.visits, surety, look.at_ns)
    if len(usual) > USUAL_MOST:
        usual = sorted(usual, key=lambda one: -one.last_ns)[:USUAL_MOST]
    return msgspec.structs.replace(preset, usual=tuple(usual))


def _called(place: Usual, visit: int, surety: float, at_ns: int) -> Usual:
    hits = place.hits
    if hits[-1][0] == visit:
        hits = (*hits[:-1], (visit, max(surety, hits[-1][1])))
    else:
        hits = (*hits, (visit, surety))[-USUAL_HITS_MOST:]
    return msgspec.structs.replace(place, hits=hits, last_ns=at_ns)
