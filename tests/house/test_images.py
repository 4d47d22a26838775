"""What can be checked of the images without a container engine: the files they name, the configurations they mount."""

from __future__ import annotations

import re
import subprocess
import sys
from pathlib import Path

import pytest

from contract import settings
from edge.config import ListenerConfig
from ingest.config import IngestConfig
from server.config import ServerConfig
from tests.house.sources import ROOT

DOCKER = ROOT / "docker"
MADE_BY_A_BUILD = {"/build/dist/*.whl", "/build/server/static"}


@pytest.mark.parametrize("dockerfile", ["centre.Dockerfile", "edge.Dockerfile"])
def test_an_image_copies_files_that_are_there(dockerfile: str) -> None:
    copied = re.findall(r"^COPY (?:--from=\w+ )?(.+) \S+$", (DOCKER / dockerfile).read_text(), re.MULTILINE)
    sources = {source for line in copied for source in line.split()} - MADE_BY_A_BUILD
    assert sources
    assert [source for source in sorted(sources) if not (ROOT / source).exists()] == []


def test_the_topology_mounts_files_that_are_there() -> None:
    mounted = re.findall(r"\./([\w.-]+):", (DOCKER / "compose.yaml").read_text())
    assert set(mounted) == {"nats.conf", "ingest.toml", "server.toml", "Caddyfile"}
    assert [name for name in mounted if not (DOCKER / name).exists()] == []


def test_ingest_and_server_take_the_configurations_of_the_topology() -> None:
    ingest = settings.load((DOCKER / "ingest.toml").read_text(), "ingest.toml", IngestConfig)
    server = settings.load((DOCKER / "server.toml").read_text(), "server.toml", ServerConfig)
    assert (ingest.store.database, ingest.store.blobs) == (server.store.database, server.store.blobs)


def test_a_gateway_opens_the_port_that_hj212_devices_come_to() -> None:
    port = ListenerConfig().port
    assert f"EXPOSE {port}\n" in (DOCKER / "edge.Dockerfile").read_text()
    assert re.search(rf'ports: \["\$\{{HJ212_PORT:-{port}\}}:{port}"\]', (DOCKER / "compose.yaml").read_text())


def test_the_broker_takes_the_configuration_of_the_topology(tmp_path: Path) -> None:
    certificate, key = tmp_path / "tls.crt", tmp_path / "tls.key"
    asked = ["openssl", "req", "-x509", "-newkey", "ed25519", "-nodes", "-subj", "/CN=broker", "-days", "1"]
    asked += ["-keyout", str(key), "-out", str(certificate)]
    subprocess.run(asked, check=True, capture_output=True)
    users = re.search(r"^authorization \{.*?^\}$", (DOCKER / "README.md").read_text(), re.MULTILINE | re.DOTALL)
    assert users is not None
    (tmp_path / "users.conf").write_text(users.group())
    text = (DOCKER / "nats.conf").read_text().replace("../../run/secrets/broker.users.conf", "users.conf")
    text = text.replace("/run/secrets", str(tmp_path)).replace("/data", str(tmp_path / "data"))
    (tmp_path / "nats.conf").write_text(text)
    nats = Path(sys.executable).parent / "nats-server"
    done = subprocess.run(
        [str(nats), "-t", "-c", str(tmp_path / "nats.conf")], capture_output=True, text=True, check=False
    )
    assert done.returncode == 0, done.stderr
