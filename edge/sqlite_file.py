"""Opening the SQLite files of a gateway: what was committed survives kill -9 and loss of power; one schema a file."""

from __future__ import annotations

import sqlite3
from dataclasses import dataclass
from pathlib import Path
from typing import Final

from contract.errors import StoreError

BUSY_TIMEOUT_S: Final = 10.0


@dataclass(frozen=True, slots=True, kw_only=True)
class Schema:
    """`what` names the file in errors; `tables` make version `version` of it; `later` statements came without a new
    version, so each must do nothing where it was done before."""

    what: str
    version: int
    tables: str
    later: tuple[str, ...] = ()


def connect(path: Path, schema: Schema) -> sqlite3.Connection:
    """A connection in autocommit, WAL, synchronous=FULL, to a file with these tables, made where there is none.

    Any thread may use it, one at a time. Raises StoreError for a file that cannot be used or is of another version.
    """
    try:
        connection = sqlite3.connect(path, timeout=BUSY_TIMEOUT_S, isolation_level=None, check_same_thread=False)
        connection.execute("PRAGMA journal_mode=WAL")
        connection.execute("PRAGMA synchronous=FULL")
        connection.execute("BEGIN IMMEDIATE")
        version = connection.execute("PRAGMA user_version").fetchone()[0]
        if version == 0:
            for statement in (*schema.tables.split(";"), f"PRAGMA user_version={schema.version}"):
                connection.execute(statement)
        for statement in schema.later if version in (0, schema.version) else ():
            connection.execute(statement)
        connection.execute("COMMIT")
    except sqlite3.Error as error:
        raise StoreError(f"{schema.what} {path}: {error}; move the file away to start with an empty one") from error
    if version not in (0, schema.version):
        connection.close()
        words = f"version {version} is not known here ({schema.version} is); update this program"
        raise StoreError(f"{schema.what} {path}: {words}")
    return connection
