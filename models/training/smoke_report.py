"""More about a smoke card than its AP: alarms against recall, by view and by fire, with intervals over views.

In: the raw boxes that `tantou models eval --predictions` wrote, and the folder they are of. Out: one JSON object.
Frames of one view and one fire resemble each other, so intervals draw views, and a fire counts once.
"""

from __future__ import annotations

import argparse
import json
from collections import defaultdict
from collections.abc import Callable, Iterable, Sequence
from pathlib import Path
from typing import Any

import numpy as np

from contract.observations import Detection
from models.intervals import OUTER_SHARES, draw_times
from models.labelled import Judged, LabelledFolder, open_folder
from models.smoke_metrics import RECALL, SMOKE, TOWER_KINDS, alarm_score, found_score, threshold_for

RECALLS = (0.5, 0.6, 0.7, 0.75, RECALL, 0.85, 0.9)


def read_judged(predictions: Path, folder: LabelledFolder) -> list[Judged]:
    """The pictures of the folder with the boxes written for them; KeyError for a picture without a line."""
    found = {}
    for line in predictions.read_text("utf-8").splitlines():
        entry = json.loads(line)
        found[entry["file"]] = tuple(
            Detection(bbox_xyxy_px=(box[0], box[1], box[2], box[3]), score=box[4], label=box[5])
            for box in entry["boxes"]
        )
    return [Judged(truth, found[truth.file]) for _, truth in folder]


def positives_of(judged: Sequence[Judged]) -> list[Judged]:
    """The tower pictures with smoke."""
    return [one for one in judged if SMOKE in one.truth.labels and one.truth.kind in TOWER_KINDS]


def negatives_of(judged: Sequence[Judged]) -> list[Judged]:
    """The pictures in which nothing is boxed."""
    return [one for one in judged if not one.truth.labels]


def alarms_at_recalls(judged: Sequence[Judged]) -> dict[str, tuple[float | None, int | None]]:
    """For each recall of tower pictures, the threshold that reaches it and how many negatives are alarmed there."""
    found = np.array([found_score(one) for one in positives_of(judged)])
    alarmed = np.array([alarm_score(one) for one in negatives_of(judged)])
    thresholds = {f"{recall:g}": threshold_for(found, recall) for recall in RECALLS}
    return {key: (t, None if t is None else int((alarmed >= t).sum())) for key, t in thresholds.items()}


def alarmed_share_90(judged: Sequence[Judged], *, draws: int) -> tuple[float, float]:
    """The 90 % interval of the share of negatives alarmed at 0.8 recall; the threshold is found again in each draw."""
    positives, negatives = positives_of(judged), negatives_of(judged)
    found = np.array([found_score(one) for one in positives])
    alarmed = np.array([alarm_score(one) for one in negatives])
    times = draw_times([one.truth.camera for one in (*positives, *negatives)], draws=draws)
    shares = []
    for row in times:
        of_found, of_alarmed = row[: len(positives)], row[len(positives) :]
        if of_found.sum() and of_alarmed.sum():
            threshold = threshold_for(np.repeat(found, of_found), RECALL) or 0.0
            shares.append(float(of_alarmed[alarmed >= threshold].sum() / of_alarmed.sum()))
    low, high = np.quantile(shares, OUTER_SHARES)
    return round(float(low), 3), round(float(high), 3)


def counted(
    pictures: Iterable[Judged], key: Callable[[Judged], str], hit: Callable[[Judged], bool]
) -> dict[str, tuple[int, int]]:
    """By key, how many pictures are hit and how many there are."""
    parts: dict[str, list[bool]] = defaultdict(list)
    for one in pictures:
        parts[key(one)].append(hit(one))
    return {name: (sum(hits), len(hits)) for name, hits in sorted(parts.items())}


def report(judged: Sequence[Judged], fires: dict[str, str], *, threshold: float, draws: int = 1000) -> dict[str, Any]:
    """All figures; `fires`: the fire of each picture by file, `threshold`: the card's, at which parts are counted."""
    positives, negatives = positives_of(judged), negatives_of(judged)
    by_fire = counted(positives, lambda one: fires[one.truth.file], lambda one: found_score(one) >= threshold)
    return {
        "threshold": threshold,
        "alarms_at_recall": alarms_at_recalls(judged),
        "alarmed_share_at_r80_90": alarmed_share_90(judged, draws=draws),
        "fires": [sum(hits > 0 for hits, _ in by_fire.values()), len(by_fire)],
        "by_fire": by_fire,
        "by_view": counted(positives, lambda one: str(one.truth.camera), lambda one: found_score(one) >= threshold),
        "alarmed_by_view": counted(
            negatives, lambda one: f"{one.truth.camera}/{one.truth.kind}", lambda one: alarm_score(one) >= threshold
        ),
    }


def fire_of(row: dict[str, str]) -> str:
    """A fire as the manifest can tell it: a view's sequence; a view alone where no sequence is named."""
    return f"{row.get('camera', '')}/{row.get('sequence', '')}"


def main() -> None:
    """Command line: `python -m models.training.smoke_report PREDICTIONS.jsonl --data SMOKE/val --threshold 0.05`."""
    parser = argparse.ArgumentParser(description="Alarms against recall, by view and fire.")
    parser.add_argument("predictions", type=Path)
    parser.add_argument("--data", type=Path, required=True)
    parser.add_argument("--threshold", type=float, required=True, help="the card's")
    args = parser.parse_args()
    folder = open_folder(args.data, unnamed=("smoke", "fire"))
    fires = {file: fire_of(row) for file, row in folder.manifest.items()}
    print(json.dumps(report(read_judged(args.predictions, folder), fires, threshold=args.threshold), indent=1))


if __name__ == "__main__":
    main()
