"""A zone's own table beyond its single keys: what its rule says is wrong with it, and polygons no picture can hold.

A rule that has more to say exports `polygons(config)` and `problems(config)`.
"""

from __future__ import annotations

from collections.abc import Iterator
from datetime import date
from typing import Any

import msgspec

from contract.approval import Approval
from contract.errors import Mistake
from contract.settings import Examined
from contract.toml_lines import Place
from edge.config.shapes import polygon_problem
from edge.config.types import EdgeFile, ZoneConfig


def rule_mistakes(examined: Examined[EdgeFile], place: Place, zone: ZoneConfig, rule: Any) -> Iterator[Mistake]:
    """Of the keys that are right each by itself; those that are not were told before."""
    if not hasattr(rule, "problems"):
        return
    config = _as_far_as_right(zone.rule, rule.Config)
    if config is None:
        return
    for key, polygon in rule.polygons(config):
        problem = None if zone.frame_px is None else polygon_problem(polygon, zone.frame_px)
        if problem is not None:
            yield examined.mistake((*place, "rule", *key), problem)
    for key, problem, hint in rule.problems(config):
        yield examined.mistake((*place, "rule", *key), problem, hint)


def approval_mistakes(examined: Examined[EdgeFile], place: Place, approval: Approval | None) -> Iterator[Mistake]:
    """Days that no calendar has."""
    if approval is None:
        return
    for key in ("reviewed_on", "published_on", "calibrated_until"):
        day = getattr(approval, key)
        if day is msgspec.UNSET:
            continue
        try:
            date.fromisoformat(day)
        except ValueError:
            yield examined.mistake((*place, "approval", key), f"found {day!r}, expected a day of the calendar")


def _as_far_as_right(table: dict[str, Any], kind: type[msgspec.Struct]) -> msgspec.Struct | None:
    """The table without the keys that are wrong; None where a needed one is."""
    right = {}
    for field in msgspec.structs.fields(kind):
        if field.encode_name not in table:
            continue
        try:
            right[field.name] = msgspec.convert(table[field.encode_name], field.type)
        except msgspec.ValidationError:
            continue
    try:
        return kind(**right)
    except TypeError:
        return None
