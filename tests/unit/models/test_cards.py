"""A card is read whole or refused with every mistake at once."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import pytest

from contract.errors import ConfigError
from models.cards import read_card
from tests.unit.models.weights import OWN_CARD, card_table, toml, write_card


def problems(file: Path) -> dict[str, str]:
    with pytest.raises(ConfigError) as refused:
        read_card(file)
    return {mistake.path: mistake.problem for mistake in refused.value.mistakes}


def test_the_committed_card_states_its_data_licences_and_figures() -> None:
    card = read_card(OWN_CARD)
    assert card.training is not None
    assert all(source.licence for source in card.training.data)
    assert {(metric.precision, metric.size_px) for metric in card.metrics} >= {("int8", 640), ("int8", 416)}
    assert card.known_failures


def test_a_written_card_reads_back(tmp_path: Path) -> None:
    card = read_card(write_card(tmp_path, threshold=0.5))
    assert card.threshold == 0.5
    assert card.merged == {"vehicle": ("car", "bus", "truck")}


def test_every_mistake_is_listed_at_once_with_its_line(tmp_path: Path) -> None:
    table = card_table(sha256="short", threshold=1.5, colour="blue")
    del table["licence"]
    table["input"] = {"sizes_px": [417]}
    file = tmp_path / "bad.toml"
    file.write_text(toml(table))
    with pytest.raises(ConfigError) as refused:
        read_card(file)
    found = {mistake.path: mistake for mistake in refused.value.mistakes}
    assert set(found) == {"sha256", "threshold", "colour", "licence", "input.sizes_px"}
    assert found["colour"].problem == "unknown key"
    assert found["licence"].problem == "missing"
    written = file.read_text().splitlines()
    assert written[(found["threshold"].line or 0) - 1] == "threshold = 1.5"


@pytest.mark.parametrize(
    ("changes", "key"),
    [
        ({"origin": {}}, "origin"),
        ({"origin": {"file": "a.onnx", "path": "b.onnx"}}, "origin"),
        ({"origin": {"package": "some-package", "version": "1.0"}}, "origin"),
        ({"origin": {"file": "/a.onnx"}}, "origin.file"),
        ({"classes": ["car", "car"], "merged": {}}, "classes"),
        ({"merged": {"vehicle": ["car", "tram"]}}, "merged.vehicle"),
        ({"input": {"sizes_px": [416], "pad_bgr": [1, 2]}}, "input.pad_bgr"),
    ],
)
def test_a_card_that_makes_no_sense_is_refused(tmp_path: Path, changes: dict[str, Any], key: str) -> None:
    assert key in problems(write_card(tmp_path, **changes))


@pytest.mark.parametrize("content", [b"", b"name = ", b"\xff\xfe", b"[[["])
def test_a_file_that_is_no_card_gives_one_typed_error(tmp_path: Path, content: bytes) -> None:
    file = tmp_path / "bad.toml"
    file.write_bytes(content)
    assert problems(file)


def test_a_missing_card_file_gives_one_typed_error(tmp_path: Path) -> None:
    assert "cannot be read" in problems(tmp_path / "none.toml")["none.toml"]
