"""One observation as the fold takes it: candidates in shares of the reference picture, each once, none masked."""

from __future__ import annotations

from dataclasses import dataclass
from functools import cached_property
from typing import Any

import msgspec

from contract.geometry import BboxPx
from contract.observations import Observation, PlumeSeen
from detectors.geometry import contains
from detectors.straw_burning.config import Config, PresetView
from detectors.straw_burning.memory import GAPS_MOST, Box, Glimpse, Point, Preset, Seen, seconds
from detectors.straw_burning.shapes import overlap

SAME_THING = 0.3


@dataclass(frozen=True, slots=True)
class Candidate:
    """One plume of this look."""

    plume: PlumeSeen
    glimpse: Glimpse

    @property
    def box(self) -> Box:
        """In shares of the reference picture."""
        return self.glimpse.box


@dataclass(frozen=True)
class Look:
    """One observation of one preset with what its judgement needs."""

    seen: Observation
    config: Config
    preset: str
    candidates: tuple[Candidate, ...]
    drawn: PresetView | None
    masked: int
    is_night: bool

    @property
    def at_ns(self) -> int:
        """The time of the look."""
        return self.seen.at_ns

    @property
    def shows_preset(self) -> bool:
        """Whether this is the preset's view; before there is a reference nobody can say no."""
        view = self.seen.view
        return view is None or view.verified or view.reference_looks == 0

    @cached_property
    def horizon(self) -> tuple[Point, ...]:
        """The horizon drawn for the preset, else the one found; few looks need it."""
        drawn = None if self.drawn is None else self.drawn.horizon
        return drawn if drawn is not None else _horizon(self.seen)


def look_at(seen: Observation, config: Config) -> Look:
    """The look; `seen.preset` must be known."""
    preset = seen.preset or ""
    drawn = next((one for one in config.presets if one.preset == preset), None)
    candidates: list[Candidate] = []
    masked = 0
    plumes = [one for one in seen.plumes if one.seen_in == "change" or one.surety >= config.least_surety]
    for plume in sorted(plumes, key=_surest_first):
        candidate = Candidate(plume, _glimpse(plume, seen))
        box = candidate.box
        middle = ((box[0] + box[2]) / 2, (box[1] + box[3]) / 2)
        if drawn is not None and any(contains(mask, middle) for mask in drawn.masks):
            masked += 1
        elif all(overlap(box, other.box) < SAME_THING for other in candidates):
            candidates.append(candidate)
    is_night = seen.picture is not None and seen.picture.brightness < config.night_brightness
    return Look(seen, config, preset, tuple(candidates), drawn, masked, is_night)


def pixels(box: Box, look: Look) -> Box:
    """A box in shares of the reference as pixels of this look's picture."""
    width, height = look.seen.frame_px
    dx, dy = (0.0, 0.0) if look.seen.view is None else look.seen.view.shift_px
    left, top, right, bottom = (
        round(share * size + shift, 1)
        for share, size, shift in zip(box, (width, height) * 2, (dx, dy) * 2, strict=True)
    )
    return left, top, right, bottom


def revisited(preset: Preset | None, look: Look, *, visit_gap_s: float, visit_most_s: float) -> Preset:
    """The preset's memory with this look counted: its visit, and the gap since the look before."""
    at_ns = look.at_ns
    if preset is None:
        return Preset(preset=look.preset, frame_px=look.seen.frame_px, visits=1, visit_ns=at_ns, last_ns=at_ns)
    gap_s = seconds(at_ns - preset.last_ns)
    is_new = gap_s > visit_gap_s or seconds(at_ns - preset.visit_ns) >= visit_most_s
    view = look.seen.view
    return msgspec.structs.replace(
        preset,
        frame_px=look.seen.frame_px,
        visits=preset.visits + is_new,
        visit_ns=at_ns if is_new else preset.visit_ns,
        last_ns=at_ns,
        gaps_ms=(*preset.gaps_ms, round(gap_s * 1000))[-GAPS_MOST:],
        contrast=preset.contrast if view is None or view.contrast_ratio is None else view.contrast_ratio,
        unverified=0 if look.shows_preset else preset.unverified + 1,
    )


def _glimpse(plume: PlumeSeen, seen: Observation) -> Glimpse:
    width, height = seen.frame_px
    dx, dy = (0.0, 0.0) if seen.view is None else seen.view.shift_px

    def shares(box: BboxPx) -> Box:
        left, right = (_share(x - dx, width) for x in (box[0], box[2]))
        top, bottom = (_share(y - dy, height) for y in (box[1], box[3]))
        return left, top, right, bottom

    base, flow = plume.base_px, plume.flow_px_s
    kind: Seen = plume.seen_in
    return Glimpse(
        at_ns=seen.at_ns,
        seen=kind,
        box=shares(plume.bbox_xyxy_px),
        surety=plume.surety,
        score=plume.score,
        is_fire=plume.label == "fire",
        area=plume.area_share,
        base=None if base is None else (_share(base[0] - dx, width), _share(base[1] - dy, height)),
        change=plume.change_share,
        ring_change=plume.ring_change_share,
        saturation=plume.saturation,
        saturation_shift=plume.saturation_shift,
        texture=plume.texture_ratio,
        edges=plume.edge_correlation,
        decorrelation=plume.decorrelation,
        flow=None if flow is None else (round(flow[0] / width, 6), round(flow[1] / height, 6)),
        glare=plume.glare_share,
        brightness=plume.brightness,
        flicker=plume.flicker,
        turnover=plume.turnover,
        veil=None if plume.veil_xyxy_px is None else shares(plume.veil_xyxy_px),
        grey_shift=plume.grey_shift,
        height_m=plume.height_m,
        light=plume.light,
    )


def _surest_first(plume: PlumeSeen) -> tuple[Any, ...]:
    """An order of its own for every plume, so that theirs in the observation does not matter."""
    return -plume.surety, plume.bbox_xyxy_px, msgspec.json.encode(plume)


def _share(px: float, whole_px: int) -> float:
    return round(px / whole_px, 5)


def _horizon(seen: Observation) -> tuple[Point, ...]:
    width, height = seen.frame_px
    dx, dy = (0.0, 0.0) if seen.view is None else seen.view.shift_px
    return tuple(((x - dx) / width, (y - dy) / height) for x, y in seen.horizon_px)
