"""`tantou up`."""

from __future__ import annotations

import argparse
from pathlib import Path


def add_parsers(commands: argparse._SubParsersAction[argparse.ArgumentParser]) -> None:
    """The words of this room."""
    up = commands.add_parser(
        "up",
        help="the whole system on this machine",
        description="Starts broker, ingest, server and one edge on loopback, follows their logs, ends them together.",
    )
    up.add_argument("--demo", action="store_true", help="with demo cameras and two people who can log in")
    up.add_argument("--data", type=Path, default=Path(".demo"), help="folder that keeps everything (default: .demo)")
    up.add_argument("--edge", type=Path, metavar="FILE", help="your own edge.toml instead of the demo's")


def run(args: argparse.Namespace) -> int:
    """Exit code after the end."""
    from tantou.up.run import Options, run

    edge = None if args.edge is None else args.edge.resolve()
    return run(Options(data=args.data, demo=args.demo, edge_config=edge))
