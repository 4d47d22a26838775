"""Which looks are kept as pictures: the first, then further and further apart or when it grew: few that tell it all."""

from __future__ import annotations

import msgspec

from detectors.straw_burning.memory import Track, seconds

KEPT_BEFORE = 9  # until it is confirmed: what is confirmed late must have room for what follows
KEPT_MOST = 12
CLOSEST_S = 1.0
LATER_SHARE = 1 / 3  # of the time since the first one
GREW = 1.5


def is_worth_keeping(track: Track, at_ns: int, *, most: int) -> bool:
    """Whether this look, which shows the track, is another step of the sequence that its kept pictures tell."""
    if not track.kept or len(track.kept) >= most:
        return False
    (first_ns, _), (last_ns, last_area) = track.kept[0], track.kept[-1]
    since_s = seconds(at_ns - last_ns)
    if since_s < CLOSEST_S:
        return False
    return since_s >= LATER_SHARE * seconds(last_ns - first_ns) or (
        last_area > 0 and area_of(track) >= GREW * last_area
    )


def with_kept(track: Track, at_ns: int) -> Track:
    """The track with this look's picture among the kept ones."""
    return msgspec.structs.replace(track, is_held=True, kept=(*track.kept, (at_ns, area_of(track))))


def area_of(track: Track) -> float:
    """Its area at the last look; 0: not measured."""
    return track.glimpses[-1].area or 0.0
