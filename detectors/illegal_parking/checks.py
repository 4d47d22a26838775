"""What is wrong with a zone's table beyond its single keys: polygons to check, and keys that do not fit each other."""

from __future__ import annotations

from collections.abc import Iterator

from contract.geometry import PolygonPx
from detectors.ground import homography
from detectors.illegal_parking import permits
from detectors.illegal_parking.config import Config
from detectors.illegal_parking.hours import moment_ns

Key = tuple[str | int, ...]


def polygons(config: Config) -> Iterator[tuple[Key, PolygonPx]]:
    """Each polygon of the table by its key, in pixels of the zone's frame_px."""
    for key in ("marking_px", "flow_lane_px"):
        polygon = getattr(config, key)
        if polygon:
            yield (key,), polygon
    for index, polygon in enumerate(config.permitted_px):
        yield ("permitted_px", index), polygon


def problems(config: Config) -> Iterator[tuple[Key, str, str]]:
    """Key, what is wrong, what to do."""
    if config.marking_px and config.marking is None:
        yield ("marking",), "missing beside marking_px", "say what sign or line it is"
    if config.signal_red_s is not None and not config.flow_lane_px:
        yield ("flow_lane_px",), "missing beside signal_red_s", "draw the lane in which vehicles wait"
    if config.still_s >= config.grace_s:
        yield ("still_s",), f"found {config.still_s:g}, expected less than grace_s {config.grace_s:g}", ""
    if config.left_after_s > config.cover_limit_s:
        problem = f"found {config.left_after_s:g}, expected no more than cover_limit_s {config.cover_limit_s:g}"
        yield ("left_after_s",), problem, "a vehicle on open ground is given up before a covered one"
    yield from _times(config)
    yield from permits.problems(config)
    if config.ground is not None:
        try:
            homography(config.ground.image_px, config.ground.metres)
        except ValueError as error:
            yield ("ground",), str(error), "measure four points that span the zone"


def _times(config: Config) -> Iterator[tuple[Key, str, str]]:
    for index, hours in enumerate(config.hours):
        if hours.begin == hours.end:
            yield ("hours", index, "end"), f"is the begin, {hours.begin}", "leave hours out: always in force"
        if hours.begin == "24:00":
            yield ("hours", index, "begin"), "24:00 is an end", "write 00:00"
    for index, pause in enumerate(config.suspended):
        try:
            is_empty = moment_ns(pause.end) <= moment_ns(pause.begin)
        except ValueError:
            yield ("suspended", index), f"{pause.begin} to {pause.end}", "give days of the calendar"
            continue
        if is_empty:
            yield ("suspended", index, "end"), f"not after the begin, {pause.begin}", ""
