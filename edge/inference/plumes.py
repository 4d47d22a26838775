"""Measures the candidates of a tower's pictures against the background of their preset.

In: a picture, its detections, the preset and the time. Out: `PlumesLook`, the tower's part of an Observation. What is
remembered is bounded and told in bytes; if the process dies the backgrounds are learnt anew within some looks.
"""

from __future__ import annotations

import math
from collections.abc import Sequence
from dataclasses import dataclass, field
from typing import Literal

from contract.geometry import PolygonPx
from contract.observations import Detection, PlumeSeen, View
from edge.capture.types import Image
from edge.inference.plumes_befores import Befores
from edge.inference.plumes_change import Layers
from edge.inference.plumes_flames import DarkLook, Lights
from edge.inference.plumes_horizon import find_horizon
from edge.inference.plumes_light import match_light
from edge.inference.plumes_pixels import moved, pixels, scaled, words_of
from edge.inference.plumes_reference import Laid, Reference, Small, shifted, small
from edge.inference.plumes_veil import looks, measure
from edge.inference.plumes_watched import Watched, lately, latest, overlap, take

PLUMES_MOST = 20  # a look; the surest, then what is watched
PRESETS_MOST = 64
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
class _Preset:
    """What is remembered of one preset."""

    reference: Reference = field(default_factory=Reference)
    horizon: PolygonPx = ()
    befores: Befores = field(default_factory=Befores)
    lights: Lights = field(default_factory=Lights)
    watched: list[Watched] = field(default_factory=list)


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
            and not any(overlap(plume.bbox_xyxy_px, light.bbox_xyxy_px) for light in lights)
        )
        view = _view(known, laid, picture.scale)  # as it was looked at: the first look had no reference yet
        _learn(look)
        return PlumesLook(view, (*lights, *told), scaled(known.horizon, 1 / picture.scale))

    def horizon(self, device: str, preset: str, width_px: int) -> PolygonPx:
        """The horizon as known so far, in pixels of a frame of this width; empty before there is one."""
        known = self._presets.get((device, preset))
        if known is None or known.reference.grey is None:
            return ()
        return scaled(known.horizon, width_px / known.reference.grey.shape[1])

    def memory_bytes(self) -> dict[str, int]:
        """Bytes held for each `device/preset`."""
        return {
            f"{device}/{preset}": known.reference.memory_bytes + known.befores.memory_bytes + known.lights.memory_bytes
            for (device, preset), known in self._presets.items()
        }

    def lights_left_out(self, device: str) -> int:
        """How many new lights were one too many for their look, of the presets that are remembered; any thread."""
        return sum(known.lights.left_out for (own, _), known in tuple(self._presets.items()) if own == device)

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
    ) -> list[tuple[Detection, SeenIn, Watched]]:
        """Detections worth a look, surest first, each with its watched place; then places without a detection."""
        known.watched = lately(known.watched, at_ns)
        sure = sorted(
            (index for index, one in enumerate(detections) if self.surety(one.score) >= -UNSURE_BY),
            key=lambda index: -detections[index].score,
        )[:PLUMES_MOST]
        found: list[tuple[Detection, SeenIn, Watched]] = []
        for index in sure:
            one = detections[index]
            if any(overlap(one.bbox_xyxy_px, other.bbox_xyxy_px) for other, _, _ in found):
                continue
            watched = take(known.watched, one, at_ns)
            found.append((one, "tile" if index in tiled else "whole", watched))
        left = [one for one in known.watched if one.last_ns < at_ns]
        for watched in left:
            if len(found) < PLUMES_MOST and not any(overlap(watched.box, one.bbox_xyxy_px) for one, _, _ in found):
                found.append((Detection(bbox_xyxy_px=watched.box, score=0.0, label=watched.label), "change", watched))
        known.watched = latest(known.watched)
        return found

    def _lights(self, look: _Look, image_bgr: Image) -> tuple[PlumeSeen, ...]:
        """By night: light that the background does not have; what of it is a flame, the looks of a stare tell."""
        if look.layers is None or not look.picture.is_dark:
            return ()
        layers, shift = look.layers, look.shift
        dark = DarkLook(look.picture, layers.reference_grey, layers.light.noise, image_bgr, shift)
        return look.known.lights.look(dark, look.at_ns, score_of=lambda surety: score_at(self._score_at_r80, surety))

    def _plume(self, candidate: tuple[Detection, SeenIn, Watched], look: _Look) -> PlumeSeen:
        found, seen_in, watched = candidate
        picture, layers = look.picture, look.layers
        box = pixels(found.bbox_xyxy_px, picture)
        glare, brightness, saturation, sharpness = looks(box, picture.grey, picture.saturation)
        veil = None if layers is None else measure(moved(box, look.shift, picture), layers)
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
            flicker=watched.shine(look.at_ns, box, picture),
            **words_of(veil, look.shift, picture),
        )


def _learn(look: _Look) -> None:
    """The look becomes part of the background, if it is due, and the one before for the next look."""
    known, picture, laid = look.known, look.picture, look.laid
    watched = [moved(pixels(one.box, picture), look.shift, picture) for one in known.watched] + known.lights.windows
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
        reference_slow=reference.slow,
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


def _ground_y(horizon: PolygonPx) -> int:
    return round(min(y for _, y in horizon)) if horizon else 0


def score_at(score_at_r80: float, surety: float) -> float:
    """The score of a surety on a card whose score at 80 % recall is given: what a detector's floor follows from."""
    odds = math.exp(surety + _log_odds(score_at_r80))
    return odds / (1 + odds)


def _log_odds(score: float) -> float:
    bounded = min(max(score, 1e-5), 1 - 1e-5)
    return math.log(bounded / (1 - bounded))
