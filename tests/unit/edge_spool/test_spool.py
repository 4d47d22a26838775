"""The spool keeps steps whole, forgets on the centre's word only, and gives up evidence before events."""

from __future__ import annotations

import sqlite3
import threading
from collections.abc import Iterator
from contextlib import closing
from pathlib import Path

import pytest

from contract.acks import Ack
from contract.errors import StoreError
from edge.spool import AckCounts, OutgoingEvent, Spool, SpoolLimits, Step, Upload

PLENTY = 10**12


@pytest.fixture
def spool(tmp_path: Path) -> Iterator[Spool]:
    with closing(Spool(tmp_path / "spool.sqlite", free_bytes=lambda: PLENTY)) as opened:
        yield opened


def step(device: str = "cam-1", *, state: bytes = b"s", events: str = "", uploads: tuple[Upload, ...] = ()) -> Step:
    outgoing = tuple(OutgoingEvent(message_id, f"body of {message_id}".encode()) for message_id in events.split())
    return Step(device, state, outgoing, uploads)


def file(folder: Path, name: str, rank: int = 1) -> Upload:
    path = folder / name
    path.write_bytes(name.encode() * 100)
    return Upload(name, str(path), path.stat().st_size, rank)


def waiting(spool: Spool) -> list[str]:
    return [event.message_id for event in spool.events.pending(1000)]


def test_a_step_is_there_after_reopening(tmp_path: Path) -> None:
    upload = file(tmp_path, "a")
    with closing(Spool(tmp_path / "s" / "spool.sqlite")) as first:
        first.commit(step(state=b"one", events="a:1"))
        first.commit(step(state=b"two", events="a:2 b:1", uploads=(upload,)))
    with closing(Spool(tmp_path / "s" / "spool.sqlite")) as again:
        assert again.load_state("cam-1") == b"two"
        assert again.load_state("cam-2") is None
        assert [(event.message_id, event.body) for event in again.events.pending(9)] == [
            ("a:1", b"body of a:1"),
            ("a:2", b"body of a:2"),
            ("b:1", b"body of b:1"),
        ]
        assert again.uploads.pending(9) == [upload]
        assert (len(again.events), len(again.uploads)) == (3, 1)


def test_a_message_that_comes_twice_waits_once(spool: Spool) -> None:
    spool.commit(step(events="a:1"))
    spool.commit(step(events="a:1 a:2"))
    assert waiting(spool) == ["a:1", "a:2"]
    assert len(spool.events) == 2


def test_only_acked_messages_go_and_each_answer_is_counted(spool: Spool) -> None:
    spool.commit(step(events="a:1 b:1 c:1 d:1"))
    counts = spool.events.settle(
        [
            Ack(id="a:1", result="stored"),
            Ack(id="b:1", result="duplicate"),
            Ack(id="c:1", result="rejected", reason="no such town"),
            Ack(id="x:1", result="stored"),
            Ack(id="a:1", result="stored"),
        ]
    )
    assert counts == AckCounts(stored=1, duplicate=1, rejected=1, unknown=2)
    assert waiting(spool) == ["d:1"]
    assert len(spool.events) == 1
    assert spool.refused() == [("c:1", "no such town")]
    assert spool.counters() == {"events_duplicate": 1, "events_rejected": 1, "events_stored": 1, "events_unknown": 2}


def test_pending_goes_on_behind_what_was_read(spool: Spool) -> None:
    spool.commit(step(events="a:1 b:1 c:1"))
    first = spool.events.pending(2)
    assert [event.message_id for event in spool.events.pending(2, after_seq=first[-1].seq)] == ["c:1"]
    assert spool.events.find("b:1") == first[1]
    assert spool.events.find("z:1") is None


def test_a_step_that_cannot_be_kept_whole_is_not_kept_at_all(spool: Spool) -> None:
    spool.commit(step(state=b"before"))
    with pytest.raises(StoreError, match="expected event_id:revision"):
        spool.commit(step(state=b"after", events="a:1 no-revision"))
    assert spool.load_state("cam-1") == b"before"
    assert waiting(spool) == []


