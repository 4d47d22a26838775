"""Cameras that only give a JPEG at an HTTP address: one picture every few seconds, each a keyframe, no clip."""

from __future__ import annotations

import http.client
import urllib.error
import urllib.request
from collections.abc import Callable, Iterator
from fractions import Fraction
from threading import Event

from contract.errors import CaptureError
from contract.times import NS
from edge.capture.pyav_engine import PyAvDecoder
from edge.capture.types import Address, Arrival, PictureDecoder, Source, StreamInfo

MAX_SNAPSHOT_BYTES = 16 * 1024 * 1024
_JPEG_START = b"\xff\xd8"
_INFO = StreamInfo("mjpeg", 0, 0, b"", Fraction(1, 1_000_000), has_clip=False)


class SnapshotEngine:
    """Fetches pictures with Basic or Digest credentials; `stop` ends the wait between two."""

    name = "snapshot"

    def __init__(self, now_ns: Callable[[], int], stop: Event) -> None:
        self._now_ns = now_ns
        self._stop = stop

    def open(self, address: Address) -> Source:
        """A source whose first picture is already here; raises CaptureError."""
        return SnapshotSource(address, self._now_ns, self._stop)

    def decoder(self, info: StreamInfo) -> PictureDecoder:
        """The JPEG decoder."""
        return PyAvDecoder(info)


class SnapshotSource:
    """Pictures of one address; the stamp is the middle of the request, known to half its length."""

    def __init__(self, address: Address, now_ns: Callable[[], int], stop: Event) -> None:
        self._address = address
        self._now_ns = now_ns
        self._stop = stop
        self._opener = _opener(address)
        self._first: Arrival | None = self._fetch()

    @property
    def info(self) -> StreamInfo:
        """The size is told by the first picture."""
        return _INFO

    def arrivals(self) -> Iterator[Arrival]:
        """A picture every `snapshot_every_s` until the stop event; raises CaptureError when one cannot be had."""
        arrival = self._first
        self._first = None
        while arrival is not None:
            yield arrival
            elapsed_s = (self._now_ns() - arrival.received_ns) / NS
            wait_s = self._address.snapshot_every_s - elapsed_s
            arrival = None if self._stop.wait(max(0.0, wait_s)) else self._fetch()

    def close(self) -> None:
        """Each request ends by itself; there is no connection to end."""
        self._opener.close()

    def _fetch(self) -> Arrival:
        asked_ns = self._now_ns()
        try:
            with self._opener.open(self._address.url, timeout=self._address.read_timeout_s) as answer:
                data: bytes = answer.read(MAX_SNAPSHOT_BYTES + 1)
        except (OSError, http.client.HTTPException) as error:
            raise _why_no_picture(error) from None
        if len(data) > MAX_SNAPSHOT_BYTES or not data.startswith(_JPEG_START):
            problem = f"{len(data)} bytes starting with {data[:4].hex()}"
            raise CaptureError("garbage", f"the answer is no JPEG of at most {MAX_SNAPSHOT_BYTES} bytes: {problem}")
        taken_ns = (asked_ns + self._now_ns()) // 2
        return Arrival(data, taken_ns // 1000, taken_ns // 1000, 0, True, taken_ns)


def _opener(address: Address) -> urllib.request.OpenerDirector:
    """No proxy: a camera stands on the gateway's own network."""
    handlers: list[urllib.request.BaseHandler] = [urllib.request.ProxyHandler({})]
    if address.username is not None:
        passwords = urllib.request.HTTPPasswordMgrWithDefaultRealm()
        passwords.add_password(None, address.url, address.username, address.password or "")
        handlers.append(urllib.request.HTTPDigestAuthHandler(passwords))
        handlers.append(urllib.request.HTTPBasicAuthHandler(passwords))
    return urllib.request.build_opener(*handlers)


def _why_no_picture(error: Exception) -> CaptureError:
    if isinstance(error, urllib.error.HTTPError):
        error.close()
        if error.code in (401, 403):
            return CaptureError("unauthorized", "the camera refuses these credentials; check username, password_file")
        if error.code == http.HTTPStatus.NOT_FOUND:
            return CaptureError("not_found", "there is no picture at this address; check the path of the URL")
        return CaptureError("unreachable", f"the camera answers {error.code}")
    reason = error.reason if isinstance(error, urllib.error.URLError) else error
    if isinstance(reason, TimeoutError):
        return CaptureError("stalled", "the camera accepts but sends no picture in time")
    if isinstance(error, http.client.HTTPException):
        return CaptureError("garbage", f"the answer is no HTTP ({type(error).__name__})")
    return CaptureError("unreachable", f"the address cannot be reached ({type(reason).__name__})")
