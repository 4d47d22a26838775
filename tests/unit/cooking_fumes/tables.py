"""Complete truth tables: every combination is run through the fold, then rows that say the same are joined."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from itertools import product

ANY = "任意 any"


@dataclass(frozen=True)
class Column:
    """One column: its heading in Chinese and English, and its values by key with their words."""

    key: str
    heading: str
    values: dict[str, str]


@dataclass(frozen=True)
class Table:
    """A table of one rule: what it says before the rows, its columns, and what the fold makes of one combination."""

    name: str
    title: str
    words: str
    columns: tuple[Column, ...]
    outcome: Callable[..., str]

    def combinations(self) -> list[tuple[str, ...]]:
        """Every combination of the columns' keys."""
        return list(product(*(column.values for column in self.columns)))

    def text(self) -> str:
        """The table as a page; each combination lies in exactly one row."""
        keys = [column.key for column in self.columns]
        outcomes = {one: self.outcome(**dict(zip(keys, one, strict=True))) for one in self.combinations()}
        rows = _joined(self.columns, outcomes, ())
        headings = [column.heading for column in self.columns]
        lines = [
            f"# {self.title}",
            "",
            self.words,
            "",
            f"共 {len(outcomes)} 种组合，合并为 {len(rows)} 行。 {len(outcomes)} combinations in {len(rows)} rows.",
            "",
            "| " + " | ".join([*headings, "结果 outcome"]) + " |",
            "|" + "---|" * (len(headings) + 1),
            *("| " + " | ".join(row) + " |" for row in rows),
            "",
        ]
        return "\n".join(lines)


def _joined(
    columns: Sequence[Column], outcomes: dict[tuple[str, ...], str], before: tuple[str, ...]
) -> tuple[tuple[str, ...], ...]:
    """The rows below these first values: values with the same rows below them share one."""
    if len(before) == len(columns):
        return ((outcomes[before],),)
    column = columns[len(before)]
    groups: dict[tuple[tuple[str, ...], ...], list[str]] = {}
    for key in column.values:
        groups.setdefault(_joined(columns, outcomes, (*before, key)), []).append(key)
    rows: list[tuple[str, ...]] = []
    for below, keys in groups.items():
        cell = (
            ANY if len(keys) == len(column.values) and len(keys) > 1 else "；".join(column.values[key] for key in keys)
        )
        rows += [(cell, *row) for row in below]
    return tuple(rows)
