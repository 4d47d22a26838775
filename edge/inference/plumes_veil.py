"""What of a candidate's box differs from the background, and how: the numbers that tell smoke from what looks like it.

Everything is measured at the reference's size on a picture that was moved onto the reference.
"""

from __future__ import annotations

from dataclasses import dataclass, replace

import cv2
import numpy as np
from numpy.typing import NDArray

from edge.capture.types import Image
from edge.inference.plumes_change import Bools, Layers, changed_in, difference, faint_in, touching
from edge.inference.plumes_light import Floats
from edge.inference.plumes_pieces import above, top_of
from edge.inference.plumes_reference import BoxPx, correlation

WINDOW_GROWS = 0.5  # of the box's sides, to both sides together: a plume is larger than its box says
WINDOW_MARGIN_PX = 8
WIDENED_MOST = 4  # times: a plume may be ten times its densest part, which is what detectors box
WIDENED_BY = 0.6  # of the window's side
THREAD_SHARE = 0.01  # of the veil
FILLED = 0.5  # of what a wider window adds: no plume, light or fog
VEIL_LEAST_PX = 12
FLOW_LONGEST_PX = 96
FLOW_LEAST_PX = 16
FLOW_GAIN = 2.0
SATURATED = 250
FLAT_ENERGY = 1.0  # mean gradient of the background below which texture says nothing


@dataclass(frozen=True, slots=True)
class Veil:
    """One box measured; names and units as in `contract.observations.PlumeSeen`, pixels of the measured picture."""

    area_px2: int
    base_px: tuple[float, float] | None
    box_px: BoxPx | None
    top_px: int | None
    change_share: float
    ring_change_share: float
    grey_shift: float | None
    saturation_shift: float | None
    texture_ratio: float | None
    edge_correlation: float | None
    decorrelation: float | None
    turnover: float | None
    flow_px_s: tuple[float, float] | None


def measure(box: BoxPx, layers: Layers) -> Veil:
    """The veil in and around a box; pixels of the measured picture.

    Change, texture and base are those of the box and its ring; size, strength and motion those of the whole plume. What
    is faint counts as change; a veil that is faint all over has no size: how far it reaches is not known.
    """
    height, width = layers.grey.shape
    clear = _patch(_window(box, (width, height)), box, layers)
    seen = replace(clear, veil=faint_in(clear.window, clear.inside, layers, clear.changed))
    is_clear = int(clear.veil.sum()) >= VEIL_LEAST_PX
    near, whole = (clear, _whole(clear, box, layers)) if is_clear else (seen, seen)
    x1, y1, x2, y2 = window = whole.window
    veil, shift = whole.veil, whole.shift
    found = int(near.veil.sum()) >= VEIL_LEAST_PX
    base = _base(near.veil, near.window) if found else None
    around = _extent(veil, window) if found else None
    saturation = layers.saturation[y1:y2, x1:x2].astype(np.float32)
    saturation_shift = saturation - layers.reference_saturation[y1:y2, x1:x2].astype(np.float32)
    texture, edges = _texture(box, layers)
    turnover, flow = _motion(veil, shift, window, layers) if found else (None, None)
    return Veil(
        area_px2=int((veil if is_clear else clear.veil).sum()),
        base_px=base,
        box_px=around,
        top_px=None if around is None else _top(around, layers),
        change_share=seen.veil_in_box,
        ring_change_share=near.changed_around,
        grey_shift=float(np.median(shift[veil])) if found else None,
        saturation_shift=float(np.median(saturation_shift[veil])) / 255 if found else None,
        texture_ratio=texture,
        edge_correlation=edges,
        decorrelation=_decorrelation(_around(around or box, box), layers),
        turnover=turnover,
        flow_px_s=flow,
    )


@dataclass(frozen=True, slots=True)
class _Patch:
    """A window with its difference from the background, and what of the change touches the box."""

    window: BoxPx
    shift: Floats
    changed: Bools
    veil: Bools
    inside: BoxPx

    @property
    def veil_in_box(self) -> float:
        """Share of the box that the veil covers."""
        left, top, right, bottom = self.inside
        part = self.veil[top:bottom, left:right]
        return float(part.mean()) if part.size else 0.0

    @property
    def changed_around(self) -> float:
        """Share of the window beside the box that changed."""
        left, top, right, bottom = self.inside
        around = self.changed.size - (right - left) * (bottom - top)
        return float(self.changed.sum() - self.changed[top:bottom, left:right].sum()) / around if around > 0 else 0.0


def _patch(window: BoxPx, box: BoxPx, layers: Layers) -> _Patch:
    inside = (box[0] - window[0], box[1] - window[1], box[2] - window[0], box[3] - window[1])
    shift, changed = changed_in(window, layers)
    return _Patch(window, shift, changed, touching(changed, inside), inside)


