"""The words of ingest on the command line."""

from __future__ import annotations

import json
import signal
import socket
import stat
import subprocess
import sys
from pathlib import Path

import pytest
from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey
from cryptography.hazmat.primitives.serialization import Encoding, PublicFormat

from contract.manifest import public_key_hex
from store import arrivals, gateways, open_store
from store.arrivals import Reject
from tantou.__main__ import main
from tests.integration.acts import at, birth, health
from tests.ports import unused_port
from tests.waiting import WITHIN_S, until

KEY = Ed25519PrivateKey.from_private_bytes(b"k" * 32)


@pytest.fixture
def config(tmp_path: Path) -> Path:
    """A configuration whose broker is not there."""
    path = tmp_path / "ingest.toml"
    path.write_text(
        f'[store]\ndatabase = "sqlite:///{tmp_path}/centre.db"\nblobs = "{tmp_path}/blobs"\n'
        f'[broker]\nurl = "mqtt://127.0.0.1:{unused_port()}"\n[http]\nport = {unused_port()}\n'
    )
    return path


@pytest.fixture
def key_file(tmp_path: Path) -> Path:
    path = tmp_path / "gateway.pub.pem"
    path.write_bytes(KEY.public_key().public_bytes(Encoding.PEM, PublicFormat.SubjectPublicKeyInfo))
    return path


def add(config: Path, key_file: Path, *more: str) -> int:
    words = ["gateways", "add", "gw-1", "--town", "demo", "--public-key", str(key_file), "--config", str(config)]
    return main([*words, *more])


def test_a_registered_gateways_token_is_printed_once_and_opens(
    config: Path, key_file: Path, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    assert add(config, key_file) == 0
    token = capsys.readouterr().out.split()[-1]
    store = open_store(f"sqlite:///{tmp_path}/centre.db", str(tmp_path / "blobs"))
    with store.read() as conn:
        found = gateways.by_token(conn, token)
    store.close()
    assert found == gateways.Gateway(id="gw-1", town="demo", public_key_hex=public_key_hex(KEY))


def test_a_token_file_is_private_and_the_token_is_not_printed(
    config: Path, key_file: Path, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    path = tmp_path / "token"
    assert add(config, key_file, "--token-file", str(path)) == 0
    assert stat.S_IMODE(path.stat().st_mode) == 0o600
    assert path.read_text().strip() not in capsys.readouterr().out


def test_gateways_are_listed_with_how_they_stand(
    config: Path, key_file: Path, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    add(config, key_file)
    capsys.readouterr()
    assert main(["gateways", "list", "--config", str(config)]) == 0
    assert capsys.readouterr().out.split() == ["gw-1", "demo", "never", "seen", "-"]
    store = open_store(f"sqlite:///{tmp_path}/centre.db", str(tmp_path / "blobs"))
    with store.write() as conn:
        gateways.take_birth(conn, birth(public_key=public_key_hex(KEY)), at=at(3))
    store.close()
    assert main(["gateways", "list", "--json", "--config", str(config)]) == 0
    (row,) = json.loads(capsys.readouterr().out)
    assert (row["id"], row["online"], row["at"]) == ("gw-1", True, at(3))


def test_a_gateways_queues_disk_and_counters_are_shown_as_it_last_told_them(
    config: Path, key_file: Path, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    add(config, key_file)
    store = open_store(f"sqlite:///{tmp_path}/centre.db", str(tmp_path / "blobs"))
    with store.write() as conn:
        gateways.take_birth(conn, birth(public_key=public_key_hex(KEY)), at=at(3))
        beat = health(at=at(4), spool_uploads=7, counters={"packages_let_go": 2})
        gateways.take_health(conn, beat, at=at(4))
        arrivals.count(conn, {("gw-1", "events_opened"): 5, ("gw-2", "events_opened"): 9})
    store.close()
    capsys.readouterr()
    assert main(["gateways", "show", "gw-1", "--config", str(config)]) == 0
    told = json.loads(capsys.readouterr().out)
    assert (told["heartbeat"]["spool_uploads"], told["heartbeat"]["counters"]) == (7, {"packages_let_go": 2})
    assert (told["taken_in"], "devices" in told["heartbeat"]) == ({"events_opened": 5}, False)
    assert main(["gateways", "show", "gw-3", "--config", str(config)]) == 1
    assert "not registered" in capsys.readouterr().err


def test_what_was_refused_for_good_can_be_read_with_its_reason(
    config: Path, key_file: Path, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    add(config, key_file)
    store = open_store(f"sqlite:///{tmp_path}/centre.db", str(tmp_path / "blobs"))
    with store.write() as conn:
        for number, body in enumerate((b"first", b"\xff{")):
            refused = Reject(
                topic="tantou/v1/demo/gw-1/event", reason=f"message: no {number}", body=body, gateway="gw-1"
            )
            arrivals.keep_rejects(conn, [refused], at=at(number))
    store.close()
    capsys.readouterr()
    assert main(["gateways", "rejects", "--limit", "1", "--config", str(config)]) == 0
    (line,) = capsys.readouterr().out.splitlines()
    assert json.loads(line) == {
        "received_at": at(1),
        "gateway": "gw-1",
        "topic": "tantou/v1/demo/gw-1/event",
        "reason": "message: no 1",
        "body": "\\xff{",
    }


@pytest.mark.parametrize("broken", ["no-file", "no-key", "no-name"])
def test_a_gateway_that_cannot_be_is_refused_in_words(
    config: Path, key_file: Path, capsys: pytest.CaptureFixture[str], broken: str
) -> None:
    if broken == "no-file":
        key_file.unlink()
    if broken == "no-key":
        key_file.write_text("nothing")
    name = "GW 1" if broken == "no-name" else "gw-1"
    words = ["gateways", "add", name, "--town", "demo", "--public-key", str(key_file), "--config", str(config)]
    assert main(words) in (1, 2)
    assert capsys.readouterr().err


def test_a_bad_configuration_lists_every_mistake_and_exits_with_2(
    config: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    config.write_text(config.read_text() + "prot = 1\n[limits]\nbatch_max = -1\n")
    assert main(["ingest", "--config", str(config)]) == 2
    said = capsys.readouterr().err
    assert "prot" in said
    assert "limits.batch_max" in said


def test_a_taken_port_is_said_in_one_line(config: Path) -> None:
    port = int(config.read_text().rsplit(" ", 1)[1])
    with socket.create_server(("127.0.0.1", port)):
        words = [sys.executable, "-m", "tantou", "ingest", "--config", str(config)]
        done = subprocess.run(words, capture_output=True, text=True, timeout=WITHIN_S, check=False)
    assert done.returncode == 1
    assert f"http 127.0.0.1:{port}: cannot listen there" in done.stderr
    assert "Traceback" not in done.stderr


@pytest.mark.parametrize("number", [signal.SIGTERM, signal.SIGINT])
def test_a_signal_ends_ingest_cleanly_also_while_the_broker_is_away(config: Path, number: signal.Signals) -> None:
    words = [sys.executable, "-m", "tantou", "ingest", "--config", str(config)]
    with (config.parent / "log").open("wb") as log, subprocess.Popen(words, stdout=log, stderr=log) as process:
        until(lambda: b"ready http=" in (config.parent / "log").read_bytes())
        process.send_signal(number)
        assert process.wait(WITHIN_S) == 0
    assert b"Traceback" not in (config.parent / "log").read_bytes()
