"""The plate cards, and what is refused of a network that is not what its card says."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import pytest

from contract.errors import ConfigError, ModelError
from contract.plates import PROVINCES
from models.boxes import Floats
from models.cards import read_card
from models.plates.eyes import FINDER_CARD, READER_CARDS
from models.registry import OWN_CARDS, Registry, check_promise, load
from models.runtimes import Batch
from tests.unit.plates.networks import CHARACTERS, TEXT_CARD, Pointer, Speller, card

SQUARE = np.array([[0, 0], [100, 0], [100, 30], [0, 30]], np.float32)


def test_every_network_of_the_chain_has_a_card_that_pins_a_packages_member() -> None:
    registry = Registry()
    for name in (FINDER_CARD, *READER_CARDS):
        listed = registry.find(name)
        assert listed.card.task == ("plate_corners" if name == FINDER_CARD else "plate_text")
        assert (listed.card.origin.package is None) != (listed.card.origin.file is None)
        assert listed.card.licence in {"Apache-2.0", "AGPL-3.0-or-later"}


def test_the_first_reader_knows_every_province() -> None:
    reader = Registry().find(READER_CARDS[0]).card.reader
    assert reader is not None
    assert set(PROVINCES) <= set(reader.characters or "")


def test_a_reader_that_answers_with_other_classes_than_its_card_is_refused() -> None:
    check_promise(TEXT_CARD, Speller([0]))
    fewer = card("plate_text", TEXT_CARD.reader)
    assert fewer.reader is not None
    with pytest.raises(ModelError, match="wrong shape"):
        check_promise(fewer, FewClasses([0]))


class FewClasses(Speller):
    """A text network with too few classes."""

    def run(self, batch: Batch) -> Floats:
        """All classes but three."""
        return super().run(batch)[:, :, : len(CHARACTERS) - 1]


def test_a_corner_finder_with_other_grids_is_refused() -> None:
    check_promise(card("plate_corners"), Pointer(SQUARE))
    with pytest.raises(ModelError, match="wrong shape"):
        check_promise(card("plate_corners"), Speller([0]))


def test_a_plate_card_is_no_detector() -> None:
    registry = Registry()
    with pytest.raises(ModelError, match="is for plate_corners, not for boxes"):
        load(registry, registry.find(FINDER_CARD))


def test_a_text_card_without_its_reader_table_is_refused_by_name(tmp_path: Path) -> None:
    text = (OWN_CARDS / f"{READER_CARDS[0]}.toml").read_text("utf-8")
    broken = tmp_path / "broken.toml"
    broken.write_text(text[: text.index("[reader]")], "utf-8")
    with pytest.raises(ConfigError, match="reader"):
        read_card(broken)
