"""What a judge remembers between two records, as JSON: saved with the events of the step, restored, replayed."""

from __future__ import annotations

from typing import Any

import msgspec
from msgspec import Struct

from contract.errors import ContractError
from contract.events import Clock, Event, EvidenceRef
from contract.geometry import BboxPx
from contract.health import MaintenanceItem
from contract.preparing import prepare
from edge.judge.day import Hour


class Owed(Struct, frozen=True, kw_only=True):
    """Clips that a later revision must carry: when they are settled, and the event as last told."""

    due_ns: int
    event: Event
    bbox_xyxy_px: BboxPx | None


class Act(Struct, frozen=True, kw_only=True):
    """An act that was told and is not over, or owes clips; `evidence_revision` is the one its evidence was made for.

    `has_new_cuts`: close-ups of its plate, or a look at its outlet, came after that. `told` is the event as last told,
    without evidence, so that an act can be closed whose zone is not judged any more as it was: an orphan.
    """

    zone: str
    revision: int
    is_open: bool = True
    evidence: EvidenceRef | None = None
    evidence_revision: int | None = None
    has_new_cuts: bool = False
    owed: Owed | None = None
    told: Event | None = None
    is_orphan: bool = False


class ZoneMemory(Struct, frozen=True, kw_only=True):
    """A zone's fold; `judged_as` is the hash of the geometry, rule table and rule version that it belongs to.

    `table` is that rule table, kept for rules that carry their state over to a changed one.
    """

    judged_as: str
    state: msgspec.Raw
    table: dict[str, Any] | None = None
    maintenance: tuple[MaintenanceItem, ...] = ()


class JudgeState(Struct, frozen=True, kw_only=True):
    """All of it; `held` maps events that wait for their due time to their zone; `last_at_ns`: of the last record.

    `hours`: what the rules counted in the last day.
    """

    zones: dict[str, ZoneMemory] = {}
    acts: dict[str, Act] = {}
    held: dict[str, str] = {}
    clock: Clock | None = None
    last_at_ns: int | None = None
    hours: tuple[Hour, ...] = ()


prepare(JudgeState)


def read_state(data: bytes) -> JudgeState:
    """The state from its JSON; raises ContractError for anything else."""
    try:
        return msgspec.json.decode(data, type=JudgeState)
    except (msgspec.MsgspecError, UnicodeDecodeError, RecursionError) as error:
        raise ContractError(f"saved state of a judge: {error}; remove it to begin anew") from error
