"""One box around two that is seen apart later: whose stay it was, and what gives nobody an earlier start."""

from __future__ import annotations

from collections.abc import Iterable

from contract.observations import Seen
from contract.times import NS
from detectors.fold import DropEvidence, Finding
from tests.unit.detectors.scene import START_NS, look, looks, phases, run
from tests.unit.detectors.test_failure_table import facts_of, like

FIRST_PX = (560.0, 320.0, 660.0, 400.0)
OWN_PX = (500.0, 370.0, 600.0, 470.0)
BOTH_PX = (500.0, 320.0, 660.0, 470.0)
FIRST, OWN = like(FIRST_PX), like(OWN_PX, seed=2)
BOTH = like(BOTH_PX, seed=3, label="truck")
STOOD = [*looks(0, 8), *looks(10, 18, FIRST)]


def began_s(scene: Iterable[Seen]) -> dict[tuple[float, ...], float]:
    """When the stay of each box that was told began, in seconds of the scene."""
    _, findings, _ = run(scene)
    opened = ((one.bbox_xyxy_px, one.onset_ns - START_NS) for one in findings if one.phase == "opened")
    return {box: after_ns / NS for box, after_ns in opened if box is not None}


def reasons(finding: Finding) -> list[str]:
    """Why a finding is held, released or flagged."""
    return [one.reason for one in finding.counter_evidence]


def test_a_newcomer_seen_apart_from_its_neighbour_began_with_the_box_that_held_both() -> None:
    apart = [*looks(28, 30, FIRST, BOTH, OWN), *looks(32, 60, FIRST, OWN)]
    scene = [*STOOD, *looks(20, 26, FIRST, BOTH), *apart]
    assert began_s(scene) == {FIRST_PX: 10.0, OWN_PX: 20.0}
    _, findings, asks = run(scene)
    own = next(one for one in findings if one.onset_ns == START_NS + 20 * NS)
    assert "its stay begins in one box with its neighbour" in reasons(own)
    assert facts_of(own).identity == "assumed"
    assert [one for one in asks if isinstance(one, DropEvidence)] == []  # it keeps what was held of the beginning


def test_a_newcomer_in_one_box_again_is_told_once_and_to_its_end() -> None:
    first, own = like((574.0, 300.0, 654.0, 394.0)), like((500.0, 331.0, 615.0, 471.0), seed=2)
    both = like(
        (500.0, 300.0, 654.0, 470.0), seed=3, label="truck"
    )  # little larger than the newcomer: its own box grown
    apart, together = looks(28, 30, first, both, own), looks(32, 60, first, both)
    again = [*looks(62, 72, first, both, own), *looks(74, 120, first, own), *looks(122, 160, first)]
    scene = [*looks(0, 8), *looks(10, 18, first), *looks(20, 26, first, both), *apart, *together, *again]
    _, findings, _ = run(scene)
    ends = [one for one in findings if one.onset_ns >= START_NS + 20 * NS]
    assert phases(ends) == ["opened", "closed"]
    assert facts_of(ends[-1]).dwell_s == 100.0


def test_a_box_that_nobody_is_seen_apart_in_gives_no_newcomer_an_earlier_start() -> None:
    scene = [*STOOD, *looks(20, 26, FIRST, BOTH), *looks(28, 30, FIRST), *looks(32, 70, FIRST, OWN)]
    assert began_s(scene) == {FIRST_PX: 10.0}


def test_a_car_that_passes_beside_a_standing_one_gives_no_newcomer_an_earlier_start() -> None:
    scene = [*STOOD, look(20, FIRST, BOTH), *looks(22, 28, FIRST), *looks(30, 70, FIRST, OWN)]
    assert began_s(scene)[OWN_PX] == 30.0
    just_before = [*STOOD, look(20, FIRST, BOTH), look(22, FIRST, BOTH, OWN), *looks(24, 70, FIRST, OWN)]
    assert began_s(just_before)[OWN_PX] == 22.0


def test_a_van_that_replaces_a_car_gives_no_newcomer_an_earlier_start() -> None:
    first, own = like(FIRST_PX, seed=4), like(OWN_PX, seed=5)
    scene = [*STOOD, *looks(20, 30, BOTH), look(32), *looks(34, 80, first, own)]
    assert set(began_s(scene).values()) == {34.0}
    in_one_look = [*STOOD, *looks(20, 30, BOTH), *looks(32, 80, first, BOTH, own)]  # nobody who stood before the van
    assert began_s(in_one_look)[OWN_PX] == 32.0


def test_a_van_that_stood_before_both_gives_no_newcomer_an_earlier_start() -> None:
    scene = [*looks(0, 8), *looks(10, 18, BOTH), *looks(20, 28, BOTH, FIRST), *looks(30, 70, BOTH, FIRST, OWN)]
    assert began_s(scene)[BOTH_PX] == 10.0
    assert began_s(scene)[OWN_PX] == 30.0


def test_a_box_that_only_jitters_gives_no_newcomer_an_earlier_start() -> None:
    jitter = [look(20 + 2 * n, *([FIRST, BOTH] if n % 2 == 0 else [FIRST])) for n in range(5)]
    scene = [*STOOD, *jitter, *looks(30, 34, FIRST, BOTH, OWN), *looks(36, 80, FIRST, OWN)]
    assert began_s(scene)[OWN_PX] == 30.0


def test_a_box_that_another_edge_bounds_gives_no_newcomer_an_earlier_start() -> None:
    other = like((500.0, 320.0, 660.0, 520.0), seed=3, label="truck")  # it reaches further than both of them
    scene = [*STOOD, *looks(20, 26, FIRST, other), *looks(28, 70, FIRST, other, OWN)]
    assert began_s(scene)[OWN_PX] == 28.0


def test_a_box_that_widens_over_a_newcomer_is_no_departure() -> None:
    wider, both = like((530.0, 320.0, 660.0, 440.0)), like(BOTH_PX)
    scene = [*STOOD, look(20, wider), *looks(22, 50, both), *looks(52, 80, FIRST, OWN)]
    assert began_s(scene)[FIRST_PX] == 10.0
