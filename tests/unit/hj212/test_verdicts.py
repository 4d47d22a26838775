"""Each verdict, reason, mark and answer on a frame of our own: what a device sends, what it must be called."""

from __future__ import annotations

import pytest

from edge.sensors.hj212.crc import Variant, check_field
from edge.sensors.hj212.decoder import Decoder
from edge.sensors.hj212.encoder import Draft, encode, frame_of, segment
from edge.sensors.hj212.sealing import seal
from tests.unit.hj212.frames import CLEAN, FAULTS, MN, NOW, Fault, Wire, judged, together, verdicts

KEY = b"0" * 16
GOOD = Wire().sent()


def draft(**changes: object) -> Draft:
    """An upload of a 2017 device that wants an answer."""
    fields: dict[str, object] = {
        "qn": "20261203113000123", "st": "31", "cn": "2011", "pw": "123456", "mn": MN, "flag": 5,
        "area": "DataTime=20261203113000;a34041-Rtd=0.62,a34041-Flag=N",
    }  # fmt: skip
    return Draft(**(fields | changes))  # type: ignore[arg-type]


def sent(**changes: object) -> bytes:
    return encode(draft(**changes))


@pytest.mark.parametrize("fault", FAULTS, ids=lambda fault: fault.name)
def test_one_slip_is_forgiven_by_its_own_name(fault: Fault) -> None:
    raw, verdict = together(fault)
    (outcome,) = judged(raw)
    assert outcome.verdict == verdict
    assert outcome.message is not None
    assert not outcome.message.conforms


CONFORMING = {
    "real-time data": (sent(), "9014"),
    "no answer wanted": (sent(flag=4), None),
    "2025": (sent(flag=9), "9014"),
    "2025, a split flag of two digits, whole": (sent(flag=11, part=(1, 1)), "9014"),
    "late data": (sent(flag=9, late=True, area="DataTime=20261203010000;a34041-Rtd=0.62,a34041-Flag=N"), "9014"),
    "power use": (sent(flag=9, st="44", area="DataTime=20261203113000;d30106-Rtd=220.20,d30106-Flag=N"), "9014"),
    "heartbeat of 2025": (sent(flag=9, st="91", cn="9015", area=""), "9013"),
    "a clock is asked for": (sent(cn="1013", area="PolId=a34041"), "9013"),
    "states": (sent(cn="2021", area="DataTime=20261203113000;SB1-RS=1;SB2-RS=0"), "9014"),
    "run times": (sent(cn="2041", area="DataTime=20261202000000;SB1-RT=1.1;SB2-RT=2.1"), "9014"),
    "minute data, half an hour old": (
        sent(cn="2051", area="DataTime=20261203110000;a34041-Min=1.1,a34041-Avg=2.2,a34041-Flag=N"), "9014",
    ),
    "2005 without QN and Flag": (
        encode(Draft(st="31", cn="2011", pw="123456", mn="88888880000001", area="DataTime=20261203113000;S03-Rtd=4")),
        None,
    ),
    "2005, Flag 3 without parts": (
        encode(Draft(qn="20040516010101001", st="32", cn="1000", pw="1", mn="88888880000001", flag=3, area="x=3")),
        "9014",
    ),
    "2005, times joined by a comma": (
        encode(Draft(st="32", cn="2051", pw="1", mn="88888880000001", flag=0,
                     area="DataTime=20040516010101;BeginTime=20040516010101,EndTime=20040516010102")),
        None,
    ),
    "text in UTF-8": (sent(cn="3020", area="DataTime=20261203113000;i11001-Info=//净化器//"), "9014"),
    "a look-alike start in a text": (
        sent(cn="3020", area="DataTime=20261203113000;i21001-Info=//fan ##0101 #1, on; 2=3//"), "9014",
    ),
    "a whole look-alike header in a text": (
        sent(cn="3020", area="DataTime=20261203113000;i21001-Info=//rx ##0101QN=1 cut//"), "9014",
    ),
    "blank lines behind": (GOOD + b"\r\n\r\n", "9014"),
}  # fmt: skip


@pytest.mark.parametrize(("raw", "answer"), CONFORMING.values(), ids=CONFORMING)
def test_what_conforms_is_accepted_and_answered_by_its_bit(raw: bytes, answer: str | None) -> None:
    (outcome,) = judged(raw)
    assert (outcome.verdict, outcome.answer) == ("accepted", answer)
    assert outcome.message is not None
    assert outcome.message.conforms