def test_steps_from_many_threads_are_all_kept(spool: Spool) -> None:
    def commit_many(name: str) -> None:
        for number in range(1, 26):
            spool.commit(step(name, state=str(number).encode(), events=f"{name}:{number}"))

    threads = [threading.Thread(target=commit_many, args=(f"cam-{index}",)) for index in range(8)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join(60)
    assert sorted(waiting(spool)) == sorted(f"cam-{index}:{number}" for index in range(8) for number in range(1, 26))
    assert {spool.load_state(f"cam-{index}") for index in range(8)} == {b"25"}


def test_one_bad_step_does_not_spoil_those_it_shares_a_commit_with(tmp_path: Path) -> None:
    limits = SpoolLimits(max_events=1000, min_free_bytes=0)
    with closing(Spool(tmp_path / "spool.sqlite", limits=limits)) as spool:
        errors: list[StoreError] = []

        def commit(one: Step) -> None:
            try:
                spool.commit(one)
            except StoreError as error:
                errors.append(error)

        too_many = step("big", events=" ".join(f"e{number}:1" for number in range(1001)))
        steps = [step(f"cam-{number}", events=f"f{number}:1") for number in range(5)]
        threads = [threading.Thread(target=commit, args=(one,)) for one in [too_many, *steps]]
        with spool._database.lock:  # all of them queue up behind this and are committed together
            for thread in threads:
                thread.start()
        for thread in threads:
            thread.join(60)
        assert len(errors) == 1
        assert sorted(waiting(spool)) == [f"f{number}:1" for number in range(5)]


def test_a_full_queue_drops_replaced_revisions_and_then_refuses(tmp_path: Path) -> None:
    limits = SpoolLimits(max_events=3, min_free_bytes=0)
    with closing(Spool(tmp_path / "spool.sqlite", limits=limits)) as spool:
        spool.commit(step(events="a:1 a:2 b:1"))
        spool.commit(step(events="a:3"))
        assert waiting(spool) == ["b:1", "a:3"]
        assert spool.counters() == {"events_replaced": 2}
        spool.commit(step(events="c:1"))
        with pytest.raises(StoreError, match="3 events wait, no more fit"):
            spool.commit(step(state=b"not kept", events="d:1"))
        assert waiting(spool) == ["b:1", "a:3", "c:1"]
        assert len(spool.events) == 3
        assert spool.load_state("cam-1") == b"s"


def test_uploads_wait_by_rank_and_go_when_stored(spool: Spool, tmp_path: Path) -> None:
    clip, still, late = file(tmp_path, "clip", 1), file(tmp_path, "still", 5), file(tmp_path, "late", 5)
    spool.commit(step(uploads=(clip, still)))
    spool.commit(step(uploads=(late, still)))
    assert spool.uploads.pending(9) == [still, late, clip]
    spool.uploads.settle("still")
    spool.uploads.refuse("late", "changed on disk")
    assert spool.uploads.pending(9) == [clip]
    assert spool.refused() == [("late", "changed on disk")]
    assert spool.counters() == {"uploads_refused": 1, "uploads_stored": 1}


def test_little_disk_costs_evidence_of_the_lowest_rank_and_no_event(tmp_path: Path) -> None:
    free = [PLENTY]
    with closing(Spool(tmp_path / "spool.sqlite", free_bytes=lambda: free[0])) as spool:
        clips = tuple(file(tmp_path, f"clip-{number}", 1) for number in range(20))
        stills = tuple(file(tmp_path, f"still-{number}", 5) for number in range(3))
        spool.commit(step(events="a:1", uploads=(*stills, *clips)))
        free[0] = 0

        def disk_after_dropping() -> int:
            return PLENTY if not Path(clips[0].path).exists() else 0

        spool._free_bytes = disk_after_dropping
        assert spool.make_room() == 20
        assert spool.uploads.pending(99) == list(stills)
        assert [Path(upload.path).exists() for upload in (*stills, *clips)] == [True] * 3 + [False] * 20
        assert waiting(spool) == ["a:1"]
        assert spool.counters() == {"uploads_dropped": 20}
        assert spool.refused()[0] == ("clip-0", "dropped, 0 MB of disk free, 200 MB kept (rank 1)")


def test_too_many_files_cost_the_lowest_rank(tmp_path: Path) -> None:
    limits = SpoolLimits(max_uploads=100, min_free_bytes=0)
    with closing(Spool(tmp_path / "spool.sqlite", limits=limits)) as spool:
        spool.commit(step(uploads=tuple(file(tmp_path, f"low-{number}", 1) for number in range(60))))
        spool.commit(step(uploads=tuple(file(tmp_path, f"high-{number}", 2) for number in range(60))))
        spool.make_room()
        names = [upload.sha256 for upload in spool.uploads.pending(999)]
        assert len(names) == len(spool.uploads) == 100
        assert sum(name.startswith("high") for name in names) == 60


def test_a_disk_that_is_full_at_commit_costs_evidence_until_the_event_fits(tmp_path: Path) -> None:
    with closing(Spool(tmp_path / "spool.sqlite", limits=SpoolLimits(min_free_bytes=0))) as spool:
        clip = file(tmp_path, "clip")
        spool.commit(step(uploads=(clip,)))
        writer = spool._database._writer
        pages = writer.execute("PRAGMA page_count").fetchone()[0]
        writer.execute(f"PRAGMA max_page_count = {pages}")  # SQLite answers as on a full disk
        dropped = spool.uploads.try_drop_lowest

        def drop_and_find_room(why: str) -> bool:
            writer.execute("PRAGMA max_page_count = 1000000")
            return dropped(why)

        spool.uploads.try_drop_lowest = drop_and_find_room  # type: ignore[method-assign]
        spool.commit(Step("cam-1", b"s", (OutgoingEvent("a:1", b"x" * 100_000),)))
        assert waiting(spool) == ["a:1"]
        assert spool.refused() == [("clip", "dropped, the disk is full (rank 1)")]
        assert not Path(clip.path).exists()


def test_a_full_disk_without_evidence_to_give_up_is_an_error_that_keeps_what_was(tmp_path: Path) -> None:
    with closing(Spool(tmp_path / "spool.sqlite", limits=SpoolLimits(min_free_bytes=0))) as spool:
        spool.commit(step(state=b"before", events="a:1"))
        pages = spool._database._writer.execute("PRAGMA page_count").fetchone()[0]
        spool._database._writer.execute(f"PRAGMA max_page_count = {pages}")
        with pytest.raises(StoreError, match=r"not committed: database or disk is full"):
            spool.commit(Step("cam-1", b"x" * 100_000, (OutgoingEvent("b:1", b"x" * 100_000),)))
        assert spool.load_state("cam-1") == b"before"
        assert waiting(spool) == ["a:1"]
        assert len(spool.events) == 1


def test_what_was_refused_is_kept_up_to_a_limit(spool: Spool) -> None:
    events = " ".join(f"e{number}:1" for number in range(1005))
    spool.commit(step(events=events))
    spool.events.settle([Ack(id=message_id, result="rejected", reason="no") for message_id in events.split()])
    refused = spool.refused()
    assert len(refused) == 1000
    assert refused[-1] == ("e1004:1", "no")


def test_news_tells_of_events_and_of_uploads(spool: Spool, tmp_path: Path) -> None:
    spool.commit(step())
    assert not spool.events.news.is_set()
    spool.commit(step(events="a:1"))
    assert spool.events.news.is_set()
    assert not spool.uploads.news.is_set()
    spool.commit(step(uploads=(file(tmp_path, "a"),)))
    assert spool.uploads.news.is_set()


def test_a_file_that_is_no_spool_or_a_newer_one_is_refused_by_name(tmp_path: Path) -> None:
    garbage = tmp_path / "garbage.sqlite"
    garbage.write_bytes(b"no database" * 1000)
    with pytest.raises(StoreError, match=r"garbage\.sqlite: file is not a database; move the file away"):
        Spool(garbage)
    newer = tmp_path / "newer.sqlite"
    with closing(sqlite3.connect(newer)) as connection:
        connection.execute("PRAGMA user_version = 9")
    with pytest.raises(StoreError, match="version 9 is not known here"):
        Spool(newer)


def test_a_mistake_of_ours_fails_the_step_and_holds_up_nobody(spool: Spool, monkeypatch: pytest.MonkeyPatch) -> None:
    def put_wrongly(_events: object) -> int:
        raise ZeroDivisionError

    with monkeypatch.context() as broken:
        broken.setattr(spool.events, "put", put_wrongly)
        with pytest.raises(ZeroDivisionError):
            spool.commit(step(events="a:1"))
    spool.commit(step(events="b:1"))
    assert waiting(spool) == ["b:1"]


def test_a_disk_that_cannot_be_measured_does_not_keep_a_step_from_being_kept(tmp_path: Path) -> None:
    def no_answer() -> int:
        raise OSError("the disk does not say")

    with closing(Spool(tmp_path / "spool.sqlite", free_bytes=no_answer)) as spool:
        spool.commit(step(events="a:1", uploads=(file(tmp_path, "a"),)))
        assert waiting(spool) == ["a:1"]
        assert len(spool.uploads) == 1
