"""Native libraries that must be loaded in the right order, before any room loads its own."""

from __future__ import annotations

import ctypes
import os
from contextlib import suppress


def keep_exceptions_whole() -> None:
    """C++ exceptions go on working in this process after GStreamer has been loaded.

    GStreamer brings libunwind, whose symbols take the place of those of libgcc in everything that binds later: the next
    exception inside ONNX Runtime or OpenVINO then aborts the process. libgcc, made global first, comes before it. Seen
    with GStreamer 1.22 of Debian 12, numpy 2.4.6, onnxruntime 1.31.1. Nothing happens where there is no such library.
    """
    with suppress(OSError, AttributeError):
        ctypes.CDLL("libgcc_s.so.1", mode=os.RTLD_NOW | os.RTLD_GLOBAL)
