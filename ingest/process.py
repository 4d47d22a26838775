"""The ingest process: store, subscriber and HTTP side under one stop event; the only place here that reads clocks."""

from __future__ import annotations

import logging
import signal
import socket
import threading
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from typing import Any

import uvicorn

from contract.errors import StoreError
from ingest.config import IngestConfig, parts_folder, read_secret
from ingest.evidence import EvidenceDesk, make_app
from ingest.parts import Parts
from ingest.subscriber import Subscriber
from ingest.uploads import Uploads
from store import Store
from store.config import open_configured

log = logging.getLogger(__name__)
HOUSEKEEPING_S = 3600.0
STOP_WITHIN_S = 10.0
CONNECTIONS_WAITING_MAX = 128


def serve(config: IngestConfig, *, stop: threading.Event, on_ready: Callable[[int], None]) -> int:
    """Run until the stop event; returns the exit code. `on_ready` is told the HTTP port when everything runs."""
    store = open_configured(config.store)
    try:
        return _serve(config, store, stop, on_ready)
    finally:
        store.close()


def _serve(config: IngestConfig, store: Store, stop: threading.Event, on_ready: Callable[[int], None]) -> int:
    folder = parts_folder(config)
    if folder is None:
        raise StoreError("http.parts: a folder for unfinished uploads is needed beside an S3 store")
    uploads = Uploads(store, Parts(folder), config.limits, time.time_ns)
    subscriber = Subscriber(
        store,
        config.broker,
        config.limits,
        password=read_secret(config.broker.password_file),
        now_ns=time.time_ns,
        monotonic_s=time.monotonic,
    )
    desk = EvidenceDesk(uploads, config.limits.uploads_at_once)

    def health() -> dict[str, Any]:
        return {"broker": subscriber.state, "messages": subscriber.counters()}

    threads = _Threads(stop)
    with _listening(config.http.host, config.http.port) as listener:
        server = _HttpServer(make_app(desk, health), listener)
        threads.start("subscriber", lambda: subscriber.run(stop))
        threads.start("http", server.run)
        threads.start("housekeeping", lambda: _keep_house(uploads, stop))
        on_ready(listener.getsockname()[1])
        stop.wait()
        server.end()
        return threads.join()


class _Threads:
    """The process's threads; one that fails ends the process, and the supervisor above starts it anew."""

    def __init__(self, stop: threading.Event) -> None:
        self._stop = stop
        self._threads: list[threading.Thread] = []
        self._failed: list[str] = []

    def start(self, name: str, body: Callable[[], None]) -> None:
        """Run the body in a thread of its own."""

        def guarded() -> None:
            try:
                body()
            except Exception:
                log.exception("thread_failed name=%s", name)
                self._failed.append(name)
            finally:
                self._stop.set()

        thread = threading.Thread(target=guarded, name=name, daemon=True)
        thread.start()
        self._threads.append(thread)

    def join(self) -> int:
        """Wait for the ends; 0 when all were clean, else 1."""
        for thread in self._threads:
            thread.join(STOP_WITHIN_S)
        late = [thread.name for thread in self._threads if thread.is_alive()]
        if late:
            log.error("threads_late names=%s", ",".join(late))
        return 1 if late or self._failed else 0


class _HttpServer:
    """Uvicorn on a socket that is already bound, in a thread that is not the main one."""

    def __init__(self, app: Any, listener: socket.socket) -> None:
        config = uvicorn.Config(app, log_config=None, access_log=False, timeout_graceful_shutdown=5, lifespan="off")
        self._server = uvicorn.Server(config)
        self._listener = listener

    def run(self) -> None:
        """Serve until `end`."""
        self._server.run(sockets=[self._listener])

    def end(self) -> None:
        """Finish what runs, take nothing new."""
        self._server.should_exit = True


@contextmanager
def _listening(host: str, port: int) -> Iterator[socket.socket]:
    """A bound socket; raises StoreError when the address is taken."""
    family = socket.AF_INET6 if ":" in host else socket.AF_INET
    try:
        listener = socket.create_server((host, port), family=family, backlog=CONNECTIONS_WAITING_MAX)
    except OSError as error:
        raise StoreError(f"http {host}:{port}: cannot listen there ({error.strerror or error})") from error
    with listener:
        yield listener


def _keep_house(uploads: Uploads, stop: threading.Event) -> None:
    while True:
        dropped = uploads.drop_stale()
        if dropped:
            log.warning("parts_dropped count=%d", dropped)
        if stop.wait(HOUSEKEEPING_S):
            return


def stop_on_signals(stop: threading.Event) -> None:
    """SIGTERM and SIGINT set the stop event."""
    for number in (signal.SIGTERM, signal.SIGINT):
        signal.signal(number, lambda _number, _frame: stop.set())
