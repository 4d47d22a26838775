"""The files a configuration names: are they there, and are the secret ones kept from others."""

from __future__ import annotations

import socket
import stat
from pathlib import Path

from contract.errors import ConfigError, Mistake

MAX_SECRET_BYTES = 10_000
REACH_TIMEOUT_S = 3.0


def file_problem(path: Path, is_secret: bool) -> str | None:
    """What is wrong with a named file, in words; None when it can be used."""
    try:
        status = path.stat()
        if not stat.S_ISREG(status.st_mode):
            return f"{path} is no file"
        if is_secret and status.st_mode & 0o007:
            return f"{path} can be read by every user (mode {stat.S_IMODE(status.st_mode):04o}): chmod 600 it"
        with path.open("rb") as file:
            return None if file.read(1) else f"{path} is empty"
    except FileNotFoundError:
        return f"{path} does not exist"
    except OSError as error:
        return f"{path} cannot be read: {error.strerror}"


def reach_problem(host: str, port: int) -> str | None:
    """Why no TCP connection to a server can be made; None when one was made."""
    try:
        socket.create_connection((host, port), timeout=REACH_TIMEOUT_S).close()
    except OSError as error:
        return f"{host}:{port} cannot be reached: {error.strerror or error}"
    return None


def read_secret(path: str) -> str:
    """The one line of a secret file; raises ConfigError."""
    problem = file_problem(Path(path), is_secret=True)
    if problem is None:
        data = Path(path).read_bytes()
        try:
            text = data.decode().strip()
        except UnicodeDecodeError:
            text = ""
        if text and len(data) <= MAX_SECRET_BYTES and "\n" not in text:
            return text
        problem = f"{path} is no single line of text"
    raise ConfigError(path, (Mistake("secret file", None, problem),))
