"""Plates that people know, by kind and colour."""

from __future__ import annotations

import pytest

from contract.plates import KINDS, Colour
from detectors.plate_grammar import kind_of, kinds_of, tidy

KNOWN: list[tuple[str, Colour, int, str]] = [
    ("皖A12345", "blue", 1, "blue"),
    ("沪B14292", "yellow", 1, "yellow_single"),
    ("京AN7065", "yellow", 2, "yellow_double"),
    ("皖A1234挂", "yellow", 2, "trailer"),
    ("琼A6716学", "yellow", 1, "trainer"),
    ("皖KD01833", "green", 1, "nev_small"),
    ("青A00109D", "yellow-green", 1, "nev_large"),
    ("青A00109D", "green", 1, "nev_large"),
    ("浙FA096警", "white", 1, "police"),
    ("沪A1707领", "black", 1, "consulate"),
    ("使198476", "black", 1, "embassy"),
    ("粤ZEV52港", "black", 1, "hk"),
    ("粤ZEV52澳", "black", 1, "macao"),
    ("WJ1693015", "white", 1, "armed_police"),
    ("WJ粤6788B", "white", 2, "armed_police_double"),
    ("VA30093", "white", 1, "army"),
    ("民航B9016", "green", 1, "civil_aviation"),
    ("京X1234应急", "white", 1, "rescue"),
    ("沪AN9241", "blue", 2, "motorcycle_double"),
    ("皖1946673", "green", 2, "farm_double"),
    ("鲁L88888", "black", 1, "black_foreign_old"),
]


@pytest.mark.parametrize(("text", "colour", "rows", "name"), KNOWN)
def test_each_kind_is_known_by_text_colour_and_rows(text: str, colour: Colour, rows: int, name: str) -> None:
    found = kind_of(text, colour, rows)
    assert found is not None
    assert found.name == name


def test_every_kind_of_the_table_is_tried_above() -> None:
    assert {name for *_, name in KNOWN} == {kind.name for kind in KINDS}


@pytest.mark.parametrize(
    ("text", "colour"),
    [
        ("皖A12345", "green"),  # seven on green: only civil aviation
        ("皖AD12345", "blue"),  # eight need green
        ("皖AD12345", "yellow"),
        ("浙FA096警", "blue"),
        ("使198476", "blue"),
        ("VA30093", "black"),
    ],
)
def test_a_colour_that_contradicts_the_text_leaves_no_kind(text: str, colour: Colour) -> None:
    assert kinds_of(text)
    assert kind_of(text, colour, 1) is None


@pytest.mark.parametrize(
    "text", ["", "A12345", "皖I12345", "皖A1234O", "皖A1234", "皖A123456", "皖皖12345", "桂AB1警1"]
)
def test_what_no_plate_says_has_no_kind(text: str) -> None:
    assert kinds_of(text) == ()


def test_readers_letters_that_no_plate_has_become_the_digits_they_look_like() -> None:
    assert tidy("皖A·I2O 45") == "皖A12045"
