"""GStreamer and the inference engines in one process."""

from __future__ import annotations

import subprocess
import sys
from pathlib import Path

from tests.integration.capture.watching import needs_gstreamer

SOURCE = """
import sys
from pathlib import Path
from tantou import native
native.keep_exceptions_whole()
import numpy
from edge.capture import gst_library
from models.runtimes import open_runtime
from contract.errors import ModelError
gst_library.load()
for engine in ("onnxruntime", "openvino"):
    try:
        open_runtime(engine, Path(sys.argv[1]), threads=1)
    except ModelError:
        print(engine, "refused", flush=True)
"""


@needs_gstreamer
def test_a_weight_that_is_none_is_refused_and_no_crash_with_gstreamer_loaded(tmp_path: Path) -> None:
    weight = tmp_path / "weight.onnx"
    weight.write_bytes(b"no model")
    done = subprocess.run([sys.executable, "-c", SOURCE, str(weight)], capture_output=True, text=True, check=False)
    assert done.returncode == 0, done.stderr
    assert done.stdout.split() == ["onnxruntime", "refused", "openvino", "refused"]
