"""What the smoke network is shown and how its head begins; runs where the training environment is."""

from __future__ import annotations

from pathlib import Path

import cv2
import numpy as np
import pytest

torch = pytest.importorskip("torch", reason="needs the training environment (docs/guides/train.en.md)")
tasks = pytest.importorskip("ultralytics.nn.tasks", reason="needs the training environment (docs/guides/train.en.md)")

from models.training.augment import Labelled  # noqa: E402
from models.training.network import COCO_CLASSES, load_network, save_network  # noqa: E402
from models.training.plumes import render  # noqa: E402
from models.training.smoke_samples import SmokePicture, read_sequences, read_stills  # noqa: E402
from models.training.train import Plan  # noqa: E402
from models.training.train_smoke import (  # noqa: E402
    FROZEN_LAYERS,
    Stock,
    batch_of,
    draw_canvas,
    fresh_head,
    optimiser_for,
    towers_first,
    with_plumes,
)

SKYLINE_ROW = 150


def view(boxes: list[list[float]], camera: str = "hpwren-00") -> SmokePicture:
    """A tower picture of 480 x 640, sky over ground, with smoke boxed where told."""
    picture = np.full((480, 640, 3), 210, np.uint8)
    picture[SKYLINE_ROW:] = 70
    array = np.array(boxes, np.float32).reshape(-1, 4)
    return SmokePicture(Labelled(picture, array, np.zeros(len(array), np.int64)), camera, "hpwren" in camera)


@pytest.fixture
def stock() -> Stock:
    """Two smokes and three quiet views, two plumes to lay."""
    positives = [view([[300, 140, 330, 170]]), view([[20, 150, 60, 180]], "hpwren-01")]
    quiet = [view([]), view([], "hpwren-02"), view([], "street")]
    grounds = positives + quiet
    even = [np.full(len(part), 1 / len(part)) for part in (positives, quiet, grounds)]
    lines = [np.full(640, SKYLINE_ROW)] * len(grounds)
    plumes = [render(np.random.default_rng(seed)) for seed in range(2)]
    return Stock(positives, quiet, grounds, lines, plumes, dict(zip(("real", "quiet", "made"), even, strict=True)))


def test_the_same_seed_draws_the_same_batch_and_the_next_step_another(stock: Stock) -> None:
    plan = Plan(seed=3)
    first, again, other = (batch_of(stock, plan, 0, step) for step in (5, 5, 6))
    assert torch.equal(first["img"], again["img"])
    assert torch.equal(first["bboxes"], again["bboxes"])
    assert first["img"].shape != other["img"].shape or not torch.equal(first["img"], other["img"])


def test_canvases_show_smoke_in_most_and_none_in_some(stock: Stock) -> None:
    counts = [len(draw_canvas(stock, np.random.default_rng(seed), (320, 448)).classes) for seed in range(60)]
    assert 0.5 < np.mean([count > 0 for count in counts]) < 0.9


def test_made_plumes_never_cover_boxed_smoke(stock: Stock) -> None:
    source, line = stock.positives[0].labelled, stock.lines[0]
    for seed in range(20):
        made = with_plumes(source, stock, line, np.random.default_rng(seed))
        added = made.boxes_xyxy_px[1:]
        assert not ((added[:, 0] < 330) & (added[:, 2] > 300) & (added[:, 1] < 170) & (added[:, 3] > 140)).any()
        assert np.array_equal(made.boxes_xyxy_px[0], source.boxes_xyxy_px[0])


def test_towers_get_seven_made_plumes_of_eight() -> None:
    grounds = [view([], "hpwren-00"), view([], "street"), view([], "street"), view([], "street")]
    shares = towers_first(grounds)
    assert shares.sum() == pytest.approx(1)
    assert shares[0] == pytest.approx(0.875)


def test_a_fresh_head_has_its_classes_and_begins_without_alarms(tmp_path: Path) -> None:
    torch.manual_seed(0)
    save_network(tasks.DetectionModel("yolo11n.yaml", nc=COCO_CLASSES, verbose=False), tmp_path / "w.safetensors", {})
    network = fresh_head(load_network(tmp_path / "w.safetensors"), 2, seed=1).eval()
    with torch.no_grad():
        output = network(torch.rand(1, 3, 96, 128))
    scores = (output[0] if isinstance(output, tuple) else output)[0, 4:]
    assert scores.shape[0] == 2
    assert float(scores.max()) < 0.1
    trained = optimiser_for(network, Plan())
    assert [group.get("lr_share", 1.0) for group in trained.param_groups] == [1.0, 4.0]
    frozen = [n for n, p in network.named_parameters() if not p.requires_grad and ".dfl." not in n]
    assert frozen
    assert all(int(name.split(".")[1]) < FROZEN_LAYERS for name in frozen)


def test_only_the_asked_split_is_read_and_boxes_are_in_pixels(tmp_path: Path) -> None:
    for split in ("train", "val"):
        (tmp_path / split / "images").mkdir(parents=True)
        (tmp_path / split / "labels").mkdir()
        cv2.imwrite(str(tmp_path / split / "images" / "a.png"), np.zeros((100, 200, 3), np.uint8))
        (tmp_path / split / "labels" / "a.txt").write_text("1 0.5 0.5 0.1 0.2\n" if split == "train" else "")
    (tmp_path / "manifest.csv").write_text(
        "file,split,camera,kind\ntrain/images/a.png,train,hpwren-07,tower_far\nval/images/a.png,val,,negative_cloud\n"
    )
    (only,) = read_stills(tmp_path, "train")
    assert only.tower
    assert only.labelled.boxes_xyxy_px.round(3).tolist() == [[90, 40, 110, 60]]
    assert only.labelled.classes.tolist() == [1]
    assert not read_stills(tmp_path, "val")[0].positive


def test_frames_of_a_sequence_that_may_hide_smoke_are_left_out(tmp_path: Path) -> None:
    labels = ("before_ignition", "after_ignition_no_box_yet", "smoke", "smoke_period_no_box")
    rows = ["sequence,frame,file,label,boxes,split,camera"]
    for index, label in enumerate(labels):
        cv2.imwrite(str(tmp_path / f"{index}.png"), np.zeros((100, 200, 3), np.uint8))
        boxes = "0.1 0.2 0.3 0.4" if label == "smoke" else ""
        rows.append(f"p,{index},{index}.png,{label},{boxes},train,hpwren-00")
    (tmp_path / "manifest.csv").write_text("\n".join(rows) + "\n")
    quiet, smoke = read_sequences(tmp_path, "train", every=1)
    assert not quiet.positive
    assert smoke.labelled.boxes_xyxy_px.round(3).tolist() == [[20, 20, 60, 40]]
