"""Plates of every kind drawn by ourselves: the truth is exact, and no real plate is needed to train or to measure.

Glyphs come from fonts of the machine, stretched to a plate's narrow cells; they are near the plate's own lettering,
not the same, so a figure on drawn plates says how kinds, blur, night and tilt compare, not how a street will do.
"""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass
from functools import lru_cache
from pathlib import Path

import cv2
import numpy as np
from numpy.typing import NDArray
from PIL import Image, ImageDraw, ImageFont

from contract.errors import ModelError
from contract.plates import ALPHABETS, KINDS, Colour, PlateKind
from models.letterbox import Frame

FONT_FOLDER = Path("/usr/share/fonts")
HAN_FONTS = ("wqy-microhei.ttc", "DroidSansFallbackFull.ttf", "NotoSansCJK-Bold.ttc", "wqy-zenhei.ttc")
LATIN_FONTS = ("NimbusSansNarrow-Bold.otf", "NimbusSansNarrow-Regular.otf", "NimbusSans-Bold.otf",
               "LiberationSansNarrow-Bold.ttf", "LiberationSans-Bold.ttf", "DejaVuSans-Bold.ttf")  # fmt: skip
FACE_PX = {1: (264, 84), 2: (264, 132)}  # 0.6 px a millimetre: wider than plates are seen
GLYPH_PX = 96
RED = (40, 30, 200)
_BACK: dict[Colour, tuple[int, int, int]] = {
    "blue": (150, 70, 15), "yellow": (30, 175, 235), "green": (90, 130, 20), "yellow-green": (120, 195, 90),
    "white": (235, 235, 235), "black": (25, 25, 25),
}  # fmt: skip
_FADING = (130, 200, 110)  # the lower end of a new-energy plate, whose upper end is nearly white
_DARK_INK: frozenset[Colour] = frozenset({"yellow", "yellow-green", "white"})
_RED_MARKS = {"police": "警", "consulate": "领", "embassy": "使", "rescue": "应急", "armed_police": "WJ",
              "armed_police_double": "WJ" + ALPHABETS["p"]}  # fmt: skip


@dataclass(frozen=True)
class Fonts:
    """Font files that plates are drawn with: one that has Chinese glyphs, and narrow ones for letters and digits."""

    han: tuple[Path, ...]
    latin: tuple[Path, ...]


@dataclass(frozen=True)
class Drawn:
    """A drawn plate, flat and clean: its kind, text and colour are the truth."""

    face: Frame
    kind: PlateKind
    text: str
    colour: Colour


def find_fonts(folder: Path = FONT_FOLDER) -> Fonts:
    """The known fonts below a folder; raises ModelError when none has Chinese glyphs."""
    files = {file.name: file for file in folder.rglob("*") if file.name in (*HAN_FONTS, *LATIN_FONTS)}
    han = tuple(files[name] for name in HAN_FONTS if name in files)
    if not han:
        raise ModelError(f"{folder}: no font with Chinese glyphs ({', '.join(HAN_FONTS)}); install fonts-wqy-microhei")
    return Fonts(han, tuple(files[name] for name in LATIN_FONTS if name in files) or han)


def random_text(kind: PlateKind, rng: np.random.Generator) -> str:
    """A text of that kind, every form and every character of its alphabets equally likely."""
    form = kind.forms[int(rng.integers(len(kind.forms)))]
    marks = (ALPHABETS.get(mark, mark) for mark in form.replace("/", ""))
    return "".join(letters[int(rng.integers(len(letters)))] for letters in marks)


def draw_plate(rng: np.random.Generator, fonts: Fonts, kinds: Iterable[PlateKind] = KINDS) -> Drawn:
    """A plate of one of the kinds, all equally likely, with a random text and the tones of a used plate."""
    choice = tuple(kinds)
    kind = choice[int(rng.integers(len(choice)))]
    colour = kind.colours[int(rng.integers(len(kind.colours)))]
    text = random_text(kind, rng)
    return Drawn(_face(kind, colour, text, rng=rng, fonts=fonts), kind, text, colour)


def _face(kind: PlateKind, colour: Colour, text: str, *, rng: np.random.Generator, fonts: Fonts) -> Frame:
    face = _background(kind, colour, rng).astype(np.float32)
    dark_ink = colour in _DARK_INK or kind.name == "nev_small"
    ink = np.full(3, 25 if dark_ink else 235, np.float32) + rng.normal(0, 8, 3).astype(np.float32)
    font = (
        fonts.han[int(rng.integers(len(fonts.han)))],
        fonts.latin[int(rng.integers(len(fonts.latin)))],
    )
    weight = int(rng.integers(0, 4))
    reds = _RED_MARKS.get(kind.name, "")
    for index, (character, (x, y, width, height)) in enumerate(zip(text, _cells(kind, text), strict=True)):
        glyph = _glyph(character, str(font[character.isascii()]), weight if character.isascii() else 2 * weight)
        mask = _fitted(glyph, width, height)[..., None]
        first_letter = kind.name == "army" and index == 0
        tone = np.array(RED, np.float32) if character in reds or first_letter else ink
        place = face[y : y + height, x : x + width]
        place += (tone - place) * mask
    _rim(face, ink, rng)
    return np.asarray(np.clip(face, 0, 255), np.uint8)


