"""How long the API takes to answer with many leads in a SQLite database: a real server, one client after another."""

from __future__ import annotations

import sys
import tempfile
import time
from collections.abc import Callable
from pathlib import Path
from typing import NamedTuple

import httpx

from store import open_store
from tests.bench.lines import percentile, show
from tests.integration import acts
from tests.integration.server.site import Site, running_site

LEADS = 20_000
BATCH = 1000
ASKED = 200


class BenchLine(NamedTuple):
    """One figure: what was measured, and the 95th percentile in milliseconds."""

    what: str
    p95_ms: float


def measure_api_latency(leads: int = LEADS, asked: int = ASKED) -> list[BenchLine]:
    """The 95th percentile of each kind of question, after one that warms up."""
    with tempfile.TemporaryDirectory(prefix="tantou-bench-") as folder:
        store = open_store(f"sqlite:///{folder}/centre.db", str(Path(folder) / "blobs"))
        try:
            with running_site(store) as site:
                _fill(site, leads)
                return _measure(site, leads, asked)
        finally:
            store.close()


def _fill(site: Site, leads: int) -> None:
    for first in range(0, leads, BATCH):
        site.take_in(*(acts.event(number) for number in range(first, min(first + BATCH, leads))))
        site.clock.advance(1)


def _measure(site: Site, leads: int, asked: int) -> list[BenchLine]:
    operator = site.person("bench", "operator")
    questions: dict[str, Callable[[int], httpx.Response]] = {
        "list, newest 50": lambda _: operator.get("/leads"),
        "list, oldest 50 alerts": lambda _: operator.get("/leads", params={"state": "alert", "order": "oldest"}),
        "list, 50 that match a word": lambda n: operator.get("/leads", params={"q": acts.event(n).event_id[:13]}),
        "one lead": lambda n: operator.get(f"/leads/{acts.event(n % leads).event_id}"),
        "queue": lambda _: operator.get("/queue"),
        "next: claim the oldest alert": lambda _: operator.post("/leads/next"),
    }
    return [BenchLine(what, _p95_ms(ask, asked)) for what, ask in questions.items()]


def _p95_ms(ask: Callable[[int], httpx.Response], asked: int) -> float:
    took = []
    for number in range(asked + 1):
        start = time.perf_counter()
        ask(number).raise_for_status()
        took.append(time.perf_counter() - start)
    return percentile(took[1:], 0.95) * 1000


def main() -> int:
    """Print the lines."""
    for line in measure_api_latency():
        budget = "<= 100 ms (PostgreSQL, 2 M leads)" if line.what.startswith("list") else ""
        show(f"API p95 at {LEADS} leads, SQLite: {line.what}", f"{line.p95_ms:.1f} ms", budget)
    return 0


if __name__ == "__main__":
    sys.exit(main())
