"""What a fire becomes when it is told: facts, checks, grade and predicates, deadlines of the response rule."""

from __future__ import annotations

from itertools import pairwise
from statistics import median
from typing import Literal

from contract.events import Clock, Grade, GradeLevel, Met, Phase, Predicate
from contract.matters.straw_burning import Deadline, Facts, GrowthPoint, SequenceCheck, Weather
from contract.times import NS, utc_from_ns
from detectors.fold import Finding, Zone
from detectors.straw_burning.looks import Look, pixels
from detectors.straw_burning.memory import Fire, seconds

MAX_CLOCK_OFFSET_S = 1.0  # of one tower; what two of them saw together must be the same moment
MIN_FRAME_PX = (1280, 720)
LAW = "大气污染防治法 art. 77, 119(1)"
EVIDENCE = "penalty decisions (衡水 2022, 宝坻 2025): place, time and picture of the fire point"
Step = Literal["answer", "set_out", "on_site"]
_STEPS: tuple[Step, ...] = ("answer", "set_out", "on_site")


def tell(fire: Fire, look: Look, zone: Zone, *, phase: Phase, checks: tuple[SequenceCheck, ...]) -> Finding:
    """The finding of a fire at this look."""
    return Finding(
        event_id=fire.track.event_id,
        phase=phase,
        onset_ns=fire.track.onset_ns,
        last_seen_ns=fire.track.last_seen_ns,
        bbox_xyxy_px=pixels(fire.track.box, look),
        frame_px=look.seen.frame_px,
        facts=_facts(fire, look, zone, checks),
        grade=_grade(fire, look),
        counter_evidence=fire.track.notes,
    )


def _facts(fire: Fire, look: Look, zone: Zone, checks: tuple[SequenceCheck, ...]) -> Facts:
    track, config = fire.track, look.config
    hits = [one for one in track.glimpses if one.seen != "missed"]
    last = hits[-1]
    foot = pixels((*last.foot, *last.foot), look)
    is_urgent = fire.state != "out"
    reason = "open fire, confirmed by its sequence of looks" if is_urgent else "no smoke any more"
    return Facts(
        what="fire" if sum(one.is_fire for one in hits) * 2 > len(hits) else "smoke",
        tower=zone.device,
        preset=track.preset,
        presets=fire.presets,
        onset=utc_from_ns(track.onset_ns),
        confirmed=utc_from_ns(fire.confirmed_ns),
        last_seen=utc_from_ns(track.last_seen_ns),
        out=None if fire.out_ns is None else utc_from_ns(fire.out_ns),
        fire_state=fire.state,
        urgency="urgent" if is_urgent else "normal",
        urgency_reason=reason,
        deadlines=tuple(
            Deadline(step=step, due=utc_from_ns(fire.confirmed_ns + round(minutes * 60 * NS)))
            for step, minutes in zip(_STEPS, config.response_min, strict=True)
        ),
        is_night=fire.is_night,
        base_px=(round(foot[0], 1), round(foot[1], 1)),
        sight=track.sight,
        score=max(0.0, min(1.0, max(one.score for one in hits))),
        area_share=last.area,
        largest_area_share=fire.largest,
        looks=max(1, track.hits),
        interval_s=_interval_s(fire),
        growth=tuple(
            GrowthPoint(at=utc_from_ns(at_ns), area_share=min(1.0, area), score=min(1.0, score))
            for at_ns, area, score in fire.series
        ),
        checks=checks,
        legal_ground=config.legal_ground,
        weather=_weather(look),
    )


def _weather(look: Look) -> Weather | None:
    station, view = look.config.weather_station, look.seen.view
    return None if station is None else Weather(station=station, wind_right_m_s=view.wind_right_m_s if view else None)


def _interval_s(fire: Fire) -> float | None:
    times = [one.at_ns for one in fire.track.glimpses]
    gaps = [later - earlier for earlier, later in pairwise(times)]
    return round(seconds(round(median(gaps))), 3) if gaps else None


def _grade(fire: Fire, look: Look) -> Grade:
    """Full: sequence, place within 100 m, clock and picture; without a place a crew still has a bearing."""
    hard = (_sequence(fire), _clock(look.seen.clock))
    softer = (_place(fire), _size(look.seen.frame_px), _daylight(fire), _ban_zone(look))
    if any(one.met != "met" for one in hard):
        return Grade(level="lead_only", predicates=(*hard, *softer))
    level: GradeLevel = "partial" if any(one.met != "met" for one in softer) else "full"
    return Grade(level=level, predicates=(*hard, *softer))


def _sequence(fire: Fire) -> Predicate:
    span_s = seconds(fire.track.last_seen_ns - fire.track.onset_ns)
    return Predicate(
        id="sequence",
        required="confirmed by the sequence of looks",
        found=f"{fire.track.hits} looks over {span_s:g} s",
        met="met",
        source=f"{EVIDENCE}; {LAW}",
    )


def _place(fire: Fire) -> Predicate:
    sight = fire.track.sight
    met: Met = "not_seen"
    found = "no bearing: the preset is not calibrated"
    if sight is not None:
        found = f"azimuth {sight.azimuth_deg:.1f} deg only"
        if sight.ellipse is not None:
            met = "met" if sight.ellipse.major_m <= 100 else "not_met"
            found = f"{sight.method}: {sight.ellipse.major_m:.0f} x {sight.ellipse.minor_m:.0f} m (1 sd)"
    return Predicate(id="place", required="<= 100 m (1 sd, GB/T 30428.1 cell)", found=found, met=met, source=EVIDENCE)


def _clock(clock: Clock | None) -> Predicate:
    met: Met = "not_seen"
    found = "unknown"
    if clock is not None and clock.offset_s is not None:
        doubt_s = clock.uncertainty_s or 0.0
        met = "met" if abs(clock.offset_s) + doubt_s <= MAX_CLOCK_OFFSET_S else "not_met"
        found = f"{clock.offset_s:+.2f} ± {doubt_s:.2f} s ({clock.source})"
    required = f"offset <= {MAX_CLOCK_OFFSET_S:g} s"
    return Predicate(id="clock", required=required, found=found, met=met, source="GA/T 832-2014 3.2, by analogy")


def _size(frame_px: tuple[int, int]) -> Predicate:
    large = frame_px[0] >= MIN_FRAME_PX[0] and frame_px[1] >= MIN_FRAME_PX[1]
    return Predicate(
        id="picture_size",
        required=f">= {MIN_FRAME_PX[0]}x{MIN_FRAME_PX[1]}",
        found=f"{frame_px[0]}x{frame_px[1]}",
        met="met" if large else "not_met",
        source="GA/T 832-2014 3.4, by analogy",
    )


def _daylight(fire: Fire) -> Predicate:
    found = "unknown" if fire.is_night is None else ("night" if fire.is_night else "day")
    met: Met = "not_seen" if fire.is_night is None else "met"
    return Predicate(id="day_or_night", required="told", found=found, met=met, source="discretion table, 衡水 2022")


def _ban_zone(look: Look) -> Predicate:
    ground = look.config.legal_ground
    return Predicate(
        id="ban_area",
        required="the ban that holds here is named",
        found=ground or "not configured",
        met="met" if ground else "not_seen",
        source="大气污染防治法 art. 77; provincial regulations",
    )
