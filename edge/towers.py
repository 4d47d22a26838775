"""The towers of a gateway: which cameras look for burning straw, what looks for them, who moves their heads.

In: frames of their feeds, and what the rule asks. Out: aimed frames for the mailbox; health, counters, threads.
"""

from __future__ import annotations

import threading
from collections.abc import Callable
from dataclasses import dataclass
from functools import partial
from pathlib import Path

from contract.events import Clock
from contract.health import MaintenanceItem
from contract.observations import PlumeSeen
from contract.times import NS
from detectors.fold import LookSooner, ZoomIn
from edge.capture.types import Aimed, Frame
from edge.config import CameraConfig, EdgeConfig, PatrolConfig, ThermalConfig
from edge.config.files import read_secret
from edge.evidence.fires.files import Near
from edge.inference.look import Looker
from edge.inference.plumes import UNSURE_BY, PlumeMeter, score_at
from edge.inference.plumes_look import TowerLooker, card_score
from edge.inference.sights import Sights
from edge.inference.towers import FIXED, FixedView, TowersLooker
from edge.patrol.onvif import OnvifHead
from edge.patrol.patrol import Border, Patrol
from edge.patrol.references import References
from edge.patrol.soap import Soap
from edge.patrol.thermal import Thermal, ThermalBorder
from edge.sensors.weather import Weather
from edge.threads import WatchedThread
from models.detector import open_detector

MATTER = "straw_burning"
LOOK_EVERY_S = 1.0  # while a preset is watched
STAY_S, STAY_EVERY_S = 20.0, 0.5  # for heat that nobody placed
FIXED_EVERY_S = 5.0  # a camera that does not move sees the same place all the time


@dataclass(frozen=True, slots=True)
class SmokeEyes:
    """What looks for smoke, and how the record names it."""

    looker: TowerLooker
    name: str
    sha256: str
    score_at_r80: float = 0.5


def _no_weather(_station: str, _at_ns: int) -> Weather | None:
    """Where no sensor is."""


@dataclass(frozen=True, slots=True, kw_only=True)
class TowersAround:
    """What the towers share with the gateway; `put`: a frame to be looked at, `show`: a close view of an event.

    `weather_of(sensor id, at_ns)`: what a weather station says.
    """

    data_dir: Path
    put: Callable[[Frame], None]
    show: Callable[[str, str, Frame], None]
    now_ns: Callable[[], int]
    monotonic_s: Callable[[], float]
    stop: threading.Event
    weather_of: Callable[[str, int], Weather | None] = _no_weather


def tower_cameras(config: EdgeConfig) -> tuple[CameraConfig, ...]:
    """The cameras with a zone of burning straw."""
    names = {zone.camera for zone in config.zones if zone.matter == MATTER}
    return tuple(camera for camera in config.cameras if camera.id in names)


def has_streets(config: EdgeConfig) -> bool:
    """Whether any camera needs the other model."""
    towers = {camera.id for camera in tower_cameras(config)}
    return any(camera.id not in towers for camera in config.cameras)


def open_eyes(config: EdgeConfig) -> SmokeEyes:
    """The smoke card's detector at both sizes, verified and tried; raises ModelError or ConfigError."""
    inference = config.inference
    card = open_detector(inference.smoke_model, size_px=640, runtime=inference.runtime, threads=inference.threads).card
    score = card_score(card)
    floor = score_at(score, -UNSURE_BY)
    near, far = (
        open_detector(
            inference.smoke_model,
            size_px=size,
            runtime=inference.runtime,
            threads=inference.threads,
            threshold=floor,
        )
        for size in (640, 960)
    )
    looker = TowerLooker(near, far=far, meter=PlumeMeter(score_at_r80=score))
    return SmokeEyes(looker, f"{card.name} {card.version}", card.sha256, score)


