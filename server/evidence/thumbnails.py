"""Small copies of pictures for lists: made when they are first asked for, kept in memory, never evidence."""

from __future__ import annotations

import io
import threading
from collections import OrderedDict
from collections.abc import Callable

from fastapi import Response
from PIL import Image, ImageOps

from server.centre import Centre
from server.evidence import looks, media
from server.evidence.looks import Look
from server.identity.access import Person
from server.problems import Problem

SIDE_PX = 320
MEDIA_TYPE = "image/webp"
QUALITY = 70
PICTURE_PX_MAX = 60_000_000
"""A larger picture is not opened: a few bytes may unfold to gigabytes."""
KEPT_BYTES_MAX = 32 * 1024 * 1024
_FORMATS = ("JPEG", "PNG", "WEBP")


class Thumbnails:
    """The copies asked for last, by the hash of their original; any thread."""

    def __init__(self, kept_bytes_max: int = KEPT_BYTES_MAX) -> None:
        self._kept: OrderedDict[str, bytes] = OrderedDict()
        self._kept_bytes = 0
        self._kept_bytes_max = kept_bytes_max
        self._lock = threading.Lock()

    def of(self, sha256: str, read: Callable[[], bytes]) -> bytes:
        """The small copy; `read` gives the original when it is not kept. Raises Problem not_found for no picture."""
        with self._lock:
            if (found := self._kept.get(sha256)) is not None:
                self._kept.move_to_end(sha256)
                return found
        made = thumbnail(read())
        with self._lock:
            self._kept_bytes += len(made) - len(self._kept.pop(sha256, b""))
            self._kept[sha256] = made
            while self._kept_bytes > self._kept_bytes_max:
                self._kept_bytes -= len(self._kept.popitem(last=False)[1])
        return made


def picture(centre: Centre, who: Person, event_id: str, sha256: str, if_none_match: str | None) -> Response:
    """The small copy of one picture of a lead; the look is noted first, as for the original. Raises Problem."""
    look = Look(event_id, sha256, "thumbnail")
    found = looks.note_look(centre, who, look)
    if not (found.is_shown and found.media_type.startswith("image/")):
        raise Problem("not_found", f"file {sha256} is no picture")
    told = media.file_headers(found, look) | {"ETag": f'"{sha256}-{SIDE_PX}"'}
    if media.is_named(if_none_match, told["ETag"]):
        return Response(status_code=304, headers=told)
    content = centre.thumbnails.of(sha256, lambda: media.checked(centre, sha256))
    return Response(content, headers=told, media_type=MEDIA_TYPE)


def thumbnail(content: bytes) -> bytes:
    """A WebP of at most SIDE_PX a side, upright, without what a camera wrote beside the picture."""
    try:
        with Image.open(io.BytesIO(content), formats=_FORMATS) as whole:
            if whole.width * whole.height > PICTURE_PX_MAX:
                raise Problem("not_found", f"a picture of {whole.width}x{whole.height} is too large for a small copy")
            whole.draft("RGB", (SIDE_PX, SIDE_PX))
            small = ImageOps.exif_transpose(whole).convert("RGB")
    except (OSError, SyntaxError, ValueError, Image.DecompressionBombError) as error:
        raise Problem("not_found", "the file is no picture that can be read") from error
    small.thumbnail((SIDE_PX, SIDE_PX))
    held = io.BytesIO()
    small.save(held, "WEBP", quality=QUALITY, method=2)
    return held.getvalue()
