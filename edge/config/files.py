"""The files a configuration names: are they there, are secret ones kept from others, can a tower's land be read."""

from __future__ import annotations

import socket
import stat
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path

from contract.errors import ConfigError, ContractError, Mistake
from edge.config.types import TowerConfig
from ground.files import read_areas, read_heights
from ground.local import Spot
from ground.roads import read_roads

FileProblem = Callable[[Path, bool], str | None]
MAX_SECRET_BYTES = 10_000
REACH_TIMEOUT_S = 3.0
_ANYWHERE = Spot(lat=0.0, lon=0.0, height_m=0.0)  # lines are lines from wherever they are seen


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


def land_problem(tower: TowerConfig, key: str, path: Path) -> str | None:
    """Why the terrain, the areas or the roads of a tower cannot be read; None when they can."""
    try:
        if key == "dem_file":
            read_heights(path)
        elif key == "areas_file":
            read_areas(path, name_key=tower.areas_name)
        else:
            read_roads(path, _ANYWHERE)
    except ContractError as error:
        return str(error)
    return None


@dataclass(frozen=True, slots=True)
class Probes:
    """What `tantou check` tries beyond the text: a broker that answers, files of the land that can be read."""

    reach_problem: Callable[[str, int], str | None] = reach_problem
    land_problem: Callable[[TowerConfig, str, Path], str | None] = land_problem


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
