"""Which candidate of a look continues which track, and which only belongs to what is followed already."""

from __future__ import annotations

from collections.abc import Sequence
from statistics import median

from contract.identity import event_id
from detectors.fold import Zone
from detectors.geometry import iou
from detectors.straw_burning.kin import JOINED_D2, distance2
from detectors.straw_burning.looks import Candidate, Look
from detectors.straw_burning.memory import Box, Glimpse, Preset, Track, seconds, with_glimpse
from detectors.straw_burning.runs import SPACED_S
from detectors.straw_burning.shapes import grown, is_loose, overlap

NEAR_SHARE = 0.02
RECENT_LOOKS = 5
ALIKE = 0.15  # IoU
FOOT_NEAR = 0.1  # of the picture's sides
PASSING = frozenset({"moving_base", "dust", "water_mist"})
OUTGROWN = 4.0  # times the area of what was held: no chimney does that in a minute, a fire beside it does
OUTGROWN_AREA = 0.002  # of the picture


def follow(tracks: Sequence[Track], candidates: Sequence[Candidate], at_ns: int) -> tuple[list[Track], list[Candidate]]:
    """Each track with the candidate that continues it, best overlaps first, or with a missed look; and what is new."""
    reach = [grown(track.box, NEAR_SHARE) for track in tracks]
    pairs = sorted(
        (-by, t, c)
        for t, track in enumerate(tracks)
        for c, one in enumerate(candidates)
        if (by := overlap(reach[t], one.box)) > 0
        and not (_has_outgrown(track, one) or _stands_elsewhere(track, one, at_ns))
    )
    found: dict[int, int] = {}
    for _, t, c in pairs:
        if t not in found and c not in found.values() and _continues(tracks[t].box, candidates[c].box):
            found[t] = c
    # What touches a track that has its look already is a part of the same smoke.
    parts = {c for _, t, c in pairs if not is_loose(tracks[t].box, candidates[c].box)} | set(found.values())
    followed = []
    for t, track in enumerate(tracks):
        if t in found:
            candidate = candidates[found[t]]
            followed.append(with_glimpse(track, candidate.glimpse, candidate.plume.sight))
        else:
            followed.append(with_glimpse(track, Glimpse(at_ns=at_ns, seen="missed", box=track.box)))
    return followed, [one for c, one in enumerate(candidates) if c not in parts]


def born(candidate: Candidate, look: Look, preset: Preset, zone: Zone) -> Track:
    """A track that begins with this look."""
    at_ns, foot = look.at_ns, candidate.glimpse.foot
    key = f"{look.preset}:{round(foot[0] * 100)}:{round(foot[1] * 100)}"
    return Track(
        event_id=event_id(
            town=zone.town,
            device=zone.device,
            zone=zone.zone,
            matter=zone.matter,
            onset_ns=at_ns,
            place_key=key,
        ),
        preset=look.preset,
        onset_ns=at_ns,
        onset_visit=preset.visits,
        visits_before=preset.visits - 1,
        glimpses=(candidate.glimpse,),
        last_seen_ns=at_ns,
        sight=candidate.plume.sight,
    )


def _continues(box: Box, other: Box) -> bool:
    """Whether one box may be what the other was: alike in the picture, or with its foot near by."""
    is_near = abs(box[0] + box[2] - other[0] - other[2]) / 2 <= FOOT_NEAR and abs(box[3] - other[3]) <= FOOT_NEAR
    return is_near or iou(box, other) >= ALIKE or not is_loose(box, other)


def _has_outgrown(track: Track, candidate: Candidate) -> bool:
    """Whether a candidate is so much larger than what was held there that it is judged anew."""
    area = candidate.glimpse.area
    if track.hold is None or area is None or area < OUTGROWN_AREA:
        return False
    areas = [one.area for one in track.glimpses if one.area is not None][-RECENT_LOOKS:]
    return bool(areas) and area >= OUTGROWN * median(areas)


def _stands_elsewhere(track: Track, candidate: Candidate, at_ns: int) -> bool:
    """Whether a candidate stands where what moved or blew away was not: with time, something else burns there."""
    if track.hold not in PASSING or seconds(at_ns - track.last_seen_ns) < SPACED_S:
        return False
    d2 = distance2(track.sight, candidate.plume.sight)
    return d2 is not None and d2 > JOINED_D2 and iou(track.box, candidate.box) < ALIKE
