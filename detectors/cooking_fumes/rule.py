"""The fold of a premises: report by report in order, once each; silence, days and late reports kept apart."""

from __future__ import annotations

import msgspec

from contract.observations import Elapsed, OutletLooked, Reported, Seen
from contract.times import NS
from detectors.cooking_fumes import meals, means, unchanging, upkeep
from detectors.cooking_fumes.book import Lead, new_book
from detectors.cooking_fumes.calendar import DAY_NS, day_at
from detectors.cooking_fumes.config import Config
from detectors.cooking_fumes.outlet import MAX_LOOKS, Look, corroboration, judge_look
from detectors.cooking_fumes.reading import Reading, read
from detectors.cooking_fumes.running import (
    gap_limit_ns,
    judge_contradictions,
    judge_purifier_off,
    plume_beside_contradiction,
)
from detectors.cooking_fumes.runs import IDLE
from detectors.cooking_fumes.silence import fill, hear, listen, note_gap
from detectors.cooking_fumes.state import Side, State
from detectors.cooking_fumes.turn import CAMERA_RULES, Turn
from detectors.fold import Step, Zone

RULE_VERSION = "cooking_fumes/1"
FALL_BACK_NS = 1800 * NS  # a better stream silent for so long: the next one is judged
MAX_DAYS_SILENT = 40


def initial_state() -> State:
    """Nothing heard yet."""
    return State()


def step(state: State, seen: Seen, zone: Zone, config: Config) -> Step[State]:
    """One report, one silence or one look at the outlet; everything else is not for these rules."""
    if isinstance(seen, Reported):
        turn = Turn(state, zone, config, seen.received_ns)
        _reported(turn, read(seen, config), seen)
        return turn.done()
    if isinstance(seen, Elapsed):
        turn = Turn(state, zone, config, seen.at_ns)
        _pass_time(turn, seen.at_ns)
        listen(turn, seen.at_ns, limit_ns=_usual_silence_ns(turn))
        return turn.done()
    if isinstance(seen, OutletLooked) and config.outlet is not None and seen.device == config.outlet.camera:
        turn = Turn(state, zone, config, seen.at_ns)
        _looked(turn, seen)
        return turn.done()
    return Step(state=state)


