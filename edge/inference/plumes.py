"""Measures the candidates of a tower's pictures against the background of their preset.

In: a picture, its detections, the preset and the time. Out: `PlumesLook`, the tower's part of an Observation. What is
remembered is bounded and told in bytes; if the process dies the backgrounds are learnt anew within some looks.
"""

from __future__ import annotations

import math
from collections.abc import Sequence
from dataclasses import dataclass, field
from typing import Any, Literal

import numpy as np

from contract.geometry import BboxPx, PolygonPx
from contract.observations import Detection, PlumeSeen, View
from contract.times import NS
from edge.capture.types import Image
from edge.inference.plumes_befores import Befores
from edge.inference.plumes_flames import DarkLook, Lights
from edge.inference.plumes_horizon import find_horizon
from edge.inference.plumes_light import match_light
from edge.inference.plumes_reference import BoxPx, Laid, Reference, Small, shifted, small
from edge.inference.plumes_veil import Layers, Veil, looks, measure

WATCHED_S = 200.0
WATCHED_MOST = 12
FLICKER_S = 10.0
FLICKER_LEAST = 4
PLUMES_MOST = 20  # a look; the surest, then what is watched
SAME_PLACE_IOU = 0.1
PRESETS_MOST = 64
BRIGHTNESS_MOST = 24
LEAST_SURETY = -9.0  # of a score of 0: measured, not detected
UNSURE_BY = 2.5  # ln odds below the card's score: what is not even looked at

SeenIn = Literal["whole", "tile", "change"]


@dataclass(frozen=True, slots=True)
class PlumesLook:
    """The tower's part of an observation."""

    view: View
    plumes: tuple[PlumeSeen, ...]
    horizon_px: PolygonPx


@dataclass(slots=True)
class _Watched:
    """A place where something was seen lately, measured also when the detector misses it."""

    box: BboxPx
    label: str
    last_ns: int
    brightness: list[tuple[int, float]] = field(default_factory=list)


@dataclass(slots=True)
class _Preset:
    """What is remembered of one preset."""

    reference: Reference = field(default_factory=Reference)
    horizon: PolygonPx = ()
    befores: Befores = field(default_factory=Befores)
    lights: Lights = field(default_factory=Lights)
    watched: list[_Watched] = field(default_factory=list)


@dataclass(frozen=True, slots=True)
class _Look:
    """One picture with what it is measured against."""

    at_ns: int
    known: _Preset
    picture: Small
    laid: Laid | None
    layers: Layers | None

    @property
    def shift(self) -> tuple[float, float]:
        """In measured pixels."""
        return (0.0, 0.0) if self.laid is None else self.laid.shift_px


