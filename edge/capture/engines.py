"""Which engine opens a camera's address."""

from __future__ import annotations

from collections.abc import Callable
from threading import Event

from edge.capture.pyav_engine import PyAvEngine
from edge.capture.snapshot_engine import SnapshotEngine
from edge.capture.types import Engine
from edge.config import CameraConfig


def engine_for(camera: CameraConfig, now_ns: Callable[[], int], stop: Event) -> Engine:
    """Snapshots for http(s) addresses, else the configured engine; raises CaptureError when GStreamer is not here."""
    if camera.url.startswith(("http://", "https://")):
        return SnapshotEngine(now_ns, stop)
    if camera.engine == "gstreamer":
        # Only here: PyGObject and GStreamer come with the system, not with pip.
        from edge.capture.gst_engine import GstEngine

        return GstEngine(now_ns)
    return PyAvEngine(now_ns)
