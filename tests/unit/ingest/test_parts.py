"""Unfinished uploads on disk: the file is the offset, the hash follows it."""

from __future__ import annotations

from pathlib import Path

import pytest

from contract.manifest import sha256_hex
from ingest import parts as parts_module
from ingest.parts import Parts, Writing

CONTENT = b"0123456789" * 10
SHA256 = sha256_hex(CONTENT)


def append(parts: Parts, chunk: bytes) -> Writing:
    part = parts.writing("gw-1", SHA256)
    part.write(chunk)
    part.close()
    parts.keep(part)
    return part


def test_a_part_written_in_stretches_has_the_hash_of_the_whole(tmp_path: Path) -> None:
    parts = Parts(tmp_path)
    for start in range(0, len(CONTENT), 30):
        assert parts.offset("gw-1", SHA256) == start
        part = append(parts, CONTENT[start : start + 30])
    assert part.running.hexdigest() == SHA256
    assert parts.path("gw-1", SHA256).read_bytes() == CONTENT


def test_a_new_process_reads_the_hash_of_what_is_there(tmp_path: Path) -> None:
    append(Parts(tmp_path), CONTENT[:40])
    assert append(Parts(tmp_path), CONTENT[40:]).running.hexdigest() == SHA256


def test_a_file_that_another_hand_changed_is_hashed_anew(tmp_path: Path) -> None:
    parts = Parts(tmp_path)
    append(parts, CONTENT[:40])
    parts.path("gw-1", SHA256).write_bytes(CONTENT[:50])
    assert append(parts, CONTENT[50:]).running.hexdigest() == SHA256


def test_running_hashes_are_bounded_and_the_parts_go_on_without_them(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(parts_module, "HASHES_KEPT", 1)
    parts = Parts(tmp_path)
    append(parts, CONTENT[:40])
    other = parts.writing("gw-2", SHA256)
    other.close()
    parts.keep(other)
    assert append(parts, CONTENT[40:]).running.hexdigest() == SHA256


def test_a_dropped_part_is_gone_and_dropping_it_again_is_no_mistake(tmp_path: Path) -> None:
    parts = Parts(tmp_path)
    append(parts, CONTENT[:40])
    parts.drop("gw-1", SHA256)
    parts.drop("gw-1", SHA256)
    assert parts.offset("gw-1", SHA256) == 0
