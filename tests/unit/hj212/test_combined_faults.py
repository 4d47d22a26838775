"""Several faults in one frame: every one is named, none hides another; what is lost stays lost."""

from __future__ import annotations

import itertools
import random

import pytest

from tests.unit.hj212.frames import CLEAN, FAULTS, MN, QN, Wire, compatible, judged, together, verdicts

TRIPLES = 1500
OLD = CLEAN.replace(b"QN=20261203113000123;", b"").replace(MN.encode(), b"88888880000001").replace(b"Flag=5;", b"")
OTHER_FRAMES = {
    "2005 without QN and Flag": (OLD, {"qn", "flag", "mn"}),
    "2005 with both": (QN + OLD.replace(b"CP=", b"Flag=1;CP="), {"qn", "flag", "mn"}),
    "2025": (CLEAN.replace(b"Flag=5", b"Flag=9"), {"flag"}),
    "minute data": (CLEAN.replace(b"CN=2011", b"CN=2051").replace(b"-Rtd", b"-Avg"), {"flag", "name", "cn", "time"}),
    "no answer wanted": (CLEAN.replace(b"Flag=5", b"Flag=4"), {"flag"}),
    "process system": (CLEAN.replace(b"ST=31", b"ST=51"), {"st"}),
}


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


@pytest.mark.parametrize(("data", "touched"), OTHER_FRAMES.values(), ids=OTHER_FRAMES)
def test_faults_have_the_same_names_in_other_frames(data: bytes, touched: set[str]) -> None:
    wrong = {}
    for fault in FAULTS:
        if not fault.places & touched:
            raw = fault.make(Wire(data=data)).sent()
            if (got := verdicts(raw)) != [f"accepted-tolerant({fault.tolerance})"]:
                wrong[fault.name] = got
    assert wrong == {}


def test_a_faulty_part_names_its_faults_and_the_merged_message_those_of_all() -> None:
    parted = CLEAN.replace(b"Flag=5", b"Flag=7;PNUM=2;PNO=1"), CLEAN.replace(b"Flag=5", b"Flag=7;PNUM=2;PNO=2")
    wrong = {}
    for fault in FAULTS:
        if not fault.places & {"flag", "mn", "st", "time", "join4", "open"}:
            first, second = fault.make(Wire(data=parted[0])).sent(), Wire(data=parted[1]).sent()
            slips = f"({fault.tolerance})"
            if (got := verdicts(first, second)) != [f"partial(1/2) {slips}", f"merged(2) {slips}"]:
                wrong[fault.name] = got
    assert wrong == {}
