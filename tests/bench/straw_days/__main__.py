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
from pathlib import Path

import cv2
import msgspec

from detectors.straw_burning import RULE_VERSION
from edge.inference.plumes import UNSURE_BY, PlumeMeter, score_at
from edge.inference.plumes_look import TowerLooker, card_score
from edge.straw_replay import CARD
from models.detector import open_detector
from tests.bench.straw_days.day import VERSION, Day, day
from tests.bench.straw_days.drive import Driven, burnt
from tests.bench.straw_days.judge import Judge
from tests.bench.straw_days.tell import tell
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


if __name__ == "__main__":
    main()
