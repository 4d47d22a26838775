"""`tantou hj212 decode`: one object a line as the format page says, and what a group leaves open."""

from __future__ import annotations

import argparse
import json
from pathlib import Path
from typing import Any

import pytest
from msgspec.structs import replace

from contract.errors import ConfigError, ContractError
from edge.sensors.hj212 import commands
from edge.sensors.hj212.crc import check_field
from edge.sensors.hj212.encoder import Draft, encode, segment
from edge.sensors.hj212.escapes import escaped
from edge.sensors.hj212.sealing import seal
from tests.unit.hj212.frames import CLEAN, MN, Wire
from tests.unit.hj212.test_splits_and_memory import part

KEYS = {"line", "id", "verdict", "answer", "frames"}


def ran(tmp_path: Path, file: bytes, *words: str) -> int:
    """The exit code of the command for a file of these bytes."""
    root = argparse.ArgumentParser()
    commands.add_parsers(root.add_subparsers(dest="word"))
    (tmp_path / "frames.txt").write_bytes(file)
    return commands.run(root.parse_args(["hj212", "decode", str(tmp_path / "frames.txt"), *words]))


def decoded(tmp_path: Path, text: str, *words: str) -> str:
    """What the command writes for a file of this text."""
    out = tmp_path / "out.jsonl"
    assert ran(tmp_path, text.encode(), "--out", str(out), *words) == 0
    return out.read_text()


def objects(tmp_path: Path, text: str, *words: str) -> list[dict[str, Any]]:
    return [json.loads(line) for line in decoded(tmp_path, text, "--json", *words).splitlines()]


def test_each_data_line_gives_one_object(tmp_path: Path) -> None:
    glued = Wire(end=b"").sent() + Wire(data=CLEAN.replace(b"2011", b"2021"), crc=b"0001").sent()
    text = f"# a file\n\n# verdict: rejected(bad-crc); id: X1; dir: up; answer: none\n{escaped(glued)}\n$PING\n"
    first, second = objects(tmp_path, text)
    assert set(first) == KEYS
    assert (first["line"], first["id"], first["answer"]) == (4, "X1", "9014|none")
    assert first["verdict"] == "multi(accepted-tolerant(T2)|rejected(bad-crc))"
    assert (second["line"], second["id"], second["verdict"], second["frames"]) == (5, None, "ignored(noise)", [])


def test_a_frame_shows_its_values_marks_and_slips(tmp_path: Path) -> None:
    raw = Wire(data=CLEAN.replace(b"0.62", b"NaN").replace(b"34041-Flag=N", b"34041-Flag=M")).sent()
    (judged,) = objects(tmp_path, escaped(raw) + "\n")
    (frame,) = judged["frames"]
    assert {key: frame[key] for key in ("mn", "st", "cn", "qn", "mark", "tolerances")} == {
        "mn": MN, "st": "31", "cn": "2011", "qn": "20261203113000123", "mark": "flag-M,null-value",
        "tolerances": ["T11"],
    }  # fmt: skip
    assert frame["values"][0] == {"code": "a34041", "field": "Rtd", "value": None, "text": "NaN", "flag": "M"}
    assert frame["values"][2] == {"code": "SB1", "field": "RS", "value": 1.0, "text": "1", "flag": None}


def test_a_group_shares_a_link_and_its_open_sets_come_after_it(tmp_path: Path) -> None:
    lines = [("G1", part(1, 2)), ("G1", part(2, 2)), ("G2", part(1, 3)), (None, part(1, 2)), ("G3", part(3, 3))]
    text = "".join(
        f"# id: L{n}{f'; group: {group}' if group else ''}\n{escaped(raw)}\n" for n, (group, raw) in enumerate(lines)
    )
    assert [(one["line"], one["id"], one["verdict"]) for one in objects(tmp_path, text)] == [
        (2, "L0", "partial(1/2)"),
        (4, "L1", "merged(2)"),
        (6, "L2", "partial(1/3)"),
        (None, "G2", "stored-raw(incomplete-split(missing=2,3))"),
        (8, "L3", "partial(1/2)"),
        (10, "L4", "partial(3/3)"),
        (None, "G3", "stored-raw(incomplete-split(missing=1,2))"),
    ]


def test_the_servers_clock_of_a_line_tells_a_clock_that_is_off(tmp_path: Path) -> None:
    text = f"# id: C; recv: 20261203194000\n{escaped(Wire().sent())}\n{escaped(Wire().sent())}\n"
    assert [one["verdict"] for one in objects(tmp_path, text)] == ["accepted-tolerant(T12)", "accepted"]


