"""The numbers of the looks that a fire's pictures show: how each lies on the reference, and what was measured there."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from pathlib import Path

import msgspec
from msgspec import Struct

from contract.events import EvidenceRole
from contract.geometry import BboxPx, PolygonPx
from contract.observations import Observation, PlumeSeen
from contract.preparing import prepare
from contract.times import Utc


class LookSeen(Struct, frozen=True, kw_only=True, omit_defaults=True):
    """One look at a fire; pixels of the picture, `area_share` of the picture, None: nothing was measured there."""

    preset: str
    shift_px: tuple[float, float] = (0.0, 0.0)
    area_share: float | None = None
    score: float | None = None
    base_px: tuple[float, float] | None = None
    horizon_px: PolygonPx = ()


class Shown(Struct, frozen=True, kw_only=True):
    """One kept picture of a fire: a line of `series.jsonl`."""

    path: str
    sha256: str
    role: EvidenceRole
    at: Utc
    bbox_xyxy_px: BboxPx
    look: LookSeen


prepare(Shown)


def look_seen(seen: Observation, bbox_xyxy_px: BboxPx | None) -> LookSeen | None:
    """What a look measured in that box; None for a camera without presets."""
    if seen.preset is None:
        return None
    plume = max(seen.plumes, key=lambda one: _common(one, bbox_xyxy_px), default=None)
    if plume is not None and _common(plume, bbox_xyxy_px) <= 0:
        plume = None
    return LookSeen(
        preset=seen.preset,
        shift_px=(0.0, 0.0) if seen.view is None else seen.view.shift_px,
        area_share=None if plume is None else plume.area_share,
        score=None if plume is None else plume.score,
        base_px=None if plume is None else plume.base_px,
        horizon_px=seen.horizon_px,
    )


def touches(plume: PlumeSeen, bbox_xyxy_px: BboxPx) -> bool:
    """Whether a plume and a box have something in common."""
    return _common(plume, bbox_xyxy_px) > 0


def encode_series(shown: Iterable[Shown]) -> bytes:
    """One line a picture, in order of time."""
    return b"".join(msgspec.json.encode(one) + b"\n" for one in shown)


def read_series(path: Path) -> tuple[Shown, ...]:
    """The lines of a series; raises OSError, and msgspec.MsgspecError for other content."""
    return tuple(msgspec.json.decode(line, type=Shown) for line in path.read_bytes().splitlines())


def in_order(shown: Sequence[Shown]) -> tuple[Shown, ...]:
    """By time; of two pictures of one moment the one with the later role stays (a fire confirmed at its first look)."""
    by_time = {
        one.at: one for one in sorted(shown, key=lambda one: (one.at, one.role != "due", one.path), reverse=True)
    }
    return tuple(by_time[at] for at in sorted(by_time))


def _common(plume: PlumeSeen, bbox_xyxy_px: BboxPx | None) -> float:
    """Share of the two boxes together that both cover."""
    if bbox_xyxy_px is None:
        return 0.0
    (l1, t1, r1, b1), (l2, t2, r2, b2) = plume.bbox_xyxy_px, bbox_xyxy_px
    both = max(0.0, min(r1, r2) - max(l1, l2)) * max(0.0, min(b1, b2) - max(t1, t2))
    return both / max(1e-9, (r1 - l1) * (b1 - t1) + (r2 - l2) * (b2 - t2) - both)
