"""Letterbox and box arithmetic hold for every shape of frame and box."""

from __future__ import annotations

import numpy as np
from hypothesis import given, settings
from hypothesis import strategies as st

from models.boxes import areas, intersections, ious, suppress
from models.letterbox import fitted_size, letterbox, padded, to_frame

SIDES = st.integers(1, 500)
SIZES_PX = st.sampled_from([96, 320, 416])
COORDINATES = st.floats(0, 1000, width=32)
BOXES = st.lists(st.tuples(COORDINATES, COORDINATES, COORDINATES, COORDINATES), min_size=1, max_size=12).map(
    lambda rows: np.sort(np.array(rows, np.float32).reshape(-1, 2, 2), axis=1).reshape(-1, 4)
)


@given(height=SIDES, width=SIDES, size_px=SIZES_PX, data=st.data())
@settings(deadline=None)
def test_a_box_goes_to_the_input_and_back_within_a_tenth_of_a_pixel(
    height: int, width: int, size_px: int, data: st.DataObject
) -> None:
    fitted = letterbox([np.zeros((height, width, 3), np.uint8)], size_px=size_px, pad_bgr=(114,) * 3, divide_by=255.0)
    share = st.floats(0, 1, width=32)
    x1, x2 = sorted(data.draw(st.tuples(share, share)))
    y1, y2 = sorted(data.draw(st.tuples(share, share)))
    box = np.array([[x1 * width, y1 * height, x2 * width, y2 * height]], np.float32)
    scale = fitted.scales_xy[0]
    back = to_frame(box * np.concatenate([scale, scale]), scale, (height, width))
    np.testing.assert_allclose(back, box, atol=0.1)


@given(shapes=st.lists(st.tuples(SIDES, SIDES), min_size=1, max_size=3), size_px=SIZES_PX)
@settings(deadline=None)
def test_every_frame_lies_whole_in_the_corner_and_the_rest_is_padding(
    shapes: list[tuple[int, int]], size_px: int
) -> None:
    frames = [np.full((*shape, 3), 255, np.uint8) for shape in shapes]
    batch = letterbox(frames, size_px=size_px, pad_bgr=(0, 0, 0), divide_by=255.0).batch
    assert batch.shape[0] == len(frames)
    assert batch.shape[2] % 32 == batch.shape[3] % 32 == 0
    assert max(batch.shape[2:]) == padded(size_px)
    for picture, shape in zip(batch, shapes, strict=True):
        h, w = fitted_size(shape, size_px)
        assert (picture[:, :h, :w] == 1).all()
        assert picture.sum() == 3 * h * w


@given(a=BOXES, b=BOXES)
def test_overlap_is_symmetric_and_bounded(a: np.ndarray, b: np.ndarray) -> None:
    overlap = ious(a, b)
    assert ((overlap >= 0) & (overlap <= 1 + 1e-5)).all()
    np.testing.assert_allclose(overlap, ious(b, a).T)
    assert (intersections(a, b) <= np.minimum(areas(a)[:, None], areas(b)[None, :]) * (1 + 1e-5) + 1e-3).all()


@given(boxes=BOXES, seed=st.integers(0, 2**32 - 1), iou_limit=st.floats(0.1, 0.9))
def test_suppression_keeps_the_best_and_leaves_no_rivals(boxes: np.ndarray, seed: int, iou_limit: float) -> None:
    rng = np.random.default_rng(seed)
    scores = rng.random(len(boxes)).astype(np.float32)
    groups = rng.integers(0, 2, len(boxes))
    kept = suppress(boxes, scores, groups, iou_limit=iou_limit)
    assert kept[0] == scores.argmax()
    assert (np.diff(scores[kept]) <= 0).all()
    rivals = (ious(boxes[kept], boxes[kept]) > iou_limit) & (groups[kept][:, None] == groups[kept][None, :])
    np.fill_diagonal(rivals, val=False)
    assert not rivals.any()
