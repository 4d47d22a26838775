"""The rules do what their truth tables say, in every combination; the tables are the pages that people read."""

from __future__ import annotations

import pytest

from tests.unit.cooking_fumes.write_golden import GOLDEN, TABLES

REMEDY = "read the difference; if it is meant: python -m tests.unit.cooking_fumes.write_golden"


@pytest.mark.parametrize("name", sorted(TABLES))
def test_a_rule_does_what_its_truth_table_says(name: str) -> None:
    assert TABLES[name].text() == (GOLDEN / f"{name}.md").read_text(encoding="utf-8"), REMEDY


def test_no_page_is_left_of_a_rule_that_is_gone() -> None:
    assert {path.stem for path in GOLDEN.iterdir()} == set(TABLES)
