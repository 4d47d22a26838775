"""One line of a plate as text with each character's probability: a card's recogniser, its scaling, and greedy CTC."""

from __future__ import annotations

import math
from collections.abc import Sequence
from dataclasses import dataclass

import cv2
import numpy as np

from contract.errors import ModelError
from models.boxes import Floats
from models.cards import Card, TextReader
from models.letterbox import Frame
from models.runtimes import Runtime

BLANK = 0


@dataclass(frozen=True)
class Line:
    """A read text, nothing dropped, and the probability of each of its characters."""

    text: str
    sure: tuple[float, ...]


class LineReader:
    """A card's text network; `read` may be called from one thread at a time."""

    def __init__(self, card: Card, runtime: Runtime) -> None:
        if card.reader is None:
            raise ModelError(f"card {card.name}: has no [reader] table, so it reads no text")
        self.card = card
        self._how = card.reader
        self._runtime = runtime
        # One string indexed by class: the blank, the characters, and the space that some networks add.
        listed = card.reader.characters or runtime.metadata.get("character", "").replace("\n", "").replace("\r", "")
        self._characters = "\0" + listed + " "

    @property
    def name(self) -> str:
        """The card's name, by which reads are told apart."""
        return self.card.name

    def read(self, lines: Sequence[Frame]) -> list[Line]:
        """Texts of cut lines (h, w, 3) uint8 BGR, all in one run; an empty sequence gives an empty list."""
        if not lines:
            return []
        batch = np.stack([_fitted(line, self._how) for line in lines])
        return [self._text(probabilities) for probabilities in self._runtime.run(batch)]

    def _text(self, probabilities: Floats) -> Line:
        """Greedy CTC: the likeliest class a step, repeats merged, blanks dropped; a character's best step counts."""
        best, sure = probabilities.argmax(axis=1), probabilities.max(axis=1)
        text, chances = "", list[float]()
        last = BLANK
        for index, chance in zip(best.tolist(), sure.tolist(), strict=True):
            if index != BLANK and index == last:
                chances[-1] = max(chances[-1], chance)
            elif index != BLANK:
                text += self._characters[index]
                chances.append(chance)
            last = index
        return Line(text, tuple(round(min(1.0, chance), 4) for chance in chances))


def _fitted(line: Frame, how: TextReader) -> Floats:
    """A line in the network's size and scale: (3, height, width), padded on the right with the middle grey."""
    natural = math.ceil(how.height_px * line.shape[1] / line.shape[0])
    width = how.width_px if how.stretch else max(1, min(how.width_px, natural))
    resized = cv2.resize(line, (width, how.height_px), interpolation=cv2.INTER_LINEAR)
    fitted = np.zeros((3, how.height_px, how.width_px), np.float32)
    fitted[:, :, :width] = (resized.astype(np.float32).transpose(2, 0, 1) - how.subtract) / how.divide_by
    return fitted
