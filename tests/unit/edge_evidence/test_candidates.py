"""The candidate store: what waits for acts that are not due yet."""

from __future__ import annotations

import os
import signal
import subprocess
import sys
import threading
from pathlib import Path

import pytest

from contract.events import EvidenceRole
from edge.evidence.candidates import INDEX_NAME, CandidateStore, HeldFile

KB = 1000
ACTS = tuple(f"0000000{n}-0000-8000-8000-000000000000" for n in range(4))


def held(path: str, at_ns: int, role: EvidenceRole = "arrival") -> HeldFile:
    return HeldFile(
        path=path, role=role, size_bytes=0, from_ns=at_ns, to_ns=at_ns, wanted_from_ns=at_ns, wanted_to_ns=at_ns
    )


def put(store: CandidateStore, act: int, path: str, *, size: int = KB, at_ns: int | None = None) -> None:
    role: EvidenceRole = "clip" if path.startswith("clips/") else "arrival"
    file = held(path, act if at_ns is None else at_ns, role)
    store.put(ACTS[act], "cam-1", file, lambda part: part.write_bytes(bytes(size)))


def paths(store: CandidateStore, act: int) -> list[str]:
    candidate = store.get(ACTS[act])
    return [file.path for file in candidate.files] if candidate else []


def files_on_disk(folder: Path) -> list[str]:
    return sorted(path.relative_to(folder).as_posix() for path in folder.rglob("*") if path.is_file())


def test_what_was_put_is_there_after_a_restart(tmp_path: Path) -> None:
    store = CandidateStore(tmp_path, 10 * KB)
    put(store, 0, "stills/arrival.jpg")
    put(store, 0, "clips/arrival.mp4", size=2 * KB)
    store.tell_lost(ACTS[0], "cam-1", "stills/first_still.jpg: gone", at_ns=0)
    again = CandidateStore(tmp_path, 10 * KB)
    assert again.get(ACTS[0]) == store.get(ACTS[0])
    assert again.held_bytes == 3 * KB


def test_a_file_put_again_takes_the_place_of_the_one_before(tmp_path: Path) -> None:
    store = CandidateStore(tmp_path, 10 * KB)
    put(store, 0, "clips/due.mp4", size=6 * KB)
    put(store, 0, "clips/due.mp4", size=9 * KB)
    assert store.held_bytes == 9 * KB
    assert files_on_disk(tmp_path / ACTS[0]) == [INDEX_NAME, "clips/due.mp4"]


def test_a_dropped_act_leaves_nothing_on_the_disk(tmp_path: Path) -> None:
    store = CandidateStore(tmp_path, 10 * KB)
    put(store, 0, "stills/arrival.jpg")
    store.drop(ACTS[0])
    assert store.get(ACTS[0]) is None
    assert list(tmp_path.iterdir()) == []


def test_a_full_store_lets_the_oldest_clips_go_first_then_the_oldest_stills_and_says_so(tmp_path: Path) -> None:
    store = CandidateStore(tmp_path, 4 * KB)
    put(store, 0, "stills/arrival.jpg")
    put(store, 0, "clips/arrival.mp4")
    put(store, 1, "stills/arrival.jpg")
    put(store, 1, "clips/arrival.mp4")
    put(store, 2, "stills/arrival.jpg")
    assert (paths(store, 0), paths(store, 1)) == (["stills/arrival.jpg"], ["stills/arrival.jpg", "clips/arrival.mp4"])
    put(store, 2, "clips/arrival.mp4", size=2 * KB)
    assert (paths(store, 0), paths(store, 1)) == ([], ["stills/arrival.jpg"])
    assert paths(store, 2) == ["stills/arrival.jpg", "clips/arrival.mp4"]
    first = store.get(ACTS[0])
    assert first is not None
    assert [words.split(":")[0] for words in first.lost] == ["clips/arrival.mp4", "stills/arrival.jpg"]
    assert store.counters()["candidate_files_evicted"] == 3
    assert store.held_bytes == 4 * KB


def test_what_finds_no_room_at_all_is_refused_counted_and_said(tmp_path: Path) -> None:
    store = CandidateStore(tmp_path, 4 * KB)
    put(store, 0, "stills/arrival.jpg")
    put(store, 0, "clips/arrival.mp4", size=9 * KB)
    candidate = store.get(ACTS[0])
    assert candidate is not None
    assert paths(store, 0) == ["stills/arrival.jpg"]
    assert candidate.lost == ("clips/arrival.mp4: no room in the candidate store",)
    assert store.counters()["candidates_refused"] == 1
    assert files_on_disk(tmp_path / ACTS[0]) == [INDEX_NAME, "stills/arrival.jpg"]


