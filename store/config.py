"""The `[store]` table that `ingest.toml` and `server.toml` share."""

from __future__ import annotations

from pathlib import Path
from typing import Annotated

from msgspec import Meta, Struct

from contract.errors import StoreError
from store import Store, open_store

Url = Annotated[str, Meta(min_length=1, max_length=2000)]


class StoreConfig(Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """Where rows and blobs are: `sqlite:///PATH` or `postgresql://USER@HOST/NAME`; a folder or an `s3://` URL.

    PostgreSQL's password is in a file of its own (`password_file`, or libpq's PGPASSFILE), S3's in the environment.
    """

    database: Url
    password_file: str | None = None
    blobs: Url


def open_configured(config: StoreConfig) -> Store:
    """The store of a configuration; raises StoreError, also for a password file that cannot be read."""
    return open_store(config.database, config.blobs, _password(config.password_file))


def _password(path: str | None) -> str | None:
    if path is None:
        return None
    try:
        return Path(path).read_text("utf-8").strip()
    except (OSError, UnicodeDecodeError) as error:
        raise StoreError(f"store.password_file {path}: cannot be read: {error}") from error
