"""The model card: what a weight is, where it comes from, what it may be used for, and how good it was measured to be.

A card is one TOML file. Reading one either gives a whole, typed card or one ConfigError that lists every mistake in it.
"""

from __future__ import annotations

import re
import tomllib
from pathlib import Path
from typing import Annotated, Any, Literal, get_type_hints

import msgspec
from msgspec import Meta, Struct, field

from contract.errors import ConfigError, Mistake
from contract.reports import SmokeEval

Sha256 = Annotated[str, Meta(pattern="^[0-9a-f]{64}$")]
Share = Annotated[float, Meta(ge=0, le=1)]
Name = Annotated[str, Meta(pattern="^[a-z0-9][a-z0-9._-]{0,63}$")]
Text = Annotated[str, Meta(min_length=1, max_length=2000)]
SizePx = Annotated[int, Meta(ge=32, le=4096, multiple_of=32)]


class Origin(Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """Where the weight is: `file` beside the card, `path` anywhere, or `member` of a published package's archive."""

    file: str | None = None
    path: str | None = None
    package: Annotated[str, Meta(pattern="^[A-Za-z0-9][A-Za-z0-9._-]*$")] | None = None
    version: Annotated[str, Meta(pattern="^[A-Za-z0-9][A-Za-z0-9.+!-]*$")] | None = None
    member: str | None = None
    archive: Literal["wheel", "sdist"] = "wheel"


class Weight(Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """A second file of the same model, beside the card: the state dict that training starts from."""

    file: str
    sha256: Sha256
    size_bytes: Annotated[int, Meta(gt=0)]


class Input(Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """What the network wants to see; `sizes_px` are the measured long sides, any multiple of 32 runs."""

    sizes_px: Annotated[tuple[SizePx, ...], Meta(min_length=1)]
    layout: Literal["nchw"] = "nchw"
    colour: Literal["rgb", "bgr"] = "rgb"
    pad_bgr: tuple[Annotated[int, Meta(ge=0, le=255)], ...] = (114, 114, 114)
    divide_by: Annotated[float, Meta(gt=0)] = 255.0


class Metrics(Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """One measurement: on what, at which size and precision, with the counts behind it.

    `ap50_90`, `by_camera_90`: 90 % bootstrap intervals of AP50, cameras and then their pictures drawn again.
    """

    data: Text
    size_px: SizePx
    precision: Literal["float32", "int8"]
    images: int
    boxes: int
    ap50: Share
    ap50_95: Share | None = None
    ap50_small: Share | None = None
    recall: Share | None = None
    precision_share: Share | None = None
    smoke: SmokeEval | None = None
    ap50_90: tuple[Share, Share] | None = None
    by_camera: dict[str, Share] = field(default_factory=dict)
    by_camera_90: dict[str, tuple[Share, Share]] = field(default_factory=dict)
    by_scene: dict[str, Share] = field(default_factory=dict)


class TextReader(Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """How a reader of one line of text wants it, and what its outputs stand for.

    A line becomes `height_px` high; it keeps its shape and is padded on the right to `width_px`, or is stretched to it.
    Pixels are (BGR - subtract) / divide_by. Output (n, steps, 1 + characters [+ 1 for the space]): CTC, blank first;
    `characters` None: one a line under `character` in the weight's own metadata.
    """

    height_px: Annotated[int, Meta(gt=0, le=512)]
    width_px: Annotated[int, Meta(gt=0, le=2048)]
    stretch: bool = False
    subtract: float = 127.5
    divide_by: Annotated[float, Meta(gt=0)] = 127.5
    characters: Annotated[str, Meta(min_length=10)] | None = None


class ReadFigures(Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """One measurement of a plate reader or finder: on what and by which rule, counts behind it."""

    data: Text
    right: Annotated[int, Meta(ge=0)]
    wrong: Annotated[int, Meta(ge=0)]
    abstained: Annotated[int, Meta(ge=0)]


class DataSource(Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """One source the weight was trained or calibrated on, with its licence."""

    name: Text
    licence: Text
    pictures: int
    origin: Text


class Training(Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """How to make the weight again."""

    commands: Annotated[tuple[Text, ...], Meta(min_length=1)]
    seeds: tuple[int, ...]
    date: Annotated[str, Meta(pattern="^[0-9]{4}-[0-9]{2}-[0-9]{2}$")]
    base: Text
    base_licence: Text
    data: tuple[DataSource, ...]


class Card(Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """A model card; `merged` names groups of classes that compete for one box and are scored as one.

    `decoder`: how the weight answers: boxes and class scores as they are (`yolo`), or YOLOX's raw head (`yolox`).
    """

    name: Name
    version: Annotated[str, Meta(pattern=r"^[0-9]+\.[0-9]+\.[0-9]+$")]
    about: Text
    licence: Text
    sha256: Sha256
    size_bytes: Annotated[int, Meta(gt=0)]
    precision: Literal["float32", "int8"]
    classes: Annotated[tuple[Name, ...], Meta(min_length=1)]
    threshold: Share
    iou_limit: Share = 0.6
    decoder: Literal["yolo", "yolox"] = "yolo"
    origin: Origin
    input: Input
    task: Literal["boxes", "plate_corners", "plate_text"] = "boxes"
    reader: TextReader | None = None
    read_figures: tuple[ReadFigures, ...] = ()
    merged: dict[str, tuple[str, ...]] = field(default_factory=dict)
    train_from: Weight | None = None
    metrics: tuple[Metrics, ...] = ()
    training: Training | None = None
    known_failures: tuple[Text, ...] = ()


def read_card(path: Path) -> Card:
    """The card of a TOML file; raises ConfigError with every mistake when it is not one."""
    try:
        text = path.read_text("utf-8")
        table = tomllib.loads(text)
    except (OSError, UnicodeDecodeError, tomllib.TOMLDecodeError) as unreadable:
        problem = f"cannot be read: {unreadable}"
        raise ConfigError(
            str(path), (Mistake(path.name, None, problem, "a card is one UTF-8 TOML file"),)
        ) from unreadable
    found = _struct_mistakes(table, Card, "") or _sense_mistakes(msgspec.convert(table, Card))
    if found:
        raise ConfigError(
            str(path), tuple(Mistake(key, _line_of(key, text), problem, hint) for key, problem, hint in found)
        )
    return msgspec.convert(table, Card)


Found = tuple[str, str, str]


def _struct_mistakes(table: dict[str, Any], kind: type[Struct], prefix: str) -> list[Found]:
    """Every missing, unknown or ill-typed key of a table, nested tables included."""
    fields = {entry.name: entry for entry in msgspec.structs.fields(kind)}
    found = [(prefix + key, "unknown key", f"known here: {', '.join(fields)}") for key in table.keys() - fields.keys()]
    hints = get_type_hints(kind, include_extras=True)
    for name, entry in fields.items():
        if name not in table:
            if entry.required:
                found.append((prefix + name, "missing", "every card states it"))
        elif isinstance(table[name], dict) and isinstance(hints[name], type) and issubclass(hints[name], Struct):
            found.extend(_struct_mistakes(table[name], hints[name], f"{prefix}{name}."))
        else:
            try:
                msgspec.convert(table[name], hints[name])
            except msgspec.ValidationError as wrong:
                found.append((prefix + name, str(wrong), ""))
    return sorted(found)


def _sense_mistakes(card: Card) -> list[Found]:
    """What types cannot say: one origin only, no repeated class, merged classes that exist."""
    found: list[Found] = []
    origin = card.origin
    packaged = (origin.package, origin.version, origin.member)
    ways = [origin.file is not None, origin.path is not None, any(part is not None for part in packaged)]
    if sum(ways) != 1 or (ways[2] and None in packaged):
        found.append(("origin", "must be one of file, path, or package + version + member", "name exactly one"))
    for key, value in (
        ("origin.file", origin.file),
        ("train_from.file", card.train_from.file if card.train_from else None),
    ):
        if value is not None and Path(value).is_absolute():
            found.append((key, "is absolute", "a committed weight is named relative to its card"))
    if len(set(card.classes)) != len(card.classes):
        found.append(("classes", "a class is named twice", "the order is that of the network's outputs"))
    for group, members in card.merged.items():
        strangers = [member for member in members if member not in card.classes]
        if strangers:
            found.append(
                (f"merged.{group}", f"no such class: {', '.join(strangers)}", f"classes: {', '.join(card.classes)}")
            )
    if (card.task == "plate_text") != (card.reader is not None):
        found.append(("reader", 'goes with `task = "plate_text"` and only with it', "see models.cards.TextReader"))
    if len(card.input.pad_bgr) != 3:
        found.append(("input.pad_bgr", f"has {len(card.input.pad_bgr)} numbers", "blue, green, red"))
    return found


def _line_of(key: str, text: str) -> int | None:
    """The line where a key stands, when its last part is written exactly once; else None."""
    pattern = re.compile(rf"^\s*\[*\s*(?:[\w.]+\.)?{re.escape(key.rsplit('.', 1)[-1])}\s*[=\]]")
    lines = [number for number, line in enumerate(text.splitlines(), 1) if pattern.match(line)]
    return lines[0] if len(lines) == 1 else None
