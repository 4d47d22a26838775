"""Evidence bytes in a folder and in an S3 store: the same suite."""

from __future__ import annotations

from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

import httpx
import pytest
from moto.server import ThreadedMotoServer

from contract.errors import StoreError
from contract.manifest import sha256_hex
from store.blobs import CHUNK_BYTES, Blobs, open_blobs

CONTENT = bytes(range(256)) * 2000
SHA256 = sha256_hex(CONTENT)


@pytest.fixture(scope="session")
def s3_endpoint() -> Iterator[str]:
    """A real S3 API on loopback."""
    server = ThreadedMotoServer(ip_address="127.0.0.1", port=0)
    server.start()
    host, port = server.get_host_and_port()
    yield f"http://{host}:{port}"
    server.stop()


@pytest.fixture(params=["folder", "s3"])
def blobs(request: pytest.FixtureRequest, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Blobs:
    if request.param == "folder":
        return open_blobs(str(tmp_path / "blobs"))
    endpoint: str = request.getfixturevalue("s3_endpoint")
    monkeypatch.setenv("AWS_ACCESS_KEY_ID", "test")
    monkeypatch.setenv("AWS_SECRET_ACCESS_KEY", "test")
    bucket = f"evidence-{abs(hash(tmp_path))}"
    httpx.put(f"{endpoint}/{bucket}").raise_for_status()
    return open_blobs(f"s3://{bucket}/centre?endpoint={endpoint}&region=us-east-1")


def test_bytes_are_read_back_whole_in_ranges_and_in_chunks(blobs: Blobs) -> None:
    assert blobs.put(SHA256, CONTENT)
    assert blobs.size(SHA256) == len(CONTENT)
    assert blobs.read(SHA256) == CONTENT
    assert blobs.read_range(SHA256, 100, 356) == CONTENT[100:356]
    assert blobs.read_range(SHA256, 7, 7) == b""
    chunks = list(blobs.stream(SHA256, 5, len(CONTENT)))
    assert b"".join(chunks) == CONTENT[5:]
    assert max(map(len, chunks)) <= CHUNK_BYTES


@pytest.mark.parametrize("torn", [b"", CONTENT[:1000], bytes(len(CONTENT))])
def test_a_file_that_a_power_cut_tore_is_written_anew(tmp_path: Path, torn: bytes) -> None:
    blobs = open_blobs(str(tmp_path / "blobs"))
    assert blobs.put(SHA256, CONTENT)
    (found,) = (tmp_path / "blobs").rglob(SHA256)
    found.write_bytes(torn)
    assert blobs.put(SHA256, CONTENT)
    assert blobs.read(SHA256) == CONTENT
    assert not blobs.put(SHA256, CONTENT)


def test_a_file_on_disk_is_stored_as_its_bytes(blobs: Blobs, tmp_path: Path) -> None:
    path = tmp_path / "upload"
    path.write_bytes(CONTENT)
    assert blobs.put(SHA256, path)
    assert blobs.read(SHA256) == CONTENT


def test_what_is_there_is_never_written_again(blobs: Blobs) -> None:
    assert blobs.put(SHA256, CONTENT)
    assert not blobs.put(SHA256, b"other")
    assert blobs.read(SHA256) == CONTENT


def test_of_writers_side_by_side_one_writes(blobs: Blobs) -> None:
    with ThreadPoolExecutor(4) as pool:
        written = list(pool.map(lambda _: blobs.put(SHA256, CONTENT), range(4)))
    assert sorted(written) == [False, False, False, True]


def test_what_is_not_there_or_outside_is_refused_by_name(blobs: Blobs) -> None:
    assert blobs.size(SHA256) is None
    with pytest.raises(StoreError, match="not here"):
        blobs.read(SHA256)
    with pytest.raises(StoreError, match="not here"):
        blobs.read_range(SHA256, 0, 1)
    blobs.put(SHA256, b"abc")
    with pytest.raises(StoreError, match="outside its 3 bytes"):
        blobs.read_range(SHA256, 0, 4)


@pytest.mark.parametrize("where", ["s3://", "s3://bucket?secret=x"])
def test_a_blob_store_that_cannot_be_is_refused(where: str) -> None:
    with pytest.raises(StoreError, match="s3://"):
        open_blobs(where)
