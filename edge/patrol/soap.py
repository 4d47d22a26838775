"""Questions to one ONVIF camera: SOAP over HTTP with digest tokens by the camera's own clock; what fails has a kind.

The packages on the index bring zeep, lxml and all WSDLs for a dozen questions; this is a small client of its own.
"""

from __future__ import annotations

import base64
import hashlib
import http.client
import secrets
from collections.abc import Callable
from datetime import UTC, datetime
from urllib.parse import urlsplit
from xml.sax.saxutils import escape

from contract.errors import ContractError, TantouError
from contract.times import NS
from edge.capture.clock_http import onvif_date
from edge.patrol.markup import MOST_BYTES, Element, parsed
from edge.patrol.plan import FailureKind

DEVICE = "http://www.onvif.org/ver10/device/wsdl"
SCHEMA = "http://www.onvif.org/ver10/schema"
_WSSE = "http://docs.oasis-open.org/wss/2004/01/oasis-200401-wss"
_WSA = "http://www.w3.org/2005/08/addressing"


class HeadError(TantouError):
    """The camera did not do what was asked; `kind` is the state of the patrol that follows."""

    def __init__(self, kind: FailureKind, detail: str) -> None:
        super().__init__(f"{kind}: {detail}")
        self.kind = kind
        self.detail = detail


class Soap:
    """One camera; one thread. Learns its clock and its services at the first question, and anew after `forget`."""

    def __init__(
        self,
        url: str,
        *,
        username: str | None = None,
        password_of: Callable[[], str] = str,
        now_ns: Callable[[], int],
        timeout_s: float = 5.0,
    ) -> None:
        self._url, self._username, self._password_of = url, username, password_of
        self._now_ns, self._timeout_s = now_ns, timeout_s
        self._services: Element | None = None
        self._ahead_s = 0.0

    @property
    def device_path(self) -> str:
        """The path of the device service, as configured."""
        return urlsplit(self._url).path or "/onvif/device_service"

    def service(self, kind: str) -> str | None:
        """The path of a service (`PTZ`, `Media`, `Events`); None: the camera has none."""
        if self._services is None:
            asked_ns = self._now_ns()
            dated = self._post(self.device_path, f'<GetSystemDateAndTime xmlns="{DEVICE}"/>', with_token=False)
            try:
                self._ahead_s = onvif_date(dated).timestamp() - asked_ns / NS
            except TantouError:
                self._ahead_s = 0.0
            body = f'<GetCapabilities xmlns="{DEVICE}"><Category>All</Category></GetCapabilities>'
            self._services = self.ask(self.device_path, body)
        found = self._services.first(kind)
        address = None if found is None else found.text_of("XAddr")
        return None if not address else path_of(address)

    def forget(self) -> None:
        """A camera that comes back may have other addresses."""
        self._services = None

    def ask(self, path: str, body: str, *, action: str = "") -> Element:
        """The answer; raises HeadError. `action`: told in the head of the message too, where WS-Addressing wants it."""
        try:
            told = parsed(self._post(path, body, with_token=True, action=action))
        except ContractError as error:
            raise HeadError("garbage", error.reason) from None
        refused = told.first("Fault")
        if refused is not None:
            codes = " ".join(one.text.strip() for one in refused.every("Value"))
            kind: FailureKind = "unauthorized" if "NotAuthorized" in codes else "refused"
            raise HeadError(kind, f"the camera refuses: {codes[:200]}")
        return told

    def _post(self, path: str, body: str, *, with_token: bool, action: str = "") -> bytes:
        parts = urlsplit(self._url)
        kind = http.client.HTTPSConnection if parts.scheme == "https" else http.client.HTTPConnection
        connection = kind(parts.hostname or "", parts.port, timeout=self._timeout_s)
        security = self._security() if with_token and self._username is not None else ""
        to = f"{parts.scheme}://{parts.netloc.rpartition('@')[2]}{path}"
        addressed = f'<a:Action xmlns:a="{_WSA}">{action}</a:Action><a:To xmlns:a="{_WSA}">{escape(to)}</a:To>'
        head = security + (addressed if action else "")
        text = (
            '<?xml version="1.0" encoding="utf-8"?><s:Envelope xmlns:s="http://www.w3.org/2003/05/soap-envelope">'
            f"<s:Header>{head}</s:Header><s:Body>{body}</s:Body></s:Envelope>"
        )
        try:
            connection.request("POST", path, text.encode(), {"Content-Type": "application/soap+xml; charset=utf-8"})
            answer = connection.getresponse()
            data = answer.read(MOST_BYTES + 1)
        except TimeoutError:
            raise HeadError("slow", f"no answer within {self._timeout_s:g} s") from None
        except (OSError, http.client.HTTPException) as error:
            raise HeadError("unreachable", f"no answer ({type(error).__name__})") from None
        finally:
            connection.close()
        if answer.status in (http.HTTPStatus.UNAUTHORIZED, http.HTTPStatus.FORBIDDEN):
            raise HeadError("unauthorized", f"HTTP {answer.status}: check username, password_file and the clock")
        return data

    def _security(self) -> str:
        """WS-UsernameToken with digest, by the camera's own clock."""
        nonce = secrets.token_bytes(16)
        at = datetime.fromtimestamp(self._now_ns() / NS + self._ahead_s, UTC).strftime("%Y-%m-%dT%H:%M:%S.%fZ")
        digest = hashlib.sha1(nonce + at.encode() + self._password_of().encode()).digest()  # noqa: S324 -- the standard's
        coded, proof = (base64.b64encode(one).decode() for one in (nonce, digest))
        return (
            f'<Security xmlns="{_WSSE}-wssecurity-secext-1.0.xsd"><UsernameToken>'
            f"<Username>{escape(self._username or '')}</Username>"
            f'<Password Type="{_WSSE}-username-token-profile-1.0#PasswordDigest">{proof}</Password>'
            f"<Nonce>{coded}</Nonce>"
            f'<Created xmlns="{_WSSE}-wssecurity-utility-1.0.xsd">{at}</Created>'
            "</UsernameToken></Security>"
        )


def path_of(address: str) -> str:
    """Path and query of an address; its host is left: cameras behind NAT tell others. Raises HeadError."""
    try:
        parts = urlsplit(address.strip())
    except ValueError:
        raise HeadError("garbage", "an address that is none") from None
    return (parts.path or "/") + (f"?{parts.query}" if parts.query else "")