NAMED = {
    "a command of 2017 from a 2005 device": (
        encode(Draft(st="31", cn="1013", pw="1", mn="88888880000001", flag=1, qn="20261203113000123", area="x=1")),
        "accepted-tolerant(T17)", "9013",
    ),
    "an alarm of 2005 from a 2017 device": (
        sent(cn="2071", area="DataTime=20261203113000;a34041-Ala=1.1"), "accepted-tolerant(T17)", "9014",
    ),
    "power use without the Flag of 2025": (sent(st="44"), "accepted-tolerant(T17)", "9014"),
    "heartbeat of a vendor": (sent(st="91", cn="9015", area=""), "accepted-tolerant(T17)", "9013"),
    "login of a vendor": (sent(st="91", cn="9021", area=""), "accepted-tolerant(T17)", "9013"),
    "Flag is no number": (sent(flag="A"), "accepted-tolerant(T18,T19)", None),
    "Flag beyond a byte": (sent(flag=261), "accepted-tolerant(T18,T19)", None),
    "parts without their bit": (sent(part=(1, 2)), "partial(1/2) (T18)", "9014"),
    "no Flag at all": (sent(flag=None), "accepted-tolerant(T19)", None),
    "a header field of nobody": (
        frame_of(CLEAN.replace(b"ST=31", b"Ver=2;ST=31")), "accepted-tolerant(T7)", "9014",
    ),
    "times joined by a comma in 2017": (
        sent(cn="3020", area="DataTime=20261203113000;BeginTime=20261203110000,EndTime=20261203113000"),
        "accepted-tolerant(T8)", "9014",
    ),
    "CP longer than 950, segment not over 1024": (
        sent(area="DataTime=20261203113000;i1-Info=//" + "x" * 915 + "//"), "accepted-tolerant(T13)", "9014",
    ),
    "unknown command": (sent(cn="2999"), "stored-raw(unknown-cn)", "9014"),
    "a command of letters": (sent(cn="20A1"), "stored-raw(unknown-cn)", "9014"),
    "a system of letters": (sent(st="XX"), "accepted-tolerant(T17)", "9014"),
    "a system of signs": (sent(st="?!"), "rejected(bad-field)", None),
    "empty upload": (sent(area=""), "stored-raw(no-data)", "9014"),
    "upload of a time alone": (sent(area="DataTime=20261203113000"), "stored-raw(no-data)", "9014"),
    "sealed": (frame_of(seal(segment(draft(flag=9)), KEY)), "stored-raw(encrypted)", "9014"),
    "PNO over PNUM": (sent(flag=7, part=(3, 2)), "rejected(bad-field)", None),
    "PNO 0": (sent(flag=7, part=(0, 2)), "rejected(bad-field)", None),
    "no MN": (frame_of(CLEAN.replace(b"MN=" + MN.encode() + b";", b"")), "rejected(bad-field)", None),
    "no CN": (frame_of(CLEAN.replace(b"CN=2011;", b"")), "rejected(bad-field)", None),
    "no CP": (frame_of(CLEAN.replace(b"CP=&&", b"")), "rejected(bad-field)", None),
    "MN twice": (frame_of(CLEAN.replace(b"MN=A", b"MN=B1;MN=A")), "rejected(bad-field)", None),
    "a value twice, not alike": (
        frame_of(CLEAN.replace(b";SB1-RS=1", b";SB1-RS=1;SB1-RS=0")), "rejected(bad-field)", None,
    ),
    "a mark twice, not alike": (
        frame_of(CLEAN.replace(b"a34041-Flag=N", b"a34041-Flag=N,a34041-Flag=D")), "rejected(bad-field)", None,
    ),
    "one digit changed": (GOOD.replace(b"0.62", b"6.62"), "rejected(bad-crc)", None),
    "CRC 0000": (Wire(crc=b"0000").sent(), "rejected(bad-crc)", None),
    "CRC FFFF, no line end": (Wire(crc=b"FFFF", end=b"").sent(), "rejected(bad-crc)", None),
    "CRC of letters": (Wire(crc=b"ZZZZ").sent(), "rejected(bad-crc)", None),
    "CRC short and wrong": (Wire(crc=b"7C").sent(), "rejected(bad-crc)", None),
    "length and CRC wrong": (Wire(crc=b"1234", more_length=9).sent(), "rejected(bad-length)", None),
    "length short and CRC wrong": (Wire(crc=b"FBB0", more_length=-55).sent(), "rejected(bad-length)", None),
    "no CRC": (Wire(crc=b"").sent(), "rejected(no-crc)", None),
    "no CRC and a wrong length": (Wire(crc=b"", more_length=4).sent(), "rejected(no-crc)", None),
    "length is no number": (GOOD.replace(b"##0", b"##A"), "rejected(bad-header)", None),
    "length of three digits": (b"##" + GOOD[3:], "rejected(bad-header)", None),
    "length of five digits": (b"##0" + GOOD[2:], "rejected(bad-header)", None),
    "a blank in the length": (GOOD.replace(b"##0", b"## "), "rejected(bad-header)", None),
    "no length": (b"##" + GOOD[6:], "rejected(bad-header)", None),
    "length and closing && wrong": (
        Wire(data=CLEAN[:-2]).sent(), "rejected(bad-field)", None,
    ),
    "cut in the data": (GOOD[:80], "incomplete", None),
    "cut in the CRC": (GOOD[:-5], "incomplete", None),
    "cut in the length": (b"##01", "incomplete", None),
    "a heartbeat of a modem": (b"$PING\x00\x01", "ignored(noise)", None),
}  # fmt: skip


