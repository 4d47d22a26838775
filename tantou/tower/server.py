"""The virtual tower as devices on the network see it: ONVIF and snapshots over HTTP, pictures over RTSP, and faults."""

from __future__ import annotations

import threading
import time
from collections.abc import Callable
from dataclasses import dataclass, field
from datetime import UTC, datetime
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from typing import Any, Self

import cv2
import numpy as np
from msgspec import structs

from contract.errors import ContractError
from ground.camera import Calibration
from tantou.tower.live import LiveServer
from tantou.tower.motor import At, Motor, head_at
from tantou.tower.picture import Painter, Shot
from tantou.tower.soap import Addresses, Device, SoapFault, envelope, fault
from tantou.tower.world import NS, World

MOST_REQUEST_BYTES = 256 * 1024


@dataclass
class Faults:
    """What goes wrong now: refused credentials, answers that come late, a device that is rebooting."""

    unauthorized: bool = False
    slow_s: float = 0.0
    is_down: bool = False
    waits: threading.Event = field(default_factory=threading.Event)


class VirtualTower:
    """One tower; `with` it: it serves from then on. Presets are names with an aim."""

    def __init__(
        self,
        world: World,
        calibration: Calibration,
        presets: dict[str, At],
        *,
        now_ns: Callable[[], int] = time.time_ns,
        ports: tuple[int, int] = (0, 0),
        username: str | None = None,
        password: str = "",
        fps: float = 2.0,
        turn_deg_s: float = 40.0,
    ) -> None:
        """`ports`: HTTP and RTSP, 0 any free one."""
        self._calibration, self._now_ns = calibration, now_ns
        self._painter = Painter(world)
        self._paints = threading.Lock()
        self.motor = Motor(calibration, now_ns=now_ns, turn_deg_s=turn_deg_s)
        self.motor.presets = {f"token-{name}": (name, at) for name, at in presets.items()}
        self.faults = Faults()
        self._http = _Http(("127.0.0.1", ports[0]), self)
        self._live = LiveServer(lambda: self.shot(self._now_ns()).image_bgr, port=ports[1], fps=fps)
        http = f"http://127.0.0.1:{self._http.server_address[1]}"
        self.addresses = Addresses(f"{http}/onvif/device", self._live.url, f"{http}/snapshot.jpg")
        self.device = Device(self.motor, self.addresses, now=self.now, username=username, password=password)
        self._threads = [threading.Thread(target=self._http.serve_forever, kwargs={"poll_interval": 0.1}, daemon=True)]

    def now(self) -> datetime:
        """The tower's clock."""
        return datetime.fromtimestamp(self._now_ns() / NS, UTC)

    def shot(self, at_ns: int) -> Shot:
        """The picture of now; a moving head's is coarse and without truth."""
        with self._paints:
            head, is_moving = self.motor.head()
            return Shot(self._painter.blur(head, at_ns), ()) if is_moving else self._painter.shot(head, at_ns)

    def warm(self) -> None:
        """Draws the views of all presets, so that the first looks do not wait for it."""
        for _, at in self.motor.presets.values():
            with self._paints:
                self._painter.shot(head_at(at, self._calibration), self._now_ns())

    def knock(self, preset: str, pan_deg: float) -> None:
        """Somebody stored the preset anew, so many degrees to the right."""
        token = f"token-{preset}"
        name, at = self.motor.presets[token]
        self.motor.presets[token] = (name, at._replace(pan=at.pan + pan_deg / 180.0))

    def turn_on_mast(self, degrees: float) -> None:
        """A hand on the mast: the head says what it always said, the picture is another one."""
        zero = self._calibration.pan_zero_deg + degrees
        self._calibration = self.motor.calibration = structs.replace(self._calibration, pan_zero_deg=zero)

    def __enter__(self) -> Self:
        self._live.start()
        for thread in self._threads:
            thread.start()
        return self

    def __exit__(self, *_: object) -> None:
        self.faults.waits.set()
        self._http.shutdown()
        self._http.server_close()
        self._live.stop()


class _Http(ThreadingHTTPServer):
    daemon_threads = True

    def __init__(self, address: tuple[str, int], tower: VirtualTower) -> None:
        super().__init__(address, _Handler)
        self.tower = tower

    def handle_error(self, request: Any, client_address: Any) -> None:
        """Who hangs up is no error of the tower."""


class _Handler(BaseHTTPRequestHandler):
    server: _Http

    def do_POST(self) -> None:
        """A SOAP request."""
        length = int(self.headers.get("Content-Length") or 0)
        data = self.rfile.read(min(length, MOST_REQUEST_BYTES))
        faults = self.server.tower.faults
        if faults.slow_s:
            faults.waits.wait(faults.slow_s)
        if faults.is_down:
            self.close_connection = True
            return
        if faults.unauthorized and b"GetSystemDateAndTime" not in data:
            self._send(401, fault(SoapFault("ter:NotAuthorized", "refused")))
            return
        try:
            self._send(200, envelope(self.server.tower.device.answer(data)))
        except SoapFault as error:
            self._send(401 if error.code == "ter:NotAuthorized" else 400, fault(error))
        except (ContractError, ValueError, KeyError) as error:
            self._send(400, fault(SoapFault("ter:WellFormed", type(error).__name__)))

    def do_GET(self) -> None:
        """The snapshot."""
        if self.server.tower.faults.is_down:
            self.close_connection = True
        elif self.path != "/snapshot.jpg":
            self._send(404, b"", "text/plain")
        else:
            tower = self.server.tower
            coded = cv2.imencode(".jpg", tower.shot(tower._now_ns()).image_bgr)[1]  # noqa: SLF001 -- its own handler
            self._send(200, np.asarray(coded).tobytes(), "image/jpeg")

    def _send(self, status: int, data: bytes, kind: str = "application/soap+xml; charset=utf-8") -> None:
        self.send_response(status)
        self.send_header("Content-Type", kind)
        self.send_header("Content-Length", str(len(data)))
        self.end_headers()
        self.wfile.write(data)

    def log_message(self, format: str, *args: Any) -> None:  # noqa: A002 -- the base class names it so
        """Silence: each look would be a line."""
