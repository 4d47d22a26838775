"""The small parts by themselves: values, names, tolerances, sealing, escapes, answers, encoder."""

from __future__ import annotations

import pytest

from contract.errors import ContractError
from edge.sensors.hj212.answers import answer_frame
from edge.sensors.hj212.crc import Variant
from edge.sensors.hj212.encoder import Draft, encode, frame_of, split
from edge.sensors.hj212.escapes import escaped, read_lines, unescaped
from edge.sensors.hj212.header import Header
from edge.sensors.hj212.names import Kind, name_of
from edge.sensors.hj212.sealing import is_sealed, seal, unseal
from edge.sensors.hj212.tolerances import SCORED_FRAMES, Tolerance, conformity, in_order, penalty
from edge.sensors.hj212.values import is_qn, moment, number
from tests.unit.hj212.frames import MN, judged

KEY = b"0" * 16


@pytest.mark.parametrize(
    ("text", "value", "clean"),
    [("0.62", 0.62, True), ("-0.13", -0.13, True), ("0", 0.0, True), ("007", 7.0, True), ("1.2E-1", 0.12, False),
     (".5", 0.5, False), ("+1", 1.0, False), ("1.", 1.0, False), ("NaN", None, False), ("", None, False),
     ("0.62mg/m3", None, False), ("-", None, False), ("1e999", None, False), ("inf", None, False), ("1_0", None, False),
     ("0x10", None, False), ("０.5", None, False), ("1" * 65, None, False)],
)  # fmt: skip
def test_a_number_is_read_or_null_and_never_zero_by_mistake(text: str, value: float | None, clean: bool) -> None:
    assert number(text) == (value, clean)


@pytest.mark.parametrize(
    ("text", "iso", "clean"),
    [("20261203113000", "2026-12-03T11:30:00+08:00", True), ("20261203113000000", "2026-12-03T11:30:00+08:00", False),
     ("2026-12-03 11:30:00", "2026-12-03T11:30:00+08:00", False),
     ("2026/12/03T11:30:00", "2026-12-03T11:30:00+08:00", False),
     ("20261131113000", None, False), ("00000000000000", None, False), ("20261203", None, False), ("", None, False)],
)  # fmt: skip
def test_a_time_is_read_or_null(text: str, iso: str | None, clean: bool) -> None:
    when, is_clean = moment(text)
    assert (when.isoformat() if when else None, is_clean) == (iso, clean)


@pytest.mark.parametrize(("text", "good"), [("20261203113000123", True), ("20261203113000", False), ("x" * 17, False)])
def test_a_request_number_is_a_moment_in_milliseconds(text: str, good: bool) -> None:
    assert is_qn(text) is good


def test_names_are_mended_and_unknown_ones_kept() -> None:
    assert (name_of("a34041-RTD").field, name_of("A34041-Rtd").code) == ("Rtd", "a34041")
    assert (name_of("sb1-rs").code, name_of("datatime").code) == ("SB1", "DataTime")
    unknown = name_of("FAN-X-Speed")
    assert (unknown.code, unknown.field, unknown.kind, unknown.slips) == ("FAN-X", "Speed", Kind.FREE, ())


def test_there_are_nineteen_tolerances_and_each_says_what_it_is() -> None:
    assert [tolerance.value for tolerance in Tolerance] == [f"T{number}" for number in range(1, 20)]
    assert all(tolerance.__doc__ == tolerance.meaning and tolerance.penalty > 0 for tolerance in Tolerance)
    assert in_order([Tolerance.MN_FORM, Tolerance.NOISE, Tolerance.LINE_END, Tolerance.NOISE]) == (
        Tolerance.NOISE, Tolerance.LINE_END, Tolerance.MN_FORM,
    )  # fmt: skip


@pytest.mark.parametrize(
    ("names", "cost"),
    [("T3 T9 T14 T17", 1), ("T1 T2 T8 T10 T13 T16 T18 T19", 2), ("T5 T7 T11 T15", 3), ("T12", 4), ("T4 T6", 5)],
)
def test_each_slip_costs_what_the_reference_proposes(names: str, cost: int) -> None:
    assert {penalty([tolerance]) for tolerance in Tolerance if tolerance.value in names.split()} == {cost}


def test_the_score_looks_at_the_last_frames_and_ends_at_zero() -> None:
    assert conformity([]) == 100.0
    assert conformity([20] * 10) == 0.0
    assert conformity([20] * 500 + [0] * SCORED_FRAMES) == 100.0
    assert conformity([4, 0]) == 90.0


