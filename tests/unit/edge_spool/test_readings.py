"""Readings wait for the centre's word like acts, and unlike acts the oldest give way when too many wait."""

from __future__ import annotations

from contextlib import closing
from pathlib import Path

import pytest

from contract.acks import Ack
from contract.errors import StoreError
from edge.spool import AckCounts, OutgoingReading, Spool, SpoolLimits, Step


def step(first: int, last: int) -> Step:
    readings = tuple(OutgoingReading(f"reading:k/fume/{number}", b"body") for number in range(first, last + 1))
    return Step("k", b"state", readings=readings)


def waiting(spool: Spool) -> list[str]:
    return [one.message_id for one in spool.readings.pending(1000)]


def test_readings_are_there_after_reopening_and_go_on_the_centres_word_only(tmp_path: Path) -> None:
    with closing(Spool(tmp_path / "spool.sqlite")) as first:
        first.commit(step(1, 3))
    with closing(Spool(tmp_path / "spool.sqlite")) as again:
        assert len(again.readings) == 3
        counts = again.readings.settle(
            [
                Ack(id="reading:k/fume/1", result="stored"),
                Ack(id="reading:k/fume/2", result="rejected", reason="no"),
                Ack(id="reading:k/fume/9", result="stored"),
            ]
        )
        assert counts == AckCounts(stored=1, rejected=1, unknown=1)
        assert waiting(again) == ["reading:k/fume/3"]
        assert again.refused() == [("reading:k/fume/2", "no")]


def test_a_reading_told_twice_waits_once(tmp_path: Path) -> None:
    with closing(Spool(tmp_path / "spool.sqlite")) as spool:
        spool.commit(step(1, 2))
        spool.commit(step(2, 3))
        assert waiting(spool) == [f"reading:k/fume/{number}" for number in (1, 2, 3)]
        assert len(spool.readings) == 3


def test_the_oldest_readings_give_way_and_are_counted(tmp_path: Path) -> None:
    with closing(Spool(tmp_path / "spool.sqlite", limits=SpoolLimits(max_readings=3, min_free_bytes=0))) as spool:
        spool.commit(step(1, 3))
        spool.commit(step(4, 5))
        assert waiting(spool) == [f"reading:k/fume/{number}" for number in (3, 4, 5)]
        assert (len(spool.readings), spool.counters()["readings_dropped"]) == (3, 2)


def test_a_message_that_is_no_reading_is_refused_before_anything_is_kept(tmp_path: Path) -> None:
    with closing(Spool(tmp_path / "spool.sqlite")) as spool:
        with pytest.raises(StoreError, match="message id"):
            spool.commit(Step("k", b"state", readings=(OutgoingReading("a:1", b"body"),)))
        assert spool.load_state("k") is None
