"""The figures of days: fires alarmed and when, false alarms by trap with their bound, the precision that follows."""

from __future__ import annotations

from collections import Counter
from collections.abc import Sequence
from math import comb, exp, lgamma, log

from tantou.tower.world import NS
from tests.bench.lines import percentile, show
from tests.bench.straw_days.drive import TENTH_SHARE
from tests.bench.straw_days.told import DayTold, FireTold

BANDS = (("< 1 km", 1_000.0), ("1-2 km", 2_000.0), ("2-3 km", 3_000.0), ("> 3 km", 1e9))
DUSK_H = 17.0  # days that begin later are of dusk and night
FIRES_A_DAY = (1.0, 0.2, 0.02)  # of a camera: the peak, the season, the rest of the year


def tell(days: Sequence[DayTold]) -> None:
    """All figures of these days."""
    print(
        f"{len(days)} days of {sum(one.hours for one in days) / len(days):g} h, {sum(one.looks for one in days)} looks"
    )
    left_out, unseen = sum(one.skipped for one in days), sum(one.stares_not_taped for one in days)
    print(f"  {left_out} quiet visits left out, {unseen} stares asked for that were not looked at")
    cycles = [cycle for one in days for cycle in one.cycles_s]
    show("patrol cycle, median / p95", f"{percentile(cycles, 0.5):.0f} / {percentile(cycles, 0.95):.0f} s", "90 s")
    lit = [one for one in days if one.begin_hour < DUSK_H]
    fires = {
        name: [fire for one in group for fire in one.fires if fire.truth.largest >= TENTH_SHARE]
        for name, group in (("by day", lit), ("at dusk and night", [one for one in days if one not in lit]))
    }
    for name, group in fires.items():
        if group:
            _tell_fires(name, group)
    _tell_false(days, [fire for group in fires.values() for fire in group])


def _tell_fires(name: str, fires: Sequence[FireTold]) -> None:
    hit = [fire for fire in fires if fire.alarm_ns is not None]
    show(f"fires >= 0.1 % of the picture alarmed, {name}", _share(fires), "95 %")
    clear = [fire for fire in fires if fire.truth.clearest >= TENTH_SHARE]
    if clear:
        show("  of them with a contrast of 5 % on 0.1 %", _share(clear))
    for what, begin in (("drawn", "seen_ns"), ("with contrast", "clear_ns")):
        begun = [(fire.alarm_ns, getattr(fire.truth, begin)) for fire in hit]
        waits = [(alarm_ns - begin_ns) / NS for alarm_ns, begin_ns in begun if alarm_ns and begin_ns]
        if waits:
            late = sum(one > 120 for one in waits)
            both = f"{percentile(waits, 0.5):.0f} / {percentile(waits, 0.95):.0f} s, {late} over"
            show(f"  wall time from 0.01 % {what} to the event, median / p95", both, "120 s")
    looking = [fire.looking_s for fire in hit]
    if looking:
        show("  looking time, median / p95", f"{percentile(looking, 0.5):.0f} / {percentile(looking, 0.95):.0f} s")
    by_band = Counter(
        (next(name for name, most in BANDS if fire.truth.distance_m < most), fire.alarm_ns is not None)
        for fire in fires
    )
    told = {band: f"{by_band[band, True]} of {by_band[band, True] + by_band[band, False]}" for band, _ in BANDS}
    print("  by distance:", told)
    for one in (fire.truth for fire in fires if fire.alarm_ns is None):
        print(f"  missed: {one.name}, {one.distance_m:.0f} m, {one.largest:.2%}, with contrast {one.clearest:.2%}")


def _share(fires: Sequence[FireTold]) -> str:
    """How many of them were alarmed, with the lower bound."""
    told = sum(fire.alarm_ns is not None for fire in fires)
    least = lower_bound(told, len(fires))
    return f"{told} of {len(fires)} = {told / len(fires):.0%}, 95 % bound {least:.0%}"


def _tell_false(days: Sequence[DayTold], fires: Sequence[FireTold]) -> None:
    count = len(days)
    before = Counter(call.kind for one in days for call in one.calls if call.kind != "straw")
    after = Counter(alarm.kind for one in days for alarm in one.alarms if alarm.kind != "straw")
    for what, found in (("before", before), ("after", after)):
        most = upper_bound(found.total()) / count
        rate = f"{found.total()} = {found.total() / count:.2f} a day, 95 % bound {most:.2f}"
        show(f"false {what} verification", rate, "1 in 20 days" if what == "after" else "")
        print(f"  by kind: {dict(found)}")
    share = sum(fire.alarm_ns is not None for fire in fires) / max(1, len(fires))
    for a_day in FIRES_A_DAY:
        right = a_day * share
        told, least = (
            right / (right + false) if right + false else 0.0
            for false in (after.total() / count, upper_bound(after.total()) / count)
        )
        show(f"precision at {a_day:g} fires a camera and day", f"{told:.2f}, {least:.2f} at the bound")


def upper_bound(count: int) -> float:
    """The 95 % upper bound of a Poisson mean after `count` events: where that few have a chance of one in twenty."""
    low, high = float(count), count * 3.0 + 10
    for _ in range(60):
        mean = (low + high) / 2
        chance = sum(exp(-mean + k * log(mean) - lgamma(k + 1)) for k in range(count + 1))
        low, high = (mean, high) if chance > 0.05 else (low, mean)
    return high


def lower_bound(hits: int, tries: int) -> float:
    """The 95 % lower bound of a share: where that many hits have a chance of one in twenty."""
    low, high = 0.0, hits / tries
    for _ in range(60):
        share = (low + high) / 2
        chance = sum(comb(tries, k) * share**k * (1 - share) ** (tries - k) for k in range(hits, tries + 1))
        low, high = (share, high) if chance < 0.05 else (low, share)
    return low
