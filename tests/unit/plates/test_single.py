"""The single-picture rule: each abstention by its name, and what is needed for a text to stand."""

from __future__ import annotations

from typing import Any

import pytest

from contract.plates import PlateRead, PlateSeen, RawRead
from detectors.plate_single import read_one


def reads(*said: tuple[str, str], sure: float = 0.9, rows: Any = 1) -> tuple[RawRead, ...]:
    """Raw reads of (reader, text) with one probability for each character."""
    return tuple(
        RawRead(reader=reader, rows=rows, margin=0.0, text=text, sure=(sure,) * len(text)) for reader, text in said
    )


def seen(raw: tuple[RawRead, ...], **changed: Any) -> PlateSeen:
    """A plate that is easy to read, but for what is changed."""
    easy: dict[str, Any] = {
        "quad_px": ((0, 0), (120, 0), (120, 40), (0, 40)),
        "corner_score": 0.95,
        "width_px": 120,
        "tilt_deg": 3,
        "colour": "blue",
        "dark": 0.0,
        "bright": 0.0,
        "sharpness": 9.0,
    }
    return PlateSeen(**(easy | changed), reads=raw)


AGREED = reads(("clp", "皖A·12345"), ("v4", "皖A12345"))


def test_two_readers_that_agree_give_a_text_and_its_kind() -> None:
    assert read_one(seen(AGREED)) == PlateRead(text="皖A12345", kind="blue")
    assert read_one(seen(AGREED, colour="yellow")).kind == "yellow_single"
    double = reads(("clp", "皖A12345"), ("v4", "皖A12345"), rows=2)
    assert read_one(seen(double, colour="yellow")).kind == "yellow_double"


def test_an_unknown_colour_leaves_the_text_standing() -> None:
    assert read_one(seen(AGREED, colour=None)).text == "皖A12345"


@pytest.mark.parametrize(
    ("changed", "reason"),
    [
        ({"width_px": 59.9}, "too_small"),
        ({"corner_score": 0.4}, "corners_unsure"),
        ({"tilt_deg": 30.1}, "tilted"),
        ({"dark": 0.95}, "too_dark"),
        ({"bright": 0.7}, "too_bright"),
        ({"sharpness": 4.4}, "blurred"),
        ({"colour": "white"}, "colour_conflict"),
    ],
)
def test_a_plate_seen_badly_is_refused_by_name_though_readers_agree(changed: dict[str, Any], reason: str) -> None:
    assert read_one(seen(AGREED, **changed)) == PlateRead(reason=reason)  # type: ignore[arg-type]


@pytest.mark.parametrize(
    ("raw", "reason"),
    [
        (reads(("clp", "皖A12345")), "readers_disagree"),
        (reads(("clp", "皖A12345"), ("clp", "皖A12345")), "readers_disagree"),
        (reads(("clp", "皖A12345"), ("v4", "皖A12346")), "readers_disagree"),
        (reads(("clp", "皖A12345"), ("v4", "皖A12345"), ("clp", "琼A12345"), ("v4", "琼A12345")), "readers_disagree"),
        (reads(("clp", "12345"), ("v4", "12345")), "covered"),
        (reads(("clp", "皖皖12345"), ("v4", "皖皖12345")), "not_a_plate"),
        (reads(("clp", "皖A12345"), ("v4", "皖A12345"), sure=0.4), "not_a_plate"),
        ((), "no_plate"),
    ],
)
def test_without_two_readers_on_one_plates_text_there_is_no_text(raw: tuple[RawRead, ...], reason: str) -> None:
    assert read_one(seen(raw)) == PlateRead(reason=reason)  # type: ignore[arg-type]


def test_a_longer_plate_that_one_reader_saw_speaks_against_a_part_of_it() -> None:
    raw = reads(("v4", "AD11166"), ("v6", "AD11166"), ("clp", "皖AD11166"))
    assert read_one(seen(raw, colour=None)).reason == "readers_disagree"
    assert read_one(seen(raw[:2], colour="white")).kind == "army"


def test_a_read_that_the_colour_forbids_does_not_speak_against_one_that_it_allows() -> None:
    raw = reads(("clp", "豫SKS090"), ("v6", "豫SKS090"), ("v4", "豫S·KS0901"))
    assert read_one(seen(raw, colour="blue")).text == "豫SKS090"
    assert read_one(seen(raw, colour=None)).reason == "readers_disagree"


def test_a_text_counts_only_for_a_cut_of_as_many_rows_as_its_kind_has() -> None:
    """A double row's small province glyph is lost easily, and what is left looks like a single row's text."""
    assert read_one(seen(reads(("clp", "WJ3242S"), ("v4", "WJ3242S")), colour="white")).kind == "armed_police"
    lost = reads(("clp", "WJ3242S"), ("v4", "WJ3242S"), rows=2)
    assert read_one(seen(lost, colour="white")).text is None
