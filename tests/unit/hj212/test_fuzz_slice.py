"""A slice of the fuzzing campaign in each run of the tests: fixed inputs, so that a failure comes again."""

from __future__ import annotations

import pytest

from tests.fuzz.hj212 import run_structured

INPUTS = 4000


@pytest.mark.parametrize("seed", [212, 2017])
def test_mutated_frames_neither_break_nor_fill_nor_hang_the_decoder(seed: int) -> None:
    assert run_structured(seed, inputs=INPUTS) == INPUTS
