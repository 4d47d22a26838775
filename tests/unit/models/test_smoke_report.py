"""Alarms against recall, by view and by fire, on hand-made pictures whose answers can be counted by hand."""

from __future__ import annotations

import json
from pathlib import Path

import cv2
import numpy as np
import pytest

from contract.observations import Detection
from models.labelled import Judged, Labelled, open_folder
from models.training.smoke_report import alarmed_share_90, alarms_at_recalls, fire_of, read_judged, report


def picture(name: str, score: float, *, camera: str, smoke: bool) -> Judged:
    """A picture of 100 x 100 px with one smoke box of this score, right where there is smoke."""
    boxes = np.array([[10, 10, 20, 20]] if smoke else [], np.float32).reshape(-1, 4)
    kind = "tower_far" if smoke else "negative_cloud"
    truth = Labelled(name, camera, None, (100, 100), boxes, ("smoke",) * len(boxes), kind)
    return Judged(truth, (Detection(bbox_xyxy_px=(10, 10, 20, 20), score=score, label="smoke"),))


JUDGED = [
    *(picture(f"p{n}", score, camera="hill", smoke=True) for n, score in enumerate((0.9, 0.8, 0.7, 0.6))),
    picture("p4", 0.1, camera="coast", smoke=True),
    picture("n0", 0.65, camera="hill", smoke=False),
    picture("n1", 0.05, camera="coast", smoke=False),
]


def test_alarms_are_counted_at_the_threshold_of_each_recall() -> None:
    found = alarms_at_recalls(JUDGED)
    assert found["0.6"] == (0.7, 0)
    assert found["0.8"] == (0.6, 1)
    assert found["0.9"] == (0.1, 1)


def test_views_and_fires_are_counted_apart() -> None:
    fires = {"p0": "f", "p1": "f", "p2": "g", "p3": "g", "p4": "h"}
    found = report(JUDGED, fires, threshold=0.65, draws=20)
    assert found["fires"] == [2, 3]
    assert found["by_fire"] == {"f": (2, 2), "g": (1, 2), "h": (0, 1)}
    assert found["by_view"] == {"hill": (3, 4), "coast": (0, 1)}
    assert found["alarmed_by_view"] == {"hill/negative_cloud": (1, 1), "coast/negative_cloud": (0, 1)}


def test_the_interval_is_the_same_on_every_call_and_wide_for_two_views() -> None:
    low, high = alarmed_share_90(JUDGED, draws=200)
    assert (low, high) == alarmed_share_90(JUDGED, draws=200)
    assert 0 <= low < high <= 1


def test_the_figures_are_those_of_the_written_boxes(tmp_path: Path) -> None:
    (tmp_path / "images").mkdir()
    cv2.imwrite(str(tmp_path / "images" / "a.png"), np.zeros((100, 100, 3), np.uint8))
    (tmp_path / "manifest.csv").write_text("file,camera,sequence,kind\nimages/a.png,hill,s1,tower_far\n")
    written = tmp_path / "boxes.jsonl"
    written.write_text(json.dumps({"file": "images/a.png", "boxes": [[1, 2, 3, 4, 0.5, "smoke"]]}) + "\n")
    folder = open_folder(tmp_path, unnamed=("smoke",))
    (one,) = read_judged(written, folder)
    assert one.found[0].score == 0.5
    assert fire_of(folder.manifest["images/a.png"]) == "hill/s1"
    written.write_text("")
    with pytest.raises(KeyError, match=r"a\.png"):
        read_judged(written, folder)
