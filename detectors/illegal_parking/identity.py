"""Is it still the same vehicle? What a sight of it at its place says, after a gap and while it is watched.

By its looks (the patch) or its number. Known again: the gap is bridged. Not known: `assumed` by the place alone, and
past the zone's gap budget `broken`. Clearly another, look after look: another vehicle stands there.
"""

from __future__ import annotations

import msgspec

from contract.geometry import BboxPx
from contract.times import NS
from detectors.geometry import iou
from detectors.illegal_parking.appearance import ALIKE_PATTERN, compare, is_nearly, pattern_likeness
from detectors.illegal_parking.config import Config
from detectors.illegal_parking.place import Place

KNOWN_PATCHES = 4  # the first ones and the newest: light drifts, a shadow passes
STEADY_PATTERN = 0.95  # so alike that the patch adds nothing to those known
SAME_SHAPE_IOU = 0.75  # a box that jumps shows other things in the same cells: it says nothing against the vehicle
STRANGE_LOOKS = 3
SETTLED_SHARE = 0.08  # of a side: as far as the edges of a standing vehicle's box move from look to look
SETTLED_PX = 3.0
SAME_EDGES = 3


def recognised(
    place: Place, box: BboxPx, patch: str | None, config: Config, *, drove_in: bool = False, is_cut: bool = False
) -> Place:
    """The place after this sight, already in its boxes; `away_ns` is what went unseen before it.

    `drove_in`: a vehicle was seen to drive to this place just now, so that it is the same needs proof. `is_cut`: a
    neighbour has come before one side of it, so that the patch shows other things in the same cells.
    """
    verdict = compare(place.patches, patch)
    if verdict != "same" and place.since_gap and compare(place.since_gap, patch) == "same":
        return msgspec.structs.replace(place, strange=(), away_ns=0)
    if verdict == "unsure" and drove_in and place.away_ns and place.patches:
        verdict = "different"
    elif verdict == "different" and (is_cut or iou(box, place.box) < SAME_SHAPE_IOU):
        verdict = "unsure"
    elif patch is not None and verdict == "different" and not place.away_ns and not place.strange:
        # No vehicle leaves and no other comes between two looks, and onto the same edges: the light has changed. A
        # lamp that is turned on or off moves one edge, its halo's.
        is_there = settled_edges(box, place.box) >= SAME_EDGES
        if is_there and place.unproved_from_ns is not None:
            return _learned_since_gap(place, patch)
        verdict = "same" if is_there else verdict
    if patch is not None and (verdict == "different" or (verdict == "unsure" and _goes_on(place, patch))):
        return _stranger(place, patch)
    if verdict == "same" and patch is not None:
        return _known(place, patch)
    fresh = (patch,) if patch is not None and not place.patches else place.patches
    place = msgspec.structs.replace(place, strange=(), patches=fresh)
    place = place if not place.away_ns else _assumed(place, config)
    return _learned_since_gap(place, patch) if is_cut and patch is not None else place


def is_another(place: Place) -> bool:
    """Whether those who were seen of late are one vehicle, and not the one that stood here."""
    return len(place.strange) >= STRANGE_LOOKS


def by_plate(place: Place) -> Place:
    """The place after its plate was read: the same number before and after a gap bridges it."""
    if place.unproved_from_ns is None:
        return place
    frames = [frame.vote for frame in place.plate.frames if frame.vote.read.text is not None]
    before = {one.read.text for one in frames if one.at_ns <= place.unproved_from_ns}
    after = {one.read.text for one in frames if one.at_ns > place.unproved_from_ns}
    if not after or len(before) != 1 or before != after:
        return place
    return _proved(place, "reidentified_plate")


def is_settled(box: BboxPx, place_box: BboxPx) -> bool:
    """Whether each edge lies where it lies for a vehicle that stands."""
    left, top, right, bottom = place_box
    near_x, near_y = SETTLED_SHARE * (right - left), SETTLED_SHARE * (bottom - top)
    near_x, near_y = max(SETTLED_PX, near_x), max(SETTLED_PX, near_y)
    is_near_x = -near_x <= box[0] - left <= near_x and -near_x <= box[2] - right <= near_x
    return is_near_x and -near_y <= box[1] - top <= near_y and -near_y <= box[3] - bottom <= near_y


def settled_edges(box: BboxPx, place_box: BboxPx) -> int:
    """How many edges lie where they lie for a vehicle that stands."""
    near_x = max(SETTLED_PX, SETTLED_SHARE * (place_box[2] - place_box[0]))
    near_y = max(SETTLED_PX, SETTLED_SHARE * (place_box[3] - place_box[1]))
    near = zip(box, place_box, (near_x, near_y, near_x, near_y), strict=True)
    return sum(abs(edge - other) <= most for edge, other, most in near)


def _known(place: Place, patch: str) -> Place:
    if place.away_ns or place.unproved_from_ns is not None:
        place = _proved(place, "reidentified_patch")
    newest = place.patches[-1]
    if newest != patch and not is_nearly(newest, patch) and pattern_likeness(newest, patch) < STEADY_PATTERN:
        kept = (*place.patches[: KNOWN_PATCHES - 1], patch) if len(place.patches) >= KNOWN_PATCHES else None
        return msgspec.structs.replace(place, patches=kept or (*place.patches, patch), strange=())
    return place if not place.strange else msgspec.structs.replace(place, strange=())


def _learned_since_gap(place: Place, patch: str) -> Place:
    """Its looks now, whoever it is: they prove nothing about who stood there before the gap."""
    return msgspec.structs.replace(place, strange=(), since_gap=(*place.since_gap, patch)[-KNOWN_PATCHES:])


def _stranger(place: Place, patch: str) -> Place:
    goes_on = _goes_on(place, patch)
    return msgspec.structs.replace(
        place,
        strange=(*place.strange, patch)[-STRANGE_LOOKS:] if goes_on else (patch,),
        strange_since_ns=place.strange_since_ns if goes_on else place.last_seen_ns,
    )


def _goes_on(place: Place, patch: str) -> bool:
    """Whether it is the stranger of a moment ago: one look that says nothing makes no acquaintance of it."""
    return bool(place.strange) and pattern_likeness(place.strange[-1], patch) >= ALIKE_PATTERN


def _proved(place: Place, how: str) -> Place:
    known_again = "reidentified_plate" if how == "reidentified_plate" else "reidentified_patch"
    return msgspec.structs.replace(
        place,
        identity="reidentified",
        known_again=known_again,
        away_ns=0,
        unproved_ns=0,
        unproved_from_ns=None,
        patches=(*place.patches, *place.since_gap)[-KNOWN_PATCHES:] if place.since_gap else place.patches,
        since_gap=(),
    )


def _assumed(place: Place, config: Config) -> Place:
    """Nothing but the place says that it is the same."""
    unproved_ns = place.unproved_ns + place.away_ns
    from_ns = place.unproved_from_ns
    return msgspec.structs.replace(
        place,
        identity="broken" if unproved_ns > round(config.gap_budget_s * NS) else "assumed",
        away_ns=0,
        unproved_ns=unproved_ns,
        unproved_from_ns=place.times_ns[-2] if from_ns is None and len(place.times_ns) > 1 else from_ns,
    )
