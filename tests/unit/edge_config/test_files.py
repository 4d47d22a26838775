"""Secrets are files that nobody else reads."""

from __future__ import annotations

import socket
from pathlib import Path

import pytest

from contract.errors import ConfigError
from edge.config.files import file_problem, reach_problem, read_secret


def write(path: Path, data: bytes, mode: int = 0o600) -> Path:
    path.write_bytes(data)
    path.chmod(mode)
    return path


@pytest.mark.parametrize(
    ("mode", "is_secret", "words"),
    [(0o600, True, None), (0o640, True, None), (0o644, True, "mode 0644): chmod 600 it"), (0o644, False, None)],
)
def test_a_secret_that_every_user_can_read_is_a_mistake(
    tmp_path: Path, mode: int, is_secret: bool, words: str | None
) -> None:
    problem = file_problem(write(tmp_path / "secret", b"x", mode), is_secret)
    assert (problem is None) if words is None else (words in str(problem))


def test_a_missing_an_empty_and_a_folder_are_no_secret_files(tmp_path: Path) -> None:
    assert file_problem(tmp_path / "none", True) == f"{tmp_path}/none does not exist"
    assert file_problem(write(tmp_path / "empty", b""), True) == f"{tmp_path}/empty is empty"
    assert file_problem(tmp_path, True) == f"{tmp_path} is no file"


def test_a_secret_is_one_line(tmp_path: Path) -> None:
    assert read_secret(str(write(tmp_path / "a", b" word\n"))) == "word"
    for data in (b"a\nb\n", b"\xff", b"\n", b"a" * 20_000):
        with pytest.raises(ConfigError, match="no single line"):
            read_secret(str(write(tmp_path / "a", data)))


def test_a_server_is_reached_or_it_is_said_why_not() -> None:
    with socket.create_server(("127.0.0.1", 0)) as server:
        port = server.getsockname()[1]
        assert reach_problem("127.0.0.1", port) is None
    assert reach_problem("127.0.0.1", port) == f"127.0.0.1:{port} cannot be reached: Connection refused"
