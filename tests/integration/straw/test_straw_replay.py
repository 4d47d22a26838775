"""`tantou straw replay` over drawn frames with the real model: its form, its order, its faults by name."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import cv2
import jsonschema
import pytest

from contract.documents import schemas
from contract.errors import CaptureError
from edge.straw_replay import read_manifest
from tantou.__main__ import main
from tests.unit.edge_inference.valley import valley, with_smoke

HEAD = "sequence,frame,file,t_s,label\n"


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    """Six frames of a drawn valley, the last three with smoke; times unknown."""
    rows = []
    for index in range(6):
        picture = valley(index) if index < 3 else with_smoke(valley(index), size=80, seed=index)
        cv2.imwrite(str(tmp_path / f"{index:03}.png"), picture)
        rows.append(f"s1,{index:03},{index:03}.png,,no_smoke_known\n")
    (tmp_path / "manifest.csv").write_text(HEAD + "".join(rows))
    return tmp_path


def replayed(folder: Path, capsys: pytest.CaptureFixture[str], *more: str) -> dict[str, Any]:
    """The JSON that the command prints."""
    assert main(["straw", "replay", str(folder), "--json", *more]) == 0
    told: dict[str, Any] = json.loads(capsys.readouterr().out)
    return told


def test_it_prints_the_published_form_and_the_same_again_from_kept_detections(
    folder: Path, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    told = replayed(folder, capsys, "--keep", str(tmp_path / "kept"))
    jsonschema.validate(told, schemas()["report.straw.replay"])
    assert told["schema"] == "tantou.straw.replay/1"
    assert told["sequences"]["s1"]["interval_s"] == 60
    assert {"decorrelation", "drift"} <= set(told["sequences"]["s1"]["checks_not_applicable"])
    assert all(set(one) >= {"frame", "box", "score", "held"} for one in told["sequences"]["s1"]["candidates"])
    assert replayed(folder, capsys, "--keep", str(tmp_path / "kept")) == told
    assert any((tmp_path / "kept").iterdir())


def test_labels_are_never_read(folder: Path, capsys: pytest.CaptureFixture[str]) -> None:
    told = replayed(folder, capsys)
    manifest = folder / "manifest.csv"
    manifest.write_text(manifest.read_text().replace("no_smoke_known", "smoke"))
    assert replayed(folder, capsys) == told


@pytest.mark.parametrize(
    ("text", "word"),
    [
        ("sequence,frame,file\n", "no column t_s"),
        (HEAD + "s1,0,0.png,noon,x\n", "line 2: t_s 'noon'"),
        (HEAD + "s1,0,0.png,60,x\ns1,1,1.png,0,x\n", "line 3: time goes back"),
    ],
)
def test_a_bad_manifest_is_refused_with_its_line(tmp_path: Path, text: str, word: str) -> None:
    (tmp_path / "manifest.csv").write_text(text)
    with pytest.raises(CaptureError, match=word):
        read_manifest(tmp_path)


def test_a_frame_that_is_no_picture_is_named(folder: Path, capsys: pytest.CaptureFixture[str]) -> None:
    (folder / "002.png").write_bytes(b"nothing")
    assert main(["straw", "replay", str(folder), "--json"]) == 1
    assert "002.png" in capsys.readouterr().err
