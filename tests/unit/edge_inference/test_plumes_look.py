"""A tower's look: whole picture, tiles of far ground, one observation; and the score that a card gives the rule."""

from __future__ import annotations

from collections.abc import Sequence
from itertools import pairwise

import numpy as np
import pytest

from contract.errors import ModelError
from contract.observations import Detection
from edge.capture.types import Frame, Image
from edge.inference.plumes import PlumeMeter
from edge.inference.plumes_look import TowerLooker, card_score, far_tiles
from models.registry import Registry
from tests.unit.edge_inference.valley import at_ns, valley


class Told:
    """A detector that says what it was told to and remembers what it was shown."""

    def __init__(self, *found: Detection) -> None:
        self.found = list(found)
        self.shown_px: list[tuple[int, int]] = []

    def detect(self, frames_bgr: Sequence[Image], /) -> list[list[Detection]]:
        self.shown_px += [(frame.shape[1], frame.shape[0]) for frame in frames_bgr]
        return [list(self.found) for _ in frames_bgr]


def frame(at_s: float) -> Frame:
    large = np.ascontiguousarray(valley(3).repeat(2, axis=0).repeat(2, axis=1))
    return Frame(device="tower-1", at_ns=at_ns(at_s), image_bgr=large, is_keyframe=True)


def test_an_observation_of_a_tower_names_its_preset_its_view_and_its_horizon() -> None:
    call = Detection(bbox_xyxy_px=(900.0, 700.0, 1000.0, 800.0), score=0.4, label="smoke")
    car = Detection(bbox_xyxy_px=(0.0, 900.0, 60.0, 940.0), score=0.9, label="car")
    looker = TowerLooker(Told(call, car), meter=PlumeMeter(score_at_r80=0.1))
    looker.look(frame(0), preset="north")
    seen = looker.look(frame(60), preset="north")
    assert (seen.preset, seen.frame_px, seen.detections) == ("north", (1920, 1080), (call,))
    assert seen.view is not None
    assert seen.view.verified
    assert seen.horizon_px[0][1] == pytest.approx(400, abs=24)
    assert [one.seen_in for one in seen.plumes] == ["whole"]


def test_tiles_are_looked_at_only_where_something_calls_and_a_far_plume_is_a_tiles() -> None:
    far_call = Detection(bbox_xyxy_px=(20.0, 60.0, 40.0, 80.0), score=0.5, label="smoke")
    near, far = Told(), Told(far_call)
    looker = TowerLooker(near, far=far, meter=PlumeMeter(score_at_r80=0.1))
    looker.look(frame(0), preset="north")
    looker.look(frame(60), preset="north")
    assert far.shown_px == []
    near.found = [Detection(bbox_xyxy_px=(100.0, 380.0, 140.0, 420.0), score=0.2, label="smoke")]
    seen = looker.look(frame(120), preset="north")
    assert len(far.shown_px) == 1
    assert {one.seen_in for one in seen.plumes} == {"whole", "tile"}


def test_tiles_cover_the_band_below_the_horizon_at_about_full_size() -> None:
    tiles = far_tiles(((0.0, 400.0), (1920.0, 420.0)), frame_px=(1920, 1080))
    assert tiles[0][0] == 0
    assert tiles[-1][2] == 1920
    assert all(later[0] < earlier[2] for earlier, later in pairwise(tiles))
    assert all(right - left <= 1056 and top < 400 < 420 < bottom for left, top, right, bottom in tiles)


def test_a_picture_no_larger_than_a_tile_has_no_tiles() -> None:
    assert far_tiles(((0.0, 200.0), (640.0, 200.0)), frame_px=(640, 480)) == []


def test_the_score_of_the_rule_follows_from_the_card() -> None:
    card = Registry().find("smoke-n").card
    (told,) = [one for one in card.metrics if one.size_px == 640 and one.precision == card.precision][:1]
    assert told.smoke is not None
    assert card_score(card) == told.smoke.t_at_r80


def test_a_card_without_smoke_figures_is_refused_by_name() -> None:
    with pytest.raises(ModelError, match="vehicle-n"):
        card_score(Registry().find("vehicle-n").card)
