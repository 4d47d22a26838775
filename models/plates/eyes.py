"""The whole chain on one picture: corners, straight cuts, look, and what each reader makes of each cut."""

from __future__ import annotations

from collections import Counter
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Literal

import numpy as np

from contract.plates import PlateSeen, Quad, RawRead
from models.boxes import Floats
from models.letterbox import Frame
from models.plates.align import CUT_PX, one_line, raised, sides_px, straighten, tilt_deg
from models.plates.corners import CornerFinder, Found
from models.plates.look import look_at
from models.plates.readers import LineReader
from models.registry import Registry, load

# Corners are off by a few per cent, so a reader gets several cuts by rows: of which look, with what margin, and raised
# by how much. Of double rows the finder sets the upper edge a tenth of the height too low, through the upper row.
CUTS = {1: ((1, 0.0, 0.0), (1, 0.06, 0.0), (2, 0.03, 0.0)), 2: ((1, 0.0, 0.08), (1, 0.02, 0.12), (2, 0.04, 0.08))}
FINDER_CARD = "plate-corners-clp"
READER_CARDS = ("plate-text-clp", "plate-text-ppocr4", "plate-text-ppocr6")
# A single row is 3.1 to 3.4 times as wide as high, a double one 2.0; seen from the side both get narrower.
ONE_ROW_FROM, TWO_ROWS_TO = 1.7, 2.6
LEAST_READ_PX = 50  # below, no reader is asked: what it says there is noise
TIGHT_SHARE = 0.6  # of a crop's area: from here on the plate fills it,
TIGHT_SHAPE = 2.8  # or the crop has the shape of a single row itself
SETTLED_TEXT = 7  # characters of the shortest plate
ROWS: tuple[Literal[1, 2], ...] = (1, 2)


@dataclass(frozen=True)
class PlateEyes:
    """A corner finder and readers; every call may come from one thread at a time."""

    finder: CornerFinder
    readers: tuple[LineReader, ...]

    def look(self, frame: Frame) -> list[PlateSeen]:
        """Every plate of a picture (h, w, 3) uint8 BGR, best corners first, as seen and read, unjudged."""
        return [self.see(frame, found) for found in self.finder.find(frame)]

    def look_at_crop(self, crop: Frame) -> list[PlateSeen]:
        """A picture that shows one plate and little else: its corners when they are found, else its own edges."""
        height, width = crop.shape[:2]
        whole = np.array([[0, 0], [width, 0], [width, height], [0, height]], np.float32)
        found = [one for one in self.finder.find(crop) if sides_px(one.quad)[0] >= width / 2]
        if not found:
            return [self.see(crop, Found(whole, 1.0))]
        quad_width_px, quad_height_px = sides_px(found[0].quad)
        tight = quad_width_px * quad_height_px >= TIGHT_SHARE * width * height or width / height >= TIGHT_SHAPE
        if not tight:
            return [self.see(crop, found[0])]
        # A tight crop shows nothing around the plate that would tell where it ends: its edges are the better corners.
        return [self.see(crop, Found(whole, 1.0, (whole, found[0].quad)))]

    def see(self, frame: Frame, found: Found) -> PlateSeen:
        """One found plate: how it lies, how it looks, and every read of it."""
        width_px, height_px = sides_px(found.quad)
        rows = _possible_rows(width_px / max(height_px, 1e-6))
        look = look_at(straighten(frame, found.quad, CUT_PX[rows[0]]))
        reads = self._reads(frame, found, rows) if width_px >= LEAST_READ_PX else ()
        return PlateSeen(
            quad_px=_rounded(found.quad),
            corner_score=round(found.score, 4),
            width_px=round(width_px, 1),
            tilt_deg=round(tilt_deg(found.quad), 1),
            colour=look.colour,
            dark=round(look.dark, 4),
            bright=round(look.bright, 4),
            sharpness=look.sharpness,
            reads=reads,
        )

    def _reads(self, frame: Frame, found: Found, rows: Sequence[Literal[1, 2]]) -> tuple[RawRead, ...]:
        """What readers make of each cut; those after the second are asked only where the first two do not settle it."""
        looks = found.looks or (found.quad,)
        cuts = [(count, min(look, len(looks)), margin, up) for count in rows for look, margin, up in CUTS[count]]
        lines = [
            one_line(straighten(frame, raised(looks[look - 1], up), CUT_PX[count], margin=margin), count)
            for count, look, margin, up in cuts
        ]
        reads: list[RawRead] = []
        for reader in self.readers:
            if settled(reads):
                break
            reads += [
                RawRead(reader=reader.name, rows=count, look=look, margin=margin, text=line.text, sure=line.sure)
                for (count, look, margin, _), line in zip(cuts, reader.read(lines), strict=True)
            ]
        return tuple(reads)


def settled(reads: Sequence[RawRead]) -> bool:
    """Whether two readers say one and the same text in every cut of a row count, so that a third decides nothing."""
    texts: dict[tuple[str, int], set[str]] = {}
    for read in reads:
        letters = "".join(letter for letter in read.text if letter.isalnum())
        texts.setdefault((read.reader, read.rows), set()).add(letters)
    firm = Counter(said.pop() for said in texts.values() if len(said) == 1)
    return any(readers >= 2 and len(text) >= SETTLED_TEXT for text, readers in firm.items())


def open_eyes(
    registry: Registry | None = None,
    *,
    finder_card: str = FINDER_CARD,
    reader_cards: Sequence[str] = READER_CARDS,
    threads: int = 1,
    runtime: str = "onnxruntime",
    fetch: bool = True,
) -> PlateEyes:
    """The chain of these cards; raises ModelError with the reason. Weights that are not here are fetched, or with
    `fetch` false refused: a gateway fetches nothing by itself."""
    registry = registry or Registry()
    have = registry.pull if fetch else registry.weight
    listed = registry.find(finder_card)
    have(listed)
    finder = CornerFinder(listed.card, load(registry, listed, runtime=runtime, threads=threads, task="plate_corners"))
    readers = []
    for name in reader_cards:
        listed = registry.find(name)
        have(listed)
        loaded = load(registry, listed, runtime=runtime, threads=threads, task="plate_text")
        readers.append(LineReader(listed.card, loaded))
    return PlateEyes(finder, tuple(readers))


def _possible_rows(shape: float) -> tuple[Literal[1, 2], ...]:
    """The rows that a plate of this width to height can have, the likelier first."""
    likely_one = shape >= (ONE_ROW_FROM + TWO_ROWS_TO) / 2
    possible = [rows for rows in ROWS if (shape >= ONE_ROW_FROM if rows == 1 else shape <= TWO_ROWS_TO)]
    return tuple(sorted(possible, key=lambda rows: (rows == 1) != likely_one)) or (2,)


def _rounded(quad: Floats) -> Quad:
    (a, b), (c, d), (e, f), (g, h) = quad.astype(np.float64).round(1).tolist()
    return ((a, b), (c, d), (e, f), (g, h))
