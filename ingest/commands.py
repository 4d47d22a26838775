"""Ingest's words on the command line: `tantou ingest`, `tantou gateways`."""

from __future__ import annotations

import argparse
import json
import logging
import os
import re
import sys
import threading
import time
from collections.abc import Callable
from pathlib import Path

from contract.errors import ConfigError, ContractError, Mistake, StoreError
from contract.manifest import read_trusted_keys
from contract.times import utc_from_ns
from ingest import telling
from ingest.config import IngestConfig, read_config
from store import Store, gateways
from store.config import open_configured

_NAME = re.compile(r"[a-z0-9][a-z0-9_-]{0,63}")  # as contract.topics takes it


def add_parsers(subparsers: argparse._SubParsersAction[argparse.ArgumentParser]) -> None:
    """Add `ingest` and `gateways`."""
    ingest = subparsers.add_parser("ingest", help="take in events and evidence")
    ingest.add_argument("--config", required=True, type=Path, help="ingest.toml")
    words = subparsers.add_parser("gateways", help="register gateways; how they stand").add_subparsers(
        dest="gateway_word", required=True, metavar="WORD"
    )
    add = words.add_parser("add", help="register a gateway, or give it a new token; prints the token once")
    add.add_argument("id", help="lower-case letters, digits, - and _")
    add.add_argument("--town", required=True)
    add.add_argument("--public-key", required=True, type=Path, help="PEM file of the gateway's Ed25519 public key")
    add.add_argument("--token-file", type=Path, help="write the token there (0600) instead of printing it")
    listed = words.add_parser("list", help="list gateways and how they stand")
    listed.add_argument("--json", action="store_true")
    shown = words.add_parser("show", help="one gateway's last heartbeat: queues, disk, counters; as JSON")
    shown.add_argument("id")
    refused = words.add_parser("rejects", help="messages refused for good, newest first, a JSON object a line")
    refused.add_argument("--limit", type=int, default=100, metavar="N", help="at most so many (100)")
    for word in (add, listed, shown, refused):
        word.add_argument("--config", required=True, type=Path, help="ingest.toml")


def run(args: argparse.Namespace) -> int:
    """Run one of the words; raises ConfigError and StoreError."""
    config = read_config(args.config)
    if args.word == "ingest":
        return _ingest(config)
    store = open_configured(config.store)
    try:
        return _GATEWAY_WORDS[args.gateway_word](store, args)
    finally:
        store.close()


def _ingest(config: IngestConfig) -> int:
    from ingest.process import serve, stop_on_signals

    logging.basicConfig(level=logging.INFO, format="%(asctime)s %(levelname)s %(name)s: %(message)s")
    log = logging.getLogger("ingest")
    stop = threading.Event()
    stop_on_signals(stop)
    return serve(config, stop=stop, on_ready=lambda port: log.info("ready http=%s:%d", config.http.host, port))


def _add(store: Store, args: argparse.Namespace) -> int:
    for what, name in (("gateway", args.id), ("town", args.town)):
        if not _NAME.fullmatch(name):
            raise StoreError(f"{what} {name[:64]!r}: expected lower-case letters, digits, - and _, at most 64")
    try:
        keys = read_trusted_keys(args.public_key.read_bytes())
    except (OSError, ContractError) as error:
        raise ConfigError(str(args.public_key), (Mistake("public key", None, str(error)),)) from error
    if len(keys) != 1:
        raise ConfigError(str(args.public_key), (Mistake("public key", None, f"{len(keys)} keys, expected one"),))
    gateway = gateways.Gateway(id=args.id, town=args.town, public_key_hex=next(iter(keys)))
    with store.write() as conn:
        token = gateways.register(conn, gateway, at=utc_from_ns(time.time_ns()))
        if args.token_file is not None:
            _write_secret(args.token_file, token)
    print(f"gateway {args.id}: registered" if args.token_file else f"gateway {args.id}: token {token}")
    return os.EX_OK


def _write_secret(path: Path, secret: str) -> None:
    handle = os.open(path, os.O_WRONLY | os.O_CREAT | os.O_TRUNC, 0o600)
    with os.fdopen(handle, "w") as file:
        file.write(secret + "\n")


def _list(store: Store, args: argparse.Namespace) -> int:
    with store.read() as conn:
        known = gateways.by_ids(conn)
        states = {name: gateways.status(conn, name) for name in known}
    rows = [
        {
            "id": name,
            "town": gateway.town,
            "public_key": gateway.public_key_hex,
            "online": None if (state := states[name]) is None else state.online,
            "at": None if state is None else state.at,
        }
        for name, gateway in known.items()
    ]
    if args.json:
        json.dump(rows, sys.stdout, indent=1)
        print()
        return os.EX_OK
    for row in rows:
        word = {True: "online", False: "offline", None: "never seen"}[row["online"]]  # type: ignore[index]
        print(f"{row['id']:24} {row['town']:16} {word:10} {row['at'] or '-'}")
    return os.EX_OK


def _show(store: Store, args: argparse.Namespace) -> int:
    print(json.dumps(telling.gateway(store, args.id), indent=1))
    return os.EX_OK


def _rejects(store: Store, args: argparse.Namespace) -> int:
    for row in telling.rejects(store, max(1, args.limit)):
        print(json.dumps(row, ensure_ascii=False))
    return os.EX_OK


_GATEWAY_WORDS: dict[str, Callable[[Store, argparse.Namespace], int]] = {
    "add": _add,
    "list": _list,
    "show": _show,
    "rejects": _rejects,
}
