"""The same tests of the server on both databases."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import pytest

from store import Store, open_store
from tests.integration.databases import Postgres, running_postgres
from tests.integration.server.site import Site, running_site

DATABASES = ["sqlite", "postgresql"]


@pytest.fixture(scope="session")
def postgres() -> Iterator[Postgres]:
    """One PostgreSQL server for this worker."""
    with running_postgres() as server:
        yield server


@pytest.fixture(params=DATABASES)
def store(request: pytest.FixtureRequest, tmp_path: Path) -> Iterator[Store]:
    """An open store with a fresh database."""
    url = f"sqlite:///{tmp_path}/centre.db"
    if request.param == "postgresql":
        server: Postgres = request.getfixturevalue("postgres")
        url = server.new_database()
    opened = open_store(url, str(tmp_path / "blobs"))
    yield opened
    opened.close()


@pytest.fixture
def site(store: Store) -> Iterator[Site]:
    """A running server."""
    with running_site(store) as running:
        yield running


@pytest.fixture
def sqlite_site(tmp_path: Path) -> Iterator[Site]:
    """A running server on SQLite, for what no database decides."""
    opened = open_store(f"sqlite:///{tmp_path}/centre.db", str(tmp_path / "blobs"))
    with running_site(opened) as running:
        yield running
    opened.close()
