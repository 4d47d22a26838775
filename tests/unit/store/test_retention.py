"""Which part of a time no act needs."""

from __future__ import annotations

from store.retention import Stretch, first_free

SPAN = Stretch("10", "50")


def test_without_acts_the_whole_span_is_free() -> None:
    assert first_free(SPAN, []) == SPAN


def test_the_first_free_part_ends_where_an_act_s_readings_begin() -> None:
    assert first_free(SPAN, [Stretch("40", "45"), Stretch("20", "30")]) == ("10", "20")


def test_acts_that_overlap_are_one_stretch_that_is_kept() -> None:
    assert first_free(SPAN, [Stretch("05", "20"), Stretch("15", "25"), Stretch("12", "14")]) == ("25", "50")


def test_an_act_without_an_end_leaves_nothing_free_behind_its_beginning() -> None:
    assert first_free(SPAN, [Stretch("10", "9999")]) is None


def test_acts_before_and_after_the_span_change_nothing() -> None:
    assert first_free(SPAN, [Stretch("01", "10"), Stretch("50", "60"), Stretch("70", "80")]) == SPAN


def test_of_a_span_that_is_over_nothing_is_free() -> None:
    assert first_free(Stretch("50", "50"), []) is None
    assert first_free(Stretch("50", "50"), [Stretch("60", "70")]) is None