@pytest.mark.parametrize(("raw", "verdict", "answer"), NAMED.values(), ids=NAMED)
def test_what_does_not_conform_gets_its_name(raw: bytes, verdict: str, answer: str | None) -> None:
    assert [(one.verdict, one.answer) for one in judged(raw)] == [(verdict, answer)]


SEVERAL = {
    "glued": ([GOOD, sent(cn="2021")], ["accepted", "accepted"]),
    "glued without line end": ([Wire(end=b"").sent(), sent(cn="2021")], ["accepted-tolerant(T2)", "accepted"]),
    "registration text between": ([GOOD + b"www.usr.cn", sent(cn="2021")], ["accepted", "accepted-tolerant(T1)"]),
    "bad, then good": ([Wire(crc=b"0001").sent(), GOOD], ["rejected(bad-crc)", "accepted"]),
    "bad without line end, then good": ([Wire(crc=b"0001", end=b"").sent(), GOOD], ["rejected(bad-crc)", "accepted"]),
    "bad length, noise, good": (
        [Wire(crc=b"0001", more_length=6).sent() + b"AT+CSQ", GOOD], ["rejected(bad-length)", "accepted-tolerant(T1)"],
    ),
    "cut, then whole": ([GOOD[:100], GOOD], ["rejected(truncated)", "accepted"]),
    "cut, then whole with slips": (
        [GOOD[:100], Wire(more_length=12, lower=True).sent()], ["rejected(truncated)", "accepted-tolerant(T3,T6)"],
    ),
    "cut three times": ([GOOD[:40], GOOD[:100], GOOD[:60], GOOD], ["rejected(truncated)"] * 3 + ["accepted"]),
    "cut in the length, then whole": ([b"##02", GOOD], ["rejected(truncated)", "accepted"]),
    "wrong length over the next frame": (
        [Wire(more_length=500).sent(), sent(cn="2021")], ["accepted-tolerant(T6)", "accepted"],
    ),
    "no CRC, glued": ([Wire(crc=b"", end=b"").sent(), GOOD], ["rejected(no-crc)", "accepted"]),
    "bad header, then good": ([b"##" + GOOD[3:], GOOD], ["rejected(bad-header)", "accepted"]),
    "cut, then a bad header, then good": (
        [GOOD[:90], b"##" + GOOD[3:], GOOD], ["rejected(truncated)", "rejected(bad-header)", "accepted"],
    ),
    "whole, then cut": ([GOOD, GOOD[:70]], ["accepted", "incomplete"]),
    "the same twice": ([GOOD, GOOD], ["accepted", "duplicate"]),
    "a sealed one and a clear one": (
        [frame_of(seal(segment(draft(flag=9)), KEY)), GOOD], ["stored-raw(encrypted)", "accepted-tolerant(T15)"],
    ),
}  # fmt: skip


@pytest.mark.parametrize(("raws", "expected"), SEVERAL.values(), ids=SEVERAL)
def test_several_frames_in_one_read_are_judged_one_by_one(raws: list[bytes], expected: list[str]) -> None:
    assert [verdict for verdict in verdicts(b"".join(raws)) if verdict != "ignored(noise)"] == expected


