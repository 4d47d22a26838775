"""Cards and weights made for a test: a card of the committed weight, and changes to it."""

from __future__ import annotations

import hashlib
import tomllib
from pathlib import Path
from typing import Any

from models.registry import OWN_CARDS

OWN_CARD = OWN_CARDS / "vehicle-n.toml"
OWN_WEIGHT = OWN_CARDS.parent / "weights" / "vehicle-n.int8.onnx"


def toml(table: dict[str, Any]) -> str:
    """A small table as TOML: strings, numbers, lists, one level of sub-tables."""
    plain = [f"{key} = {_value(value)}" for key, value in table.items() if not isinstance(value, dict)]
    for key, value in table.items():
        if isinstance(value, dict):
            plain += [f"[{key}]", *(f"{name} = {_value(entry)}" for name, entry in value.items())]
    return "\n".join(plain) + "\n"


def _value(value: Any) -> str:
    if isinstance(value, list):
        return "[" + ", ".join(_value(entry) for entry in value) + "]"
    return f'"{value}"' if isinstance(value, str) else str(value)


def card_table(**changes: Any) -> dict[str, Any]:
    """The least card of the committed weight, by absolute path, with some keys changed."""
    own = tomllib.loads(OWN_CARD.read_text("utf-8"))
    kept = (
        "name",
        "version",
        "about",
        "licence",
        "sha256",
        "size_bytes",
        "precision",
        "classes",
        "threshold",
        "merged",
    )
    table = {key: own[key] for key in kept}
    return table | {"origin": {"path": str(OWN_WEIGHT)}, "input": {"sizes_px": [416]}} | changes


def write_card(folder: Path, **changes: Any) -> Path:
    """A card file in `folder`; returns its path."""
    file = folder / f"{changes.get('name', 'vehicle-n')}.toml"
    file.write_text(toml(card_table(**changes)), "utf-8")
    return file


def card_of_bytes(folder: Path, content: bytes, **changes: Any) -> Path:
    """A card that truly describes these bytes, which lie beside it as `weight.onnx`."""
    (folder / "weight.onnx").write_bytes(content)
    described = {"sha256": hashlib.sha256(content).hexdigest(), "size_bytes": len(content)}
    return write_card(folder, origin={"file": "weight.onnx"}, **(described | changes))