def _whole(near: _Patch, box: BoxPx, layers: Layers) -> _Patch:
    """The patch widened as long as its veil goes on beyond it, but not into what changed all over."""
    height, width = layers.grey.shape
    patch = near
    for _ in range(WIDENED_MOST):
        window = _widened(patch, (width, height))
        if window == patch.window:
            return patch
        wider = _patch(window, box, layers)
        added = wider.changed.size - patch.changed.size
        if int(wider.changed.sum()) - int(patch.changed.sum()) > FILLED * added:
            return patch
        patch = wider
    return patch


def _top(veil: BoxPx, layers: Layers) -> int:
    """Where the plume ends above, with the pieces that its veil is not joined to."""
    height, width = layers.grey.shape
    left, top, right, bottom = veil
    window = above(veil, (width, height))
    _, changed = changed_in(window, layers)
    x, y = window[:2]
    return y + top_of(changed, (left - x, top - y, right - x, bottom - y))


def _widened(patch: _Patch, size_px: tuple[int, int]) -> BoxPx:
    """The window with the sides moved out that its veil touches."""
    left, top, right, bottom = patch.window
    by_x, by_y = (max(WINDOW_MARGIN_PX, round(WIDENED_BY * side)) for side in (right - left, bottom - top))
    veil = patch.veil
    return (
        max(0, left - by_x) if veil[:, 0].any() else left,
        max(0, top - by_y) if veil[0].any() else top,
        min(size_px[0], right + by_x) if veil[:, -1].any() else right,
        min(size_px[1], bottom + by_y) if veil[-1].any() else bottom,
    )


def looks(box: BoxPx, grey: Image, saturation: Image) -> tuple[float, float, float, float]:
    """What needs no background: saturated share, brightness, saturation 0..1, sharpness by the surroundings'."""
    x1, y1, x2, y2 = box
    part = grey[y1:y2, x1:x2]
    wx1, wy1, wx2, wy2 = _window(box, (grey.shape[1], grey.shape[0]))
    around = cv2.Laplacian(grey[wy1:wy2, wx1:wx2], cv2.CV_32F)
    own = around[y1 - wy1 : y2 - wy1, x1 - wx1 : x2 - wx1]
    sharpness = float(own.var()) / max(float(around.var()), 1e-3)
    return (
        float((part >= SATURATED).mean()),
        float(part.mean()),
        float(saturation[y1:y2, x1:x2].mean()) / 255,
        sharpness,
    )


def _window(box: BoxPx, size_px: tuple[int, int]) -> BoxPx:
    grow_x = WINDOW_MARGIN_PX + round((box[2] - box[0]) * WINDOW_GROWS / 2)
    grow_y = WINDOW_MARGIN_PX + round((box[3] - box[1]) * WINDOW_GROWS / 2)
    left, top = max(0, box[0] - grow_x), max(0, box[1] - grow_y)
    return left, top, min(size_px[0], box[2] + grow_x), min(size_px[1], box[3] + grow_y)


