"""`tantou zones show`: the zones of a camera drawn on a picture of it, for the owner to see what is judged where.

In: edge.toml, a picture (a file, or the camera's next keyframe). Out: a PNG; and the fingerprint of the view, which a
zone's `scene` takes.
"""

from __future__ import annotations

import argparse
from collections.abc import Callable
from io import BytesIO
from pathlib import Path
from typing import Any

import cv2
import numpy as np
from PIL import Image as Pillow
from PIL import ImageDraw

from contract.errors import CaptureError, ContractError
from contract.geometry import PolygonPx
from contract.matters.illegal_parking import AUTHORITY_WORDS
from detectors.geometry import scaled
from edge.capture.feed import address_of
from edge.capture.masks import Masks
from edge.capture.pyav_engine import PyAvEngine
from edge.capture.types import Image, Packet
from edge.commands import read_config
from edge.config import CameraConfig, EdgeConfig, ZoneConfig
from edge.evidence.disk import write_durably
from edge.evidence.letters import font_of
from edge.inference.pictures import scene_of, small_grey

COLOURS = {
    "polygon_px": (255, 196, 0),
    "marking_px": (255, 48, 48),
    "flow_lane_px": (64, 160, 255),
    "permitted_px": (64, 220, 96),
}
MOST_PACKETS = 500  # of a live stream, until its first keyframe must have come
TEXT_SHARE = 45  # of the picture's height is one line of text
PAPER, INK = (16, 16, 16), (255, 255, 255)


