"""Two ways to ask a camera for its time over HTTP: ONVIF GetSystemDateAndTime and the Date header.

Both tell whole seconds: the offset is known to half a second plus half of the round trip.
"""

from __future__ import annotations

import http.client
import re
import urllib.error
import urllib.request
from collections.abc import Callable
from dataclasses import dataclass
from datetime import UTC, datetime
from email.message import Message
from email.utils import parsedate_to_datetime

from contract.errors import CaptureError
from contract.events import Clock, ClockSource
from contract.times import NS

ASK_TIMEOUT_S = 3.0
RESOLUTION_S = 1.0
_MAX_ANSWER_BYTES = 64 * 1024
_SOAP = (
    b'<?xml version="1.0" encoding="utf-8"?><s:Envelope xmlns:s="http://www.w3.org/2003/05/soap-envelope"><s:Body>'
    b'<GetSystemDateAndTime xmlns="http://www.onvif.org/ver10/device/wsdl"/></s:Body></s:Envelope>'
)
# Expressions instead of an XML parser: six numbers are wanted, from a device that is not trusted.
_UTC_PART = re.compile(rb"<(?:\w+:)?UTCDateTime\b.{0,2000}?</(?:\w+:)?UTCDateTime>", re.DOTALL)
_NUMBER = rb"<(?:\w+:)?%s>\s*(\d{1,4})\s*</"
_FIELDS = (b"Year", b"Month", b"Day", b"Hour", b"Minute", b"Second")


@dataclass(frozen=True, slots=True)
class Measured:
    """An offset and when it was measured, UTC."""

    clock: Clock
    at_ns: int


def measure_onvif(url: str, now_ns: Callable[[], int]) -> Measured:
    """The offset by ONVIF, which answers this question without credentials; raises CaptureError."""
    request = urllib.request.Request(  # noqa: S310 - `_ask` checks the scheme
        url, data=_SOAP, headers={"Content-Type": "application/soap+xml; charset=utf-8"}
    )
    asked_ns = now_ns()
    body, _headers = _ask(request)
    answered_ns = now_ns()
    return _measured("onvif", onvif_date(body), asked_ns, answered_ns)


def onvif_date(body: bytes) -> datetime:
    """The UTC date and time in an ONVIF answer; raises CaptureError for any other bytes."""
    part = _UTC_PART.search(body)
    found = [re.search(_NUMBER % name, part[0]) for name in _FIELDS] if part is not None else []
    numbers = [int(one[1]) for one in found if one is not None]
    if len(numbers) != len(_FIELDS):
        raise CaptureError("garbage", "the ONVIF answer holds no whole UTCDateTime")
    year, month, day, hour, minute, second = numbers
    try:
        return datetime(year, month, day, hour, minute, second, tzinfo=UTC)
    except ValueError as error:
        raise CaptureError("garbage", f"the ONVIF answer is no date: {error}") from None


def measure_http_date(url: str, now_ns: Callable[[], int]) -> Measured:
    """The offset by the Date header of any answer, a refusal included; raises CaptureError."""
    request = urllib.request.Request(url, method="HEAD")  # noqa: S310 - `_ask` checks the scheme
    asked_ns = now_ns()
    _body, headers = _ask(request)
    answered_ns = now_ns()
    return _measured("http_date", http_date(headers["Date"]), asked_ns, answered_ns)


def http_date(told: str | None) -> datetime:
    """The UTC date and time of a Date header; raises CaptureError for any other text, for none, and without a zone."""
    try:
        said = parsedate_to_datetime(told or "")
        if said.tzinfo is None:
            raise CaptureError("garbage", "the HTTP answer's Date says no zone")
        return said.astimezone(UTC)
    except (TypeError, ValueError, OverflowError):
        raise CaptureError("garbage", "the HTTP answer has no Date") from None


def _ask(request: urllib.request.Request) -> tuple[bytes, Message]:
    if request.type not in ("http", "https"):
        raise CaptureError("unreachable", f"camera clock: {request.type} is neither http nor https")
    opener = urllib.request.build_opener(urllib.request.ProxyHandler({}))
    try:
        with opener.open(request, timeout=ASK_TIMEOUT_S) as answer:
            return answer.read(_MAX_ANSWER_BYTES), answer.headers
    except urllib.error.HTTPError as error:
        with error:
            return error.read(_MAX_ANSWER_BYTES), error.headers
    except (OSError, http.client.HTTPException) as error:
        raise CaptureError("unreachable", f"camera clock: no answer ({type(error).__name__})") from None


def _measured(source: ClockSource, said: datetime, asked_ns: int, answered_ns: int) -> Measured:
    """Whole seconds are cut, not rounded: the camera's clock stood half a second further on average."""
    middle_ns = (asked_ns + answered_ns) // 2
    offset_s = said.timestamp() + RESOLUTION_S / 2 - middle_ns / NS
    uncertainty_s = RESOLUTION_S / 2 + (answered_ns - asked_ns) / 2 / NS
    return Measured(Clock(source=source, offset_s=offset_s, uncertainty_s=uncertainty_s), middle_ns)
