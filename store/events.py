"""Taking events in: once in effect, whatever the wire repeats or reorders.

A revision newer than what the lead shows moves the lead on, unless a case officer accepted what it shows; an older or
late one is stored and changes nothing; a repeat is counted. `take_in` runs in the caller's write transaction, so a
batch is stored whole or not at all.
"""

from __future__ import annotations

from collections.abc import Collection, Iterable, Sequence
from dataclasses import dataclass, replace
from typing import Any, Literal

from sqlalchemy import Connection, bindparam, func, insert, select, tuple_, update

from contract import codec
from contract.errors import StoreError
from contract.events import Event, EvidenceItem
from contract.manifest import MANIFEST_NAME, SIGNATURE_NAME
from contract.times import Utc
from store import chain, feed
from store.database import upsert
from store.lead_rows import Act, Lead, feed_key, next_history, read_leads
from store.lead_states import HANDED_ON, OPENED, REVISED
from store.tables import blobs, events, evidence_items, lead_history, leads, zones

Effect = Literal["opened", "revised", "older", "late", "duplicate"]


@dataclass(frozen=True, slots=True)
class Arrival:
    """An event and the bytes that carried it."""

    event: Event
    body: bytes


@dataclass(frozen=True, slots=True, kw_only=True)
class EvidenceFile:
    """One file that a revision lists, and whether its bytes are here."""

    item: EvidenceItem
    available: bool


@dataclass(frozen=True, slots=True, kw_only=True)
class Evidence:
    """The evidence of one revision; `complete` when manifest, signature and every file are here."""

    event_id: str
    revision: int
    manifest_sha256: str
    signature_sha256: str
    files: tuple[EvidenceFile, ...]
    complete: bool


def take_in(conn: Connection, arrivals: Sequence[Arrival], *, at: Utc) -> list[Effect]:
    """Store a batch in order; returns what each arrival did."""
    stored = _insert_events(conn, arrivals, at)
    effects: list[Effect] = ["duplicate"] * len(arrivals)
    fresh: list[int] = []
    for number, arrival in enumerate(arrivals):
        key = (arrival.event.event_id, arrival.event.revision)
        if key in stored:
            stored.remove(key)  # a second one of the same batch is a repeat
            fresh.append(number)
    if not fresh:
        return effects
    _insert_items(conn, [arrivals[number].event for number in fresh])
    batch = _LeadBatch(conn, {arrivals[number].event.event_id for number in fresh}, at)
    for number in fresh:
        effects[number] = batch.take(arrivals[number].event)
    batch.write()
    return effects


def _insert_events(conn: Connection, arrivals: Sequence[Arrival], at: Utc) -> set[tuple[str, int]]:
    """Insert what is not there yet; returns the (event id, revision) pairs that are new."""
    rows: dict[tuple[str, int], dict[str, Any]] = {}
    for arrival in arrivals:
        event = arrival.event
        row = {
            "event_id": event.event_id,
            "revision": event.revision,
            "town": event.town,
            "gateway": event.gateway,
            "device": event.device,
            "zone": event.zone,
            "matter": event.matter,
            "manifest_sha256": event.evidence.manifest_sha256 if event.evidence else None,
            "signature_sha256": event.evidence.signature_sha256 if event.evidence else None,
            "received_at": at,
            "body": arrival.body,
        }
        rows.setdefault((event.event_id, event.revision), row)
    if not rows:
        return set()
    statement = upsert(conn, events).on_conflict_do_nothing().returning(events.c.event_id, events.c.revision)
    in_order = [rows[key] for key in sorted(rows)]  # one order of locks for every writer
    return {(row.event_id, row.revision) for row in conn.execute(statement, in_order)}


