"""Public plates with true texts through the whole chain and the single-picture rule: right, wrong, abstained.

`python -m tests.bench.plates_shared --data DIR`: DIR holds `manifest.csv` (file, text, kind, width_px, rot_deg,
skew_deg), `scenes/` and `crops/`. A text `a|b` names several plates, `?` a character that nobody can read, an empty
text no plate at all. Wrong is any accepted text that is no plate of the picture. `vehicles` are the scenes once more,
as an event sees them: the vehicles are found, then each one's own part is read and its plate has to lie on it.
"""

from __future__ import annotations

import argparse
import csv
import re
import time
from collections import Counter, defaultdict
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass
from pathlib import Path

import cv2
import numpy as np

from contract.geometry import BboxPx
from contract.plates import PlateRead, PlateSeen
from detectors.fold import ReadPlate
from detectors.illegal_parking import reading
from detectors.plate_single import read_one
from edge.capture.types import Frame, Image
from edge.inference.plates import PlateReader
from models.detector import open_detector
from models.plates.eyes import PlateEyes, open_eyes
from tests.bench.lines import percentile, show

PARTS = ("scenes", "crops", "vehicles")
OUTCOMES = ("right", "wrong", "abstained")
LEAST_WIDTH_PX = 60.0
RIGHT_BUDGETS = {"scenes": "0.85"}
WRONG_BUDGETS = {"scenes": "0", "crops": "2", "vehicles": "0"}
VEHICLES, VEHICLES_PX = ("car", "bus", "truck", "motorcycle"), 640
WIDTHS_PX, TILTS_DEG = (60, 80, 120, 200), (10, 20, 30)
SHARPNESS, LIGHT = (4.5, 8, 16), (40, 70, 110)  # of the best plate found; mean grey of the picture around it


@dataclass(frozen=True)
class Truth:
    """One row of the manifest."""

    file: str
    texts: tuple[str, ...]
    kind: str
    width_px: float
    tilt_deg: float
    quad: tuple[float, ...]

    @property
    def counts(self) -> bool:
        """Whether it is a plate that has to be read: wide enough, every character readable."""
        return bool(self.texts) and self.width_px >= LEAST_WIDTH_PX and not any("?" in text for text in self.texts)

    def allows(self, text: str) -> bool:
        """Whether this is a plate of the picture."""
        return any(re.fullmatch(re.escape(one).replace(r"\?", "."), text) for one in self.texts)


@dataclass(frozen=True)
class Trial:
    """One picture and what the chain made of it."""

    truth: Truth
    seen: tuple[PlateSeen, ...]
    texts: tuple[str, ...]
    grey: float
    cpu_ms: float
    boxes: tuple[BboxPx, ...] | None = None

    @property
    def outcome(self) -> str:
        """Wrong when any accepted text is none of the picture's, else right when one is."""
        if any(not self.truth.allows(text) for text in self.texts):
            return "wrong"
        return "right" if self.texts else "abstained"

    def _has_vehicle(self) -> bool:
        corners = tuple(zip(self.truth.quad[0::2], self.truth.quad[1::2], strict=True))
        return any(all(x1 <= x <= x2 and y1 <= y <= y2 for x, y in corners) for x1, y1, x2, y2 in self.boxes or ())

    def classes(self) -> Iterator[str]:
        """The lines of the table in which it counts."""
        yield " all"
        if self.truth.counts:
            yield " to be read: >= 60 px, no ?"
            if self.boxes is not None:
                yield f" to be read, the plate {'' if self._has_vehicle() else 'not '}on a vehicle that was found"
        yield f"kind {self.truth.kind or 'none'}"
        if not self.truth.texts:
            return
        yield f"width px {_range(self.truth.width_px, WIDTHS_PX)}"
        yield f"tilt deg {_range(self.truth.tilt_deg, TILTS_DEG)}"
        yield f"light {_range(self.grey, LIGHT)}"
        yield f"sharpness {_range(self.seen[0].sharpness, SHARPNESS)}" if self.seen else "sharpness, nothing found"


def read_manifest(data: Path, part: str) -> list[Truth]:
    """The rows of one folder."""
    with (data / "manifest.csv").open(encoding="utf-8", newline="") as file:
        rows = [row for row in csv.DictReader(file) if row["file"].startswith(f"{part}/")]
    return [
        Truth(
            file=row["file"],
            texts=tuple(text for text in row["text"].split("|") if text),
            kind=row["kind"],
            width_px=float(row["width_px"] or 0),
            quad=tuple(float(value) for value in row["quad"].split()),
            tilt_deg=max(abs(float(row["rot_deg"] or 0)), abs(float(row["skew_deg"] or 0))),
        )
        for row in rows
    ]


