"""The tape: every record that a judge was told, on disk and back."""

from __future__ import annotations

from pathlib import Path

import msgspec
import pytest

from contract.errors import ContractError, EvidenceError
from contract.events import EvidenceRef
from contract.observations import EvidenceMade, Observation, Seen, TapeStart
from edge.evidence.tape import Rotation, Tape, read_tape
from tests.unit.detectors.scene import car, look, lost
from tests.unit.edge_judge.listed import START

STATE = b'{"zones":{},"acts":{}}'
BEGUN = msgspec.structs.replace(START, state=msgspec.json.decode(STATE))
MADE = EvidenceMade(
    event_id="01234567-89ab-8def-8123-456789abcdef",
    revision=1,
    evidence=EvidenceRef(manifest_sha256="a" * 64, signature_sha256="b" * 64, items=()),
)


def records(path: Path) -> list[TapeStart | Seen]:
    return [taped.record for taped in read_tape(path)]


def excerpted(data: bytes, tmp_path: Path) -> list[TapeStart | Seen]:
    path = tmp_path / "excerpt.jsonl"
    path.write_bytes(data)
    return records(path)


def test_a_tape_reads_back_record_by_record_with_what_each_led_to(tmp_path: Path) -> None:
    tape = Tape(tmp_path / "o.jsonl", START)
    told: list[Seen] = [look(0), look(2, car(score=0.8137)), lost(3), look(9)]
    for record in told:
        tape.append(record, state_before=STATE)
        if record == told[1]:
            tape.made(MADE)
    tape.close()
    read = list(read_tape(tmp_path / "o.jsonl"))
    assert [taped.record for taped in read] == [BEGUN, *told]
    assert [taped.made for taped in read] == [(), (), (MADE,), (), ()]


def test_an_excerpt_holds_the_records_from_a_moment_on_and_whose_they_are(tmp_path: Path) -> None:
    start = msgspec.structs.replace(START, state={"zones": {}})
    tape = Tape(tmp_path / "o.jsonl", start)
    told = [look(second) for second in range(200)]
    for record in told:
        tape.append(record, state_before=STATE)
    tape.made(MADE)
    excerpt = tape.excerpt(told[150].at_ns)
    assert excerpt.is_whole
    assert excerpted(excerpt.data, tmp_path) == [START, *told[150:]]
    tape.close()


def test_a_full_file_is_put_aside_and_each_begins_with_the_judges_state(tmp_path: Path) -> None:
    tape = Tape(tmp_path / "o.jsonl", START, rotation=Rotation(max_file_bytes=3000, max_files=50))
    told = [look(second) for second in range(100)]
    for record in told:
        tape.append(record, state_before=STATE)
    tape.close()
    files = [*sorted(tmp_path.glob("o-*.jsonl")), tmp_path / "o.jsonl"]
    assert len(files) > 5
    read = [records(path) for path in files]
    assert [record for file in read for record in file if isinstance(record, Observation)] == told
    assert [file[0] for file in read] == [BEGUN] * len(files)


def test_a_tape_whose_next_file_cannot_be_begun_goes_on_when_it_can(tmp_path: Path) -> None:
    folder = tmp_path / "tape"
    tape = Tape(folder / "o.jsonl", START, rotation=Rotation(max_file_bytes=1, max_files=50))
    tape.append(look(0), state_before=STATE)
    folder.rename(tmp_path / "away")
    with pytest.raises(FileNotFoundError):
        tape.append(look(2), state_before=STATE)
    with pytest.raises(EvidenceError):
        tape.made(MADE)
    (tmp_path / "away").rename(folder)
    tape.append(look(4), state_before=STATE)
    tape.close()
    assert records(folder / "o.jsonl") == [BEGUN, look(4)]