def test_what_the_server_sends_is_not_answered(tmp_path: Path) -> None:
    (judged,) = objects(tmp_path, f"# dir: down\n{escaped(Wire().sent())}\n")
    assert (judged["verdict"], judged["answer"]) == ("accepted", "none")


def test_a_new_password_is_not_shown(tmp_path: Path) -> None:
    raw = encode(Draft(qn="20261203113000123", st="31", cn="1072", pw="123456", mn=MN, flag=5, area="NewPW=sesame"))
    assert "sesame" not in decoded(tmp_path, escaped(raw) + "\n", "--json")


def test_without_json_a_line_is_for_people_and_a_file_is_json_all_the_same(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    text = f"# id: R1\n{escaped(Wire().sent())}\n"
    assert ran(tmp_path, text.encode()) == 0
    assert capsys.readouterr().out.split() == ["2", "R1", "9014", "accepted"]
    assert decoded(tmp_path, text) == decoded(tmp_path, text, "--json")


@pytest.mark.parametrize("encoding", ["utf-8", "utf-8-sig", "utf-16"])
@pytest.mark.parametrize("end", ["\n", "\r\n"])
def test_a_file_that_another_system_saved_reads_the_same(tmp_path: Path, encoding: str, end: str) -> None:
    text = f"# id: R1; why: 一\n{escaped(Wire().sent())}\n".replace("\n", end)
    out = tmp_path / "out.jsonl"
    assert ran(tmp_path, text.encode(encoding), "--out", str(out)) == 0
    (judged,) = [json.loads(line) for line in out.read_text().splitlines()]
    assert (judged["line"], judged["id"], judged["verdict"]) == (2, "R1", "accepted")


def test_the_first_field_of_a_name_counts_whatever_the_sentence_behind_says(tmp_path: Path) -> None:
    text = f"# id: R1; dir: up; why: of two frames; dir: down; id: R2\n{escaped(Wire().sent())}\n"
    (judged,) = objects(tmp_path, text)
    assert (judged["id"], judged["answer"]) == ("R1", "9014")


def test_a_time_that_is_none_is_named_with_its_file_and_line(tmp_path: Path) -> None:
    with pytest.raises(ContractError, match=r"frames\.txt: line 2: recv 'noon' is no time"):
        ran(tmp_path, f"# recv: noon\n{escaped(Wire().sent())}\n".encode(), "--json")


def test_a_request_and_its_reply_share_their_number_and_are_two_messages(tmp_path: Path) -> None:
    asked = Draft(qn="20261203113000123", st="32", cn="1011", pw="1", mn=MN, flag=5, area="PolId=w01018")
    said = replace(asked, flag=4, area="PolId=w01018;SystemTime=20261203113000")
    wire = [("down", asked), ("down", asked), ("up", said), ("up", said)]
    text = "".join(f"# dir: {way}; group: G\n{escaped(encode(draft))}\n" for way, draft in wire)
    assert [one["verdict"] for one in objects(tmp_path, text)] == ["accepted", "duplicate", "accepted", "duplicate"]


def test_a_key_opens_sealed_frames(tmp_path: Path) -> None:
    plain = segment(Draft(qn="20261203113000123", st="31", cn="2011", pw="1", mn=MN, flag=9,
                          area="DataTime=20261203113000;a34041-Rtd=0.62,a34041-Flag=N"))  # fmt: skip
    raw = b"##%04d%b%b\r\n" % (len(plain), seal(plain, b"0" * 16), check_field(plain))
    key = tmp_path / "key"
    key.write_text("30" * 16)
    assert objects(tmp_path, escaped(raw) + "\n")[0]["verdict"] == "stored-raw(encrypted)"
    assert objects(tmp_path, escaped(raw) + "\n", "--key-file", str(key))[0]["verdict"] == "accepted"


@pytest.mark.parametrize("text", ["30", "not hex"])
def test_a_key_that_is_none_is_refused(tmp_path: Path, text: str) -> None:
    key = tmp_path / "key"
    key.write_text(text)
    with pytest.raises(ConfigError):
        decoded(tmp_path, "", "--key-file", str(key))


def test_a_file_that_is_not_there_is_told(tmp_path: Path) -> None:
    with pytest.raises(ContractError, match="cannot be read"):
        commands.run(argparse.Namespace(file=tmp_path / "none", key_file=None, json=True, out=None))
