"""A number plate as a person read it: given with a confirmation, kept in the history, apart from the machine's.

The machine's reading stays in the event's facts as it was; nothing here ever touches it.
"""

from __future__ import annotations

from collections.abc import Sequence

from server.leads.schemas import Holder, PersonsPlate
from store.leads import HistoryRow

PREFIX = "plate: "


def as_reason(plate: str | None) -> str:
    """What the history says of a confirmation with that plate; empty for one without."""
    return "" if plate is None else f"{PREFIX}{plate}"


def of_history(rows: Sequence[HistoryRow], people: dict[str, str]) -> PersonsPlate | None:
    """The plate of the last confirmation, unless that was taken back or came without one."""
    last = next((row for row in reversed(rows) if row.action in ("confirm", "undo")), None)
    if last is None or last.action != "confirm" or not last.reason.startswith(PREFIX):
        return None
    who = Holder(id=last.who, name=people.get(last.who, last.who))
    return PersonsPlate(plate=last.reason.removeprefix(PREFIX), who=who, at=last.at)
