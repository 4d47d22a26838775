"""One zone with its rule, configuration and running state."""

from __future__ import annotations

import hashlib
from typing import Any

import msgspec

from contract.errors import ContractError
from contract.observations import Seen, TapeStart, ZoneOnTape
from contract.preparing import prepare
from detectors.fold import Step, Zone, matters, rule_for
from edge.judge.state import ZoneMemory

prepare(*(kind for matter in matters() for kind in (rule_for(matter).Config, rule_for(matter).State)))


class JudgedZone:
    """Steps one fold. Raises ContractError for an unknown matter or a table that the rule refuses."""

    def __init__(self, start: TapeStart, on_tape: ZoneOnTape, memory: ZoneMemory | None) -> None:
        self.on_tape = on_tape
        self.rule = rule_for(on_tape.matter)
        try:
            self._config = msgspec.convert(on_tape.rule, self.rule.Config)
        except msgspec.ValidationError as error:
            raise ContractError(f"zone {on_tape.zone}: rule of {on_tape.matter}: {error}") from error
        self._zone = Zone(
            town=start.town,
            device=start.device,
            zone=on_tape.zone,
            matter=on_tape.matter,
            polygon_px=on_tape.polygon_px,
            frame_px=on_tape.frame_px,
            approval=on_tape.approval,
        )
        self._judged_as = self._hash(on_tape)
        recalled = None if memory is None else self._recall(memory)
        self.recalls = recalled is not None
        self._state: Any = self.rule.initial_state() if recalled is None else recalled
        self.maintenance = memory.maintenance if memory is not None and self.recalls else ()

    @property
    def counts(self) -> dict[str, int] | None:
        """The running sums of a rule that keeps any."""
        counts: dict[str, int] | None = getattr(self._state, "counts", None)
        return counts

    def step(self, record: Seen) -> Step[Any]:
        """Take the fold one record on."""
        step = self.rule.step(self._state, record, self._zone, self._config)
        self._state = step.state
        if step.maintenance is not None:
            self.maintenance = step.maintenance
        return step

    def _recall(self, memory: ZoneMemory) -> Any:
        """The state to go on from; None: a zone that was redrawn or got another rule starts anew.

        What was measured in the old zone says nothing here, unless the rule itself carries it over to its new table.
        """
        if memory.judged_as == self._judged_as:
            return _read(memory, self.rule.State, self.on_tape.zone)
        carry_over = getattr(self.rule, "carry_over", None)
        if carry_over is None or memory.table is None:
            return None
        if memory.judged_as != self._hash(msgspec.structs.replace(self.on_tape, rule=memory.table)):
            return None  # the geometry, the matter or the rule's version is another one, too
        try:
            before = msgspec.convert(memory.table, self.rule.Config)
        except msgspec.ValidationError:
            return None  # a table that this version does not know any more
        return carry_over(_read(memory, self.rule.State, self.on_tape.zone), before, self._config)

    def _hash(self, zone: ZoneOnTape) -> str:
        return hashlib.sha256(msgspec.json.encode((zone, self.rule.RULE_VERSION))).hexdigest()

    def memory(self) -> ZoneMemory:
        """What a later judge needs to go on."""
        state = msgspec.Raw(msgspec.json.encode(self._state))
        return ZoneMemory(
            judged_as=self._judged_as,
            state=state,
            table=self.on_tape.rule if hasattr(self.rule, "carry_over") else None,
            maintenance=self.maintenance,
        )


def _read(memory: ZoneMemory, state_type: type[msgspec.Struct], zone: str) -> msgspec.Struct:
    try:
        return msgspec.json.decode(memory.state, type=state_type)
    except msgspec.MsgspecError as error:
        raise ContractError(f"zone {zone}: saved state: {error}; remove it to begin anew") from error
