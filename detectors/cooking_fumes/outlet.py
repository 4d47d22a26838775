"""The camera at the outlet: it raises a lead of the sensor and is never one (A3.6).

Steam is white, ends within a few metres and comes with a damp flue; oil fume is thin, coloured and goes on. At night or
against the sky a bad purifier shows nothing: `nothing` speaks for nobody.
"""

from __future__ import annotations

from typing import Literal

from msgspec import Struct

from contract.matters.cooking_fumes import Corroboration, Window
from contract.observations import OutletLooked
from contract.times import NS, ns_from_utc, utc_from_ns
from detectors.cooking_fumes.config import Outlet

MAX_LOOKS = 60
MIN_SECONDS = 10.0
Verdict = Literal["plume", "steam_possible", "nothing", "not_visible"]
_FIRST: tuple[Verdict, ...] = ("plume", "steam_possible", "nothing", "not_visible")


class Look(Struct, frozen=True):
    """What one look came to."""

    at_ns: int
    verdict: Verdict


def judge_look(looked: OutletLooked, outlet: Outlet, *, humidity_pct: float | None) -> Look:
    """One look of 10-30 s; what may be steam is never called a plume."""
    if looked.problem is not None or looked.seconds < MIN_SECONDS:
        return Look(looked.at_ns, "not_visible")
    if looked.moving_share < outlet.moving_share:
        return Look(looked.at_ns, "nothing")
    is_white = looked.whiteness is None or looked.whiteness >= outlet.white
    is_damp = humidity_pct is not None and humidity_pct >= outlet.steam_humidity_pct
    ends_soon = looked.reach < outlet.reach
    steam = (is_white and (is_damp or ends_soon)) or (is_damp and ends_soon)
    return Look(looked.at_ns, "steam_possible" if steam else "plume")


def corroboration(looks: tuple[Look, ...], windows: tuple[Window, ...], outlet: Outlet | None) -> Corroboration | None:
    """What was seen near any of the windows; None without a look."""
    if outlet is None:
        return None
    near_ns = round(outlet.near_s * NS)
    spans = [(ns_from_utc(one.begin) - near_ns, ns_from_utc(one.end) + near_ns) for one in windows]
    near = [look for look in looks if any(begin <= look.at_ns <= end for begin, end in spans)]
    if not near:
        return None
    seen = {look.verdict for look in near}
    return Corroboration(
        verdict=next(verdict for verdict in _FIRST if verdict in seen),
        looks=len(near),
        plumes=sum(look.verdict == "plume" for look in near),
        first=utc_from_ns(near[0].at_ns),
        last=utc_from_ns(near[-1].at_ns),
    )


def plume_near(looks: tuple[Look, ...], begin_ns: int, end_ns: int, outlet: Outlet | None) -> bool:
    """Whether a plume was seen near this stretch of time."""
    if outlet is None:
        return False
    near_ns = round(outlet.near_s * NS)
    return any(one.verdict == "plume" and begin_ns - near_ns <= one.at_ns <= end_ns + near_ns for one in looks)