def _base(veil: Bools, window: BoxPx) -> tuple[float, float]:
    """The lowest point of the veil: the middle of its lowest tenth."""
    rows = np.flatnonzero(veil.any(axis=1))
    top, bottom = int(rows[0]), int(rows[-1]) + 1
    foot = veil[max(top, bottom - max(2, (bottom - top) // 10)) : bottom]
    return window[0] + float(np.median(np.nonzero(foot)[1])) + 0.5, float(window[1] + bottom)


def _extent(veil: Bools, window: BoxPx) -> BoxPx:
    """The box around the veil, without threads of noise or cloud that hang on it."""
    (left, right), (top, bottom) = (_middle_part(veil.sum(axis=axis)) for axis in (0, 1))
    return window[0] + left, window[1] + top, window[0] + right, window[1] + bottom


def _middle_part(counts: NDArray[np.int_]) -> tuple[int, int]:
    """First and last index, exclusive, of what holds all but a `THREAD_SHARE` at each end."""
    passed = np.cumsum(counts)
    first = int(np.searchsorted(passed, THREAD_SHARE * passed[-1], side="right"))
    last = int(np.searchsorted(passed, (1 - THREAD_SHARE) * passed[-1], side="left"))
    return first, last + 1


def _texture(box: BoxPx, layers: Layers) -> tuple[float | None, float | None]:
    """Edges now by the background's, and how alike they are: a veil weakens edges and leaves them in place."""
    x1, y1, x2, y2 = box
    if (x2 - x1) < 6 or (y2 - y1) < 6:
        return None, None
    now, then = _edges(layers.grey[y1:y2, x1:x2]), _edges(layers.reference_grey[y1:y2, x1:x2])
    if layers.light.air is None:
        now = layers.light.gain * now
    else:
        then = layers.light.air.gain[y1:y2, None] * then
    energy = float(then.mean())
    if energy < FLAT_ENERGY:
        return None, None
    return float(now.mean()) / energy, correlation(now, then)


def _edges(grey: Image) -> Floats:
    across, down = (cv2.Sobel(grey, cv2.CV_32F, *order, ksize=3) for order in ((1, 0), (0, 1)))
    return np.asarray(cv2.magnitude(across, down) / 8, np.float32)


def _decorrelation(box: BoxPx, layers: Layers) -> float | None:
    """Against the look before: how much more the texture inside changed than the texture around."""
    x1, y1, x2, y2 = box
    if layers.before_grey is None or (x2 - x1) < 6 or (y2 - y1) < 6:
        return None
    wx1, wy1, wx2, wy2 = _window(box, (layers.grey.shape[1], layers.grey.shape[0]))
    now, then = (_details(one[wy1:wy2, wx1:wx2]) for one in (layers.grey, layers.before_grey))
    inside = np.zeros(now.shape, bool)
    inside[y1 - wy1 : y2 - wy1, x1 - wx1 : x2 - wx1] = True
    return correlation(now[~inside], then[~inside]) - correlation(now[inside], then[inside])


def _motion(
    veil: Bools, shift: Floats, window: BoxPx, layers: Layers
) -> tuple[float | None, tuple[float, float] | None]:
    """How much of the veil changed within some seconds, of its own strength, and how its upper half drifts.

    From look to look slow smoke changes no more than the noise; what stands still does not in any time.
    The ground that shines through thin smoke stands still and hides it: what differs from the background shows it. Of
    thick smoke that difference keeps the ground's own texture: the picture itself shows it. The faster one is told.
    """
    if layers.before_grey is None:
        return None, None
    before = difference(window, layers, grey=layers.before_grey)
    earlier = before if layers.earlier_grey is None else difference(window, layers, grey=layers.earlier_grey)
    changed = np.abs(shift - earlier)
    around = float(changed[~veil].mean()) if not veil.all() else 0.0
    strength = max(float(np.abs(shift[veil]).mean()), 1.0)
    rows, columns = np.flatnonzero(veil.any(axis=1)), np.flatnonzero(veil.any(axis=0))
    top, bottom = int(rows[0]), int(rows[-1]) + 1
    upper = np.s_[top : max(top + FLOW_LEAST_PX // 2, (top + bottom) // 2), int(columns[0]) : int(columns[-1]) + 1]
    turnover = max(0.0, float(changed[veil].mean()) - around) / strength
    x1, y1, x2, y2 = window
    seen_now, seen_then = (one[y1:y2, x1:x2].astype(np.float32) - 128 for one in (layers.grey, layers.before_grey))
    flows = [
        _flow(then[upper], now[upper], veil[upper], layers.before_s)
        for then, now in ((before, shift), (seen_then, seen_now))
    ]
    return turnover, max((one for one in flows if one is not None), key=lambda one: np.hypot(*one), default=None)


def _around(one: BoxPx, other: BoxPx) -> BoxPx:
    return min(one[0], other[0]), min(one[1], other[1]), max(one[2], other[2]), max(one[3], other[3])


def _details(grey: Image) -> Floats:
    picture = grey.astype(np.float32)
    return np.asarray(picture - cv2.blur(picture, (9, 9)), np.float32)


def _flow(before: Floats, now: Floats, veil: Bools, passed_s: float) -> tuple[float, float] | None:
    """Median optical flow of the veil, measured pixels a second."""
    height, width = now.shape
    longest = max(height, width)
    if min(height, width) < FLOW_LEAST_PX // 2 or longest < FLOW_LEAST_PX:
        return None
    scale = min(1.0, FLOW_LONGEST_PX / longest)
    size = (max(8, round(width * scale)), max(8, round(height * scale)))
    then, later = (
        np.clip(128 + FLOW_GAIN * cv2.resize(one, size, interpolation=cv2.INTER_AREA), 0, 255).astype(np.uint8)
        for one in (before, now)
    )
    inside = cv2.resize(veil.astype(np.uint8), size, interpolation=cv2.INTER_NEAREST) > 0
    if not inside.any():
        return None
    flow = cv2.calcOpticalFlowFarneback(then, later, None, 0.5, 2, 11, 2, 5, 1.1, 0)  # type: ignore[call-overload]
    dx, dy = (float(np.median(flow[..., axis][inside])) / scale / passed_s for axis in (0, 1))
    return dx, dy
