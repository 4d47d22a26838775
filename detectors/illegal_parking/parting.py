"""A box that stood a while and then is seen apart: a vehicle that stood before and one that came to stand beside it."""

from __future__ import annotations

from collections.abc import Sequence

import msgspec

from detectors.geometry import covered_share, overlap
from detectors.illegal_parking.appearance import compare
from detectors.illegal_parking.boxes import BOTH_INSIDE, around
from detectors.illegal_parking.identity import KNOWN_PATCHES, is_settled
from detectors.illegal_parking.place import Place

REASON = "its stay begins in one box with its neighbour"


def parted(crowded: Sequence[Place], places: Sequence[Place], at_ns: int) -> list[tuple[Place, Place]]:
    """Those of the crowded places that held two in one box, each with the place of the newcomer whose stay it was.

    The proof lies in one look: it shows the box, the one who stood before and the newcomer, all three, and the two lie
    in the box and fill it edge to edge, which neither does alone. As the box stood still since it came, without a look
    that missed it, the newcomer stood at its edge of it so long. One that was told apart before is known by its looks.
    """
    if not crowded:
        return []
    now = [place for place in places if place.times_ns[-1] == at_ns]
    return [
        (both, newcomer)
        for both in crowded
        if both.phase in ("standing", "overdue") and is_settled(both.boxes[-1], both.box)
        for newcomer in _newcomer(both, [place for place in now if place is not both and _is_inside(place, both)])
        if (both.phase == "standing" and _is_unbroken(both)) or _was_told_apart(both, newcomer)
    ]


def told_apart(both: Place, newcomer: Place) -> Place:
    """The stay goes on by the newcomer's own boxes; when and how it began stays as it was seen.

    Later looks may show it alone or in one box again, so that it is known by the looks of either.
    """
    return msgspec.structs.replace(
        both,
        anchor=newcomer.anchor,
        box=newcomer.box,
        boxes=newcomer.boxes,
        times_ns=newcomer.times_ns,
        scores=newcomer.scores,
        labels=newcomer.labels,
        patches=(*newcomer.patches, *both.patches)[:KNOWN_PATCHES],
        identity="assumed" if both.identity == "kept" else both.identity,
        shared_box=False,
        in_lane=both.in_lane or newcomer.in_lane,
        counters=tuple(one for one in both.counters if one.kind != "two_in_one_box"),  # said anew
        plate=newcomer.plate,
    )


def _newcomer(both: Place, inside: Sequence[Place]) -> Sequence[Place]:
    """The one who came with the box or after it, where the box is its own and that of those who stood before."""
    known = [place for place in inside if place.phase != "arriving" and not place.strange]
    before = [place for place in known if place.since_ns < both.since_ns]
    later = [place for place in inside if place.phase in ("arriving", "standing") and place.since_ns >= both.since_ns]
    if not before or len(later) != 1:
        return ()
    box, alone = both.boxes[-1], [place.boxes[-1] for place in before]
    fills = is_settled(around([*alone, later[0].boxes[-1]]), box)
    return later if fills and not is_settled(around(alone), box) and not is_settled(later[0].boxes[-1], box) else ()


def _is_inside(place: Place, both: Place) -> bool:
    one, box = place.boxes[-1], both.boxes[-1]
    return overlap(one, box) and covered_share(one, box) >= BOTH_INSIDE and not is_settled(one, box)


def _is_unbroken(both: Place) -> bool:
    """Whether each look since it came has shown it, still and like itself, and this one where the first ones did."""
    seen = not both.away_ns and not both.strange and all(span.state == "seen" for span in both.spans)
    return seen and is_settled(both.boxes[-1], both.anchor)


def _was_told_apart(both: Place, newcomer: Place) -> bool:
    """Whether the newcomer looks as one whose stay this is already known to be: they were seen in one box again."""
    was = any(one.reason == REASON for one in both.counters)
    return was and bool(newcomer.patches) and compare(both.patches, newcomer.patches[-1]) == "same"
