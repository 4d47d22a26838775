"""A picture of a scene that failed: what stood where and when, what was told, and the clip at moments that matter."""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path

import av
import cv2
import numpy as np
from numpy.typing import NDArray

from contract.observations import Observation, Seen
from contract.times import NS
from tests.bench.compose.judging import Scene, Told
from tests.bench.compose.scoring import Score, place_of
from tests.bench.compose.truth import Standing
from tests.bench.compose.writing import CLIP

Image = NDArray[np.uint8]

WIDTH_PX, ROW_PX, MARGIN_PX, TILE_PX = 1440, 16, 260, (480, 270)
TRUE, TOLD, SEEN, BLIND, FALSE = (90, 200, 90), (230, 160, 60), (120, 120, 120), (60, 60, 200), (60, 60, 240)


def draw_failure(scene: Scene, scored: Score, told: Sequence[Told], seen: Sequence[Seen], path: Path) -> None:
    """Timeline above, six pictures of the clip below: true boxes green, detections grey, told places orange."""
    path.parent.mkdir(parents=True, exist_ok=True)
    cv2.imwrite(str(path), np.vstack([_timeline(scored, told), _tiles(scene, scored, told, seen)]))


def _timeline(scored: Score, told: Sequence[Told]) -> Image:
    truth = scored.truth
    rows: list[Standing | Told] = [*truth.standings, *told]
    image = np.full((ROW_PX * (len(rows) + 2), WIDTH_PX, 3), 255, np.uint8)
    per_s = (WIDTH_PX - MARGIN_PX - 10) / truth.seconds
    cv2.putText(
        image, f"{truth.name}, {truth.seconds:.0f} s, grace {truth.grace_s:.0f} s", (4, 12), 0, 0.42, (0, 0, 0), 1
    )
    for number, row in enumerate(rows, start=1):
        top = ROW_PX * number
        if isinstance(row, Told):
            label = f"told {row.event.phase} {row.from_s:.1f}-{row.last_s:.1f} at {row.first_told_s:.0f}"
            _bar(
                image,
                top,
                row.from_s,
                truth.seconds if row.is_open else row.last_s,
                per_s,
                FALSE if row in scored.false else TOLD,
            )
        else:
            label = f"{row.vehicle} {row.from_s:.1f}-{row.to_s:.1f} {'EXPECTED' if row.expected else row.because}"
            _bar(image, top, row.from_s, row.to_s, per_s, TRUE if row.expected else SEEN)
            for a, b in row.unwatched:
                _bar(image, top, a, b, per_s, BLIND)
        cv2.putText(image, label[:44], (4, top + 12), 0, 0.36, (0, 0, 0), 1)
    return image


def _bar(image: Image, top: int, from_s: float, to_s: float, per_s: float, colour: tuple[int, int, int]) -> None:
    left, right = (MARGIN_PX + round(at_s * per_s) for at_s in (from_s, to_s))
    cv2.rectangle(image, (left, top + 2), (right, top + ROW_PX - 3), colour, -1)


def _moments(scored: Score) -> list[int]:
    """Whole seconds worth seeing: begin, middle and end of each failure, six at most."""
    spans = [(s.from_s, s.to_s) for s in scored.missed] + [(t.from_s, t.last_s) for t in scored.false]
    spans += [(p.standing.from_s, p.standing.to_s) for p in scored.pairs if abs(p.dwell_error_s) > 2]
    wanted = [round(a + (b - a) * share) for a, b in spans[:2] for share in (0.02, 0.5, 0.98)]
    return sorted(set(wanted))[:6]


def _tiles(scene: Scene, scored: Score, told: Sequence[Told], seen: Sequence[Seen]) -> Image:
    wanted = _moments(scored)
    looks = {record.at_ns: record for record in seen if isinstance(record, Observation)}
    tiles = [np.zeros((TILE_PX[1], TILE_PX[0], 3), np.uint8) for _ in range(6)]
    with av.open(str(scene.folder / CLIP)) as container:
        stream = container.streams.video[0]
        stream.codec_context.skip_frame = "NONKEY"
        for frame in container.decode(stream):
            at_s = float(frame.pts * frame.time_base) if frame.pts is not None and frame.time_base else -1.0
            if at_s in wanted:
                look = looks.get(scene.start_ns + round(at_s * NS))
                image = np.asarray(frame.to_ndarray(format="bgr24"), np.uint8).copy()
                tiles[wanted.index(round(at_s))] = _tile(image, at_s, scored, told, look)
    return np.vstack([np.hstack(tiles[:3]), np.hstack(tiles[3:])])


def _tile(image: Image, at_s: float, scored: Score, told: Sequence[Told], look: Observation | None) -> Image:
    for detection in look.detections if look is not None else ():
        _box(image, detection.bbox_xyxy_px, (200, 200, 200), f"{detection.label} {detection.score:.2f}")
    for vehicle in scored.truth.vehicles:
        for box in vehicle.boxes:
            if box.at_s == at_s and vehicle.stands:
                _box(image, (box.left, box.top, box.right, box.bottom), TRUE, f"{box.visible:.2f}")
    for act in told:
        if act.from_s <= at_s <= act.last_s:
            _box(image, place_of(act), TOLD, "")
    cv2.putText(image, f"{at_s:.0f} s", (8, 700), 0, 1.4, (0, 255, 255), 3)
    return np.asarray(cv2.resize(image, TILE_PX, interpolation=cv2.INTER_AREA), np.uint8)


def _box(image: Image, box: tuple[float, float, float, float], colour: tuple[int, int, int], text: str) -> None:
    x1, y1, x2, y2 = (round(edge) for edge in box)
    cv2.rectangle(image, (x1, y1), (x2, y2), colour, 2)
    cv2.putText(image, text, (x1, max(14, y1 - 4)), 0, 0.6, colour, 2)
