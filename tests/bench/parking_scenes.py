"""Parking on composed scenes: precision, recall and F1 of events, dwell error, standing time kept, false events.

`python -m tests.bench.parking_scenes --scenes DIR [--observations] [--json FILE] [--pictures DIR] [--only NAME ...]`.
Without `--observations` scenes that have no tape yet go through decoder and detector first.
"""

from __future__ import annotations

import argparse
import json
import sys
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from pathlib import Path

from contract.events import Provenance
from edge.config import PlatesConfig
from edge.inference.plates import PlateReader, open_reader
from edge.judge import provenance
from models.detector import Detector, open_detector
from models.registry import Registry
from tests.bench.compose.failures import draw_failure
from tests.bench.compose.judging import Scene, judge_tape, observations, read_scenes, record_tape, tape_path
from tests.bench.compose.scoring import Score, place_of, score
from tests.bench.lines import percentile, show

MODEL, INPUT_PX, MIN_SCORE = "vehicle-n", 640, 0.3  # what a gateway takes when its edge.toml says nothing else
TRAFFIC = "traffic without parking"


@dataclass(frozen=True, slots=True)
class Figures:
    """What a group of scenes comes to."""

    scenes: int
    found: int
    missed: int
    false: int
    errors_s: tuple[float, ...]
    standing_s: int
    kept_s: int
    boxes: int
    found_boxes: int
    hours: float

    @property
    def precision(self) -> float:
        """Told acts that are true; 1 where nothing was told."""
        return self.found / (self.found + self.false) if self.found + self.false else 1.0

    @property
    def recall(self) -> float:
        """Stays over grace that were told; 1 where there is none."""
        return self.found / (self.found + self.missed) if self.found + self.missed else 1.0

    @property
    def f1(self) -> float:
        """Harmonic mean of both."""
        both = self.precision + self.recall
        return 2 * self.precision * self.recall / both if both else 0.0

    def as_dict(self) -> dict[str, float | int | None]:
        """For the JSON file."""
        return {
            "scenes": self.scenes, "hours": round(self.hours, 3),
            "found": self.found, "missed": self.missed, "false": self.false,
            "precision": round(self.precision, 4), "recall": round(self.recall, 4), "f1": round(self.f1, 4),
            "dwell_error_median_s": _share(self.errors_s, 0.5), "dwell_error_p95_s": _share(self.errors_s, 0.95),
            "frame_recall": round(self.kept_s / self.standing_s, 4) if self.standing_s else None,
            "standing_s": self.standing_s,
            "detector_recall": round(self.found_boxes / self.boxes, 4) if self.boxes else None,
        }  # fmt: skip


def figures(scores: Sequence[Score]) -> Figures:
    """The sum of scenes."""
    errors = sorted(abs(pair.dwell_error_s) for one in scores for pair in one.pairs)
    return Figures(
        scenes=len(scores),
        found=sum(len(one.pairs) for one in scores),
        missed=sum(len(one.missed) for one in scores),
        false=sum(len(one.false) for one in scores),
        errors_s=tuple(round(error, 3) for error in errors),
        standing_s=sum(one.standing_s for one in scores),
        kept_s=sum(one.kept_s for one in scores),
        boxes=sum(one.boxes for one in scores),
        found_boxes=sum(one.found_boxes for one in scores),
        hours=sum(one.truth.seconds for one in scores) / 3600,
    )


