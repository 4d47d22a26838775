"""OpenVINO on the CPU: the second engine, quicker on some gateways.

A weight is compiled anew for each input size, one picture at a time. Compiled once with free sizes, OpenVINO 2026.4.1
answers an INT8 model wrongly (boxes off by 12 px on average, AP50 0.39 instead of 0.77, where the same file with fixed
sizes agrees with ONNX Runtime); and a batch gains nothing on a CPU.
"""

from __future__ import annotations

from collections import OrderedDict
from collections.abc import Mapping
from pathlib import Path
from typing import Any

import numpy as np
import openvino
from numpy.typing import NDArray

from contract.errors import ModelError
from models.runtimes import Batch

MAX_SIZES = 8  # compiled sizes kept at a time, about 20 MB each; a gateway has one or two frame shapes


class VinoRuntime:
    """A weight in OpenVINO, compiled per input size on first use (about a second)."""

    name = "openvino"

    def __init__(self, model: Any, settings: Mapping[str, Any]) -> None:
        self._core = openvino.Core()
        self._model = model
        self._settings = dict(settings)
        self._requests: OrderedDict[tuple[int, ...], Any] = OrderedDict()
        self.metadata: Mapping[str, str] = _metadata(model)

    def run(self, batch: Batch) -> NDArray[np.float32]:
        """The first output for a batch (n, 3, h, w); raises ModelError when the network does not take that shape."""
        return self.run_all(batch)[0]

    def run_all(self, batch: Batch) -> list[NDArray[np.float32]]:
        """Every output in the file's order; raises ModelError when the network does not take that shape."""
        try:
            request = self._request(batch.shape[1:])
            answers = [[np.array(one, np.float32) for one in self._infer(request, picture)] for picture in batch]
        except Exception as refused:  # the binding raises RuntimeError and bare Exception alike
            raise ModelError(f"openvino refused a batch {batch.shape} {batch.dtype}: {refused}") from refused
        return [np.concatenate(output) for output in zip(*answers, strict=True)]

    def _infer(self, request: Any, picture: NDArray[Any]) -> list[NDArray[Any]]:
        answer = request.infer([picture[None]])
        return [answer[index] for index in range(len(self._model.outputs))]

    def _request(self, shape: tuple[int, ...]) -> Any:
        if shape not in self._requests:
            fixed = self._model.clone()
            fixed.reshape([1, *shape])
            compiled = self._core.compile_model(fixed, "CPU", self._settings)
            self._requests[shape] = compiled.create_infer_request()
            if len(self._requests) > MAX_SIZES:
                self._requests.popitem(last=False)
        self._requests.move_to_end(shape)
        return self._requests[shape]


def load(weight: Path, *, threads: int) -> VinoRuntime:
    """An ONNX weight for `threads` CPU threads; raises ModelError when it is no model."""
    # float32 for what is not INT8: with the bfloat16 that newer CPUs choose by themselves, boxes move by pixels.
    settings = {
        "INFERENCE_NUM_THREADS": threads,
        "PERFORMANCE_HINT": "LATENCY",
        "NUM_STREAMS": 1,
        "INFERENCE_PRECISION_HINT": "f32",
    }
    try:
        return VinoRuntime(openvino.Core().read_model(str(weight)), settings)
    except Exception as refused:
        raise ModelError(f"{weight}: openvino cannot load it: {refused}") from refused


def _metadata(model: Any) -> Mapping[str, str]:
    """The ONNX metadata, which OpenVINO files under `framework` when there is any."""
    if not model.has_rt_info(["framework"]):
        return {}
    framework = model.get_rt_info(["framework"])
    entries = framework.value if hasattr(framework, "value") else framework
    return {str(key): str(getattr(value, "value", value)) for key, value in entries.items()}
