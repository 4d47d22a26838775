"""Replays of the plated street: the real decoder, rule, evidence and tape; the reader is the caller's."""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path

from contract.observations import Detection
from contract.plates import PlateSeen, RawRead
from edge import replay
from edge.capture.types import Image
from edge.config import EdgeConfig
from edge.inference.plates import PlateReader
from tests.integration.edge_replay.street import MADE_BY, START, RedBoxes
from tests.integration.edge_replay.test_replay import Done


class RedCars(RedBoxes):
    """Sees each large red box as a car: the red character of a police plate is none."""

    def detect(self, frames_bgr: Sequence[Image], /) -> list[list[Detection]]:
        found = super().detect(frames_bgr)
        return [[one for one in boxes if one.bbox_xyxy_px[2] - one.bbox_xyxy_px[0] > 100] for boxes in found]


class SaysSo:
    """Stands in for the networks at `edge.inference.plates.SeesPlates`: says one text of a plate in the middle of the
    lower part of every vehicle, by two readers. Where weights are here the real ones are tested beside it."""

    def __init__(self, texts: Sequence[str], *, width_share: float = 0.35, colour: str | None = "blue") -> None:
        self.looks = 0
        self._texts = texts
        self._width_share = width_share
        self._colour = colour

    def look(self, frame: Image, /) -> list[PlateSeen]:
        """The next text of the list, the last one again and again."""
        text = self._texts[min(self.looks, len(self._texts) - 1)]
        self.looks += 1
        height, width = frame.shape[:2]
        half = width * self._width_share / 2
        left, right, top, bottom = width / 2 - half, width / 2 + half, height * 0.7, height * 0.7 + half * 0.64
        reads = tuple(
            RawRead(reader=reader, rows=1, margin=0.0, text=text, sure=(0.9,) * len(text)) for reader in ("one", "two")
        )
        return [
            PlateSeen(
                quad_px=((left, top), (right, top), (right, bottom), (left, bottom)),
                corner_score=0.9,
                width_px=round(2 * half, 1),
                tilt_deg=1.0,
                colour=self._colour,  # type: ignore[arg-type]
                dark=0.0,
                bright=0.0,
                sharpness=12.0,
                reads=reads if text else (),
            )
        ]


def replayed_with(reader: PlateReader | None, config: EdgeConfig, source: Path, out: Path) -> Done:
    """The replay of a recording by the drawn detector and this plate reader."""
    recording = replay.Recording(source, "cam-1", replay.parse_start(START))
    replay.replay_recording(
        config, recording, detector=RedCars(), made_by=MADE_BY, out=out, say=lambda _: None, plates=reader
    )
    return Done(out)
