"""Slow smoke: hardly different from look to look, another one after seconds; what stands still never is."""

from __future__ import annotations

import numpy as np

from edge.capture.types import Image
from edge.inference.plumes_befores import APART_NS, FIRST_NS, Befores
from tests.unit.edge_inference.test_plumes import CALL, learnt, measure, only
from tests.unit.edge_inference.valley import at_ns, valley, with_smoke

STARE_S = 20


def turnovers(*, turns: float) -> list[float]:
    """Of each look of a stare, one a second, at smoke that has become another one after so many seconds."""
    meter, found = learnt(), []
    was, will_be = (with_smoke(valley(200, noise=0.0), seed=seed).astype(np.float32) for seed in (1, 2))
    for second in range(STARE_S):
        share = min(1.0, second / turns) if turns else 0.0
        grain = valley(300 + second).astype(np.float32) - valley(300 + second, noise=0.0)
        picture = np.clip((1 - share) * was + share * will_be + grain, 0, 255).astype(np.uint8)
        found.append(only(measure(meter, picture, second, CALL)).turnover or 0.0)
    return found


def test_smoke_that_changes_slowly_is_told_by_the_looks_of_some_seconds_ago() -> None:
    seen = turnovers(turns=40.0)
    assert seen[1] < 0.05
    assert min(seen[10:]) > 2 * seen[1]


def test_what_stands_still_is_the_same_however_long_one_looks() -> None:
    assert max(turnovers(turns=0.0)) < 0.03


def picture(value: int) -> Image:
    return np.full((4, 4), value, np.uint8)


def held(every_s: float, count: int) -> Befores:
    befores = Befores()
    for index in range(count):
        befores = befores.after(at_ns(every_s * index), picture(index))
    return befores


def test_few_pictures_are_held_however_fast_the_looks_come() -> None:
    for every_s in (0.2, 0.5, 1.0, 2.0):
        assert len(held(every_s, 200).looks) <= FIRST_NS // APART_NS + 2


def test_the_last_look_and_one_of_some_seconds_ago_are_there() -> None:
    befores = held(1.0, 30)
    last, ago_s = befores.last(at_ns(30.0), picture(30))
    first = befores.first(at_ns(30.0), picture(30))
    assert last is not None
    assert first is not None
    assert (int(last[0, 0]), ago_s) == (29, 1.0)
    assert 20 <= first[0, 0] <= 23


def test_after_a_gap_nothing_of_before_is_compared() -> None:
    befores = held(1.0, 5)
    assert befores.last(at_ns(60.0), picture(6))[0] is None
    assert befores.first(at_ns(60.0), picture(6)) is None
    assert len(befores.after(at_ns(60.0), picture(6)).looks) == 1
