"""The map from picture to ground, and what the parking rule does with it."""

from __future__ import annotations

import pytest

from detectors import illegal_parking as rule
from detectors.ground import homography, metres_apart, on_ground
from detectors.illegal_parking.config import Ground
from tests.unit.detectors.scene import looks, phases, run
from tests.unit.detectors.test_failure_table import like

IMAGE = ((400.0, 300.0), (900.0, 300.0), (1100.0, 700.0), (200.0, 700.0))
METRES = ((0.0, 20.0), (10.0, 20.0), (10.0, 0.0), (0.0, 0.0))


def test_the_given_points_lie_where_they_were_measured() -> None:
    flat = homography(IMAGE, METRES)
    for point, where in zip(IMAGE, METRES, strict=True):
        assert on_ground(flat, point) == pytest.approx(where, abs=1e-6)


def test_more_points_than_four_are_fitted() -> None:
    flat = homography(IMAGE, METRES)
    middle = on_ground(flat, (650.0, 450.0))
    again = homography((*IMAGE, (650.0, 450.0)), (*METRES, middle))
    assert metres_apart(again, IMAGE[0], IMAGE[1]) == pytest.approx(10.0, abs=1e-6)


@pytest.mark.parametrize(
    ("image_px", "metres"),
    [
        (IMAGE[:3], METRES[:3]),
        (IMAGE, METRES[:3]),
        (((0.0, 0.0), (1.0, 1.0), (2.0, 2.0), (3.0, 3.0)), METRES),
        ((IMAGE[0],) * 4, METRES),
    ],
)
def test_points_that_span_no_ground_are_refused(
    image_px: tuple[tuple[float, float], ...], metres: tuple[tuple[float, float], ...]
) -> None:
    with pytest.raises(ValueError, match="point"):
        homography(image_px, metres)


def test_a_box_that_shrinks_far_away_has_moved_by_pixels_but_not_by_metres() -> None:
    before, after = like((500.0, 300.0, 700.0, 420.0)), like((540.0, 330.0, 655.0, 425.0))
    scene = [*looks(0, 8), *looks(10, 40, before), *looks(42, 100, after)]
    flat = rule.Config(grace_s=20, ground=Ground(image_px=IMAGE, metres=METRES))
    assert phases(run(scene, config=flat)[1]) == ["opened"]


def test_a_vehicle_that_creeps_by_metres_has_moved() -> None:
    flat = rule.Config(grace_s=20, ground=Ground(image_px=IMAGE, metres=METRES))
    step = [
        look
        for i in range(12)
        for look in looks(42 + 2 * i, 42 + 2 * i, like((500.0, 300.0 + 12 * i, 700.0, 420.0 + 12 * i)))
    ]
    _, findings, _ = run([*looks(0, 8), *looks(10, 40, like()), *step, *looks(66, 90)], config=flat)
    assert phases(findings)[:2] == ["opened", "closed"]
