"""A condition of the grade as it is said: words for people, code and values for machines."""

from __future__ import annotations

from typing import Any

from contract.events import Met, Predicate
from contract.times import NS


def seconds(duration_ns: int) -> float:
    """Nanoseconds as seconds to the millisecond."""
    return round(duration_ns / NS, 3)


def judged(is_met: bool) -> Met:
    """Met or not met: what was measured is never `not_seen`."""
    return "met" if is_met else "not_met"


def said(name: str, required: str, found: str, met: Met, source: str, **values: Any) -> Predicate:
    """One condition with its code, words, text source and values."""
    return Predicate(id=name, required=required, found=found, met=met, source=source, values=values)
