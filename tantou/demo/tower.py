"""The demo's tower: a drawn country seen from a mast, a patrol of three presets, and fields that burn again and again.

Time is the real one, the country's is always the middle of the day: the demo's tower finds its fire at any hour.
"""

from __future__ import annotations

import threading
import time
from collections.abc import Callable
from dataclasses import dataclass
from typing import Final

from ground.camera import Calibration
from ground.local import Spot
from tantou.tower.motor import at_deg
from tantou.tower.world import NS, Plume, World

ID: Final = "tower-fields"
NAME: Final = "示范高塔 1号"
ZONE: Final = "fields-no-burning"
ZONE_NAME: Final = "示范禁烧区"
FRAME_PX: Final = (1280, 720)
POSITION: Final = (30.2801, 120.1402, 5.0)
MAST_M: Final = 40.0
FOCAL_PX: Final = 2400.0
PRESETS: Final = {"north": (0.0, 2.2), "north-east": (26.0, 2.2), "east": (90.0, 2.2)}
FIRST_FIRE_S: Final = 60.0
FIRE_LASTS_S: Final = 420.0
FIRE_EVERY_S: Final = 1_800.0
FPS: Final = 2.0


@dataclass(frozen=True, slots=True)
class Ports:
    """Where it serves, loopback."""

    http: int
    rtsp: int

    @property
    def onvif_url(self) -> str:
        """Its device service."""
        return f"http://127.0.0.1:{self.http}/onvif/device"

    @property
    def stream_url(self) -> str:
        """Its camera."""
        return f"rtsp://127.0.0.1:{self.rtsp}/tower.mp4"


def world(begin_ns: int, *, fires: int = 50) -> World:
    """The country from that time on: a fire a minute after, then one each half hour; a chimney that smokes by right."""
    hour = begin_ns / NS / 3600 % 24
    burning = tuple(
        Plume(
            name=f"fire-{number}",
            at_m=((330.0, 1_450.0), (900.0, 1_500.0), (1_900.0, 150.0))[number % 3],
            begin_ns=begin_ns + round((FIRST_FIRE_S + number * FIRE_EVERY_S) * NS),
            end_ns=begin_ns + round((FIRST_FIRE_S + number * FIRE_EVERY_S + FIRE_LASTS_S) * NS),
            size_m=18.0,
            rate=1.5,
            grey=0.7,
            thickness=0.85,
            rise_m_s=2.5,
        )
        for number in range(fires)
    )
    return World(
        seed=11,
        tower=Spot(lat=POSITION[0], lon=POSITION[1], height_m=10.0),
        mast_m=MAST_M,
        plumes=burning,
        clouds=0.3,
        wind_m_s=(1.8, 0.6),
        sunrise_h=0.0,
        sunset_h=24.0,
        utc_offset_h=(12.0 - hour) % 24,
    )


def run(ports: Ports, *, now_ns: Callable[[], int] = time.time_ns) -> None:
    """Serves until the process is ended."""
    from tantou.tower.server import VirtualTower

    presets = {name: at_deg(*aim) for name, aim in PRESETS.items()}
    calibration = Calibration(frame_px=FRAME_PX, focal_px=FOCAL_PX)
    with VirtualTower(
        world(now_ns()), calibration, presets, now_ns=now_ns, ports=(ports.http, ports.rtsp), fps=FPS
    ) as tower:
        print(f"{ID}: {tower.addresses.stream}, {tower.addresses.onvif}", flush=True)
        tower.warm()
        threading.Event().wait()
