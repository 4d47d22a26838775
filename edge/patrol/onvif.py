"""The ONVIF words that a patrol needs, spoken to one camera: a small client of its own.

The packages on the index bring zeep, lxml and all WSDLs for seven questions; this is HTTP with digest tokens.
"""

from __future__ import annotations

import base64
import hashlib
import http.client
import secrets
from collections.abc import Callable
from dataclasses import dataclass
from datetime import UTC, datetime
from urllib.parse import urlsplit
from xml.sax.saxutils import escape, quoteattr

from contract.errors import ContractError, TantouError
from contract.times import NS
from edge.capture.clock_http import onvif_date
from edge.patrol.markup import MOST_BYTES, Element, parsed
from edge.patrol.plan import FailureKind, HeadSeen, Pose

_DEVICE, _MEDIA, _PTZ = (
    "http://www.onvif.org/ver10/device/wsdl",
    "http://www.onvif.org/ver10/media/wsdl",
    "http://www.onvif.org/ver20/ptz/wsdl",
)
_SCHEMA = "http://www.onvif.org/ver10/schema"
_WSSE = "http://docs.oasis-open.org/wss/2004/01/oasis-200401-wss"


class HeadError(TantouError):
    """The head did not do what was asked; `kind` is the state of the patrol that follows."""

    def __init__(self, kind: FailureKind, detail: str) -> None:
        super().__init__(f"{kind}: {detail}")
        self.kind = kind
        self.detail = detail


@dataclass(frozen=True, slots=True)
class Preset:
    """A preset as the camera lists it."""

    token: str
    name: str
    pose: Pose | None


