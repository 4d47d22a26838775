"""The committed INT8 weight answers as the committed state dict does in float, on drawn pictures with cars in them."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import pytest

from models.average_precision import Scene, average_precision, rank
from models.boxes import ious
from models.detector import Detector
from models.registry import Registry, load
from models.runtimes import open_runtime
from tests.unit.models.drawn_cars import drawn_motorway
from tests.unit.models.float_twin import write_float_twin
from tests.unit.models.weights import OWN_WEIGHT

DRAWN = [drawn_motorway(seed) for seed in range(6)]


@pytest.fixture(scope="module")
def float_file(tmp_path_factory: pytest.TempPathFactory) -> Path:
    path = tmp_path_factory.mktemp("twin") / "float.onnx"
    write_float_twin(OWN_WEIGHT, OWN_WEIGHT.with_name("vehicle-n.fp16.safetensors"), path)
    return path


def scenes(detector: Detector) -> list[Scene]:
    """Drawn truth and what was found of it, as one class."""
    made = []
    for frame, boxes in DRAWN:
        found = detector.detect([frame])[0]
        made.append(
            Scene(
                np.array(boxes, np.float32),
                np.zeros(len(boxes), bool),
                np.array([one.bbox_xyxy_px for one in found], np.float32).reshape(-1, 4),
                np.array([one.score for one in found], np.float32),
                np.zeros(len(found), bool),
            )
        )
    return made


@pytest.mark.parametrize("size_px", [640, 416])
def test_int8_finds_the_cars_that_float_finds(float_file: Path, size_px: int) -> None:
    registry = Registry()
    listed = registry.find("vehicle-n")
    in_float = scenes(Detector(listed.card, open_runtime("onnxruntime", float_file, threads=1), size_px=size_px))
    in_int8 = scenes(Detector(listed.card, load(registry, listed), size_px=size_px))
    shifts, lost = [], 0
    for exact, coarse in zip(in_float, in_int8, strict=True):
        sure = exact.scores >= 0.6
        overlap = ious(exact.found_xyxy[sure], coarse.found_xyxy)
        lost += int((overlap.max(axis=1, initial=0) < 0.85).sum())
        shifts += [abs(a - b) for a, b in zip(exact.scores[sure], coarse.scores[overlap.argmax(axis=1)], strict=True)]
    assert len(shifts) >= 12, "too few drawn cars are found for this to say anything"
    assert lost == 0
    assert np.mean(shifts) < 0.06
    ap_float, ap_int8 = (average_precision(rank(one, 0.5)) or 0 for one in (in_float, in_int8))
    assert ap_float > 0.5
    assert ap_int8 > ap_float - 0.05
