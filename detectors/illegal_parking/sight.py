"""May this look be counted? A frozen picture is none; a camera that turned away or shakes suspends its zones."""

from __future__ import annotations

from collections.abc import Sequence
from typing import NamedTuple

import msgspec

from contract.geometry import BboxPx
from contract.matters.illegal_parking import SpanState
from contract.observations import Detection, Observation
from contract.times import NS
from detectors.geometry import iou, overlap
from detectors.illegal_parking.boxes import is_still
from detectors.illegal_parking.config import Config
from detectors.illegal_parking.place import Place, State, TimerSpan, earlier_than, seen_last, with_span

FROZEN_S = 5.0  # parking reference 2.5: a picture that repeats itself this long is no picture
SAME_SCENE = 0.45  # measured on six fixed street views: one view 0.69 or more from look to look, two views 0.38 or less
LEAST_BITS = 20  # a view with fewer edges cannot be told from another
SWAY_PX = 8.0  # parking reference 2.5, for a picture 1280 wide: more is no sway any more
SWAY_WIDTH_PX = 1280
NOTICED_PX = 1.5
BETTER_BY = 0.03
WITNESSES = 2  # one that drives off is no sway, and before a plain ground it moves the measurement: but not for long
CALM_SHARE = 0.5  # of that sway: a spell of shaking goes on while the picture lies further off than this
CALM_NS = 3 * NS  # a camera that shook a moment ago still shakes, whatever one picture between says


class Doubt(NamedTuple):
    """Why a look may not be counted, from when on nothing may, and what was known until then."""

    lost_as: SpanState
    from_ns: int
    known: State


def doubt(state: State, seen: Observation, config: Config) -> Doubt | None:
    """Why this look may not be counted; None: it may."""
    picture = seen.picture
    if picture is not None and picture.repeated_s >= FROZEN_S:
        return Doubt("no_picture", seen.at_ns - round(picture.repeated_s * NS), state)
    last_ns = state.last_at_ns if state.last_at_ns is not None else seen.at_ns
    if config.preset is not None and seen.preset is not None and seen.preset != config.preset:
        return Doubt("suspended", last_ns, state)
    if looks_elsewhere(state, seen, config):
        return Doubt("suspended", last_ns, state)
    shake = shake_after(state, seen)
    if shake is None or shake[1] != seen.at_ns:
        return None
    is_sure = _standing(state) >= WITNESSES or still_shakes(state, seen)
    return Doubt("suspended", shake[0], before_shake(state, seen, shake[0])) if is_sure else None


def shake_after(state: State, seen: Observation) -> tuple[int, int] | None:
    """The last spell of shaking: a look far off begins one, or prolongs one that is not over yet."""
    spell = state.shake if still_shakes(state, seen) else None
    is_shaken = is_far_off(seen, share=1.0 if spell is None else CALM_SHARE)
    if state.last_at_ns is None or not is_shaken or not _lies_better(state, seen):
        return state.shake
    return (seen.at_ns if spell is None else spell[0]), seen.at_ns


def before_shake(state: State, seen: Observation, from_ns: int) -> State:
    """What was known when a spell of shaking began: its first look counts for those alone whom it shows in their place.

    That look is this one, or one that was judged when nobody knew yet that more would follow.
    """
    if state.last_at_ns is None or state.lost_at_ns is not None:
        return state
    places = [place for place in state.places if place.since_ns < from_ns]
    if from_ns == seen.at_ns:
        places = [_shown(place, seen, state.last_at_ns) for place in places]
    places = [place if place.last_seen_ns == from_ns or from_ns in place.times_ns else _hidden_by_shake(place, from_ns)
              for place in places]  # fmt: skip
    return msgspec.structs.replace(state, places=tuple(places), last_at_ns=max(state.last_at_ns, from_ns))


def _shown(place: Place, seen: Observation, last_at_ns: int) -> Place:
    """The place after a shaken look that shows its vehicle there once the shift is taken back."""
    shift_px = None if seen.picture is None else seen.picture.shift_px
    if shift_px is None or place.phase == "arriving" or place.last_seen_ns != last_at_ns:
        return place
    if not any(is_still(place.box, shifted_back(one.bbox_xyxy_px, shift_px)) for one in seen.detections):
        return place
    span = TimerSpan(last_at_ns, seen.at_ns, "seen" if place.hold is None else "held")
    return seen_last(msgspec.structs.replace(place, spans=with_span(place.spans, span)), seen.at_ns)


