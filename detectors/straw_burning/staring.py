"""When the tower stays and looks closely at a candidate, for how long, and when it has seen enough."""

from __future__ import annotations

from collections.abc import Sequence
from statistics import median

import msgspec

from contract.times import NS
from detectors.straw_burning.checks import CHANGED, CHANGED_AREA
from detectors.straw_burning.config import Config
from detectors.straw_burning.memory import Preset, Track, seconds
from detectors.straw_burning.verdict import LATE_S, VAPOUR_S

STARE_AGAIN_S = 60.0  # doubled after each stare that told nothing
CYCLE_S = 120.0
STAY_BEFORE_S = 3.0  # of the end of a stare
STAYS_S = LATE_S + 2.0  # a turn of 14 presets with one such stare takes less than 90 s
GROWS_S = VAPOUR_S + 2.0  # from the onset, of what still grew at the end of that; few do
GONE_LOOKS = 3  # of a light that is not there any more: a vehicle; flames flicker and are back
GONE_S = 5.0  # a stare that ends so soon costs no more than a long look
GREW = 1.5  # times the area of the last stare: another question
RECENT_LOOKS = 3
ANSWERED = frozenset({"known_place", "permitted_burn", "drop_on_glass", "low_visibility", "fog_bank"})


def is_worth_a_stare(track: Track, at_ns: int) -> bool:
    """Whether a candidate stands out, and a close look may tell more than the last one did."""
    last = track.glimpses[-1]
    is_background = last.change is not None and last.change < CHANGED and (last.area or 0.0) < CHANGED_AREA
    if not last.is_detected or is_background:
        return False
    if track.stared_ns is None:
        return True
    waits_s = STARE_AGAIN_S if _has_grown(track) else STARE_AGAIN_S * 2 ** (track.stares - 1)
    return seconds(at_ns - track.stared_ns) >= waits_s


def is_shared(preset: Preset, stares_ns: Sequence[int], at_ns: int, config: Config) -> bool:
    """Whether a stare here has just begun: another candidate of the same picture costs no stare of its own."""
    since_s = seconds(at_ns - stares_ns[-1]) if stares_ns else config.stare_s
    return preset.stays_until_ns > at_ns and since_s <= config.stare_s / 2


def may_begin(track: Track, preset: Preset, stares_ns: Sequence[int], at_ns: int, config: Config) -> bool:
    """Whether the turn can bear one more stare: one a visit, and the last of a cycle for what was not stared at yet."""
    most = config.stares_per_cycle - (track.stares > 0)
    is_late = preset.stays_until_ns > at_ns or seconds(at_ns - preset.visit_ns) >= config.stare_s
    return not is_late and len(stares_ns) < most


def stared_at(track: Track, at_ns: int, config: Config) -> Track:
    """The candidate with a stare that begins now."""
    until_ns = at_ns + round(config.stare_s * NS)
    return msgspec.structs.replace(track, stared_ns=at_ns, stare_until_ns=until_ns, stares=track.stares + 1)


def stared_longer(track: Track, at_ns: int, *, still_grows: bool) -> Track:
    """The candidate with a stare that goes on a little, if it would end before vapour and smoke can be told apart."""
    if track.stared_ns is None or not 0 <= seconds(track.stare_until_ns - at_ns) <= STAY_BEFORE_S:
        return track
    until_ns = track.stared_ns + round(STAYS_S * NS)
    if still_grows:
        until_ns = max(until_ns, track.onset_ns + round(GROWS_S * NS))
    return track if until_ns <= track.stare_until_ns else msgspec.structs.replace(track, stare_until_ns=until_ns)


def stays_until_ns(preset: Preset) -> int:
    """Until when something at this preset is still to be told; 0: nothing is."""
    watched = (one for one in preset.tracks if one.hold not in ANSWERED and not _has_gone(one))
    return max((one.stare_until_ns for one in watched), default=0)


def spent(stares_ns: tuple[int, ...], ends_ns: int) -> tuple[int, ...]:
    """The stares of this cycle once the last one ends, now; what drove away at once leaves its stare to another."""
    return stares_ns[:-1] if stares_ns and seconds(ends_ns - stares_ns[-1]) <= GONE_S else stares_ns


def _has_gone(track: Track) -> bool:
    """Whether it was a light that a few looks in a row no longer show."""
    before = next((one for one in reversed(track.glimpses) if one.seen != "missed"), None)
    return track.missed >= GONE_LOOKS and before is not None and before.light is not None


def _has_grown(track: Track) -> bool:
    then = _area([one.area for one in track.glimpses if one.at_ns <= track.stare_until_ns])
    return then > 0 and _area([one.area for one in track.glimpses]) >= GREW * then


def _area(areas: Sequence[float | None]) -> float:
    known = [one for one in areas if one is not None][-RECENT_LOOKS:]
    return median(known) if known else 0.0
