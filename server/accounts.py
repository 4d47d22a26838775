"""Users as the command line keeps them; each change is in the audit, and a new password ends every session."""

from __future__ import annotations

import re
import uuid
from dataclasses import asdict, dataclass, replace
from typing import Any

from contract.errors import StoreError
from contract.times import Utc
from server.identity.passwords import hash_password, random_password
from store import Store, audit, sessions, users
from store.audit import AuditEntry
from store.users import User

COMMAND_LINE = "command-line"
ADMIN = "admin"
_NAME = re.compile(r"[\w.@-]{1,64}")


@dataclass(frozen=True, slots=True, kw_only=True)
class NewUser:
    """A user to add."""

    name: str
    display_name: str
    roles: tuple[str, ...]
    towns: tuple[str, ...]
    locale: str = "zh-CN"


@dataclass(frozen=True, slots=True)
class FirstAdmin:
    """The admin that the first start made; the password is kept nowhere else."""

    name: str
    password: str


def add(store: Store, wanted: NewUser, password: str, *, at: Utc) -> User:
    """Add a user; raises ValueError for a name or password that will not do, StoreError when the name is taken."""
    if not _NAME.fullmatch(wanted.name):
        raise ValueError("name: expected 1 to 64 letters, digits, or . _ @ -")
    user = User(
        id=str(uuid.uuid4()),
        password_hash=hash_password(password),
        disabled=False,
        created_at=at,
        **asdict(wanted),
    )
    with store.write() as connection:
        users.add(connection, user)
        detail = {"name": user.name, "roles": list(user.roles), "towns": list(user.towns)}
        audit.append(connection, AuditEntry(at=at, who=COMMAND_LINE, action="users.added", detail=detail))
    return user


def reset(store: Store, name: str, password: str, *, at: Utc) -> None:
    """Give a user another password and end their sessions; raises StoreError when there is no such user."""
    password_hash = hash_password(password)
    _end_and_change(store, name, at=at, action="users.reset", password_hash=password_hash, disabled=False)


def disable(store: Store, name: str, *, at: Utc) -> None:
    """Lock a user out at once, until a reset; what they did stays theirs. Raises StoreError when there is none."""
    _end_and_change(store, name, at=at, action="users.disabled", disabled=True)


def _end_and_change(store: Store, name: str, *, at: Utc, action: str, **changes: Any) -> None:
    """Change a user whose sessions must not outlast it."""
    with store.write() as connection:
        user = users.by_name(connection, name)
        if user is None:
            raise StoreError(f"user {name}: not known here; `tantou users list` shows who is")
        users.change(connection, replace(user, **changes))
        ended = sessions.end_of_user(connection, user.id)
        detail = {"name": name, "sessions_ended": ended}
        audit.append(connection, AuditEntry(at=at, who=COMMAND_LINE, action=action, detail=detail))


def all_accounts(store: Store) -> list[dict[str, Any]]:
    """Every user without the password's hash, by name."""
    with store.read() as connection:
        found = users.all_users(connection)
    return [{name: value for name, value in asdict(user).items() if name != "password_hash"} for user in found]


def first_admin(store: Store, *, at: Utc) -> FirstAdmin | None:
    """Make an admin with a random password when there is no admin yet; None when there is one."""
    with store.read() as connection:
        if any(ADMIN in user.roles for user in users.all_users(connection)):
            return None
    password = random_password()
    wanted = NewUser(name=ADMIN, display_name="Administrator", roles=(ADMIN,), towns=())
    try:
        add(store, wanted, password, at=at)
    except StoreError:
        return None  # another process was first; it has shown the password
    return FirstAdmin(ADMIN, password)
