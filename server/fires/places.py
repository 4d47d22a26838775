"""Known places: a dismissal that names a fixed source teaches one, and what starts there again does not ring.

Only a person's verdict teaches, and only while the place holds; an act whose base leaves every place rings.
"""

from __future__ import annotations

from collections.abc import Sequence

import msgspec
from sqlalchemy import Connection, select

from contract.errors import LeadRefused
from contract.events import Event
from contract.matters.straw_burning import Facts
from contract.times import NS, ns_from_utc, utc_from_ns
from server.centre import Centre
from server.fires.news import MATTER, News
from store import events, known_places, leads
from store.known_places import KnownPlace
from store.lead_rows import Act, Lead, read_leads
from store.tables import leads as leads_table

POLICY = "policy:known_place"
REASON = "known_place"
REACH = (0.3, 0.1)  # of the plume's width and height, to each side of its base: where its next plume will start
LEAST_REACH = 0.008  # of the picture: a base is found within a few pixels
LOOK_BACK_NS = 7200 * NS
MAX_OPEN = 500
DAY_NS = 86_400 * NS
# Reasons that name a source which stays where it is; dust and mist move on, the sun's glare too.
KINDS: dict[str, str] = {"chimney_steam": "chimney", "lamp_glare": "lamp"}


def learned(event: Event, act: Act, *, days: float) -> KnownPlace | None:
    """What this dismissal teaches; None for a reason without a fixed source, an act without a preset or a base.

    The place is small, about the base: a fire in the field before a chimney's plume must ring.
    """
    kind = KINDS.get(act.reason)
    facts = _facts(event)
    frame_px = event.where.frame_px
    if kind is None or facts is None or facts.preset is None or facts.base_px is None or frame_px is None:
        return None
    if kind == "lamp" and facts.is_night is False:
        return None  # by day it was the sun's glare, which stays nowhere
    x, y = facts.base_px[0] / frame_px[0], facts.base_px[1] / frame_px[1]
    across, down = (max(share * side, LEAST_REACH) for share, side in zip(REACH, _sides(event, frame_px), strict=True))
    left, top, right, bottom = x - across, y - down, x + across, y + down
    corners = ((left, top), (right, top), (right, bottom), (left, bottom))
    return KnownPlace(
        learned_from=event.event_id,
        town=event.town,
        gateway=event.gateway,
        device=event.device,
        preset=facts.preset,
        polygon=tuple((round(min(max(x, 0.0), 1.0), 5), round(min(max(y, 0.0), 1.0), 5)) for x, y in corners),
        kind=kind,
        valid_from=act.at,
        valid_to=utc_from_ns(ns_from_utc(act.at) + round(days * DAY_NS)),
        learned_by=act.who,
    )


def _sides(event: Event, frame_px: tuple[int, int]) -> tuple[float, float]:
    """Width and height of the act's box as shares of the picture; 0 without a box."""
    xs, ys = ([point[axis] for point in event.where.polygon_px] or [0.0] for axis in (0, 1))
    return (max(xs) - min(xs)) / frame_px[0], (max(ys) - min(ys)) / frame_px[1]


def covering(event: Event, places: Sequence[KnownPlace]) -> KnownPlace | None:
    """The place in which this act's base stands now; None: none, and it must ring."""
    facts = _facts(event)
    frame_px = event.where.frame_px
    if facts is None or facts.base_px is None or frame_px is None:
        return None
    base = (facts.base_px[0] / frame_px[0], facts.base_px[1] / frame_px[1])
    return next(
        (
            place
            for place in places
            if (place.gateway, place.device, place.preset) == (event.gateway, event.device, facts.preset)
            and not (place.kind == "lamp" and facts.is_night is False)  # by day a lamp excuses nothing
            and _inside(place.polygon, base)
        ),
        None,
    )


def _inside(polygon: Sequence[tuple[float, float]], point: tuple[float, float]) -> bool:
    x, y = point
    inside = False
    for (x1, y1), (x2, y2) in zip(polygon, (*polygon[1:], polygon[0]), strict=True):
        if (y1 > y) != (y2 > y) and x < x1 + (y - y1) * (x2 - x1) / (y2 - y1):
            inside = not inside
    return inside


def _facts(event: Event) -> Facts | None:
    return msgspec.convert(event.facts, Facts) if event.matter == MATTER else None


def after_verdict(connection: Connection, lead: Lead, act: Act, *, days: float) -> None:
    """A dismissal may teach; in the verdict's own transaction."""
    if lead.matter != MATTER or lead.state != "dismissed":
        return
    event = events.current_events(connection, [lead]).get(lead.event_id)
    place = None if event is None else learned(event, act, days=days)
    if place is not None:
        known_places.learn(connection, place)


def after_undo(connection: Connection, event_id: str, act: Act) -> None:
    """A verdict that is taken back teaches nothing."""
    place = known_places.find(connection, event_id)
    if place is not None and place.ended_at is None:
        known_places.end(connection, event_id, who=act.who, at=act.at)


def turn(centre: Centre, act: Act, news: News) -> int:
    """Permit waiting acts that start in a known place, and ring those that left it; returns how many changed."""
    if news.is_none:
        return 0
    since = utc_from_ns(ns_from_utc(act.at) - LOOK_BACK_NS)
    table = leads_table
    # By its arrival, too: what a gateway kept while the line was down is as much a chimney as before.
    is_recent = (table.c.last_seen >= since) | (table.c.opened_at >= since)
    recent = (table.c.matter == MATTER) & table.c.state.in_(("alert", "permitted")) & is_recent
    if news.event_ids is not None:
        recent &= table.c.event_id.in_(sorted(news.event_ids))
    with centre.store.read() as connection:
        rows = read_leads(
            connection, select(table).where(recent).order_by(table.c.opened_at.desc(), table.c.event_id).limit(MAX_OPEN)
        )
        if not rows:
            return 0
        places = known_places.valid(connection, at=act.at)
        current = events.current_events(connection, rows)
    return sum(_settle(centre, lead, current.get(lead.event_id), places, act) for lead in rows)


def _settle(centre: Centre, lead: Lead, event: Event | None, places: Sequence[KnownPlace], act: Act) -> int:
    if event is None:
        return 0
    place = covering(event, places)
    if (lead.state == "alert") == (place is None):
        return 0
    last = _last_turn(centre, lead)
    if lead.state == "alert" and place is not None and last != "ring":
        note = f"{place.kind}, learned from {place.learned_from}"
        return _change(centre, lead, Act(who=POLICY, at=act.at, reason=REASON, note=note))
    if lead.state == "permitted" and place is None and last == "permit" and event.facts.get("fire_state") != "out":
        return _change(centre, lead, Act(who=POLICY, at=act.at, reason="left_known_place"))
    return 0


def _last_turn(centre: Centre, lead: Lead) -> str | None:
    """This policy's last word: an act that left its place rings until a person looked, however it wanders."""
    with centre.store.read() as connection:
        rows = leads.history(connection, lead.event_id)
    return next((row.action for row in reversed(rows) if row.who == POLICY), None)


def _change(centre: Centre, lead: Lead, act: Act) -> int:
    try:
        with centre.store.write() as connection:
            if lead.state == "alert":
                leads.correct(connection, lead.event_id, act, action="permit")
            else:
                leads.ring(connection, lead.event_id, act)
    except LeadRefused:
        return 0  # somebody took it in the meantime
    return 1
