"""GStreamer through PyGObject, imported only when a camera asks for it: both come with the system, not with pip."""

from __future__ import annotations

import threading
import warnings
from typing import Any

from contract.errors import CaptureError

HOW_TO_GET_IT = (
    "GStreamer is not usable here; bring it with: apt-get install python3-gi gir1.2-gstreamer-1.0"
    " gir1.2-gst-plugins-base-1.0 gstreamer1.0-plugins-base gstreamer1.0-plugins-good gstreamer1.0-plugins-bad"
    " gstreamer1.0-libav && make setup"
)
_IMPORTING = threading.Lock()
_NEEDED = ("rtspsrc", "rtph264depay", "rtph265depay", "h264parse", "h265parse", "avdec_h264", "avdec_h265", "appsink")


def load() -> Any:
    """The Gst module, initialised; raises CaptureError with the one sentence that says how to get it."""
    try:
        gst = _import()
    except (ImportError, ValueError):
        raise CaptureError("codec_unsupported", HOW_TO_GET_IT) from None
    gst.init(None)
    missing = [name for name in _NEEDED if gst.ElementFactory.find(name) is None]
    if missing:
        raise CaptureError("codec_unsupported", f"GStreamer lacks {', '.join(missing)}. {HOW_TO_GET_IT}")
    return gst


def _import() -> Any:
    # Feeds start at the same time; the filter below is one for all threads.
    with _IMPORTING, warnings.catch_warnings():
        # PyGObject 3.42 still brings an importer of the old kind.
        warnings.simplefilter("ignore", ImportWarning)
        import gi

        gi.require_version("Gst", "1.0")
        gi.require_version("GstApp", "1.0")
        from gi.repository import Gst, GstApp
    assert GstApp is not None  # noqa: S101 - its import gives appsink and appsrc their methods
    return Gst


def why_missing() -> str | None:
    """None where GStreamer works, else the sentence that says what is missing and how to get it."""
    try:
        load()
    except CaptureError as error:
        return error.detail
    return None