def trials(eyes: PlateEyes, data: Path, part: str) -> Iterator[Trial]:
    """Every picture of one folder through the chain."""
    for truth in read_manifest(data, part):
        image = _decoded(data / truth.file)
        began = time.process_time()
        seen = tuple(eyes.look_at_crop(image) if part == "crops" else eyes.look(image))
        cpu_ms = (time.process_time() - began) * 1e3
        yield Trial(truth, seen, _accepted(read_one(plate) for plate in seen), float(image.mean()), cpu_ms)


def trials_on_vehicles(eyes: PlateEyes, data: Path) -> Iterator[Trial]:
    """Every scene as an event sees it."""
    detector, reader = open_detector("vehicle-n", size_px=VEHICLES_PX), PlateReader(eyes=eyes)
    for truth in read_manifest(data, "scenes"):
        image = _decoded(data / truth.file)
        frame = Frame("cam-1", 0, image, True)
        boxes = tuple(one.bbox_xyxy_px for one in detector.detect([image])[0] if one.label in VEHICLES)
        seen: list[PlateSeen] = []
        reads: list[PlateRead] = []
        began = time.process_time()
        for box in boxes:
            if box[2] - box[0] < reading.LEAST_VEHICLE_PX:
                continue
            looked = reader.look(ReadPlate(event_id="bench", at_ns=0, vehicle_px=box), frame).looked
            sight = reading.Sight(at_ns=0, vehicle_px=box, others_px=tuple(one for one in boxes if one != box))
            (voted,) = reading.answered(reading.asked(reading.PlateMemory(), sight), looked, {}).frames
            reads.append(voted.vote.read)
            seen += looked.plates
        cpu_ms = (time.process_time() - began) * 1e3
        yield Trial(truth, tuple(seen), _accepted(reads), float(image.mean()), cpu_ms, boxes)


def _accepted(reads: Iterable[PlateRead]) -> tuple[str, ...]:
    return tuple(read.text for read in reads if read.text is not None)


def _decoded(file: Path) -> Image:
    frame = cv2.imdecode(np.fromfile(file, np.uint8), cv2.IMREAD_COLOR)
    if frame is None:
        raise SystemExit(f"{file}: cannot be decoded")
    return np.asarray(frame, np.uint8)


def tell(part: str, done: Sequence[Trial]) -> None:
    """Prints the table of one folder, what was read wrongly, why nothing was read, and the cost."""
    table: defaultdict[str, Counter[str]] = defaultdict(Counter)
    reasons: Counter[str] = Counter()
    for trial in done:
        for name in trial.classes():
            table[name][trial.outcome] += 1
        if trial.outcome == "abstained" and trial.truth.texts:
            reasons[str(read_one(trial.seen[0]).reason) if trial.seen else "nothing found"] += 1
        if trial.outcome == "wrong":
            print(f"  wrong: {trial.truth.file} {'|'.join(trial.truth.texts)} read as {trial.texts}")
    for name in sorted(table):
        show(f"{part},{name}", "/".join(str(table[name][outcome]) for outcome in OUTCOMES))
    wanted = [trial for trial in done if trial.truth.counts]
    right = sum(trial.outcome == "right" for trial in wanted) / max(1, len(wanted))
    wrong = sum(trial.outcome == "wrong" for trial in done)
    show(f"{part}: right of {len(wanted)} to be read", f"{right:.3f}", RIGHT_BUDGETS.get(part, ""))
    show(f"{part}: wrong of {len(done)}", str(wrong), WRONG_BUDGETS[part])
    cost_ms = [trial.cpu_ms for trial in done]
    cost = " / ".join(f"{percentile(cost_ms, share):.0f}" for share in (0.5, 0.95))
    show(f"{part}: one picture through the chain, CPU ms, median / p95", cost)
    print("  abstained: " + ", ".join(f"{reason} {count}" for reason, count in reasons.most_common()))


def _range(value: float, limits: tuple[float, ...]) -> str:
    below = next((limit for limit in limits if value < limit), None)
    return f"< {below:6.1f}" if below is not None else f">= {limits[-1]:5.1f}"


def main() -> None:
    """Prints the tables of scenes and crops."""
    arguments = argparse.ArgumentParser(description=__doc__)
    arguments.add_argument("--data", type=Path, required=True, metavar="DIR")
    arguments.add_argument("--parts", nargs="+", choices=PARTS, default=PARTS)
    args = arguments.parse_args()
    eyes = open_eyes()
    for part in args.parts:
        done = trials_on_vehicles(eyes, args.data) if part == "vehicles" else trials(eyes, args.data, part)
        tell(part, list(done))


if __name__ == "__main__":
    main()
