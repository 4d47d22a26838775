"""Plates drawn by ourselves, read by the whole chain and the single-picture rule: right, wrong, abstained, and cost.

`python -m tests.bench.plates_drawn --count 3200`: every kind equally often, three hardnesses of wear, one seed a plate.
"""

from __future__ import annotations

import argparse
import time
from collections import Counter, defaultdict
from collections.abc import Iterator
from dataclasses import dataclass

import numpy as np

from contract.plates import KINDS, PlateSeen
from detectors.plate_single import read_one
from models.plates.drawing import Drawn, draw_plate, find_fonts
from models.plates.eyes import PlateEyes, open_eyes
from models.plates.wear import Wear, as_seen, random_wear
from tests.bench.lines import percentile, show

FIRST_SEED = 900_000
HARDNESS = (0.35, 0.675, 1.0)
OUTCOMES = ("right", "wrong", "abstained")
WIDTHS_PX, GAINS, BLURS_PX, TILTS_DEG = (60, 80, 120), (0.25, 0.5), (0.5, 0.9), (5, 10, 20)


@dataclass(frozen=True)
class Trial:
    """One drawn plate and what the chain made of it."""

    drawn: Drawn
    wear: Wear
    seen: tuple[PlateSeen, ...]
    cpu_ms: float

    @property
    def outcome(self) -> str:
        """Wrong when any text is not the plate's, else right when one is."""
        texts = {read_one(plate).text for plate in self.seen} - {None}
        if texts - {self.drawn.text}:
            return "wrong"
        return "right" if texts else "abstained"

    @property
    def reason(self) -> str:
        """Why the best plate of the picture was not read."""
        return str(read_one(self.seen[0]).reason) if self.seen else "nothing found"


def trials(eyes: PlateEyes, count: int) -> Iterator[Trial]:
    """So many plates, each from its own seed."""
    fonts = find_fonts()
    for index in range(count):
        rng = np.random.default_rng(FIRST_SEED + index)
        drawn = draw_plate(rng, fonts, (KINDS[index % len(KINDS)],))
        wear = random_wear(rng, hard=HARDNESS[index // len(KINDS) % len(HARDNESS)])
        frame = as_seen(drawn.face, wear, rng).frame
        began = time.process_time()
        seen = tuple(eyes.look(frame))
        yield Trial(drawn, wear, seen, (time.process_time() - began) * 1e3)


def classes_of(trial: Trial) -> tuple[str, ...]:
    """The lines of the table in which a trial counts."""
    wear = trial.wear
    return (
        " all",
        f"kind {trial.drawn.kind.name}",
        f"width px {_range(wear.width_px, WIDTHS_PX)}",
        f"exposure {_range(wear.gain, GAINS)}",
        f"blur px {_range(wear.blur_px, BLURS_PX)}" + (", motion" if wear.motion_px else ""),
        f"tilt deg {_range(wear.tilt_deg, TILTS_DEG)}",
    )


def _range(value: float, limits: tuple[float, ...]) -> str:
    below = next((limit for limit in limits if value < limit), None)
    return f"< {below:6.2f}" if below is not None else f">= {limits[-1]:5.2f}"


def main() -> None:
    """Prints the table, the wrong texts, the reasons and the cost."""
    arguments = argparse.ArgumentParser(description=__doc__)
    arguments.add_argument("--count", type=int, default=3200)
    args = arguments.parse_args()
    table: defaultdict[str, Counter[str]] = defaultdict(Counter)
    reasons: Counter[str] = Counter()
    cost_ms = []
    for trial in trials(open_eyes(), args.count):
        cost_ms.append(trial.cpu_ms)
        for name in classes_of(trial):
            table[name][trial.outcome] += 1
        if trial.outcome == "abstained":
            reasons[trial.reason] += 1
        if trial.outcome == "wrong":
            said = [read_one(plate).text for plate in trial.seen]
            print(f"  wrong: {trial.drawn.text} ({trial.drawn.kind.name}) read as {said}", flush=True)
    for name in sorted(table):
        show(f"drawn plates,{name}", "/".join(str(table[name][outcome]) for outcome in OUTCOMES))
    wrong = table[" all"]["wrong"] / args.count
    show("drawn plates read wrongly", f"{wrong:.2%}", "0.5 %")
    show("one picture through the chain, CPU, median", f"{percentile(cost_ms, 0.5):.0f} ms")
    print("  abstained: " + ", ".join(f"{reason} {count}" for reason, count in reasons.most_common()))


if __name__ == "__main__":
    main()
