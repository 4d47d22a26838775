"""What the fold remembers of a tower: presets, what usually stands out there, candidates, and fires.

Places are in shares of the reference picture (0..1), so neither a nudged head nor another picture size moves them.
Everything is bounded: `*_MOST`.
"""

from __future__ import annotations

from typing import Literal

import msgspec
from msgspec import Struct

from contract.events import CounterEvidence
from contract.geometry import Sight
from contract.matters.straw_burning import FireState
from contract.observations import LightSeen
from contract.times import NS, utc_from_ns

Box = tuple[float, float, float, float]
Point = tuple[float, float]
Seen = Literal["whole", "tile", "change", "missed"]

PRESETS_MOST = 64
TRACKS_MOST = 12  # of a preset
FIRES_MOST = 40
GLIMPSES_MOST = 36
CLOSEST_NS = 800_000_000  # faster looks stand for one: so many must span a stare that goes on
USUAL_MOST = 30
USUAL_HITS_MOST = 12
NOTES_MOST = 40
SERIES_MOST = 120
GAPS_MOST = 9


class Glimpse(Struct, frozen=True, array_like=True, gc=False):
    """One look at a candidate; measures as in `PlumeSeen`, but boxes, areas and flow in shares of the picture."""

    at_ns: int
    seen: Seen
    box: Box
    surety: float = -9.0
    score: float = 0.0
    is_fire: bool = False
    area: float | None = None
    base: Point | None = None
    change: float | None = None
    ring_change: float | None = None
    saturation: float | None = None
    saturation_shift: float | None = None
    texture: float | None = None
    edges: float | None = None
    decorrelation: float | None = None
    flow: Point | None = None
    glare: float | None = None
    brightness: float | None = None
    flicker: float | None = None
    turnover: float | None = None
    veil: Box | None = None
    grey_shift: float | None = None
    height_m: float | None = None
    light: LightSeen | None = None

    @property
    def is_detected(self) -> bool:
        """Whether the detector itself saw it at this look."""
        return self.seen in ("whole", "tile")

    @property
    def foot(self) -> Point:
        """Where it meets the ground: the veil's base, else the middle of the box's lower edge."""
        return self.base or ((self.box[0] + self.box[2]) / 2, self.box[3])


class Track(Struct, frozen=True, kw_only=True):
    """One candidate through its looks, also the missed ones; `onset_visit` is the visit that first showed it.

    `hold`: why it is no fire; `doubt`: what it may be although its looks speak for smoke, so that it is watched on.
    `kept`: (at_ns, area) of the looks whose pictures are held as evidence. `was_watched`: it had looks that were close
    enough to judge its motion.
    """

    event_id: str
    preset: str
    onset_ns: int
    onset_visit: int
    visits_before: int
    glimpses: tuple[Glimpse, ...]
    last_seen_ns: int
    missed: int = 0
    hits: int = 1
    hold: str | None = None
    doubt: str | None = None
    notes: tuple[CounterEvidence, ...] = ()
    sight: Sight | None = None
    stared_ns: int | None = None
    stare_until_ns: int = 0
    stares: int = 0
    is_held: bool = False
    kept: tuple[tuple[int, float], ...] = ()
    was_watched: bool = False

    @property
    def box(self) -> Box:
        """The box of the last look that saw it."""
        last = self.glimpses[-1]
        if last.seen == "missed":
            last = next(one for one in reversed(self.glimpses) if one.seen != "missed")
        return last.box


class Fire(Struct, frozen=True, kw_only=True):
    """A confirmed fire; `series` are (at_ns, area, score) of spaced looks."""

    track: Track
    confirmed_ns: int
    told_ns: int
    state: FireState = "still"
    out_ns: int | None = None
    out_visits: int = 0
    presets: tuple[str, ...] = ()
    largest: float | None = None
    is_night: bool | None = None
    series: tuple[tuple[int, float, float], ...] = ()


class Call(Struct, frozen=True, array_like=True, gc=False):
    """One visit's surest call at a place: how sure, of how large a veil, with its foot where."""

    visit: int
    surety: float
    area: float | None = None
    foot: Point | None = None


class Usual(Struct, frozen=True, kw_only=True, gc=False):
    """A place where the detector calls now and then, with its last calls."""

    box: Box
    hits: tuple[Call, ...]
    last_ns: int


