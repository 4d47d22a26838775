"""A card as TOML text: what `models train` and `models export` leave beside the weights they made."""

from __future__ import annotations

import json
import re
from collections.abc import Mapping, Sequence
from typing import Any

import msgspec

from models.cards import Card

MOST_ON_A_LINE = 100
_BARE_KEY = re.compile(r"^[A-Za-z0-9_-]+$")


def card_text(card: Card, *, heading: str) -> str:
    """TOML that `read_card` reads back as the same card; keys at their default are left out. `heading`: a comment."""
    comment = "\n".join(f"# {line}" for line in heading.splitlines())
    return f"{comment}\n{_table(_without_defaults(card), ())}"


def _without_defaults(value: Any) -> Any:
    if not isinstance(value, msgspec.Struct):
        if isinstance(value, tuple | list):
            return [_without_defaults(entry) for entry in value]
        return value
    kept = {}
    for entry in msgspec.structs.fields(value):
        mine = getattr(value, entry.name)
        default = entry.default if entry.default is not msgspec.NODEFAULT else None
        if mine is not None and mine not in (default, {}, ()):
            kept[entry.name] = _without_defaults(mine)
    return kept


def _table(table: Mapping[str, Any], path: tuple[str, ...]) -> str:
    """Plain keys first, then sub-tables, then lists of tables, as TOML asks."""
    plain = {key: value for key, value in table.items() if not _is_table(value) and not _is_tables(value)}
    text = "".join(f"{_key(key)} = {_value(value)}\n" for key, value in plain.items())
    for key, value in table.items():
        name = ".".join(map(_key, (*path, key)))
        if _is_table(value):
            text += f"\n[{name}]\n{_table(value, (*path, key))}"
        elif _is_tables(value):
            text += "".join(f"\n[[{name}]]\n{_table(entry, (*path, key))}" for entry in value)
    return text


def _is_table(value: Any) -> bool:
    return isinstance(value, dict)


def _is_tables(value: Any) -> bool:
    return isinstance(value, list) and bool(value) and isinstance(value[0], dict)


def _key(key: str) -> str:
    return key if _BARE_KEY.match(key) else _value(key)


def _value(value: Any) -> str:
    if isinstance(value, Sequence) and not isinstance(value, str):
        entries = [_value(entry) for entry in value]
        if sum(map(len, entries)) > MOST_ON_A_LINE:
            return "[\n" + "".join(f"  {entry},\n" for entry in entries) + "]"
        return f"[{', '.join(entries)}]"
    # JSON's strings, whole numbers, fractions and booleans are TOML's; DEL alone must be written out there.
    return json.dumps(value, ensure_ascii=False).replace("\x7f", "\\u007f")
