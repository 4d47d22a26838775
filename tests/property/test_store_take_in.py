"""However a wire repeats, reorders and batches revisions, the same is in effect in the end."""

from __future__ import annotations

import itertools
from collections.abc import Iterator
from pathlib import Path

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from store import Store, events, feed, leads, open_store
from tests.integration.acts import arrival, at, event

FRESH = itertools.count()  # a new act for each example


@pytest.fixture(scope="module")
def store(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Store]:
    folder: Path = tmp_path_factory.mktemp("store")
    opened = open_store(f"sqlite:///{folder}/centre.db", str(folder / "blobs"))
    yield opened
    opened.close()


@given(batches=st.lists(st.lists(st.integers(1, 6), min_size=1, max_size=8), min_size=1, max_size=4))
@settings(max_examples=60, deadline=None)
def test_any_order_of_revisions_ends_at_the_newest_with_each_stored_once(
    store: Store, batches: list[list[int]]
) -> None:
    act = next(FRESH)
    with store.read() as conn:
        _, fed_before = feed.bounds(conn)
    effects = []
    for second, batch in enumerate(batches):
        with store.write() as conn:
            effects += events.take_in(conn, [arrival(event(act, revision)) for revision in batch], at=at(second))
    sent = [revision for batch in batches for revision in batch]
    newest = [max(sent[: index + 1]) for index in range(len(sent))]
    moved = len(set(newest)) - 1  # how often a newer one than all before came
    with store.read() as conn:
        lead = leads.find(conn, event(act).event_id)
        stored = [found.revision for found in events.revisions(conn, event(act).event_id)]
        history = leads.history(conn, event(act).event_id)
        fed = feed.since(conn, fed_before)
        assert leads.broken_histories(conn) == {}
    assert lead is not None
    assert stored == sorted(set(sent))
    assert (lead.revision, lead.version, lead.last_seen) == (max(sent), 1 + moved, event(act, max(sent)).last_seen)
    assert [row.action for row in history] == ["opened"] + ["revised"] * moved
    assert effects.count("duplicate") == len(sent) - len(set(sent))
    assert (effects.count("opened"), effects.count("revised")) == (1, moved)
    assert fed[-1].key["revision"] == max(sent)
