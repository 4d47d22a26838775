"""The networks that look at streets, opened and named for the record; those of towers are in `edge.towers`."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

from contract.observations import Detection
from edge.capture.types import Image
from edge.config import EdgeConfig, InferenceConfig, PlatesConfig
from edge.inference.look import Detects
from edge.inference.plates import PlateReader, open_reader
from models.detector import open_detector


@dataclass(frozen=True, slots=True)
class Model:
    """What looks, and how the record names it."""

    detector: Detects
    name: str
    sha256: str


class _Blind:
    """What looks where there is no camera: nothing comes to it."""

    def detect(self, frames_bgr: Sequence[Image]) -> list[list[Detection]]:
        """No frame, no finding."""
        return [[] for _ in frames_bgr]


NO_MODEL = Model(_Blind(), "none", "")


def open_model(config: InferenceConfig) -> Model:
    """The configured card's detector, verified and tried; raises ModelError or ConfigError."""
    detector = open_detector(
        config.model,
        size_px=config.input_px,
        runtime=config.runtime,
        threads=config.threads,
        threshold=config.min_score,
    )
    return Model(detector, f"{detector.card.name} {detector.card.version}", detector.card.sha256)


def open_plates(config: EdgeConfig) -> PlateReader:
    """The configured chain of plate networks, or a reader that says why there is none."""
    return open_reader(config.plates or PlatesConfig(), still_quality=config.evidence.stills_quality)
