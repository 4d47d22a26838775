"""Several faults in one frame: every one is named, none hides another; what is lost stays lost."""

from __future__ import annotations

import itertools
import random

from tests.unit.hj212.frames import FAULTS, Wire, compatible, judged, together, verdicts

TRIPLES = 1500


def test_each_pair_of_faults_is_named_by_both_names() -> None:
    pairs = [pair for pair in itertools.combinations(FAULTS, 2) if compatible(*pair)]
    wrong = {}
    for pair in pairs:
        raw, verdict = together(*pair)
        if (got := verdicts(raw)) != [verdict]:
            wrong[tuple(fault.name for fault in pair)] = (verdict, got)
    assert len(pairs) > 2000
    assert wrong == {}


def test_three_and_four_faults_are_named_by_all_their_names() -> None:
    chance = random.Random(212)
    wrong = {}
    for _ in range(TRIPLES):
        faults = chance.sample(FAULTS, chance.choice((3, 4)))
        if compatible(*faults) and not {"T5"} & {fault.tolerance for fault in faults}:
            raw, verdict = together(*faults)
            if (got := verdicts(raw)) != [verdict]:
                wrong[tuple(fault.name for fault in faults)] = (verdict, got)
    assert wrong == {}


def test_a_changed_byte_is_rejected_whatever_else_is_forgiven() -> None:
    for fault in FAULTS:
        made = fault.make(Wire())
        if "crc" in fault.places or "case" in fault.places or "short" in fault.places:
            continue
        wrong_crc = Wire(made.data, before=made.before, more_length=made.more_length, length=made.length, end=made.end)
        raw = Wire(**{**wrong_crc.__dict__, "crc": b"1B2B"}).sent()
        expected = "rejected(bad-length)" if fault.tolerance == "T6" else "rejected(bad-crc)"
        assert verdicts(raw) == [expected], fault.name


def test_only_the_tolerant_frames_of_a_read_carry_its_slips() -> None:
    clean, (slipped, verdict) = Wire().sent(), together(FAULTS[7], FAULTS[8])
    assert [one.verdict for one in judged(clean.replace(b"QN=2026", b"QN=2025") + slipped)][1] == verdict
