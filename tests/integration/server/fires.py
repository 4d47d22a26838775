"""Builders: what a tower's gateway tells of a fire, in revisions."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

from contract.events import Event
from contract.geometry import Where
from contract.identity import event_id
from contract.matters import plain_facts
from contract.matters.straw_burning import Deadline, Facts, GrowthPoint, SequenceCheck
from contract.times import NS, utc_from_ns
from tests.integration import acts

FRAME_PX = (1920, 1080)
DEADLINES_MIN = {"answer": 1, "set_out": 3, "on_site": 15}
Box = tuple[float, float, float, float]
CHIMNEY: Box = (900, 300, 1020, 480)


@dataclass(frozen=True, kw_only=True)
class Smoke:
    """What a tower sees: the box of the plume, whose foot is the middle of its lower edge unless `base_px` is given."""

    number: int = 0
    tower: str = "west"
    preset: str = "p1"
    box: Box = CHIMNEY
    base_px: tuple[float, float] | None = None
    is_night: bool | None = False
    sight: Any = None
    town: str = "demo"


def smoke_event(smoke: Smoke, now_ns: int, *, revision: int = 1, fire_state: Any = "growing", **changes: Any) -> Event:
    """One revision of a fire of which the first look was 20 seconds before `now_ns`."""
    onset_ns = now_ns - 20 * NS
    place: dict[str, Any] = {
        "town": smoke.town,
        "device": f"tower-{smoke.tower}",
        "zone": "fields",
        "matter": "straw_burning",
    }
    left, top, right, bottom = smoke.box
    confirmed_ns = onset_ns + 15 * NS
    facts = Facts(
        what="smoke",
        tower=f"tower-{smoke.tower}",
        preset=smoke.preset,
        presets=(smoke.preset,),
        onset=utc_from_ns(onset_ns),
        confirmed=utc_from_ns(confirmed_ns),
        last_seen=utc_from_ns(now_ns),
        fire_state=fire_state,
        urgency="urgent" if fire_state != "out" else "normal",
        urgency_reason="open fire, confirmed by its sequence of looks",
        deadlines=tuple(
            Deadline(step=step, due=utc_from_ns(confirmed_ns + minutes * 60 * NS))  # type: ignore[arg-type]
            for step, minutes in DEADLINES_MIN.items()
        ),
        is_night=smoke.is_night,
        base_px=smoke.base_px or ((left + right) / 2, bottom - 2),
        sight=smoke.sight,
        score=0.62,
        area_share=0.004,
        largest_area_share=0.004,
        looks=10,
        interval_s=2.0,
        growth=tuple(
            GrowthPoint(
                at=utc_from_ns(onset_ns + 2 * step * NS), area_share=0.0008 + 0.0004 * step, score=0.4 + step / 40
            )
            for step in range(9)
        ),
        checks=(
            SequenceCheck(id="persistence", outcome="passed", required="seen in 70%", found="10 looks: seen in 100%"),
            SequenceCheck(
                id="growth",
                outcome="passed",
                required="area +25% over the looks",
                found="+310% in 9 looks",
                said="grown",
                values={"growth": 3.1, "looks": 9, "growth_least": 0.25},
            ),
            SequenceCheck(id="base", outcome="passed", required="within 0.010 of the width", found="travelled 0.002"),
            SequenceCheck(id="drift", outcome="failed", required="rises or drifts", found="0.001 widths a second"),
            SequenceCheck(id="wind", outcome="not_applicable", required="drifts with the wind", found="no wind told"),
        ),
        legal_ground="大气污染防治法 第七十七条",
    )
    values: dict[str, Any] = {
        "event_id": event_id(**place, onset_ns=acts.START_NS + smoke.number * NS, place_key=f"{smoke}"[:60]),
        "revision": revision,
        "phase": "opened" if revision == 1 else "updated",
        "gateway": "gw-1" if smoke.tower == "west" else "gw-2",
        "onset": facts.onset,
        "last_seen": facts.last_seen,
        "where": Where(polygon_px=((left, top), (right, top), (right, bottom), (left, bottom)), frame_px=FRAME_PX),
        "facts": plain_facts(facts),
        **place,
    }
    return acts.event(**(values | changes))
