"""The facts that each matter's events carry: one module a matter, found by name, nothing to register.

In: a matter's name and plain facts. Out: the matter's `Facts` type, or a ContractError. A module here exports
`Facts` (a frozen Struct); its name is the matter's name in events, topics, configuration and the console.
"""

from __future__ import annotations

import functools
import importlib
import pkgutil
from typing import Any

import msgspec

from contract.errors import ContractError


def names() -> tuple[str, ...]:
    """The matters that this contract knows, sorted."""
    return tuple(sorted(module.name for module in pkgutil.iter_modules(__path__)))


@functools.cache  # looked up for every event that is decoded; a matter that is not known is asked for again
def facts_type(matter: str) -> type[msgspec.Struct]:
    """The `Facts` type of a matter; raises ContractError for one that this version does not know."""
    if matter not in names():
        raise ContractError(f"matter {matter[:64]!r}: not known here; known are {', '.join(names())}")
    facts: type[msgspec.Struct] = importlib.import_module(f"contract.matters.{matter}").Facts
    return facts


def read_facts(matter: str, facts: dict[str, Any]) -> msgspec.Struct:
    """Plain facts as the matter's type; raises ContractError that names the field at fault."""
    try:
        return msgspec.convert(facts, facts_type(matter))
    except msgspec.ValidationError as error:
        raise ContractError(f"facts of {matter}: {error}") from error


def plain_facts(facts: msgspec.Struct) -> dict[str, Any]:
    """A matter's facts as they stand on the wire: plain JSON values, lists for tuples."""
    plain: dict[str, Any] = msgspec.json.decode(msgspec.json.encode(facts))
    return plain
