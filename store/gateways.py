"""Gateways: who may speak, how they stand, and the devices and zones they announced."""

from __future__ import annotations

import hashlib
import secrets
from collections.abc import Collection, Sequence
from dataclasses import dataclass
from typing import Any, Literal, NamedTuple

import msgspec
from sqlalchemy import Connection, bindparam, select, update

from contract.errors import StoreError
from contract.health import Birth, BornDevice, BornZone, DeviceHealth, Health, Will
from contract.times import Utc
from store import feed
from store.database import upsert
from store.tables import devices, gateway_status, gateways, leads, zones

TOKEN_BYTES = 32


@dataclass(frozen=True, slots=True, kw_only=True)
class Gateway:
    """A registered gateway: `public_key_hex` is the only key that its evidence may be signed with."""

    id: str
    town: str
    public_key_hex: str


@dataclass(frozen=True, slots=True, kw_only=True)
class GatewayStatus:
    """How a gateway stands by its birth, will and heartbeat; `at` is when that came in."""

    gateway: str
    town: str
    online: bool
    at: Utc
    birth: Birth | None
    last_health: Health | None


@dataclass(frozen=True, slots=True, kw_only=True)
class DeviceView:
    """A device as its gateway announced it and last saw it, with its zones."""

    gateway: str
    town: str
    device: str
    born: BornDevice | None
    health: DeviceHealth | None
    zones: tuple[BornZone, ...]
    gateway_online: bool
    gateway_at: Utc | None
    software: str | None


def register(conn: Connection, gateway: Gateway, *, at: Utc) -> str:
    """Register a gateway, or give a registered one a new token; returns the token, which is kept nowhere here.

    Town and key of a registered gateway change too: that is what re-registering is for.
    """
    token = secrets.token_urlsafe(TOKEN_BYTES)
    values = {"town": gateway.town, "token_sha256": _hashed(token), "public_key_hex": gateway.public_key_hex}
    statement = upsert(conn, gateways).values(id=gateway.id, created_at=at, **values)
    conn.execute(statement.on_conflict_do_update(index_elements=["id"], set_=values))
    return token


def by_token(conn: Connection, token: str) -> Gateway | None:
    """The gateway whose token this is, or None."""
    return _one(conn, gateways.c.token_sha256 == _hashed(token))


def by_id(conn: Connection, gateway: str) -> Gateway | None:
    """The registered gateway, or None."""
    return _one(conn, gateways.c.id == gateway)


def by_ids(conn: Connection, wanted: Collection[str] | None = None) -> dict[str, Gateway]:
    """The registered gateways among these ids (None: every one), by id."""
    query = select(gateways.c.id, gateways.c.town, gateways.c.public_key_hex).order_by(gateways.c.id)
    rows = conn.execute(query if wanted is None else query.where(gateways.c.id.in_(sorted(wanted))))
    return {row["id"]: Gateway(**row) for row in rows.mappings()}


def _one(conn: Connection, condition: Any) -> Gateway | None:
    query = select(gateways.c.id, gateways.c.town, gateways.c.public_key_hex).where(condition)
    row = conn.execute(query).mappings().one_or_none()
    return None if row is None else Gateway(**row)


def _hashed(token: str) -> str:
    return hashlib.sha256(token.encode()).hexdigest()