def _background(kind: PlateKind, colour: Colour, rng: np.random.Generator) -> NDArray[np.float32]:
    width, height = FACE_PX[kind.rows]
    face = np.empty((height, width, 3), np.float32)
    face[:] = np.array(_BACK[colour], np.float32) * rng.uniform(0.75, 1.1) * rng.uniform(0.94, 1.06, 3)
    if kind.name == "nev_small":
        top, low = np.array((225.0, 235, 225)), np.array(_FADING) * rng.uniform(0.8, 1.15, 3)
        face[:] = (top + (low - top) * np.linspace(0, 1, height)[:, None])[:, None, :]
    if colour == "yellow-green":
        face[:, : int(width * 0.24)] = np.array(_BACK["yellow"], np.float32)
    return face


def _cells(kind: PlateKind, text: str) -> list[tuple[int, int, int, int]]:
    """Where each character stands: x, y, width, height in face pixels."""
    width, height = FACE_PX[kind.rows]
    if kind.rows == 1:
        gap_after = 1 if not text[0].isascii() or kind.name == "army" else -1
        return _row(len(text), gap_after, (8, round(height * 0.17), width - 16, round(height * 0.66)))
    upper = next(len(form.split("/")[0]) for form in kind.forms)
    first = _row(upper, -1, (round(width * 0.2), 8, round(width * 0.6), round(height * 0.27)))
    return first + _row(len(text) - upper, -1, (8, round(height * 0.42), width - 16, round(height * 0.5)))


def _row(count: int, gap_after: int, box: tuple[int, int, int, int]) -> list[tuple[int, int, int, int]]:
    x, y, width, height = box
    gap = width * 0.05 if gap_after >= 0 else 0.0
    pitch = (width - gap) / count
    cell = max(4, round(min(pitch * 0.82, height * 1.1)))
    starts = (x + pitch * index + (gap if index > gap_after >= 0 else 0) + (pitch - cell) / 2 for index in range(count))
    return [(round(start), y, cell, height) for start in starts]


@lru_cache(maxsize=4096)
def _glyph(character: str, font_file: str, weight: int) -> NDArray[np.uint8]:
    """A character as a mask cut to its ink, thickened by `weight` px of a 96 px glyph."""
    font = ImageFont.truetype(font_file, GLYPH_PX)
    canvas = Image.new("L", (2 * GLYPH_PX, 2 * GLYPH_PX))
    ImageDraw.Draw(canvas).text((GLYPH_PX // 2, GLYPH_PX // 2), character, fill=255, font=font)
    ink = np.asarray(canvas, np.uint8)
    if weight:
        ink = np.asarray(cv2.dilate(ink, np.ones((weight, weight), np.uint8)), np.uint8)
    rows, columns = np.flatnonzero(ink.any(axis=1)), np.flatnonzero(ink.any(axis=0))
    if not len(rows):
        raise ModelError(f"{font_file}: has no glyph for {character!r}; use another font")
    return ink[rows[0] : rows[-1] + 1, columns[0] : columns[-1] + 1]


def _fitted(glyph: NDArray[np.uint8], width: int, height: int) -> NDArray[np.float32]:
    """The glyph stretched to its cell, but a 1 stays a stroke: never wider than 1.5 times its own shape."""
    own = glyph.shape[1] / glyph.shape[0] * height
    stretched = max(2, min(width, round(own * 1.5)))
    mask = np.zeros((height, width), np.float32)
    start = (width - stretched) // 2
    mask[:, start : start + stretched] = cv2.resize(glyph, (stretched, height), interpolation=cv2.INTER_AREA) / 255
    return mask


def _rim(face: NDArray[np.float32], ink: NDArray[np.float32], rng: np.random.Generator) -> None:
    """The line along the edge, and the screws or stickers that cover a bit of it."""
    height, width = face.shape[:2]
    if rng.random() < 0.8:
        tone = tuple(float(value) for value in ink)
        cv2.rectangle(face, (3, 3), (width - 4, height - 4), tone, 1 + int(rng.integers(2)))
    for x in (0.22, 0.78):
        if rng.random() < 0.5:
            grey = float(rng.uniform(60, 220))
            cv2.circle(face, (round(width * x), round(height * 0.08)), 4, (grey, grey, grey), -1)
