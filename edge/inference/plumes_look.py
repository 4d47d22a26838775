"""One look of a tower: the whole picture at one size, tiles below the horizon at another, candidates measured.

In: a frame and its preset. Out: an Observation with view, plumes and horizon. Far smoke of 0.1 % of the picture is a
few pixels at 640: the band of far ground is looked at again in tiles, always or only where something calls.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from typing import Literal

from contract.errors import ModelError
from contract.events import Clock
from contract.geometry import PolygonPx
from contract.observations import Detection, Observation
from edge.capture.types import Frame
from edge.inference.joining import join
from edge.inference.look import Detects
from edge.inference.pictures import PictureMeter
from edge.inference.plumes import PlumeMeter
from edge.inference.regions import Window
from models.cards import Card

TILE_PX = 960
TILE_OVERLAP_PX = 96
BAND_ABOVE = 0.06  # of the height: smoke rises over the line
BAND_BELOW = 0.22
LABELS = frozenset({"smoke", "fire"})

Tiles = Literal["always", "candidates", "never"]


def card_score(card: Card) -> float:
    """The card's score that finds four smokes of five at its first input size; raises ModelError where none is told."""
    told = [one for one in card.metrics if one.smoke is not None and one.smoke.t_at_r80 is not None]
    first = next(
        (one for one in told if one.size_px == card.input.sizes_px[0] and one.precision == card.precision), None
    )
    found = first or (told[0] if told else None)
    if found is None or found.smoke is None or found.smoke.t_at_r80 is None:
        raise ModelError(f"card {card.name}: no smoke.t_at_r80 in its metrics; a tower's rule needs that score")
    return found.smoke.t_at_r80


class TowerLooker:
    """Looks at one frame at a time, from one thread. Without `far` there are no tiles."""

    def __init__(
        self,
        near: Detects,
        *,
        meter: PlumeMeter,
        far: Detects | None = None,
        tiles: Tiles = "candidates",
        clock_of: Callable[[str], Clock | None] = lambda _: None,
    ) -> None:
        self._near = near
        self._far = far
        self._tiles = tiles if far is not None else "never"
        self._meter = meter
        self._clock_of = clock_of
        self._pictures: dict[tuple[str, str], PictureMeter] = {}

    def look(self, frame: Frame, *, preset: str) -> Observation:
        """The observation of a frame that shows a settled preset."""
        height, width = frame.image_bgr.shape[:2]
        frame_px = (width, height)
        whole = [one for one in self._near.detect([frame.image_bgr])[0] if one.label in LABELS]
        found, tiled = self._with_tiles(frame, preset, whole)
        look = self._meter.measure(
            frame.image_bgr, found, device=frame.device, preset=preset, at_ns=frame.at_ns, tiled=tiled
        )
        meter = self._pictures.setdefault((frame.device, preset), PictureMeter())
        return Observation(
            device=frame.device,
            at_ns=frame.at_ns,
            frame_px=frame_px,
            detections=tuple(found),
            picture=meter.measure(frame.image_bgr, frame.at_ns),
            clock=self._clock_of(frame.device),
            preset=preset,
            view=look.view,
            plumes=look.plumes,
            horizon_px=look.horizon_px,
        )

    def counters(self, device: str) -> dict[str, int]:
        """What was not followed; nothing while nothing was left out."""
        left_out = self._meter.lights_left_out(device)
        return {"lights_left_out": left_out} if left_out else {}

    def _with_tiles(self, frame: Frame, preset: str, whole: list[Detection]) -> tuple[list[Detection], frozenset[int]]:
        """All detections, and which of them only a tile found."""
        height, width = frame.image_bgr.shape[:2]
        tiles = far_tiles(self._meter.horizon(frame.device, preset, width), frame_px=(width, height))
        if self._tiles == "candidates":
            tiles = [tile for tile in tiles if any(_meets(tile, one) for one in whole)]
        if self._tiles == "never" or self._far is None or not tiles:
            return whole, frozenset()
        parts = [frame.image_bgr[top:bottom, left:right] for left, top, right, bottom in tiles]
        looks: list[tuple[Window, Sequence[Detection]]] = [((0, 0, width, height), whole)]
        for tile, found in zip(tiles, self._far.detect(parts), strict=True):
            looks.append((tile, [one for one in found if one.label in LABELS]))
        joined = join(looks, frame_px=(width, height))
        own = {(one.bbox_xyxy_px, one.score) for one in whole}
        tiled = frozenset(index for index, one in enumerate(joined) if (one.bbox_xyxy_px, one.score) not in own)
        return joined, tiled


def far_tiles(horizon_px: PolygonPx, *, frame_px: tuple[int, int]) -> list[Window]:
    """Windows over the far ground below a horizon; none where the picture is hardly larger than a tile."""
    width, height = frame_px
    if width < TILE_PX * 1.25 or not horizon_px:
        return []
    ys = [y for _, y in horizon_px]
    top = max(0, round(min(ys) - BAND_ABOVE * height))
    bottom = min(height, round(max(ys) + BAND_BELOW * height))
    count = max(2, round(width / TILE_PX))
    across = -(-(width + (count - 1) * TILE_OVERLAP_PX) // count)
    lefts = [round(index * (width - across) / (count - 1)) for index in range(count)]
    return [(left, top, left + across, bottom) for left in lefts]


def _meets(tile: Window, found: Detection) -> bool:
    left, top, right, bottom = found.bbox_xyxy_px
    return left < tile[2] and right > tile[0] and top < tile[3] and bottom > tile[1]
