"""The ONVIF words of the virtual tower: a request in, the answer's body out; device, media, PTZ, event services."""

from __future__ import annotations

import base64
import hashlib
import hmac
from collections.abc import Callable
from dataclasses import dataclass
from datetime import UTC, datetime
from xml.sax.saxutils import escape, quoteattr

from edge.patrol.markup import Element, parsed
from tantou.tower.heat import Heat
from tantou.tower.motor import At, Motor

PROFILE = "main"
_SERVICES = ("Device", "Media", "PTZ", "Events")
_SPACE = "http://www.onvif.org/ver10/tptz"
_PASSWORD_MOST_OLD_S = 300.0


class SoapFault(Exception):  # noqa: N818 -- SOAP's own word
    """A request that is refused; `code` is ONVIF's sub code."""

    def __init__(self, code: str, reason: str) -> None:
        super().__init__(reason)
        self.code = code


@dataclass(frozen=True)
class Addresses:
    """Where the tower's own services, stream and pictures are."""

    onvif: str
    stream: str
    snapshot: str


class Device:
    """Answers requests. `username` None: everybody may ask."""

    def __init__(
        self,
        motor: Motor,
        addresses: Addresses,
        *,
        now: Callable[[], datetime],
        username: str | None = None,
        password: str = "",
    ) -> None:
        self._motor = motor
        self._addresses = addresses
        self._now = now
        self._username, self._password = username, password
        self._nonces: set[str] = set()
        self.heat = Heat(now)

    def answer(self, request: bytes) -> str:
        """The answer's body; raises SoapFault, and ContractError for what is no SOAP."""
        envelope = parsed(request)
        body = envelope.child("Body")
        action = body.children[0] if body is not None and body.children else None
        if action is None:
            raise SoapFault("ter:WellFormed", "no action")
        if action.name != "GetSystemDateAndTime":
            self._let_in(envelope)
        words = {
            "GetSystemDateAndTime": self._date,
            "GetCapabilities": self._capabilities,
            "GetServices": self._services,
            "GetProfiles": self._profiles,
            "GetStreamUri": lambda _: _uri("GetStreamUriResponse", self._addresses.stream),
            "GetSnapshotUri": lambda _: _uri("GetSnapshotUriResponse", self._addresses.snapshot),
            "GetPresets": self._presets,
            "SetPreset": self._set_preset,
            "GotoPreset": self._goto_preset,
            "AbsoluteMove": self._absolute_move,
            "ContinuousMove": self._continuous_move,
            "Stop": self._stop,
            "GetStatus": self._status,
            "CreatePullPointSubscription": lambda _: self.heat.subscribe(self._addresses.onvif),
            "PullMessages": self.heat.pull,
        }
        if action.name in ("CreatePullPointSubscription", "PullMessages"):
            told = envelope.first("Action")
            if told is None or not told.text.endswith(f"/{action.name}Request"):
                raise SoapFault("wsa:MessageAddressingHeaderRequired", "an Action is needed")
        if action.name not in words:
            raise SoapFault("ter:ActionNotSupported", f"{action.name} is not known here")
        return words[action.name](action)

    def _let_in(self, envelope: Element) -> None:
        """WS-UsernameToken with digest: SHA-1 of nonce, time and password; each nonce once, not old."""
        if self._username is None:
            return
        token = envelope.first("UsernameToken")
        parts = [
            token.first(name) if token is not None else None for name in ("Username", "Password", "Nonce", "Created")
        ]
        if any(part is None for part in parts):
            raise SoapFault("ter:NotAuthorized", "a UsernameToken is needed")
        name, told, nonce, created = (part.text for part in parts if part is not None)
        digest = hashlib.sha1(  # noqa: S324 -- the standard's own
            base64.b64decode(nonce) + created.encode() + self._password.encode()
        ).digest()
        is_right = hmac.compare_digest(base64.b64encode(digest).decode(), told) and name == self._username
        old_s = abs((self._now() - datetime.fromisoformat(created)).total_seconds())
        if not is_right or nonce in self._nonces or old_s > _PASSWORD_MOST_OLD_S:
            raise SoapFault("ter:NotAuthorized", "wrong name, password or time")
        self._nonces.add(nonce)

    def _date(self, _: Element) -> str:
        now = self._now().astimezone(UTC)
        return (
            "<tds:GetSystemDateAndTimeResponse><tds:SystemDateAndTime><tt:DateTimeType>NTP</tt:DateTimeType>"
            "<tt:UTCDateTime>"
            f"<tt:Time><tt:Hour>{now.hour}</tt:Hour><tt:Minute>{now.minute}</tt:Minute>"
            f"<tt:Second>{now.second}</tt:Second></tt:Time>"
            f"<tt:Date><tt:Year>{now.year}</tt:Year><tt:Month>{now.month}</tt:Month><tt:Day>{now.day}</tt:Day></tt:Date>"
            "</tt:UTCDateTime></tds:SystemDateAndTime></tds:GetSystemDateAndTimeResponse>"
        )

    def _capabilities(self, _: Element) -> str:
        address = escape(self._addresses.onvif)
        parts = "".join(f"<tt:{name}><tt:XAddr>{address}</tt:XAddr></tt:{name}>" for name in _SERVICES)
        return (
            f"<tds:GetCapabilitiesResponse><tds:Capabilities>{parts}</tds:Capabilities></tds:GetCapabilitiesResponse>"
        )

    def _services(self, _: Element) -> str:
        told = "".join(
            f"<tds:Service><tds:Namespace>http://www.onvif.org/{space}</tds:Namespace>"
            f"<tds:XAddr>{escape(self._addresses.onvif)}</tds:XAddr></tds:Service>"
            for space in ("ver10/device/wsdl", "ver10/media/wsdl", "ver20/ptz/wsdl")
        )
        return f"<tds:GetServicesResponse>{told}</tds:GetServicesResponse>"

    def _profiles(self, _: Element) -> str:
        return (
            f'<trt:GetProfilesResponse><trt:Profiles token="{PROFILE}" fixed="true"><tt:Name>main</tt:Name>'
            '<tt:PTZConfiguration token="ptz"><tt:Name>ptz</tt:Name></tt:PTZConfiguration>'
            "</trt:Profiles></trt:GetProfilesResponse>"
        )

    def _presets(self, _: Element) -> str:
        told = "".join(
            f"<tptz:Preset token={quoteattr(token)}><tt:Name>{escape(name)}</tt:Name>"
            f"<tt:PTZPosition>{_position(at)}</tt:PTZPosition></tptz:Preset>"
            for token, (name, at) in self._motor.presets.items()
        )
        return f"<tptz:GetPresetsResponse>{told}</tptz:GetPresetsResponse>"

    def _set_preset(self, action: Element) -> str:
        token = action.text_of("PresetToken") or f"preset-{len(self._motor.presets) + 1}"
        name = action.text_of("PresetName") or self._motor.presets.get(token, (token,))[0]
        self._motor.presets[token] = (name, self._motor.at()[0])
        return f"<tptz:SetPresetResponse><tptz:PresetToken>{escape(token)}</tptz:PresetToken></tptz:SetPresetResponse>"

    def _goto_preset(self, action: Element) -> str:
        known = self._motor.presets.get(action.text_of("PresetToken") or "")
        if known is None:
            raise SoapFault("ter:NoToken", "there is no such preset")
        self._motor.go(known[1])
        return "<tptz:GotoPresetResponse/>"

    def _absolute_move(self, action: Element) -> str:
        position = action.child("Position")
        now, _ = self._motor.at()
        pan_tilt, zoom = (None if position is None else position.child(name) for name in ("PanTilt", "Zoom"))
        self._motor.go(
            At(
                now.pan if pan_tilt is None else float(pan_tilt.attributes["x"]),
                now.tilt if pan_tilt is None else float(pan_tilt.attributes["y"]),
                now.zoom if zoom is None else float(zoom.attributes["x"]),
            )
        )
        return "<tptz:AbsoluteMoveResponse/>"

    def _continuous_move(self, action: Element) -> str:
        velocity = action.child("Velocity")
        pan_tilt, zoom = (None if velocity is None else velocity.child(name) for name in ("PanTilt", "Zoom"))
        self._motor.drive(
            0.0 if pan_tilt is None else float(pan_tilt.attributes["x"]),
            0.0 if pan_tilt is None else float(pan_tilt.attributes["y"]),
            0.0 if zoom is None else float(zoom.attributes["x"]),
        )
        return "<tptz:ContinuousMoveResponse/>"

    def _stop(self, _: Element) -> str:
        self._motor.drive(0.0, 0.0, 0.0)
        return "<tptz:StopResponse/>"

    def _status(self, _: Element) -> str:
        at, is_moving = self._motor.at()
        word = "MOVING" if is_moving else "IDLE"
        return (
            f"<tptz:GetStatusResponse><tptz:PTZStatus><tt:Position>{_position(at)}</tt:Position>"
            f"<tt:MoveStatus><tt:PanTilt>{word}</tt:PanTilt><tt:Zoom>{word}</tt:Zoom></tt:MoveStatus>"
            f"<tt:UtcTime>{self._now().astimezone(UTC):%Y-%m-%dT%H:%M:%SZ}</tt:UtcTime>"
            "</tptz:PTZStatus></tptz:GetStatusResponse>"
        )


