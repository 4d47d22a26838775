"""The shape of every rule: `step(state, observation, zone, config) -> Step(state, findings, asks)`."""

from __future__ import annotations

import importlib
import pkgutil
from typing import Any, Generic, Protocol, TypeVar, cast

from msgspec import Struct

import detectors
from contract.approval import Approval
from contract.errors import ContractError
from contract.events import CounterEvidence, EvidenceRole, Grade, Phase
from contract.geometry import BboxPx, PolygonPx
from contract.health import MaintenanceItem
from contract.observations import Seen


class Zone(Struct, frozen=True, kw_only=True):
    """The zone a fold judges: who and where; polygon in pixels of `frame_px` (scaled to the frame that is judged)."""

    town: str
    device: str
    zone: str
    matter: str
    polygon_px: PolygonPx = ()
    frame_px: tuple[int, int] | None = None
    approval: Approval | None = None


class Finding(Struct, frozen=True, kw_only=True):
    """One new state of one act: the edge adds evidence, provenance and the revision number and sends it as an event."""

    event_id: str
    phase: Phase
    onset_ns: int
    last_seen_ns: int
    bbox_xyxy_px: BboxPx | None
    frame_px: tuple[int, int] | None
    facts: Struct
    grade: Grade
    counter_evidence: tuple[CounterEvidence, ...] = ()


class HoldEvidence(Struct, frozen=True, kw_only=True, tag="hold_evidence"):
    """Keep what shows this moment until the act is due or over: the frame of `at_ns`, and packets around it.

    `at_ns` is always the time of an observation already judged, this one or one up to a minute back (an arrival is
    known as such only once the vehicle stands): a frame that is gone is decoded from the ring again.
    """

    event_id: str
    role: EvidenceRole
    at_ns: int
    bbox_xyxy_px: BboxPx


class DropEvidence(Struct, frozen=True, kw_only=True, tag="drop_evidence"):
    """The act ended early: nothing of it may stay."""

    event_id: str


class FullDecode(Struct, frozen=True, kw_only=True, tag="full_decode"):
    """Decode every frame of this camera until stream time `until_ns`."""

    until_ns: int


class ReadPlate(Struct, frozen=True, kw_only=True, tag="read_plate"):
    """Read the plate of the vehicle in `vehicle_px` at full resolution in the frame of `at_ns`, this observation's.

    The answer comes as a `PlateLooked` of the same `event_id`.
    """

    event_id: str
    at_ns: int
    vehicle_px: BboxPx


class LookSooner(Struct, frozen=True, kw_only=True, tag="look_sooner"):
    """Look at this camera each `every_s` until stream time `until_ns`; on a patrol: stay at this preset so long.

    On a patrol an `until_ns` that is not later than the look says: enough, go on.
    """

    every_s: float
    until_ns: int


class ZoomIn(Struct, frozen=True, kw_only=True, tag="zoom_in"):
    """A close view of this part of the picture, where the camera can: evidence of the act, then back."""

    event_id: str
    bbox_xyxy_px: BboxPx


class FillGap(Struct, frozen=True, kw_only=True, tag="fill_gap"):
    """Ask the sensor for what it stored between two times (HJ 212: 2011, 2051, 2061)."""

    begin_ns: int
    end_ns: int


Ask = HoldEvidence | DropEvidence | FullDecode | ReadPlate | LookSooner | ZoomIn | FillGap
StateT = TypeVar("StateT", bound=Struct)


class Step(Struct, Generic[StateT], frozen=True, kw_only=True):
    """What one observation changed; `maintenance` None: as before, otherwise all items that are open now."""

    state: StateT
    findings: tuple[Finding, ...] = ()
    asks: tuple[Ask, ...] = ()
    maintenance: tuple[MaintenanceItem, ...] | None = None


class Rule(Protocol):
    """What a folder of `detectors/` exports. `State` is plain data: saved, restored, replayed as JSON.

    It may also export `carry_over(state, before, now) -> State | None`: the state to go on from when a zone's table was
    changed from `before` to `now`, None: begin anew, as every rule without it does, open acts closed with the reason.
    `PRIVATE` names keys of its table, lists, that never leave the gateway: a package says how many were withheld.
    Where `State` has `counts: dict[str, int]`, running sums by the rule's kinds, health tells those of the last day.
    """

    RULE_VERSION: str
    Config: type[Struct]
    State: type[Struct]

    def initial_state(self) -> Any:
        """The state before the first observation."""
        ...

    def step(self, state: Any, seen: Seen, zone: Zone, config: Any) -> Step[Any]:
        """The state after one observation, and what follows from it."""
        ...


def matters() -> tuple[str, ...]:
    """The matters that have a rule here, sorted."""
    return tuple(sorted(module.name for module in pkgutil.iter_modules(detectors.__path__) if module.ispkg))


def rule_for(matter: str) -> Rule:
    """The rule of a matter; raises ContractError for one without a folder."""
    if matter not in matters():
        raise ContractError(f"matter {matter[:64]!r}: no rule here; known are {', '.join(matters())}")
    return cast(Rule, importlib.import_module(f"detectors.{matter}"))
