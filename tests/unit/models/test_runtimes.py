"""Both engines are one to their users: the same suite, and the same answer to the same picture."""

from __future__ import annotations

import numpy as np
import pytest

from contract.errors import ModelError
from models.bench import drawn_street
from models.detector import open_detector
from models.letterbox import letterbox
from models.registry import OWN_CARDS
from models.runtimes import RUNTIME_NAMES, Batch, Runtime, open_runtime

WEIGHT = OWN_CARDS.parent / "weights" / "vehicle-n.int8.onnx"


@pytest.fixture(scope="module", params=RUNTIME_NAMES)
def runtime(request: pytest.FixtureRequest) -> Runtime:
    return open_runtime(request.param, WEIGHT, threads=1)


def street(size_px: int, count: int = 1) -> Batch:
    frames = [drawn_street(640, 360, seed=seed) for seed in range(count)]
    return letterbox(frames, size_px=size_px, pad_bgr=(114, 114, 114), divide_by=255.0).batch


@pytest.mark.parametrize(("size_px", "anchors"), [(320, 1260), (416, 2184), (640, 5040)])
def test_one_loaded_weight_takes_every_size(runtime: Runtime, size_px: int, anchors: int) -> None:
    assert runtime.run(street(size_px)).shape == (1, 10, anchors)


def test_a_batch_answers_as_its_pictures_do_alone(runtime: Runtime) -> None:
    batch = street(320, count=3)
    together = runtime.run(batch)
    alone = np.concatenate([runtime.run(batch[index : index + 1]) for index in range(3)])
    np.testing.assert_allclose(together, alone, atol=1e-3)


def test_the_same_picture_gives_the_same_numbers_twice(runtime: Runtime) -> None:
    np.testing.assert_array_equal(runtime.run(street(320)), runtime.run(street(320)))


def test_the_weight_states_its_licence(runtime: Runtime) -> None:
    assert runtime.metadata["licence"] == "AGPL-3.0-or-later"


@pytest.mark.parametrize("shape", [(1, 3, 100, 100), (1, 1, 320, 320), (3, 320, 320)])
def test_a_shape_that_the_network_does_not_take_is_refused(runtime: Runtime, shape: tuple[int, ...]) -> None:
    with pytest.raises(ModelError, match="refused a batch"):
        runtime.run(np.zeros(shape, np.float32))


def test_both_engines_agree_on_a_drawn_street() -> None:
    """INT8 rounds differently in each engine, so scores agree on average and not to the digit."""
    batch = street(416)
    first, second = (open_runtime(name, WEIGHT, threads=1).run(batch) for name in RUNTIME_NAMES)
    assert np.abs(first[:, 4:] - second[:, 4:]).mean() < 0.005
    assert np.abs(first[:, :4] - second[:, :4]).mean() < 8
    assert np.corrcoef(first[:, :4].ravel(), second[:, :4].ravel())[0, 1] > 0.99


def test_a_detector_says_which_engine_it_runs_on() -> None:
    assert [open_detector("vehicle-n", runtime=name, size_px=320).runtime for name in RUNTIME_NAMES] == list(
        RUNTIME_NAMES
    )