class OnvifHead:
    """One camera's head; one thread. Connects at the first question, and anew after a failure."""

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
        self._ptz_path: str | None = None
        self._profile = ""
        self._ahead_s = 0.0

    def presets(self) -> tuple[Preset, ...]:
        """All presets of the camera."""
        told = self._ptz(f'<GetPresets xmlns="{_PTZ}">{self._token()}</GetPresets>')
        return tuple(
            Preset(one.attributes.get("token", ""), one.text_of("Name") or "", _pose(one.child("PTZPosition")))
            for one in told.every("Preset")
        )

    def go_to(self, token: str) -> None:
        """Recalls a preset."""
        self._ptz(f'<GotoPreset xmlns="{_PTZ}">{self._token()}<PresetToken>{escape(token)}</PresetToken></GotoPreset>')

    def move_to(self, pose: Pose) -> None:
        """Points there."""
        where = (
            f'<PanTilt xmlns="{_SCHEMA}" x="{pose.pan:.6f}" y="{pose.tilt:.6f}"/>'
            f'<Zoom xmlns="{_SCHEMA}" x="{pose.zoom:.6f}"/>'
        )
        self._ptz(f'<AbsoluteMove xmlns="{_PTZ}">{self._token()}<Position>{where}</Position></AbsoluteMove>')

    def drive(self, pan: float, tilt: float) -> None:
        """Moves on and on; 0, 0 stops."""
        if pan == tilt == 0:
            self._ptz(f'<Stop xmlns="{_PTZ}">{self._token()}<PanTilt>true</PanTilt><Zoom>true</Zoom></Stop>')
            return
        where = f'<PanTilt xmlns="{_SCHEMA}" x={quoteattr(f"{pan:.3f}")} y={quoteattr(f"{tilt:.3f}")}/>'
        self._ptz(f'<ContinuousMove xmlns="{_PTZ}">{self._token()}<Velocity>{where}</Velocity></ContinuousMove>')

    def status(self) -> HeadSeen:
        """Where the head is, whether it moves, and how long it took to say so."""
        asked_ns = self._now_ns()
        told = self._ptz(f'<GetStatus xmlns="{_PTZ}">{self._token()}</GetStatus>')
        status = told.first("PTZStatus")
        if status is None:
            raise HeadError("garbage", "GetStatus: the answer holds no PTZStatus")
        moves = status.child("MoveStatus")
        words = [] if moves is None else [one.text.strip() for one in moves.children]
        is_moving = None if not words or "UNKNOWN" in words else "MOVING" in words
        took_s = (self._now_ns() - asked_ns) / NS
        return HeadSeen(at_ns=self._now_ns(), pose=_pose(status.child("Position")), is_moving=is_moving, took_s=took_s)

    def addresses(self) -> dict[str, str]:
        """Where the stream and a still are, as the camera says."""
        self._connect()
        setup = (
            f'<StreamSetup><Stream xmlns="{_SCHEMA}">RTP-Unicast</Stream><Transport xmlns="{_SCHEMA}">'
            "<Protocol>RTSP</Protocol></Transport></StreamSetup>"
        )
        found = {}
        for name, action, more in (("stream", "GetStreamUri", setup), ("snapshot", "GetSnapshotUri", "")):
            told = self._ask(urlsplit(self._url).path, f'<{action} xmlns="{_MEDIA}">{more}{self._token()}</{action}>')
            uri = told.first("Uri")
            if uri is not None:
                found[name] = uri.text.strip()
        return found

    def _token(self) -> str:
        self._connect()
        return f"<ProfileToken>{escape(self._profile)}</ProfileToken>"

    def _ptz(self, body: str) -> Element:
        self._connect()
        try:
            return self._ask(self._ptz_path or "/", body)
        except HeadError:
            self._ptz_path = None  # a camera that comes back may have other addresses
            raise

    def _connect(self) -> None:
        """Clock, services and profile, once."""
        if self._ptz_path is not None:
            return
        path = urlsplit(self._url).path or "/onvif/device_service"
        asked_ns = self._now_ns()
        dated = self._post(path, f'<GetSystemDateAndTime xmlns="{_DEVICE}"/>', with_token=False)
        try:
            self._ahead_s = onvif_date(dated).timestamp() - asked_ns / NS
        except TantouError:
            self._ahead_s = 0.0
        services = self._ask(path, f'<GetCapabilities xmlns="{_DEVICE}"><Category>All</Category></GetCapabilities>')
        places = {kind: _address(services, kind) for kind in ("PTZ", "Media")}
        if places["PTZ"] is None:
            raise HeadError("refused", "the camera has no PTZ service: is it a fixed one?")
        told = self._ask(places["Media"] or path, f'<GetProfiles xmlns="{_MEDIA}"/>').every("Profiles")
        with_head = [one for one in told if one.child("PTZConfiguration") is not None]
        if not with_head:
            raise HeadError("refused", "no media profile of the camera has a PTZ configuration")
        self._profile = with_head[0].attributes.get("token", "")
        self._ptz_path = places["PTZ"]

    def _ask(self, path: str, body: str) -> Element:
        try:
            told = parsed(self._post(path, body, with_token=True))
        except ContractError as error:
            raise HeadError("garbage", error.reason) from None
        refused = told.first("Fault")
        if refused is not None:
            codes = " ".join(one.text.strip() for one in refused.every("Value"))
            kind: FailureKind = "unauthorized" if "NotAuthorized" in codes else "refused"
            raise HeadError(kind, f"the camera refuses: {codes[:200]}")
        return told

    def _post(self, path: str, body: str, *, with_token: bool) -> bytes:
        parts = urlsplit(self._url)
        kind = http.client.HTTPSConnection if parts.scheme == "https" else http.client.HTTPConnection
        connection = kind(parts.hostname or "", parts.port, timeout=self._timeout_s)
        head = self._security() if with_token and self._username is not None else ""
        text = (
            '<?xml version="1.0" encoding="utf-8"?><s:Envelope xmlns:s="http://www.w3.org/2003/05/soap-envelope">'
            f"{head}<s:Body>{body}</s:Body></s:Envelope>"
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
            f'<s:Header><Security xmlns="{_WSSE}-wssecurity-secext-1.0.xsd"><UsernameToken>'
            f"<Username>{escape(self._username or '')}</Username>"
            f'<Password Type="{_WSSE}-username-token-profile-1.0#PasswordDigest">{proof}</Password>'
            f"<Nonce>{coded}</Nonce>"
            f'<Created xmlns="{_WSSE}-wssecurity-utility-1.0.xsd">{at}</Created>'
            "</UsernameToken></Security></s:Header>"
        )


def _address(services: Element, kind: str) -> str | None:
    """The path of a service; its host is left: cameras behind NAT tell one that nobody reaches."""
    found = services.first(kind)
    address = None if found is None else found.text_of("XAddr")
    return None if not address else urlsplit(address).path or "/"


def _pose(position: Element | None) -> Pose | None:
    if position is None:
        return None
    pan_tilt, zoom = position.child("PanTilt"), position.child("Zoom")
    try:
        return Pose(
            pan=float(pan_tilt.attributes["x"]) if pan_tilt is not None else 0.0,
            tilt=float(pan_tilt.attributes["y"]) if pan_tilt is not None else 0.0,
            zoom=float(zoom.attributes["x"]) if zoom is not None else 0.0,
        )
    except (KeyError, ValueError):
        raise HeadError("garbage", "a position without numbers") from None
