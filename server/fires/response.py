"""The response to a fire, such as 1-3-15: which step was taken, by whom, when; read back from the lead's history."""

from __future__ import annotations

from collections.abc import Sequence
from typing import get_args

from server.leads.schemas import Holder, Response, ResponseStep
from store.leads import HistoryRow

_STEPS: tuple[ResponseStep, ...] = get_args(ResponseStep)


def of_history(rows: Sequence[HistoryRow], people: dict[str, str]) -> list[Response]:
    """The steps that somebody took, in their order.

    Who confirms a fire has answered it, whether he said so before or not.
    """
    taken: dict[str, HistoryRow] = {}
    for row in rows:
        if row.action == "respond":
            taken.setdefault(row.reason, row)
        elif row.action == "confirm":
            taken.setdefault("answer", row)
    return [
        Response(
            step=step,
            who=Holder(id=taken[step].who, name=people.get(taken[step].who, taken[step].who)),
            at=taken[step].at,
        )
        for step in _STEPS
        if step in taken
    ]
