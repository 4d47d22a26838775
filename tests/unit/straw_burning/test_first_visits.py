"""A camera that never moves and looks too rarely for motion: what may be told of smoke that its first visits showed."""

from __future__ import annotations

from typing import Any

from contract.observations import Observation
from tests.unit.straw_burning.tower import look, plume, run

EVERY_S = 10.0
RARELY: dict[str, Any] = {"interval_s": EVERY_S, "flow_px_s": None, "decorrelation": None}


def smoke(first_s: float, until_s: float, *, grows: float = 0.05) -> list[Observation]:
    """A look each 10 s at smoke that grows by `grows` of its first area from look to look."""
    times = [first_s + EVERY_S * n for n in range(int((until_s - first_s) / EVERY_S))]
    return [look(at, plume(area_share=0.001 * (1 + grows * n), **RARELY)) for n, at in enumerate(times)]


def clear(until_s: float) -> list[Observation]:
    return [look(EVERY_S * n) for n in range(int(until_s / EVERY_S))]


def test_smoke_that_begins_in_the_second_minute_is_told_once_it_has_stayed_and_grown() -> None:
    findings = run([*clear(70), *smoke(70, 500)])[1]
    assert [one.phase for one in findings][:1] == ["opened"]
    assert (findings[0].last_seen_ns - findings[0].onset_ns) / 1e9 <= 300


def test_what_the_first_visit_showed_is_never_told_as_new() -> None:
    assert run(smoke(0, 900))[1] == []


def test_what_came_after_one_clear_visit_and_does_not_grow_is_not_told() -> None:
    assert run([*clear(70), *smoke(70, 900, grows=0.0)])[1] == []


def test_what_is_called_now_and_then_in_the_first_visits_is_not_told() -> None:
    twice = [*smoke(70, 150), look(150), look(160), *smoke(170, 330)]
    assert run([*clear(70), *twice])[1] == []