class PlumeMeter:
    """One for a gateway; called from one thread. `score_at_r80` is the card's (see `surety`)."""

    def __init__(self, *, score_at_r80: float) -> None:
        self._score_at_r80 = score_at_r80
        self._presets: dict[tuple[str, str], _Preset] = {}

    def measure(
        self,
        image_bgr: Image,
        detections: Sequence[Detection],
        *,
        device: str,
        preset: str,
        at_ns: int,
        tiled: frozenset[int] = frozenset(),
    ) -> PlumesLook:
        """Numbers of one look; `tiled` are indices of detections that a tile found. Times of a preset must rise."""
        known = self._known(device, preset)
        picture = small(image_bgr)
        ground_y = _ground_y(known.horizon)
        laid = known.reference.lay(picture, ground_from_y=ground_y)
        look = _Look(at_ns, known, picture, laid, _layers(known, picture, laid, at_ns, ground_y))
        plumes = [self._plume(one, look) for one in self._candidates(known, detections, tiled, at_ns)]
        lights = self._lights(look, image_bgr)
        told = tuple(
            plume
            for plume in plumes
            if (plume.seen_in != "change" or (plume.area_share or 0) > 0)
            and not any(_overlap(plume.bbox_xyxy_px, light.bbox_xyxy_px) for light in lights)
        )
        view = _view(known, laid, picture.scale)  # as it was looked at: the first look had no reference yet
        _learn(look)
        return PlumesLook(view, (*lights, *told), _scaled(known.horizon, 1 / picture.scale))

    def horizon(self, device: str, preset: str, width_px: int) -> PolygonPx:
        """The horizon as known so far, in pixels of a frame of this width; empty before there is one."""
        known = self._presets.get((device, preset))
        if known is None or known.reference.grey is None:
            return ()
        return _scaled(known.horizon, width_px / known.reference.grey.shape[1])

    def memory_bytes(self) -> dict[str, int]:
        """Bytes held for each `device/preset`."""
        return {
            f"{device}/{preset}": known.reference.memory_bytes + known.befores.memory_bytes + known.lights.memory_bytes
            for (device, preset), known in self._presets.items()
        }

    def surety(self, score: float) -> float:
        """ln(odds of a score / odds of the card's score at 80 % recall)."""
        return _log_odds(score) - _log_odds(self._score_at_r80)

    def _known(self, device: str, preset: str) -> _Preset:
        key = (device, preset)
        known = self._presets.pop(key, None) or _Preset()
        self._presets[key] = known  # the one that waited longest is the first
        while len(self._presets) > PRESETS_MOST:
            self._presets.pop(next(iter(self._presets)))
        return known

    def _candidates(
        self, known: _Preset, detections: Sequence[Detection], tiled: frozenset[int], at_ns: int
    ) -> list[tuple[Detection, SeenIn, _Watched]]:
        """Detections worth a look, surest first, each with its watched place; then places without a detection."""
        known.watched = [one for one in known.watched if 0 <= at_ns - one.last_ns <= round(WATCHED_S * NS)]
        sure = sorted(
            (index for index, one in enumerate(detections) if self.surety(one.score) >= -UNSURE_BY),
            key=lambda index: -detections[index].score,
        )[:PLUMES_MOST]
        found: list[tuple[Detection, SeenIn, _Watched]] = []
        for index in sure:
            one = detections[index]
            if any(_overlap(one.bbox_xyxy_px, other.bbox_xyxy_px) for other, _, _ in found):
                continue
            watched = _take(known.watched, one, at_ns)
            watched.box, watched.label, watched.last_ns = one.bbox_xyxy_px, one.label, at_ns
            found.append((one, "tile" if index in tiled else "whole", watched))
        left = [one for one in known.watched if one.last_ns < at_ns]
        for watched in left:
            if len(found) < PLUMES_MOST and not any(_overlap(watched.box, one.bbox_xyxy_px) for one, _, _ in found):
                found.append((Detection(bbox_xyxy_px=watched.box, score=0.0, label=watched.label), "change", watched))
        known.watched = sorted(known.watched, key=lambda one: -one.last_ns)[:WATCHED_MOST]
        return found

    def _lights(self, look: _Look, image_bgr: Image) -> tuple[PlumeSeen, ...]:
        """By night: light that the background does not have; what of it is a flame, the looks of a stare tell."""
        if look.layers is None or not look.picture.is_dark:
            return ()
        layers, shift = look.layers, look.shift
        dark = DarkLook(look.picture, layers.reference_grey, layers.light.noise, image_bgr, shift)
        return look.known.lights.look(dark, look.at_ns, score_of=lambda surety: score_at(self._score_at_r80, surety))

    def _plume(self, candidate: tuple[Detection, SeenIn, _Watched], look: _Look) -> PlumeSeen:
        found, seen_in, watched = candidate
        picture, layers = look.picture, look.layers
        box = _pixels(found.bbox_xyxy_px, picture)
        glare, brightness, saturation, sharpness = looks(box, picture.grey, picture.saturation)
        watched.brightness = [*watched.brightness, (look.at_ns, _bright(box, picture))][-BRIGHTNESS_MOST:]
        veil = None if layers is None else measure(_moved(box, look.shift, picture), layers)
        return PlumeSeen(
            bbox_xyxy_px=found.bbox_xyxy_px,
            score=found.score,
            label=found.label,
            surety=round(max(LEAST_SURETY, self.surety(found.score)), 3),
            seen_in=seen_in,
            interval_s=None if layers is None else round(layers.before_s, 3),
            glare_share=round(glare, 3),
            brightness=round(brightness, 1),
            saturation=round(saturation, 3),
            sharpness=round(sharpness, 3),
            flicker=_flicker(watched),
            **_told(veil, look.shift, picture),
        )


def _learn(look: _Look) -> None:
    """The look becomes part of the background, if it is due, and the one before for the next look."""
    known, picture, laid = look.known, look.picture, look.laid
    watched = [_moved(_pixels(one.box, picture), look.shift, picture) for one in known.watched] + known.lights.windows
    left = 1.0 if look.layers is None else look.layers.light.contrast_left(_ground_y(known.horizon))
    is_taken = known.reference.admit(picture, look.at_ns, laid=laid, contrast_left=left, watched=watched)
    if is_taken and known.reference.grey is not None:
        known.horizon = find_horizon(known.reference.grey) or (known.horizon if picture.is_dark else ())
    if laid is None or laid.is_verified:
        grey = picture.grey if look.shift == (0.0, 0.0) else shifted(picture.grey, look.shift)
        known.befores = known.befores.after(look.at_ns, grey)


def _layers(known: _Preset, picture: Small, laid: Laid | None, at_ns: int, ground_y: int) -> Layers | None:
    reference = known.reference
    if laid is None or not laid.is_verified or reference.grey is None or reference.saturation is None:
        return None
    grey, saturation = picture.grey, picture.saturation
    if laid.shift_px != (0.0, 0.0):
        grey, saturation = shifted(grey, laid.shift_px), shifted(saturation, laid.shift_px)
    before_grey, before_s = known.befores.last(at_ns, grey)
    light = match_light(grey, reference.grey, ground_from_y=ground_y)
    return Layers(
        grey=grey,
        saturation=saturation,
        reference_grey=reference.grey,
        reference_saturation=reference.saturation,
        reference_spread=reference.spread,
        before_grey=before_grey,
        before_s=before_s,
        earlier_grey=known.befores.first(at_ns, grey),
        light=light,
    )


