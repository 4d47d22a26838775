"""The gateway's words on the command line: `edge run`, `edge replay`, `check`, `parking replay`, `zones show`."""

from __future__ import annotations

import argparse
import importlib.util
import logging
import sys
import time
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import msgspec

from contract.errors import ConfigError, EvidenceError, Mistake, TantouError
from contract.settings import in_order
from contract.toml_lines import Place, key_lines
from edge.config import EdgeConfig, load_edge
from edge.config.files import Probes
from edge.evidence.key import read_signing_key

EXIT_MISTAKES = 2


def add_parsers(subparsers: Any) -> None:
    """Adds `edge`, `check`, `parking` and `zones`."""
    edge = subparsers.add_parser("edge", help="run a gateway; replay a recording")
    words = edge.add_subparsers(dest="edge_word", required=True, metavar="WORD")
    running = words.add_parser("run", help="watch the cameras until SIGTERM or Ctrl-C")
    running.add_argument("--config", type=Path, required=True, metavar="FILE", help="edge.toml")
    replaying = words.add_parser("replay", help="judge a recording or a tape of observations again")
    from edge import replay

    replay.add_arguments(replaying)
    checking = subparsers.add_parser("check", help="list all mistakes of an edge.toml")
    checking.add_argument("file", type=Path, metavar="FILE", help="edge.toml")
    checking.add_argument("--json", action="store_true", help="as JSON")
    parking = subparsers.add_parser("parking", help="judge recorded detections of published videos")
    parking_words = parking.add_subparsers(dest="parking_word", required=True, metavar="WORD")
    tracks = parking_words.add_parser("replay", help="the parking rule over recorded detector output")
    tracks.add_argument("folder", type=Path, metavar="DIR", help="videos.csv, detections/, mask_*.json")
    tracks.add_argument("--min-dwell", type=float, default=60.0, metavar="S", help="grace in seconds (60)")
    tracks.add_argument("--json", action="store_true", help="as JSON")
    tracks.add_argument("--out", type=Path, metavar="FILE", help="the JSON into a file")
    zones_words = subparsers.add_parser("zones", help="draw a camera's zones").add_subparsers(
        dest="zones_word", required=True, metavar="WORD"
    )
    from edge import zones

    zones.add_arguments(zones_words.add_parser("show", help="the zones of a camera on its picture"))


def run(args: argparse.Namespace) -> int:
    """Runs what was parsed; the exit code."""
    if args.word == "check":
        return check(args.file, as_json=args.json)
    if args.word == "zones":
        from edge import zones

        return zones.show(args, time.time_ns)
    if args.word == "parking":
        from edge import tracks

        return tracks.main(args)
    if args.edge_word == "replay":
        from edge import replay

        return replay.main(args)
    return run_gateway(args.config)


def run_gateway(path: Path) -> int:
    """`edge run`: 0 after a clean stop; raises TantouError when it cannot begin."""
    from edge import supervisor

    config = read_config(path)
    log_to_stderr()
    return supervisor.run(config)


def check(path: Path, *, as_json: bool = False) -> int:
    """`check`: prints every mistake, 0 when there is none, else 2; broker and files of the land are tried, too."""
    try:
        config = read_config(path, probes=Probes())
        lines = key_lines(path.read_text(encoding="utf-8"))
        mistakes: tuple[Mistake, ...] = in_order([*_key_mistakes(config, lines), *_part_mistakes(config, lines)])
    except ConfigError as error:
        mistakes = error.mistakes
        config = None
    if as_json:
        report = {
            "schema": "tantou.check/1",
            "source": str(path),
            "mistakes": [
                {"path": one.path, "line": one.line, "problem": one.problem, "hint": one.hint} for one in mistakes
            ],
            "config_sha256": None if config is None else config.config_sha256,
        }
        print(msgspec.json.encode(report).decode())
    elif mistakes or config is None:
        print(ConfigError(str(path), mistakes))
    else:
        print(
            f"{path}: no mistake; {len(config.cameras)} camera(s), {len(config.sensors)} sensor(s), "
            f"{len(config.zones)} zone(s), "
            f"sha256 {config.config_sha256}" + ("" if config.broker else "; without [broker]: for replays only")
        )
    return EXIT_MISTAKES if mistakes else 0


