"""Places that smoke or shine by right, learned from dismissals: what starts in one does not ring again."""

from __future__ import annotations

from collections.abc import Collection
from dataclasses import asdict, dataclass, replace
from typing import Any

import msgspec
from sqlalchemy import ColumnElement, Connection, func, select, update

from contract.errors import LeadRefused
from contract.times import Utc
from store.database import upsert
from store.tables import known_places

Outline = tuple[tuple[float, float], ...]
MAX_LISTED = 1000


@dataclass(frozen=True, slots=True, kw_only=True)
class KnownPlace:
    """One place of one preset of a tower; `polygon` in shares of its picture. One dismissal teaches one place."""

    learned_from: str
    town: str
    gateway: str
    device: str
    preset: str
    polygon: Outline
    kind: str
    valid_from: Utc
    valid_to: Utc
    learned_by: str
    ended_at: Utc | None = None
    ended_by: str | None = None


def learn(conn: Connection, place: KnownPlace) -> None:
    """Keep the place; the same lead dismissed again after an undo teaches anew."""
    row = asdict(place) | {"polygon": msgspec.json.encode(place.polygon).decode()}
    statement = upsert(conn, known_places).values(row)
    conn.execute(statement.on_conflict_do_update(index_elements=["learned_from"], set_=row))


def end(conn: Connection, learned_from: str, *, who: str, at: Utc) -> KnownPlace:
    """End a place now; raises LeadRefused `not_found`, or `wrong_state` when it was ended before."""
    place = find(conn, learned_from)
    if place is None:
        raise LeadRefused("not_found", f"known place {learned_from}: not known here")
    here = (known_places.c.learned_from == learned_from) & known_places.c.ended_at.is_(None)
    if conn.execute(update(known_places).where(here).values(ended_at=at, ended_by=who)).rowcount != 1:
        raise LeadRefused("wrong_state", f"known place {learned_from}: ended at {place.ended_at}")
    return replace(place, ended_at=at, ended_by=who)


def find(conn: Connection, learned_from: str) -> KnownPlace | None:
    """The place that this lead taught, ended or not; None: it taught none."""
    row = conn.execute(select(known_places).where(known_places.c.learned_from == learned_from)).mappings().one_or_none()
    return None if row is None else _place(row)


def valid(conn: Connection, *, at: Utc) -> list[KnownPlace]:
    """Every place that holds at that instant, in a fixed order."""
    query = select(known_places).where(_holds(at)).order_by(known_places.c.learned_from)
    return [_place(row) for row in conn.execute(query).mappings()]


def fingerprint(conn: Connection, *, at: Utc) -> tuple[int, Utc | None]:
    """Changes when a place is learned, ends or runs out: how many hold at that instant, and since when the newest."""
    row = conn.execute(select(func.count(), func.max(known_places.c.valid_from)).where(_holds(at))).one()
    return (row[0], row[1])


def _holds(at: Utc) -> ColumnElement[bool]:
    return (known_places.c.valid_from <= at) & (known_places.c.valid_to > at) & known_places.c.ended_at.is_(None)


def listed(
    conn: Connection, towns: Collection[str], *, gateway: str | None = None, device: str | None = None
) -> list[KnownPlace]:
    """The places of these towns, newest first, those that ended too."""
    query = select(known_places).where(known_places.c.town.in_(sorted(towns)))
    if gateway is not None:
        query = query.where(known_places.c.gateway == gateway)
    if device is not None:
        query = query.where(known_places.c.device == device)
    query = query.order_by(known_places.c.valid_from.desc(), known_places.c.learned_from).limit(MAX_LISTED)
    return [_place(row) for row in conn.execute(query).mappings()]


def _place(row: Any) -> KnownPlace:
    return KnownPlace(**{**row, "polygon": msgspec.json.decode(row["polygon"], type=Outline)})
