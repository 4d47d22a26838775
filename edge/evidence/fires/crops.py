"""Parts of a fire's pictures: aligned on the reference of the preset, so that the ground stays where it is."""

from __future__ import annotations

from collections.abc import Sequence
from io import BytesIO

from PIL import Image as Pillow
from PIL import ImageDraw

from contract.geometry import BboxPx
from edge.evidence.fires.series import Shown

Window = tuple[int, int, int, int]  # left, top, right, bottom in pixels of the reference
OUTSIDE = (128, 128, 128)
MARK = (210, 0, 0)
TICK_SHARE = 0.3
SMALLEST_PX = 96
ASPECT = 4 / 3
CLOSEST = 4  # times
WIDEST_PX = 1920
MARGIN = 0.5


def picture(jpeg: bytes) -> Pillow.Image:
    """The pixels of a kept still."""
    return Pillow.open(BytesIO(jpeg)).convert("RGB")


def png(image: Pillow.Image) -> bytes:
    """PNG bytes without anything that changes from run to run."""
    out = BytesIO()
    image.save(out, "PNG")
    return out.getvalue()


def window_around(shown: Sequence[Shown], *, margin: float = MARGIN) -> Window:
    """A window of the reference that holds the smoke of all pictures, with that share of it around; 4 to 3."""
    boxes = [_on_reference(one) for one in shown]
    left, top = min(box[0] for box in boxes), min(box[1] for box in boxes)
    right, bottom = max(box[2] for box in boxes), max(box[3] for box in boxes)
    width = max((right - left) * (1 + margin), SMALLEST_PX)
    height = max((bottom - top) * (1 + margin), SMALLEST_PX / ASPECT)
    width, height = max(width, height * ASPECT), max(height, width / ASPECT)
    x, y = (left + right) / 2, (top + bottom) / 2
    return round(x - width / 2), round(y - height / 2), round(x + width / 2), round(y + height / 2)


def aligned(image: Pillow.Image, shown: Shown, window: Window) -> Pillow.Image:
    """What of the picture lies in that window of the reference, moved by whole pixels; grey where there is none."""
    right, down = (round(one) for one in shown.look.shift_px)
    left, top = window[0] + right, window[1] + down
    size = (window[2] - window[0], window[3] - window[1])
    out = Pillow.new("RGB", size, OUTSIDE)
    inside = (max(0, left), max(0, top), min(image.width, left + size[0]), min(image.height, top + size[1]))
    if inside[2] > inside[0] and inside[3] > inside[1]:
        out.paste(image.crop(inside), (inside[0] - left, inside[1] - top))
    return out


def mark_corners(panel: Pillow.Image, shown: Shown, window: Window) -> None:
    """The corners of the box on an enlarged aligned crop: the smoke itself stays free."""
    draw = ImageDraw.Draw(panel)
    right_px, down_px = (round(one) for one in shown.look.shift_px)
    scale = panel.width / (window[2] - window[0])
    left, right = ((x - right_px - window[0]) * scale for x in shown.bbox_xyxy_px[::2])
    top, bottom = ((y - down_px - window[1]) * scale for y in shown.bbox_xyxy_px[1::2])
    across, down = (right - left) * TICK_SHARE, (bottom - top) * TICK_SHARE
    for x, dx in ((left, across), (right, -across)):
        for y, dy in ((top, down), (bottom, -down)):
            draw.line((x, y, x + dx, y), fill=MARK, width=2)
            draw.line((x, y, x, y + dy), fill=MARK, width=2)


def close_up(image: Pillow.Image, bbox_xyxy_px: BboxPx) -> tuple[Pillow.Image, int]:
    """The plume with half its size around it, each pixel enlarged by the same whole number (told), never smoothed."""
    left, top, right, bottom = bbox_xyxy_px
    width, height = max(right - left, SMALLEST_PX) * (1 + MARGIN), max(bottom - top, SMALLEST_PX) * (1 + MARGIN)
    x, y = (left + right) / 2, (top + bottom) / 2
    box = (
        max(0, round(x - width / 2)),
        max(0, round(y - height / 2)),
        min(image.width, round(x + width / 2)),
        min(image.height, round(y + height / 2)),
    )
    times = max(1, min(CLOSEST, WIDEST_PX // max(1, box[2] - box[0]), WIDEST_PX // max(1, box[3] - box[1])))
    cut = image.crop(box)
    return cut.resize((cut.width * times, cut.height * times), Pillow.Resampling.NEAREST), times


def _on_reference(shown: Shown) -> BboxPx:
    left, top, right, bottom = shown.bbox_xyxy_px
    dx, dy = shown.look.shift_px
    return left - dx, top - dy, right - dx, bottom - dy
