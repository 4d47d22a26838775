"""What health says of a sensor: its state in words, and the items that its port and its profile raise. Pure."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Final, NamedTuple

from contract.health import CameraState, MaintenanceItem
from contract.times import NS, utc_from_ns
from edge.sensors.profiles.profile import Profile

MAX_ASKED: Final = 50


@dataclass(slots=True)
class Heard:
    """When a sensor was heard last, UTC nanoseconds; `live_ns`: since when it is heard without a silence."""

    started_ns: int
    last_ns: int | None = None
    live_ns: int | None = None

    def at(self, received_ns: int, *, silent_s: float) -> None:
        """Something of it came."""
        if self.last_ns is None or received_ns - self.last_ns > silent_s * NS:
            self.live_ns = received_ns
        self.last_ns = max(received_ns, self.last_ns or 0)


class Trouble(NamedTuple):
    """What the way to a sensor says of it: a state with its detail (None: nothing is wrong), items, counters."""

    state: CameraState | None = None
    detail: str = ""
    items: tuple[MaintenanceItem, ...] = ()
    counters: Mapping[str, int] = {}


class State(NamedTuple):
    """A state as health tells it; `since_ns` None: since this was first seen."""

    state: CameraState
    since_ns: int | None
    detail: str


def state_of(heard: Heard, trouble: Trouble, problem: str, *, now_ns: int, silent_s: float) -> State:
    """What keeps a sensor from being judged comes first, then its way, then its silence."""
    if problem:
        return State("stalled", None, f"not judged, the judge fails: {problem}")
    if trouble.state is not None:
        return State(trouble.state, None, trouble.detail)
    if heard.last_ns is None:
        if now_ns - heard.started_ns <= silent_s * NS:
            return State("starting", heard.started_ns, "nothing heard yet")
        return State("stalled", heard.started_ns, "nothing heard since the gateway began; is its server address ours?")
    if now_ns - heard.last_ns > silent_s * NS:
        return State("stalled", heard.last_ns, f"silent for {(now_ns - heard.last_ns) // NS} s")
    return State("live", heard.live_ns, trouble.detail)


def asked_items(asked: Mapping[str, tuple[str, str]], profile: Profile) -> tuple[MaintenanceItem, ...]:
    """One item a code that the profile does not explain: kept and shown under its own name until somebody says."""
    items = []
    for code, (since, text) in asked.items():
        known = (
            "is sent by this model and nobody has said what it is" if code in profile.ask else "is not in the profile"
        )
        items.append(
            MaintenanceItem(
                kind="unknown_factor",
                since=since,
                detail=f"{code} {known} {profile.name}: kept under its own name, judged by no rule; what is it?",
                values={"code": code, "sample": text[:64], "profile": profile.name},
            )
        )
    return tuple(items)


def wrong_password_items(since_ns: int | None) -> tuple[MaintenanceItem, ...]:
    """The device sends another PW than the configured one: is it the device that was bound?"""
    if since_ns is None:
        return ()
    words = "the PW of its frames is not the configured one: is it the device that was bound here?"
    return (MaintenanceItem(kind="wrong_password", since=utc_from_ns(since_ns), detail=words),)
