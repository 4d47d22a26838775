"""ingest.toml: every mistake at once, in plain words, with its line."""

from __future__ import annotations

from pathlib import Path

import pytest

from contract.errors import ConfigError
from ingest.config import IngestConfig, parts_folder, read_config

GOOD = """
[store]
database = "sqlite:////tmp/centre.db"
blobs = "/data/evidence"
[broker]
url = "mqtt://127.0.0.1:1883"
"""


def read(tmp_path: Path, text: str) -> IngestConfig:
    path = tmp_path / "ingest.toml"
    path.write_text(text)
    return read_config(path)


def test_a_short_file_has_every_default(tmp_path: Path) -> None:
    config = read(tmp_path, GOOD)
    assert (config.limits.batch_max, config.limits.batch_window_ms, config.http.host) == (500, 50, "127.0.0.1")
    assert parts_folder(config) == Path("/data/evidence.parts")


def test_every_mistake_is_listed_with_its_line(tmp_path: Path) -> None:
    text = """[store]
database = "sqlite:////tmp/centre.db"
blobs = "/data/evidence"
[broker]
url = "mqtt://user:secret@127.0.0.1:1883"
password_file = "/nowhere/password"
[limits]
batch_max = 0
batchmax = 7
"""
    with pytest.raises(ConfigError) as refusal:
        read(tmp_path, text)
    found = {(mistake.path, mistake.line) for mistake in refusal.value.mistakes}
    assert found == {("broker.url", 5), ("broker.password_file", 6), ("limits.batch_max", 8), ("limits.batchmax", 9)}
    assert "secret" not in str(refusal.value)


@pytest.mark.parametrize("url", ["mqtt://broker.example:1883", "http://127.0.0.1", "mqtt://"])
def test_a_broker_url_that_cannot_be_or_is_not_encrypted_is_refused(tmp_path: Path, url: str) -> None:
    with pytest.raises(ConfigError, match=r"broker\.url"):
        read(tmp_path, GOOD.replace("mqtt://127.0.0.1:1883", url))


def test_an_s3_store_needs_a_folder_for_unfinished_uploads(tmp_path: Path) -> None:
    text = GOOD.replace("/data/evidence", "s3://evidence")
    with pytest.raises(ConfigError, match=r"http\.parts"):
        read(tmp_path, text)
    assert parts_folder(read(tmp_path, text + '[http]\nparts = "/data/parts"\n')) == Path("/data/parts")


def test_a_file_that_is_not_there_is_one_mistake(tmp_path: Path) -> None:
    with pytest.raises(ConfigError, match="cannot be read"):
        read_config(tmp_path / "no.toml")
