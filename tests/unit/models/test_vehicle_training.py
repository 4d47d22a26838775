"""What the vehicle network is taught, and how a run goes on; runs where the training environment is."""

from __future__ import annotations

import json
import struct
from dataclasses import replace
from pathlib import Path
from typing import Any

import cv2
import numpy as np
import pytest

torch = pytest.importorskip("torch", reason="needs the training environment (docs/guides/train.en.md)")
tasks = pytest.importorskip("ultralytics.nn.tasks", reason="needs the training environment (docs/guides/train.en.md)")

from contract.errors import ModelError  # noqa: E402
from models.training.augment import Labelled, compose  # noqa: E402
from models.training.blend import blend  # noqa: E402
from models.training.frames import cut  # noqa: E402
from models.training.loss import SureLoss  # noqa: E402
from models.training.mlpackage import BLOB_HEADER, BLOB_MARK, read_constants  # noqa: E402
from models.training.network import LOSS_GAINS, keep_own_classes, save_network  # noqa: E402
from models.training.samples import Sample, mend, read_samples  # noqa: E402
from models.training.train import Plan, collate, train  # noqa: E402
from models.training.weather import spoil  # noqa: E402
from tests.unit.models.drawn_cars import drawn_motorway  # noqa: E402

CAR, PERSON = 2, 0
SIZE_HW = (64, 96)


def network(seed: int = 0) -> Any:
    """An untrained network of 80 classes."""
    torch.manual_seed(seed)
    made = tasks.DetectionModel("yolo11n.yaml", nc=80, verbose=False)
    made.args = LOSS_GAINS
    return made


def canvas(sure: list[float] | None, boxes: int = 2) -> Labelled:
    """A grey canvas with boxes side by side, so sure each."""
    array = np.array([[10 + 40 * n, 20, 40 + 40 * n, 50] for n in range(boxes)], np.float32).reshape(-1, 4)
    doubt = None if sure is None else np.array(sure, np.float32)
    return Labelled(np.full((*SIZE_HW, 3), 120, np.uint8), array, np.full(boxes, CAR, np.int64), doubt)


def losses(canvases: list[Labelled], own: bool = True) -> Any:
    """Box, class and DFL loss of one batch, by the loss with a say for doubt or by ultralytics' own."""
    net = network().train()
    batch = collate(canvases, SIZE_HW)
    with torch.no_grad():
        criterion = SureLoss(net) if own else net.init_criterion()
        return criterion(net(batch["img"]), batch)[0]


def test_sure_boxes_give_ultralytics_own_loss() -> None:
    canvases = [canvas(None), canvas(None, boxes=1), canvas(None, boxes=0)]
    assert torch.equal(losses(canvases), losses(canvases, own=False))


def test_a_batch_without_any_box_has_a_class_loss_only() -> None:
    box, classes, dfl = losses([canvas(None, boxes=0)]).tolist()
    assert (box, dfl) == (0, 0)
    assert classes > 0


def best_targets(canvases: list[Labelled], boxes: int) -> list[float]:
    """The highest score that any anchor of each box is taught."""
    net = network().train()
    criterion, batch = SureLoss(net), collate(canvases, SIZE_HW)
    told: list[Any] = []
    forward = criterion.assigner.forward

    def listened(*targets: Any, sure: Any) -> Any:
        told.append(forward(*targets, sure=sure))
        return told[-1]

    criterion.assigner.forward = listened
    with torch.no_grad():
        criterion(net(batch["img"]), batch)
    _, _, scores, assigned, index = told[0]
    return [float(scores[0, assigned[0] & (index[0] == box), CAR].max()) for box in range(boxes)]


def test_a_doubtful_box_is_taught_a_lower_score() -> None:
    full, doubted = best_targets([canvas(None)], 2), best_targets([canvas([1.0, 0.25])], 2)
    assert min(full) > 0
    assert doubted == pytest.approx([full[0], full[1] / 4])


def taught_file(folder: Path, boxes: list[list[float]]) -> Path:
    """What a teacher said of picture `a.png`."""
    file = folder / "teacher.jsonl"
    file.write_text(json.dumps({"file": "a.png", "boxes": boxes}) + "\n")
    return file


