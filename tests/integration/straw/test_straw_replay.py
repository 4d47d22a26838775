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
        ("", "no column file, frame, sequence, t_s"),
        (HEAD, "no frame is listed"),
        ("sequence,frame,file\n", "no column t_s"),
        (HEAD + "s1,0,0.png,noon,x\n", "line 2: t_s 'noon'"),
        (HEAD + "s1,0,0.png,inf,x\n", "line 2: t_s 'inf'"),
        (HEAD + "s1,0,0.png,600,x\ns1,1,1.png,,x\n", "line 3: time goes back"),
        (HEAD + "s1,0,0.png,60,x\ns1,1,1.png,60.0,x\n", "line 3: time stands twice"),
        (HEAD + "s1,0\n", "line 2: sequence, frame and file"),
    ],
)
def test_a_bad_manifest_is_refused_with_its_line(tmp_path: Path, text: str, word: str) -> None:
    (tmp_path / "manifest.csv").write_text(text)
    with pytest.raises(CaptureError, match=word):
        read_manifest(tmp_path)


def test_frames_are_taken_in_order_of_their_times_whatever_the_order_of_the_lines(tmp_path: Path) -> None:
    (tmp_path / "manifest.csv").write_text(
        HEAD + "s,2,c.png,120,x\ns,0,a.png,-960,x\nother,0,o.png,unknown,\ns,1,b.png,60.5,x\n"
    )
    listed = read_manifest(tmp_path)
    assert [one.frame for one in listed["s"]] == ["0", "1", "2"]
    assert listed["s"][2].at_ns - listed["s"][1].at_ns == 59_500_000_000
    assert len(listed["other"]) == 1


@pytest.mark.parametrize("encoding", ["utf-8-sig", "utf-16", "gb18030"])
def test_a_manifest_of_another_system_reads_the_same(tmp_path: Path, encoding: str) -> None:
    text = HEAD.replace("\n", "\r\n") + "塔 一,000,塔 一\\000.webp,NaN,\r\n"
    (tmp_path / "manifest.csv").write_bytes(text.encode(encoding))
    ((name, (frame,)),) = read_manifest(tmp_path).items()
    assert (name, frame.frame, frame.file) == ("塔 一", "000", tmp_path / "塔 一" / "000.webp")


def test_a_frame_that_is_no_picture_is_a_gap_that_is_told_and_the_rest_is_judged(
    folder: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    (folder / "002.png").write_bytes(b"nothing")
    (folder / "005.png").unlink()
    assert main(["straw", "replay", str(folder), "--json"]) == 0
    out, err = capsys.readouterr()
    told = json.loads(out)
    jsonschema.validate(told, schemas()["report.straw.replay"])
    assert told["sequences"]["s1"]["unread"] == ["002", "005"]
    assert "002.png: not a picture" in err
    assert "005.png" in err


def test_a_folder_without_one_readable_frame_is_an_error(folder: Path, capsys: pytest.CaptureFixture[str]) -> None:
    for picture in folder.glob("*.png"):
        picture.write_bytes(b"")
    assert main(["straw", "replay", str(folder), "--json"]) == 1
    assert "no frame of the manifest can be read" in capsys.readouterr().err


def test_a_file_that_cannot_be_written_is_told_before_anything_is_looked_at(
    folder: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    assert main(["straw", "replay", str(folder), "--out", str(folder / "nowhere" / "x.json")]) == 1
    told = capsys.readouterr().err
    assert "nowhere: no such folder" in told
    assert "frames" not in told


def test_one_frame_has_no_interval_and_views_may_change_their_size(
    folder: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    small, grey = with_smoke(valley(3), size=80, seed=3)[:48, :64], valley(4)[:, :, 0].astype("uint16") * 256
    cv2.imwrite(str(folder / "small.PNG"), small)
    cv2.imwrite(str(folder / "grey.PNG"), grey)
    rows = "one,000,003.png,,\ntwo,000,003.png,0,\ntwo,001,small.PNG,60,\ntwo,002,grey.PNG,120,\n"
    (folder / "manifest.csv").write_text(HEAD + rows)
    told = replayed(folder, capsys)
    jsonschema.validate(told, schemas()["report.straw.replay"])
    assert told["sequences"]["one"]["interval_s"] is None
    assert told["sequences"]["two"]["unread"] == []
