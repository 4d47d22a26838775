"""The curve: the same reports give the same picture; a bad mark, a gap and the judged window are seen."""

from __future__ import annotations

from io import BytesIO

import numpy as np
from PIL import Image

from contract.observations import FactorSeen, Reported
from contract.times import NS
from edge.sensors.evidence.curve import BAD_INK, FUME_INK, SHADE, SIZE_PX, Judged, draw_curve, points_of

BEGIN_NS = 1_790_000_000 * NS


def report(second: int, value: float | None, *, mark: str = "N", statistic: str = "Rtd") -> Reported:
    factor = FactorSeen(factor="fume_mg_m3", statistic=statistic, value=value, unit="mg/m3", mark=mark)
    at_ns = BEGIN_NS + second * NS
    return Reported(device="k", at_ns=at_ns, received_ns=at_ns, interval_s=30.0, factors=(factor,))


def judged(*, window_s: tuple[int, int] = (600, 1200)) -> Judged:
    begin, end = (BEGIN_NS + second * NS for second in window_s)
    return Judged(
        title="示范面馆 Noodle house",
        lines=("profile x 1",),
        from_ns=BEGIN_NS,
        to_ns=BEGIN_NS + 1800 * NS,
        window_ns=(begin, end),
        limit=2.0,
    )


def pixels(png: bytes) -> np.ndarray:
    return np.asarray(Image.open(BytesIO(png)).convert("RGB"))


def count(png: bytes, colour: tuple[int, int, int]) -> int:
    return int((pixels(png) == colour).all(axis=2).sum())


def test_the_same_reports_give_the_same_picture_in_any_order() -> None:
    reports = [report(second, 1.0 + second / 1000) for second in range(0, 1800, 30)]
    first = draw_curve(reports, judged())
    assert first == draw_curve(reversed(reports), judged())
    assert Image.open(BytesIO(first)).size == SIZE_PX


def test_a_mark_other_than_normal_is_drawn_as_another_sign() -> None:
    good = draw_curve([report(second, 1.0) for second in range(0, 1800, 30)], judged())
    bad = draw_curve([report(second, 1.0, mark="M") for second in range(0, 1800, 30)], judged())
    assert count(good, BAD_INK) == 0
    assert count(bad, BAD_INK) > 1000


def test_a_gap_is_no_line() -> None:
    whole = draw_curve([report(second, 1.0) for second in range(0, 1800, 30)], judged())
    torn = draw_curve([report(second, 1.0) for second in range(0, 1800, 30) if not 300 < second < 1500], judged())
    assert count(torn, FUME_INK) < count(whole, FUME_INK) / 2


def test_the_judged_window_is_shaded_by_its_length() -> None:
    short, long = (draw_curve([], judged(window_s=(600, 600 + length))) for length in (300, 900))
    assert 2.5 < count(long, SHADE) / count(short, SHADE) < 3.5


def test_what_was_not_sent_is_no_point_and_means_go_before_single_values() -> None:
    told = [report(0, None), report(30, 1.0), report(30, 2.0, statistic="Avg"), report(60, 9.0, statistic="Max")]
    assert [value for _, value, _ in points_of(told, "fume_mg_m3")] == [2.0]
