"""The tables that migrations make are the tables that the code speaks of, on both databases."""

from __future__ import annotations

import sqlite3
from concurrent.futures import ProcessPoolExecutor
from multiprocessing import get_context
from pathlib import Path

import pytest
from alembic import command
from alembic.autogenerate import compare_metadata
from alembic.migration import MigrationContext
from sqlalchemy import inspect

from contract.errors import StoreError
from store import migrate, open_store
from store.database import migrations, open_engine, reading, writing
from store.tables import metadata
from tests.integration.databases import Postgres


@pytest.fixture(params=["sqlite", "postgresql"])
def empty_url(request: pytest.FixtureRequest, tmp_path: Path) -> str:
    if request.param == "sqlite":
        return f"sqlite:///{tmp_path}/new/centre.db"
    server: Postgres = request.getfixturevalue("postgres")
    return server.new_empty_database()


def test_migrated_tables_are_those_of_the_code_and_migrating_again_changes_nothing(empty_url: str) -> None:
    migrate(empty_url)
    migrate(empty_url)
    engine = open_engine(empty_url)
    with reading(engine) as conn:
        context = MigrationContext.configure(conn, opts={"compare_type": True})
        assert compare_metadata(context, metadata) == []
        checks = {check["name"] for check in inspect(conn).get_check_constraints("leads")}
    engine.dispose()
    assert checks == {"ck_leads_state", "ck_leads_purpose"}


def test_a_migration_can_be_taken_back(empty_url: str) -> None:
    migrate(empty_url)
    engine = open_engine(empty_url)
    with writing(engine) as conn:
        command.downgrade(migrations(conn), "base")
    with reading(engine) as conn:
        assert set(inspect(conn).get_table_names()) == {"alembic_version"}
    engine.dispose()


def test_processes_that_start_at_once_migrate_once_and_none_fails(empty_url: str) -> None:
    with ProcessPoolExecutor(3, mp_context=get_context("spawn")) as pool:
        assert list(pool.map(migrate, [empty_url] * 3)) == [None] * 3


@pytest.mark.parametrize(
    ("url", "word"),
    [
        ("nonsense", "could not parse"),
        ("sqlite:////proc/nowhere/centre.db", "/proc/nowhere"),
        ("sqlite:///{folder}/no_database", "not a database"),
        ("postgresql://eye@127.0.0.1:1/centre", "refused"),
        ("sqlite:///{folder}/newer.db", "9999"),
    ],
)
def test_a_database_that_cannot_be_opened_is_told_in_one_line(url: str, word: str, tmp_path: Path) -> None:
    (tmp_path / "no_database").write_bytes(bytes(range(256)) * 20)
    open_store(f"sqlite:///{tmp_path}/newer.db", str(tmp_path / "blobs")).close()
    with sqlite3.connect(tmp_path / "newer.db") as newer:
        newer.execute("UPDATE alembic_version SET version_num = '9999'")
    newer.close()
    with pytest.raises(StoreError) as raised:
        open_store(url.format(folder=tmp_path), str(tmp_path / "blobs"))
    assert word in str(raised.value).lower()
    assert "\n" not in str(raised.value)


def test_blobs_that_cannot_be_opened_are_told_in_one_line(tmp_path: Path) -> None:
    (tmp_path / "blobs").write_text("a file where a folder should be")
    with pytest.raises(StoreError, match="blobs"):
        open_store(f"sqlite:///{tmp_path}/centre.db", str(tmp_path / "blobs"))


def test_sqlite_survives_a_power_cut_and_lets_readers_and_a_writer_side_by_side(tmp_path: Path) -> None:
    store = open_store(f"sqlite:///{tmp_path}/centre.db", str(tmp_path / "blobs"))
    with store.write() as writer, store.read() as reader:
        settings = {
            name: reader.exec_driver_sql(f"PRAGMA {name}").scalar_one()
            for name in ("journal_mode", "synchronous", "foreign_keys", "busy_timeout")
        }
        writer.exec_driver_sql("INSERT INTO ingest_counters VALUES ('g', 'n', 1)")
        assert reader.exec_driver_sql("SELECT count(*) FROM ingest_counters").scalar_one() == 0
    store.close()
    assert settings == {"journal_mode": "wal", "synchronous": 2, "foreign_keys": 1, "busy_timeout": 30_000}


def test_a_sqlite_writer_waits_for_its_turn_at_the_start(tmp_path: Path) -> None:
    path = tmp_path / "centre.db"
    store = open_store(f"sqlite:///{path}", str(tmp_path / "blobs"))
    other = sqlite3.connect(path, timeout=0, isolation_level=None)
    with store.write(), pytest.raises(sqlite3.OperationalError, match="locked"):
        other.execute("BEGIN IMMEDIATE")
    other.execute("BEGIN IMMEDIATE")
    other.close()
    store.close()


@pytest.mark.parametrize("url", ["mysql://host/db", "sqlite://", "sqlite:///:memory:"])
def test_a_database_that_cannot_keep_leads_is_refused_with_what_to_use(url: str) -> None:
    with pytest.raises(StoreError, match="sqlite:///"):
        open_engine(url)
