"""Between the frame, the measured picture and the reference it lies on: boxes, points, and a veil in all its words."""

from __future__ import annotations

import math
from typing import Any

from contract.geometry import BboxPx, PolygonPx
from edge.inference.plumes_reference import BoxPx, Small
from edge.inference.plumes_veil import Veil


def pixels(box: BboxPx, picture: Small) -> BoxPx:
    """A box of the frame in whole measured pixels, at least 4 x 4, inside the picture."""
    width, height = picture.size_px
    left, right = _side(box[0] * picture.scale, box[2] * picture.scale, width)
    top, bottom = _side(box[1] * picture.scale, box[3] * picture.scale, height)
    return left, top, right, bottom


def _side(start: float, end: float, limit: int) -> tuple[int, int]:
    first = min(max(0, math.floor(start)), limit - 4)
    return first, min(limit, max(first + 4, math.ceil(end)))


def moved(box: BoxPx, shift: tuple[float, float], picture: Small) -> BoxPx:
    """A box of the picture where it lies on the reference."""
    if shift == (0.0, 0.0):
        return box
    width, height = picture.size_px
    left, right = _side(box[0] - shift[0], box[2] - shift[0], width)
    top, bottom = _side(box[1] - shift[1], box[3] - shift[1], height)
    return left, top, right, bottom


def scaled(points: PolygonPx, by: float) -> PolygonPx:
    """A line in another size."""
    return tuple((round(x * by, 1), round(y * by, 1)) for x, y in points)


def words_of(veil: Veil | None, shift: tuple[float, float], picture: Small) -> dict[str, Any]:
    """A veil in the words and units of an observation; rounded, so that its text on the tape is exact."""
    if veil is None:
        return {}
    scale = picture.scale
    base, flow = veil.base_px, veil.flow_px_s
    return {
        "area_share": round(veil.area_px2 / (picture.size_px[0] * picture.size_px[1]), 6),
        "base_px": None
        if base is None
        else (round((base[0] + shift[0]) / scale, 1), round((base[1] + shift[1]) / scale, 1)),
        "change_share": round(veil.change_share, 3),
        "ring_change_share": round(veil.ring_change_share, 3),
        "grey_shift": _rounded(veil.grey_shift, 1),
        "saturation_shift": _rounded(veil.saturation_shift, 3),
        "texture_ratio": _rounded(veil.texture_ratio, 3),
        "edge_correlation": _rounded(veil.edge_correlation, 3),
        "decorrelation": _rounded(veil.decorrelation, 3),
        "turnover": _rounded(veil.turnover, 3),
        "veil_xyxy_px": None if veil.box_px is None else _unscaled(veil.box_px, shift, scale),
        "top_px": None if veil.top_px is None else round((veil.top_px + shift[1]) / scale, 1),
        "flow_px_s": None if flow is None else (round(flow[0] / scale, 2), round(flow[1] / scale, 2)),
    }


def _unscaled(box: BoxPx, shift: tuple[float, float], scale: float) -> BboxPx:
    """A box on the reference in pixels of the frame."""
    left, top, right, bottom = (round((edge + off) / scale, 1) for edge, off in zip(box, shift * 2, strict=True))
    return left, top, right, bottom


def _rounded(value: float | None, places: int) -> float | None:
    return None if value is None else round(value, places)
