"""Two patches compared: what the rule may conclude from them, and what not."""

from __future__ import annotations

import pytest

from detectors.illegal_parking.appearance import colour_likeness, compare, pattern_likeness
from tests.unit.detectors.test_failure_table import patch

FLAT = "0" * 64 + "f" + "0" * 11


def lighter(one: str) -> str:
    """Every cell a level up where there is room: another exposure."""
    return "".join(f"{min(15, int(digit, 16) + 1):x}" for digit in one[:64]) + one[64:]


def test_a_patch_is_the_same_as_itself_and_under_other_light() -> None:
    assert compare((patch(1),), patch(1)) == "same"
    assert compare((patch(1),), lighter(patch(1))) == "same"
    assert pattern_likeness(patch(1), lighter(patch(1))) > 0.95


def test_other_patterns_are_different() -> None:
    assert [compare((patch(1),), patch(seed)) for seed in range(2, 8)] == ["different"] * 6


def test_one_of_several_known_patches_is_enough() -> None:
    assert compare((patch(1), patch(2), patch(3)), patch(2)) == "same"


def test_the_same_pattern_in_other_colours_is_different() -> None:
    painted = lighter(patch(1))[:64] + "0" * 11 + "f"
    shifted = "".join(f"{15 - int(digit, 16):x}" for digit in painted[:8]) + painted[8:]
    assert colour_likeness(patch(1), shifted) == 0.0
    assert compare((patch(1),), shifted) == "different"


@pytest.mark.parametrize(
    ("known", "seen"), [((), patch(1)), ((patch(1),), None), ((FLAT,), patch(1)), ((patch(1),), FLAT)]
)
def test_without_a_pattern_nothing_is_concluded(known: tuple[str, ...], seen: str | None) -> None:
    assert compare(known, seen) == "unsure"
