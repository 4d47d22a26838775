"""Evidence files over a wire that is cut: each resumes, arrives whole, and its row goes only then."""

from __future__ import annotations

import datetime
import hashlib
import ipaddress
import random
import ssl
import threading
from collections.abc import Iterator
from contextlib import closing, contextmanager
from dataclasses import dataclass
from pathlib import Path

import pytest
from cryptography import x509
from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey
from cryptography.hazmat.primitives.serialization import Encoding, NoEncryption, PrivateFormat
from cryptography.x509.oid import NameOID

from edge.capture.backoff import Backoff
from edge.spool import Spool, SpoolLimits, Step, Upload
from edge.uplink import EvidenceUplink
from edge.uplink.evidence import STRETCH_BYTES
from tests.integration.edge_uplink.receiver import TOKEN, Receiver, receiver
from tests.integration.edge_uplink.wire import wire_to
from tests.waiting import WITHIN_S, until


@pytest.fixture
def spool(tmp_path: Path) -> Iterator[Spool]:
    with closing(Spool(tmp_path / "spool.sqlite", limits=SpoolLimits(min_free_bytes=0))) as opened:
        yield opened


@pytest.fixture
def centre() -> Iterator[Receiver]:
    with receiver() as running:
        yield running


def put(spool: Spool, folder: Path, *contents: bytes, rank: int = 1) -> list[str]:
    uploads = []
    for content in contents:
        sha256 = hashlib.sha256(content).hexdigest()
        path = folder / sha256
        path.write_bytes(content)
        uploads.append(Upload(sha256, str(path), len(content), rank))
    spool.commit(Step("cam-1", b"s", (), tuple(uploads)))
    return [upload.sha256 for upload in uploads]


def bulk(seed: int, size_bytes: int) -> bytes:
    return random.Random(seed).randbytes(size_bytes)


@dataclass
class Running:
    uplink: EvidenceUplink
    stop: threading.Event
    thread: threading.Thread


@contextmanager
def uplink_of(spool: Spool, url: str, *, token: str = TOKEN, ca_file: str | None = None) -> Iterator[Running]:
    uplink = EvidenceUplink(
        url, spool.uploads, token_of=lambda: token, ca_file=ca_file, backoff=Backoff(first_s=0.02, most_s=0.1)
    )
    running = Running(uplink, threading.Event(), threading.Thread(target=lambda: uplink.run(running.stop)))
    running.thread.start()
    try:
        yield running
    finally:
        running.stop.set()
        running.thread.join(WITHIN_S)
        assert not running.thread.is_alive()


def at(port: int) -> str:
    return f"http://127.0.0.1:{port}"


def test_files_arrive_whole_the_most_important_first(spool: Spool, centre: Receiver, tmp_path: Path) -> None:
    low = put(spool, tmp_path, bulk(1, 3 * STRETCH_BYTES + 17), rank=1)
    high = put(spool, tmp_path, b"still", b"another still", rank=9)
    with uplink_of(spool, at(centre.port)):
        until(lambda: len(spool.uploads) == 0)
        later = put(spool, tmp_path, b"later")
        until(lambda: len(spool.uploads) == 0)
    assert list(centre.stored) == high + low + later
    assert centre.stored[low[0]] == bulk(1, 3 * STRETCH_BYTES + 17)
    assert spool.counters()["uploads_stored"] == 4


@pytest.mark.parametrize("cut_after_bytes", [200, 1_500_000, 2_700_000])
def test_a_file_goes_on_where_the_wire_was_cut(
    spool: Spool, centre: Receiver, tmp_path: Path, cut_after_bytes: int
) -> None:
    content = bulk(2, 3 * STRETCH_BYTES)
    (sha256,) = put(spool, tmp_path, content)
    with wire_to(centre.port) as wire:
        wire.cut_after_bytes = cut_after_bytes
        with uplink_of(spool, at(wire.port)) as running:
            until(lambda: len(spool.uploads) == 0)
            assert running.uplink.counters()["upload_failures"] >= 1
    assert centre.stored == {sha256: content}
    firsts = [found.split()[1].split("-")[0] for method, _, found in centre.requests if method == "PUT" and found]
    assert len(firsts) <= 5  # three stretches, one cut: never from the beginning again


def test_an_answer_that_is_lost_costs_a_question_and_no_byte(spool: Spool, centre: Receiver, tmp_path: Path) -> None:
    (sha256,) = put(spool, tmp_path, b"x" * 1000)
    with wire_to(centre.port) as wire:
        wire.brings_answers = False
        with uplink_of(spool, at(wire.port)):
            until(lambda: wire.bytes_lost > 0)
            centre.stored[sha256] = b"x" * 1000
            wire.brings_answers = True
            wire.cut()
            until(lambda: len(spool.uploads) == 0)
    assert [method for method, _, _ in centre.requests] == ["HEAD", "HEAD"]