class Towers:
    """All towers of one gateway; `threads` are to be started by whoever made it."""

    def __init__(self, config: EdgeConfig, eyes: SmokeEyes, around: TowersAround) -> None:
        self.eyes = eyes
        self._around = around
        self._sights: dict[str, Sights] = {}
        self._patrols: dict[str, Patrol] = {}
        self._fixed: dict[str, FixedView] = {}
        self.threads: list[WatchedThread] = []
        self._stations: dict[str, str] = {}
        self._thermals: dict[str, Thermal] = {}
        for camera in tower_cameras(config):
            self._add(camera)

    @property
    def devices(self) -> frozenset[str]:
        """The cameras that are towers."""
        return frozenset((*self._patrols, *self._fixed))

    def looker(self, streets: Looker, *, clock_of: Callable[[str], Clock]) -> TowersLooker:
        """What looks at every camera of the gateway."""
        eyes = self.eyes.looker
        return TowersLooker(
            streets, eyes, sights=self._sights, towers=self.devices, clock_of=clock_of, spots_of=self._spots
        )

    def take(self, frame: Frame) -> None:
        """A frame of a tower's feed; returns at once."""
        patrol = self._patrols.get(frame.device)
        if patrol is not None:
            patrol.offer(frame)
            return
        aimed = self._fixed[frame.device].aimed(frame)
        if aimed is not None:
            self._around.put(aimed)

    def ask(self, device: str, ask: LookSooner | ZoomIn, *, frame_px: tuple[int, int] | None = None) -> None:
        """What the rule of a tower wants."""
        patrol = self._patrols.get(device)
        if patrol is not None:
            patrol.ask(ask, frame_px=frame_px)
        elif isinstance(ask, LookSooner) and device in self._fixed:
            self._fixed[device].stay(ask.every_s, ask.until_ns)

    def judged(self, device: str, at_ns: int) -> None:
        """The look of that time was judged, its asks are told: the head may go on."""
        patrol = self._patrols.get(device)
        if patrol is not None:
            patrol.judged(at_ns)

    def near(self, device: str) -> Near:
        """What the packages of a tower's fires show of its country."""
        sights = self._sights.get(device)
        weather = partial(self.weather, device)
        return Near(areas=() if sights is None else sights.areas, station=self._stations.get(device), weather=weather)

    def weather(self, device: str, at_ns: int) -> Weather | None:
        """What that station said last, at that time."""
        station = self._stations.get(device)
        return None if station is None else self._around.weather_of(station, at_ns)

    def problem(self, device: str) -> str:
        """Why a tower is not watched; empty when it is."""
        patrol = self._patrols.get(device)
        return "" if patrol is None else patrol.problem

    def maintenance(self, device: str) -> tuple[MaintenanceItem, ...]:
        """What is to be mended at a tower's head, and at the thermal camera beside it."""
        patrol, thermal = self._patrols.get(device), self._thermals.get(device)
        at_head = () if patrol is None else patrol.maintenance()
        return at_head if thermal is None else (*at_head, *thermal.maintenance())

    def counters(self, device: str) -> dict[str, int]:
        """Those of its eyes, its patrol and its thermal camera."""
        beside = (self._patrols.get(device), self._thermals.get(device))
        return self.eyes.looker.counters(device) | {
            name: count for one in beside if one is not None for name, count in one.counters().items()
        }

    def _add(self, camera: CameraConfig) -> None:
        tower = camera.tower
        if tower is not None and tower.weather_sensor is not None:
            self._stations[camera.id] = tower.weather_sensor
        if tower is not None and camera.position is not None and camera.frame_px is not None:
            self._sights[camera.id] = Sights(
                tower, position=camera.position, frame_px=camera.frame_px, weather=partial(self.weather, camera.id)
            )
        if camera.thermal is not None:
            thermal = self._thermals[camera.id] = Thermal(
                camera.thermal, self._thermal_border(camera.id, camera.thermal)
            )
            self._watch(f"thermal:{camera.id}", thermal.run)
        if camera.patrol is None:
            aim = (0.0, 0.0) if tower is None else (tower.pan_deg, tower.tilt_deg)
            zoom = 0.0 if tower is None else tower.zoom
            every_s = max(FIXED_EVERY_S, camera.analyse_every_s)
            self._fixed[camera.id] = FixedView(Aimed(FIXED, *aim, zoom), every_s=every_s)
            return
        patrol = self._patrols[camera.id] = Patrol(camera.patrol, self._border(camera, camera.patrol))
        self._watch(f"patrol:{camera.id}", patrol.run)

    def _watch(self, name: str, body: Callable[[threading.Event], None]) -> None:
        around = self._around
        self.threads.append(WatchedThread(name, body, stop=around.stop, monotonic_s=around.monotonic_s))

    def _spots(self, device: str, at_ns: int, frame_px: tuple[int, int]) -> tuple[PlumeSeen, ...]:
        """What the thermal camera beside a tower saw there; its foot is where the spot is."""
        thermal = self._thermals.get(device)
        if thermal is None:
            return ()
        surety = thermal.surety
        return tuple(
            PlumeSeen(
                bbox_xyxy_px=box,
                score=round(score_at(self.eyes.score_at_r80, surety), 4),
                label="fire",
                surety=surety,
                base_px=((box[0] + box[2]) / 2, box[3]),
            )
            for box in thermal.glowing(at_ns, frame_px)
        )

    def _thermal_border(self, device: str, config: ThermalConfig) -> ThermalBorder:
        around, secret = self._around, config.password_file
        soap = Soap(
            config.onvif_url,
            username=config.username,
            password_of=lambda: "" if secret is None else read_secret(secret),
            now_ns=around.now_ns,
        )

        def standing_since() -> int | None:
            patrol = self._patrols.get(device)
            return 0 if patrol is None else patrol.standing_since_ns

        def stay() -> None:
            self.ask(device, LookSooner(every_s=STAY_EVERY_S, until_ns=around.now_ns() + round(STAY_S * NS)))

        return ThermalBorder(device=device, soap=soap, now_ns=around.now_ns, standing_since=standing_since, stay=stay)

    def _border(self, camera: CameraConfig, config: PatrolConfig) -> Border:
        around, sights = self._around, self._sights.get(camera.id)
        secret = config.password_file
        head = OnvifHead(
            config.onvif_url,
            username=config.username,
            password_of=lambda: "" if secret is None else read_secret(secret),
            now_ns=around.now_ns,
        )
        return Border(
            device=camera.id,
            head=head,
            references=References(around.data_dir / "patrol" / camera.id),
            deliver=around.put,
            show=lambda event_id, frame: around.show(camera.id, event_id, frame),
            now_ns=around.now_ns,
            look_every_s=LOOK_EVERY_S,
            focal_px=None if sights is None else sights.focal_px,
        )
