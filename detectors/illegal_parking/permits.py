"""Who may stand in the zone by its owner's list, `exempt`; and how a table with another list is gone on with."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from datetime import date

from msgspec import structs

from detectors.illegal_parking.config import Config
from detectors.illegal_parking.hours import day_of
from detectors.illegal_parking.place import State
from detectors.plate_grammar import kinds_of, tidy

PRIVATE = ("exempt",)
"""Keys of the table that never leave the gateway: plates of people who did nothing."""


def listed(config: Config, at_ns: int) -> Mapping[str, str]:
    """The plates that may stand here on that day in Beijing, and by what."""
    if not config.exempt:
        return {}
    day = day_of(at_ns)
    return {tidy(one.plate): one.because for one in config.exempt if one.begin <= day <= one.end}


def carry_over(state: State, before: Config, now: Config) -> State | None:
    """The state to go on from when only the list changed: whoever stands there goes on standing. None: begin anew."""
    return state if structs.replace(now, exempt=before.exempt) == before else None


def problems(config: Config) -> Iterator[tuple[tuple[str | int, ...], str, str]]:
    """Entries that hold nobody: key, what is wrong, what to do. A plate is never repeated in a message."""
    for index, one in enumerate(config.exempt):
        if not kinds_of(tidy(one.plate)):
            yield ("exempt", index, "plate"), "no plate is written so", "write it whole, as 浙A12345"
        try:
            begin, end = date.fromisoformat(one.begin), date.fromisoformat(one.end)
        except ValueError:
            yield ("exempt", index), f"{one.begin} to {one.end}", "give days of the calendar"
            continue
        if end < begin:
            yield ("exempt", index, "end"), f"{one.end} is before the begin, {one.begin}", "the last day counts"
