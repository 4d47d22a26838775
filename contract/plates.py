"""Number plates: the kinds with their writing and colours as data, and what readers saw of one plate.

Source: GA 36 and the working reference on parking and plates, table 3.1; forms from memory there are marked so here.
In a form `p` is a province's glyph, `a` a letter, `n` a digit, `x` letter or digit, `e` a new-energy letter, `/` the
end of the upper row; any other character stands for itself. I and O are in no alphabet.
"""

from __future__ import annotations

from typing import Annotated, Literal

from msgspec import Meta, Struct

PROVINCES = "京津沪渝冀豫云辽黑湘皖鲁新苏浙赣鄂桂甘晋蒙陕吉闽贵粤青藏川宁琼"
LETTERS = "ABCDEFGHJKLMNPQRSTUVWXYZ"
DIGITS = "0123456789"
ENERGY_LETTERS = "ABCDEFGHJK"  # D and F by the standard, the others in use later (from memory)
ALPHABETS = {"p": PROVINCES, "a": LETTERS, "n": DIGITS, "x": LETTERS + DIGITS, "e": ENERGY_LETTERS}

Colour = Literal["blue", "yellow", "green", "yellow-green", "white", "black"]
COLOURS: tuple[Colour, ...] = ("blue", "yellow", "green", "yellow-green", "white", "black")
Share = Annotated[float, Meta(ge=0, le=1)]
Corner = tuple[float, float]
Quad = tuple[Corner, Corner, Corner, Corner]


class PlateKind(Struct, frozen=True):
    """One kind of plate: every writing it has, the colours it is made in, and its rows of characters."""

    name: str
    forms: tuple[str, ...]
    colours: tuple[Colour, ...]
    rows: Literal[1, 2] = 1


KINDS: tuple[PlateKind, ...] = (
    PlateKind("blue", ("paxxxxx",), ("blue",)),
    PlateKind("yellow_single", ("paxxxxx",), ("yellow",)),
    PlateKind("yellow_double", ("pa/xxxxx",), ("yellow",), 2),
    PlateKind("trailer", ("pa/xxxx挂",), ("yellow",), 2),
    PlateKind("trainer", ("paxxxx学",), ("yellow",)),
    PlateKind("nev_small", ("paexnnnn",), ("green",)),
    PlateKind("nev_large", ("pannnnne",), ("yellow-green",)),
    PlateKind("police", ("paxxxx警",), ("white",)),
    PlateKind("consulate", ("pannnn领", "pnnnnnn领"), ("black",)),  # the second: 2017, from memory
    PlateKind("embassy", ("使nnnnnn", "nnnnnn使"), ("black",)),  # the second: 2017, from memory
    PlateKind("hk", ("粤Zxxxx港",), ("black",)),
    PlateKind("macao", ("粤Zxxxx澳",), ("black",)),
    PlateKind("armed_police", ("WJpnnnnx", "WJnnnnx", "WJnnxnnnn"), ("white",)),
    PlateKind("armed_police_double", ("WJp/nnnnx",), ("white",), 2),
    PlateKind("army", ("aannnnn",), ("white",)),
    PlateKind("civil_aviation", ("民航annnn",), ("green",)),
    PlateKind("rescue", ("pxxxxx应急",), ("white",)),  # from memory
    PlateKind("motorcycle_double", ("pa/xxxxx",), ("yellow", "blue"), 2),
    PlateKind("farm_double", ("pnn/nnnnn",), ("green",), 2),
    PlateKind("black_foreign_old", ("paxxxxx",), ("black",)),
)


class RawRead(Struct, frozen=True, kw_only=True):
    """What one reader made of one cut of the plate, nothing dropped; `sure` is each character's probability.

    The cut was taken for a plate of so many `rows`, by the corners of one `look` (1: the best), and `margin` (a share
    of the plate) wider than these.
    """

    reader: str
    rows: Literal[1, 2]
    look: int = 1
    margin: float
    text: str
    sure: tuple[Share, ...]


class PlateSeen(Struct, frozen=True, kw_only=True):
    """One plate in one picture as the networks saw it, before any rule; lengths in pixels of that picture.

    `quad_px` runs from the top-left corner clockwise. `colour` None: the pixels do not say. `dark` and `bright` are
    the shares of the plate that are black or blown out, `sharpness` the contrast of its strokes.
    """

    quad_px: Quad
    corner_score: Share
    width_px: float
    tilt_deg: float
    colour: Colour | None
    dark: Share
    bright: Share
    sharpness: float
    reads: tuple[RawRead, ...]


Abstention = Literal[
    "no_plate",
    "too_small",
    "corners_unsure",
    "tilted",
    "too_dark",
    "too_bright",
    "blurred",
    "covered",
    "not_a_plate",
    "readers_disagree",
    "colour_conflict",
    "outside_vehicle",
    "too_few_frames",
    "votes_split",
    "kind_exempt",
    "permit_holder",
]
"""Why a plate was not read; every one leaves the lead as it is, without a number."""


class PlateRead(Struct, frozen=True, kw_only=True):
    """What one picture says: a text and its kind, or the reason why not; never both, never a filled-in character."""

    text: str | None = None
    kind: str | None = None
    reason: Abstention | None = None


class PlateLine(Struct, frozen=True, kw_only=True):
    """One plate of a picture in the output of `tantou plates read`; `raw` is every read, by reader and cut."""

    text: str | None
    kind: str | None
    colour: Colour | None
    quad: Quad
    width_px: float
    reason: Abstention | None
    raw: dict[str, str]


class PlatesOfPicture(Struct, frozen=True, kw_only=True):
    """One line of `tantou plates read`: a picture, its plates, best first, and the milliseconds it took.

    `error`: why the picture could not be looked at.
    """

    file: str
    plates: tuple[PlateLine, ...]
    ms: float
    error: str | None = None
