"""Stares: begun for what stands out, ended when they are answered, repeated later and later while they tell nothing."""

from __future__ import annotations

from typing import Any

from contract.observations import Observation
from detectors.fold import LookSooner
from detectors.straw_burning.staring import STARE_AGAIN_S
from tests.unit.straw_burning import tower
from tests.unit.straw_burning.tower import look, plume, quiet, stare

STILL: dict[str, Any] = {"flow_px_s": (0.0, 0.0), "decorrelation": 0.0}  # a new thing that does not move
FAINT: dict[str, Any] = {**STILL, "surety": 0.3}  # visits alone do not tell it


def asked_at(scene: list[Observation]) -> list[tuple[float, float]]:
    """(when, until when) the head was asked to stay, in seconds of the scene."""
    steps = tower.steps([*quiet(4), *scene])
    return [
        ((seen.at_ns - tower.START_NS) / 1e9, (ask.until_ns - tower.START_NS) / 1e9)
        for seen, step in zip([*quiet(4), *scene], steps, strict=True)
        for ask in step.asks
        if isinstance(ask, LookSooner)
    ]


def visits(count: int, *, every_s: float = 60.0, **differs: Any) -> list[Observation]:
    """Stares of 20 looks, at each visit, at one thing."""
    return [look(every_s * n + k, plume(**{**FAINT, **differs})) for n in range(count) for k in range(20)]


def test_a_stare_ends_when_the_fire_is_told() -> None:
    scene = stare(0, 40)
    opened_s = next(
        (seen.at_ns - tower.START_NS) / 1e9
        for seen, step in zip(scene, tower.steps([*quiet(4), *scene])[4:], strict=True)
        if step.findings
    )
    assert asked_at(scene) == [(0.0, 20.0), (opened_s, opened_s)]


def test_it_goes_on_while_another_candidate_is_not_told_yet() -> None:
    scene = [look(n / 2, plume(area_share=0.001 * (1 + n / 20)), plume(300, **STILL)) for n in range(38)]
    assert all(until_s > at_s for at_s, until_s in asked_at(scene))


def test_what_a_stare_did_not_tell_is_stared_at_later_and_later() -> None:
    begun = [at_s for at_s, until_s in asked_at(visits(7)) if until_s > at_s]
    assert begun == [0.0, STARE_AGAIN_S, 3 * STARE_AGAIN_S]


def test_what_has_grown_since_is_another_question() -> None:
    areas = [0.001, 0.001, 0.002, 0.004, 0.008]
    scene = [look(60.0 * n + k, plume(area_share=area, **FAINT)) for n, area in enumerate(areas) for k in range(20)]
    begun = [at_s for at_s, until_s in asked_at(scene) if until_s > at_s]
    assert begun[:3] == [0.0, 60.0, 120.0 + 1]


def test_a_white_veil_that_changes_within_seconds_moves() -> None:
    turning = {**STILL, "turnover": 0.06, "grey_shift": -20.0}
    assert tower.phases(tower.run([*quiet(4), *[look(n, plume(**turning)) for n in range(12)]])[1])[:1] == ["opened"]


def test_the_smaller_a_thing_is_the_more_of_it_its_swaying_edges_change() -> None:
    def opened(area: float) -> bool:
        scene = [look(n, plume(area_share=area, turnover=0.04, grey_shift=-20.0, **STILL)) for n in range(12)]
        return bool(tower.run([*quiet(4), *scene])[1])

    assert opened(0.01)
    assert not opened(0.0005)


def test_the_first_looks_of_a_stare_have_nothing_to_be_compared_with() -> None:
    scene = [look(n, plume(turnover=0.0 if n < 5 else 0.06, grey_shift=-20.0, **STILL)) for n in range(9)]
    assert tower.phases(tower.run([*quiet(4), *scene])[1]) == ["opened"]


def test_candidates_of_one_picture_share_one_stare() -> None:
    both = [look(n, plume(300, **FAINT), plume(1300, **FAINT)) for n in range(10)]
    state, _, asks = tower.run([*quiet(4), *both])
    assert [ask.until_ns for ask in asks if isinstance(ask, LookSooner)] == [tower.START_NS + 20 * 10**9]
    assert (state.counts["stares"], len(state.stares_ns)) == (2, 1)


def test_one_that_comes_late_is_stared_at_in_the_next_visit() -> None:
    """However many candidates a view has: it does not hold up the turn."""
    late = [look(n, plume(300, **FAINT), *([plume(1300, **FAINT)] if n >= 15 else [])) for n in range(22)]
    state = tower.run([*quiet(4), *late])[0]
    assert (state.counts["stares"], len(state.stares_ns)) == (1, 1)
    again = tower.run([look(80, plume(300, **FAINT), plume(1300, **FAINT))], state=state)[0]
    assert again.counts["stares"] == 3


def test_the_last_stare_of_a_cycle_is_kept_for_what_was_not_stared_at_yet() -> None:
    names = ("a", "b", "c")
    first = [look(100.0 * n, plume(200 + 300 * n, **FAINT), preset=name) for n, name in enumerate(names)]
    again = [look(600.0 + 2 * n, plume(200 + 300 * n, **FAINT), preset=name) for n, name in enumerate(names)]
    new = look(610.0, plume(1500, **FAINT), preset="a")
    before, after = tower.run([*first, *again])[0], tower.run([*first, *again, new])[0]
    assert before.counts["stares"] == 3 + tower.CONFIG.stares_per_cycle - 1
    assert after.counts["stares"] == before.counts["stares"] + 1
