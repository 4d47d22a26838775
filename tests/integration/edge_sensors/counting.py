"""A toy matter that counts what it is told: the proof that each kept row is judged once, in order."""

from __future__ import annotations

import hashlib
from collections.abc import Iterable
from pathlib import Path

CONFIG = """
[gateway]
id = "gw-1"
town = "demo"
key_file = "key.pem"
[hj212]
port = {port}
[[sensor]]
id = "kitchen-1"
name = "Counted"
premises = "Noodle house"
kind = "hj212"
mn = "A33072600000000000000001"
profile = "simulated"
[[zone]]
id = "flue-1"
sensor = "kitchen-1"
name = "Flue 1"
matter = "toy_counting"
"""
FACTS = '''
"""Facts of the toy matter."""
from msgspec import Struct


class Facts(Struct, frozen=True, kw_only=True):
    """How many were told."""

    told: int
'''
RULE = '''
"""A toy rule: counts the readings, and hashes their frames in order."""
import hashlib

from msgspec import Struct

from detectors.fold import Step

RULE_VERSION = "toy_counting/1"


class Config(Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """Nothing to set."""


class State(Struct, frozen=True, kw_only=True):
    """What was told so far."""

    told: int = 0
    chain: str = ""


def initial_state():
    return State()


def step(state, seen, zone, config):
    raw = getattr(seen, "raw_sha256", None)
    if raw is None:
        return Step(state=state)
    return Step(state=State(told=state.told + 1, chain=hashlib.sha256((state.chain + raw).encode()).hexdigest()))
'''


def put_on_path(folder: Path) -> None:
    """The toy matter, found through the two packages' paths."""
    import contract.matters
    import detectors

    (folder / "matters").mkdir(exist_ok=True)
    (folder / "matters" / "toy_counting.py").write_text(FACTS)
    (folder / "rules" / "toy_counting").mkdir(parents=True, exist_ok=True)
    (folder / "rules" / "toy_counting" / "__init__.py").write_text(RULE)
    contract.matters.__path__ = [*contract.matters.__path__, str(folder / "matters")]
    detectors.__path__ = [*detectors.__path__, str(folder / "rules")]


def chain_of(raw_sha256: Iterable[str]) -> str:
    """What the toy rule must have after these frames."""
    chain = ""
    for raw in raw_sha256:
        chain = hashlib.sha256((chain + raw).encode()).hexdigest()
    return chain