def take_birth(conn: Connection, birth: Birth, *, at: Utc) -> None:
    """The gateway is up: its devices and zones are these; those it names no more are retired, never deleted.

    A birth that a newer one or its own will has overtaken changes nothing: births and wills are retained by the broker
    and come again, in any order. Raises StoreError when its key is not the registered one: its evidence could not be
    proved.
    """
    known = by_id(conn, birth.gateway)
    if known is None or known.public_key_hex != birth.public_key:
        raise StoreError(f"birth of {birth.gateway}: public key differs from the registered one; register it again")
    last = _times(conn, birth.gateway)
    if last.birth_at is not None and last.birth_at >= birth.at:
        return
    is_over = last.will_at is not None and last.will_at >= birth.at
    status = {"online": not is_over, "at": at, "birth": _json(birth), "birth_at": birth.at}
    _set_status(conn, birth.gateway, birth.town, status)
    for table in (devices, zones):
        conn.execute(update(table).where(table.c.gateway == birth.gateway).values(retired=True))
    for device in birth.devices:
        row = {"town": birth.town, "born": _json(device), "kind": device.kind, "retired": False}
        key = {"gateway": birth.gateway, "device": device.device}
        statement = upsert(conn, devices).values(**key, **row, state="unknown")
        conn.execute(statement.on_conflict_do_update(index_elements=list(key), set_=row))
    for zone in birth.zones:
        row = {"born": _json(zone), "name": zone.name, "demo": zone.demo, "retired": False}
        key = {"gateway": birth.gateway, "device": zone.device, "zone": zone.zone}
        conn.execute(upsert(conn, zones).values(**key, **row).on_conflict_do_update(index_elements=list(key), set_=row))
        _mark_demo(conn, birth.gateway, zone)
    feed.tell(conn, "device", [_feed_key(birth.gateway, birth.town, d.device, None) for d in birth.devices], at=at)


def _mark_demo(conn: Connection, gateway: str, zone: BornZone) -> None:
    """An event may overtake the birth that says its zone is a demo; a demo never stands as a real alert."""
    if zone.demo:
        here = (leads.c.gateway == gateway) & (leads.c.device == zone.device) & (leads.c.zone == zone.zone)
        conn.execute(update(leads).where(here, leads.c.state == "alert", leads.c.demo.is_(False)).values(demo=True))


def take_health(conn: Connection, health: Health, *, at: Utc) -> bool:
    """A heartbeat: the gateway is up and its devices stand like this; the feed hears of states that changed.

    One that is not newer than the last changes nothing. True: the gateway's birth is known.
    """
    last = _times(conn, health.gateway)
    is_born = last.birth_at is not None
    if last.health_at is not None and last.health_at >= health.at:
        return is_born
    status = {"online": True, "at": at, "last_health": _json(health), "health_at": health.at}
    _set_status(conn, health.gateway, health.town, status)
    query = select(devices.c.device, devices.c.state).where(devices.c.gateway == health.gateway)
    before = {row.device: row.state for row in conn.execute(query)}
    rows = [
        {"device_": device.device, "state": device.state, "health": _json(device)}
        for device in health.devices
        if device.device in before
    ]
    if rows:
        here = (devices.c.gateway == health.gateway) & (devices.c.device == bindparam("device_"))
        conn.execute(update(devices).where(here).values(state=bindparam("state"), health=bindparam("health")), rows)
    unborn = [device for device in health.devices if device.device not in before]
    for device in unborn:
        row = {"town": health.town, "health": _json(device), "state": device.state, "kind": "camera", "retired": False}
        statement = upsert(conn, devices).values(gateway=health.gateway, device=device.device, **row)
        conn.execute(statement.on_conflict_do_update(index_elements=["gateway", "device"], set_=row))
    changed = [device for device in health.devices if before.get(device.device) != device.state]
    keys = [_feed_key(health.gateway, health.town, device.device, device.state) for device in changed]
    feed.tell(conn, "device", keys, at=at)
    return is_born


def take_will(conn: Connection, will: Will, *, born: Utc, at: Utc) -> None:
    """The broker says that the connection died whose birth was at `born`: the gateway is off line, its devices unknown.

    A will that a newer birth has overtaken changes nothing, nor does a repeat.
    """
    gateway, town = will.gateway, will.town
    last = _times(conn, gateway)
    if (last.birth_at is not None and last.birth_at > born) or (last.will_at is not None and last.will_at >= born):
        return
    _set_status(conn, gateway, town, {"online": False, "at": at, "will_at": born})
    query = select(devices.c.device).where(devices.c.gateway == gateway, devices.c.retired.is_(False))
    names = conn.execute(query.order_by(devices.c.device)).scalars().all()
    feed.tell(conn, "device", [_feed_key(gateway, town, name, None) for name in names], at=at)


class _Times(NamedTuple):
    birth_at: Utc | None = None
    will_at: Utc | None = None
    health_at: Utc | None = None


