"""The HJ 212 decoder under fuzzing: structured (own frames, faults, cuts) and, where atheris is installed, guided.

`python -m tests.fuzz.hj212 --seconds 60` runs structured inputs; `--guided` lets coverage choose; `--inputs N` stops at
a count. What was run is added up in the folder, so a campaign goes on where it stopped; a crash leaves its input there.
"""

from __future__ import annotations

import argparse
import json
import random
import sys
import time
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from itertools import count
from pathlib import Path

from edge.sensors.hj212.crc import check_field
from edge.sensors.hj212.decoder import Decoder, overdue_splits
from edge.sensors.hj212.framing import MAX_OPEN_BYTES
from edge.sensors.hj212.memory import MAX_REMEMBERED, Devices
from edge.sensors.hj212.splits import MAX_OPEN_SETS, OPEN_S
from tests.unit.hj212.frames import FAULTS, NOW, Wire, compatible

FOLDER = Path(__file__).parent / "corpus" / "hj212"
SLOWEST_S = 1.0  # of CPU for one input: beyond it is a hang
CHECK_EVERY = 500
_KEYS = {"*": b"0" * 16}
_TOKENS = (
    b"##", b"##0000",
    b"##9999", b"##0218QN=", b"&&", b"&&&&", b"CP=&&", b"CP=&&{0x00,", b"}", b"\r\n", b"\r", b"\n", b"#",
    b";", b",", b"=", b"//",
    b"Flag=", b"PNUM=9999;PNO=1;", b"DataTime=", b"-Rtd=", b"-Flag=", b"\xff", b"\x00", b"QN=",
    b"MN=", b"Info=//", b"9" * 70, b"E999", b"{0x" + b"41,0x" * 40,
)  # fmt: skip


@dataclass
class Target:
    """A decoder that lives through many inputs, so that what it remembers is under test too."""

    decoder: Decoder
    at_s: float = 0.0
    inputs: int = 0

    def take(self, data: bytes, cuts: tuple[int, ...] = ()) -> None:
        """One delivery in pieces, then a silence; what must always hold is asserted."""
        begin, pieces = 0, 0
        for cut in (*cuts, len(data)):
            pieces += len(self.decoder.feed(data[begin:cut], at_s=self.at_s, clock=NOW))
            begin = cut
            assert len(self.decoder.link.held) <= MAX_OPEN_BYTES
        self.at_s += 2.5
        pieces += len(self.decoder.silence(at_s=self.at_s, clock=NOW))
        assert not self.decoder.link.held
        assert pieces <= len(data)
        self.inputs += 1
        if self.inputs % CHECK_EVERY == 0:
            self._check_memory()

    def _check_memory(self) -> None:
        devices = self.decoder.devices
        assert len(devices.by_mn) <= devices.limit
        for memory in devices.by_mn.values():
            assert len(memory.seen) <= MAX_REMEMBERED
            assert len(memory.open_sets) <= MAX_OPEN_SETS
        if self.inputs % (CHECK_EVERY * 20) == 0:
            overdue_splits(devices, at_s=self.at_s + OPEN_S)


def target() -> Target:
    """A fresh one with a key, so that sealed areas are opened too."""
    return Target(Decoder(devices=Devices(limit=16), keys=_KEYS))


def structured(chance: random.Random) -> Iterator[tuple[bytes, tuple[int, ...]]]:
    """Deliveries made of faulty frames, cut and mutated, with where to cut them. Endless."""
    stock = _stock(chance)
    for number in count():
        if number % 5000 == 4999:
            stock = _stock(chance)
        data = b"".join(chance.choice(stock) for _ in range(chance.choice((1, 1, 1, 2, 3))))
        for _ in range(chance.choice((0, 1, 1, 2, 4))):
            data = chance.choice(_MUTATIONS)(data, chance)
        size = len(data)
        cuts = tuple(sorted(chance.randrange(size + 1) for _ in range(chance.choice((0, 0, 1, 3)))))
        yield data, cuts if number % 200 or size > 600 else tuple(range(1, size))


def _stock(chance: random.Random) -> list[bytes]:
    """Frames with up to three faults each; the check is computed after the faults, so that the inside is reached."""
    frames: list[bytes] = []
    while len(frames) < 200:
        faults = [fault for fault in chance.sample(FAULTS, chance.choice((0, 1, 2, 3))) if fault.tolerance != "T5"]
        if not compatible(*faults):
            continue
        wire = Wire()
        for fault in faults:
            wire = fault.make(wire)
        if chance.random() < 0.5:
            wire = Wire(
                _within(wire.data, chance), wire.variant, wire.before, wire.more_length, wire.length, end=wire.end
            )
        if b"\x00" not in wire.before and 0 <= len(wire.data) + wire.more_length <= 9999:
            frames.append(_sent(wire))
    return frames


def _within(data: bytes, chance: random.Random) -> bytes:
    """The data segment mutated before its check is made."""
    for _ in range(chance.randint(1, 4)):
        data = chance.choice(_MUTATIONS)(data, chance)
    return data[:9000]


