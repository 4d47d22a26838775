"""A camera's small web server: snapshots with credentials, ONVIF's date and time, or nonsense; its clock can be off."""

from __future__ import annotations

import base64
import threading
import time
from dataclasses import dataclass
from datetime import UTC, datetime
from email.utils import formatdate
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from typing import Any, Self

import cv2

from tests.rtsp_server.clips import draw


@dataclass
class HttpPlan:
    """What the camera answers; `clock_off_s` is its clock minus UTC."""

    clock_off_s: float = 0.0
    credentials: tuple[str, str] | None = None
    body: bytes | None = None
    silent: bool = False
    served: int = 0


class HttpCamera:
    """Serves a plan on loopback for as long as the `with` lasts."""

    def __init__(self, plan: HttpPlan) -> None:
        self.plan = plan
        self._stop = threading.Event()
        self._server = ThreadingHTTPServer(("127.0.0.1", 0), _handler(plan, self._stop))
        self._thread = threading.Thread(target=self._server.serve_forever, args=(0.05,), daemon=True)

    @property
    def url(self) -> str:
        """Its address."""
        return f"http://127.0.0.1:{self._server.server_port}"

    def __enter__(self) -> Self:
        self._thread.start()
        return self

    def __exit__(self, *_: object) -> None:
        self._stop.set()
        self._server.shutdown()
        self._server.server_close()
        self._thread.join(5)


def _handler(plan: HttpPlan, stop: threading.Event) -> type[BaseHTTPRequestHandler]:  # noqa: C901 - one class
    class Handler(BaseHTTPRequestHandler):
        def do_GET(self) -> None:
            if plan.silent:
                stop.wait()
            elif not self._is_known():
                self._send(401, b"", "text/plain", {"WWW-Authenticate": 'Basic realm="camera"'})
            elif self.path != "/snapshot.jpg":
                self._send(404, b"", "text/plain", {})
            else:
                picture = cv2.imencode(".jpg", draw(plan.served, 320, 240))[1].tobytes()
                plan.served += 1
                self._send(200, plan.body or picture, "image/jpeg", {})

        def _is_known(self) -> bool:
            expected = base64.b64encode(":".join(plan.credentials or ()).encode()).decode()
            return plan.credentials is None or self.headers.get("Authorization") == f"Basic {expected}"

        def do_HEAD(self) -> None:
            self._send(401, b"", "text/plain", {})

        def do_POST(self) -> None:
            self.rfile.read(int(self.headers["Content-Length"]))
            if plan.silent:
                stop.wait()
                return
            said = datetime.fromtimestamp(time.time() + plan.clock_off_s, UTC)
            fields = (said.hour, said.minute, said.second, said.year, said.month, said.day)
            answer = _ONVIF.format(*fields) if plan.body is None else plan.body.decode()
            self._send(200, answer.encode(), "application/soap+xml", {})

        def date_time_string(self, timestamp: float | None = None) -> str:
            return formatdate((timestamp or time.time()) + plan.clock_off_s, usegmt=True)

        def log_message(self, *_: Any) -> None:
            """Quiet."""

        def _send(self, status: int, body: bytes, kind: str, headers: dict[str, str]) -> None:
            self.send_response(status)
            for name, value in {**headers, "Content-Type": kind, "Content-Length": str(len(body))}.items():
                self.send_header(name, value)
            self.end_headers()
            if self.command != "HEAD":
                self.wfile.write(body)

    return Handler


_ONVIF = """<?xml version="1.0"?><SOAP-ENV:Envelope xmlns:SOAP-ENV="http://www.w3.org/2003/05/soap-envelope"
 xmlns:tds="http://www.onvif.org/ver10/device/wsdl" xmlns:tt="http://www.onvif.org/ver10/schema"><SOAP-ENV:Body>
<tds:GetSystemDateAndTimeResponse><tds:SystemDateAndTime><tt:DateTimeType>NTP</tt:DateTimeType>
<tt:UTCDateTime><tt:Time><tt:Hour>{0}</tt:Hour><tt:Minute>{1}</tt:Minute><tt:Second>{2}</tt:Second></tt:Time>
<tt:Date><tt:Year>{3}</tt:Year><tt:Month>{4}</tt:Month><tt:Day>{5}</tt:Day></tt:Date></tt:UTCDateTime>
</tds:SystemDateAndTime></tds:GetSystemDateAndTimeResponse></SOAP-ENV:Body></SOAP-ENV:Envelope>"""
