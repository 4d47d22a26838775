"""Stills: the judged picture as JPEG at full resolution, and a copy that shows where, when and what."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta, timezone
from io import BytesIO

import cv2
from PIL import Image as Pillow
from PIL import ImageDraw

from contract.errors import EvidenceError
from contract.geometry import BboxPx, PolygonPx
from contract.times import NS
from edge.capture.types import Image
from edge.evidence.letters import Font, font_of

# China has one zone and no summer time since 1991.
SHANGHAI = timezone(timedelta(hours=8))
OVERLAY_QUALITY = 85
ZONE_COLOUR = (255, 196, 0)
VEHICLE_COLOUR = (255, 48, 48)
STRIP_COLOUR = (16, 16, 16)
TEXT_COLOUR = (255, 255, 255)
SMALLEST_TEXT_PX = 9
HORIZON_COLOUR = (90, 220, 255)
BASE_COLOUR = (255, 255, 0)
ROLE_WORDS = {"arrival": "到达", "first_still": "停稳", "due": "超时", "last": "末次在场", "departure": "离开"}
FIRE_WORDS = {"reference": "此前画面", "first_still": "首次所见", "due": "序列确认", "departure": "未再见烟火"}
FACING_WORDS = {
    "north": "朝北",
    "northeast": "朝东北",
    "east": "朝东",
    "southeast": "朝东南",
    "south": "朝南",
    "southwest": "朝西南",
    "west": "朝西",
    "northwest": "朝西北",
}


@dataclass(frozen=True, slots=True, kw_only=True)
class Marks:
    """What an overlay shows; pixels of the picture itself; `at_ns` UTC.

    `place`: names of device and zone, each with its id; `device`: their ids from the town down. `facing`: one of
    `FACING_WORDS`, any other: not configured, None: not said. `record` is event and revision of the manifest that lists
    the raw still by its SHA-256, which begins with `code`.
    Of fires: `horizon_px` from left to right, and `base_px`, where the smoke meets the ground; `words` by role.
    """

    zone_px: PolygonPx
    bbox_xyxy_px: BboxPx | None
    at_ns: int
    role: str
    place: Sequence[tuple[str, str]]
    device: str
    record: tuple[str, int]
    code: str
    facing: str | None = None
    horizon_px: PolygonPx = ()
    base_px: tuple[float, float] | None = None
    words: Mapping[str, str] = field(default_factory=lambda: ROLE_WORDS)


def encode_still(image_bgr: Image, quality: int) -> bytes:
    """JPEG bytes of the picture; raises EvidenceError."""
    done, data = cv2.imencode(".jpg", image_bgr, [cv2.IMWRITE_JPEG_QUALITY, quality])
    if not done:
        raise EvidenceError("a still could not be encoded as JPEG")
    return data.tobytes()


def draw_overlay(still: bytes, marks: Marks) -> bytes:
    """A JPEG of the still with zone and box drawn, and a strip of text below the picture, so that it hides nothing."""
    picture = Pillow.open(BytesIO(still)).convert("RGB")
    width, height = picture.size
    words, font, line_px = _fitting(marks, width, wished_px=max(SMALLEST_TEXT_PX, height // 40))
    canvas = Pillow.new("RGB", (width, height + len(words) * line_px * 3 // 2), STRIP_COLOUR)
    canvas.paste(picture, (0, 0))
    draw = ImageDraw.Draw(canvas)
    thick = max(2, height // 360)

    def inside(x: float, y: float) -> tuple[float, float]:
        """A line on the border of the picture must not run into the strip."""
        return min(max(x, 0), width - 1), min(max(y, 0), height - 1)

    zone = [inside(x, y) for x, y in marks.zone_px]
    if zone:
        draw.line([*zone, zone[0]], fill=ZONE_COLOUR, width=thick)
    if marks.bbox_xyxy_px is not None:
        left, top, right, bottom = marks.bbox_xyxy_px
        draw.rectangle((*inside(left, top), *inside(right, bottom)), outline=VEHICLE_COLOUR, width=thick)
    if len(marks.horizon_px) > 1:
        draw.line([inside(x, y) for x, y in marks.horizon_px], fill=HORIZON_COLOUR, width=thick)
    if marks.base_px is not None:
        _cross(draw, inside(*marks.base_px), reach=6 * thick, thick=thick)
    for row, text in enumerate(words):
        draw.text((line_px // 2, height + line_px // 8 + row * line_px * 3 // 2), text, fill=TEXT_COLOUR, font=font)
    out = BytesIO()
    canvas.save(out, "JPEG", quality=OVERLAY_QUALITY)
    return out.getvalue()


def _cross(draw: ImageDraw.ImageDraw, at: tuple[float, float], *, reach: int, thick: int) -> None:
    """Arms below and beside the point, with a dark edge: the point itself and the smoke above it stay free."""
    x, y = at
    for ink, width in (((0, 0, 0), thick + 2), (BASE_COLOUR, thick)):
        for dx, dy in ((-1, 0), (1, 0), (0, 1)):
            draw.line((x + dx * 3, y + dy * 3, x + dx * reach, y + dy * reach), fill=ink, width=width)


def scaled_polygon(polygon_px: PolygonPx, *, drawn_on: tuple[int, int], onto: tuple[int, int]) -> PolygonPx:
    """A polygon drawn on one frame size, on another."""
    scale_x, scale_y = onto[0] / drawn_on[0], onto[1] / drawn_on[1]
    return tuple((x * scale_x, y * scale_y) for x, y in polygon_px)


def size_px(still: bytes) -> tuple[int, int]:
    """Width and height of a JPEG; reads its head only."""
    return Pillow.open(BytesIO(still)).size


def _words(marks: Marks, *, has_hanzi: bool) -> tuple[str, ...]:
    """Time, moment and direction; place and device; the manifest and the raw still in it."""
    at = datetime.fromtimestamp(marks.at_ns // NS, UTC).astimezone(SHANGHAI)
    place = " / ".join(name if has_hanzi or name.isascii() else one for name, one in marks.place)
    event_id, revision = marks.record
    facing = _facing(marks.facing, has_hanzi=has_hanzi)
    if has_hanzi:
        role = marks.words.get(marks.role, marks.role)
        return (
            f"{at:%Y-%m-%d %H:%M:%S} 北京时间  {role}{facing}",
            f"地点 {place}  设备 {marks.device}",
            f"清单 {event_id} 第 {revision} 版  原图校验码 {marks.code}",
        )
    return (
        f"{at:%Y-%m-%d %H:%M:%S} +08:00  {marks.role}{facing}",
        f"{place}  device {marks.device}",
        f"manifest {event_id} rev. {revision}  raw still {marks.code}",
    )


def _facing(facing: str | None, *, has_hanzi: bool) -> str:
    if facing is None:
        return ""
    if has_hanzi:
        return f"  方向 {FACING_WORDS.get(facing, '未配置')}"
    return f"  facing {facing}" if facing in FACING_WORDS else "  direction not configured"


def _fitting(marks: Marks, width_px: int, *, wished_px: int) -> tuple[tuple[str, ...], Font, int]:
    """The words with the largest font, up to the wished one, in which the longest line fits."""
    for line_px in range(wished_px, SMALLEST_TEXT_PX - 1, -1):
        font, has_hanzi = font_of(line_px)
        words = _words(marks, has_hanzi=has_hanzi)
        if max(font.getlength(text) for text in words) + line_px <= width_px:
            break
    return words, font, line_px
