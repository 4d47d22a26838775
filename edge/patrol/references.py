"""The reference pictures of a tower's presets, on disk: what the head must show again after any restart."""

from __future__ import annotations

import hashlib
import logging
from pathlib import Path

import cv2
import msgspec
import numpy as np

from edge.capture.types import Image
from edge.evidence.disk import write_durably
from edge.patrol.plan import Pose
from edge.patrol.register import REFERENCES_MOST, Reference

_log = logging.getLogger(__name__)


class References:
    """Up to `REFERENCES_MOST` for a preset; the first one stays, of the others the oldest goes."""

    def __init__(self, folder: Path) -> None:
        """`folder` is the camera's own."""
        self._folder = folder
        self._known: dict[str, list[Reference]] = {}

    def of(self, preset: str) -> list[Reference]:
        """Those of a preset; a file that cannot be read is left out, and said."""
        if preset not in self._known:
            files = sorted(self._place(preset).glob("*.png"))
            self._known[preset] = [one for file in files if (one := _read(file)) is not None]
        return self._known[preset]

    def learn(self, preset: str, reference: Reference) -> None:
        """One more."""
        known = self.of(preset)
        place = self._place(preset)
        place.mkdir(parents=True, exist_ok=True)
        files = sorted(place.glob("*.png"))
        number = int(files[-1].stem) + 1 if files else 0
        if len(known) >= REFERENCES_MOST:
            known.pop(1)
            for file in (files[1], files[1].with_suffix(".json")):
                file.unlink(missing_ok=True)
        png = np.asarray(cv2.imencode(".png", reference.grey)[1]).tobytes()
        write_durably(place / f"{number:06d}.json", msgspec.json.encode(reference.pose))
        write_durably(place / f"{number:06d}.png", png)
        known.append(reference)

    def _place(self, preset: str) -> Path:
        """A preset's name may hold anything: its hash names the folder."""
        return self._folder / hashlib.sha256(preset.encode()).hexdigest()[:16]


def _read(file: Path) -> Reference | None:
    try:
        pose = msgspec.json.decode(file.with_suffix(".json").read_bytes(), type=Pose | None)
        image = cv2.imdecode(np.frombuffer(file.read_bytes(), np.uint8), cv2.IMREAD_GRAYSCALE)
    except (OSError, msgspec.MsgspecError, cv2.error) as error:
        _log.warning("patrol: reference %s cannot be read: %s", file, error)
        return None
    if image is None:
        _log.warning("patrol: reference %s is no picture", file)
        return None
    grey: Image = np.asarray(image, np.uint8)
    return Reference(grey, pose)