MARKED = {
    "maintenance": (CLEAN.replace(b"34041-Flag=N", b"34041-Flag=M"), ("flag-M",)),
    "two marks": (CLEAN.replace(b"1-Flag=N", b"1-Flag=D").replace(b"0-Flag=N", b"0-Flag=B"), ("flag-D", "flag-B")),
    "no number": (CLEAN.replace(b"0.62", b"NaN"), ("null-value",)),
    "below zero": (CLEAN.replace(b"0.62", b"-0.13"), ("below-zero",)),
    "frost": (CLEAN.replace(b"a34041-Rtd=0.62,a34041", b"S03-Rtd=-7.5,S03"), ()),
    "a code with two meanings": (CLEAN.replace(b"a34000", b"a01001"), ("profile-needed",)),
    "the clock is eight hours off": (CLEAN.replace(b"=20261203113000", b"=20261203033000"), ("clock-skew",)),
    "the clock is ten minutes off": (CLEAN.replace(b"=20261203113000", b"=20261203112002"), ()),
    "the clock stands in 1970": (CLEAN.replace(b"=20261203113000;", b"=19700101080000;"), ("clock-skew",)),
    "an unknown mark": (CLEAN.replace(b"34041-Flag=N", b"34041-Flag=Z"), ()),
}  # fmt: skip


@pytest.mark.parametrize(("data", "quality"), MARKED.values(), ids=MARKED)
def test_stored_data_carry_their_quality_marks(data: bytes, quality: tuple[str, ...]) -> None:
    (outcome,) = judged(frame_of(data))
    assert outcome.quality == quality


def test_a_sealed_frame_is_understood_with_its_key() -> None:
    plain = segment(draft(flag=9))
    sealed_as_printed = b"##%04d%b%b\r\n" % (len(plain), seal(plain, KEY), check_field(plain))
    sealed_as_sent = b"##%04d%b%b\r\n" % (len(seal(plain, KEY)), seal(plain, KEY), check_field(plain))
    for raw in (sealed_as_printed, sealed_as_sent):
        (outcome,) = judged(raw, decoder=Decoder(keys={MN: KEY}))
        assert outcome.verdict == "accepted"
        assert outcome.message is not None
        assert outcome.message.values[0].value == 0.62


def test_a_sealed_frame_with_slips_names_them_once_the_key_is_there() -> None:
    plain = segment(draft(flag=9))
    raw = b"##0007%b%b" % (seal(plain, KEY), check_field(plain, Variant.MODBUS_BE))
    assert verdicts(raw, decoder=Decoder(keys={"*": KEY})) == ["accepted-tolerant(T2,T4,T6)"]
    assert verdicts(raw) == ["stored-raw(encrypted)"]


def test_a_sealed_frame_with_another_key_is_no_data() -> None:
    plain = segment(draft(flag=9))
    raw = b"##%04d%b%b\r\n" % (len(plain), seal(plain, KEY), check_field(plain))
    assert verdicts(raw, decoder=Decoder(keys={"*": b"1" * 16})) == ["rejected(bad-crc)"]


def test_half_a_value_behind_a_decimal_comma_is_never_a_value() -> None:
    (outcome,) = judged(Wire(data=CLEAN.replace(b"0.62", b"0,62")).sent())
    assert outcome.message is not None
    fume = outcome.message.values[0]
    assert (fume.code, fume.value, fume.text, fume.flag) == ("a34041", None, "0,62", "N")


def test_what_the_server_sends_is_never_answered_and_has_no_skew() -> None:
    decoder = Decoder(uploaded=False)
    old = sent(cn="1012", area="SystemTime=20200101000000")
    assert [(one.verdict, one.answer) for one in judged(old, clock=NOW, decoder=decoder)] == [("accepted", None)]
    assert verdicts(sent(cn="1061", area=""), decoder=decoder) == ["accepted"]


def test_noise_of_one_delivery_is_forgotten_after_the_silence() -> None:
    assert verdicts(b"www.usr.cn", GOOD) == ["ignored(noise)", "accepted"]


def test_a_password_is_in_no_representation() -> None:
    (outcome,) = judged(Wire(data=CLEAN.replace(b"123456", b"sesame")).sent())
    assert outcome.message is not None
    assert "sesame" not in repr(outcome.message.header)
