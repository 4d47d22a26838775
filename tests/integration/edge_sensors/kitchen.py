"""A station in this process with clocks that a test moves, and a kitchen's device on a real socket."""

from __future__ import annotations

import socket
import threading
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from datetime import datetime
from pathlib import Path

import msgspec

from contract import codec
from contract.events import Event
from contract.health import DeviceHealth
from contract.times import NS
from edge.config import EdgeConfig, load_edge
from edge.evidence.files import EvidenceStore
from edge.sensors.hj212 import Decoder, Draft, Message, encode
from edge.sensors.hj212.requests import qn_of
from edge.sensors.hj212.values import CHINA
from edge.sensors.listener import Clocks
from edge.sensors.outlet import FullDecodes
from edge.sensors.station import Ground, Station
from edge.sensors.weather import Stations
from edge.spool import Spool
from tests.integration.edge_replay.street import KEY
from tests.waiting import WITHIN_S, until

MN = "A33072600000000000000001"
NOON = datetime(2026, 3, 2, 11, 40, tzinfo=CHINA)  # a Monday, in the midday hours of the rule's default
CONFIG = """
[gateway]
id = "gw-1"
town = "demo"
key_file = "key.pem"
[hj212]
port = 0
[[sensor]]
id = "kitchen-1"
name = "Oil fume monitor"
premises = "Noodle house"
kind = "hj212"
mn = "{mn}"
profile = "simulated"
bound_on = "2026-01-10"
calibrated_on = "2026-01-09"
[[zone]]
id = "flue-1"
sensor = "kitchen-1"
name = "Flue 1"
matter = "cooking_fumes"
"""


@dataclass
class Moved:
    """The time of a test: it passes only when it is told to; monotonic time follows it."""

    at_ns: int = int(NOON.timestamp()) * NS
    begun_ns: int = field(init=False)

    def __post_init__(self) -> None:
        self.begun_ns = self.at_ns

    def now_ns(self) -> int:
        return self.at_ns

    def monotonic_s(self) -> float:
        return (self.at_ns - self.begun_ns) / NS

    def advance(self, seconds: float) -> None:
        self.at_ns += round(seconds * NS)

    @property
    def clock(self) -> datetime:
        return datetime.fromtimestamp(self.at_ns / NS, tz=CHINA)


def config_of(folder: Path, *, more: str = "", mn: str = MN) -> EdgeConfig:
    """The checked configuration of one kitchen; `more` is appended to the zone's table."""
    text = CONFIG.format(mn=mn) + more
    return load_edge(text, "edge.toml", folder, file_problem=lambda _path, _is_secret: None)


@dataclass
class Running:
    """A station that runs: its spool, and what it told so far."""

    config: EdgeConfig
    folder: Path
    time: Moved
    station: Station
    spool: Spool
    stop: threading.Event

    def events(self) -> list[Event]:
        """What waits to be sent, in the order of commits."""
        found = []
        for waiting in self.spool.events.pending(10_000):
            data = codec.decode(waiting.body).data
            assert isinstance(data, Event)
            found.append(data)
        return found

    def health(self, device: str) -> DeviceHealth:
        return next(one for one in self.station.health() if one.device == device)

    def judged(self, rows: int) -> None:
        """Waits until so many rows are judged."""
        until(lambda: self.health("kitchen-1").counters.get("rows_judged", 0) >= rows)

    def end(self) -> None:
        self.stop.set()
        self.station.wake()
        for thread in self.station.threads:
            assert thread.is_over(WITHIN_S)
        self.station.close()
        self.spool.close()


@contextmanager
def running(
    config: EdgeConfig,
    folder: Path,
    clocks: Moved,
    *,
    waits: bool = True,
    full_decode: FullDecodes | None = None,
    weather: Stations | None = None,
) -> Iterator[Running]:
    """The station of a configuration until the block is left; `waits`: until it listens."""
    stop = threading.Event()
    spool = Spool(folder / "spool.sqlite")
    store = EvidenceStore.open(folder, key=KEY, config=config.evidence)
    ground = Ground(
        data_dir=folder,
        spool=spool,
        store=store,
        clocks=Clocks(now_ns=clocks.now_ns, monotonic_s=clocks.monotonic_s),
        stop=stop,
        full_decode=full_decode or (lambda _camera, _until_ns: None),
        weather=weather or Stations(),
    )
    station = Station(config, ground)
    here = Running(config, folder, clocks, station, spool, stop)
    for thread in station.threads:
        thread.start()
    try:
        until(lambda: station.port != 0 or not waits)
        yield here
    finally:
        here.end()


class Device:
    """A kitchen's device on a real socket; it sends at the test's time and hears what the server says."""

    def __init__(self, port: int, clocks: Moved, *, mn: str = MN, pw: str = "123456", host: str = "127.0.0.1") -> None:
        self.mn = mn
        self._pw = pw
        self._time = clocks
        self._used: set[str] = set()
        self._decoder = Decoder(uploaded=False)
        self.heard: list[Message] = []
        self.socket = socket.create_connection(("127.0.0.1", port), timeout=WITHIN_S, source_address=(host, 0))

    def send(self, area: str, *, cn: str = "2011", flag: int = 5, part: tuple[int, int] | None = None) -> str:
        """One frame; its request number. `{now}` in the area is the device's time."""
        moment = self._time.clock
        number = qn_of(moment)
        while number in self._used:
            number = f"{int(number) + 1:017d}"
        self._used.add(number)
        text = area.replace("{now}", f"{moment:%Y%m%d%H%M%S}")
        draft = Draft(mn=self.mn, cn=cn, st="31", qn=number, pw=self._pw, flag=flag, part=part, area=text)
        self.socket.sendall(encode(draft))
        return number

    def answer(self, number: str, cn: str, area: str, *, st: str = "91") -> None:
        """What the device says to a command of that request number."""
        draft = Draft(mn=self.mn, cn=cn, st=st, qn=number, pw=self._pw, flag=4, area=area)
        self.socket.sendall(encode(draft))

    def acked(self, number: str) -> None:
        """Waits for the answer to a request number."""
        self.hear(lambda one: one.header.qn == number and one.header.cn in {"9013", "9014"})

    def hear(self, wanted: Callable[[Message], bool]) -> Message:
        """The first message that is wanted."""
        while True:
            for message in self.heard:
                if wanted(message):
                    self.heard.remove(message)
                    return message
            data = self.socket.recv(65536)
            assert data, "the server closed the link"
            self.heard += [one.message for one in self._decoder.feed(data, at_s=0.0) if one.message is not None]

    def close(self) -> None:
        self.socket.close()


def kitchen(*, fume: float = 0.8, fan: float = 3.5, purifier: float = 0.9, mark: str = "N", states: str = "") -> str:
    """A data area of the simulated profile; machines run above their thresholds."""
    on = states or f"SB7-RS={int(fan > 0.8)};SB8-RS={int(purifier > 0.2)}"
    return (
        f"DataTime={{now}};a34041-Rtd={fume:.2f},a34041-Flag={mark};fan-Rtd={fan:.2f},fan-Flag=N;"
        f"purifier-Rtd={purifier:.2f},purifier-Flag=N;{on}"
    )


def lines(data: bytes) -> list[dict[str, object]]:
    """JSON lines, read."""
    return [msgspec.json.decode(line) for line in data.splitlines()]
