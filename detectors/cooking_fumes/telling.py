"""What a lead becomes when it is told: facts, wording, grade and predicates, with what was not seen said plainly."""

from __future__ import annotations

from datetime import date, timedelta
from typing import Final

from contract.events import Grade, Met, Phase, Predicate
from contract.matters.cooking_fumes import (
    ClockSeen,
    Facts,
    NotSeen,
    RuleId,
    SensorFacts,
    Signals,
    Wording,
)
from contract.times import NS, ns_from_utc
from detectors.cooking_fumes import factors
from detectors.cooking_fumes.book import KINDS, Book, Lead
from detectors.cooking_fumes.config import Config, Limit
from detectors.cooking_fumes.outlet import Look, corroboration
from detectors.cooking_fumes.reading import CURRENT_BIT, STATE_BIT
from detectors.fold import Finding, Zone

WORDINGS: dict[RuleId, Wording] = {
    "R1": "suspected_not_in_normal_use",
    "R2": "suspected_not_in_normal_use",
    "R3": "online_value_above_warning_limit",
    "R5": "suspected_sensor_not_measuring",
}
SIGNAL_RULES: Final = ("R1", "R2", "R9")  # these stand on fan and purifier, not on a value
VALUE_RULES: Final = ("R3", "R5")  # these stand on a calibrated value
_SIGNALS: tuple[Signals, ...] = ("none", "state_only", "current_only", "state_and_current")


def tell(lead: Lead, book: Book, config: Config, zone: Zone, *, phase: Phase, looks: tuple[Look, ...]) -> Finding:
    """The finding of a day's lead of one rule; where it is, is where the premises are: it has no picture."""
    return Finding(
        event_id=lead.event_id,
        phase=phase,
        onset_ns=lead.onset_ns,
        last_seen_ns=max(lead.onset_ns, *(ns_from_utc(one.end) for one in lead.windows)),
        bbox_xyxy_px=None,
        frame_px=None,
        facts=_facts(lead, book, config, zone, looks=looks),
        grade=_grade(lead, book, config, looks=looks),
    )


def _facts(lead: Lead, book: Book, config: Config, zone: Zone, *, looks: tuple[Look, ...]) -> Facts:
    limit = _limit(lead, config)
    fumes = [one for one in lead.windows if one.factor == factors.FUME and one.mean is not None]
    valid = sum(one.valid for one in fumes)
    sensor = config.sensor
    return Facts(
        rule=lead.rule,
        kind=KINDS[lead.rule],
        wording=WORDINGS.get(lead.rule, "suspected_tampering"),
        premises=config.premises,
        day=book.day.date,
        windows=lead.windows,
        windows_not_kept=lead.windows_not_kept,
        limit=None if limit is None else limit.limit,
        limit_unit=None if limit is None else limit.unit,
        limit_source=None if limit is None else limit.source,
        fume_mean=round(sum((one.mean or 0.0) * one.valid for one in fumes) / valid, 4) if valid else None,
        fume_highest=max((one.highest for one in fumes if one.highest is not None), default=None),
        fan_signals=_SIGNALS[lead.fan_bits],
        purifier_signals=_SIGNALS[lead.purifier_bits],
        fan_s=round(book.fan_ns / NS, 1),
        purifier_s=round(book.purifier_ns / NS, 1),
        linkage=None if book.linkage is None else round(book.linkage, 4),
        pattern_days=lead.pattern_days,
        corroboration=corroboration(looks, lead.windows, config.outlet),
        sensor=SensorFacts(
            device=zone.device,
            bound=sensor.bound,
            profile=sensor.profile,
            profile_version=sensor.profile_version,
            calibrated_on=sensor.calibrated_on,
        ),
        clock=ClockSeen(
            level="doubtful" if _doubted(lead) else "good",
            worst_skew_s=round(lead.worst_skew_ns / NS, 1),
            doubted_reports=_doubted(lead),
        ),
        marks=dict(book.marks),
        gap_s=round(book.gap_ns / NS, 1),
        not_seen=_not_seen(lead, book, config, looks),
    )


def _limit(lead: Lead, config: Config) -> Limit | None:
    """The limit of the first window's pollutant, for the rule that judges one; each window carries its own."""
    if lead.rule != "R3":
        return None
    return next((one for one in config.limits if one.factor == lead.windows[0].factor), None)


def _doubted(lead: Lead) -> int:
    return sum(one.doubted for one in lead.windows)


def _not_seen(lead: Lead, book: Book, config: Config, looks: tuple[Look, ...]) -> tuple[NotSeen, ...]:
    seen = corroboration(looks, lead.windows, config.outlet)
    missing: list[tuple[NotSeen, bool]] = [
        ("fan_state", not lead.fan_bits & STATE_BIT),
        ("fan_current", not lead.fan_bits & CURRENT_BIT),
        ("purifier_state", not lead.purifier_bits & STATE_BIT),
        ("purifier_current", not lead.purifier_bits & CURRENT_BIT),
        ("temperature", all(one.temperature_c is None for one in lead.windows)),
        ("humidity", all(one.humidity_pct is None for one in lead.windows)),
        ("gaps", book.gap_ns > 0),
        ("late_data", any(one.back_filled for one in lead.windows)),
        ("calibration_date", config.sensor.calibrated_on is None),
        ("outlet_camera", config.outlet is None or seen is None),
        ("outlet_not_visible", seen is not None and seen.verdict == "not_visible"),
    ]
    return tuple(name for name, is_missing in missing if is_missing)


