"""Databases for tests: `store` is an open store, the same test on SQLite and on PostgreSQL."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import pytest

from store import Store, open_store
from tests.integration.databases import Postgres, running_postgres

DATABASES = ["sqlite", "postgresql"]


@pytest.fixture(scope="session")
def postgres() -> Iterator[Postgres]:
    """One PostgreSQL server for this worker."""
    with running_postgres() as server:
        yield server


@pytest.fixture(params=DATABASES)
def database_url(request: pytest.FixtureRequest, tmp_path: Path) -> str:
    """A fresh database with every table."""
    if request.param == "sqlite":
        return f"sqlite:///{tmp_path}/centre.db"
    server: Postgres = request.getfixturevalue("postgres")
    return server.new_database()


@pytest.fixture
def store(database_url: str, tmp_path: Path) -> Iterator[Store]:
    """An open store on it."""
    opened = open_store(database_url, str(tmp_path / "blobs"))
    yield opened
    opened.close()
