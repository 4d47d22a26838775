"""The data folder of `tantou up`: where everything lies, which ports were chosen, and the secrets made on first use.

In: a folder. Out: paths, ports and secrets that are the same the next time. Every secret is a file of its own, 0600.
"""

from __future__ import annotations

import fcntl
import os
import secrets
import socket
from collections.abc import Iterator
from contextlib import ExitStack, contextmanager
from dataclasses import dataclass
from pathlib import Path

import msgspec
from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey
from cryptography.hazmat.primitives.serialization import (
    Encoding,
    NoEncryption,
    PrivateFormat,
    PublicFormat,
    load_pem_private_key,
)
from msgspec import Struct

from contract.errors import TantouError


class UpError(TantouError):
    """Something that `tantou up` needs is not to be had; the message says what to do."""


class Ports(Struct, frozen=True, kw_only=True):
    """Loopback ports, chosen once; these defaults are tried first."""

    server: int = 18080
    ingest: int = 18081
    broker: int = 18830
    rtsp: int = 18554
    hj212: int = 18212
    tower_http: int = 18082
    tower_rtsp: int = 18555


@dataclass(frozen=True, slots=True)
class Layout:
    """The names of everything in the data folder (absolute)."""

    root: Path

    @property
    def config(self) -> Path:
        """Generated configuration files."""
        return self.root / "config"

    @property
    def secrets(self) -> Path:
        """Passwords, tokens and keys; the folder is 0700."""
        return self.root / "secrets"

    @property
    def centre(self) -> Path:
        """Database and evidence of the centre."""
        return self.root / "centre"

    @property
    def edge(self) -> Path:
        """The gateway's spool, candidates and evidence."""
        return self.root / "edge"

    @property
    def broker(self) -> Path:
        """The broker's store."""
        return self.root / "broker"

    @property
    def footage(self) -> Path:
        """The demo's scenes."""
        return self.root / "footage"

    @property
    def people(self) -> Path:
        """Names and passwords of the demo's operator and officer."""
        return self.secrets / "demo-people.txt"

    @property
    def trusted_keys(self) -> Path:
        """The public key of this gateway, for `tantou verify --trust`."""
        return self.root / "trusted-keys.pem"

    def secret(self, name: str) -> Path:
        """The file of one secret."""
        return self.secrets / name


def create(root: Path) -> Layout:
    """The folders, made when they are not there."""
    layout = Layout(root.resolve())
    for folder in (layout.config, layout.centre, layout.edge, layout.broker, layout.footage):
        folder.mkdir(parents=True, exist_ok=True)
    layout.secrets.mkdir(mode=0o700, exist_ok=True)
    return layout


@contextmanager
def held(layout: Layout) -> Iterator[None]:
    """The folder is ours alone meanwhile; raises UpError when another `tantou up` has it."""
    with (layout.root / "lock").open("a") as file:
        try:
            fcntl.flock(file, fcntl.LOCK_EX | fcntl.LOCK_NB)
        except BlockingIOError as error:
            raise UpError(f"{layout.root}: another `tantou up` runs on this folder; end it, or give --data") from error
        yield


def choose_ports(layout: Layout) -> tuple[Ports, tuple[str, ...]]:
    """The remembered ports, or free ones; with a line for each that had to change since the last run."""
    path = layout.root / "ports.json"
    known = msgspec.json.decode(path.read_bytes(), type=Ports) if path.exists() else Ports()
    wanted = msgspec.structs.asdict(known)
    taken = [name for name, port in wanted.items() if not is_free(port)]
    chosen = wanted | dict(zip(taken, free_ports(len(taken)), strict=True))
    ports = Ports(**chosen)
    path.write_bytes(msgspec.json.encode(ports))
    return ports, tuple(
        f"port {getattr(known, name)} is taken by another program: {name} is on {chosen[name]}" for name in taken
    )


def is_free(port: int) -> bool:
    """Whether a server can be started on that loopback port now."""
    with socket.socket() as probe:
        probe.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
        try:
            probe.bind(("127.0.0.1", port))
        except OSError:
            return False
        return True


def free_ports(count: int) -> list[int]:
    """So many loopback ports that nobody has, each another one: all are held until the last is found."""
    with ExitStack() as held_open:
        probes = [held_open.enter_context(socket.create_server(("127.0.0.1", 0))) for _ in range(count)]
        return [int(probe.getsockname()[1]) for probe in probes]


def write_secret(path: Path, text: str) -> None:
    """A file that only its owner may read, whole or not at all."""
    partial = path.with_suffix(".part")
    partial.unlink(missing_ok=True)
    with os.fdopen(os.open(partial, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600), "w") as file:
        file.write(text)
    partial.replace(path)


def password(path: Path) -> str:
    """The password in that file; a random one is written on first use."""
    if not path.exists():
        write_secret(path, secrets.token_urlsafe(24) + "\n")
    return path.read_text().strip()


def gateway_key(layout: Layout) -> Path:
    """The gateway's Ed25519 key file (PKCS8 PEM), made on first use, its public half beside the folder."""
    path = layout.secret("gateway.key.pem")
    if not path.exists():
        made = Ed25519PrivateKey.generate()
        write_secret(path, made.private_bytes(Encoding.PEM, PrivateFormat.PKCS8, NoEncryption()).decode())
    key = load_pem_private_key(path.read_bytes(), password=None)
    layout.trusted_keys.write_bytes(key.public_key().public_bytes(Encoding.PEM, PublicFormat.SubjectPublicKeyInfo))
    return path
