"""The fuzzing campaign in each run of the tests: a fixed slice, which fails again, and a minute that goes on."""

from __future__ import annotations

import os

import pytest

from tests.fuzz.hj212 import FOLDER, add_up, run_structured

INPUTS = 4000
MINUTE_S = float(os.environ.get("TANTOU_FUZZ_S", "60"))  # a shorter one for a quick look at other tests


@pytest.mark.parametrize("seed", [212, 2017])
def test_mutated_frames_neither_break_nor_fill_nor_hang_the_decoder(seed: int) -> None:
    assert run_structured(seed, inputs=INPUTS) == INPUTS


@pytest.mark.timeout(240)
def test_a_minute_of_new_hostile_input_goes_on_where_the_campaign_stopped() -> None:
    seed = add_up(FOLDER, 0) + 1
    done = run_structured(seed, seconds=MINUTE_S)
    assert done > 0
    add_up(FOLDER, done)