def _sent(wire: Wire) -> bytes:
    """Without tuning: a mutated segment has no filler to tune."""
    length = len(wire.data) + wire.more_length if wire.length is None else wire.length
    return b"%b##%04d%b%b%b" % (wire.before, length, wire.data, check_field(wire.data, wire.variant), wire.end)


def _put(data: bytes, chance: random.Random) -> bytes:
    at = chance.randrange(len(data) + 1)
    return data[:at] + chance.choice(_TOKENS) + data[at:]


def _drop(data: bytes, chance: random.Random) -> bytes:
    at = chance.randrange(len(data) + 1)
    return data[:at] + data[at + chance.choice((1, 1, 2, 9, 60)) :]


def _flip(data: bytes, chance: random.Random) -> bytes:
    if not data:
        return data
    at = chance.randrange(len(data))
    return data[:at] + bytes((data[at] ^ (1 << chance.randrange(8)),)) + data[at + 1 :]


def _double(data: bytes, chance: random.Random) -> bytes:
    at = chance.randrange(len(data) + 1)
    until = at + chance.choice((1, 8, 40))
    return data[:until] + data[at:until] * chance.choice((1, 1, 1, 30)) + data[until:]


def _cut(data: bytes, chance: random.Random) -> bytes:
    return data[: chance.randrange(len(data) + 1)]


_MUTATIONS: tuple[Callable[[bytes, random.Random], bytes], ...] = (_put, _drop, _flip, _double, _cut)


def run_structured(seed: int, *, inputs: int | None = None, seconds: float | None = None) -> int:
    """How many inputs went through; raises what the decoder raised, the input in the message."""
    chance, fuzzed = random.Random(seed), target()
    until = None if seconds is None else time.monotonic() + seconds
    for data, cuts in structured(chance):
        began = time.process_time()
        try:
            fuzzed.take(data, cuts)
        except Exception as error:
            raise AssertionError(f"seed {seed}, input {fuzzed.inputs}: {data!r} cut at {cuts}: {error!r}") from error
        took_s = time.process_time() - began
        assert took_s < SLOWEST_S * (1 + len(cuts) / 50), f"seed {seed}: {took_s:.2f} s for {data!r}"
        if fuzzed.inputs == inputs or (until is not None and time.monotonic() > until):
            break
    return fuzzed.inputs


def run_guided(folder: Path, *, seconds: float | None, inputs: int | None) -> None:
    """Coverage-guided by atheris; its corpus stays in the folder. Ends the process when it is done."""
    import atheris  # type: ignore[import-untyped]

    with atheris.instrument_imports(include=["edge.sensors.hj212"]):
        for name in [name for name in sys.modules if name.startswith("edge.sensors.hj212")]:
            del sys.modules[name]
        from edge.sensors.hj212.decoder import Decoder as Instrumented
        from edge.sensors.hj212.memory import Devices as InstrumentedDevices

    fuzzed = Target(Instrumented(devices=InstrumentedDevices(limit=16), keys=_KEYS))
    corpus = folder / "guided"
    corpus.mkdir(parents=True, exist_ok=True)
    for number, frame in enumerate(_stock(random.Random(1))[:100]):
        (corpus / f"seed-{number:03d}").write_bytes(frame)
    words = [
        sys.argv[0],
        str(corpus),
        f"-artifact_prefix={folder}/",
        "-max_len=4096",
        "-timeout=10",
        "-print_final_stats=1",
    ]
    words += [f"-max_total_time={int(seconds)}"] if seconds else []
    words += [f"-runs={inputs}"] if inputs else []
    atheris.Setup(words, lambda data: _guided_input(fuzzed, data, folder))
    atheris.Fuzz()


def _guided_input(fuzzed: Target, data: bytes, folder: Path) -> None:
    """As it is, and once more as the inside of a frame whose check fits; counted for the campaign."""
    fuzzed.take(data)
    inside = data[:4000]
    fuzzed.take(_sent(Wire(inside)), (len(inside) // 2,))
    if fuzzed.inputs % 20_000 == 0:
        add_up(folder, 20_000)


def add_up(folder: Path, more: int) -> int:
    """The inputs of the whole campaign, those of this run added."""
    folder.mkdir(parents=True, exist_ok=True)
    path = folder / "campaign.json"
    done = int(json.loads(path.read_text())["inputs"]) if path.exists() else 0
    path.write_text(json.dumps({"inputs": done + more}))
    return done + more


def main() -> int:
    """Runs one slice of the campaign."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--seconds", type=float, default=60.0)
    parser.add_argument("--inputs", type=int, help="stop after so many")
    parser.add_argument("--guided", action="store_true", help="coverage-guided; needs `pip install atheris`")
    parser.add_argument("--folder", type=Path, default=FOLDER)
    args = parser.parse_args()
    if args.guided:
        run_guided(args.folder, seconds=args.seconds, inputs=args.inputs)
        return 0
    seed = add_up(args.folder, 0) + 1
    began = time.monotonic()
    done = run_structured(seed, inputs=args.inputs, seconds=None if args.inputs else args.seconds)
    total = add_up(args.folder, done)
    print(f"{done} inputs in {time.monotonic() - began:.0f} s, seed {seed}; {total} in all")
    return 0


if __name__ == "__main__":
    sys.exit(main())
