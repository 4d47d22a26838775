"""Devices that do not exist, on real sockets: kitchens that cook, with the slips and tricks that servers must bear.

Each device is a client of its own; its fault is what its frames or its behaviour have wrong. Clocks are arguments.
"""

from __future__ import annotations

import asyncio
import random
from collections import Counter, deque
from collections.abc import Callable, Iterator
from contextlib import suppress
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Final

from edge.sensors.hj212.crc import Variant
from edge.sensors.hj212.decoder import Decoder
from edge.sensors.hj212.encoder import Draft, frame_of, segment
from edge.sensors.hj212.message import Message
from edge.sensors.hj212.requests import qn_of
from edge.sensors.hj212.values import CHINA

GOOD: Final = "good"
FAULTS: Final = {
    "bad-crc": "every third frame is sent with a wrong check first",
    "split": "each message in two parts",
    "slow": "byte by byte",
    "duplicate": "each frame twice",
    "clock-off": "a clock one hour behind until the server sets it",
    "gbk": "a log text in GB18030",
    "frozen": "the same value for ever",
    "purifier-off": "the fan runs, the purifier does not",
    "above-limit": "more fume than the national limit of 2.0 mg/m3",
    "offline": "away for every second third of the time",
    "garbage": "noise before each frame",
    "modbus": "the check of MODBUS",
    "reconnect": "a new link for each frame",
}
RESENDS: Final = 3
RETRY_S: Final = 0.5
_NS_PER_S: Final = 1_000_000_000
_NUMBERS_KEPT: Final = 64
_PW: Final = "123456"
ABOVE_MG_M3: Final = 2.9
TO_USUAL: Final = 0.1  # of the way back to its usual value, a report
_SLOW_PAUSE_S: Final = 0.001
_SKEW: Final = timedelta(hours=-1)


@dataclass(frozen=True, slots=True, kw_only=True)
class Plan:
    """Whom to play and how: device 0 is good, the others take the faults in turn; `interval_s` between messages."""

    host: str = "127.0.0.1"
    port: int
    devices: int = 1
    seconds: float = 60.0
    interval_s: float = 1.0
    answer_timeout_s: float = 10.0
    faults: tuple[str, ...] = ()
    seed: int = 0

    def fault_of(self, device: int) -> str:
        """What is wrong with a device."""
        kinds = (GOOD, *self.faults)
        return kinds[device % len(kinds)]


def mn_of(seed: int, device: int) -> str:
    """The number of a simulated device."""
    return f"51{seed % 0xFFFF:04X}{device:018X}"


Tallies = dict[str, Counter[str]]


async def simulate(plan: Plan, *, now_ns: Callable[[], int]) -> Tallies:
    """Plays all devices for `seconds`; by fault: frames, acked, unacked, resends, links, refused_links, orders."""
    tallies: Tallies = {plan.fault_of(number): Counter() for number in range(plan.devices)}
    devices = [Device(plan, number, tallies[plan.fault_of(number)], now_ns=now_ns) for number in range(plan.devices)]
    await asyncio.gather(*(device.run() for device in devices))
    return tallies