def _insert_items(conn: Connection, fresh: Iterable[Event]) -> None:
    rows: dict[tuple[str, str, str], dict[str, Any]] = {}
    for event in sorted(fresh, key=lambda event: event.revision):
        for sha256, path, role, media_type, size_bytes in _listed(event):
            rows[(event.event_id, sha256, path)] = {
                "event_id": event.event_id,
                "sha256": sha256,
                "path": path,
                "gateway": event.gateway,
                "revision": event.revision,
                "role": role,
                "media_type": media_type,
                "size_bytes": size_bytes,
            }
    if rows:
        statement = upsert(conn, evidence_items)
        newer = statement.on_conflict_do_update(
            index_elements=["event_id", "sha256", "path"],
            set_={"revision": statement.excluded.revision},
            where=evidence_items.c.revision < statement.excluded.revision,
        )
        conn.execute(newer, [rows[key] for key in sorted(rows)])
        _mark_listed(conn, {(row["sha256"], row["gateway"]) for row in rows.values()})


def _mark_listed(conn: Connection, listed: Collection[tuple[str, str]]) -> None:
    """Files that overtook their event do not count against their gateway's quota any more."""
    here = (blobs.c.sha256 == bindparam("sha256_")) & (blobs.c.gateway == bindparam("gateway_"))
    rows = [{"sha256_": sha256, "gateway_": gateway} for sha256, gateway in sorted(listed)]
    conn.execute(update(blobs).where(here, blobs.c.listed.is_(False)).values(listed=True), rows)


def _listed(event: Event) -> list[tuple[str, str, str, str, int | None]]:
    if event.evidence is None:
        return []
    ref = event.evidence
    return [
        (ref.manifest_sha256, MANIFEST_NAME, "manifest", "application/json", None),
        (ref.signature_sha256, SIGNATURE_NAME, "signature", "application/octet-stream", None),
        *((item.sha256, item.path, item.role, item.media_type, item.size_bytes) for item in ref.items),
    ]


class _LeadBatch:
    """The leads that one batch touches: loaded once, folded in memory, written once."""

    def __init__(self, conn: Connection, event_ids: Collection[str], at: Utc) -> None:
        self._conn = conn
        self._at = at
        query = select(leads).where(leads.c.event_id.in_(sorted(event_ids))).order_by(leads.c.event_id)
        self._before = {lead.event_id: lead for lead in read_leads(conn, query.with_for_update())}
        self._now = dict(self._before)
        self._links = _last_links(conn, self._before)
        self._history: list[dict[str, Any]] = []
        self._demo: dict[tuple[str, str, str], bool] = {}

    def take(self, event: Event) -> Effect:
        """Fold one event into its lead."""
        lead = self._now.get(event.event_id)
        act = Act(who=f"gateway:{event.gateway}"[:64], at=self._at, note=f"revision {event.revision}")
        if lead is None:
            self._keep(None, self._opened(event), OPENED, act)
            return "opened"
        if event.revision <= lead.revision:
            return "older"
        if lead.state in HANDED_ON:
            return "late"
        moved = replace(
            lead,
            version=lead.version + 1,
            revision=event.revision,
            grade=event.grade.level,
            onset=event.onset,
            last_seen=event.last_seen,
        )
        self._keep(lead, moved, REVISED, act)
        return "revised"

    def _opened(self, event: Event) -> Lead:
        return Lead(
            event_id=event.event_id,
            version=1,
            state="alert",
            matter=event.matter,
            town=event.town,
            gateway=event.gateway,
            device=event.device,
            zone=event.zone,
            grade=event.grade.level,
            onset=event.onset,
            last_seen=event.last_seen,
            revision=event.revision,
            opened_at=self._at,
            demo=self._is_demo((event.gateway, event.device, event.zone)),
        )

    def _is_demo(self, place: tuple[str, str, str]) -> bool:
        if place not in self._demo:
            query = select(zones.c.demo).where(tuple_(zones.c.gateway, zones.c.device, zones.c.zone) == place)
            self._demo[place] = bool(self._conn.execute(query).scalar_one_or_none())
        return self._demo[place]

    def _keep(self, before: Lead | None, now: Lead, action: str, act: Act) -> None:
        row = next_history(self._links.get(now.event_id, (0, chain.START)), before, now, action, act)
        self._links[now.event_id] = (row["seq"], row["hash"])
        self._history.append(row)
        self._now[now.event_id] = now

    def write(self) -> None:
        """Write leads, history and feed; StoreError when another writer came between (then take the batch anew)."""
        opened = [lead for key, lead in sorted(self._now.items()) if key not in self._before]
        moved = [lead for key, lead in sorted(self._now.items()) if key in self._before and lead != self._before[key]]
        if opened:
            self._conn.execute(insert(leads), [_columns(lead) for lead in opened])
        for lead in moved:
            self._move(lead)
        if self._history:
            self._conn.execute(insert(lead_history), self._history)
        feed.tell(self._conn, "lead", [feed_key(lead) for lead in (*opened, *moved)], at=self._at)

    def _move(self, lead: Lead) -> None:
        here = (leads.c.event_id == bindparam("id_")) & (leads.c.version == bindparam("version_"))
        names = ("version", "revision", "grade", "onset", "last_seen")
        values = {name: getattr(lead, name) for name in names}
        where = {"id_": lead.event_id, "version_": self._before[lead.event_id].version}
        if self._conn.execute(update(leads).where(here).values(values), where).rowcount != 1:
            raise StoreError(f"lead {lead.event_id}: changed by another writer; take the batch again")


