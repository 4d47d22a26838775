"""What is true of a scene, to the pixel and the moment: the other half of each clip."""

from __future__ import annotations

from msgspec import Struct

Span = tuple[float, float]


class SecondBox(Struct, frozen=True, array_like=True):
    """Where a vehicle is at a moment, in pixels of the clip, without its shadow; `visible` share of it, 0..1."""

    at_s: float
    left: float
    top: float
    right: float
    bottom: float
    visible: float


class VehicleTruth(Struct, frozen=True, kw_only=True):
    """One vehicle: when it is in the picture, when it stands, where it is each second; `plate` where one is legible."""

    id: str
    cut: str
    role: str
    in_s: float
    out_s: float
    stands: tuple[Span, ...]
    boxes: tuple[SecondBox, ...]
    plate: str | None = None


class Standing(Struct, frozen=True, kw_only=True):
    """One stay in a zone; `expected`: it must become an event, else `because` says why it must not.

    `unwatched`: parts of it in which the camera gave nothing to know; they do not count as standing time.
    `mostly_hidden`: through more than half of it less than half of the vehicle shows; told or not, both is right
    (parking reference 2.5: more than 50 % hidden, no lead).
    """

    vehicle: str
    zone: str
    from_s: float
    to_s: float
    expected: bool
    because: str = ""
    unwatched: tuple[Span, ...] = ()
    mostly_hidden: bool = False

    @property
    def dwell_s(self) -> float:
        """Standing time that could be seen."""
        return self.to_s - self.from_s - sum(b - a for a, b in self.unwatched)


class SceneTruth(Struct, frozen=True, kw_only=True):
    """One clip; times in seconds from its first picture, which was taken at `start` (RFC 3339)."""

    name: str
    seed: int
    stage: str
    light: str
    difficulties: tuple[str, ...]
    seconds: float
    fps: int
    frame_px: tuple[int, int]
    start: str
    grace_s: float
    standings: tuple[Standing, ...]
    vehicles: tuple[VehicleTruth, ...]
    restarts_s: tuple[float, ...] = ()
    clip_sha256: str = ""


def cut_spans(spans: tuple[Span, ...], inside: Span) -> tuple[Span, ...]:
    """The parts of the spans that lie inside another."""
    parts = ((max(a, inside[0]), min(b, inside[1])) for a, b in spans)
    return tuple((a, b) for a, b in sorted(parts) if b > a)


def is_mostly_hidden(standing: Standing, boxes: tuple[SecondBox, ...]) -> bool:
    """Whether less than half of the vehicle shows in more than half of the seconds that could be seen."""
    watched = [
        box
        for box in boxes
        if standing.from_s <= box.at_s <= standing.to_s and not any(a <= box.at_s < b for a, b in standing.unwatched)
    ]
    return 2 * sum(box.visible < 0.5 for box in watched) > len(watched)