def _grade(lead: Lead, book: Book, config: Config, *, looks: tuple[Look, ...]) -> Grade:
    """Clock and binding bear everything; what else is missing makes the record partial."""
    hard = [_clock(lead), _binding(config)]
    soft = [_live(lead), _profile(config), _gaps(book)]
    if lead.rule in SIGNAL_RULES:
        soft += _signals(lead)
    if lead.rule in VALUE_RULES:
        soft += [_marks(lead), _calibration(lead, config)]
    if lead.pattern_days:
        soft.append(_pattern(lead))
    seen = corroboration(looks, lead.windows, config.outlet)
    notes = [] if seen is None else [_camera(seen.verdict, seen.plumes, seen.looks)]
    predicates = (*hard, *soft, *notes)
    if any(one.met != "met" for one in hard):
        return Grade(level="lead_only", predicates=predicates)
    if any(one.met != "met" for one in soft):
        return Grade(level="partial", predicates=predicates)
    return Grade(level="full", predicates=predicates)


def _predicate(name: str, required: str, found: str, met: Met, source: str) -> Predicate:
    return Predicate(id=name, required=required, found=found, met=met, source=source)


def _clock(lead: Lead) -> Predicate:
    doubted = _doubted(lead)
    found = f"{doubted} reports off; worst {lead.worst_skew_ns / NS:+.1f} s between data time and receipt"
    return _predicate(
        "clock", "device clock within 10 min of receipt", found, "not_met" if doubted else "met", "HJ 212-2017 6.7; T12"
    )


def _binding(config: Config) -> Predicate:
    bound = config.sensor.bound
    found = "bound" if bound else "no binding registered"
    return _predicate(
        "binding", "device bound to the premises", found, "met" if bound else "not_met", "town register of devices"
    )


def _live(lead: Lead) -> Predicate:
    late = sum(one.back_filled for one in lead.windows)
    found = f"{late} of {len(lead.windows)} windows from late data"
    return _predicate(
        "live", "told as it happened", found, "not_met" if late else "met", "HJ 212-2017 Table 9 (history)"
    )


def _profile(config: Config) -> Predicate:
    known = config.sensor.profile is not None and config.sensor.profile_version is not None
    found = f"{config.sensor.profile} {config.sensor.profile_version}" if known else "not registered"
    return _predicate(
        "profile", "factor profile of the model, with version", found, "met" if known else "not_seen", "device profile"
    )


def _gaps(book: Book) -> Predicate:
    gap_s = book.gap_ns / NS
    return _predicate(
        "gaps",
        "no silence in business hours of the day",
        f"{gap_s:.0f} s silent",
        "met" if gap_s == 0 else "not_seen",
        "行政处罚法 art. 41 (complete)",
    )


def _signals(lead: Lead) -> list[Predicate]:
    made = []
    for machine, bits in (("fan", lead.fan_bits), ("purifier", lead.purifier_bits)):
        for what, bit in (("state", STATE_BIT), ("current", CURRENT_BIT)):
            has = bool(bits & bit)
            found = "in every sample" if has else "not reported in every sample"
            made.append(
                _predicate(
                    f"{machine}_{what}", f"{machine} {what} reported", found, "met" if has else "not_seen", "rule R1"
                )
            )
    return made


def _marks(lead: Lead) -> Predicate:
    least = min((one.share for one in lead.windows), default=0.0)
    valid, due = sum(one.valid for one in lead.windows), sum(one.samples for one in lead.windows)
    return _predicate(
        "samples",
        "mark N only, >= 80 % of the samples due",
        f"{valid} of {due} samples with mark N, least share of a window {least:.0%}",
        "met" if least >= 0.8 else "not_met",
        "HJ 212-2017 Table 8",
    )


def _calibration(lead: Lead, config: Config) -> Predicate:
    day = config.sensor.calibrated_on
    met: Met = "not_seen"
    found = "no date registered"
    if day is not None:
        until = date.fromisoformat(day) + timedelta(days=config.sensor.calibration_days)
        met = "met" if _day_of(lead) <= until else "not_met"
        found = f"calibrated on {day}, in date until {until.isoformat()}"
    return _predicate("calibration", "probe calibrated and in date", found, met, "town configuration; GB 18483-2001")


def _day_of(lead: Lead) -> date:
    return date.fromisoformat(lead.windows[-1].end[:10])


def _pattern(lead: Lead) -> Predicate:
    return _predicate(
        "pattern", "the same on several days", f"on {', '.join(lead.pattern_days)}", "met", f"rule {lead.rule}"
    )


def _camera(verdict: str, plumes: int, looks: int) -> Predicate:
    met: Met = "met" if verdict == "plume" else "not_seen"
    return _predicate(
        "outlet_camera",
        "a plume at the outlet (raises only)",
        f"{verdict}; {plumes} of {looks} looks",
        met,
        "rule A3.6",
    )
