"""Made plumes and look-alikes on a drawn landscape: they stand on the ground, can be seen, and are boxed truly."""

from __future__ import annotations

from pathlib import Path

import av
import cv2
import numpy as np
import pytest

from models.letterbox import Frame
from models.training.lookalikes import KINDS, draw_one
from models.training.plumes import MIN_CONTRAST, Laid, Plume, cut_out, filmed, lay, render, skyline

SKYLINE_ROW = 200


def landscape(seed: int = 1) -> Frame:
    """480 x 640: a pale sky over dark, textured ground from row 200 down."""
    rng = np.random.default_rng(seed)
    picture = np.full((480, 640, 3), (225, 205, 190), np.float32)
    picture[SKYLINE_ROW:] = (60, 85, 80)
    picture[SKYLINE_ROW:] += cv2.GaussianBlur(rng.normal(0, 30, (480 - SKYLINE_ROW, 640, 3)), (0, 0), 1.5)
    return np.clip(picture, 0, 255).astype(np.uint8)


def laid_plumes(count: int = 60) -> list[tuple[Frame, Laid]]:
    picture = landscape()
    line = np.full(640, SKYLINE_ROW)
    pairs = []
    for seed in range(count):
        rng = np.random.default_rng(seed)
        pairs.append((picture, lay(picture, render(rng), line, rng)))
    return pairs


def test_the_skyline_is_found_where_the_ground_begins() -> None:
    line = skyline(landscape())
    assert line is not None
    assert line.shape == (640,)
    assert np.abs(line - SKYLINE_ROW).max() <= 10


def test_a_picture_without_ground_has_no_skyline() -> None:
    assert skyline(np.full((480, 640, 3), 180, np.uint8)) is None


@pytest.mark.parametrize("seed", range(5))
def test_a_rendered_plume_is_opaque_somewhere_and_clear_at_its_upper_corners(seed: int) -> None:
    opacity = render(np.random.default_rng(seed)).opacity
    assert opacity.max() == pytest.approx(1)
    assert opacity.min() >= 0
    assert min(opacity[0, 0], opacity[0, -1]) < 0.3


def test_the_same_seed_gives_the_same_plume_and_another_seed_another() -> None:
    first, again, other = (render(np.random.default_rng(seed)).opacity for seed in (4, 4, 5))
    assert np.array_equal(first, again)
    assert not np.array_equal(first, other)


def test_what_changes_lies_around_the_box_and_the_picture_given_stays_as_it_was() -> None:
    before = landscape()
    for picture, laid in laid_plumes():
        assert np.array_equal(picture, before)
        if laid.box_xyxy_px is None:
            assert laid.picture is picture
            continue
        x1, y1, x2, y2 = laid.box_xyxy_px.astype(int)
        change = np.abs(laid.picture.astype(float) - picture).mean(axis=2)
        assert change[y1:y2, x1:x2].max() >= MIN_CONTRAST
        assert change[y1:y2, x1:x2].sum() > 0.5 * change.sum()


def test_most_plumes_can_be_seen_and_every_box_lies_in_the_picture() -> None:
    boxes = [laid.box_xyxy_px for _, laid in laid_plumes() if laid.box_xyxy_px is not None]
    assert len(boxes) > 40
    stacked = np.stack(boxes)
    assert (stacked[:, :2] >= 0).all()
    assert (stacked[:, 2:] <= (640, 480)).all()
    assert (stacked[:, 2:] - stacked[:, :2] >= 4).all()


def test_plumes_stand_on_the_ground_or_rise_from_behind_the_skyline() -> None:
    feet = [laid.box_xyxy_px[3] for _, laid in laid_plumes() if laid.box_xyxy_px is not None]
    assert min(feet) > SKYLINE_ROW - 0.5 * 160
    assert np.mean([foot > SKYLINE_ROW - 4 for foot in feet]) > 0.7


def test_a_plume_as_dark_as_the_ground_behind_it_gets_no_box() -> None:
    black = np.zeros((480, 640, 3), np.uint8)
    invisible = Plume(np.full((40, 40), 1e-3, np.float32), None)
    laid = lay(black, invisible, np.full(640, SKYLINE_ROW), np.random.default_rng(0))
    assert laid.box_xyxy_px is None
    assert laid.picture is black


def test_a_real_plume_is_cut_out_with_the_shape_that_was_laid() -> None:
    before = landscape()
    yy, xx = np.mgrid[0:480, 0:640]
    opacity = 0.8 * np.exp(-(((xx - 300) / 18) ** 2) - ((yy - 330) / 30) ** 2)
    after = (before + (240.0 - before) * opacity[..., None]).round().astype(np.uint8)
    box = np.array([260, 260, 340, 400], np.float32)
    plume = cut_out(after, before, box)
    assert plume is not None
    laid = opacity[260:400, 260:340] / opacity.max()
    assert np.corrcoef(plume.opacity.ravel(), laid.ravel())[0, 1] > 0.9


def test_a_change_of_light_alone_is_no_plume() -> None:
    before = landscape()
    brighter = np.clip(before.astype(float) + 25, 0, 255).astype(np.uint8)
    assert cut_out(brighter, before, np.array([260, 120, 340, 260], np.float32)) is None


def test_a_film_on_black_gives_plumes_cut_to_the_smoke(tmp_path: Path) -> None:
    film = tmp_path / "film.mp4"
    with av.open(str(film), "w") as out:
        stream = out.add_stream("libx264", 24, options={"preset": "ultrafast"})
        stream.width, stream.height, stream.pix_fmt = 160, 96, "yuv420p"
        for index in range(12):
            frame = np.zeros((96, 160, 3), np.uint8)
            if index > 3:
                cv2.circle(frame, (80, 60), 20, (230, 230, 230), -1)
            out.mux(stream.encode(av.VideoFrame.from_ndarray(frame, "bgr24")))
        out.mux(stream.encode(None))
    plumes = filmed(film, every=4)
    assert len(plumes) == 2  # the first of three taken frames is black
    assert all(38 <= side <= 46 for plume in plumes for side in plume.opacity.shape)


@pytest.mark.parametrize("index", range(len(KINDS)))
def test_every_lookalike_changes_a_copy_and_keeps_the_form(index: int) -> None:
    picture, line = landscape(), np.full(640, SKYLINE_ROW)
    original = picture.copy()
    drawn = [KINDS[index](picture, line, np.random.default_rng(seed)) for seed in range(4)]
    assert np.array_equal(picture, original)
    assert all(one.shape == picture.shape and one.dtype == np.uint8 for one in drawn)
    assert any(not np.array_equal(one, picture) for one in drawn)


def test_drawn_lookalikes_follow_the_seed() -> None:
    picture, line = landscape(), np.full(640, SKYLINE_ROW)
    first, again = (draw_one(picture, line, np.random.default_rng(9)) for _ in range(2))
    assert np.array_equal(first, again)


def test_a_landscape_with_little_sky_or_little_ground_is_no_obstacle() -> None:
    for row in (8, 470):
        for seed in range(12):
            drawn = draw_one(landscape(), np.full(640, row), np.random.default_rng(seed))
            assert drawn.shape == (480, 640, 3)