def test_a_teachers_box_counts_by_its_score_and_one_that_is_labelled_is_not_drawn_twice(tmp_path: Path) -> None:
    labelled = Sample(Path("a.png"), "gate", True, np.array([[0, 0, 40, 20]], np.float32), np.array([CAR]))
    teacher = taught_file(
        tmp_path,
        [
            [1, 0, 41, 20, 0.9, 7],  # the labelled one, and a truck
            [100, 0, 140, 20, 0.8, CAR],
            [200, 0, 240, 20, 0.3, CAR],
            [300, 0, 340, 20, 0.1, CAR],  # more often wrong than right
            [0, 0, 10, 20, 0.6, PERSON],  # another kind of thing in the same place
        ],
    )
    (mended,) = mend([labelled], teacher)
    assert mended.classes.tolist() == [7, CAR, CAR, PERSON]
    assert mended.sure is not None
    assert mended.sure.tolist() == pytest.approx([1, 1, 0.5, 1])


def test_doubt_goes_with_its_box_through_a_mosaic(tmp_path: Path) -> None:
    cv2.imwrite(str(tmp_path / "a.png"), drawn_motorway(1)[0])
    boxes = np.array([[50 * n, 40, 50 * n + 40, 80] for n in range(5)], np.float32)
    sample = Sample(
        tmp_path / "a.png", "gate", False, boxes, np.arange(5), np.arange(1, 6, dtype=np.float32) / np.float32(5)
    )
    made = compose([sample], np.zeros(4, np.int64), np.random.default_rng(3), (192, 320))
    assert len(made.classes) > 4
    assert made.sureness.tolist() == pytest.approx(((made.classes + 1) / 5).tolist())


def test_bad_weather_leaves_boxes_alone_and_is_the_same_for_a_seed() -> None:
    fine = replace(canvas([1.0, 0.5]), picture=np.asarray(cv2.resize(drawn_motorway(2)[0], SIZE_HW[::-1]), np.uint8))
    spoilt = [spoil(fine, np.random.default_rng(seed)) for seed in range(40)]
    again = [spoil(fine, np.random.default_rng(seed)) for seed in range(40)]
    assert all(np.array_equal(a.picture, b.picture) for a, b in zip(spoilt, again, strict=True))
    changed = sum(not np.array_equal(one.picture, fine.picture) for one in spoilt)
    assert 4 <= changed <= 20
    assert all(np.array_equal(one.boxes_xyxy_px, fine.boxes_xyxy_px) for one in spoilt)


class PowerCutError(Exception):
    """Ends a run in the middle."""


def test_a_run_that_was_broken_off_ends_with_the_weights_of_one_that_was_not(tmp_path: Path) -> None:
    plan = Plan(epochs=2, steps_per_epoch=2, seed=5)
    batches = {(e, s): collate([canvas([1.0, 0.1 + 0.2 * (e + s)])], SIZE_HW) for e in (0, 1) for s in (0, 1)}

    def breaking(epoch: int, step: int) -> dict[str, Any]:
        if epoch == 1:
            raise PowerCutError
        return batches[epoch, step]

    train(network(1), lambda epoch, step: batches[epoch, step], plan, tmp_path / "whole")
    with pytest.raises(PowerCutError):
        train(network(1), breaking, plan, tmp_path / "broken")
    assert (tmp_path / "broken" / "state.pt").exists()
    train(network(1), lambda epoch, step: batches[epoch, step], plan, tmp_path / "broken")
    whole, broken = (_tensors(tmp_path / run / "epoch-02.safetensors") for run in ("whole", "broken"))
    assert all(torch.allclose(whole[name].float(), broken[name].float(), atol=2e-3) for name in whole)
    assert not (tmp_path / "broken" / "state.pt").exists()


def _tensors(file: Path) -> dict[str, Any]:
    from safetensors.torch import load_file

    return dict(load_file(file))


def test_a_state_of_another_plan_is_refused(tmp_path: Path) -> None:
    def breaking(epoch: int, step: int) -> dict[str, Any]:
        if epoch == 1:
            raise PowerCutError
        return collate([canvas(None)], SIZE_HW)

    with pytest.raises(PowerCutError):
        train(network(), breaking, Plan(epochs=2, steps_per_epoch=1), tmp_path)
    with pytest.raises(ValueError, match="of another plan"):
        train(network(), breaking, Plan(epochs=2, steps_per_epoch=1, lr=1.0), tmp_path)


