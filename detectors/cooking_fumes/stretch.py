"""A stretch of time under judgement: what its samples said, added up, so that a window can be told at any moment."""

from __future__ import annotations

from msgspec import Struct

from contract.matters.cooking_fumes import Switch, Window
from contract.times import utc_from_ns
from detectors.cooking_fumes import factors
from detectors.cooking_fumes.config import Limit
from detectors.cooking_fumes.reading import Reading

Sum = tuple[int, float, float, float]  # samples, their sum, the highest, the next
NO_SAMPLES: Sum = (0, 0.0, 0.0, 0.0)


class Stretch(Struct, frozen=True, kw_only=True):
    """Samples from `begin_ns` to `end_ns`; `counted_ns` is time with a sample to show for it: gaps never count.

    `sums` in the order of the configured limits; `fan_bits`: signals that every sample had. `due` samples fit in it.
    """

    begin_ns: int
    end_ns: int
    counted_ns: int = 0
    samples: int = 0
    sums: tuple[Sum, ...] = ()
    fume: Sum = NO_SAMPLES
    fan: Switch = "not_reported"
    purifier: Switch = "not_reported"
    fan_bits: int = 3
    purifier_bits: int = 3
    fan_a: Sum = NO_SAMPLES
    purifier_a: Sum = NO_SAMPLES
    temperature: Sum = NO_SAMPLES
    humidity: Sum = NO_SAMPLES
    means: int = 0
    doubted: int = 0
    worst_skew_ns: int = 0
    is_weak: bool = False
    back_filled: bool = False


def begun(reading: Reading, *, begin_ns: int | None = None) -> Stretch:
    """A stretch with its first sample; that one has no time behind it yet."""
    at_ns = reading.at_ns if begin_ns is None else begin_ns
    blank = Stretch(
        begin_ns=at_ns,
        end_ns=at_ns,
        sums=(NO_SAMPLES,) * len(reading.pollutants),
        fan=reading.fan.switch,
        purifier=reading.purifier.switch,
    )
    return extended(blank, reading, counted_ns=0)


def extended(stretch: Stretch, reading: Reading, *, counted_ns: int) -> Stretch:
    """The stretch with one more sample that stands for `counted_ns`."""
    skew_ns = reading.skew_ns or 0
    return Stretch(
        begin_ns=stretch.begin_ns,
        end_ns=reading.at_ns + (reading.interval_ns if reading.stream == 2 else 0),
        counted_ns=stretch.counted_ns + counted_ns,
        samples=stretch.samples + 1,
        sums=tuple([plus(one, value) for one, value in zip(stretch.sums, reading.pollutants, strict=True)]),
        fume=plus(stretch.fume, reading.fume),
        fan=stretch.fan if stretch.fan == reading.fan.switch else "unclear",
        purifier=stretch.purifier if stretch.purifier == reading.purifier.switch else "unclear",
        fan_bits=stretch.fan_bits & reading.fan.bits,
        purifier_bits=stretch.purifier_bits & reading.purifier.bits,
        fan_a=plus(stretch.fan_a, reading.fan.current_a),
        purifier_a=plus(stretch.purifier_a, reading.purifier.current_a),
        temperature=plus(stretch.temperature, reading.temperature_c),
        humidity=plus(stretch.humidity, reading.humidity_pct),
        means=stretch.means + (reading.stream == 2),
        doubted=stretch.doubted + reading.clock_off,
        worst_skew_ns=skew_ns if abs(skew_ns) > abs(stretch.worst_skew_ns) else stretch.worst_skew_ns,
        is_weak=stretch.is_weak or reading.is_weak,
        back_filled=stretch.back_filled or reading.back_filled,
    )


def mean(one: Sum) -> float | None:
    """The mean of the samples; None without any."""
    return one[1] / one[0] if one[0] else None


def window(
    stretch: Stretch, *, due: int, limit: Limit | None = None, which: int | None = None, contradicts: str | None = None
) -> Window:
    """The stretch as facts: of the pollutant `which` with its limit, otherwise of the oil fume as a note."""
    judged = stretch.fume if which is None else stretch.sums[which]
    has_fume = limit is not None or judged[0] > 0
    return Window(
        begin=utc_from_ns(stretch.begin_ns),
        end=utc_from_ns(stretch.end_ns),
        samples=max(due, judged[0]),
        valid=judged[0],
        share=round(judged[0] / max(due, judged[0], 1), 4),
        factor=limit.factor if limit is not None else factors.FUME if has_fume else None,
        statistic=None if not has_fume else "Avg" if stretch.means * 2 > stretch.samples else "Rtd",
        unit=limit.unit if limit is not None else factors.UNITS[factors.FUME] if has_fume else None,
        mean=_rounded(mean(judged), 4),
        highest=_rounded(judged[2], 4) if judged[0] else None,
        limit=None if limit is None else limit.limit,
        fan=stretch.fan,
        fan_a=_rounded(mean(stretch.fan_a), 3),
        purifier=stretch.purifier,
        purifier_a=_rounded(mean(stretch.purifier_a), 3),
        temperature_c=_rounded(mean(stretch.temperature), 1),
        humidity_pct=_rounded(mean(stretch.humidity), 1),
        contradicts=contradicts,
        back_filled=stretch.back_filled,
        doubted=stretch.doubted,
    )


def plus(one: Sum, value: float | None) -> Sum:
    """The sum with one more value; None adds nothing."""
    if value is None:
        return one
    samples, total, highest, following = one
    if not samples:
        return (1, value, value, value)
    if samples == 1:
        return (2, total + value, max(highest, value), min(highest, value))
    if value > highest:
        return (samples + 1, total + value, value, highest)
    return (samples + 1, total + value, highest, max(following, value))


def sober_mean(one: Sum, *, alone: float) -> float | None:
    """The mean; a highest sample `alone` times the next one counts as the next: one false number must not lift it."""
    samples, total, highest, following = one
    if not samples:
        return None
    return (total - highest + following) / samples if highest > alone * following else total / samples


def _rounded(value: float | None, digits: int) -> float | None:
    return None if value is None else round(value, digits)
