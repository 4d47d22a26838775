"""Who stands in a queue or a jam: those in the picture that keep their place, and who came to stand with whom (2.6)."""

from __future__ import annotations

from bisect import bisect
from collections.abc import Sequence

from contract.geometry import BboxPx, PolygonPx
from contract.times import NS
from detectors.geometry import contact_point, contains, covered_share, iou, overlap
from detectors.illegal_parking.place import Bystander, Place, State

QUEUE_WITHIN_NS = 30 * NS  # parking reference 2.6: others that came to stand within the same 30 s
QUEUE_OTHERS = 2
JAM_OTHERS = 5
JAM_IN_PICTURE = 3
BYSTANDER_STILL_NS = 2 * NS
BYSTANDER_LOST_NS = 4 * NS
BYSTANDER_COVERED_NS = 60 * NS  # in a jam most are behind others, and stand all the same
COVERED = 0.3
BYSTANDER_IOU = 0.7
_SLACK = 1 / BYSTANDER_IOU - 1  # of width and height: edges further off leave less overlap than that
SAME_IOU = 0.5
MAX_BYSTANDERS = 100


def bystanders_after(state: State, boxes: Sequence[BboxPx], lane: PolygonPx, at_ns: int) -> tuple[Bystander, ...]:
    """The vehicles in the picture, each with the time since which it keeps its place; `boxes` from left to right."""
    now: list[Bystander] = []
    left = list(boxes)
    for known in state.bystanders:
        n = _kept_place(known.box, left)
        if n is not None:
            del left[n]
            now.append(Bystander(known.box, known.since_ns, at_ns, known.in_lane))
        else:
            unseen_ns = at_ns - known.last_seen_ns
            is_once = known.last_seen_ns == known.since_ns  # on its way past: the next of them comes where it was
            is_kept = unseen_ns <= (BYSTANDER_STILL_NS if is_once else BYSTANDER_LOST_NS)
            if is_kept or (not is_once and unseen_ns <= BYSTANDER_COVERED_NS and _is_covered(known.box, boxes)):
                now.append(known)
    fresh = (Bystander(box, at_ns, at_ns, contains(lane, contact_point(box))) for box in left)
    return (*now, *fresh)[:MAX_BYSTANDERS]


def _kept_place(place: BboxPx, boxes: Sequence[BboxPx]) -> int | None:
    """Which box lies where one lay before; `boxes` from left to right, as further aside or apart none overlaps so."""
    left, top, right, bottom = place
    aside, apart = _SLACK * (right - left), _SLACK * (bottom - top)
    for n in range(bisect(boxes, (left - aside,)), len(boxes)):
        box = boxes[n]
        if box[0] > left + aside:
            return None
        if -apart <= box[1] - top <= apart and iou(box, place) >= BYSTANDER_IOU:
            return n
    return None


def _is_covered(place: BboxPx, boxes: Sequence[BboxPx]) -> bool:
    return any(overlap(box, place) and covered_share(place, box) >= COVERED for box in boxes)


class Standing:
    """Those of the bystanders that stand at this look, by when they came: in the flow lane, and in all the picture."""

    def __init__(self, bystanders: Sequence[Bystander]) -> None:
        standing = [one for one in bystanders if one.last_seen_ns - one.since_ns >= BYSTANDER_STILL_NS]
        standing.sort(key=_since_ns)
        self._in_lane = [one for one in standing if one.in_lane]
        self._in_picture = standing

    def queue(self, place: Place) -> tuple[str, int] | None:
        """The code of the queue or jam that this vehicle stands in, and how many others are told in its reason.

        A lane is drawn as far as its owner cares, and a queue goes on beyond: more that stand anywhere in the picture,
        and came with it, say the same.
        """
        in_lane = _came_with(place, self._in_lane, most=JAM_OTHERS)
        if in_lane >= QUEUE_OTHERS:
            return ("jam" if in_lane >= JAM_OTHERS else "queue"), in_lane
        in_picture = _came_with(place, self._in_picture, most=JAM_OTHERS)
        return ("jam", in_picture) if in_picture >= JAM_IN_PICTURE else None


def _came_with(place: Place, standing: Sequence[Bystander], *, most: int) -> int:
    """How many others came to stand with it; not counted beyond `most`."""
    first = bisect(standing, place.since_ns - QUEUE_WITHIN_NS - 1, key=_since_ns)
    with_it = standing[first : bisect(standing, place.since_ns + QUEUE_WITHIN_NS, key=_since_ns)]
    if len(with_it) > most:  # one of them may be itself
        return most
    return sum(not (overlap(one.box, place.box) and iou(one.box, place.box) >= SAME_IOU) for one in with_it)


def _since_ns(one: Bystander) -> int:
    return one.since_ns
