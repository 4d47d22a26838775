"""Engines that run a weight on the CPU behind one Protocol, so that a gateway can change its engine by one word.

In: a weight file and a thread count; then input batches (n, 3, h, w). Out: the network's output as a float32 array.
Both engines are held to one test suite; an engine that is not installed is refused by name, with what to install.
"""

from __future__ import annotations

from collections.abc import Mapping
from importlib import import_module
from pathlib import Path
from typing import Protocol, cast

import numpy as np
from numpy.typing import NDArray

from contract.errors import ModelError

Batch = NDArray[np.float32] | NDArray[np.uint8]
DEFAULT_RUNTIME = "onnxruntime"
_ENGINES = {
    "onnxruntime": ("models.runtimes.ort", "onnxruntime"),
    "openvino": ("models.runtimes.vino", "openvino"),
}
RUNTIME_NAMES = tuple(_ENGINES)


class Runtime(Protocol):
    """One loaded weight, ready to run; safe to use from one thread at a time."""

    @property
    def name(self) -> str:
        """The engine's name as written in configuration and reports."""

    @property
    def metadata(self) -> Mapping[str, str]:
        """What the weight file says of itself (licence, classes); empty when it says nothing."""

    def run(self, batch: Batch) -> NDArray[np.float32]:
        """The first output for a batch (n, 3, h, w); h and w may change from call to call. Raises ModelError."""

    def run_all(self, batch: Batch) -> list[NDArray[np.float32]]:
        """Every output in the file's order, for networks that answer with several. Raises ModelError."""


def open_runtime(name: str, weight: Path, *, threads: int) -> Runtime:
    """Load a weight into the named engine with at most `threads` CPU threads; raises ModelError with the reason."""
    if name not in _ENGINES:
        raise ModelError(f"runtime {name!r} is unknown: expected one of {', '.join(RUNTIME_NAMES)}")
    module, package = _ENGINES[name]
    try:
        engine = import_module(module)
    except ImportError as missing:
        raise ModelError(
            f"runtime {name!r} needs the package {package!r}, which is not installed: pip install {package}"
        ) from missing
    return cast(Runtime, engine.load(weight, threads=threads))
