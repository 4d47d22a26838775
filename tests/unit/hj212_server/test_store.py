"""The raw store: one row a message, all or nothing, a ring of rejects, counters that add up."""

from __future__ import annotations

import asyncio
import hashlib
import sqlite3
from collections.abc import Iterator
from pathlib import Path

import pytest

from contract.errors import StoreError
from edge.sensors.hj212.server import GroupCommit, Kept, RawFrame, RawStore, Reject

AT_NS = 1_790_000_000_000_000_000


@pytest.fixture
def store(tmp_path: Path) -> Iterator[RawStore]:
    """An empty one with a ring of three."""
    opened = RawStore(tmp_path / "raw" / "hj212.sqlite", quarantine_rows=3)
    yield opened
    opened.close()


def frame(number: int, *, mn: str = "A" * 24) -> RawFrame:
    raw = b"##frame %d of %s\r\n" % (number, mn.encode())
    return RawFrame(
        segment_sha256=hashlib.sha256(raw).digest(),
        mn=mn,
        cn="2011",
        st="31",
        qn=f"{number:017d}",
        part=None,
        data_time="20260101120000",
        received_ns=AT_NS + number,
        peer="127.0.0.1:9",
        verdict="accepted-tolerant(T2)",
        tolerances="T2",
        marks="clock-skew",
        penalty=2,
        raw=raw,
    )


def reject(number: int) -> Reject:
    return Reject(
        received_ns=AT_NS, peer="127.0.0.1:9", mn=None, verdict="rejected(bad-crc)", penalty=20, raw=b"%d" % number
    )


def test_a_frame_is_kept_whole_with_its_hash(store: RawStore) -> None:
    sent = frame(1)
    assert store.keep([sent]) == [Kept(1, is_duplicate=False)]
    (row,) = store.frames()
    for name in ("mn", "cn", "qn", "part", "data_time", "received_ns", "peer", "verdict", "tolerances", "marks", "raw"):
        assert getattr(row, name) == getattr(sent, name)
    assert (row.penalty, row.repeats, row.raw_sha256) == (2, 0, hashlib.sha256(sent.raw).digest())


def test_a_frame_that_comes_again_is_counted_and_not_doubled(store: RawStore) -> None:
    store.keep([frame(1), frame(2)])
    assert store.keep([frame(2), frame(3), frame(2)]) == [Kept(2, True), Kept(3, False), Kept(2, True)]
    assert [row.repeats for row in store.frames()] == [0, 2, 0]
    assert store.counters() == {"stored": 3, "duplicates": 2}


def test_the_same_request_number_with_other_content_is_another_row(store: RawStore) -> None:
    store.keep([frame(1, mn="A" * 24), frame(1, mn="B" * 24)])
    assert store.length() == 2


def test_what_was_kept_is_there_when_the_file_is_opened_again(store: RawStore, tmp_path: Path) -> None:
    store.keep([frame(1)], counts={"acked": 4})
    again = RawStore(tmp_path / "raw" / "hj212.sqlite")
    assert again.keep([frame(1)]) == [Kept(1, is_duplicate=True)]
    assert again.counters() == {"stored": 1, "duplicates": 1, "acked": 4}
    again.close()


def test_the_ring_keeps_the_newest_rejects_and_counts_what_fell_out(store: RawStore) -> None:
    store.keep([], [reject(number) for number in range(5)])
    store.keep([], [reject(5)])
    assert [one.raw for one in store.rejects()] == [b"5", b"4", b"3"]
    assert store.counters() == {"rejected": 6, "quarantine_dropped": 3}


def test_a_device_is_last_heard_when_its_newest_frame_came(store: RawStore) -> None:
    store.keep([frame(3), frame(2), frame(9, mn="B" * 24)])
    assert store.last_received_ns("A" * 24) == AT_NS + 3
    assert store.last_received_ns("C" * 24) is None


def test_a_batch_that_cannot_be_written_leaves_nothing_and_the_next_one_is_kept(store: RawStore) -> None:
    store._writer.execute("PRAGMA query_only=ON")
    with pytest.raises(StoreError, match="not kept"):
        store.keep([frame(1)], [reject(1)], counts={"received": 2})
    store._writer.execute("PRAGMA query_only=OFF")
    assert (store.length(), store.rejects(), store.counters()) == (0, [], {})
    assert store.keep([frame(1)]) == [Kept(1, is_duplicate=False)]


def test_a_file_of_another_version_is_refused(tmp_path: Path) -> None:
    with sqlite3.connect(tmp_path / "x.sqlite") as other:
        other.execute("PRAGMA user_version=7")
    other.close()
    with pytest.raises(StoreError, match="version 7"):
        RawStore(tmp_path / "x.sqlite")


def test_many_links_share_few_commits_and_each_learns_of_its_own_frames(store: RawStore) -> None:
    statements: list[str] = []
    store._writer.set_trace_callback(statements.append)

    async def all_at_once() -> list[list[Kept]]:
        commit = GroupCommit(store)
        kept = await asyncio.gather(*(commit.keep([frame(n), frame(1000 + n)]) for n in range(200)))
        assert await commit.keep([frame(7)]) == [Kept(kept[7][0].row, is_duplicate=True)]
        await commit.end()
        return kept

    kept = asyncio.run(all_at_once())
    store._writer.set_trace_callback(None)
    rows = {row.id: row.qn for row in store.frames()}
    assert [[rows[one.row] for one in pair] for pair in kept] == [[f"{n:017d}", f"{1000 + n:017d}"] for n in range(200)]
    assert statements.count("COMMIT") < 10


def test_a_link_whose_frames_cannot_be_kept_is_told_and_the_counts_wait(store: RawStore) -> None:
    async def full_then_free() -> None:
        commit = GroupCommit(store)
        commit.count("links", 2)
        store._writer.execute("PRAGMA query_only=ON")
        results = await asyncio.gather(
            *(commit.keep([frame(n)], counts={"received": 1}) for n in range(3)), return_exceptions=True
        )
        assert all(isinstance(one, StoreError) for one in results)
        store._writer.execute("PRAGMA query_only=OFF")
        assert await commit.keep([frame(0)]) == [Kept(1, is_duplicate=False)]
        await commit.end()

    asyncio.run(full_then_free())
    assert store.counters() == {"links": 2, "received": 3, "stored": 1}
