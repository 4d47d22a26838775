"""The stills of a sensor's outlet camera: one a look, the newest kept on disk until acts take them into packages."""

from __future__ import annotations

from pathlib import Path
from typing import Final, NamedTuple

from edge.capture.types import Frame
from edge.evidence.disk import write_durably
from edge.evidence.stills import encode_still

STILLS_KEPT: Final = 48  # eight hours of looks each ten minutes


class OutletStill(NamedTuple):
    """A JPEG on disk: which camera's, UTC nanoseconds of its frame."""

    at_ns: int
    camera: str
    path: Path


class OutletStills:
    """A folder of them; one thread, the judge's. What a package took goes on to lie there when it goes here."""

    def __init__(self, folder: Path, *, quality: int) -> None:
        self._folder = folder
        self._quality = quality

    def keep(self, frame: Frame) -> None:
        """The frame, masks painted, as JPEG; the oldest give way. Raises EvidenceError and OSError."""
        self._folder.mkdir(mode=0o700, parents=True, exist_ok=True)
        write_durably(self._folder / f"{frame.device}-{frame.at_ns}.jpg", encode_still(frame.image_bgr, self._quality))
        for old in self._all()[:-STILLS_KEPT]:
            old.path.unlink()

    def between(self, from_ns: int, to_ns: int) -> list[OutletStill]:
        """Those of a time, oldest first."""
        return [still for still in self._all() if from_ns <= still.at_ns <= to_ns]

    def _all(self) -> list[OutletStill]:
        found = []
        for path in self._folder.glob("*.jpg"):
            camera, _, at_ns = path.stem.rpartition("-")
            found.append(OutletStill(int(at_ns), camera, path))
        return sorted(found)
