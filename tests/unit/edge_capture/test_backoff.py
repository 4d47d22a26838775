"""Waits between tries: longer each time, never beyond the limit, never all alike."""

from __future__ import annotations

import random

from hypothesis import given
from hypothesis import strategies as st

from edge.capture.backoff import Backoff


@given(st.integers(1, 10_000), st.integers())
def test_a_wait_lies_in_the_upper_half_of_its_doubled_ceiling(failures: int, seed: int) -> None:
    ceiling_s = min(60.0, 2.0 ** min(failures - 1, 100))
    delay_s = Backoff(1.0, 60.0).delay_s(failures, random.Random(seed))
    assert ceiling_s / 2 <= delay_s <= ceiling_s


def test_a_thousand_cameras_do_not_come_back_at_once() -> None:
    waits = {round(Backoff().delay_s(5, random.Random(camera)), 2) for camera in range(1000)}
    assert len(waits) > 400
