"""Which looks a fire's evidence is held of: few, from the first on, as it grows; and nothing of what was none."""

from __future__ import annotations

from itertools import pairwise

from contract.events import EvidenceRole
from contract.times import NS
from detectors.fold import Ask, DropEvidence, HoldEvidence
from detectors.straw_burning.keeping import CLOSEST_S, GREW, KEPT_BEFORE, KEPT_MOST
from tests.unit.straw_burning.tower import START_NS, look, minutes, phases, plume, quiet, run, stare


def held_s(asks: list[Ask], role: EvidenceRole) -> list[float]:
    """Seconds of the scene whose picture is asked for in that role."""
    return [(ask.at_ns - START_NS) / NS for ask in asks if isinstance(ask, HoldEvidence) and ask.role == role]


def test_a_stare_keeps_its_first_look_and_steps_until_it_is_confirmed() -> None:
    _, findings, asks = run([*quiet(4), *stare(0, 24)])
    confirmed_s = (findings[0].last_seen_ns - START_NS) / NS
    steps = held_s(asks, "look")
    before = [at for at in steps if at < confirmed_s]
    assert phases(findings)[0] == "opened"
    assert held_s(asks, "first_still") == [0.0]
    assert 5 <= len(before) <= KEPT_BEFORE - 1
    assert confirmed_s not in steps, "the event's own still shows it"
    assert all(later - earlier >= CLOSEST_S for earlier, later in pairwise([0.0, *steps]))


def test_a_fire_watched_for_an_hour_keeps_no_more_looks_than_its_bound() -> None:
    scene = [*quiet(4), *stare(0, 24), *[look(20 + 10 * n, plume(area_share=0.002 * (1 + n))) for n in range(360)]]
    _, findings, asks = run(scene)
    assert "opened" in phases(findings)
    assert len(held_s(asks, "look")) + len(held_s(asks, "first_still")) + 1 == KEPT_MOST  # 1: the event's own


def test_a_candidate_that_is_never_confirmed_keeps_no_more_than_its_bound_and_then_nothing() -> None:
    doubtful = [look(0.5 * n, plume(flow_px_s=(0.0, 0.0), decorrelation=0.0, area_share=0.001)) for n in range(400)]
    gone = [look(210.0 + 5 * n) for n in range(10)]
    _, findings, asks = run([*quiet(4), *doubtful, *gone])
    assert not findings
    assert 0 < len(held_s(asks, "look")) + len(held_s(asks, "first_still")) <= KEPT_BEFORE
    held = {ask.event_id for ask in asks if isinstance(ask, HoldEvidence)}
    assert {ask.event_id for ask in asks if isinstance(ask, DropEvidence)} == held


def test_looks_a_minute_apart_are_steps_too() -> None:
    _, findings, asks = run([*quiet(4), *minutes(0, 8)])
    assert phases(findings)[0] == "opened"
    assert len(held_s(asks, "look")) >= 2


def test_growth_is_a_step_before_its_time() -> None:
    def kept_s(*areas: float) -> list[float]:
        late = [look(60.0 + n, plume(area_share=area)) for n, area in enumerate(areas)]
        return [at for at in held_s(run([*quiet(4), *stare(0, 20), *late])[2], "look") if at >= 60.0]

    assert kept_s(0.002, 0.002) == [60.0]
    assert kept_s(0.002, 0.002 * GREW * 1.01) == [60.0, 61.0]


def test_a_fire_that_is_out_shows_its_place_at_that_look() -> None:
    clear = [look(40.0 + 60 * n) for n in range(1, 45)]
    _, findings, asks = run([*quiet(4), *stare(0, 24), *clear])
    out = next(finding for finding in findings if getattr(finding.facts, "fire_state", "") == "out")
    (at_s,) = held_s(asks, "departure")
    assert findings[-1].phase == "closed"
    assert getattr(out.facts, "out", "") != ""
    assert 300 <= at_s <= 420
