"""Readings of one sensor over a time, as little of each as a curve needs."""

from __future__ import annotations

from typing import NamedTuple

import msgspec
from msgspec import Struct
from sqlalchemy import ColumnElement, Connection, select

from contract.preparing import prepare
from contract.times import Utc
from store.tables import readings


class _Data(Struct):
    value: float | None
    unit: str
    mark: str


class _Body(Struct):
    """The few fields of the stored message (`contract.readings.Reading` in its envelope) that a curve needs."""

    data: _Data


prepare(_Body)


class Sample(NamedTuple):
    """One stored reading."""

    factor: str
    at: Utc
    value: float | None
    unit: str
    mark: str


class Sensor(NamedTuple):
    """Whose readings."""

    gateway: str
    device: str


def samples(conn: Connection, sensor: Sensor, *, since: Utc, until: Utc, limit: int) -> list[Sample]:
    """What was measured from `since` to before `until`, oldest first, at most `limit`."""
    query = (
        select(readings.c.factor, readings.c.at, readings.c.body)
        .where(_of(sensor), readings.c.at >= since, readings.c.at < until)
        .order_by(readings.c.at)
        .limit(limit)
    )
    return [_sample(*row) for row in conn.execute(query)]


def newest(conn: Connection, sensor: Sensor, *, limit: int) -> list[Sample]:
    """The last readings, newest first."""
    query = (
        select(readings.c.factor, readings.c.at, readings.c.body)
        .where(_of(sensor))
        .order_by(readings.c.at.desc())
        .limit(limit)
    )
    return [_sample(*row) for row in conn.execute(query)]


def _of(sensor: Sensor) -> ColumnElement[bool]:
    return (readings.c.gateway == sensor.gateway) & (readings.c.device == sensor.device)


def _sample(factor: str, at: Utc, body: bytes) -> Sample:
    data = msgspec.json.decode(body, type=_Body).data
    return Sample(factor, at, data.value, data.unit, data.mark)
