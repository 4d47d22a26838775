"""Whatever a settings file holds: a typed value or ConfigError; and lines that agree with what tomllib reads."""

from __future__ import annotations

import tomllib
from typing import Any

from hypothesis import given
from hypothesis import strategies as st

from contract.errors import ConfigError
from contract.settings import load
from contract.toml_lines import Place, key_lines
from edge.config import EdgeFile

WORDS = '[ ] [[ ]] { } = , . \' " """ # camera zone id url 1 -0.5 nan true gateway [[camera]] é'
BITS = st.sampled_from(WORDS.split(" ")) | st.sampled_from(
    ["\n", "\r\n", " ", "'''", "\\", "1979-05-27 07:32:00", '"a\\u00e9"', "[[camera]]\n"]
)
KEYS = st.text(st.sampled_from("abz_-09 .é\"'"), min_size=1, max_size=4)
VALUES = st.recursive(
    st.integers(-5, 5) | st.booleans() | st.text(max_size=5),
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(KEYS, inner, max_size=3),
    max_leaves=12,
)


@given(st.lists(BITS, max_size=40).map("".join) | st.text(max_size=60))
def test_any_text_is_a_value_or_a_named_mistake(text: str) -> None:
    try:
        outcome: object = load(text, "any.toml", EdgeFile)
    except ConfigError as error:
        outcome = error.mistakes
    assert outcome


@given(st.dictionaries(KEYS, VALUES, max_size=4))
def test_every_key_that_tomllib_reads_has_a_line(table: dict[str, Any]) -> None:
    text = "".join(f"{_quoted(key)} = {_written(value)}\n" for key, value in table.items())
    plain = tomllib.loads(text)
    lines = key_lines(text)
    assert set(_places(plain, ())) == set(lines)
    assert [lines[(key,)] for key in table] == list(range(1, len(table) + 1))


def _places(value: Any, place: Place) -> list[Place]:
    inner = (
        list(value.items()) if isinstance(value, dict) else list(enumerate(value)) if isinstance(value, list) else []
    )
    here = [place] if place else []
    return here + [found for key, member in inner for found in _places(member, (*place, key))]


def _quoted(text: str) -> str:
    return '"' + "".join(f"\\U{ord(letter):08x}" for letter in text) + '"'


def _written(value: Any) -> str:
    if isinstance(value, dict):
        return "{" + ", ".join(f"{_quoted(key)} = {_written(member)}" for key, member in value.items()) + "}"
    if isinstance(value, list):
        return "[" + ", ".join(_written(member) for member in value) + "]"
    if isinstance(value, str):
        return _quoted(value)
    return str(value).lower()
