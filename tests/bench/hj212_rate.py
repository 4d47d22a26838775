"""HJ 212 frames of 300 bytes decoded per second and core: strict verdict, tolerances and check, beside a bare regex."""

from __future__ import annotations

import random
import re
import time
from collections.abc import Callable

from edge.sensors.hj212 import crc
from edge.sensors.hj212.decoder import Decoder, Fate
from edge.sensors.hj212.encoder import Draft, encode
from tests.bench.lines import BenchLine
from tests.unit.hj212.frames import FAULTS, NOW, compatible, together

FRAMES = 20_000
DEVICES = 50
BUDGET = ">= 10,000 /s, aim 20,000"
READ_BYTES = 1460  # one segment of TCP
SLIPPED = 4000
DAMAGED = 2000

# What most public parsers amount to: frame by the line end, fields by regex, check off.
_SIMPLE_FRAME = re.compile(rb"##(\d{4})(.*?)([0-9A-F]{4})\r\n", re.DOTALL)
_SIMPLE_PAIR = re.compile(rb"([\w-]+)=([^;,&]*)")


def frames(count: int = FRAMES) -> list[bytes]:
    """Conforming uploads of several devices, eight values with marks or states, changing each time."""
    chance = random.Random(212)
    made = []
    for number in range(count):
        at = f"202612{1 + number // 86400 % 28:02d}{number // 3600 % 24:02d}{number // 60 % 60:02d}{number % 60:02d}"
        measured = [
            f"{code}-Rtd={chance.uniform(0, 40):.2f},{code}-Flag=N"
            for code in ("a34041", "a34000", "a24088", "a01012", "a01014")
        ]
        states = [f"SB{one}-RS={chance.randint(0, 1)}" for one in (1, 2, 3)]
        area = ";".join([f"DataTime={at}", *measured, *states])
        mn = f"A3307260000000000000{number % DEVICES:04d}"
        made.append(
            encode(Draft(qn=f"{at}{number % 1000:03d}", st="31", cn="2011", pw="123456", mn=mn, flag=5, area=area))
        )
    return made


def measure_decode_rate(made: list[bytes]) -> BenchLine:
    """All of the way: framing, check, parse, marks, memory of the device, the answer owed."""
    decoder = Decoder()
    began_s, accepted = time.process_time(), 0
    for number, frame in enumerate(made):
        accepted += sum(one.fate is Fate.ACCEPTED for one in decoder.feed(frame, at_s=float(number)))
    rate = accepted / (time.process_time() - began_s)
    mean = sum(map(len, made)) / len(made)
    return BenchLine("HJ 212: conforming frames judged, one core", rate, "/s", BUDGET, f"{mean:.0f} bytes each, mean")


def measure_stream_rate(made: list[bytes]) -> BenchLine:
    """The same frames as TCP brings them: cut anywhere."""
    stream = b"".join(made)
    decoder = Decoder()
    began_s, accepted = time.process_time(), 0
    for begin in range(0, len(stream), READ_BYTES):
        accepted += len(decoder.feed(stream[begin : begin + READ_BYTES], at_s=float(begin)))
    assert accepted == len(made)
    return BenchLine(
        "HJ 212: the same in reads of 1460 bytes", accepted / (time.process_time() - began_s), "/s", BUDGET
    )


def measure_slipped_rate(count: int = SLIPPED) -> BenchLine:
    """Frames with one to three slips each: the way through the tolerances."""
    chance = random.Random(2017)
    made: list[bytes] = []
    while len(made) < count:
        faults = [one for one in chance.sample(FAULTS, chance.choice((1, 2, 3))) if one.tolerance != "T5"]
        if faults and compatible(*faults):
            made.append(together(*faults)[0])
    decoder = Decoder()
    began_s = time.process_time()
    for number, frame in enumerate(made):
        decoder.feed(frame, at_s=10.0 * number, clock=NOW)
        decoder.silence(at_s=10.0 * number + 5, clock=NOW)
    return BenchLine("HJ 212: frames with one to three slips", count / (time.process_time() - began_s), "/s", BUDGET)


def measure_simple_rate(made: list[bytes]) -> BenchLine:
    """The simplest parser, and what it lets through: frames with one changed character."""
    began_s = time.process_time()
    for frame in made:
        _simple(frame)
    rate = len(made) / (time.process_time() - began_s)
    taken = [
        f"{changed} changed digits: it {_taken(_simple, changed)}, the decoder {_taken(_ours, changed)}"
        for changed in (1, 2)
    ]
    note = f"taken of {DAMAGED} damaged frames, {'; '.join(taken)}"
    return BenchLine("HJ 212: the simplest regex parser, no check", rate, "/s", note=note)


def measure_check_rate(made: list[bytes]) -> BenchLine:
    """The check alone, folded, beside the table step a byte that is usual."""
    texts = [frame[6:-6] for frame in made[:5000]]
    began_s = time.process_time()
    for text in texts:
        crc.hj(text)
    folded_us = (time.process_time() - began_s) / len(texts) * 1e6
    began_s = time.process_time()
    for text in texts:
        crc.modbus(text)
    table_us = (time.process_time() - began_s) / len(texts) * 1e6
    note = f"a table step a byte (as MODBUS needs): {table_us:.1f} us"
    return BenchLine("HJ 212: the check of one frame", folded_us, "us", note=note)


def _simple(frame: bytes) -> bool:
    found = _SIMPLE_FRAME.match(frame)
    return found is not None and bool(dict(_SIMPLE_PAIR.findall(found[2])))


def _ours(frame: bytes) -> bool:
    decoder = Decoder()
    outcomes = decoder.feed(frame, at_s=0.0) + decoder.silence(at_s=9.0)
    return any(one.fate in (Fate.ACCEPTED, Fate.STORED_RAW) for one in outcomes)


def _taken(parse: Callable[[bytes], bool], changed: int) -> int:
    """How many damaged frames a parser takes for good; two digits are where an eight-bit check is weakest."""
    chance = random.Random(5)
    taken = 0
    for frame in frames(DAMAGED):
        damaged = bytearray(frame)
        digits = [at for at in range(6, len(frame) - 8) if chr(frame[at]).isdigit()]
        for at in chance.sample(digits, changed):
            damaged[at] = chance.choice([byte for byte in b"0123456789" if byte != damaged[at]])
        taken += parse(bytes(damaged))
    return taken


def main() -> None:
    """Prints the figures."""
    made = frames()
    measure_decode_rate(made).show()
    measure_stream_rate(made).show()
    measure_slipped_rate().show()
    measure_simple_rate(made).show()
    measure_check_rate(made).show()


if __name__ == "__main__":
    main()
