"""The fold of a premises."""

from __future__ import annotations

from msgspec import Struct

from contract.observations import Seen
from detectors.cooking_fumes.config import Config
from detectors.fold import Step, Zone

RULE_VERSION = "cooking_fumes/1"


class State(Struct, frozen=True, kw_only=True):
    """Nothing is remembered yet."""


def initial_state() -> State:
    """Nothing seen yet."""
    return State()


def step(state: State, seen: Seen, zone: Zone, config: Config) -> Step[State]:  # noqa: ARG001 -- rules follow
    """The rules follow in the next commits: nothing is judged."""
    return Step(state=state)