class Bench:
    """Judges scene after scene; the detector is opened only when a tape is missing."""

    def __init__(self, args: argparse.Namespace) -> None:
        self._args = args
        self._model_sha256 = Registry().find(MODEL).card.sha256
        self._plates: PlateReader | None = None
        self._detector: Detector | None = None

    def tape(self, scene: Scene) -> Path | None:
        """The scene's tape, recorded now where it is missing; None where it is missing and only tapes are judged."""
        args = self._args
        path = tape_path(scene, args.scenes / "tapes", model_sha256=self._model_sha256, with_plates=_has_plates(scene))
        if path.exists():
            return path
        if args.observations:
            return None
        self._detector = self._detector or open_detector(MODEL, size_px=INPUT_PX, threads=1, threshold=MIN_SCORE)
        record_tape(scene, path, detector=self._detector, made_by=self._made_by(scene), plates=self._reader(scene))
        print(f"  {scene.truth.name}: recorded", flush=True)
        return path

    def _reader(self, scene: Scene) -> PlateReader | None:
        if not _has_plates(scene):
            return None
        self._plates = self._plates or open_reader(PlatesConfig(), still_quality=90)
        return self._plates

    def judge(self, scene: Scene, tape: Path) -> Score:
        """Today's rule on the tape; a picture of what failed."""
        told = judge_tape(scene, tape, made_by=self._made_by(scene))
        scored = score(scene, told, observations(tape))
        if self._args.pictures is not None and scored.has_failed:
            path = self._args.pictures / f"{scene.truth.name}.png"
            draw_failure(scene, scored, told, list(observations(tape)), path)
        return scored

    def _made_by(self, scene: Scene) -> Provenance:
        return provenance(scene.config(), model=MODEL, model_sha256=self._model_sha256)


def main(arguments: Sequence[str] | None = None) -> int:
    """Prints the figures by difficulty, then each failure in a line; 2 where there is nothing to judge."""
    args = _arguments(arguments)
    part, parts = (int(number) for number in args.part.split("/"))
    chosen = [s for s in read_scenes(args.scenes) if not args.only or s.truth.name.startswith(tuple(args.only))]
    bench = Bench(args)
    mine = chosen[part - 1 :: parts]
    taped = [(scene, tape) for scene in mine if (tape := bench.tape(scene)) is not None]
    if args.record and mine:
        return 0
    if not taped:
        what = f"{len(mine)} scenes and no tape of theirs" if mine else "no scene"
        advice = f"compose with `python -m tests.bench.compose`, record with --record; a tape is of one {MODEL} alone"
        print(f"{args.scenes}: {what}, nothing is judged; {advice}", file=sys.stderr)
        return 2
    if len(taped) < len(mine):
        print(f"  {len(mine) - len(taped)} of {len(mine)} scenes have no tape and are not judged")
    scores = [bench.judge(scene, tape) for scene, tape in taped]
    report(scores)
    if args.json is not None:
        args.json.write_text(json.dumps(as_json(scores), indent=1, ensure_ascii=False))
    return 0


def _has_plates(scene: Scene) -> bool:
    return any(vehicle.plate is not None for vehicle in scene.truth.vehicles)


def _arguments(given: Sequence[str] | None) -> argparse.Namespace:
    arguments = argparse.ArgumentParser(description=__doc__)
    arguments.add_argument("--scenes", type=Path, required=True, help="what `python -m tests.bench.compose` wrote")
    arguments.add_argument("--observations", action="store_true", help="judge the tapes that are there, record none")
    arguments.add_argument("--record", action="store_true", help="only make the tapes that are missing")
    arguments.add_argument("--part", default="1/1", metavar="K/N", help="each N-th scene from the K-th on")
    arguments.add_argument("--json", type=Path, help="all figures go here")
    arguments.add_argument("--pictures", type=Path, help="a picture of each failure goes here")
    arguments.add_argument("--only", nargs="*", default=[], help="beginnings of names")
    return arguments.parse_args(given)