def test_a_film_becomes_pictures_a_step_apart_that_training_can_read(tmp_path: Path) -> None:
    film = cv2.VideoWriter(str(tmp_path / "gate_day.avi"), cv2.VideoWriter.fourcc(*"MJPG"), 10, (160, 96))
    for level in range(35):
        film.write(np.full((96, 160, 3), 5 * level, np.uint8))
    film.release()
    cut({tmp_path / "gate_day.avi": "gate"}, tmp_path / "frames", step_s=1.0)
    samples = read_samples(tmp_path / "frames", "train")
    assert [sample.file.name for sample in samples] == [f"gate_day_{n:03d}.jpg" for n in range(4)]
    assert {sample.camera for sample in samples} == {"gate"}
    levels = [float(np.mean(np.asarray(cv2.imread(str(sample.file))))) for sample in samples]
    assert levels == pytest.approx([0, 50, 100, 150], abs=4)
    assert all(len(sample.classes) == 0 for sample in samples)


def test_what_is_no_film_is_named(tmp_path: Path) -> None:
    (tmp_path / "a.mp4").write_bytes(b"no film")
    with pytest.raises(ModelError, match=r"a\.mp4: not a film"):
        cut({tmp_path / "a.mp4": "a"}, tmp_path / "frames")


def test_a_blend_lies_between_the_two_networks_by_its_share(tmp_path: Path) -> None:
    for name, seed in (("base", 1), ("trained", 2)):
        save_network(network(seed), tmp_path / f"{name}.safetensors", {})
    blend(tmp_path / "trained.safetensors", tmp_path / "base.safetensors", tmp_path / "out.safetensors", share=0.75)
    base, trained, mixed = (_tensors(tmp_path / f"{name}.safetensors") for name in ("base", "trained", "out"))
    kernel = "model.0.conv.weight"
    wanted = 0.75 * trained[kernel].float() + 0.25 * base[kernel].float()
    assert torch.allclose(mixed[kernel].float(), wanted, atol=1e-3)
    assert not torch.allclose(base[kernel], trained[kernel], atol=1e-2)


def test_a_blend_with_a_network_of_another_head_is_refused(tmp_path: Path) -> None:
    save_network(network(), tmp_path / "trained.safetensors", {})
    save_network(keep_own_classes(network()), tmp_path / "base.safetensors", {})
    with pytest.raises(ValueError, match=r"base\.safetensors: model\.23\.cv3.* is not as in"):
        blend(tmp_path / "trained.safetensors", tmp_path / "base.safetensors", tmp_path / "out.safetensors")
    assert not (tmp_path / "out.safetensors").exists()


def package(folder: Path, mark: int = BLOB_MARK) -> Path:
    """A CoreML package with one constant of two half-precision numbers."""
    spec = pytest.importorskip("coremltools.proto.Model_pb2", reason="needs coremltools")
    model = spec.Model()
    block = model.mlProgram.functions["main"].block_specializations["CoreML6"]
    constant = block.operations.add(type="const")
    output = constant.outputs.add(name="model_0_bias_to_fp16")
    output.type.tensorType.dimensions.add().constant.size = 2
    constant.attributes["val"].blobFileValue.offset = 64
    block.operations.add(type="conv")
    home = folder / "a.mlpackage" / "Data" / "com.apple.CoreML"
    (home / "weights").mkdir(parents=True)
    (home / "model.mlmodel").write_bytes(model.SerializeToString())
    blob = BLOB_HEADER.pack(mark, 1, 4, 128).ljust(64, b"\0") + struct.pack("<2e", 0.5, -2)
    (home / "weights" / "weight.bin").write_bytes(bytes(64) + blob)
    return folder / "a.mlpackage"


def test_constants_of_a_package_are_read_by_name(tmp_path: Path) -> None:
    constants = read_constants(package(tmp_path))
    assert {name: array.tolist() for name, array in constants.items()} == {"model_0_bias_to_fp16": [0.5, -2]}


def test_a_damaged_package_is_refused(tmp_path: Path) -> None:
    with pytest.raises(ValueError, match="is the file whole"):
        read_constants(package(tmp_path, mark=7))
