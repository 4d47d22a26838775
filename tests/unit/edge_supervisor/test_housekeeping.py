"""The evidence store keeps within its bound: what was sent and is settled goes first, the oldest before the newer."""

from __future__ import annotations

import os
from collections.abc import Iterator
from contextlib import closing
from pathlib import Path

import pytest

from contract.times import NS
from edge.housekeeping import Housekeeper
from edge.spool import Spool, SpoolLimits, Step, Upload

NOW_NS = 1_800_000_000 * NS
HOUR_NS = 3600 * NS


@pytest.fixture
def spool(tmp_path: Path) -> Iterator[Spool]:
    with closing(Spool(tmp_path / "spool.sqlite", limits=SpoolLimits(min_free_bytes=0))) as opened:
        yield opened


def put(path: Path, size_bytes: int, *, age_ns: int) -> Path:
    path.parent.mkdir(parents=True, exist_ok=True)
    path.write_bytes(b"x" * size_bytes)
    os.utime(path, ns=(NOW_NS - age_ns, NOW_NS - age_ns))
    return path


def wait_for_upload(spool: Spool, *paths: Path, rank: int = 5) -> None:
    uploads = tuple(Upload(str(path), str(path), path.stat().st_size, rank) for path in paths)
    spool.commit(Step("cam-1", b"s", (), uploads))


def left(folder: Path) -> list[str]:
    return sorted(str(path.relative_to(folder)) for path in folder.rglob("*") if path.is_file())


def housekeeper(folder: Path, spool: Spool, max_bytes: int) -> Housekeeper:
    return Housekeeper(folder, spool, max_bytes=max_bytes, now_ns=lambda: NOW_NS)


def test_nothing_goes_while_there_is_room(tmp_path: Path, spool: Spool) -> None:
    put(tmp_path / "evidence" / "a" / "stills" / "due.jpg", 500, age_ns=9 * HOUR_NS)
    housekeeper(tmp_path, spool, 500).tidy()
    assert left(tmp_path / "evidence") == ["a/stills/due.jpg"]


def test_sent_packages_go_the_oldest_first_and_young_or_waiting_ones_stay(tmp_path: Path, spool: Spool) -> None:
    store = tmp_path / "evidence"
    wait_for_upload(spool, put(store / "waiting" / "due.jpg", 500, age_ns=9 * HOUR_NS))
    put(store / "oldest" / "due.jpg", 500, age_ns=8 * HOUR_NS)
    put(store / "older" / "due.jpg", 500, age_ns=7 * HOUR_NS)
    put(store / "old" / "due.jpg", 500, age_ns=6 * HOUR_NS)
    put(store / "young" / "due.jpg", 500, age_ns=HOUR_NS // 2)
    keeper = housekeeper(tmp_path, spool, 1500)
    keeper.tidy()
    assert left(store) == ["old/due.jpg", "waiting/due.jpg", "young/due.jpg"]
    assert keeper.counts == {"packages_let_go": 2}
    assert len(spool.uploads) == 1


def test_when_all_of_it_waits_the_lowest_rank_gives_way(tmp_path: Path, spool: Spool) -> None:
    store = tmp_path / "evidence"
    clips = [put(store / "a" / f"clip-{number}.mp4", 100, age_ns=HOUR_NS * 2) for number in range(20)]
    still = put(store / "a" / "due.jpg", 100, age_ns=HOUR_NS * 2)
    wait_for_upload(spool, *clips, rank=1)
    wait_for_upload(spool, still, rank=9)
    housekeeper(tmp_path, spool, 1000).tidy()
    assert left(store) == ["a/due.jpg"]
    assert spool.counters() == {"uploads_dropped": 20}


def test_copies_of_manifests_go_once_they_are_sent(tmp_path: Path, spool: Spool) -> None:
    copies = tmp_path / "manifests"
    wait_for_upload(spool, put(copies / "waiting", 10, age_ns=9 * HOUR_NS))
    put(copies / "sent", 10, age_ns=9 * HOUR_NS)
    put(copies / "just-made", 10, age_ns=0)
    housekeeper(tmp_path, spool, 1000).tidy()
    assert left(copies) == ["just-made", "waiting"]
