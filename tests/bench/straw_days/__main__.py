"""`python -m tests.bench.straw_days --days N --views V [--first K] [--hours H] [--keep FOLDER] [--tell | --again]`.

Each day is kept as two files when it is done, what it gave and its tape of looks: a run that is ended goes on where it
was, and `--again` judges the tapes with the rule as it is now, in seconds (stares that a tape does not show are
counted). Views are 5 of the 14 stops of a whole turn; the patrol dwells at all 14, so that its pace is a real one, and
the other nine are not drawn. A day's fires and traps are laid into H of its hours, idle hours are left out; with many
hours `--quiet-every N` draws one in N visits of a view in which nothing happens and nothing called, so that idle time
costs little and is seen more thinly. A picture is taken for verified where the head stands (registration has its own
tests); no tiles: at 1280 pixels a tile is hardly less than the picture.
"""

from __future__ import annotations

import argparse
import gzip
import hashlib
import os
from collections import Counter
from pathlib import Path

import cv2
import msgspec

from detectors.straw_burning import RULE_VERSION
from edge.inference.plumes import UNSURE_BY, PlumeMeter, score_at
from edge.inference.plumes_look import TowerLooker, card_score
from edge.straw_replay import CARD
from models.detector import open_detector
from tantou.tower.world import NS
from tests.bench.lines import percentile, show
from tests.bench.straw_days.day import VERSION, Day, day
from tests.bench.straw_days.drive import TENTH_SHARE, Driven, burnt
from tests.bench.straw_days.judge import Judge
from tests.bench.straw_days.told import Burnt, DayTold, Look

ONE_FRAME_SURETY = 0.0  # from which one frame alone would call: the card's own score


class Tape(msgspec.Struct, frozen=True, kw_only=True):
    """A day as it was looked at."""

    fires: tuple[Burnt, ...]
    looks: tuple[Look, ...]
    cycles_s: tuple[float, ...]
    skipped: int


def main() -> None:
    """Drives what is not kept yet and tells all days together."""
    parser = argparse.ArgumentParser()
    parser.add_argument("--days", type=int, default=20)
    parser.add_argument("--first", type=int, default=0)
    parser.add_argument("--views", type=int, default=5)
    parser.add_argument("--hours", type=float, default=1.0)
    parser.add_argument("--quiet-every", type=int, default=1, metavar="N", help="draw every n-th quiet visit")
    parser.add_argument("--keep", type=Path, default=Path("build/straw_days"))
    parser.add_argument("--tell", action="store_true", help="tell what is kept, drive nothing")
    parser.add_argument("--again", action="store_true", help="judge the kept tapes again, drive nothing")
    args = parser.parse_args()
    os.nice(15)
    cv2.setNumThreads(1)
    detector = open_detector(CARD, size_px=640, threads=1)
    score = card_score(detector.card)
    near = open_detector(CARD, size_px=640, threads=1, threshold=score_at(score, -UNSURE_BY))
    named = f"{VERSION} {RULE_VERSION} {detector.card.sha256} {args.views} {args.hours} {args.quiet_every}"
    folder = args.keep / hashlib.sha256(named.encode()).hexdigest()[:12]
    folder.mkdir(parents=True, exist_ok=True)
    told: list[DayTold] = []
    for number in range(args.first, args.first + args.days):
        file, tape = folder / f"day-{number:03d}.json", folder / f"day-{number:03d}.tape.gz"
        one = day(number, args.views, args.hours)
        if args.again and tape.exists():
            told.append(judged_again(one, msgspec.json.decode(gzip.decompress(tape.read_bytes()), type=Tape)))
            continue
        if not file.exists() and not args.tell and not args.again:
            looker = TowerLooker(near, meter=PlumeMeter(score_at_r80=score))
            found, taped = driven(one, looker, quiet_every=args.quiet_every)
            tape.write_bytes(gzip.compress(msgspec.json.encode(taped)))
            partial = file.with_suffix(".part")
            partial.write_bytes(msgspec.json.encode(found))
            partial.replace(file)
            print(f"day {number}: {found.looks} looks, {len(found.alarms)} alarms", flush=True)
        if file.exists():
            told.append(msgspec.json.decode(file.read_bytes(), type=DayTold))
    if told:
        tell(told)