def _columns(lead: Lead) -> dict[str, Any]:
    return {column.name: getattr(lead, column.name) for column in leads.columns}


def _last_links(conn: Connection, event_ids: Iterable[str]) -> dict[str, tuple[int, str]]:
    wanted = sorted(event_ids)
    if not wanted:
        return {}
    newest = (
        select(lead_history.c.event_id, func.max(lead_history.c.seq))
        .where(lead_history.c.event_id.in_(wanted))
        .group_by(lead_history.c.event_id)
    )
    place = tuple_(lead_history.c.event_id, lead_history.c.seq)
    query = select(lead_history.c.event_id, lead_history.c.seq, lead_history.c.hash).where(place.in_(newest))
    return {row.event_id: (row.seq, row.hash) for row in conn.execute(query)}


def current_events(conn: Connection, shown: Iterable[Lead]) -> dict[str, Event]:
    """The events that these leads show, by event id: each at the lead's own revision."""
    keys = [(lead.event_id, lead.revision) for lead in shown]
    query = select(events.c.event_id, events.c.body).where(tuple_(events.c.event_id, events.c.revision).in_(keys))
    return {row.event_id: event_from(row.body) for row in conn.execute(query)} if keys else {}


def event_from(body: bytes) -> Event:
    """The event inside the bytes that carried it."""
    payload = codec.decode(body).data
    if not isinstance(payload, Event):
        raise StoreError(f"stored message: found {type(payload).__name__}, expected an event")
    return payload


def revisions(conn: Connection, event_id: str) -> list[Event]:
    """Every stored revision of an event, oldest first; among them those that came late."""
    query = select(events.c.body).where(events.c.event_id == event_id).order_by(events.c.revision)
    return [event_from(body) for body in conn.execute(query).scalars()]


def evidence_of(conn: Connection, lead: Lead) -> Evidence | None:
    """The newest evidence up to the revision that the lead shows; None when no revision carried any yet."""
    query = select(events.c.body).where(
        events.c.event_id == lead.event_id, events.c.revision <= lead.revision, events.c.manifest_sha256.is_not(None)
    )
    body = conn.execute(query.order_by(events.c.revision.desc()).limit(1)).scalar_one_or_none()
    if body is None:
        return None
    event = event_from(body)
    ref = event.evidence
    if ref is None:
        return None
    wanted = {ref.manifest_sha256, ref.signature_sha256, *(item.sha256 for item in ref.items)}
    here = set(conn.execute(select(blobs.c.sha256).where(blobs.c.sha256.in_(sorted(wanted)))).scalars())
    return Evidence(
        event_id=event.event_id,
        revision=event.revision,
        manifest_sha256=ref.manifest_sha256,
        signature_sha256=ref.signature_sha256,
        files=tuple(EvidenceFile(item=item, available=item.sha256 in here) for item in ref.items),
        complete=wanted <= here,
    )


def lists_file(conn: Connection, event_id: str, sha256: str) -> bool:
    """Whether any revision of this event lists the file: object-level access to media goes through this."""
    query = select(evidence_items.c.path).where(
        evidence_items.c.event_id == event_id, evidence_items.c.sha256 == sha256
    )
    return conn.execute(query.limit(1)).first() is not None
