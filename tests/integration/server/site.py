"""A real server on loopback for tests, with a clock that tests turn, and people who are logged in."""

from __future__ import annotations

import socket
import threading
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from typing import Any

import httpx
from argon2 import PasswordHasher

from contract.events import Event
from contract.times import NS, utc_from_ns
from server.app import create_app
from server.centre import Centre
from server.config import HttpConfig, ServerConfig
from server.identity import sessions
from server.identity.access import COOKIE, CSRF_HEADER
from server.run import make_server
from store import Store, events, users
from store.config import StoreConfig
from store.users import User
from tests.integration import acts
from tests.waiting import WITHIN_S

API = "/api/v1"
WEAK = PasswordHasher(time_cost=1, memory_cost=8, parallelism=1)
PASSWORD = "a-password-of-tests"


class Clock:
    """The server's clock: it stands until a test turns it, and once it runs it goes on from what it shows."""

    def __init__(self) -> None:
        self._shown_ns = acts.START_NS + 3600 * NS
        self._since_ns: int | None = None

    def __call__(self) -> int:
        return self.ns

    @property
    def ns(self) -> int:
        """What it shows, UTC nanoseconds."""
        return self._shown_ns + (0 if self._since_ns is None else time.monotonic_ns() - self._since_ns)

    @ns.setter
    def ns(self, shown_ns: int) -> None:
        self._shown_ns = shown_ns
        if self._since_ns is not None:
            self._since_ns = time.monotonic_ns()

    def run(self) -> None:
        """From now on time passes, as it does for a browser."""
        self._since_ns = time.monotonic_ns()

    def advance(self, seconds: float) -> None:
        """Turn the clock on."""
        self.ns += round(seconds * NS)

    @property
    def now(self) -> str:
        """What it shows."""
        return utc_from_ns(self.ns)


@dataclass
class Site:
    """A running server and what a test needs to play with it."""

    url: str
    store: Store
    clock: Clock
    centre: Centre
    stop: Callable[[], None]
    clients: list[httpx.Client] = field(default_factory=list)

    def client(self) -> httpx.Client:
        """Somebody who is not logged in."""
        made = httpx.Client(base_url=self.url + API, timeout=WITHIN_S)
        self.clients.append(made)
        return made

    def user(self, name: str, *roles: str, towns: tuple[str, ...] = ("demo",)) -> User:
        """A user with PASSWORD."""
        user = User(
            id=f"u-{name}",
            name=name,
            display_name=name.title(),
            password_hash=WEAK.hash(PASSWORD),
            roles=roles,
            towns=towns,
            locale="zh-CN",
            disabled=False,
            created_at=self.clock.now,
        )
        with self.store.write() as connection:
            users.add(connection, user)
        return user

    def person(self, name: str, *roles: str, towns: tuple[str, ...] = ("demo",)) -> httpx.Client:
        """A new user, logged in, whose client sends the CSRF token."""
        user = self.user(name, *roles, towns=towns)
        token = sessions.start(self.centre, user.id)
        client = self.client()
        client.cookies.set(COOKIE, token)
        client.headers[CSRF_HEADER] = sessions.csrf_token(token)
        return client

    def take_in(self, *taken: Event) -> None:
        """Events arrive now."""
        with self.store.write() as connection:
            events.take_in(connection, [acts.arrival(event) for event in taken], at=self.clock.now)

    def alert(self, number: int = 0, **changes: Any) -> str:
        """A new alert; returns its id."""
        event = acts.event(number, **changes)
        self.take_in(event)
        return event.event_id


@contextmanager
def running_site(store: Store, *, is_alive: bool = False, **sections: Any) -> Iterator[Site]:
    """A server on a free port; `is_alive`: with its feed and its clockwork running, else it only answers."""
    clock = Clock()
    config = ServerConfig(store=StoreConfig(database="open", blobs="open"), **sections)
    app = create_app(config, store, clock)
    server = make_server(app, HttpConfig())
    if not is_alive:
        server.config.lifespan = "off"
    with socket.create_server(("127.0.0.1", 0)) as listening:
        thread = threading.Thread(target=server.run, kwargs={"sockets": [listening]}, name="site", daemon=True)
        thread.start()

        def stop() -> None:
            server.should_exit = True

        site = Site(f"http://127.0.0.1:{listening.getsockname()[1]}", store, clock, app.state.centre, stop)
        try:
            yield site
        finally:
            for client in site.clients:
                client.close()
            stop()
            thread.join(WITHIN_S)
            assert not thread.is_alive(), "the server did not stop"


def code_of(response: httpx.Response) -> str:
    """The problem's code, of an answer that is a well-formed problem."""
    assert response.headers["content-type"] == "application/problem+json", response.text
    body = response.json()
    assert body["status"] == response.status_code
    assert body["type"] == f"urn:tantou:problem:{body['code']}"
    return str(body["code"])


def decide(client: httpx.Client, event_id: str, **body: Any) -> httpx.Response:
    """A verdict on the lead as it stands now."""
    version = client.get(f"/leads/{event_id}").headers["etag"]
    return client.post(f"/leads/{event_id}/verdict", json=body, headers={"If-Match": version})