def _times(conn: Connection, gateway: str) -> _Times:
    columns = (gateway_status.c.birth_at, gateway_status.c.will_at, gateway_status.c.health_at)
    row = conn.execute(select(*columns).where(gateway_status.c.gateway == gateway)).one_or_none()
    return _Times() if row is None else _Times(*row)


def _set_status(conn: Connection, gateway: str, town: str, values: dict[str, Any]) -> None:
    row = {"town": town, **values}
    statement = upsert(conn, gateway_status).values(gateway=gateway, **row)
    conn.execute(statement.on_conflict_do_update(index_elements=["gateway"], set_=row))


def _feed_key(gateway: str, town: str, device: str, state: str | None) -> dict[str, Any]:
    return {"gateway": gateway, "device": device, "town": town, "state": state}


def _json(value: msgspec.Struct) -> str:
    return msgspec.json.encode(value).decode()


def status(conn: Connection, gateway: str) -> GatewayStatus | None:
    """How the gateway stands; None when nothing was ever heard of it."""
    row = conn.execute(select(gateway_status).where(gateway_status.c.gateway == gateway)).one_or_none()
    if row is None:
        return None
    return GatewayStatus(
        gateway=row.gateway,
        town=row.town,
        online=row.online,
        at=row.at,
        birth=None if row.birth is None else msgspec.json.decode(row.birth, type=Birth),
        last_health=None if row.last_health is None else msgspec.json.decode(row.last_health, type=Health),
    )


def list_devices(
    conn: Connection, towns: Collection[str] | None, *, gateway: str | None = None, device: str | None = None
) -> list[DeviceView]:
    """Devices of these towns (None: every town) that are not retired, by gateway and name; or the one that is named."""
    columns = (gateway_status.c.online, gateway_status.c.at.label("seen_at"), gateway_status.c.birth)
    joined = devices.outerjoin(gateway_status, gateway_status.c.gateway == devices.c.gateway)
    query = select(devices, *columns).select_from(joined).where(devices.c.retired.is_(False))
    drawn = select(zones.c.gateway, zones.c.born).where(zones.c.retired.is_(False))
    if towns is not None:
        query = query.where(devices.c.town.in_(sorted(towns)))
    if gateway is not None:
        query, drawn = query.where(devices.c.gateway == gateway), drawn.where(zones.c.gateway == gateway)
    if device is not None:
        query, drawn = query.where(devices.c.device == device), drawn.where(zones.c.device == device)
    by_device: dict[tuple[str, str], list[BornZone]] = {}
    for row in conn.execute(drawn.order_by(zones.c.zone)):
        zone = msgspec.json.decode(row.born, type=BornZone)
        by_device.setdefault((row.gateway, zone.device), []).append(zone)
    rows = conn.execute(query.order_by(devices.c.gateway, devices.c.device)).all()
    return [_view(row, by_device.get((row.gateway, row.device), ())) for row in rows]


def _view(row: Any, drawn: Sequence[BornZone]) -> DeviceView:
    return DeviceView(
        gateway=row.gateway,
        town=row.town,
        device=row.device,
        born=None if row.born is None else msgspec.json.decode(row.born, type=BornDevice),
        health=None if row.health is None else msgspec.json.decode(row.health, type=DeviceHealth),
        zones=tuple(drawn),
        gateway_online=bool(row.online),
        gateway_at=row.seen_at,
        software=None if row.birth is None else msgspec.json.decode(row.birth, type=Birth).software,
    )


def names(conn: Connection, kind: Literal["device", "zone"], gateways_: Collection[str]) -> dict[tuple[str, ...], str]:
    """Names for people: (gateway, device) -> name, or (gateway, device, zone) -> name; retired ones too."""
    wanted = sorted(set(gateways_))
    if kind == "zone":
        rows = conn.execute(select(zones).where(zones.c.gateway.in_(wanted)))
        return {(row.gateway, row.device, row.zone): row.name for row in rows}
    query = select(devices.c.gateway, devices.c.device, devices.c.born).where(devices.c.gateway.in_(wanted))
    born = [(row, msgspec.json.decode(row.born, type=BornDevice)) for row in conn.execute(query) if row.born]
    return {(row.gateway, row.device): device.name for row, device in born}