def test_sm4_has_the_check_value_of_its_standard() -> None:
    """GB/T 32907-2016 A.1: key and plain text 0123456789ABCDEFFEDCBA9876543210."""
    block = bytes.fromhex("0123456789abcdeffedcba9876543210")
    sealed = seal(b"CP=&&" + block + b"&&", block)
    shown = ",".join(f"0x{byte:02X}" for byte in bytes.fromhex("681edf34d206965e86b3e94f536e4246"))
    assert sealed == f"CP=&&{{{shown}}}&&".encode()


@pytest.mark.parametrize("size", [0, 1, 15, 16, 17, 160, 171])
def test_a_sealed_area_opens_with_its_key(size: int) -> None:
    data = b"MN=1;CP=&&" + bytes(97 + index % 26 for index in range(size)) + b"&&"
    sealed = seal(data, KEY)
    assert is_sealed(sealed) is (size >= 16)
    assert not is_sealed(sealed) or unseal(sealed, KEY) == data


@pytest.mark.parametrize("area", [b"{0x21}", b"{0x21,0xZZ}", b"{}", b"{0x21", b"{" + b"0x00," * 15 + b"0x0}"])
def test_a_sealed_area_of_no_whole_blocks_stays_sealed(area: bytes) -> None:
    assert unseal(b"CP=&&" + area + b"&&", KEY) is None


def test_escapes_give_the_bytes_back() -> None:
    data = bytes(range(256)) + b"##\\x41\r\n"
    assert unescaped(escaped(data).encode()) == data
    assert unescaped(rb"a\r\n\\n\x23\q") == b"a\r\n\\n#\\q"
    assert not escaped(b"# no comment").startswith("# ")


def test_only_four_fields_of_a_comment_are_read() -> None:
    text = (
        b"# id: far; group: far\n\n# verdict: accepted; id: A1; dir: down; group: G; recv: 20261203113000; why: x\n"
        b"ab\\r\ncd\n"
    )
    first, second = read_lines(text.split(b"\n"))
    assert (first.number, first.id, first.group, first.uploaded, first.data) == (4, "A1", "G", False, b"ab\r")
    assert first.recv is not None
    assert (second.number, second.id, second.group, second.uploaded, second.recv) == (5, None, None, True, None)


def test_an_unreadable_clock_in_a_comment_is_told_with_its_line() -> None:
    with pytest.raises(ContractError, match="line 2: recv"):
        list(read_lines([b"# recv: yesterday", b"ab"]))


def _header(**changes: object) -> Header:
    (outcome,) = judged(encode(Draft(**({"qn": "20261203113000123", "st": "31", "cn": "2999", "pw": "123456",
                                         "mn": MN, "flag": 5} | changes))))  # type: ignore[arg-type]  # fmt: skip
    assert outcome.message is not None
    return outcome.message.header


@pytest.mark.parametrize(
    ("changes", "segment"),
    [
        ({}, f"QN=20261203113000123;ST=91;CN=9014;PW=123456;MN={MN};Flag=4;CP=&&&&"),
        ({"flag": 9}, f"QN=20261203113000123;ST=91;CN=9014;PW=123456;MN={MN};Flag=8;CP=&&&&"),
        ({"flag": 1}, f"ST=91;CN=9014;PW=123456;MN={MN};Flag=0;CP=&&QN=20261203113000123&&"),
        ({"qn": None, "pw": None}, f"ST=91;CN=9014;MN={MN};Flag=4;CP=&&&&"),
    ],
)
def test_an_answer_has_the_form_of_the_devices_version(changes: dict[str, object], segment: str) -> None:
    assert answer_frame(_header(**changes), "9014") == frame_of(segment.encode())


@pytest.mark.parametrize("variant", list(Variant))
def test_an_answer_has_the_check_that_the_device_uses(variant: Variant) -> None:
    (outcome,) = judged(answer_frame(_header(), "9011", variant=variant, fields="QnRtn=1"))
    assert outcome.message is not None
    assert outcome.message.variant is variant


def test_a_request_answer_of_2005_carries_both_number_and_result() -> None:
    (outcome,) = judged(answer_frame(_header(flag=1), "9011", fields="QnRtn=1"))
    assert outcome.message is not None
    assert [value.code for value in outcome.message.values] == ["QN", "QnRtn"]


def test_what_fits_in_no_frame_is_refused() -> None:
    with pytest.raises(ContractError, match="split the message"):
        encode(Draft(mn=MN, cn="2011", area="x" * 10_000))
    with pytest.raises(ContractError, match="one item of 2000 bytes"):
        list(split(Draft(mn=MN, cn="2011", area="x" * 2000)))
