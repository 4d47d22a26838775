"""The line of each key of a TOML text."""

from __future__ import annotations

from contract.toml_lines import Place, key_lines, path_text

TEXT = '''# a comment with key = 1
title = "x = 1 # no comment"
a.b."c.d" = 1

text = """
fake = 1
[fake]
"""
raw = \'\'\'
fake = 2\'\'\'
[table]
list = [
  1, # one
  { inner = 2, deep = { x = 1 } },
]
at = 1979-05-27 07:32:00
[[many]]
one = 1
[many.sub]
two = 2
[[many.deeper]]
three = 3
[[many]]
one = "é" \t
'''

LINES: dict[Place, int] = {
    ("title",): 2,
    ("a",): 3,
    ("a", "b"): 3,
    ("a", "b", "c.d"): 3,
    ("text",): 5,
    ("raw",): 9,
    ("table",): 11,
    ("table", "list"): 12,
    ("table", "list", 0): 13,
    ("table", "list", 1): 14,
    ("table", "list", 1, "inner"): 14,
    ("table", "list", 1, "deep"): 14,
    ("table", "list", 1, "deep", "x"): 14,
    ("table", "at"): 16,
    ("many",): 17,
    ("many", 0): 17,
    ("many", 0, "one"): 18,
    ("many", 0, "sub"): 19,
    ("many", 0, "sub", "two"): 20,
    ("many", 0, "deeper"): 21,
    ("many", 0, "deeper", 0): 21,
    ("many", 0, "deeper", 0, "three"): 22,
    ("many", 1): 23,
    ("many", 1, "one"): 24,
}


def test_every_key_table_and_element_has_its_line() -> None:
    assert key_lines(TEXT) == LINES


def test_windows_line_ends_count_once() -> None:
    assert key_lines(TEXT.replace("\n", "\r\n")) == LINES


def test_a_place_is_written_as_people_write_it() -> None:
    assert path_text(("camera", 1, "zone", 0, "grace_s")) == "camera[1].zone[0].grace_s"
    assert path_text(("a", "b c")) == "a.'b c'"
