"""The gateway as a whole: builds the rooms, starts their threads, ends them together; the only reader of clocks."""

from __future__ import annotations

import logging
import signal
import threading
import time
from collections.abc import Callable
from pathlib import Path

import msgspec

from contract.errors import ConfigError, Mistake
from contract.events import Clock, Provenance
from contract.health import Birth, DeviceHealth, Health
from contract.manifest import public_key_hex
from contract.observations import Observation
from edge.alone import alone
from edge.camera import READS_PLATES, Camera, Surroundings
from edge.capture.types import Frame
from edge.config import BrokerConfig, EdgeConfig, InferenceConfig, PlatesConfig
from edge.config.files import read_secret
from edge.evidence.files import EvidenceStore
from edge.evidence.key import read_signing_key
from edge.health import Machine, birth, disk_free_bytes, health, memory_bytes
from edge.housekeeping import Housekeeper
from edge.inference.look import Looker
from edge.inference.mailbox import Mailbox
from edge.inference.plates import PlateAnswer, PlateReader, PlateService
from edge.inference.service import InferenceService
from edge.inference.views import Views
from edge.judge import provenance, tape_start
from edge.judge.start import software
from edge.networks import NO_MODEL, Model, open_model, open_plates
from edge.sensors.listener import Clocks
from edge.sensors.station import Ground, Station
from edge.sensors.weather import Stations
from edge.spool import Spool, SpoolLimits
from edge.threads import WatchedThread
from edge.towers import SmokeEyes, Towers, TowersAround, has_streets, open_eyes, tower_cameras
from edge.uplink import EventUplink, EvidenceUplink, Letters
from edge.withheld import loggable

log = logging.getLogger(__name__)
STOP_WITHIN_S = 4.0
_MB = 1_000_000


def run(config: EdgeConfig, *, model_of: Callable[[InferenceConfig], Model] = open_model) -> int:
    """Runs a gateway until SIGTERM or SIGINT; 0 after a clean stop. Raises TantouError when it cannot begin."""
    stop = threading.Event()
    for number in (signal.SIGTERM, signal.SIGINT):
        signal.signal(number, lambda *_: stop.set())
    with alone(Path(config.gateway.data_dir)):
        model = model_of(config.inference) if has_streets(config) else NO_MODEL
        eyes = open_eyes(config) if tower_cameras(config) else None
        reads_plates = any(zone.matter == READS_PLATES for zone in config.zones)
        plates = open_plates(config) if reads_plates else None  # the networks take some 200 MB
        gateway = Gateway(config, model, stop=stop, plates=plates, eyes=eyes)
        gateway.start()
        stop.wait()
        gateway.end()
    return 0