def test_an_excerpt_reaches_back_over_files_that_were_put_aside(tmp_path: Path) -> None:
    tape = Tape(tmp_path / "o.jsonl", START, rotation=Rotation(max_file_bytes=3000, max_files=50))
    told = [look(second) for second in range(100)]
    for record in told:
        tape.append(record, state_before=STATE)
    excerpt = tape.excerpt(told[20].at_ns)
    assert excerpt.is_whole
    assert excerpted(excerpt.data, tmp_path) == [START, *told[20:]]
    tape.close()


def test_the_oldest_files_go_when_there_are_too_many_and_an_excerpt_then_says_that_it_is_not_whole(
    tmp_path: Path,
) -> None:
    tape = Tape(tmp_path / "o.jsonl", START, rotation=Rotation(max_file_bytes=3000, max_files=3))
    told = [look(second) for second in range(200)]
    for record in told:
        tape.append(record, state_before=STATE)
    assert len(list(tmp_path.glob("o*.jsonl"))) == 3
    assert tape.files_let_go > 0
    assert not tape.excerpt(told[5].at_ns).is_whole
    assert tape.excerpt(told[195].at_ns).is_whole
    tape.close()


def test_a_tape_opened_again_puts_the_one_before_aside_and_still_reaches_it(tmp_path: Path) -> None:
    first = Tape(tmp_path / "o.jsonl", START, rotation=Rotation())
    first.append(look(0), state_before=STATE)
    first.append(look(2), state_before=STATE)
    first.close()
    second = Tape(tmp_path / "o.jsonl", START, rotation=Rotation())
    second.append(look(4), state_before=STATE)
    assert excerpted(second.excerpt(look(2).at_ns).data, tmp_path) == [START, look(2), look(4)]
    second.close()


def test_a_last_line_that_a_dying_process_left_unfinished_is_no_record(tmp_path: Path) -> None:
    tape = Tape(tmp_path / "o.jsonl", START)
    tape.append(look(0), state_before=STATE)
    tape.close()
    whole = (tmp_path / "o.jsonl").read_bytes()
    (tmp_path / "torn.jsonl").write_bytes(whole + whole.splitlines(keepends=True)[1][:-20])
    assert records(tmp_path / "torn.jsonl") == [BEGUN, look(0)]


@pytest.mark.parametrize(
    "data", [b"", b"{}\n", b"\xff\xff\n", b'{"kind":"stream_lost","device":"c","at_ns":1,"reason":""}\n', b"[" * 99_999]
)
def test_a_file_that_is_no_tape_is_one_typed_error(data: bytes, tmp_path: Path) -> None:
    path = tmp_path / "no.jsonl"
    path.write_bytes(data)
    with pytest.raises(ContractError):
        list(read_tape(path))


def test_a_broken_line_is_named_by_its_number(tmp_path: Path) -> None:
    path = tmp_path / "no.jsonl"
    path.write_bytes(msgspec.json.encode(START) + b"\n{broken\n")
    with pytest.raises(ContractError, match=r"no\.jsonl:2"):
        list(read_tape(path))


def test_the_plates_of_those_who_may_stand_there_stay_out_of_an_excerpt_and_are_counted(tmp_path: Path) -> None:
    (zone, *others) = START.zones
    entry = {"plate": "皖A12345", "begin": "2026-01-01", "end": "2026-12-31", "because": "resident"}
    listed = msgspec.structs.replace(zone, rule={**zone.rule, "exempt": [entry, entry]})
    tape = Tape(tmp_path / "o.jsonl", msgspec.structs.replace(START, zones=(listed, *others)))
    tape.append(look(0), state_before=STATE)
    data = tape.excerpt(look(0).at_ns).data
    tape.close()
    assert "皖A12345" not in data.decode()
    head, _ = excerpted(data, tmp_path)
    assert head == msgspec.structs.replace(START, withheld={zone.zone: 2})
    kept = records(tmp_path / "o.jsonl")[0]
    assert isinstance(kept, TapeStart)
    assert kept.zones[0].rule["exempt"] == [entry, entry]  # on the gateway it is judged again by the same list