def driven(one: Day, looker: TowerLooker, *, quiet_every: int) -> tuple[DayTold, Tape]:
    """The day drawn and judged, and its tape."""
    judge, drive = Judge(one, surety=ONE_FRAME_SURETY), Driven(one, looker, quiet_every=quiet_every)
    looks = tuple(drive.looks(judge))
    fires = burnt(one)
    tape = Tape(fires=fires, looks=looks, cycles_s=tuple(drive.cycles_s), skipped=drive.skipped)
    return judge.told(fires, cycles_s=drive.cycles_s, skipped=drive.skipped), tape


def judged_again(one: Day, tape: Tape) -> DayTold:
    """The tape under the rule as it is now."""
    judge = Judge(one, surety=ONE_FRAME_SURETY)
    for look in tape.looks:
        judge.look(look)
    return judge.told(tape.fires, cycles_s=tape.cycles_s, skipped=tape.skipped)


def tell(days: list[DayTold]) -> None:
    """All figures of these days."""
    fires = [fire for one in days for fire in one.fires if fire.truth.largest >= TENTH_SHARE]
    hit = [fire for fire in fires if fire.alarm_ns is not None]
    camera_days = len(days)
    cycles = [cycle for one in days for cycle in one.cycles_s]
    driven_h = sum(one.hours for one in days)
    print(f"{len(days)} days of {driven_h / len(days):g} h driven, {sum(one.looks for one in days)} looks")
    left_out, unseen = sum(one.skipped for one in days), sum(one.stares_not_taped for one in days)
    print(f"  {left_out} quiet visits left out, {unseen} stares asked for that were not looked at")
    show("patrol cycle, median / p95", f"{percentile(cycles, 0.5):.0f} / {percentile(cycles, 0.95):.0f} s", "90 s")
    show("fires >= 0.1 % of the picture alarmed", f"{len(hit)} of {len(fires)}", "95 %")
    for what, begin in (("first visible (0.01 %)", "seen_ns"), ("0.1 %", "tenth_ns")):
        waits = [
            (fire.alarm_ns - getattr(fire.truth, begin)) / NS
            for fire in hit
            if fire.alarm_ns and getattr(fire.truth, begin)
        ]
        if waits:
            both = f"{percentile(waits, 0.5):.0f} / {percentile(waits, 0.95):.0f} s"
            show(f"wall time from {what} to the event, median / p95", both, "120 s")
    looking = [fire.looking_s for fire in hit]
    if looking:
        show("looking time, median / p95", f"{percentile(looking, 0.5):.0f} / {percentile(looking, 0.95):.0f} s")
    before = [call for one in days for call in one.calls if call.kind != "straw"]
    after = [alarm for one in days for alarm in one.alarms if alarm.kind != "straw"]
    for what, found in (("before", before), ("after", after)):
        most = upper_bound(len(found)) / camera_days
        rate = f"{len(found)} = {len(found) / camera_days:.2f} a day"
        show(
            f"false {what} verification (95 % bound {most:.2f} a day)", rate, "1 in 20 days" if what == "after" else ""
        )
        print(f"  by kind: {dict(Counter(one.kind for one in found))}")
    by_band: Counter[tuple[str, bool]] = Counter()
    for fire in fires:
        band = next(name for name, most in BANDS if fire.truth.distance_m < most)
        by_band[band, fire.alarm_ns is not None] += 1
    print(
        "  by distance:",
        {name: f"{by_band[name, True]} of {by_band[name, True] + by_band[name, False]}" for name, _ in BANDS},
    )
    print(
        "  missed:",
        [
            (fire.truth.name, round(fire.truth.distance_m), f"{fire.truth.largest:.2%}")
            for fire in fires
            if fire.alarm_ns is None
        ],
    )


BANDS = (("< 1 km", 1_000.0), ("1-2 km", 2_000.0), ("2-3 km", 3_000.0), ("> 3 km", 1e9))


def upper_bound(count: int) -> float:
    """The 95 % upper bound of a Poisson mean after `count` events: where that few have a chance of one in twenty."""
    from math import exp, lgamma, log

    low, high = float(count), count * 3.0 + 10
    for _ in range(60):
        mean = (low + high) / 2
        chance = sum(exp(-mean + k * log(mean) - lgamma(k + 1)) for k in range(count + 1))
        low, high = (mean, high) if chance > 0.05 else (low, mean)
    return high


if __name__ == "__main__":
    main()
