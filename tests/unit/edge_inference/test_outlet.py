"""Drawn outlets: a wall with a duct, and what comes out of it, moves before it or shakes it."""

from __future__ import annotations

import numpy as np
import pytest

from contract.errors import ModelError
from contract.times import NS
from detectors.cooking_fumes.outlet import judge_look
from edge.capture.types import Frame, Image
from edge.inference import outlet
from tests.unit.cooking_fumes.tables_signals import OUTLET

POLYGON = ((180.0, 40.0), (460.0, 40.0), (360.0, 330.0), (280.0, 330.0))
OUTLET_AT = (320.0, 330.0)


def wall(rng: np.random.Generator, *, light: float = 1.0) -> Image:
    """A wall of bricks, with its lighting."""
    rows, columns = np.mgrid[0:360, 0:640]
    bricks = 120 + 25 * ((rows // 12 + columns // 30) % 2) + rng.normal(0, 4, (360, 640))
    return (np.repeat(bricks[..., None], 3, axis=2) * light).clip(0, 255).astype(np.uint8)


def video(
    seed: int,
    *,
    colour: tuple[int, int, int] | None,
    reach_px: float = 260,
    strength: float = 0.6,
    light: float = 1.0,
    shake_px: float = 0.0,
) -> tuple[list[Frame], Image]:
    """Twenty seconds at two frames a second; puffs rise from the outlet, grow and thin out by `reach_px`."""
    rng = np.random.default_rng(seed)
    behind = wall(rng, light=light)
    rows, columns = np.mgrid[0:360, 0:640]
    puffs = [(rng.uniform(0, reach_px), rng.uniform(-1, 1), rng.uniform(12, 24)) for _ in range(14)]
    frames = []
    for index in range(40):
        cover = np.zeros((360, 640))
        for start, drift, size in puffs if colour else ():
            up = (start + 18 * index) % reach_px
            across = OUTLET_AT[0] + drift * up * 0.25 + 4 * np.sin(index + start)
            grown = size * (1 + up / 200)
            square = (columns - across) ** 2 + (rows - (OUTLET_AT[1] - up)) ** 2
            cover = np.maximum(cover, strength * (1 - up / reach_px) ** 0.5 * np.exp(-square / (2 * grown**2)))
        picture = behind * (1 - cover[..., None]) + np.array(colour or (0, 0, 0)) * cover[..., None]
        picture = picture + rng.normal(0, 1.5, picture.shape)
        shift = round(shake_px * (1 if index % 2 else -1))
        image = np.roll(picture, (shift, shift), axis=(0, 1)).clip(0, 255).astype(np.uint8)
        frames.append(Frame("cam-1", 1_790_000_000 * NS + index * NS // 2, image, False))
    return frames, behind


def test_a_wall_with_nothing_before_it_does_not_move() -> None:
    frames, _ = video(1, colour=None)
    looked = outlet.measure(frames, POLYGON)
    assert (looked.problem, looked.seconds, looked.device) == (None, 19.5, "cam-1")
    assert looked.moving_share < 0.01


def test_grey_fume_that_goes_on_is_told_as_a_plume() -> None:
    frames, behind = video(2, colour=(75, 70, 65), strength=0.7)
    looked = outlet.measure(frames, POLYGON, reference=behind)
    assert looked.moving_share > 0.1
    assert looked.reach > 0.6
    assert looked.whiteness is not None
    assert looked.whiteness < 0.7
    assert looked.translucency is not None
    assert looked.translucency < 0.9
    assert judge_look(looked, OUTLET, humidity_pct=50).verdict == "plume"


def test_white_steam_that_ends_soon_may_be_steam() -> None:
    frames, _ = video(3, colour=(255, 255, 255), reach_px=110, strength=0.95)
    looked = outlet.measure(frames, POLYGON)
    assert looked.moving_share > 0.03
    assert looked.reach < 0.5
    assert judge_look(looked, OUTLET, humidity_pct=85).verdict == "steam_possible"


def test_somebody_who_walks_by_once_is_no_plume() -> None:
    frames, _ = video(4, colour=None)
    for index in range(12, 20):
        frames[index].image_bgr[60:330, 40 * (index - 8) : 40 * (index - 8) + 60] = 30
    looked = outlet.measure(frames, POLYGON)
    assert judge_look(looked, OUTLET, humidity_pct=None).verdict == "nothing"


@pytest.mark.parametrize(("changed", "problem"), [({"light": 0.1}, "dark"), ({"shake_px": 6.0}, "moved")])
def test_a_dark_or_shaken_picture_says_nothing_and_why(changed: dict[str, float], problem: str) -> None:
    frames, _ = video(5, colour=None, light=changed.get("light", 1.0), shake_px=changed.get("shake_px", 0.0))
    assert outlet.measure(frames, POLYGON).problem == problem


def test_too_few_frames_or_a_polygon_outside_are_refused() -> None:
    frames, _ = video(6, colour=None)
    with pytest.raises(ModelError, match="at least 8"):
        outlet.measure(frames[:5], POLYGON)
    with pytest.raises(ModelError, match="no place"):
        outlet.measure(frames, ((700.0, 10.0), (800.0, 10.0), (800.0, 90.0)))
