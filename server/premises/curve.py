"""Samples to a curve of buckets: pure."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Sequence
from itertools import groupby
from typing import Final

from contract.times import NS, ns_from_utc, utc_from_ns
from server.premises.schemas import CurvePoint, CurveSeries
from store.curves import Sample

GOOD_MARK: Final = "N"
POINTS: Final = 720  # of a series at most
BUCKETS_S: Final = (60, 120, 300, 600, 900, 1800, 3600)


def bucket_s_for(span_ns: int) -> int:
    """The narrowest bucket with which a span has no more than POINTS."""
    return next((width for width in BUCKETS_S if span_ns <= POINTS * width * NS), BUCKETS_S[-1])


def series_of(samples: Iterable[Sample], *, bucket_s: int) -> list[CurveSeries]:
    """One series a factor, in the order of their names, of samples in the order of time.

    Buckets begin at whole multiples of their width.
    """
    by_factor: dict[str, list[Sample]] = {}
    for one in samples:
        by_factor.setdefault(one.factor, []).append(one)
    number_of = _numbers(bucket_s)
    return [_series(factor, by_factor[factor], bucket_s, number_of) for factor in sorted(by_factor)]


def _numbers(bucket_s: int) -> Callable[[str], int]:
    """The bucket's number of an instant; buckets are whole minutes, so each minute is worked out once."""
    known: dict[str, int] = {}

    def number_of(at: str) -> int:
        minute = at[:16]
        found = known.get(minute)
        if found is None:
            found = known[minute] = ns_from_utc(at) // (bucket_s * NS)
        return found

    return number_of


def _series(factor: str, samples: Sequence[Sample], bucket_s: int, number_of: Callable[[str], int]) -> CurveSeries:
    buckets = groupby(samples, key=lambda one: number_of(one.at))
    points = [_point(number * bucket_s * NS, list(found)) for number, found in buckets]
    return CurveSeries(factor=factor, unit=samples[-1].unit, points=points)


def _point(begin_ns: int, samples: Sequence[Sample]) -> CurvePoint:
    good = [one.value for one in samples if one.mark == GOOD_MARK and one.value is not None]
    values = good or [one.value for one in samples if one.value is not None]
    return CurvePoint(
        at=utc_from_ns(begin_ns),
        low=min(values, default=None),
        high=max(values, default=None),
        mean=round(sum(values) / len(values), 4) if values else None,
        samples=len(samples),
        valid=len(good),
        marks=sorted({one.mark for one in samples if one.mark != GOOD_MARK}),
    )