class Gateway:
    """One configured gateway; `start`, and after `stop` was set `end`."""

    def __init__(
        self,
        config: EdgeConfig,
        model: Model,
        *,
        stop: threading.Event,
        plates: PlateReader | None = None,
        eyes: SmokeEyes | None = None,
    ) -> None:
        broker = _broker_of(config)
        self._config = config
        self._stop = stop
        self._started_ns = time.time_ns()
        data_dir = Path(config.gateway.data_dir)
        key = read_signing_key(Path(config.gateway.key_file))
        self._public_key = public_key_hex(key)
        limits = SpoolLimits(config.spool.max_events, config.spool.max_uploads, config.spool.min_free_mb * _MB)
        self._spool = Spool(data_dir / "spool.sqlite", limits=limits)
        self._mailbox, self._weather = Mailbox(), Stations()
        store = EvidenceStore.open(data_dir, key=key, config=config.evidence)
        store.candidates.keep_devices({camera.id for camera in config.cameras})
        self._plates = self._plate_service(plates or PlateReader(detail="no reader was opened"))
        self._towers = None if eyes is None else self._build_towers(eyes, data_dir)
        around = Surroundings(
            spool=self._spool,
            store=store,
            tapes=data_dir / "tapes",
            now_ns=time.time_ns,
            monotonic_s=time.monotonic,
            stop=stop,
            plates=self._plates,
            towers=self._towers,
        )
        self._cameras = {
            camera.id: Camera(
                camera, tape_start(config, camera.id, self._made_by(camera.id, model)), around, on_frame=self._show
            )
            for camera in config.cameras
        }
        self._service = self._inference_service(model)
        self._events = self._event_uplink(broker)
        self._evidence = _evidence_uplink(config, self._spool)
        self._housekeeper = Housekeeper(
            data_dir, self._spool, max_bytes=config.evidence.max_store_mb * _MB, now_ns=time.time_ns
        )
        bodies = {
            "inference": self._service.run,
            "plates": self._plates.run,
            "uplink-events": self._events.run,
            "uplink-evidence": self._evidence.run,
            "housekeeper": self._housekeeper.run,
        }
        self._threads = [
            WatchedThread(name, body, stop=stop, monotonic_s=time.monotonic) for name, body in bodies.items()
        ]
        for camera in self._cameras.values():
            self._threads += [camera.judge_thread, camera.feed_thread]
        self._threads += [] if self._towers is None else self._towers.threads
        self._station = self._build_station(store) if config.sensors or config.hj212 else None
        self._threads += self._station.threads if self._station is not None else []

    def start(self) -> None:
        """Every thread begins; says what is run with which configuration (no secrets, no private lists)."""
        written = msgspec.json.encode(loggable(self._config)).decode()
        log.info("gateway_starts id=%s software=%r", self._config.gateway.id, software())
        log.info("configuration sha256=%s effective=%s", self._config.config_sha256, written)
        for thread in self._threads:
            thread.start()

    def end(self) -> None:
        """After `stop` was set: waits for the threads, at most STOP_WITHIN_S together.

        What a slow thread leaves undone is as after kill -9: in the spool, to be done by the next start.
        """
        self._mailbox.close()
        if self._station is not None:
            self._station.wake()
        self._spool.events.news.set()
        self._spool.uploads.news.set()
        until_s = time.monotonic() + STOP_WITHIN_S
        late = [thread.name for thread in self._threads if not thread.is_over(until_s - time.monotonic())]
        if late:
            log.warning("threads_left_behind names=%s", ",".join(late))
        else:
            self._spool.close()
            if self._station is not None:
                self._station.close()
        log.info("gateway_stopped id=%s", self._config.gateway.id)

    def health(self, at_ns: int) -> Health:
        """The heartbeat."""
        return health(
            self._config,
            [*(camera.health() for camera in self._cameras.values()), *self._sensor_health()],
            at_ns=at_ns,
            started_ns=self._started_ns,
            machine=Machine(
                spool_events=len(self._spool.events),
                spool_uploads=len(self._spool.uploads),
                disk_free_bytes=disk_free_bytes(Path(self._config.gateway.data_dir)),
                memory_bytes=memory_bytes(),
            ),
            counters=self._counters(),
        )

    def _sensor_health(self) -> list[DeviceHealth]:
        return [] if self._station is None else self._station.health()

    def _birth(self, at_ns: int) -> Birth:
        return birth(self._config, at_ns=at_ns, software=software(), public_key=self._public_key)

    def _counters(self) -> dict[str, int]:
        crashes = {f"crashes_{thread.name}": thread.crashes for thread in self._threads if thread.crashes}
        frames = {f"frames_{name}": count for name, count in self._service.counters().items()}
        plates = {f"plates_{name}": count for name, count in self._plates.counters().items()}
        spooled = {f"spool_{name}": count for name, count in self._spool.counters().items()}
        uplinks = {**self._events.counters(), **self._evidence.counters()}
        return {**crashes, **frames, **plates, **spooled, **uplinks, **self._housekeeper.counts}

    def _made_by(self, camera: str, model: Model) -> Provenance:
        """What looks at this camera."""
        towers = self._towers
        looks = model if towers is None or camera not in towers.devices else towers.eyes
        return provenance(self._config, model=looks.name, model_sha256=looks.sha256)

    def _build_towers(self, eyes: SmokeEyes, data_dir: Path) -> Towers:
        around = TowersAround(
            data_dir=data_dir,
            put=self._mailbox.put,
            show=lambda device, event_id, frame: self._cameras[device].take_close_view(event_id, frame),
            now_ns=time.time_ns,
            monotonic_s=time.monotonic,
            stop=self._stop,
            weather_of=self._weather.of,
        )
        return Towers(self._config, eyes, around)

    def _build_station(self, store: EvidenceStore) -> Station:
        ground = Ground(
            data_dir=Path(self._config.gateway.data_dir),
            spool=self._spool,
            store=store,
            clocks=Clocks(now_ns=time.time_ns, monotonic_s=time.monotonic),
            stop=self._stop,
            full_decode=self._full_decode,
            weather=self._weather,
        )
        return Station(self._config, ground)

    def _show(self, frame: Frame) -> None:
        if self._towers is not None and frame.device in self._towers.devices:
            self._towers.take(frame)
        else:
            self._mailbox.put(frame)
        if self._station is not None:
            self._station.show(frame)

    def _full_decode(self, camera: str, until_ns: int) -> None:
        self._cameras[camera].feed.ask_full_decode(until_ns)

    def _deliver(self, observation: Observation, frame: Frame) -> None:
        self._cameras[observation.device].take(observation, frame)

    def _inference_service(self, model: Model) -> InferenceService:
        views = Views(self._config)

        def clock_of(device: str) -> Clock:
            return self._cameras[device].feed.clock()

        looker = Looker(
            model.detector,
            clock_of=clock_of,
            windows_of=views.windows,
            zones_of=views.patched,
        )
        return InferenceService(
            looker if self._towers is None else self._towers.looker(looker, clock_of=clock_of),
            self._mailbox,
            deliver=self._deliver,
            batch_max=self._config.inference.batch_max,
            on_failure=lambda device, reason: self._cameras[device].note_detector_failure(reason),
        )

    def _plate_service(self, reader: PlateReader) -> PlateService:
        return PlateService(
            reader,
            waiting_max=(self._config.plates or PlatesConfig()).waiting_max,
            deliver=self._deliver_plate,
            monotonic_s=time.monotonic,
        )

    def _deliver_plate(self, answer: PlateAnswer) -> None:
        self._cameras[answer.looked.device].take_plate(answer)

    def _event_uplink(self, broker: BrokerConfig) -> EventUplink:
        letters = Letters(
            town=self._config.gateway.town, gateway=self._config.gateway.id, birth=self._birth, health=self.health
        )
        return EventUplink(
            broker,
            letters,
            self._spool,
            password_of=lambda: read_secret(broker.password_file),
            now_ns=time.time_ns,
            monotonic_s=time.monotonic,
        )


def _broker_of(config: EdgeConfig) -> BrokerConfig:
    lacking = [
        Mistake(path, None, "missing", "needed to run a gateway; only a replay goes without")
        for path, value in (("broker", config.broker), ("evidence.url", config.evidence.url))
        if value is None
    ]
    if config.broker is None or lacking:
        raise ConfigError("the configuration", tuple(lacking))
    return config.broker


def _evidence_uplink(config: EdgeConfig, spool: Spool) -> EvidenceUplink:
    token_file = config.evidence.token_file or ""
    return EvidenceUplink(
        config.evidence.url or "",
        spool.uploads,
        token_of=lambda: read_secret(token_file),
        ca_file=config.evidence.ca_file,
    )
