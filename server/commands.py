"""The server's words on the command line: `tantou server`, `tantou users`, `tantou audit`."""

from __future__ import annotations

import argparse
import json
import logging
import os
import sys
import time
from pathlib import Path

from contract import settings
from contract.errors import ConfigError, Mistake, StoreError
from contract.times import utc_from_ns
from server import accounts
from server.config import ServerConfig
from server.identity.passwords import random_password
from server.identity.scopes import ROLES
from store import Store, audit, leads
from store.config import open_configured

EXIT_BROKEN = 1
log = logging.getLogger(__name__)


def add_parsers(subparsers: argparse._SubParsersAction[argparse.ArgumentParser]) -> None:
    """Add `server`, `users` and `audit`."""
    serve = subparsers.add_parser("server", help="the HTTP API and the console")
    users = subparsers.add_parser("users", help="add, reset, disable and list users")
    serve.add_argument("--config", required=True, type=Path, help="server.toml")
    serve.add_argument("--console", type=Path, help="folder of the built console, when it is not this package's")
    checked = subparsers.add_parser("audit", help="check that audit trail and histories are whole")
    checked.add_argument("--config", required=True, type=Path, help="server.toml")
    words = users.add_subparsers(dest="user_word", required=True, metavar="WORD")
    add = words.add_parser("add", help="add a user; prints a random password once")
    add.add_argument("name")
    add.add_argument("--role", action="append", required=True, choices=ROLES, help="may be given again")
    add.add_argument("--town", action="append", default=[], help="may be given again; none: sees nothing of any town")
    add.add_argument("--display-name", help="the name that others see; the log-in name when it is not given")
    add.add_argument("--locale", default="zh-CN", choices=("zh-CN", "en"))
    reset = words.add_parser("reset", help="a new password; every session of the user ends")
    reset.add_argument("name")
    for word in (add, reset):
        word.add_argument("--password-stdin", action="store_true", help="read the password from standard input")
    disable = words.add_parser("disable", help="lock a user out at once; a reset lets them in again")
    disable.add_argument("name")
    listed = words.add_parser("list", help="list users")
    listed.add_argument("--json", action="store_true")
    for word in (add, reset, disable, listed):
        word.add_argument("--config", required=True, type=Path, help="server.toml")


def run(args: argparse.Namespace) -> int:
    """Run one of the words; raises ConfigError and StoreError."""
    config = read_config(args.config)
    store = open_configured(config.store)
    try:
        if args.word == "server":
            return _serve(config, store, args.console)
        return _audit(store) if args.word == "audit" else _users(store, args)
    finally:
        store.close()


def read_config(path: Path) -> ServerConfig:
    """The configuration; raises ConfigError with every mistake."""
    try:
        text = path.read_text(encoding="utf-8")
    except (OSError, UnicodeDecodeError) as error:
        raise ConfigError(str(path), (Mistake("file", None, f"cannot be read: {error}"),)) from error
    return settings.load(text, str(path), ServerConfig)


def _serve(config: ServerConfig, store: Store, console: Path | None) -> int:
    from server.app import create_app
    from server.run import serve

    logging.basicConfig(level=logging.INFO, format="%(asctime)s %(levelname)s %(name)s: %(message)s")
    made = accounts.first_admin(store, at=utc_from_ns(time.time_ns()))
    if made is not None:
        print(f"first start: user {made.name} with the password {made.password} (shown only now)", flush=True)
    return serve(create_app(config, store, time.time_ns, console=console), config.http)


def _audit(store: Store) -> int:
    """Says where a chain breaks: a row was changed, taken out or put in."""
    with store.read() as connection:
        at = audit.first_broken(connection)
        broken = leads.broken_histories(connection)
    places = [] if at is None else [f"audit trail: breaks at entry {at}"]
    places += [f"history of lead {event_id}: breaks at change {number}" for event_id, number in broken.items()]
    print("\n".join(places) or "audit trail and histories of leads: whole")
    return EXIT_BROKEN if places else os.EX_OK


def _users(store: Store, args: argparse.Namespace) -> int:
    at = utc_from_ns(time.time_ns())
    if args.user_word == "list":
        return _print_users(store, is_json=args.json)
    if args.user_word == "disable":
        accounts.disable(store, args.name, at=at)
        print(f"user {args.name}: disabled")
        return os.EX_OK
    password = sys.stdin.readline().rstrip("\r\n") if args.password_stdin else random_password()
    try:
        if args.user_word == "add":
            wanted = accounts.NewUser(
                name=args.name,
                display_name=args.display_name or args.name,
                roles=tuple(args.role),
                towns=tuple(args.town),
                locale=args.locale,
            )
            accounts.add(store, wanted, password, at=at)
        else:
            accounts.reset(store, args.name, password, at=at)
    except ValueError as error:
        raise StoreError(f"user {args.name}: {error}") from error
    print(f"user {args.name}: ready" if args.password_stdin else f"user {args.name}: password {password}")
    return os.EX_OK


def _print_users(store: Store, *, is_json: bool) -> int:
    found = accounts.all_accounts(store)
    if is_json:
        print(json.dumps(found, ensure_ascii=False, indent=1))
        return os.EX_OK
    for one in found:
        state = "disabled" if one["disabled"] else "active"
        print(f"{one['name']:20} {','.join(one['roles']):24} {','.join(one['towns']) or '-':20} {state}")
    return os.EX_OK
