"""What the smoke network is shown and how its head begins; runs where the training environment is."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import cv2
import numpy as np
import pytest

torch = pytest.importorskip("torch", reason="needs the training environment (docs/guides/train.en.md)")
tasks = pytest.importorskip("ultralytics.nn.tasks", reason="needs the training environment (docs/guides/train.en.md)")

from models.training.augment import Labelled  # noqa: E402
from models.training.lens import rimmed  # noqa: E402
from models.training.mining import alarms, mined_shares  # noqa: E402
from models.training.network import COCO_CLASSES, load_network, save_network  # noqa: E402
from models.training.plumes import render  # noqa: E402
from models.training.smoke_canvases import (  # noqa: E402
    Stock,
    at_edge,
    batch_of,
    draw_canvas,
    quiet_window,
    show,
    towers_first,
    with_plumes,
)
from models.training.smoke_samples import SmokePicture, read_sequences, read_stills  # noqa: E402
from models.training.train import Plan  # noqa: E402
from models.training.train_smoke import FROZEN_LAYERS, Draws, fresh_head, optimiser_for  # noqa: E402

SKYLINE_ROW = 150


def view(boxes: list[list[float]], camera: str = "hpwren-00") -> SmokePicture:
    """A tower picture of 480 x 640, sky over ground, with smoke boxed where told."""
    picture = np.full((480, 640, 3), 210, np.uint8)
    picture[SKYLINE_ROW:] = 70
    array = np.array(boxes, np.float32).reshape(-1, 4)
    return SmokePicture(Labelled(picture, array, np.zeros(len(array), np.int64)), camera, "hpwren" in camera)


def empty() -> tuple[np.ndarray, np.ndarray]:
    """No boxes and no classes."""
    return np.zeros((0, 4), np.float32), np.zeros(0, np.int64)


def small_network(folder: Path) -> Any:
    """An untrained network with the smoke head."""
    torch.manual_seed(0)
    save_network(tasks.DetectionModel("yolo11n.yaml", nc=COCO_CLASSES, verbose=False), folder / "w.safetensors", {})
    return fresh_head(load_network(folder / "w.safetensors"), 2, seed=1)


@pytest.fixture
def stock() -> Stock:
    """Two smokes and three quiet views, two plumes to lay."""
    positives = [view([[300, 140, 330, 170]]), view([[20, 150, 60, 180]], "hpwren-01")]
    quiet = [view([]), view([], "hpwren-02"), view([], "street")]
    grounds = positives + quiet
    even = [np.full(len(part), 1 / len(part)) for part in (positives, quiet, grounds)]
    lines = [np.full(640, SKYLINE_ROW)] * len(grounds)
    plumes = [render(np.random.default_rng(seed)) for seed in range(2)]
    shares = dict(zip(("real", "quiet", "made"), even, strict=True))
    return Stock(positives, quiet, grounds, lines, plumes, shares, [None] * len(quiet))


def test_the_same_seed_draws_the_same_batch_and_the_next_step_another(stock: Stock) -> None:
    plan = Plan(seed=3)
    first, again, other = (batch_of(stock, plan, 0, step) for step in (5, 5, 6))
    assert torch.equal(first["img"], again["img"])
    assert torch.equal(first["bboxes"], again["bboxes"])
    assert first["img"].shape != other["img"].shape or not torch.equal(first["img"], other["img"])


def test_canvases_show_smoke_in_most_and_none_in_some(stock: Stock) -> None:
    counts = [len(draw_canvas(stock, np.random.default_rng(seed), (320, 448)).classes) for seed in range(60)]
    assert 0.45 < np.mean([count > 0 for count in counts]) < 0.85


def test_windows_do_not_cut_smoke_that_stands_clear_of_the_edge(stock: Stock) -> None:
    windows = [show(stock.positives[0].labelled, np.random.default_rng(seed), (320, 448)) for seed in range(30)]
    assert sum(len(window.classes) == 1 and not at_edge(window) for window in windows) >= 28


def test_a_quiet_picture_is_mostly_shown_where_it_alarmed_and_gets_no_box(stock: Stock) -> None:
    picture = np.full((480, 640, 3), 90, np.uint8)
    picture[20:40, 590:620] = 255  # seldom in a window by chance
    quiet = [SmokePicture(Labelled(picture, *empty()), "hpwren-03", tower=True)]
    shares = stock.shares | {"quiet": np.ones(1)}
    shown = {}
    for name, alarm in (("unmined", None), ("mined", np.array([590, 20, 620, 40], np.float32))):
        mined = Stock(stock.positives, quiet, [], [], [], shares, [alarm])
        windows = [quiet_window(mined, np.random.default_rng(seed), (320, 448)) for seed in range(60)]
        assert not any(len(window.classes) for window in windows)
        shown[name] = sum(bool((window.picture > 200).any()) for window in windows)
    assert shown["mined"] > 1.3 * shown["unmined"]


def test_the_rim_of_a_lens_hides_corners_and_the_boxes_in_them() -> None:
    source = Labelled(np.full((480, 640, 3), 200, np.uint8), *empty())
    boxes = np.array([[300, 220, 340, 260], [0, 0, 12, 12]], np.float32)
    seen = rimmed(Labelled(source.picture, boxes, np.zeros(2, np.int64)), np.random.default_rng(0))
    assert seen.boxes_xyxy_px.tolist() == [[300, 220, 340, 260]]
    assert seen.picture[240, 320, 0] > 190
    assert seen.picture[5, 5, 0] < 20


def test_pictures_that_alarm_are_drawn_more_often_by_rank_alone() -> None:
    shares = mined_shares(np.full(5, 0.2), np.array([0.9, 0.01, 0.3, 0.02, 0.2]))
    assert shares.sum() == pytest.approx(1)
    assert shares.argsort().tolist() == [1, 3, 4, 2, 0]
    outlier = mined_shares(np.full(5, 0.2), np.array([0.31, 0.01, 0.3, 0.02, 0.2]))
    assert shares == pytest.approx(outlier)


def test_mining_looks_at_the_network_and_leaves_it_as_it_was(stock: Stock, tmp_path: Path) -> None:
    network = small_network(tmp_path).train()
    norms = [module.eval() for module in network.modules() if isinstance(module, torch.nn.BatchNorm2d)]
    found = alarms(network, [picture.labelled.picture for picture in stock.quiet])
    assert network.model[-1].training
    assert not any(norm.training for norm in norms)
    assert [0 <= alarm.score <= 1 for alarm in found] == [True] * 3
    assert found[0].score == pytest.approx(found[1].score)  # the same view under another name
    draws = Draws(stock, Plan(seed=3), network, mine_every=2)
    mined, later = draws(0, 0), draws(1, 0)
    again = Draws(stock, Plan(seed=3), network, mine_every=2)
    assert torch.equal(mined["img"], again(0, 0)["img"])
    assert torch.equal(later["img"], again(1, 0)["img"])


def test_a_run_that_goes_on_half_way_looks_for_hard_negatives_at_once(
    stock: Stock, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    draws = Draws(stock, Plan(seed=3), small_network(tmp_path), mine_every=4)
    looked = []
    for epoch in (2, 3, 4):
        draws(epoch, 0)
        looked.append("mined" in capsys.readouterr().out)
    assert looked == [True, False, True]


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
    network = small_network(tmp_path).eval()
    with torch.no_grad():
        output = network(torch.rand(1, 3, 96, 128))
    scores = (output[0] if isinstance(output, tuple) else output)[0, 4:]
    assert scores.shape[0] == 2
    assert float(scores.max()) < 0.1
    trained = optimiser_for(network, Plan())
    assert [group.get("lr_share", 1.0) for group in trained.param_groups] == [0.5, 1.0, 4.0]
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
    quiet, smoke = read_sequences(tmp_path, "train", every=1, every_quiet=1)
    assert not quiet.positive
    assert smoke.labelled.boxes_xyxy_px.round(3).tolist() == [[20, 20, 60, 40]]
