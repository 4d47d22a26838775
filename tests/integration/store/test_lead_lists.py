"""Lists of leads stay quick: what a page reads, it reads from an index in the page's order."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import pytest
from sqlalchemy import event

from store import lead_lists, migrate, open_store
from store.lead_lists import LeadFilter


@pytest.mark.parametrize("states", [(), ("alert",), ("alert", "claimed")])
@pytest.mark.parametrize("order", ["newest", "oldest"])
def test_a_towns_list_is_not_sorted_when_it_is_asked_for(tmp_path: Path, states: tuple[str, ...], order: Any) -> None:
    url = f"sqlite:///{tmp_path}/centre.db"
    migrate(url)
    store = open_store(url, str(tmp_path / "blobs"))
    asked: list[tuple[str, Any]] = []

    def note(_conn: Any, _cursor: Any, statement: str, parameters: Any, *_: Any) -> None:
        asked.append((statement, parameters))

    with store.read() as conn:
        event.listen(conn, "before_cursor_execute", note)
        lead_lists.page(conn, LeadFilter(towns={"demo"}, states=states, order=order))
        statement, parameters = asked[-1]
        plan = conn.exec_driver_sql(f"EXPLAIN QUERY PLAN {statement}", parameters).all()
    store.close()
    assert [row[3] for row in plan if "TEMP B-TREE" in row[3]] == []
