"""A patrol of a virtual tower over its real ONVIF; pictures come from the tower's painter, as its camera's would."""

from __future__ import annotations

import threading
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from pathlib import Path

from edge.capture.types import Frame
from edge.config import PatrolConfig, PresetStop
from edge.patrol.onvif import OnvifHead
from edge.patrol.patrol import Border, Patrol
from edge.patrol.references import References
from ground.camera import Calibration
from ground.local import Spot
from tantou.tower.motor import at_deg
from tantou.tower.server import VirtualTower
from tantou.tower.world import World
from tests.ports import unused_port
from tests.waiting import WITHIN_S

DEVICE = "tower-1"
PRESETS = {"north": at_deg(0, 2.2), "east": at_deg(90, 2.2)}
CALIBRATION = Calibration(frame_px=(640, 360), focal_px=1200.0)


@dataclass
class Watched:
    """A patrol that runs, and what it handed on."""

    tower: VirtualTower
    patrols: list[Patrol] = field(default_factory=list)
    looks: list[Frame] = field(default_factory=list)
    close_views: list[tuple[str, Frame]] = field(default_factory=list)
    changed: threading.Condition = field(default_factory=threading.Condition)

    @property
    def patrol(self) -> Patrol:
        """The one there is."""
        return self.patrols[0]

    def wait(self, what: Callable[[], bool], *, limit_s: float = WITHIN_S) -> None:
        """Until it is so; fails with the patrol's state when it does not come."""
        until_s = time.monotonic() + limit_s
        while not what():
            left_s = until_s - time.monotonic()
            assert left_s > 0, self.patrol.state
            with self.changed:
                self.changed.wait(min(0.1, left_s))

    def looks_at(self, preset: str, after: int = 0) -> list[Frame]:
        """The looks of a preset from the given number on."""
        return [frame for frame in self.looks[after:] if frame.aimed is not None and frame.aimed.preset == preset]

    def take(self, frame: Frame) -> None:
        """A look; judged at once."""
        self.looks.append(frame)
        threading.Thread(target=self.patrol.judged, args=(frame.at_ns,)).start()
        with self.changed:
            self.changed.notify_all()


def world() -> World:
    """A country without smoke."""
    return World(seed=7, tower=Spot(lat=30.0, lon=120.0, height_m=20.0), clouds=0.2, utc_offset_h=_noon_offset_h())


def _noon_offset_h() -> float:
    """The offset at which it is noon now: nothing here is about the night."""
    hour = time.time() / 3600 % 24
    return 12.0 - hour


@contextmanager
def watching(folder: Path, *, idle_s: float = 2.0, zoom_most: float = 10.0) -> Iterator[Watched]:
    """A tower with two presets and its patrol, both running."""
    with VirtualTower(
        world(), CALIBRATION, PRESETS, ports=(0, unused_port()), username="ops", password="secret", turn_deg_s=300.0
    ) as tower:
        tower.warm()
        config = PatrolConfig(
            onvif_url=tower.addresses.onvif,
            username="ops",
            presets=tuple(PresetStop(name=name, dwell_s=0.5) for name in PRESETS),
            settle_s=0.1,
            idle_s=idle_s,
            poll_s=0.1,
            zoom_most=zoom_most,
        )
        head = OnvifHead(
            config.onvif_url, username="ops", password_of=lambda: "secret", now_ns=time.time_ns, timeout_s=2.0
        )
        watched = Watched(tower)
        border = Border(
            device=DEVICE,
            head=head,
            references=References(folder),
            deliver=watched.take,
            show=lambda event_id, frame: watched.close_views.append((event_id, frame)),
            now_ns=time.time_ns,
            look_every_s=0.2,
            focal_px=CALIBRATION.focal_px,
        )
        watched.patrols.append(Patrol(config, border))
        stop = threading.Event()
        threads = [
            threading.Thread(target=watched.patrol.run, args=(stop,)),
            threading.Thread(target=_film, args=(watched, stop)),
        ]
        for thread in threads:
            thread.start()
        try:
            yield watched
        finally:
            stop.set()
            for thread in threads:
                thread.join(WITHIN_S)


def _film(watched: Watched, stop: threading.Event) -> None:
    """The camera: ten pictures a second, stamped when they are taken."""
    while not stop.wait(0.1):
        at_ns = time.time_ns()
        watched.patrol.offer(Frame(DEVICE, at_ns, watched.tower.shot(at_ns).image_bgr, True))
        with watched.changed:
            watched.changed.notify_all()