def read_config(path: Path, *, probes: Probes | None = None) -> EdgeConfig:
    """The checked configuration of a file; raises ConfigError."""
    try:
        text = path.read_text(encoding="utf-8")
    except (OSError, UnicodeDecodeError) as error:
        mistake = Mistake("file", None, f"cannot be read: {error}")
        raise ConfigError(str(path), (mistake,)) from error
    return load_edge(text, str(path), path.absolute().parent, probes=probes)


class _OneLine(logging.Formatter):
    """A traceback stays on the line of its event."""

    def format(self, record: logging.LogRecord) -> str:
        return super().format(record).replace("\n", " | ")


def log_to_stderr() -> None:
    """One line an event: UTC time, level, room, then the event's name and key=value pairs."""
    formatter = _OneLine("%(asctime)s.%(msecs)03dZ level=%(levelname)s room=%(name)s %(message)s", "%Y-%m-%dT%H:%M:%S")
    formatter.converter = time.gmtime
    handler = logging.StreamHandler(sys.stderr)
    handler.setFormatter(formatter)
    logging.basicConfig(level=logging.INFO, handlers=[handler])


def _key_mistakes(config: EdgeConfig, lines: dict[Place, int]) -> tuple[Mistake, ...]:
    try:
        read_signing_key(Path(config.gateway.key_file))
    except EvidenceError as error:
        return (Mistake("gateway.key_file", lines.get(("gateway", "key_file")), str(error)),)
    return ()


def _plate_problems(config: EdgeConfig) -> Iterator[tuple[str, str]]:
    """Each card of a written [plates] whose weight cannot be used as it lies here."""
    from models.registry import Registry

    plates, registry = config.plates, Registry()
    if plates is None or not plates.enabled:
        return
    for key, name in [("corners", plates.corners), *(("readers", name) for name in plates.readers)]:
        try:
            listed = registry.find(name)
            registry.weight(listed)
        except TantouError as error:
            yield key, f"{name}: {error}"
            continue
        task = "plate_corners" if key == "corners" else "plate_text"
        if listed.card.task != task:
            yield key, f"{name} is a card for {listed.card.task}, expected one for {task}"


def _sensor_part_mistakes(config: EdgeConfig, lines: dict[Place, int]) -> list[Mistake]:
    """The port's certificate, and the library that Modbus sensors need."""
    from edge.sensors.hj212.server.process import tls_of

    found: list[Mistake] = []
    port = config.hj212
    if port is not None and port.tls_cert is not None:
        try:
            tls_of(Path(port.tls_cert), None if port.tls_key is None else Path(port.tls_key))
        except ConfigError as error:
            words = "; ".join(one.problem for one in error.mistakes)
            found.append(Mistake("hj212.tls_cert", lines.get(("hj212", "tls_cert")), words))
    if importlib.util.find_spec("pymodbus") is None:
        found += [
            Mistake(f"sensor[{index}].kind", lines.get(("sensor", index, "kind")), "needs pymodbus", "tantou[sensors]")
            for index, sensor in enumerate(config.sensors)
            if sensor.kind == "modbus"
        ]
    return found


def _part_mistakes(config: EdgeConfig, lines: dict[Place, int]) -> tuple[Mistake, ...]:
    """The model's card and weight, and the library of each camera's engine, as a start would find them."""
    from edge.capture import gst_library
    from models.registry import Registry

    found: list[Mistake] = []
    try:
        registry = Registry()
        registry.weight(registry.find(config.inference.model))
    except TantouError as error:
        found.append(Mistake("inference.model", lines.get(("inference", "model")), str(error)))
    found += [
        Mistake(f"plates.{key}", lines.get(("plates", key), lines.get(("plates",))), problem)
        for key, problem in _plate_problems(config)
    ]
    found += _sensor_part_mistakes(config, lines)
    gstreamers = [index for index, camera in enumerate(config.cameras) if camera.engine == "gstreamer"]
    missing = gst_library.why_missing() if gstreamers else None
    if missing is not None:
        found += [
            Mistake(f"camera[{index}].engine", lines.get(("camera", index, "engine")), missing) for index in gstreamers
        ]
    return tuple(found)