class Preset(Struct, frozen=True, kw_only=True):
    """One preset: how often it was visited, what usually calls there, who is watched there now.

    `stays_until_ns`: until when the head was asked to stay here.
    """

    preset: str
    frame_px: tuple[int, int]
    visits: int = 0
    visit_ns: int = 0
    last_ns: int = 0
    gaps_ms: tuple[int, ...] = ()
    contrast: float | None = None
    unverified: int = 0
    stays_until_ns: int = 0
    usual: tuple[Usual, ...] = ()
    tracks: tuple[Track, ...] = ()

    @property
    def aspect(self) -> float:
        """Height by width: what makes shares of the height shares of the width."""
        return self.frame_px[1] / self.frame_px[0]


class State(Struct, frozen=True, kw_only=True):
    """What the fold remembers of one tower; `counts` tell what was held, dropped or not judged, by kind.

    `can_stare`: candidates were looked at closely here, so that nothing need be told without.
    """

    presets: tuple[Preset, ...] = ()
    fires: tuple[Fire, ...] = ()
    last_at_ns: int | None = None
    stares_ns: tuple[int, ...] = ()
    counts: dict[str, int] = {}
    open_items: tuple[str, ...] = ()
    can_stare: bool = False


def counted(counts: dict[str, int], kind: str, more: int = 1) -> dict[str, int]:
    """The counts with one more of a kind."""
    return {**counts, kind: counts.get(kind, 0) + more}


def with_glimpse(track: Track, glimpse: Glimpse, sight: Sight | None = None) -> Track:
    """The track with one more look; the first look and the last ones are kept."""
    kept = track.glimpses
    if len(kept) > 2 and glimpse.at_ns - kept[-2].at_ns < CLOSEST_NS and (glimpse.seen != "missed" or track.missed):
        kept = kept[:-1]
    glimpses = (*kept, glimpse)
    if len(glimpses) > GLIMPSES_MOST:
        glimpses = (glimpses[0], *glimpses[2:])
    if glimpse.seen == "missed":
        return msgspec.structs.replace(track, glimpses=glimpses, missed=track.missed + 1)
    return msgspec.structs.replace(
        track,
        glimpses=glimpses,
        missed=0,
        hits=track.hits + 1,
        last_seen_ns=glimpse.at_ns,
        sight=sight or track.sight,
    )


def with_hold(track: Track, kind: str | None, reason: str, at_ns: int) -> Track:
    """The track held for another reason than before, or released (`kind` None); what changed is noted."""
    return msgspec.structs.replace(track, hold=kind, doubt=None, notes=_changed(track, kind, reason, at_ns))


def with_doubt(track: Track, kind: str, reason: str, at_ns: int) -> Track:
    """The track that waits because it may be something else; noted as a hold, and followed as one that has none."""
    return msgspec.structs.replace(track, hold=None, doubt=kind, notes=_changed(track, kind, reason, at_ns))


def _changed(track: Track, kind: str | None, reason: str, at_ns: int) -> tuple[CounterEvidence, ...]:
    """The notes once it waits for this reason, None: for none."""
    before, notes = track.hold or track.doubt, track.notes
    if kind == before:
        return notes
    at = utc_from_ns(at_ns)
    if before is not None:
        release = "no longer so" if kind is None else f"now {kind}"
        notes = (*notes, CounterEvidence(kind=before, effect="released", reason=release, at=at))
    if kind is not None:
        notes = (*notes, CounterEvidence(kind=kind, effect="held", reason=reason, at=at))
    return _bounded(notes)


def with_flag(track: Track, kind: str, reason: str, at_ns: int) -> Track:
    """The track with a remark that changes nothing."""
    note = CounterEvidence(kind=kind, effect="flagged", reason=reason, at=utc_from_ns(at_ns))
    return msgspec.structs.replace(track, notes=_bounded((*track.notes, note)))


def _bounded(notes: tuple[CounterEvidence, ...]) -> tuple[CounterEvidence, ...]:
    """The first note and the last ones."""
    return notes if len(notes) <= NOTES_MOST else (notes[0], *notes[-(NOTES_MOST - 1) :])


def seconds(span_ns: int) -> float:
    """Nanoseconds as seconds."""
    return span_ns / NS
