"""Checking a name and password: the same work for a name that is not there, few hashes at a time, guessing slowed."""

from __future__ import annotations

import asyncio
import math
from collections.abc import Callable, Coroutine
from dataclasses import replace
from typing import Any, ParamSpec, TypeVar

from contract.times import NS, utc_from_ns
from server.centre import Centre
from server.config import SessionConfig
from server.identity import passwords
from server.identity.backoff import Backoff
from server.problems import Problem
from store import audit, users
from store.audit import AuditEntry
from store.users import User

Args = ParamSpec("Args")
T = TypeVar("T")


class LoginGate:
    """Bounds hashing: so many at one time, so many waiting; the rest are told to come back."""

    def __init__(self, config: SessionConfig, now_ns: Callable[[], int]) -> None:
        self._config = config
        self._now_ns = now_ns
        self._slots = asyncio.Semaphore(config.logins_at_once)
        self._waiting = 0
        self._later: set[asyncio.Task[None]] = set()
        self._backoff = Backoff(failures_free=config.failures_free, wait_max_s=config.back_off_max_s)
        self._nobody = passwords.hash_of_nobody()

    def later(self, work: Coroutine[Any, Any, None]) -> None:
        """Do this beside the answer, so that the answer's time does not tell whether the name is known."""
        task = asyncio.create_task(work)
        self._later.add(task)
        task.add_done_callback(self._later.discard)

    async def finished(self) -> None:
        """Wait for what is being done beside answers; raises what it raised."""
        await asyncio.gather(*self._later)

    async def is_right(self, name: str, password_hash: str | None, password: str) -> bool:
        """Whether the password fits; raises Problem login_back_off or login_busy."""
        wait_ns = self._backoff.wait_ns(name, self._now_ns())
        if wait_ns > 0:
            wait_s = math.ceil(wait_ns / NS)
            raise Problem("login_back_off", f"try again in {wait_s} s", headers={"Retry-After": str(wait_s)})
        if self._waiting >= self._config.logins_waiting + self._config.logins_at_once:
            raise Problem("login_busy", "try again in a moment", headers={"Retry-After": "2"})
        self._waiting += 1
        try:
            async with self._slots:
                fits = await in_thread(passwords.is_right, password_hash or self._nobody, password)
        finally:
            self._waiting -= 1
        if fits and password_hash is not None:
            self._backoff.succeeded(name)
            return True
        self._backoff.failed(name, self._now_ns())
        return False


async def in_thread(work: Callable[Args, T], *args: Args.args, **kwargs: Args.kwargs) -> T:
    """Run blocking work beside the event loop."""
    return await asyncio.to_thread(work, *args, **kwargs)


async def check(centre: Centre, name: str, password: str) -> User:
    """The user with this name and password; raises Problem login_failed, login_back_off or login_busy."""
    user = await in_thread(_find, centre, name)
    is_usable = user is not None and not user.disabled
    fits = await centre.gate.is_right(name, user.password_hash if user and is_usable else None, password)
    if user is None or not is_usable or not fits:
        if user is not None:
            centre.gate.later(in_thread(_note_failure, centre, user))
        raise Problem("login_failed")
    await in_thread(_upgrade, centre, user, password)
    return user


def _find(centre: Centre, name: str) -> User | None:
    with centre.store.read() as connection:
        return users.by_name(connection, name)


def _note_failure(centre: Centre, user: User) -> None:
    at = utc_from_ns(centre.now_ns())
    with centre.store.write() as connection:
        audit.append(connection, AuditEntry(at=at, who=user.id, action="session.refused", detail={}))


def _upgrade(centre: Centre, user: User, password: str) -> None:
    better = passwords.upgraded(user.password_hash, password)
    if better is None:
        return
    with centre.store.write() as connection:
        now = users.by_id(connection, user.id)
        if now is not None and now.password_hash == user.password_hash:
            users.change(connection, replace(now, password_hash=better))
