"""How fast ingest is: batches into the database alone, and events through the broker until each is acked."""

from __future__ import annotations

import os
import tempfile
import time
from contextlib import closing
from pathlib import Path

import psutil

from ingest.batch import commit
from ingest.intake import Letter
from store import Store, gateways, open_store
from tests.bench.lines import BenchLine
from tests.integration import acts
from tests.integration.broker import running_broker
from tests.integration.ingest.running import running_ingest
from tests.integration.ingest.sender import Sender

EVENTS = 10_000
BATCH = 500
BUDGET = ">= 1,000 /s"
TOPIC = "tantou/v1/demo/gw-1/event"


def measure_ingest_rate(events: int = EVENTS) -> list[BenchLine]:
    """Events of about 1 KB, each a new act: taken in without the broker, then through it, each acked."""
    bodies = {f"{event.event_id}:1": acts.message(event) for event in (acts.event(number) for number in range(events))}
    return [_alone(list(bodies.values())), _through_broker(bodies)]


def _centre(folder: Path) -> tuple[Store, str]:
    url = f"sqlite:///{folder / 'centre.db'}"
    store = open_store(url, str(folder / "blobs"))
    with store.write() as conn:
        gateways.register(conn, acts.gateway(), at=acts.at(0))
    return store, url


def _alone(bodies: list[bytes]) -> BenchLine:
    letters = [Letter(TOPIC, body) for body in bodies]
    with tempfile.TemporaryDirectory() as name:
        store, _ = _centre(Path(name))
        with closing(store):
            began_s, began_cpu_s = time.monotonic(), time.process_time()
            for start in range(0, len(letters), BATCH):
                commit(store, letters[start : start + BATCH], at=acts.at(start))
            took_s, cpu_s = time.monotonic() - began_s, time.process_time() - began_cpu_s
    note = f"batches of {BATCH}; {cpu_s / len(letters) * 1e6:.0f} us of CPU an event, {len(bodies[0])} bytes"
    return BenchLine("ingest: decode, check, commit (SQLite, FULL), no broker", len(letters) / took_s, "/s", note=note)


def _through_broker(bodies: dict[str, bytes]) -> BenchLine:
    with tempfile.TemporaryDirectory() as name, running_broker(Path(name)) as broker:
        store, url = _centre(Path(name))
        store.close()
        with running_ingest(Path(name), broker, url) as ingest, closing(Sender(broker)) as sender:
            assert ingest.process is not None
            assert broker.process is not None
            processes = [psutil.Process(pid) for pid in (ingest.process.pid, broker.process.pid, os.getpid())]
            began_s, before_us = time.monotonic(), [_cpu_us(process) for process in processes]
            for body in bodies.values():
                sender.send(body)
            assert sender.wait_for(set(bodies), within_s=300)
            took_s, after_us = time.monotonic() - began_s, [_cpu_us(process) for process in processes]
            ours, brokers, senders = (
                (after - before) / len(bodies) for before, after in zip(before_us, after_us, strict=True)
            )
            note = (
                f"{len(bodies)} events, {sender.ack_messages} ack messages; CPU an event: ingest {ours:.0f} us, "
                f"broker {brokers:.0f} us, sender {senders:.0f} us"
            )
    return BenchLine("ingest: broker -> commit -> acked, one subscriber", len(bodies) / took_s, "/s", BUDGET, note)


def _cpu_us(process: psutil.Process) -> float:
    times = process.cpu_times()
    return float(times.user + times.system) * 1e6


def main() -> None:
    """Prints the figures."""
    for line in measure_ingest_rate():
        line.show()


if __name__ == "__main__":
    main()