class Device:
    """One device: a kitchen's values, a socket, and its fault."""

    def __init__(self, plan: Plan, number: int, tally: Counter[str], *, now_ns: Callable[[], int]) -> None:
        self.mn = mn_of(plan.seed, number)
        self.fault = plan.fault_of(number)
        self._plan = plan
        self._tally = tally
        self._now_ns = now_ns
        self._dice = random.Random(f"{plan.seed}/{number}")  # noqa: S311 -- a repeatable kitchen, no secret
        self._usual_mg_m3 = ABOVE_MG_M3 if self.fault == "above-limit" else self._dice.uniform(0.2, 1.2)
        self._fume_mg_m3 = self._usual_mg_m3
        self._skew = _SKEW if self.fault == "clock-off" else timedelta()
        self._frames = 0
        self._used: deque[str] = deque(maxlen=_NUMBERS_KEPT)

    async def run(self) -> None:
        """Until the plan's time is over; what is not acked by then is told as unacked."""
        loop = asyncio.get_running_loop()
        starts_s = loop.time()
        await asyncio.sleep(self._dice.uniform(0, min(1.0, self._plan.interval_s)))
        with suppress(TimeoutError):
            async with asyncio.timeout_at(starts_s + self._plan.seconds):
                while True:
                    with suppress(OSError):
                        await self._one_link(starts_s)
                    await asyncio.sleep(RETRY_S * self._dice.uniform(0.5, 1.5))
        self._tally["unacked"] = self._tally["frames"] - self._tally["acked"]

    async def _one_link(self, starts_s: float) -> None:
        """One connection, until the server closes it or the fault does."""
        try:
            reader, writer = await asyncio.open_connection(self._plan.host, self._plan.port)
        except OSError:
            self._tally["refused_links"] += 1
            raise
        self._tally["links"] += 1
        wire = _Wire(self, reader, writer)
        try:
            while not self._is_away(starts_s):
                for frame, number in self.messages():
                    await self._deliver(wire, frame, number)
                if self.fault == "reconnect":
                    return
                await wire.listen(self._plan.interval_s)
        finally:
            writer.transport.abort()

    def _is_away(self, starts_s: float) -> bool:
        third = (asyncio.get_running_loop().time() - starts_s) / self._plan.seconds * 3
        return self.fault == "offline" and 1 <= third < 2

    async def _deliver(self, wire: _Wire, frame: bytes, number: str) -> None:
        """Sends a frame until it is acked, three times more at most."""
        self._tally["frames"] += 1
        self._frames += 1
        if self.fault == "bad-crc" and self._frames % 3 == 0:
            await wire.send(frame[:-6] + b"FFFE\r\n")
        for attempt in range(RESENDS + 1):
            self._tally["resends"] += attempt > 0
            await wire.send(frame)
            if await wire.acked(number, self._plan.answer_timeout_s):
                self._tally["acked"] += 1
                return

    def messages(self) -> Iterator[tuple[bytes, str]]:
        """The frames of one message and their request numbers."""
        clock = self._clock()
        head = f"DataTime={clock:%Y%m%d%H%M%S}"
        items = self._items()
        parts = [items] if self.fault != "split" else [items[:2], items[2:]]
        for number, part in enumerate(parts, 1):
            place = (number, len(parts)) if len(parts) > 1 else None
            own = self._number(clock)
            draft = Draft(
                mn=self.mn,
                cn="2011",
                st="31",
                qn=own,
                pw=_PW,
                flag=7 if place else 5,
                part=place,
                area=";".join([head, *part]),
            )
            yield self._framed(draft), own

    def orders(self, message: Message) -> list[bytes]:
        """What the device says to a command: it will, what was asked, it did."""
        header = message.header
        if not header.wants_answer:
            return []
        self._tally["orders"] += 1
        if header.cn == "1012":
            self._skew = timedelta()
        said = [("9011", "91", "QnRtn=1"), ("9012", "91", "ExeRtn=1")]
        if header.cn == "2051":
            begin = next((value.text for value in message.values if value.code == "BeginTime"), "")
            area = f"DataTime={begin};a34041-Avg={self._fume_mg_m3:.2f},a34041-Flag=N"
            said.insert(1, ("2051", "31", area))
        drafts = (Draft(mn=self.mn, cn=cn, st=st, qn=header.qn, pw=_PW, flag=4, area=area) for cn, st, area in said)
        return [self._framed(draft) for draft in drafts]

    def _items(self) -> list[str]:
        if self.fault != "frozen":
            back = (self._usual_mg_m3 - self._fume_mg_m3) * TO_USUAL
            self._fume_mg_m3 = max(0.05, self._fume_mg_m3 + back + self._dice.gauss(0, 0.05))
        purifier = 0 if self.fault == "purifier-off" else 1
        items = [
            f"a34041-Rtd={self._fume_mg_m3:.2f},a34041-Flag=N",
            f"fan-Rtd={self._dice.uniform(3, 4):.2f},fan-Flag=N",
            f"purifier-Rtd={self._dice.uniform(0.8, 1.0) * purifier:.2f},purifier-Flag=N",
            f"SB7-RS=1;SB8-RS={purifier}",
        ]
        return [*items, "i12001-Info=//油烟净化器//"] if self.fault == "gbk" else items

    def _framed(self, draft: Draft) -> bytes:
        data = segment(draft)
        if self.fault == "gbk":
            data = data.decode().encode("gb18030")
        return frame_of(data, variant=Variant.MODBUS_BE if self.fault == "modbus" else Variant.HJ)

    def _clock(self) -> datetime:
        return datetime.fromtimestamp(self._now_ns() / _NS_PER_S, tz=CHINA) + self._skew

    def _number(self, clock: datetime) -> str:
        """A request number that was not used before: no two in one millisecond."""
        while (number := qn_of(clock)) in self._used:
            clock += timedelta(milliseconds=1)
        self._used.append(number)
        return number


class _Wire:
    """The device's end of one socket, with the faults of wires."""

    def __init__(self, device: Device, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        self._device = device
        self._reader = reader
        self._writer = writer
        self._decoder = Decoder(uploaded=False)
        self._wanted = ""
        self._is_acked = False

    async def send(self, frame: bytes) -> None:
        """The bytes as this device sends them."""
        if self._device.fault == "garbage":
            frame = b"\x00\xffAT+CIPSEND\r\n" + frame
        if self._device.fault == "duplicate":
            frame += frame
        pieces = [frame[at : at + 1] for at in range(len(frame))] if self._device.fault == "slow" else [frame]
        for piece in pieces:
            self._writer.write(piece)
            await self._writer.drain()
            if len(pieces) > 1:
                await asyncio.sleep(_SLOW_PAUSE_S)

    async def acked(self, number: str, timeout_s: float) -> bool:
        """Whether the answer to a request number came in time; commands meanwhile are obeyed."""
        self._wanted, self._is_acked = number, False
        with suppress(TimeoutError):
            async with asyncio.timeout(timeout_s):
                while not self._is_acked:
                    await self._hear()
        return self._is_acked

    async def listen(self, seconds: float) -> None:
        """Obeys commands for a while."""
        with suppress(TimeoutError):
            async with asyncio.timeout(seconds):
                while True:
                    await self._hear()

    async def _hear(self) -> None:
        data = await self._reader.read(4096)
        if not data:
            raise ConnectionResetError("the server closed the link")
        for outcome in self._decoder.feed(data, at_s=0.0):
            message = outcome.message
            if message is None:
                continue
            if message.header.cn in {"9013", "9014"} and message.header.qn == self._wanted:
                self._is_acked = True
            for frame in self._device.orders(message):
                await self.send(frame)
