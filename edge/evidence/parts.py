"""The parts of a revision: held files with their overlays, the timer of a stay, and what the clips do not show."""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path

from contract.events import EvidenceItem
from contract.manifest import sha256_hex
from contract.observations import TapeStart
from contract.times import NS, ns_from_utc
from edge.evidence.candidates import HeldFile
from edge.evidence.fires.files import FIRES
from edge.evidence.orders import Order
from edge.evidence.package import NewFile
from edge.evidence.stills import FIRE_WORDS, ROLE_WORDS, Marks, draw_overlay, scaled_polygon, size_px
from edge.evidence.timer import draw_timer

CLIP_TOLERANCE_NS = NS  # a clip that ends within a second of its post-roll is whole
CODE_DIGITS = 16  # of the raw still's SHA-256: enough to find it in the manifest, too many to hit by chance
UNMARKED = ("clip", "close_up", "look", "reference")  # the strip marks the looks


def held_files(order: Order, file: HeldFile, place: Path, *, start: TapeStart) -> list[NewFile]:
    """A held file as the package gets it: a still with its overlay, anything else as it is."""
    held = NewFile(
        path=file.path,
        role=file.role,
        media_type="video/mp4" if file.role == "clip" else "image/jpeg",
        source=place,
        captured_ns=file.from_ns,
        parent_sha256=file.parent_sha256,
    )
    return [held] if file.role in UNMARKED else [held, _overlay(order, file, place.read_bytes(), start)]


def timer_of(order: Order, before: tuple[EvidenceItem, ...]) -> list[NewFile]:
    """The timer strip of this revision, for an act that has one."""
    picture = draw_timer(order.facts)
    if picture is None:
        return []
    is_first = all(item.path != "timer.png" for item in before)
    name = "timer.png" if is_first else f"timer-{order.revision:04d}.png"
    return [NewFile(path=name, role="other", media_type="image/png", source=picture, captured_ns=order.at_ns)]


def clip_gaps(items: Sequence[EvidenceItem], clips: Sequence[HeldFile]) -> list[str]:
    """What the clips do not show, in words."""
    words: list[str] = []
    for clip in clips:
        late_ns, early_ns = clip.from_ns - clip.wanted_from_ns, clip.wanted_to_ns - clip.to_ns
        if late_ns > CLIP_TOLERANCE_NS:
            words.append(f"{clip.path}: begins {late_ns / NS:.1f} s later than its pre-roll")
        if early_ns > CLIP_TOLERANCE_NS:
            words.append(
                f"{clip.path}: ends {early_ns / NS:.1f} s before its post-roll; the stream or the process ended"
            )
    for item in items:
        if item.role in ("arrival", "first_still", "due") and item.captured is not None:
            at_ns = ns_from_utc(item.captured)
            if not any(clip.from_ns <= at_ns <= clip.to_ns for clip in clips):
                words.append(f"clips: none shows {item.path}")
    return words


def _place(start: TapeStart, zone: str) -> tuple[tuple[str, str], ...]:
    """Device and zone as people call them, each with its id for a font without Chinese."""
    return tuple((start.names.get(one, one), one) for one in (start.device, zone))


def _overlay(order: Order, file: HeldFile, raw: bytes, start: TapeStart) -> NewFile:
    """The still with zone, box and words; of a tower with horizon and base too, and the preset among the words."""
    zone, look, sha256 = order.zone, file.look, sha256_hex(raw)
    marks = Marks(
        zone_px=()
        if zone.frame_px is None
        else scaled_polygon(zone.polygon_px, drawn_on=zone.frame_px, onto=size_px(raw)),
        bbox_xyxy_px=file.bbox_xyxy_px,
        at_ns=file.from_ns,
        role=file.role,
        place=_place(start, zone.zone),
        device="/".join((start.town, start.device, zone.zone, *(() if look is None else (look.preset,)))),
        facing=None if zone.matter == FIRES else zone.rule.get("facing", "unknown"),
        record=(order.event_id, order.revision),
        code=sha256[:CODE_DIGITS],
        horizon_px=() if look is None else look.horizon_px,
        base_px=None if look is None else look.base_px,
        words=FIRE_WORDS if zone.matter == FIRES else ROLE_WORDS,
    )
    return NewFile(
        path=f"overlays/{file.role}.jpg",
        role="overlay",
        media_type="image/jpeg",
        source=draw_overlay(raw, marks),
        captured_ns=file.from_ns,
        parent_sha256=sha256,
    )
