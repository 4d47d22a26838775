"""The command line: the first start, users, and a clean stop."""

from __future__ import annotations

import json
import os
import re
import signal
import socket
import subprocess
import sys
from contextlib import closing
from pathlib import Path
from typing import TextIO

import httpx
import pytest
from sqlalchemy import update

from contract.errors import ConfigError
from server import commands
from store import audit, events, gateways, open_store, tables
from tantou.__main__ import main
from tests.integration.acts import arrival, at, event
from tests.ports import unused_port
from tests.waiting import WITHIN_S, until


@pytest.fixture
def config(tmp_path: Path) -> Path:
    """A configuration with a port that nobody has."""
    path = tmp_path / "server.toml"
    path.write_text(
        f'[store]\ndatabase = "sqlite:///{tmp_path}/centre.db"\nblobs = "{tmp_path}/blobs"\n[http]\n'
        f"port = {unused_port()}\n"
    )
    return path


def port_of(config: Path) -> int:
    return commands.read_config(config).http.port


def start(config: Path) -> subprocess.Popen[str]:
    command = [sys.executable, "-m", "tantou", "server", "--config", str(config)]
    return subprocess.Popen(command, stdout=subprocess.PIPE, stderr=subprocess.DEVNULL, text=True, env=os.environ)


def wait_until_it_answers(config: Path, process: subprocess.Popen[str]) -> None:
    def answers() -> bool:
        assert process.poll() is None, "the server ended"
        try:
            return httpx.get(f"http://127.0.0.1:{port_of(config)}/api/v1/health").is_success
        except httpx.TransportError:
            return False

    until(answers)


def test_the_first_start_shows_an_admin_s_password_once_and_sigterm_stops_cleanly(config: Path) -> None:
    said = []
    for _ in range(2):
        process = start(config)
        try:
            wait_until_it_answers(config, process)
            process.send_signal(signal.SIGTERM)
            output, _ = process.communicate(timeout=30)
        finally:
            process.kill()
        assert process.returncode == 0
        said.append(output)
    found = re.search(r"user (\w+) with the password (\S+)", said[0])
    assert found is not None
    assert found[1] == "admin"
    assert "password" not in said[1]


def test_users_are_added_listed_and_reset(
    config: Path, capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    words = ["users", "add", "wang.li", "--role", "operator", "--town", "demo", "--config", str(config)]
    assert main(words) == 0
    first = capsys.readouterr().out
    assert re.fullmatch(r"user wang\.li: password [a-z2-9-]{23}\n", first)
    assert main(words) == 1
    assert "taken" in capsys.readouterr().err

    monkeypatch.setattr("sys.stdin", open_text("a-typed-password\n", config.parent))
    assert main(["users", "reset", "wang.li", "--password-stdin", "--config", str(config)]) == 0
    assert capsys.readouterr().out == "user wang.li: ready\n"

    assert main(["users", "list", "--json", "--config", str(config)]) == 0
    (listed,) = json.loads(capsys.readouterr().out)
    assert (listed["name"], listed["roles"], listed["towns"]) == ("wang.li", ["operator"], ["demo"])
    assert "password_hash" not in listed
    assert main(["users", "list", "--config", str(config)]) == 0
    assert "wang.li" in capsys.readouterr().out


def test_a_disabled_user_is_locked_out_until_a_reset(config: Path, capsys: pytest.CaptureFixture[str]) -> None:
    def is_disabled() -> bool:
        assert main(["users", "list", "--json", "--config", str(config)]) == 0
        (listed,) = json.loads(capsys.readouterr().out)
        return bool(listed["disabled"])

    assert main(["users", "add", "wang.li", "--role", "operator", "--config", str(config)]) == 0
    assert main(["users", "disable", "wang.li", "--config", str(config)]) == 0
    capsys.readouterr()
    assert is_disabled()
    assert main(["users", "reset", "wang.li", "--config", str(config)]) == 0
    capsys.readouterr()
    assert not is_disabled()
    assert main(["users", "disable", "nobody", "--config", str(config)]) == 1
    assert "not known here" in capsys.readouterr().err


def open_text(text: str, folder: Path) -> TextIO:
    path = folder / "stdin"
    path.write_text(text)
    return path.open()


def test_a_short_password_an_unknown_user_and_a_bad_name_are_refused(
    config: Path, capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    assert main(["users", "reset", "nobody", "--config", str(config)]) == 1
    assert "not known here" in capsys.readouterr().err
    assert main(["users", "add", "a name", "--role", "operator", "--config", str(config)]) == 1
    assert "name" in capsys.readouterr().err
    monkeypatch.setattr("sys.stdin", open_text("short\n", config.parent))
    assert main(["users", "add", "li", "--role", "operator", "--password-stdin", "--config", str(config)]) == 1
    assert "5 characters" in capsys.readouterr().err


def test_a_trail_that_somebody_changed_is_told_and_the_exit_code_is_1(
    config: Path, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    words = ["audit", "--config", str(config)]
    with closing(open_store(f"sqlite:///{tmp_path}/centre.db", str(tmp_path / "blobs"))) as store:
        with store.write() as conn:
            gateways.register(conn, gateways.Gateway(id="gw-1", town="demo", public_key_hex="00"), at=at(0))
            events.take_in(conn, [arrival(event(0))], at=at(1))
            for number in (1, 2):
                audit.append(conn, audit.AuditEntry(at=at(number), who="anna", action="lead.show", detail={}))
        assert main(words) == 0
        assert "whole" in capsys.readouterr().out
        with store.write() as conn:
            conn.execute(update(tables.audit).where(tables.audit.c.seq == 2).values(who="bert"))
            conn.execute(update(tables.lead_history).values(who="bert"))
    assert main(words) == 1
    said = capsys.readouterr().out.splitlines()
    assert said == ["audit trail: breaks at entry 2", f"history of lead {event(0).event_id}: breaks at change 1"]


def test_every_mistake_of_the_configuration_is_named_and_the_exit_code_is_2(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    path = tmp_path / "server.toml"
    path.write_text('[store]\ndatabase = "sqlite:////x"\n[http]\nport = "many"\n')
    assert main(["server", "--config", str(path)]) == 2
    said = capsys.readouterr().err
    assert "store.blobs" in said
    assert "http.port" in said
    with pytest.raises(ConfigError, match="cannot be read"):
        commands.read_config(tmp_path / "missing.toml")


def test_a_database_of_another_kind_is_refused(config: Path, capsys: pytest.CaptureFixture[str]) -> None:
    config.write_text('[store]\ndatabase = "mysql://x/y"\nblobs = "b"\n')
    assert main(["users", "list", "--config", str(config)]) == 1
    assert "mysql" in capsys.readouterr().err


def test_a_busy_port_is_said_in_one_line(config: Path) -> None:
    with socket.create_server(("127.0.0.1", port_of(config))):
        command = [sys.executable, "-m", "tantou", "server", "--config", str(config)]
        done = subprocess.run(command, capture_output=True, text=True, timeout=WITHIN_S, check=False)
    assert done.returncode == 2
    assert "http.port" in done.stderr
    assert "cannot be had" in done.stderr
    assert "Traceback" not in done.stderr
