"""A wire that can be cut: forwards TCP to a server until told otherwise."""

from __future__ import annotations

import contextlib
import socket
import threading
from collections.abc import Iterator
from contextlib import contextmanager


class Wire:
    """`is_open`: new connections pass; `brings_answers`: what the server says comes back, or is lost on the way."""

    def __init__(self, server_port: int) -> None:
        self._server_port = server_port
        self._listener = socket.create_server(("127.0.0.1", 0))
        self._sockets: list[socket.socket] = []
        self._lock = threading.Lock()
        self.port = int(self._listener.getsockname()[1])
        self.is_open = True
        self.brings_answers = True
        self.bytes_sent = self.bytes_lost = 0
        self.cut_after_bytes: int | None = None
        threading.Thread(target=self._accept, daemon=True).start()

    def cut(self) -> None:
        """Every connection ends at once."""
        with self._lock:
            for one in self._sockets:
                with contextlib.suppress(OSError):
                    one.shutdown(socket.SHUT_RDWR)
                one.close()
            self._sockets.clear()

    def close(self) -> None:
        """No more connections."""
        self.is_open = False
        with contextlib.suppress(OSError):
            self._listener.shutdown(socket.SHUT_RDWR)
        self._listener.close()
        self.cut()

    def _accept(self) -> None:
        while True:
            try:
                near, _ = self._listener.accept()
                if not self.is_open:
                    near.close()
                    continue
                far = socket.create_connection(("127.0.0.1", self._server_port))
            except OSError:
                return
            with self._lock:
                self._sockets += [near, far]
            threading.Thread(target=self._pump, args=(near, far, True), daemon=True).start()
            threading.Thread(target=self._pump, args=(far, near, False), daemon=True).start()

    def _pump(self, source: socket.socket, target: socket.socket, is_up: bool) -> None:
        with contextlib.suppress(OSError):
            while data := source.recv(16_384):
                if is_up:
                    self.bytes_sent += len(data)
                if is_up or self.brings_answers:
                    target.sendall(data)
                else:
                    self.bytes_lost += len(data)
                if is_up and self.cut_after_bytes is not None and self.bytes_sent >= self.cut_after_bytes:
                    self.cut_after_bytes = None
                    self.cut()
        with contextlib.suppress(OSError):
            target.shutdown(socket.SHUT_RDWR)


@contextmanager
def wire_to(server_port: int) -> Iterator[Wire]:
    """A wire to a server of this machine."""
    wire = Wire(server_port)
    try:
        yield wire
    finally:
        wire.close()