def _view(known: _Preset, laid: Laid | None, scale: float) -> View:
    if laid is None:
        return View(shift_px=(0.0, 0.0), quality=0.0, verified=False, reference_looks=known.reference.looks)
    return View(
        shift_px=(round(laid.shift_px[0] / scale, 1), round(laid.shift_px[1] / scale, 1)),
        quality=round(laid.quality, 3),
        verified=laid.is_verified,
        contrast_ratio=round(laid.contrast_ratio, 3),
        reference_looks=known.reference.looks,
    )


def _told(veil: Veil | None, shift: tuple[float, float], picture: Small) -> dict[str, Any]:
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
        "darker_share": _rounded(veil.darker_share, 3),
        "saturation_shift": _rounded(veil.saturation_shift, 3),
        "texture_ratio": _rounded(veil.texture_ratio, 3),
        "edge_correlation": _rounded(veil.edge_correlation, 3),
        "decorrelation": _rounded(veil.decorrelation, 3),
        "turnover": _rounded(veil.turnover, 3),
        "veil_xyxy_px": None if veil.box_px is None else _unscaled(veil.box_px, shift, scale),
        "flow_px_s": None if flow is None else (round(flow[0] / scale, 2), round(flow[1] / scale, 2)),
    }


def _unscaled(box: BoxPx, shift: tuple[float, float], scale: float) -> BboxPx:
    """A box on the reference in pixels of the frame."""
    left, top, right, bottom = (round((edge + off) / scale, 1) for edge, off in zip(box, shift * 2, strict=True))
    return left, top, right, bottom


def _rounded(value: float | None, places: int) -> float | None:
    return None if value is None else round(value, places)


def _take(watched: list[_Watched], found: Detection, at_ns: int) -> _Watched:
    """The watched place of a detection, the nearest one or a new one."""
    free = [one for one in watched if one.last_ns < at_ns and _overlap(one.box, found.bbox_xyxy_px)]
    if free:
        return free[0]
    made = _Watched(box=found.bbox_xyxy_px, label=found.label, last_ns=at_ns)
    watched.append(made)
    return made


def _overlap(one: BboxPx, other: BboxPx) -> bool:
    width = min(one[2], other[2]) - max(one[0], other[0])
    height = min(one[3], other[3]) - max(one[1], other[1])
    if width <= 0 or height <= 0:
        return False
    lesser = min((box[2] - box[0]) * (box[3] - box[1]) for box in (one, other))
    return width * height >= SAME_PLACE_IOU * lesser


def _pixels(box: BboxPx, picture: Small) -> BoxPx:
    """A box of the frame in whole measured pixels, at least 4 x 4, inside the picture."""
    width, height = picture.size_px
    left, right = _side(box[0] * picture.scale, box[2] * picture.scale, width)
    top, bottom = _side(box[1] * picture.scale, box[3] * picture.scale, height)
    return left, top, right, bottom


def _side(start: float, end: float, limit: int) -> tuple[int, int]:
    first = min(max(0, math.floor(start)), limit - 4)
    return first, min(limit, max(first + 4, math.ceil(end)))


def _moved(box: BoxPx, shift: tuple[float, float], picture: Small) -> BoxPx:
    """A box of the picture where it lies on the reference."""
    if shift == (0.0, 0.0):
        return box
    width, height = picture.size_px
    left, right = _side(box[0] - shift[0], box[2] - shift[0], width)
    top, bottom = _side(box[1] - shift[1], box[3] - shift[1], height)
    return left, top, right, bottom


def _ground_y(horizon: PolygonPx) -> int:
    return round(min(y for _, y in horizon)) if horizon else 0


def _scaled(points: PolygonPx, by: float) -> PolygonPx:
    return tuple((round(x * by, 1), round(y * by, 1)) for x, y in points)


def _bright(box: BoxPx, picture: Small) -> float:
    """The brightness of the brightest tenth of a box: what a flame makes flicker."""
    part = np.sort(picture.grey[box[1] : box[3], box[0] : box[2]], axis=None)
    return float(part[-max(1, part.size // 10) :].mean())


def _flicker(watched: _Watched) -> float | None:
    """Spread of the brightness by its mean over the last seconds; None with too few looks."""
    latest = watched.brightness[-1][0]
    values = [value for at_ns, value in watched.brightness if latest - at_ns <= round(FLICKER_S * NS)]
    if len(values) < FLICKER_LEAST:
        return None
    return round(float(np.std(values)) / max(float(np.mean(values)), 1.0), 4)


def score_at(score_at_r80: float, surety: float) -> float:
    """The score of a surety on a card whose score at 80 % recall is given: what a detector's floor follows from."""
    odds = math.exp(surety + _log_odds(score_at_r80))
    return odds / (1 + odds)


def _log_odds(score: float) -> float:
    bounded = min(max(score, 1e-5), 1 - 1e-5)
    return math.log(bounded / (1 - bounded))