def test_only_remembered_acts_of_a_camera_are_kept(tmp_path: Path) -> None:
    store = CandidateStore(tmp_path, 10 * KB)
    put(store, 0, "stills/arrival.jpg")
    put(store, 1, "stills/arrival.jpg")
    store.put(ACTS[2], "cam-2", held("stills/arrival.jpg", 0), lambda part: part.write_bytes(b"x"))
    store.keep_only("cam-1", {ACTS[1]})
    assert [bool(store.get(act)) for act in ACTS] == [False, True, True, False]


def test_what_waits_for_a_camera_that_is_not_configured_any_more_goes_and_is_counted(tmp_path: Path) -> None:
    store = CandidateStore(tmp_path, 10 * KB)
    put(store, 0, "stills/arrival.jpg")
    store.put(ACTS[1], "cam-2", held("stills/arrival.jpg", 0), lambda part: part.write_bytes(b"x"))
    store.keep_devices({"cam-1", "cam-3"})
    assert [bool(store.get(act)) for act in ACTS[:2]] == [True, False]
    assert store.counters()["candidates_forgotten"] == 1
    assert not any(ACTS[1] in name for name in files_on_disk(tmp_path))


def test_a_write_that_fails_leaves_what_was_there(tmp_path: Path) -> None:
    store = CandidateStore(tmp_path, 10 * KB)
    put(store, 0, "stills/arrival.jpg")

    def fail(part: Path) -> None:
        part.write_bytes(b"half")
        raise OSError("disk full")

    with pytest.raises(OSError, match="disk full"):
        store.put(ACTS[0], "cam-1", held("clips/arrival.mp4", 0, "clip"), fail)
    assert files_on_disk(tmp_path / ACTS[0]) == [INDEX_NAME, "stills/arrival.jpg"]


def test_what_a_dying_process_left_half_done_is_removed_at_the_next_start(tmp_path: Path) -> None:
    store = CandidateStore(tmp_path, 10 * KB)
    put(store, 0, "stills/arrival.jpg")
    put(store, 0, "stills/first_still.jpg")
    (tmp_path / ACTS[0] / "stills" / ".due.jpg.part").write_bytes(b"half")
    (tmp_path / ACTS[0] / "stills" / "first_still.jpg").write_bytes(b"short")
    (tmp_path / ACTS[1] / "stills").mkdir(parents=True)
    (tmp_path / ACTS[2]).mkdir()
    (tmp_path / ACTS[2] / INDEX_NAME).write_bytes(b"{")
    again = CandidateStore(tmp_path, 10 * KB)
    assert paths(again, 0) == ["stills/arrival.jpg"]
    assert again.counters()["candidates_torn"] == 2
    assert [path.name for path in tmp_path.iterdir()] == [ACTS[0]]


KILLED = """
import sys
from pathlib import Path
from edge.evidence.candidates import CandidateStore
from tests.unit.edge_evidence.test_candidates import ACTS, put
store = CandidateStore(Path(sys.argv[1]), 10_000_000)
for number in range(100_000):
    put(store, number % 4, f"stills/{number % 50}.jpg", size=2000 + number, at_ns=number)
    print(number, flush=True)
"""


def test_kill_9_at_any_moment_loses_nothing_that_was_kept(tmp_path: Path) -> None:
    child = subprocess.Popen([sys.executable, "-c", KILLED, str(tmp_path)], stdout=subprocess.PIPE, text=True)
    watchdog = threading.Timer(60, child.kill)
    watchdog.start()
    assert child.stdout is not None
    kept = [int(child.stdout.readline()) for _ in range(37)]
    os.kill(child.pid, signal.SIGKILL)
    kept += [int(line) for line in child.stdout.read().splitlines()]
    child.wait(10)
    watchdog.cancel()
    child.stdout.close()
    store = CandidateStore(tmp_path, 10_000_000)
    newest = {(number % 4, f"stills/{number % 50}.jpg"): number for number in kept}
    for (act, path), number in newest.items():
        candidate = store.get(ACTS[act])
        file = candidate.file(path) if candidate else None
        assert file is not None
        # One that was under way when the process died may have taken its place already.
        assert file.from_ns >= number
        assert store.place(ACTS[act], file).stat().st_size == 2000 + file.from_ns
