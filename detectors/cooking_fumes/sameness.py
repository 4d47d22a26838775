"""Values that do not change when they should (R4: the probe; A1: a purifier's clamp on a dummy load)."""

from __future__ import annotations

from msgspec import Struct

from contract.matters.cooking_fumes import Switch, Window
from contract.times import NS, utc_from_ns
from detectors.cooking_fumes.reading import Reading

DISTINCT = 3  # so many values of the fan's current show that the meter resolves small changes


class Same(Struct, frozen=True, kw_only=True):
    """A run of one value: time with the fan on and samples with it not off, both in hours; how often the fan switched.

    `others`: the first few distinct currents of the fan meanwhile; `told_ns`: fan time when it was last told.
    """

    value: float
    begin_ns: int
    end_ns: int
    samples: int = 1
    fan_on_ns: int = 0
    in_hours: int = 0
    changes: int = 0
    fan: Switch = "not_reported"
    others: tuple[float, ...] = ()
    told_ns: int | None = None


def same(before: Same | None, value: float | None, reading: Reading, *, counted_ns: int, in_hours: bool) -> Same | None:
    """The run after one sample; no valid value says nothing, another value begins anew."""
    if value is None:
        return before
    fan = reading.fan.switch
    known = fan if fan in ("on", "off") else None
    if before is None or before.value != value:
        return Same(value=value, begin_ns=reading.at_ns, end_ns=reading.at_ns, fan=known or "not_reported")
    switched = known is not None and before.fan in ("on", "off") and known != before.fan
    current_a = reading.fan.current_a
    others = before.others
    if current_a is not None and len(others) < DISTINCT and current_a not in others:
        others = (*others, current_a)
    return Same(
        value=value,
        begin_ns=before.begin_ns,
        end_ns=reading.at_ns,
        samples=before.samples + 1,
        fan_on_ns=before.fan_on_ns + (counted_ns if in_hours and known == "on" else 0),
        in_hours=before.in_hours + (in_hours and known != "off"),
        changes=before.changes + switched,
        fan=known or before.fan,
        others=others,
        told_ns=before.told_ns,
    )


def window(run: Same, *, factor: str, unit: str) -> Window:
    """The run as facts."""
    return Window(
        begin=utc_from_ns(run.begin_ns),
        end=utc_from_ns(run.end_ns),
        samples=run.samples,
        valid=run.samples,
        share=1.0,
        factor=factor,
        unit=unit,
        mean=run.value,
        highest=run.value,
        fan=run.fan if not run.changes else "unclear",
    )


def lasted(run: Same, *, minutes: float) -> bool:
    """Whether the fan ran for so long at this one value."""
    return run.fan_on_ns >= minutes * 60 * NS
