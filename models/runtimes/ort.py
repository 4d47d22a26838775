"""ONNX Runtime on the CPU: the default engine."""

from __future__ import annotations

from collections.abc import Mapping
from pathlib import Path

import numpy as np
import onnxruntime
from numpy.typing import NDArray

from contract.errors import ModelError
from models.runtimes import Batch


class OrtRuntime:
    """A weight in an ONNX Runtime session."""

    name = "onnxruntime"

    def __init__(self, session: onnxruntime.InferenceSession) -> None:
        self._session = session
        self._input = session.get_inputs()[0].name
        self._output = session.get_outputs()[0].name
        self.metadata: Mapping[str, str] = dict(session.get_modelmeta().custom_metadata_map)

    def run(self, batch: Batch) -> NDArray[np.float32]:
        """The first output for a batch (n, 3, h, w); raises ModelError when the network does not take that shape."""
        return self._run([self._output], batch)[0]

    def run_all(self, batch: Batch) -> list[NDArray[np.float32]]:
        """Every output in the file's order; raises ModelError when the network does not take that shape."""
        return self._run(None, batch)

    def _run(self, outputs: list[str] | None, batch: Batch) -> list[NDArray[np.float32]]:
        try:
            return [np.asarray(answer, np.float32) for answer in self._session.run(outputs, {self._input: batch})]
        except Exception as refused:  # the binding raises its own types, several of them plain Exception
            raise ModelError(f"onnxruntime refused a batch {batch.shape} {batch.dtype}: {refused}") from refused


def load(weight: Path, *, threads: int) -> OrtRuntime:
    """An ONNX weight in a session of `threads` threads; raises ModelError when it is no model."""
    options = onnxruntime.SessionOptions()
    options.intra_op_num_threads = threads
    options.inter_op_num_threads = 1
    options.log_severity_level = 3
    # Spinning threads take a whole core while they wait; a gateway's cores belong to its cameras.
    options.add_session_config_entry("session.intra_op.allow_spinning", "0")
    try:
        return OrtRuntime(onnxruntime.InferenceSession(str(weight), options, providers=["CPUExecutionProvider"]))
    except Exception as refused:
        raise ModelError(f"{weight}: onnxruntime cannot load it: {refused}") from refused
