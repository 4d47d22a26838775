"""The database: one engine for SQLite and PostgreSQL, read and write transactions, migrations.

SQLite runs in WAL with `synchronous=FULL`: what is committed survives a power cut. One writer at a time: a write
transaction begins IMMEDIATE, so it waits for its turn at the start and never fails half-way.
"""

from __future__ import annotations

import sqlite3
from collections.abc import Callable, Generator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

from alembic import command
from alembic.config import Config
from sqlalchemy import Connection, Engine, Table, create_engine, event, text
from sqlalchemy.dialects import postgresql, sqlite
from sqlalchemy.engine import URL, make_url

from contract.errors import StoreError

BUSY_TIMEOUT_MS = 30_000
LAST_LOCK = 7_245_001  # PostgreSQL advisory locks; any numbers, fixed for ever
MIGRATE_LOCK = 7_245_002
_WRITE = "tantou_write"
_LAST_STEPS = "tantou_last_steps"
LastStep = Callable[[Connection], object]


def open_engine(url: str, password: str | None = None) -> Engine:
    """An engine for `sqlite:///PATH` or `postgresql://...`; raises StoreError for any other database.

    PostgreSQL's password comes apart from the URL, out of a file of the process or libpq's own (PGPASSFILE).
    """
    where = _usable_url(url, password)
    if where.get_backend_name() == "postgresql":
        return create_engine(where, pool_size=10, max_overflow=10, pool_pre_ping=True)
    engine = create_engine(where, connect_args={"timeout": BUSY_TIMEOUT_MS / 1000}, pool_size=10, max_overflow=20)
    event.listen(engine, "connect", _prepare_sqlite)
    event.listen(engine, "begin", _begin_sqlite)
    return engine


def _usable_url(url: str, password: str | None) -> URL:
    where = make_url(url)
    backend = where.get_backend_name()
    if backend == "postgresql":
        where = where.set(drivername="postgresql+psycopg")
        return where if password is None else where.set(password=password)
    if backend != "sqlite":
        raise StoreError(f"database {backend!r}: not known here; use sqlite:///PATH or postgresql://HOST/NAME")
    if where.database in (None, "", ":memory:"):
        raise StoreError("database sqlite: a file is needed, as sqlite:////var/lib/tantou/centre.db")
    Path(str(where.database)).parent.mkdir(parents=True, exist_ok=True)
    return where


def _prepare_sqlite(connection: sqlite3.Connection, _record: Any) -> None:
    connection.isolation_level = None  # transactions are begun below, not by the driver
    for pragma in (
        f"busy_timeout = {BUSY_TIMEOUT_MS}",
        "journal_mode = WAL",
        "synchronous = FULL",
        "foreign_keys = ON",
        "journal_size_limit = 67108864",
    ):
        connection.execute(f"PRAGMA {pragma}").close()


def _begin_sqlite(connection: Connection) -> None:
    writes = connection.get_execution_options().get(_WRITE, False)
    connection.exec_driver_sql("BEGIN IMMEDIATE" if writes else "BEGIN")


@contextmanager
def reading(engine: Engine) -> Generator[Connection]:
    """A read transaction: one snapshot on SQLite, rolled back at the end."""
    with engine.connect() as connection:
        yield connection


@contextmanager
def writing(engine: Engine) -> Generator[Connection]:
    """A write transaction: all of it is committed at the end, or none when an exception leaves it."""
    with engine.connect().execution_options(**{_WRITE: True}) as connection, connection.begin():
        last_steps: list[LastStep] = []
        connection.info[_LAST_STEPS] = last_steps
        try:
            yield connection
        finally:
            del connection.info[_LAST_STEPS]
        if last_steps:
            _take_last_lock(connection)
        for step in last_steps:
            step(connection)


def at_the_end(connection: Connection, step: LastStep) -> None:
    """Run a step just before the commit of this write transaction, when no other transaction is at its own last steps.

    For rows that are numbered in the order of commits: the feed (a reader never misses a row that came late) and the
    audit chain (it has one tail). The lock comes after every row lock, so writers never wait for each other in a ring.
    """
    connection.info[_LAST_STEPS].append(step)


def _take_last_lock(connection: Connection) -> None:
    if connection.dialect.name == "postgresql":  # SQLite has one writer anyway
        connection.execute(text("SELECT pg_advisory_xact_lock(:key)"), {"key": LAST_LOCK})


def upsert(connection: Connection, table: Table) -> Any:
    """The dialect's INSERT that knows ON CONFLICT."""
    return (postgresql if connection.dialect.name == "postgresql" else sqlite).insert(table)


def migrate(url: str, password: str | None = None) -> None:
    """Bring the database to this version's tables; safe when several processes start at once."""
    engine = open_engine(url, password)
    try:
        with writing(engine) as connection:
            if connection.dialect.name == "postgresql":
                connection.execute(text("SELECT pg_advisory_xact_lock(:key)"), {"key": MIGRATE_LOCK})
            command.upgrade(migrations(connection), "head")
    finally:
        engine.dispose()


def migrations(connection: Connection) -> Config:
    """Alembic's configuration for the migrations of this package, on an open connection."""
    config = Config()
    config.set_main_option("script_location", str(Path(__file__).parent / "migrations"))
    config.attributes["connection"] = connection
    return config