def test_a_part_that_the_centre_has_is_not_sent_again(spool: Spool, centre: Receiver, tmp_path: Path) -> None:
    content = bulk(3, 1000)
    (sha256,) = put(spool, tmp_path, content)
    centre.parts[sha256] = content[:700]
    with uplink_of(spool, at(centre.port)) as running:
        until(lambda: len(spool.uploads) == 0)
        assert running.uplink.counters()["uploads_resumed"] == 1
    assert centre.requests[-1] == ("PUT", sha256, "bytes 700-999/1000")
    assert centre.stored[sha256] == content


def test_a_file_that_is_gone_or_changed_is_set_aside_by_name(spool: Spool, centre: Receiver, tmp_path: Path) -> None:
    gone, changed, shorter, fine = put(spool, tmp_path, b"gone", b"change", b"shorter", b"fine")
    (tmp_path / gone).unlink()
    (tmp_path / changed).write_bytes(b"Change")
    (tmp_path / shorter).write_bytes(b"")
    with uplink_of(spool, at(centre.port)):
        until(lambda: len(spool.uploads) == 0)
    assert spool.refused() == [
        (gone, "the file is not on this gateway any more"),
        (changed, "the file was changed on this gateway's disk"),
        (shorter, "the file is shorter than it was"),
    ]
    assert list(centre.stored) == [fine]


def test_a_file_that_makes_trouble_holds_up_no_other(spool: Spool, centre: Receiver, tmp_path: Path) -> None:
    trouble, fine = put(spool, tmp_path, b"trouble", b"fine")
    centre.answers = {("PUT", trouble): 400}
    with uplink_of(spool, at(centre.port)) as running:
        until(lambda: running.uplink.counters().get("upload_failures", 0) >= 2)
        assert list(centre.stored) == [fine]
        assert [upload.sha256 for upload in spool.uploads.pending(9)] == [trouble]
        until(lambda: "1 file(s) not taken" in running.uplink.state)
        centre.answers.clear()
        until(lambda: len(spool.uploads) == 0)


def test_a_refused_token_is_said_without_showing_it(spool: Spool, centre: Receiver, tmp_path: Path) -> None:
    put(spool, tmp_path, b"x")
    with uplink_of(spool, at(centre.port), token="wrong-token") as running:
        until(lambda: running.uplink.counters().get("upload_failures", 0) >= 2)
        said = "DeliveryError: the centre refuses this gateway's token (status 401)"
        until(lambda: running.uplink.state == said)
    assert len(spool.uploads) == 1


def test_a_server_that_is_down_is_waited_for(spool: Spool, centre: Receiver, tmp_path: Path) -> None:
    (sha256,) = put(spool, tmp_path, b"x")
    centre.answers = {("HEAD", sha256): 503}
    with uplink_of(spool, at(centre.port)) as running:
        until(lambda: running.uplink.counters().get("upload_failures", 0) >= 2)
        centre.answers.clear()
        until(lambda: len(spool.uploads) == 0)
        assert running.uplink.state in ("sending", "idle")


def test_https_is_verified(spool: Spool, tmp_path: Path) -> None:
    certificate = self_signed(tmp_path)
    server_side = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
    server_side.load_cert_chain(certificate)
    (sha256,) = put(spool, tmp_path, b"x")
    with receiver(server_side) as centre:
        url = f"https://127.0.0.1:{centre.port}"
        with uplink_of(spool, url) as stranger:
            until(lambda: "CERTIFICATE_VERIFY_FAILED" in stranger.uplink.state)
        assert centre.requests == []
        with uplink_of(spool, url, ca_file=str(certificate)):
            until(lambda: len(spool.uploads) == 0)
        assert list(centre.stored) == [sha256]


def self_signed(folder: Path) -> Path:
    """A certificate for 127.0.0.1 with its key, in one PEM file."""
    key = Ed25519PrivateKey.generate()
    name = x509.Name([x509.NameAttribute(NameOID.COMMON_NAME, "test")])
    now = datetime.datetime.now(datetime.UTC)
    certificate = (
        x509.CertificateBuilder()
        .subject_name(name)
        .issuer_name(name)
        .public_key(key.public_key())
        .serial_number(1)
        .not_valid_before(now - datetime.timedelta(days=1))
        .not_valid_after(now + datetime.timedelta(days=1))
        .add_extension(x509.SubjectAlternativeName([x509.IPAddress(ipaddress.ip_address("127.0.0.1"))]), critical=False)
        .add_extension(x509.BasicConstraints(ca=True, path_length=None), critical=True)
        .sign(key, None)
    )
    path = folder / "certificate.pem"
    path.write_bytes(
        certificate.public_bytes(Encoding.PEM) + key.private_bytes(Encoding.PEM, PrivateFormat.PKCS8, NoEncryption())
    )
    return path