def show_zones(config: EdgeConfig, camera_id: str | None, image_bgr: Image) -> bytes:
    """PNG bytes of the picture with the camera's zones, their sub-areas and a legend below it."""
    camera = camera_of(config, camera_id)
    zones = [zone for zone in config.zones if zone.camera == camera.id and zone.frame_px is not None]
    picture = Pillow.fromarray(cv2.cvtColor(image_bgr, cv2.COLOR_BGR2RGB))
    width, height = picture.size
    line_px = max(12, height // TEXT_SHARE)
    letters, has_hanzi = font_of(line_px)
    lines = [text for zone in zones for text in legend(zone, has_hanzi=has_hanzi)] or [f"{camera.id}: no zone"]
    canvas = Pillow.new("RGB", (width, height + (len(lines) + 1) * line_px * 4 // 3), PAPER)
    canvas.paste(picture, (0, 0))
    draw = ImageDraw.Draw(canvas)
    for zone in zones:
        _draw_zone(draw, zone, picture.size, letters)
    for row, text in enumerate(lines):
        draw.text((line_px // 2, height + line_px // 2 + row * line_px * 4 // 3), text, fill=INK, font=letters)
    out = BytesIO()
    canvas.save(out, "PNG")
    return out.getvalue()


def camera_of(config: EdgeConfig, camera_id: str | None) -> CameraConfig:
    """The named camera, or the only one; raises ContractError where that is none."""
    known = {camera.id: camera for camera in config.cameras}
    if camera_id is None and len(known) == 1:
        return next(iter(known.values()))
    if camera_id not in known:
        found = "no camera named" if camera_id is None else f"camera {camera_id!r} is not configured"
        raise ContractError(f"zones show: {found}; give --camera with one of {', '.join(known)}")
    return known[camera_id]


def legend(zone: ZoneConfig, *, has_hanzi: bool) -> list[str]:
    """What a person must know of a zone: whose it is, by what right, when, and how long is tolerated."""
    rule = zone.rule
    authority = rule.get("authority")
    words = AUTHORITY_WORDS.get(authority, "-") if has_hanzi and authority else authority or "-"
    hours = "; ".join(f"{one['begin']}-{one['end']} {_days(one)}".strip() for one in rule.get("hours", ()))
    name = zone.name if has_hanzi or zone.name.isascii() else zone.id
    said = {
        "authority": words,
        "ground": rule.get("legal_ground") if has_hanzi else ("given" if rule.get("legal_ground") else None),
        "marking": rule.get("marking"),
        "surface": rule.get("surface"),
        "hours": hours or "always",
        "grace": f"{rule['grace_s']:g} s" if "grace_s" in rule else None,
    }
    facts = "  ".join(f"{key} {value if value is not None else '-'}" for key, value in said.items())
    return [f"{zone.id}  {name}  ({zone.matter})", f"    {facts}"]


def grab(camera: CameraConfig, now_ns: Callable[[], int]) -> Image:
    """The camera's next keyframe, masks painted; raises CaptureError."""
    engine = PyAvEngine(now_ns)
    source = engine.open(address_of(camera))
    decoder = engine.decoder(source.info)
    try:
        for number, arrival in enumerate(source.arrivals()):
            if number >= MOST_PACKETS:
                break
            if not arrival.is_keyframe:
                continue
            packet = Packet(arrival.data, 0, 0, arrival.duration, source.info.time_base, True, arrival.received_ns)
            pictures = [*decoder.decode(packet), *decoder.drain()]
            if pictures:
                image = pictures[0].bgr()
                if camera.masks:
                    Masks(camera.masks, camera.frame_px).paint(image)
                return image
    finally:
        decoder.close()
        source.close()
    raise CaptureError("no_keyframe", f"camera {camera.id}: no keyframe in {MOST_PACKETS} packets")


def read_picture(path: Path) -> Image:
    """A picture file; raises CaptureError."""
    try:
        data = np.frombuffer(path.read_bytes(), np.uint8)
    except OSError as error:
        raise CaptureError("not_found", f"{path} cannot be read: {error.strerror}") from error
    image = cv2.imdecode(data, cv2.IMREAD_COLOR) if data.size else None
    if image is None:
        raise CaptureError("garbage", f"{path} is no picture")
    return image.astype(np.uint8, copy=False)


def add_arguments(parser: argparse.ArgumentParser) -> None:
    """What `zones show` takes."""
    parser.add_argument("file", type=Path, metavar="FILE", help="edge.toml")
    parser.add_argument("--picture", type=Path, metavar="FILE", help="a picture of the camera; else its next keyframe")
    parser.add_argument("--camera", metavar="ID", help="whose zones (needed where there are several cameras)")
    parser.add_argument("--out", type=Path, required=True, metavar="PNG", help="the file to write")


def show(args: argparse.Namespace, now_ns: Callable[[], int]) -> int:
    """Runs `zones show`; 0 when the picture was written."""
    config = read_config(args.file)
    camera = camera_of(config, args.camera)
    image = read_picture(args.picture) if args.picture is not None else grab(camera, now_ns)
    write_durably(args.out, show_zones(config, camera.id, image))
    print(f'{args.out}: {camera.id}, {image.shape[1]}x{image.shape[0]}; scene = "{scene_of(small_grey(image))}"')
    return 0


def _draw_zone(draw: ImageDraw.ImageDraw, zone: ZoneConfig, size_px: tuple[int, int], letters: Any) -> None:
    thick = max(2, size_px[1] // 300)
    for key, polygon in _areas(zone):
        points = scaled(polygon, drawn_on=zone.frame_px or size_px, onto=size_px)
        draw.line([*points, points[0]], fill=COLOURS[key], width=thick * (2 if key == "polygon_px" else 1))
        if key == "polygon_px":
            draw.text(points[0], zone.id, fill=COLOURS[key], font=letters, stroke_width=2, stroke_fill=PAPER)


def _areas(zone: ZoneConfig) -> list[tuple[str, PolygonPx]]:
    drawn = [(key, zone.rule[key]) for key in ("marking_px", "flow_lane_px") if zone.rule.get(key)]
    drawn += [("permitted_px", bay) for bay in zone.rule.get("permitted_px", ())]
    return [("polygon_px", zone.polygon_px), *((key, tuple((x, y) for x, y in points)) for key, points in drawn)]


def _days(hours: dict[str, Any]) -> str:
    return ",".join(hours.get("days", ()))
