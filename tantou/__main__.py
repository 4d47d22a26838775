"""The command line. A word's room is imported only when that word is given, so a gateway never loads the centre."""

from __future__ import annotations

import argparse
import importlib
import signal
import sys
from collections.abc import Sequence
from types import ModuleType

from contract.errors import ConfigError, TantouError
from tantou import native

EXIT_FAILED = 1
EXIT_MISUSED = 2
_HINT = "install the extra of that process (edge, ingest, server, broker or demo), or run `make setup`"

ROOMS: dict[str, tuple[str, str]] = {
    "up": ("tantou.up.commands", "the whole system on this machine"),
    "demo": ("tantou.demo.commands", "the demo's footage and cameras"),
    "edge": ("edge.commands", "run a gateway; replay a recording"),
    "hj212": ("edge.sensors.hj212.commands", "HJ 212 sensors: decode frames of a file"),
    "check": ("edge.commands", "list all mistakes of an edge.toml"),
    "parking": ("edge.commands", "judge recorded detections of published videos"),
    "zones": ("edge.commands", "draw a camera's zones on its picture"),
    "straw": ("edge.straw_replay", "judge recorded frames of towers"),
    "ingest": ("ingest.commands", "take in events and evidence"),
    "gateways": ("ingest.commands", "register gateways; how they stand"),
    "server": ("server.commands", "the HTTP API and the console"),
    "users": ("server.commands", "add, reset, disable and list users"),
    "audit": ("server.commands", "check that audit trail and histories are whole"),
    "models": ("models.commands", "model cards: list, pull, verify, evaluate"),
    "towers": ("tantou.towers", "calibrate a tower from landmarks"),
    "plates": ("tantou.plates", "read number plates in pictures"),
    "verify": ("tantou.verify", "check an evidence package offline"),
}


def parser(word: str | None) -> tuple[argparse.ArgumentParser, ModuleType | None]:
    """The parser with one word's own arguments, and the room that runs it; None: no such word, the list only."""
    root = argparse.ArgumentParser(prog="tantou", description="Street cameras turned into leads with evidence.")
    commands = root.add_subparsers(dest="word", required=True, metavar="COMMAND")
    room = importlib.import_module(ROOMS[word][0]) if word in ROOMS else None
    if room is not None:
        room.add_parsers(commands)
    for name, (_, text) in ROOMS.items():
        if name not in commands.choices:
            commands.add_parser(name, help=text)
    return root, room


def main(arguments: Sequence[str] | None = None) -> int:
    """Runs one command. Exit code: its own; 1 for what failed, in one line; 2 for a wrong command or configuration."""
    words = list(sys.argv[1:] if arguments is None else arguments)
    native.keep_exceptions_whole()
    try:
        root, room = parser(words[0] if words else None)
        args = root.parse_args(words)
        if room is None:
            root.error(f"{words[0]}: give the command first")
        return int(room.run(args))
    except ModuleNotFoundError as error:
        print(f"tantou {words[0]}: {error.name} is not installed here; {_HINT}", file=sys.stderr)
        return EXIT_MISUSED
    except ConfigError as error:
        print(error, file=sys.stderr)
        return EXIT_MISUSED
    except TantouError as error:
        print(f"tantou {words[0]}: {error}", file=sys.stderr)
        return EXIT_MISUSED if words[0] == "verify" else EXIT_FAILED
    except BrokenPipeError:
        sys.stderr.close()
        return EXIT_FAILED
    except OSError as error:
        if error.filename is None:
            raise
        print(f"tantou {words[0]}: {error.filename}: {error.strerror}", file=sys.stderr)
        return EXIT_MISUSED if words[0] == "verify" else EXIT_FAILED
    except KeyboardInterrupt:
        return 128 + signal.SIGINT


if __name__ == "__main__":
    sys.exit(main())