def report(scores: Sequence[Score]) -> None:
    """All figures, by difficulty, and what failed."""
    parking = [one for one in scores if TRAFFIC not in one.truth.difficulties]
    traffic = [one for one in scores if TRAFFIC in one.truth.difficulties]
    every = figures(parking)
    show("composed scenes with tapes", f"{every.scenes}, {every.hours:.2f} h", ">= 60")
    show("events found / missed / false", f"{every.found} / {every.missed} / {every.false}")
    show("precision, recall", f"{every.precision:.3f}, {every.recall:.3f}")
    show("F1", f"{every.f1:.3f}", ">= 0.97")
    if every.errors_s:
        show("dwell error, median", f"{percentile(every.errors_s, 0.5):.2f} s")
        show("dwell error, p95", f"{percentile(every.errors_s, 0.95):.2f} s", "<= 2 s")
    if every.standing_s:
        show("frame recall of standing time", f"{every.kept_s / every.standing_s:.4f}", ">= 0.95")
    if every.boxes:
        show("detector recall on standing, visible vehicles", f"{every.found_boxes / every.boxes:.4f}")
    hidden, told = sum(one.hidden for one in parking), sum(one.hidden_told for one in parking)
    show("stays of mostly hidden vehicles (not counted above)", f"{hidden}, told {told}")
    plates = [plate for one in parking for plate in one.plates]
    outcomes = "/".join(str(plates.count(outcome)) for outcome in ("right", "wrong", "abstained"))
    show("plates told right / wrong / abstained", outcomes, "0 wrong")
    idle = figures(traffic)
    show("false events without parking", f"{idle.false} in {idle.hours:.2f} h", "0 in >= 2 h")
    columns = f"{'n':>3} {'found':>5} {'miss':>4} {'false':>5} {'med s':>6} {'p95 s':>6} {'frames':>7} {'seen':>6}"
    print(f"\n  {'difficulty':<32} {columns}")
    for name in sorted({difficulty for one in scores for difficulty in one.truth.difficulties}):
        print(_line(name, figures([one for one in scores if name in one.truth.difficulties])))
    for line in failures(scores):
        print(f"  {line}")


def failures(scores: Sequence[Score]) -> list[str]:
    """One line for each miss, false event and dwell error over 2 s."""
    return [line for one in scores for line in (*_missed(one), *_false(one), *_dwell(one))]


def _missed(one: Score) -> Iterator[str]:
    for standing in one.missed:
        yield f"MISSED {one.truth.name}: {standing.vehicle} {standing.from_s:.1f}-{standing.to_s:.1f} s"


def _false(one: Score) -> Iterator[str]:
    reasons = ", ".join(sorted({standing.because for standing in one.truth.standings if standing.because})) or "-"
    for act in one.false:
        box = tuple(round(edge) for edge in place_of(act))
        span = f"{act.from_s:.1f}-{act.last_s:.1f} s"
        yield f"FALSE  {one.truth.name}: {act.event.zone} {span}, box {box}; the scene's reasons: {reasons}"


def _dwell(one: Score) -> Iterator[str]:
    for pair in one.pairs:
        if abs(pair.dwell_error_s) > 2:
            told = f"told {pair.told.from_s:.1f}-{pair.told.last_s:.1f}"
            true = f"true {pair.standing.from_s:.1f}-{pair.standing.to_s:.1f} s"
            yield f"DWELL  {one.truth.name}: {pair.dwell_error_s:+.2f} s; {told}, {true}"


def as_json(scores: Sequence[Score]) -> dict[str, object]:
    """All figures, whole and by difficulty, and each scene."""
    names = sorted({difficulty for one in scores for difficulty in one.truth.difficulties})
    return {
        "parking": figures([one for one in scores if TRAFFIC not in one.truth.difficulties]).as_dict(),
        "traffic": figures([one for one in scores if TRAFFIC in one.truth.difficulties]).as_dict(),
        "by_difficulty": {
            name: figures([one for one in scores if name in one.truth.difficulties]).as_dict() for name in names
        },
        "scenes": {one.truth.name: figures([one]).as_dict() for one in scores},
        "failures": failures(scores),
    }


def _line(name: str, of: Figures) -> str:
    median = (
        f"{percentile(of.errors_s, 0.5):6.2f} {percentile(of.errors_s, 0.95):6.2f}"
        if of.errors_s
        else f"{'-':>6} {'-':>6}"
    )
    kept = f"{of.kept_s / of.standing_s:7.3f}" if of.standing_s else f"{'-':>7}"
    seen = f"{of.found_boxes / of.boxes:6.3f}" if of.boxes else f"{'-':>6}"
    return f"  {name:<32} {of.scenes:>3} {of.found:>5} {of.missed:>4} {of.false:>5} {median} {kept} {seen}"


def _share(values: Sequence[float], share: float) -> float | None:
    return percentile(values, share) if values else None


if __name__ == "__main__":
    raise SystemExit(main())