def _reported(turn: Turn, reading: Reading, seen: Reported) -> None:
    state = turn.state
    _pass_time(turn, reading.at_ns)
    listen(turn, seen.received_ns, limit_ns=max(_usual_silence_ns(turn), reading.interval_ns * 5 // 2))
    hear(turn, seen.received_ns)
    streams = state.streams
    if reading.at_ns <= streams[reading.stream]:
        _late(turn, reading)
        return
    streams = (*streams[: reading.stream], reading.at_ns, *streams[reading.stream + 1 :])
    turn.changed["streams"] = streams
    upkeep.judge_device(turn, reading)
    if any(at_ns > reading.at_ns - FALL_BACK_NS for at_ns in streams[reading.stream + 1 :] if at_ns >= 0):
        turn.changed["side"] = _side(reading)
        return
    if reading.at_ns <= state.lane_ns:
        return  # the streams have just changed places: this time was judged from the other one
    _on_time(turn, _with_side(reading, state.side, gap_limit_ns(turn, reading)))


def _on_time(turn: Turn, reading: Reading) -> None:
    """A report that is the newest of its kind: every rule sees it, once."""
    state = turn.state
    since_ns = reading.at_ns - state.lane_ns
    is_gap = state.lane_ns < 0 or since_ns > gap_limit_ns(turn, reading)
    counted_ns = 0 if state.lane_ns < 0 or is_gap else min(since_ns, reading.interval_ns * 3 // 2)
    turn.changed["lane_ns"] = reading.at_ns
    turn.changed["interval_ns"] = reading.interval_ns
    turn.changed["humidity_pct"] = reading.humidity_pct
    runs = state.runs
    if is_gap and state.lane_ns >= 0:
        note_gap(turn, state.lane_ns, reading.at_ns)
        runs = msgspec.structs.replace(runs, purifier_off_late=IDLE)
    book = turn.book_of(reading.at_ns)
    index = None if book is None else book.day.meal_at(reading.at_ns)
    in_hours = index is not None
    meals.add_to_meal(turn, reading, counted_ns=counted_ns, index=index)
    means.take(turn, reading, counted_ns=counted_ns)
    unchanging.judge_frozen(turn, reading, counted_ns=counted_ns, in_hours=in_hours)
    unchanging.judge_constant(turn, reading, counted_ns=counted_ns, in_hours=in_hours)
    unchanging.judge_series(turn, reading)
    off = judge_purifier_off(turn, reading, runs.purifier_off, counted_ns=counted_ns, in_hours=in_hours)
    runs = judge_contradictions(turn, reading, runs, counted_ns=counted_ns, in_hours=in_hours)
    if off is not runs.purifier_off:
        runs = msgspec.structs.replace(runs, purifier_off=off)
    turn.changed["runs"] = runs
    if in_hours and reading.fan.switch == "on":
        turn.look_at_outlet()


def _late(turn: Turn, reading: Reading) -> None:
    """A report older than the last: judged once where there was a gap, otherwise only counted."""
    counters = turn.state.counters
    book = turn.book_of(reading.at_ns)
    counted_ns = None if book is None else fill(turn, reading)
    if book is None or counted_ns is None:
        is_old = book is None
        turn.changed["counters"] = msgspec.structs.replace(
            counters, repeated=counters.repeated + (not is_old), too_late=counters.too_late + is_old
        )
        return
    turn.changed["counters"] = msgspec.structs.replace(counters, late=counters.late + 1)
    reading = msgspec.structs.replace(reading, back_filled=True)
    index = book.day.meal_at(reading.at_ns)
    if book is turn.book:
        meals.add_to_meal(turn, reading, counted_ns=counted_ns, index=index)
    means.take_late(turn, reading)
    runs = turn.state.runs
    late = judge_purifier_off(turn, reading, runs.purifier_off_late, counted_ns=counted_ns, in_hours=index is not None)
    turn.changed["runs"] = msgspec.structs.replace(runs, purifier_off_late=late)


def _looked(turn: Turn, seen: OutletLooked) -> None:
    """A look at the outlet: it can raise a lead of today, or make one of signals that contradict each other."""
    outlet = turn.config.outlet
    if outlet is None:
        return
    near_ns = round(outlet.near_s * NS)
    is_fresh = abs(seen.at_ns - turn.state.lane_ns) <= near_ns
    look = judge_look(seen, outlet, humidity_pct=turn.state.humidity_pct if is_fresh else None)
    before = turn.state.looks
    turn.changed["looks"] = (*before, look)[-MAX_LOOKS:]
    if turn.book is None:
        return
    if look.verdict == "plume":
        plume_beside_contradiction(turn)
    told = {finding.event_id for finding in turn.findings}
    for lead in turn.book.leads:
        is_near = lead.rule in CAMERA_RULES and look.at_ns - turn.state.lane_ns <= near_ns
        if is_near and lead.event_id not in told and _says_more(turn, lead, before):
            turn.tell_again(turn.book, lead)


def _says_more(turn: Turn, lead: Lead, before: tuple[Look, ...]) -> bool:
    """Whether the last look made a lead's corroboration another one; a count alone is told with the next window."""
    was = corroboration(before, lead.windows, turn.config.outlet)
    now = corroboration(turn.looks, lead.windows, turn.config.outlet)
    return now is not None and (was is None or was.verdict != now.verdict)


def _pass_time(turn: Turn, at_ns: int) -> None:
    """Close the meals and the days that are over; open the day of this moment."""
    if turn.book is None:
        turn.book = new_book(day_at(at_ns, turn.config), heard_from_ns=at_ns)
        return
    if at_ns - turn.book.day.end_ns > MAX_DAYS_SILENT * DAY_NS:
        _end_day(turn, at_ns)
        return
    while turn.book is not None and turn.book.day.end_ns <= at_ns:
        _end_day(turn, turn.book.day.end_ns)
    meals.finish_meals(turn, at_ns)


def _end_day(turn: Turn, next_ns: int) -> None:
    """The book of today becomes yesterday's, which is closed: one more day was given to late data."""
    book = turn.book
    if book is None:
        return
    listen(turn, book.day.end_ns, limit_ns=_usual_silence_ns(turn))
    meals.finish_meals(turn, book.day.end_ns)
    interval_ns: int = turn.part("interval_ns")
    means.finish(turn, interval_ns)
    if turn.yesterday is not None:
        means.finish_late(turn, turn.yesterday.day.end_ns, interval_ns)
        turn.close(turn.yesterday)
    meals.end_day(turn, turn.book or book)
    upkeep.end_day(turn, turn.book or book)
    turn.yesterday = turn.book
    turn.book = new_book(day_at(next_ns, turn.config), heard_from_ns=next_ns)


def _usual_silence_ns(turn: Turn) -> int:
    return round(turn.config.purifier_off.gap_s * NS)


def _side(reading: Reading) -> Side:
    return Side(
        at_ns=reading.at_ns,
        fan=reading.fan,
        purifier=reading.purifier,
        temperature_c=reading.temperature_c,
        humidity_pct=reading.humidity_pct,
    )


def _with_side(reading: Reading, side: Side, limit_ns: int) -> Reading:
    """The reading with the signals that came beside it, where it brought none itself and they are fresh."""
    if side.at_ns < 0 or abs(reading.at_ns - side.at_ns) > limit_ns:
        return reading
    return msgspec.structs.replace(
        reading,
        fan=reading.fan if reading.fan.switch != "not_reported" else side.fan,
        purifier=reading.purifier if reading.purifier.switch != "not_reported" else side.purifier,
        temperature_c=side.temperature_c if reading.temperature_c is None else reading.temperature_c,
        humidity_pct=side.humidity_pct if reading.humidity_pct is None else reading.humidity_pct,
    )
