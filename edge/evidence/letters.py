"""The letters that are drawn into pictures: a Chinese font where the machine has one."""

from __future__ import annotations

from functools import cache
from pathlib import Path

from PIL import ImageFont

CJK_FONTS = (
    "/usr/share/fonts/truetype/wqy/wqy-microhei.ttc",
    "/usr/share/fonts/truetype/droid/DroidSansFallbackFull.ttf",
    "/usr/share/fonts/opentype/noto/NotoSansCJK-Regular.ttc",
)

Font = ImageFont.FreeTypeFont | ImageFont.ImageFont


@cache
def font_of(size_px: int) -> tuple[Font, bool]:
    """A font of that size, and whether it has Chinese characters."""
    for path in CJK_FONTS:
        if Path(path).is_file():
            return ImageFont.truetype(path, size_px), True
    return ImageFont.load_default(size_px), False
