"""What `ingest.toml` may say; every limit has its name, its bounds and its default here."""

from __future__ import annotations

from pathlib import Path
from typing import Annotated, NamedTuple
from urllib.parse import urlsplit

from msgspec import Meta, Struct, field

from contract import settings
from contract.errors import ConfigError, Mistake
from store.config import StoreConfig, Url

LOOPBACK = frozenset({"127.0.0.1", "::1", "localhost"})
_PORTS = {"mqtt": 1883, "mqtts": 8883}


class BrokerConfig(Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """The broker, and who we are there; `client_id` names the session that keeps what came while we were away."""

    url: Url
    username: str | None = None
    password_file: str | None = None
    ca_file: str | None = None
    client_id: Annotated[str, Meta(min_length=1, max_length=64)] = "ingest"


class HttpConfig(Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """Where evidence is taken in; `parts` is the folder of unfinished uploads (default: beside a folder of blobs)."""

    host: Annotated[str, Meta(min_length=1, max_length=255)] = "127.0.0.1"
    port: Annotated[int, Meta(ge=0, le=65535, description="0: any free one")] = 18081
    parts: str | None = None


class LimitsConfig(Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """What is taken at most, and what is refused by this name when it is more."""

    batch_max: Annotated[int, Meta(ge=1, le=5000, description="messages of one transaction")] = 500
    batch_window_ms: Annotated[int, Meta(ge=1, le=5000, description="how long a batch is filled")] = 50
    waiting_max: Annotated[int, Meta(ge=1, le=100_000, description="messages in memory; the network waits then")] = 5000
    acks_waiting_max: Annotated[
        int,
        Meta(ge=1, le=1_000_000, description="ack messages not yet sent; more are dropped, their events come again"),
    ] = 10_000
    file_bytes_max: Annotated[int, Meta(ge=1, le=1_000_000_000, description="one evidence file")] = 200_000_000
    uploads_at_once: Annotated[int, Meta(ge=1, le=1000, description="requests with a body at one time")] = 16
    unlisted_files_max: Annotated[int, Meta(ge=0, description="files of a gateway that no event lists yet")] = 1000
    unlisted_bytes_max: Annotated[int, Meta(ge=0, description="their bytes together")] = 2_000_000_000
    parts_kept_s: Annotated[float, Meta(ge=60, description="an unfinished upload that gets nothing more")] = 604_800.0


class IngestConfig(Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """The whole of `ingest.toml`."""

    store: StoreConfig
    broker: BrokerConfig
    http: HttpConfig = field(default_factory=HttpConfig)
    limits: LimitsConfig = field(default_factory=LimitsConfig)


class Address(NamedTuple):
    """The broker's address, taken apart."""

    host: str
    port: int
    is_tls: bool


def broker_address(url: str) -> Address:
    """Host, port and kind of a broker's URL; raises ValueError that says what is wrong with it."""
    parts = urlsplit(url)
    if parts.scheme not in _PORTS or not parts.hostname:
        raise ValueError("expected mqtt://HOST:PORT or mqtts://HOST:PORT")
    if parts.username is not None or parts.password is not None:
        raise ValueError("holds credentials: put them into username and password_file")
    if parts.scheme == "mqtt" and parts.hostname not in LOOPBACK:
        raise ValueError("is not encrypted: mqtt:// is for this machine only, use mqtts://")
    return Address(parts.hostname, parts.port or _PORTS[parts.scheme], parts.scheme == "mqtts")


def parts_folder(config: IngestConfig) -> Path | None:
    """Where unfinished uploads lie; None when blobs are in an S3 store and no folder is named."""
    if config.http.parts is not None:
        return Path(config.http.parts).absolute()
    if config.store.blobs.startswith("s3://"):
        return None
    folder = Path(config.store.blobs).absolute()
    return folder.with_name(folder.name + ".parts")


def read_config(path: Path) -> IngestConfig:
    """The file's configuration; raises ConfigError with every mistake in it."""
    try:
        text = path.read_text("utf-8")
    except (OSError, UnicodeDecodeError) as error:
        raise ConfigError(str(path), (Mistake("file", None, f"cannot be read: {error}"),)) from error
    examined = settings.examine(text, str(path), IngestConfig)
    mistakes = list(examined.mistakes)
    mistakes += _missing_files(examined)
    broker = examined.tables.get(("broker",))
    if isinstance(broker, BrokerConfig) and isinstance(broker.url, str):
        try:
            broker_address(broker.url)
        except ValueError as error:
            mistakes.append(examined.mistake(("broker", "url"), str(error)))
    value = examined.value
    if value is not None and parts_folder(value) is None:
        problem = "is needed when blobs are in an S3 store: a folder for unfinished uploads"
        mistakes.append(examined.mistake(("http", "parts"), problem))
    if mistakes or value is None:
        raise ConfigError(str(path), settings.in_order(mistakes))
    return value


def _missing_files(examined: settings.Examined[IngestConfig]) -> list[Mistake]:
    """Secret and certificate files that are named and not there."""
    found = []
    for table, key in (("store", "password_file"), ("broker", "password_file"), ("broker", "ca_file")):
        wanted = getattr(examined.tables.get((table,)), key, None)
        if isinstance(wanted, str) and not Path(wanted).is_file():
            found.append(examined.mistake((table, key), f"{wanted}: no such file"))
    return found


def read_secret(path: str | None) -> str | None:
    """The secret in a file, without the line's end; None when no file is named."""
    return None if path is None else Path(path).read_text("utf-8").strip()