def envelope(body: str) -> bytes:
    """A whole answer."""
    return (
        '<?xml version="1.0" encoding="utf-8"?><s:Envelope xmlns:s="http://www.w3.org/2003/05/soap-envelope" '
        'xmlns:tds="http://www.onvif.org/ver10/device/wsdl" xmlns:trt="http://www.onvif.org/ver10/media/wsdl" '
        'xmlns:tptz="http://www.onvif.org/ver20/ptz/wsdl" xmlns:tt="http://www.onvif.org/ver10/schema" '
        'xmlns:tev="http://www.onvif.org/ver10/events/wsdl" xmlns:wsnt="http://docs.oasis-open.org/wsn/b-2" '
        'xmlns:wsa="http://www.w3.org/2005/08/addressing" xmlns:tns1="http://www.onvif.org/ver10/topics" '
        f'xmlns:ter="http://www.onvif.org/ver10/error"><s:Body>{body}</s:Body></s:Envelope>'
    ).encode()


def fault(error: SoapFault) -> bytes:
    """A refusal as SOAP tells it."""
    return envelope(
        f"<s:Fault><s:Code><s:Value>s:Sender</s:Value><s:Subcode><s:Value>{error.code}</s:Value></s:Subcode></s:Code>"
        f'<s:Reason><s:Text xml:lang="en">{escape(str(error))}</s:Text></s:Reason></s:Fault>'
    )


def _uri(name: str, address: str) -> str:
    return f"<trt:{name}><trt:MediaUri><tt:Uri>{escape(address)}</tt:Uri></trt:MediaUri></trt:{name}>"


def _position(at: At) -> str:
    return (
        f'<tt:PanTilt x="{at.pan:.6f}" y="{at.tilt:.6f}" space="{_SPACE}/PanTiltSpaces/PositionGenericSpace"/>'
        f'<tt:Zoom x="{at.zoom:.6f}" space="{_SPACE}/ZoomSpaces/PositionGenericSpace"/>'
    )
