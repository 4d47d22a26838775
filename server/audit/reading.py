"""Reading the trail: an auditor sees what happened in their towns, and the log-ins of the people of their towns."""

from __future__ import annotations

from dataclasses import dataclass

from sqlalchemy import Connection

from server.audit.schemas import AuditEntry, AuditPage
from server.centre import Centre
from server.identity.access import Person
from server.problems import Problem
from store import audit, users
from store.audit import AuditRow
from store.users import User

MAX_BATCHES = 20
BATCH = 200


@dataclass(frozen=True, slots=True)
class Filters:
    """Which entries; None is any."""

    lead: str | None
    user: str | None
    cursor: str | None
    limit: int


def page(centre: Centre, who: Person, filters: Filters) -> AuditPage:
    """One page, newest first; `next_cursor` may follow an empty page when other towns' entries lay between."""
    before = _read_cursor(filters.cursor)
    shown: list[AuditRow] = []
    with centre.store.read() as connection:
        people = {user.id: user for user in users.all_users(connection)}
        for _ in range(MAX_BATCHES):
            rows = _batch(connection, filters, before)
            for row in rows:
                if len(shown) == filters.limit:
                    break
                before = row.seq
                if _may_see(who, row, people):
                    shown.append(row)
            if len(shown) == filters.limit or len(rows) < BATCH:
                break
    is_end = before is None or before <= 1 or (len(shown) < filters.limit and len(rows) < BATCH)
    names = {user_id: user.display_name for user_id, user in people.items()}
    return AuditPage(items=[_entry(row, names) for row in shown], next_cursor=None if is_end else str(before))


def _batch(connection: Connection, filters: Filters, before: int | None) -> list[AuditRow]:
    return audit.page(connection, event_id=filters.lead, who=filters.user, before=before, limit=BATCH)


def _read_cursor(text: str | None) -> int | None:
    if text is None:
        return None
    if not text.isascii() or not text.isdigit() or len(text) > 18:
        raise Problem("invalid_cursor", "start the list anew")
    return int(text)


def _may_see(who: Person, row: AuditRow, people: dict[str, User]) -> bool:
    if row.entry.town is not None:
        return row.entry.town in who.towns
    person = people.get(row.entry.who)
    return person is not None and not set(person.towns).isdisjoint(who.towns)


def _entry(row: AuditRow, names: dict[str, str]) -> AuditEntry:
    return AuditEntry(
        seq=row.seq,
        at=row.entry.at,
        who=row.entry.who,
        who_name=names.get(row.entry.who, row.entry.who),
        action=row.entry.action,
        lead=row.entry.event_id,
        detail={name: str(value) for name, value in row.entry.detail.items()},
        hash=row.hash,
        previous_hash=row.previous_hash if row.seq > 1 else None,
    )
