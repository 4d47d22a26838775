"""The conditions on pictures, clock and what is in the picture (GA/T 832-2014): one function each."""

from __future__ import annotations

from contract.events import Clock, Phase, Predicate
from contract.observations import Observation
from contract.times import NS
from detectors.fold import Zone
from detectors.geometry import covered_share, scaled
from detectors.illegal_parking.config import Config
from detectors.illegal_parking.counter import is_dark
from detectors.illegal_parking.place import Place
from detectors.illegal_parking.saying import judged, said, seconds

MAX_CLOCK_OFFSET_S = 1.0
MIN_FRAME_PX = (1280, 720)
MIN_INTERVAL_S = 10.0
MIN_PICTURES = 2
MIN_SET_PICTURES = 3
MIN_HEIGHT_PX = 24.0
GREY_COLOUR = 4.0  # of 255: what compression leaves of colour in an infrared picture
BLURRED = 15.0  # variance of the Laplacian at 320 px width: rain on the glass, out of focus
EDGE_PX = 2.0
HIDDEN_MARKING = 0.8


def picture_size(frame_px: tuple[int, int]) -> Predicate:
    """The pictures are large enough."""
    large = frame_px[0] >= MIN_FRAME_PX[0] and frame_px[1] >= MIN_FRAME_PX[1]
    return said(
        "picture_size",
        f">= {MIN_FRAME_PX[0]}x{MIN_FRAME_PX[1]}",
        f"{frame_px[0]}x{frame_px[1]}",
        judged(large),
        "GA/T 832-2014 3.4",
        least_px=list(MIN_FRAME_PX),
        found_px=list(frame_px),
    )


def clock(of: Clock | None) -> Predicate:
    """The camera's clock keeps Beijing time to a second, its own doubt included."""
    required = f"offset <= {MAX_CLOCK_OFFSET_S} s"
    if of is None or of.offset_s is None:
        return said("clock", required, "unknown", "not_seen", "GA/T 832-2014 3.2", most_s=MAX_CLOCK_OFFSET_S)
    doubt_s = of.uncertainty_s or 0.0
    return said(
        "clock",
        required,
        f"{of.offset_s:+.2f} ± {doubt_s:.2f} s ({of.source})",
        judged(abs(of.offset_s) + doubt_s <= MAX_CLOCK_OFFSET_S),
        "GA/T 832-2014 3.2",
        most_s=MAX_CLOCK_OFFSET_S,
        offset_s=of.offset_s,
        uncertainty_s=doubt_s,
        clock_source=of.source,
    )


def pictures(place: Place) -> Predicate:
    """At least two full views at different times, 10 s apart: the first still and the one past the grace."""
    count = len(_apart(_still_times(place)))
    return said(
        "pictures",
        f">= {MIN_PICTURES} pictures, {MIN_INTERVAL_S:g} s apart",
        f"{count}",
        judged(count >= MIN_PICTURES),
        "GA/T 832-2014 3.3, 3.5",
        least=MIN_PICTURES,
        count=count,
    )


def three_pictures(place: Place, config: Config, *, phase: Phase) -> Predicate:
    """First still, past the grace, last, the outer two further apart than the grace: the last is taken as it leaves."""
    is_over = phase == "closed"
    apart = _apart([*_still_times(place), place.last_seen_ns] if is_over else _still_times(place))
    span_s = seconds(apart[-1] - apart[0])
    is_whole = len(apart) >= MIN_SET_PICTURES and span_s >= config.grace_s
    return said(
        "three_pictures",
        f">= {MIN_SET_PICTURES} pictures over the grace: first still, past the grace, last",
        f"{len(apart)} over {span_s:g} s" + ("" if is_over else "; the last comes when it leaves"),
        judged(is_whole) if is_over else "not_seen",
        "evidence set E2, E3, E4",
        least=MIN_SET_PICTURES,
        count=len(apart),
        span_s=span_s,
        is_over=is_over,
    )


