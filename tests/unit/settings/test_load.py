"""A settings file is read as a typed value, or each of its mistakes is named with path and line."""

from __future__ import annotations

from typing import Annotated, Any, Literal

import pytest
from msgspec import UNSET, Meta, Struct, field

from contract.errors import ConfigError
from contract.settings import examine, examine_table, load


class Wheel(Struct, frozen=True, kw_only=True):
    size_mm: Annotated[float, Meta(ge=10, le=100)]
    maker: str | None = None


class Car(Struct, frozen=True, kw_only=True):
    name: Annotated[str, Meta(pattern=r"^[a-z]+$", description="lower-case letters")]
    seats: Annotated[int, Meta(ge=1)] = 4
    fuel: Literal["petrol", "electric"] = "petrol"
    spare: Wheel | None = None
    wheels: Annotated[tuple[Wheel, ...], Meta(max_length=4)] = field(name="wheel", default=())
    corners: tuple[tuple[float, float], ...] = ()
    extra: dict[str, Any] = {}


def mistakes_of(text: str, kind: type[Any] = Car) -> list[tuple[int | None, str, str]]:
    with pytest.raises(ConfigError) as raised:
        load(text, "car.toml", kind)
    assert raised.value.source == "car.toml"
    return [(mistake.line, mistake.path, mistake.problem) for mistake in raised.value.mistakes]


def test_a_whole_file_becomes_its_type_with_defaults() -> None:
    text = (
        'name = "a"\nspare = { size_mm = 20 }\ncorners = [[1, 2], [3.5, 4]]\n[[wheel]]\nsize_mm = 11\n[extra]\nx = 1\n'
    )
    expected = Car(
        name="a", spare=Wheel(size_mm=20), wheels=(Wheel(size_mm=11),), corners=((1, 2), (3.5, 4)), extra={"x": 1}
    )
    assert load(text, "car.toml", Car) == expected


def test_a_mark_that_an_editor_put_at_the_head_is_no_mistake() -> None:
    text = "name = 'a'\r\n"
    assert load("\ufeff" + text, "car.toml", Car) == load(text, "car.toml", Car)


def test_every_mistake_is_listed_at_once_in_the_order_of_the_file() -> None:
    text = """nam = "b"
seats = 0
fuel = "electrik"
[spare]
size_mm = "big"
[[wheel]]
maker = 3
[[wheel]]
size_mm = 5
"""
    assert mistakes_of(text) == [
        (1, "nam", "unknown key"),
        (2, "seats", "found 0, expected a whole number >= 1"),
        (3, "fuel", "found 'electrik', expected one of petrol, electric"),
        (5, "spare.size_mm", "found 'big', expected a number, got text"),
        (6, "wheel[0].size_mm", "missing"),
        (7, "wheel[0].maker", "found 3, expected text, got a whole number"),
        (9, "wheel[1].size_mm", "found 5, expected a number >= 10.0"),
        (None, "name", "missing"),
    ]


@pytest.mark.parametrize(
    ("text", "hint"),
    [('name = "a"\nseat = 3', "did you mean seats?"), ('name = "a"\nfuel = "petrl"', "did you mean petrol?")],
)
def test_a_word_near_a_known_one_gets_a_suggestion(text: str, hint: str) -> None:
    with pytest.raises(ConfigError) as raised:
        load(text, "car.toml", Car)
    assert [mistake.hint for mistake in raised.value.mistakes] == [hint]


@pytest.mark.parametrize(
    ("text", "line"),
    [
        ("name = ", 1),
        ('name = "a"\nseats = = 3\n', 2),
        ('name = "a"\nname = "b"\n', 2),
        ('name = "a"\r\nx = """\r\n', 3),
        ("x = " + "[" * 5000, None),
    ],
)
def test_text_that_is_no_toml_is_one_mistake_with_its_line(text: str, line: int | None) -> None:
    assert [(found[0], found[1]) for found in mistakes_of(text)] == [(line, "TOML")]


def test_a_pattern_is_told_in_the_words_of_its_key() -> None:
    assert mistakes_of('name = "A b"') == [(1, "name", "found 'A b', expected lower-case letters (^[a-z]+$)")]


@pytest.mark.parametrize("number", ["nan", "inf", "-inf"])
def test_a_number_that_is_none_is_refused(number: str) -> None:
    text = f'name = "a"\nspare = {{ size_mm = {number} }}\n'
    assert mistakes_of(text) == [(2, "spare.size_mm", f"found {number}, expected a finite number")]


def test_a_truth_value_is_no_number() -> None:
    assert mistakes_of('name = "a"\nseats = true') == [
        (2, "seats", "found True, expected a whole number, got true or false")
    ]


def test_too_many_elements_are_a_mistake_of_the_list() -> None:
    text = 'name = "a"\n' + "[[wheel]]\nsize_mm = 20\n" * 5
    assert [found[:2] for found in mistakes_of(text)] == [(2, "wheel")]


def test_credentials_in_a_wrong_value_are_not_shown() -> None:
    text = 'name = "rtsp://me:secret@camera/1"\nseats = ["mqtt://you:secret@broker"]\n'
    with pytest.raises(ConfigError) as raised:
        load(text, "car.toml", Car)
    assert "secret" not in str(raised.value)
    assert "rtsp://***@camera/1" in str(raised.value)


def test_a_value_where_a_table_belongs_is_said_so() -> None:
    assert mistakes_of('name = "a"\nspare = 3') == [(2, "spare", "found 3, expected a table")]


def test_tables_can_be_checked_further_beside_the_mistakes() -> None:
    examined = examine("[[wheel]]\nsize_mm = 20\n[[wheel]]\nsize_mm = 20\nmaker = 3\n", "car.toml", Car)
    assert examined.value is None
    assert examined.tables.pop(()).name is UNSET
    assert examined.tables == {("wheel", 0): Wheel(size_mm=20), ("wheel", 1): Wheel(size_mm=20)}
    assert str(examined.mistake(("wheel", 1, "size_mm"), "too like the first")) == (
        "line 4: wheel[1].size_mm: too like the first"
    )


def test_a_table_typed_by_its_reader_gets_lines_too() -> None:
    text = 'name = "a"\n[extra]\nsize_mm = 3\nsize_cm = 1\n'
    examined = examine(text, "car.toml", Car)
    assert examined.value is not None
    found = examine_table(examined.value.extra, Wheel, examined, ("extra",))
    assert [(one.line, one.path) for one in found] == [(4, "extra.size_cm"), (3, "extra.size_mm")]
