"""Frames of our own making: a clean one, single faults to put into it, and what each fault must be called."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, field, replace
from datetime import datetime

from edge.sensors.hj212.crc import Variant, check_field, recognise
from edge.sensors.hj212.decoder import Decoder, Outcome
from edge.sensors.hj212.values import CHINA

MN = "A33072600000000000000C07"
QN = b"QN=20261203113000123;"
CLEAN = (
    QN + b"ST=31;CN=2011;PW=123456;MN=A33072600000000000000C07;Flag=5;CP=&&DataTime=20261203113000;"
    b"a34041-Rtd=0.62,a34041-Flag=N;a34000-Rtd=1.85,a34000-Flag=N;SB1-RS=1;SB2-RS=1&&"
)
NOW = datetime(2026, 12, 3, 11, 30, 2, tzinfo=CHINA)
FILLER = b"1.85"  # a value that may be changed to get another CRC


@dataclass(frozen=True)
class Wire:
    """A frame in its parts before they are put together."""

    data: bytes = CLEAN
    variant: Variant = Variant.HJ
    before: bytes = b""
    more_length: int = 0
    length: int | None = None
    lower: bool = False
    short: bool = False
    crc: bytes | None = None
    end: bytes = b"\r\n"

    def sent(self) -> bytes:
        """As it goes over the wire; the filler is tuned until the CRC has the letters and zeros that it needs."""
        data = self._tuned()
        field_ = check_field(data, self.variant) if self.crc is None else self.crc
        field_ = field_.lower() if self.lower else field_
        field_ = field_.lstrip(b"0") if self.short else field_
        length = len(data) + self.more_length if self.length is None else self.length
        return b"%b##%04d%b%b%b" % (self.before, length, data, field_, self.end)

    def _tuned(self) -> bytes:
        for number in range(1000):
            data = self.data.replace(FILLER, b"%d.%02d" % divmod(185 + number, 100), 1) if number else self.data
            if self._serves(data):
                return data
        raise AssertionError(f"no value gives the CRC that is needed: {self}")

    def _serves(self, data: bytes) -> bool:
        field_ = check_field(data, self.variant)
        if recognise(data, field_) is not self.variant or field_ == b"0000":
            return False
        letters = any(byte in b"ABCDEF" for byte in field_)
        return (letters or not self.lower) and (field_.startswith(b"0") or not self.short)


@dataclass(frozen=True)
class Fault:
    """One slip: its tolerance, how it is made, and which places it touches (two faults of one place are no pair)."""

    name: str
    tolerance: str
    make: Callable[[Wire], Wire]
    places: frozenset[str] = field(default_factory=frozenset)


def _change(old: bytes, new: bytes) -> Callable[[Wire], Wire]:
    def make(wire: Wire) -> Wire:
        assert wire.data.count(old) >= 1, (old, wire.data)
        return replace(wire, data=wire.data.replace(old, new, 1))

    return make


def _item(text: bytes) -> Callable[[Wire], Wire]:
    def make(wire: Wire) -> Wire:
        return replace(wire, data=wire.data.replace(b";SB1-RS", b";" + text + b";SB1-RS", 1))

    return make


def _wire(**changes: object) -> Callable[[Wire], Wire]:
    return lambda wire: replace(wire, **changes)  # type: ignore[arg-type]


def _fault(name: str, tolerance: str, make: Callable[[Wire], Wire], *places: str) -> Fault:
    return Fault(name, tolerance, make, frozenset(places))


_PADDING = b";".join(b"a25%03d-Rtd=0.000,a25%03d-Flag=N" % (one, one) for one in range(40))
_LOG = "净化器清洗".encode("gb18030")

FAULTS = (
    _fault("modem text", "T1", _wire(before=b"+IPD,0:OK\r\n"), "before"),
    _fault("third hash", "T1", _wire(before=b"#"), "before"),
    _fault("fourth hash", "T1", _wire(before=b"##"), "before"),
    _fault("binary noise", "T1", _wire(before=b"\x00\xff\xfe~"), "before"),
    _fault("no line end", "T2", _wire(end=b""), "end"),
    _fault("LF only", "T2", _wire(end=b"\n"), "end"),
    _fault("CR only", "T2", _wire(end=b"\r"), "end"),
    _fault("lower CRC", "T3", _wire(lower=True), "case"),
    _fault("MODBUS", "T4", _wire(variant=Variant.MODBUS_BE), "crc"),
    _fault("MODBUS low byte first", "T4", _wire(variant=Variant.MODBUS_LE), "crc"),
    _fault("HJ swapped", "T4", _wire(variant=Variant.HJ_SWAPPED), "crc"),
    _fault("CRC short", "T5", _wire(short=True), "short"),
    *(_fault(f"length {more:+}", "T6", _wire(more_length=more), "length") for more in (4, 6, 12, -7, -1, 1, 90)),
    _fault("length 0", "T6", _wire(length=0), "length"),
    _fault("length 9999", "T6", _wire(length=9999), "length"),
    _fault("no QN", "T7", _change(QN, b""), "qn"),
    _fault("no PW", "T7", _change(b"PW=123456;", b""), "pw"),
    _fault("no ST", "T7", _change(b"ST=31;", b""), "st"),
    _fault(
        "MN before PW", "T7", _change(b"PW=123456;MN=%b;" % MN.encode(), b"MN=%b;PW=123456;" % MN.encode()), "pw", "mn"
    ),
    _fault("blank after CP=&&", "T8", _change(b"CP=&&D", b"CP=&& D"), "open"),
    _fault("comma after QN", "T8", _change(b"123;ST", b"123,ST"), "qn", "st"),
    _fault("QN twice", "T8", _change(QN, QN + QN), "qn"),
    _fault("no ; before CP", "T8", _change(b"Flag=5;CP", b"Flag=5CP"), "flag"),
    _fault("no ; before CN", "T8", _change(b"31;CN", b"31CN"), "st", "cn"),
    _fault("blanks around CN", "T8", _change(b"CN=2011", b" CN = 2011"), "cn"),
    _fault("empty item", "T8", _change(b"SB2-RS=1&&", b"SB2-RS=1;;&&"), "close"),
    _fault("comma at the end", "T8", _change(b"SB2-RS=1&&", b"SB2-RS=1,&&"), "close"),
    _fault("comma for semicolon", "T8", _change(b"=N;a34000", b"=N,a34000"), "join"),
    _fault("semicolon for comma", "T8", _change(b",a34000-Flag", b";a34000-Flag"), "join2"),
    _fault("separator lost behind a mark", "T8", _change(b"=N;a34000", b"=Na34000"), "join"),
    _fault("separator lost behind a number", "T8", _change(b"RS=1;SB2", b"RS=1SB2"), "join3"),
    _fault("separator lost behind the time", "T8", _change(b";a34041-Rtd", b"a34041-Rtd"), "join4", "time", "name"),
    _fault("value twice", "T8", _change(b"SB1-RS=1;", b"SB1-RS=1;SB1-RS=1;"), "join3"),
    _fault("flag in lower case", "T9", _change(b"Flag=5", b"flag=5"), "flag"),
    _fault("RTD", "T9", _change(b"a34041-Rtd", b"a34041-RTD"), "name"),
    _fault("DATATIME", "T9", _change(b"DataTime", b"DATATIME"), "open", "time"),
    _fault("factor in upper case", "T9", _change(b"a34041-Rtd", b"A34041-Rtd"), "name", "join4", "time"),
    _fault("GBK text", "T10", _item(b"i11001-Info=//" + _LOG + b"//"), "text"),
    *(
        _fault(f"number {text!r}", "T11", _change(b"0.62", text), "value")
        for text in (
            b"1.2E-1",
            b".5",
            b"+1",
            b"1.",
            b"NaN",
            b"",
            b"0.62mg/m3",
            b"--",
            b"0,62",
            b"null",
            b"inf",
            b"1e999",
        )
    ),
    _fault("17 digits", "T12", _change(b"113000;a", b"113000000;a"), "time", "join4"),
    _fault("separated time", "T12", _change(b"20261203113000;a", b"2026-12-03 11:30:00;a"), "time", "join4"),
    _fault("impossible date", "T12", _change(b"=20261203113000;a", b"=20261131113000;a"), "time", "join4"),
    _fault("clock off", "T12", _change(b"=20261203113000;a", b"=20261203033000;a"), "time", "join4"),
    _fault("no DataTime", "T12", _change(b"DataTime=20261203113000;", b""), "time", "open", "join4"),
    _fault("QN of 14 digits", "T12", _change(b"113000123;", b"113000;"), "qn"),
    _fault("overlong", "T13", _item(_PADDING), "pad"),
    _fault("&& in a text", "T16", _item(b"i21001-Info=//fan&&purifier off//"), "text2"),
    _fault("CR LF in a text", "T16", _item(b"i21001-Info=//one\r\ntwo//"), "text2"),
    _fault("ST 101", "T17", _change(b"ST=31", b"ST=101"), "st"),
    _fault("mark Z", "T17", _change(b"a34041-Flag=N", b"a34041-Flag=Z"), "join"),
    _fault("RF in 2017", "T17", _change(b"Flag=5;CP", b"Flag=5;RF=0;CP"), "flag"),
    _fault("Flag says parts", "T18", _change(b"Flag=5", b"Flag=7"), "flag"),
    _fault("Flag undefined", "T18", _change(b"Flag=5", b"Flag=77"), "flag"),
    _fault("MN form", "T19", _change(b"A33072600000000000000C07", b"JLYP01_AIR01_0001"), "mn"),
    _fault("MN in lower case", "T19", _change(b"A33072600000000000000C07", b"a33072600000000000000c07"), "mn"),
)


def together(*faults: Fault) -> tuple[bytes, str]:
    """One frame with all these faults, and the verdict it must get. Faults of the wire come last; texts last of all."""
    wire = Wire()
    for fault in faults:
        wire = fault.make(wire)
    names = sorted({fault.tolerance for fault in faults}, key=lambda name: int(name[1:]))
    return wire.sent(), f"accepted-tolerant({','.join(names)})" if names else "accepted"


def compatible(*faults: Fault) -> bool:
    """Whether no two of them touch the same place."""
    return sum(len(fault.places) for fault in faults) == len(frozenset().union(*(fault.places for fault in faults)))


def judged(*lines: bytes, clock: datetime | None = NOW, decoder: Decoder | None = None) -> list[Outcome]:
    """What a link says to these deliveries, a silence after each."""
    decoder = decoder or Decoder()
    outcomes = []
    for number, line in enumerate(lines):
        outcomes += decoder.feed(line, at_s=10.0 * number, clock=clock)
        outcomes += decoder.silence(at_s=10.0 * number + 5, clock=clock)
    return outcomes


def verdicts(*lines: bytes, clock: datetime | None = NOW, decoder: Decoder | None = None) -> list[str]:
    """The verdicts alone."""
    return [outcome.verdict for outcome in judged(*lines, clock=clock, decoder=decoder)]
