"""The files that a revision of a fire's package gets beside its stills: close-up, series, strip, difference, map."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from pathlib import Path

import msgspec
from PIL import Image as Pillow

from contract.errors import EvidenceError
from contract.events import EvidenceItem
from contract.geometry import Sight
from contract.matters.straw_burning import Facts
from contract.times import NS, ns_from_utc, utc_from_ns
from edge.evidence.candidates import HeldFile
from edge.evidence.fires.crops import close_up, picture, png
from edge.evidence.fires.difference import draw_difference
from edge.evidence.fires.map import Place, draw_map
from edge.evidence.fires.series import Shown, encode_series, in_order, read_series
from edge.evidence.fires.strip import chosen, draw_strip
from edge.evidence.orders import Order
from edge.evidence.package import NewFile
from edge.sensors.weather import OLD_NS, Weather
from ground.files import Area
from ground.local import Spot

FIRES = "straw_burning"
SHOWN_ROLES = ("reference", "first_still", "look", "due", "departure")
Place3 = tuple[float, float, float]


def _nobody_knows(_at_ns: int) -> Weather | None:
    return None


@dataclass(frozen=True, slots=True, kw_only=True)
class Near:
    """What lies near a tower: cells for the map of a fire; a weather station, and what it says of a time."""

    areas: Sequence[Area] = ()
    station: str | None = None
    weather: Callable[[int], Weather | None] = _nobody_knows


NOTHING_NEAR = Near()


@dataclass(frozen=True, slots=True, kw_only=True)
class Kept:
    """What a package of a fire is made of: all pictures so far, which of them are new, and the tower.

    `read` gives the bytes of a picture of the package by its path; raises OSError.
    """

    shown: Sequence[Shown]
    is_new: bool
    read: Callable[[str], bytes]
    title: Sequence[str]
    tower: Place3 | None
    near: Near


def files_of_fire(
    order: Order, kept: Kept, before: Sequence[EvidenceItem], *, told: NewFile | None
) -> tuple[list[NewFile], list[str]]:
    """The new files of this revision, and in words what could not be made; `told` are its observations, if any."""
    missing: list[str] = []
    pictures: dict[str, Pillow.Image] = {}
    shown: list[Shown] = []
    for one in in_order(kept.shown):
        try:
            pictures[one.path] = picture(kept.read(one.path))
        except OSError as error:
            missing.append(f"{one.path}: not in the strip, it cannot be read ({type(error).__name__})")
        else:
            shown.append(one)
    new: list[NewFile] = []
    if kept.is_new and shown:
        new += _sequence(order, kept, shown, pictures, before=before, told=told)
        if order.phase == "opened" and not order.settle_clips:
            new += _of_confirmation(kept, shown, pictures=pictures, missing=missing)
    if told is not None:
        new.append(_map(order, kept, before, told))
    if kept.near.station is not None and order.phase != "updated" and not order.settle_clips:
        new += _weather(order, kept.near, before, missing)
    return new, missing


def newly_shown(held: Sequence[HeldFile], new: Sequence[NewFile]) -> list[Shown]:
    """The stills of a tower among the new files, with what was measured in them."""
    sha256 = {file.path: file.item().sha256 for file in new if file.role in SHOWN_ROLES}
    return [
        Shown(
            path=file.path,
            sha256=sha256[file.path],
            role=file.role,
            at=utc_from_ns(file.from_ns),
            bbox_xyxy_px=file.bbox_xyxy_px,
            look=msgspec.structs.replace(file.look, horizon_px=()),  # the overlays show it
        )
        for file in held
        if file.path in sha256 and file.look is not None and file.bbox_xyxy_px is not None
    ]


def shown_before(folder: Path, before: Sequence[EvidenceItem], missing: list[str]) -> tuple[Shown, ...]:
    """The pictures of the revisions before, out of their newest series."""
    path = next((item.path for item in reversed(before) if item.role == "series"), None)
    if path is None:
        return ()
    try:
        return read_series(folder / path)
    except (OSError, msgspec.MsgspecError) as error:
        missing.append(f"strip: pictures of earlier revisions are not in it, {path}: {type(error).__name__}")
        return ()


def _sequence(
    order: Order,
    kept: Kept,
    shown: Sequence[Shown],
    pictures: dict[str, Pillow.Image],
    *,
    before: Sequence[EvidenceItem],
    told: NewFile | None,
) -> list[NewFile]:
    """Numbers and strip of all pictures of the fire's own preset, as far as the act has come."""
    series = NewFile(
        path=_name("series", "jsonl", before, order.revision),
        role="series",
        media_type="application/jsonl",
        source=encode_series(in_order(kept.shown)),
        captured_ns=order.at_ns,
        parent_sha256=_observations(before, told),
    )
    panels = chosen(shown)
    strip = NewFile(
        path=_name("strip", "png", before, order.revision),
        role="strip",
        media_type="image/png",
        source=draw_strip(panels, pictures, place=kept.title),
        captured_ns=order.at_ns,
        parent_sha256=panels[0].sha256,
        parents_sha256=_parents(panels),
    )
    return [series, strip]


