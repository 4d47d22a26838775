"""Users, as rows; what a password is and how it is hashed is the server's matter."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

import msgspec
from sqlalchemy import Connection, insert, select, update
from sqlalchemy.exc import IntegrityError

from contract.errors import StoreError
from contract.times import Utc
from store.tables import users


@dataclass(frozen=True, slots=True, kw_only=True)
class User:
    """A person: roles and towns as granted; `id` never changes, `name` is what one logs in with."""

    id: str
    name: str
    display_name: str
    password_hash: str
    roles: tuple[str, ...]
    towns: tuple[str, ...]
    locale: str
    disabled: bool
    created_at: Utc


def add(conn: Connection, user: User) -> None:
    """Add a user; raises StoreError when the name or id is taken."""
    try:
        with conn.begin_nested():
            conn.execute(insert(users).values(_columns(user)))
    except IntegrityError as error:
        raise StoreError(f"user {user.name}: name or id is taken") from error


def change(conn: Connection, user: User) -> None:
    """Write every column of a user that is there; raises StoreError when there is none with this id."""
    if conn.execute(update(users).where(users.c.id == user.id).values(_columns(user))).rowcount != 1:
        raise StoreError(f"user {user.id}: not known here")


def by_name(conn: Connection, name: str) -> User | None:
    """The user with this name, or None."""
    row = conn.execute(select(users).where(users.c.name == name)).mappings().one_or_none()
    return None if row is None else _user(row)


def by_id(conn: Connection, user_id: str) -> User | None:
    """The user with this id, or None."""
    row = conn.execute(select(users).where(users.c.id == user_id)).mappings().one_or_none()
    return None if row is None else _user(row)


def all_users(conn: Connection) -> list[User]:
    """Every user by name."""
    return [_user(row) for row in conn.execute(select(users).order_by(users.c.name)).mappings()]


def display_names(conn: Connection) -> dict[str, str]:
    """Names for people, by user id."""
    return {row.id: row.display_name for row in conn.execute(select(users.c.id, users.c.display_name))}


def _columns(user: User) -> dict[str, Any]:
    lists = {name: msgspec.json.encode(getattr(user, name)).decode() for name in ("roles", "towns")}
    return {column.name: getattr(user, column.name) for column in users.columns} | lists


def _user(row: Any) -> User:
    lists = {name: tuple(msgspec.json.decode(row[name], type=list[str])) for name in ("roles", "towns")}
    return User(**{**row, **lists})
