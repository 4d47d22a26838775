"""The ONVIF words that a patrol needs, spoken to one camera's head: presets, moves, where it is."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from math import isfinite
from xml.sax.saxutils import escape, quoteattr

from contract.times import NS
from edge.patrol.markup import Element
from edge.patrol.plan import HeadSeen, Pose
from edge.patrol.soap import SCHEMA, HeadError, Soap

_MEDIA = "http://www.onvif.org/ver10/media/wsdl"
_PTZ = "http://www.onvif.org/ver20/ptz/wsdl"


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
        self._soap = Soap(url, username=username, password_of=password_of, now_ns=now_ns, timeout_s=timeout_s)
        self._now_ns = now_ns
        self._ptz_path: str | None = None
        self._profile = ""

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
            f'<PanTilt xmlns="{SCHEMA}" x="{pose.pan:.6f}" y="{pose.tilt:.6f}"/>'
            f'<Zoom xmlns="{SCHEMA}" x="{pose.zoom:.6f}"/>'
        )
        self._ptz(f'<AbsoluteMove xmlns="{_PTZ}">{self._token()}<Position>{where}</Position></AbsoluteMove>')

    def drive(self, pan: float, tilt: float) -> None:
        """Moves on and on; 0, 0 stops."""
        if pan == tilt == 0:
            self._ptz(f'<Stop xmlns="{_PTZ}">{self._token()}<PanTilt>true</PanTilt><Zoom>true</Zoom></Stop>')
            return
        where = f'<PanTilt xmlns="{SCHEMA}" x={quoteattr(f"{pan:.3f}")} y={quoteattr(f"{tilt:.3f}")}/>'
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
            f'<StreamSetup><Stream xmlns="{SCHEMA}">RTP-Unicast</Stream><Transport xmlns="{SCHEMA}">'
            "<Protocol>RTSP</Protocol></Transport></StreamSetup>"
        )
        found = {}
        for name, action, more in (("stream", "GetStreamUri", setup), ("snapshot", "GetSnapshotUri", "")):
            told = self._soap.ask(
                self._soap.device_path, f'<{action} xmlns="{_MEDIA}">{more}{self._token()}</{action}>'
            )
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
            return self._soap.ask(self._ptz_path or "/", body)
        except HeadError:
            self._ptz_path = None  # a camera that comes back may have other addresses
            raise

    def _connect(self) -> None:
        """Services and profile, once."""
        if self._ptz_path is not None:
            return
        self._soap.forget()
        ptz = self._soap.service("PTZ")
        if ptz is None:
            raise HeadError("refused", "the camera has no PTZ service: is it a fixed one?")
        media = self._soap.service("Media") or self._soap.device_path
        told = self._soap.ask(media, f'<GetProfiles xmlns="{_MEDIA}"/>').every("Profiles")
        with_head = [one for one in told if one.child("PTZConfiguration") is not None]
        if not with_head:
            raise HeadError("refused", "no media profile of the camera has a PTZ configuration")
        self._profile = with_head[0].attributes.get("token", "")
        self._ptz_path = ptz


def _pose(position: Element | None) -> Pose | None:
    if position is None:
        return None
    pan_tilt, zoom = position.child("PanTilt"), position.child("Zoom")
    try:
        pose = Pose(
            pan=float(pan_tilt.attributes["x"]) if pan_tilt is not None else 0.0,
            tilt=float(pan_tilt.attributes["y"]) if pan_tilt is not None else 0.0,
            zoom=float(zoom.attributes["x"]) if zoom is not None else 0.0,
        )
    except (KeyError, ValueError):
        raise HeadError("garbage", "a position without numbers") from None
    if not all(map(isfinite, (pose.pan, pose.tilt, pose.zoom))):
        raise HeadError("garbage", "a position that is nowhere")
    return pose
