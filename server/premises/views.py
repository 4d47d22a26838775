"""Premises as their gateways last told, and the curve of one; what was never told is null."""

from __future__ import annotations

from collections.abc import Collection
from typing import Final

from sqlalchemy import Connection

from contract.errors import ContractError
from contract.health import BornDevice, BornZone, DeviceHealth
from contract.health import Linkage as LinkageTold
from contract.times import NS, ns_from_utc, utc_from_ns
from server.centre import Centre
from server.devices.views import maintenance_of
from server.premises.curve import bucket_s_for, series_of
from server.premises.schemas import Curve, LatestValue, Linkage, Premises, WarningLimit
from server.problems import Problem
from server.retention import readings_kept_from_ns
from server.shapes import GroundPosition
from store import curves, gateways
from store.curves import Sensor
from store.gateways import DeviceView

DAY_NS: Final = 86_400 * NS
MOST_NS: Final = 8 * DAY_NS  # a week, and the day that is not over
MOST_SAMPLES: Final = 200_000  # a week of a value a factor and minute of all that is known
LATEST_ROWS: Final = 40


def premises(centre: Centre, towns: Collection[str]) -> list[Premises]:
    """Every zone of every sensor of these towns, by the premises' name."""
    with centre.store.read() as connection:
        found = [
            _premises(connection, view, zone)
            for view in gateways.list_devices(connection, towns)
            if _is_sensor(view)
            for zone in view.zones
        ]
    return sorted(found, key=lambda one: (one.premises or "", one.zone_name, one.gateway, one.zone))


def curve(
    centre: Centre, towns: Collection[str], place: tuple[str, str], *, begin: str | None, end: str | None
) -> Curve:
    """What the sensor of a zone (gateway, zone) measured; by default the last 24 hours.

    Raises Problem not_found alike for no such zone and for one of another town, invalid_request for no span or one
    that is too long.
    """
    now_ns = centre.now_ns()
    begin_ns, end_ns = _span(begin, end, now_ns)
    with centre.store.read() as connection:
        view, zone = _find(connection, towns, place)
        samples = curves.samples(
            connection,
            Sensor(view.gateway, view.device),
            since=utc_from_ns(begin_ns),
            until=utc_from_ns(end_ns),
            limit=MOST_SAMPLES + 1,
        )
    bucket_s = bucket_s_for(end_ns - begin_ns)
    return Curve(
        begin=utc_from_ns(begin_ns),
        end=utc_from_ns(end_ns),
        bucket_s=bucket_s,
        series=series_of(samples[:MOST_SAMPLES], bucket_s=bucket_s),
        limits=_limits(zone),
        cut=len(samples) > MOST_SAMPLES,
        kept_from=utc_from_ns(readings_kept_from_ns(centre, now_ns)),
        legal_note="not_a_legal_measurement",
    )


def _span(begin: str | None, end: str | None, now_ns: int) -> tuple[int, int]:
    try:
        end_ns = now_ns if end is None else ns_from_utc(end)
        begin_ns = end_ns - DAY_NS if begin is None else ns_from_utc(begin)
    except ContractError as error:
        raise Problem("invalid_request", error.reason) from error
    if not 0 <= begin_ns < end_ns or end_ns - begin_ns > MOST_NS:
        raise Problem("invalid_request", f"from {begin} to {end}: expected a span of at most {MOST_NS // DAY_NS} days")
    return begin_ns, end_ns


def _find(connection: Connection, towns: Collection[str], place: tuple[str, str]) -> tuple[DeviceView, BornZone]:
    gateway, name = place
    for view in gateways.list_devices(connection, towns, gateway=gateway):
        for zone in view.zones:
            if zone.zone == name and _is_sensor(view):
                return view, zone
    raise Problem("not_found", f"premises {gateway}/{name}")


def _is_sensor(view: DeviceView) -> bool:
    return view.born is not None and view.born.kind == "sensor"


def _premises(connection: Connection, view: DeviceView, zone: BornZone) -> Premises:
    born, health = view.born, view.health
    return Premises(
        gateway=view.gateway,
        zone=zone.zone,
        town=view.town,
        premises=None if born is None else born.premises,
        zone_name=zone.name,
        matter=zone.matter,
        device=view.device,
        device_name=(None if born is None else born.name) or view.device,
        state=None if health is None else health.state,
        state_since=None if health is None else health.since,
        last_heard=None if health is None else health.last_frame,
        gateway_online=view.gateway_online,
        gateway_at=view.gateway_at,
        conformity=None if health is None else health.conformity,
        linkage=_linkage(health),
        limits=_limits(zone),
        latest=_latest(connection, view),
        maintenance=[] if health is None else maintenance_of(health),
        bound_on=None if born is None else born.bound_on,
        calibrated_on=None if born is None else born.calibrated_on,
        position=_position(born),
        demo=zone.demo,
    )


def _linkage(health: DeviceHealth | None) -> Linkage | None:
    told: LinkageTold | None = None if health is None else health.linkage
    if told is None:
        return None
    ratio = round(told.purifier_s / told.fan_s, 4) if told.fan_s > 0 else None
    return Linkage(day=told.day, fan_s=told.fan_s, purifier_s=told.purifier_s, ratio=ratio)


def _limits(zone: BornZone) -> list[WarningLimit]:
    return [WarningLimit(factor=one.factor, limit=one.limit, unit=one.unit, source=one.source) for one in zone.limits]


def _latest(connection: Connection, view: DeviceView) -> list[LatestValue]:
    """The newest value of each factor among the last rows."""
    found: dict[str, LatestValue] = {}
    for one in curves.newest(connection, Sensor(view.gateway, view.device), limit=LATEST_ROWS):
        if one.factor not in found:
            found[one.factor] = LatestValue(factor=one.factor, value=one.value, unit=one.unit, mark=one.mark, at=one.at)
    return [found[factor] for factor in sorted(found)]


def _position(born: BornDevice | None) -> GroundPosition | None:
    if born is None or born.position is None:
        return None
    return GroundPosition(lat=born.position.lat, lon=born.position.lon, error_m=born.position.error_m)