def _hidden_by_shake(place: Place, from_ns: int) -> Place:
    """The place that the first look of a spell did not show: nothing of it is known since its last sight."""
    last_ns = max((at_ns for at_ns in place.times_ns if at_ns < from_ns), default=place.since_ns)
    spans = with_span(earlier_than(place.spans, last_ns), TimerSpan(last_ns, from_ns, "suspended"))
    away_ns = max(place.away_ns, from_ns - last_ns)
    return seen_last(msgspec.structs.replace(place, spans=spans, away_ns=away_ns), last_ns)


def still_shakes(state: State, seen: Observation) -> bool:
    """Whether the camera shook a moment ago."""
    return state.shake is not None and seen.at_ns - state.shake[1] <= CALM_NS


def is_far_off(seen: Observation, *, share: float) -> bool:
    """Whether the picture lies further off than this share of a sway that can be compensated."""
    if seen.picture is None or seen.picture.shift_px is None:
        return False
    return max(map(abs, seen.picture.shift_px)) > share * SWAY_PX * max(0.5, seen.frame_px[0] / SWAY_WIDTH_PX)


def looks_elsewhere(state: State, seen: Observation, config: Config) -> bool:
    """Whether the camera shows another scene than the zone's; without one given, one that lasts becomes the zone's."""
    scene = None if seen.picture is None else seen.picture.scene
    reference = config.scene or state.scene
    if scene is None or reference is None or likeness(reference, scene) >= SAME_SCENE:
        return False
    has_lasted = state.lost_as == "suspended" and state.lost_at_ns is not None
    lasted_ns = seen.at_ns - state.lost_at_ns if has_lasted and state.lost_at_ns is not None else 0
    return config.scene is not None or lasted_ns <= round(config.cover_limit_s * NS)


def likeness(one: str, other: str) -> float:
    """Of the edges that two fingerprints have together the share that both have, 0..1; 1 where one has too few."""
    a, b = int(one, 16), int(other, 16)
    if min(a.bit_count(), b.bit_count()) < LEAST_BITS:
        return 1.0
    return (a & b).bit_count() / (a | b).bit_count()


def sway(state: State, seen: Observation) -> tuple[float, float] | None:
    """The picture's shift, where the standing vehicles say so too: by it they lie better on their places."""
    if not _is_noticed(seen) or not (_standing(state) >= WITNESSES or still_shakes(state, seen)):
        return None
    return seen.picture.shift_px if seen.picture is not None and _lies_better(state, seen) else None


def _is_noticed(seen: Observation) -> bool:
    shift_px = None if seen.picture is None else seen.picture.shift_px
    return shift_px is not None and max(map(abs, shift_px)) >= NOTICED_PX


def _standing(state: State) -> int:
    return sum(place.phase != "arriving" for place in state.places)


def _lies_better(state: State, seen: Observation) -> bool:
    """Whether the standing vehicles lie better on their places once the picture's shift is taken back."""
    shift_px = None if seen.picture is None else seen.picture.shift_px
    standing = [place.box for place in state.places if place.phase != "arriving"]
    found = [one.bbox_xyxy_px for one in seen.detections]
    if shift_px is None or not standing or not found or state.frame_px != seen.frame_px:
        return False
    return _fit(standing, [shifted_back(box, shift_px) for box in found]) > _fit(standing, found) + BETTER_BY


def shifted_back(box: BboxPx, shift_px: tuple[float, float]) -> BboxPx:
    """Where the box would lie had the picture not swayed."""
    right, down = shift_px
    return (box[0] - right, box[1] - down, box[2] - right, box[3] - down)


def swayed_back(one: Detection, shift_px: tuple[float, float]) -> Detection:
    """The detection where it would lie had the picture not swayed."""
    return msgspec.structs.replace(one, bbox_xyxy_px=shifted_back(one.bbox_xyxy_px, shift_px))


def _fit(places: Sequence[BboxPx], found: Sequence[BboxPx]) -> float:
    best = (max((iou(place, box) for box in found if overlap(place, box)), default=0.0) for place in places)
    return sum(best) / len(places)
