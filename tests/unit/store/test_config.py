"""The `[store]` table that ingest and server share."""

from __future__ import annotations

from pathlib import Path

import pytest

from contract.errors import StoreError
from store.config import StoreConfig, open_configured


def test_a_store_is_opened_as_configured(tmp_path: Path) -> None:
    config = StoreConfig(database=f"sqlite:///{tmp_path}/centre.db", blobs=str(tmp_path / "blobs"))
    open_configured(config).close()
    assert (tmp_path / "centre.db").exists()


def test_a_password_file_that_cannot_be_read_is_named(tmp_path: Path) -> None:
    config = StoreConfig(database="postgresql://a@localhost/b", password_file=str(tmp_path / "none"), blobs="blobs")
    with pytest.raises(StoreError, match="none"):
        open_configured(config)