def picture_colour(seen: Observation) -> Predicate:
    """The pictures have colour; of a grey one no colour is told and nothing but a lead is made."""
    found = None if seen.picture is None else seen.picture.colour
    if found is None:
        return said("picture_colour", "colour picture", "unknown", "not_seen", "GA/T 832-2014 3.4")
    is_grey = found < GREY_COLOUR
    words = "grey picture: lead only" if is_grey else "colour"
    return said("picture_colour", "colour picture", words, judged(not is_grey), "GA/T 832-2014 3.4", colour=found)


def picture_light(seen: Observation) -> Predicate:
    """The pictures are light enough to show the vehicle."""
    if seen.picture is None:
        return said("picture_light", "light enough", "unknown", "not_seen", "行政处罚法 art. 41 (clear)")
    words = "dark picture: lead only" if is_dark(seen) else "light"
    met = judged(not is_dark(seen))
    brightness = seen.picture.brightness
    return said("picture_light", "light enough", words, met, "行政处罚法 art. 41 (clear)", brightness=brightness)


def picture_sharpness(seen: Observation) -> Predicate:
    """The pictures are sharp enough: rain on the glass or a lost focus makes a lead only."""
    if seen.picture is None:
        return said("picture_sharpness", "sharp enough", "unknown", "not_seen", "行政处罚法 art. 41 (clear)")
    is_blurred = seen.picture.sharpness < BLURRED
    words = "blurred picture: lead only" if is_blurred else "sharp"
    sharpness = seen.picture.sharpness
    return said(
        "picture_sharpness",
        "sharp enough",
        words,
        judged(not is_blurred),
        "行政处罚法 art. 41 (clear)",
        sharpness=sharpness,
    )


def vehicle_size(place: Place) -> Predicate:
    """A vehicle too far away proves nothing."""
    height_px = round(place.box[3] - place.box[1], 1)
    return said(
        "vehicle_size",
        f">= {MIN_HEIGHT_PX:g} px high",
        f"{height_px:g} px",
        judged(height_px >= MIN_HEIGHT_PX),
        "failure table: far, small",
        least_px=MIN_HEIGHT_PX,
        found_px=height_px,
    )


def whole_vehicle(place: Place, frame_px: tuple[int, int]) -> Predicate:
    """The whole vehicle is in the picture."""
    left, top, right, bottom = place.box
    is_cut = left <= EDGE_PX or top <= EDGE_PX or right >= frame_px[0] - EDGE_PX or bottom >= frame_px[1] - EDGE_PX
    words = "cut by the picture's edge" if is_cut else "whole"
    return said("whole_vehicle", "whole vehicle in the picture", words, judged(not is_cut), "GA/T 832-2014 2.4")


def landmark(place: Place, seen: Observation, zone: Zone, config: Config) -> Predicate:
    """Sign, line or another landmark of the zone is in the picture and not behind the vehicle."""
    required, source = "sign or marking in the picture", "GA/T 832-2014 2.4; evidence set E6"
    if not config.marking_px:
        return said("landmark", required, "not drawn in the zone", "not_seen", source)
    polygon = scaled(config.marking_px, drawn_on=zone.frame_px or seen.frame_px, onto=seen.frame_px)
    xs, ys = zip(*polygon, strict=True)
    hidden = covered_share((min(xs), min(ys), max(xs), max(ys)), place.box)
    is_hidden = hidden >= HIDDEN_MARKING
    words = "hidden by the vehicle" if is_hidden else "in the picture"
    return said("landmark", required, words, "not_seen" if is_hidden else "met", source, hidden=round(hidden, 2))


def direction(config: Config) -> Predicate:
    """The copies of the pictures say where the camera looks."""
    return said(
        "direction",
        "direction on the copies of the pictures",
        config.facing or "direction not configured",
        "not_seen" if config.facing is None else "met",
        "GA/T 832-2014 3.6",
        facing=config.facing,
    )


def _still_times(place: Place) -> list[int]:
    return [place.since_ns] if place.due_ns is None else [place.since_ns, place.due_ns]


def _apart(times_ns: list[int]) -> list[int]:
    """Those of the times that lie far enough from the one before."""
    apart = times_ns[:1]
    for at_ns in times_ns[1:]:
        if at_ns - apart[-1] >= round(MIN_INTERVAL_S * NS):
            apart.append(at_ns)
    return apart
