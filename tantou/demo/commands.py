"""`tantou demo footage` and `tantou demo cameras`."""

from __future__ import annotations

import argparse
import time
from pathlib import Path

from contract.errors import EvidenceError


def add_parsers(commands: argparse._SubParsersAction[argparse.ArgumentParser]) -> None:
    """The words of this room."""
    demo = commands.add_parser("demo", help="the demo's footage and cameras")
    verbs = demo.add_subparsers(dest="verb", required=True, metavar="VERB")
    footage = verbs.add_parser("footage", help="fetch the clips by package name and compose the scenes")
    footage.add_argument("--data", type=Path, default=Path(".demo"), help="folder of the demo (default: .demo)")
    cameras = verbs.add_parser("cameras", help="serve the scenes over RTSP on loopback")
    cameras.add_argument("--data", type=Path, default=Path(".demo"), help="folder of the demo (default: .demo)")
    cameras.add_argument("--port", type=int, default=8554, help="RTSP port (default: 8554)")
    kitchens = verbs.add_parser("kitchens", help="play the demo's kitchen sensors against a gateway's HJ 212 port")
    kitchens.add_argument("--port", type=int, required=True, help="the gateway's port on loopback")
    tower = verbs.add_parser("tower", help="the virtual tower over ONVIF and RTSP on loopback")
    tower.add_argument("--http", type=int, required=True, help="port of ONVIF and snapshots")
    tower.add_argument("--rtsp", type=int, required=True, help="port of the stream")


def run(args: argparse.Namespace) -> int:
    """Exit code of the verb."""
    if args.verb == "tower":
        return _tower(args.http, args.rtsp)
    if args.verb == "kitchens":
        return _kitchens(args.port)
    return _footage(args.data) if args.verb == "footage" else _cameras(args.data, args.port)


def _tower(http: int, rtsp: int) -> int:
    from tantou.demo import tower

    tower.run(tower.Ports(http, rtsp))
    return 0


def _kitchens(port: int) -> int:
    from tantou.demo import kitchens

    kitchens.run(port, now_ns=time.time_ns)
    return 0


def _footage(data: Path) -> int:
    from tantou.demo import story

    if story.prepare(data / "footage"):
        print(f"demo scenes composed in {data / 'footage'}")
    return 0


def _cameras(data: Path, port: int) -> int:
    from tantou.demo import cameras, story

    folder = (data / "footage").resolve()
    if not story.is_composed(folder):
        raise EvidenceError(f"demo cameras: no scenes in {folder}; `tantou demo footage` brings them")
    for camera in story.CAMERAS:
        print(f"{camera.id}: {cameras.url(port, camera.id)}", flush=True)
    cameras.run(folder, port)
    return 0