def _of_confirmation(
    kept: Kept, shown: Sequence[Shown], *, pictures: dict[str, Pillow.Image], missing: list[str]
) -> list[NewFile]:
    """The plume close up, and what changed since the first look."""
    due = next((one for one in shown if one.role == "due"), None)
    if due is None:
        missing.append("close_ups/due-plume.png, difference.png: the picture of the confirmation is not kept")
        return []
    cut, _ = close_up(pictures[due.path], due.bbox_xyxy_px)
    new = [
        NewFile(
            path="close_ups/due-plume.png",
            role="close_up",
            media_type="image/png",
            source=png(cut),
            captured_ns=ns_from_utc(due.at),
            parent_sha256=due.sha256,
        )
    ]
    first = shown[0]
    if first.at == due.at:
        missing.append("difference.png: no picture before the confirmation is kept")
        return new
    pair = ((first, pictures[first.path]), (due, pictures[due.path]))
    new.append(
        NewFile(
            path="difference.png",
            role="difference",
            media_type="image/png",
            source=draw_difference(*pair, place=kept.title),
            captured_ns=ns_from_utc(due.at),
            parent_sha256=first.sha256,
            parents_sha256=_parents((first, due)),
        )
    )
    return new


def _map(order: Order, kept: Kept, before: Sequence[EvidenceItem], told: NewFile) -> NewFile:
    """Where the fire is, as of this revision; the sight was measured in its observations."""
    tower = None if kept.tower is None else Spot(lat=kept.tower[0], lon=kept.tower[1])
    place = Place(title=kept.title, tower=tower, sight=_sight(order), areas=kept.near.areas)
    return NewFile(
        path=_name("map", "png", before, order.revision),
        role="map",
        media_type="image/png",
        source=draw_map(place),
        captured_ns=order.at_ns,
        parent_sha256=told.item().sha256,
    )


def _weather(order: Order, near: Near, before: Sequence[EvidenceItem], missing: list[str]) -> list[NewFile]:
    """What the station near the tower measured, when the fire was confirmed and when it was over."""
    path, weather = _name("weather", "json", before, order.revision), near.weather(order.at_ns)
    if weather is None:
        missing.append(f"{path}: no reading of the weather station {near.station} of the last {OLD_NS // NS // 60} min")
        return []
    data = msgspec.json.format(msgspec.json.encode(weather), indent=1) + b"\n"
    return [NewFile(path=path, role="weather", media_type="application/json", source=data, captured_ns=weather.at_ns)]


def _sight(order: Order) -> Sight | None:
    try:
        return msgspec.convert(order.facts, Facts).sight
    except msgspec.ValidationError as error:
        raise EvidenceError(f"event {order.event_id}: facts of a fire: {error}") from error


def _name(stem: str, suffix: str, before: Sequence[EvidenceItem], revision: int) -> str:
    """A file of a package never changes: the first one has the plain name, later ones their revision."""
    first = f"{stem}.{suffix}"
    return f"{stem}-{revision:04d}.{suffix}" if any(item.path == first for item in before) else first


def _parents(shown: Sequence[Shown]) -> tuple[str, ...]:
    """All of them once, where there are several."""
    each = tuple(dict.fromkeys(one.sha256 for one in shown))
    return each if len(each) > 1 else ()


def _observations(before: Sequence[EvidenceItem], told: NewFile | None) -> str | None:
    """The newest observations of the package."""
    if told is not None:
        return told.item().sha256
    return next((item.sha256 for item in reversed(before) if item.role == "observations"), None)
