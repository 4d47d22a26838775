"""How fast events go through the spool, and from the spool through the broker until they are acked and forgotten."""

from __future__ import annotations

import itertools
import subprocess
import sys
import tempfile
import threading
import time
from collections.abc import Iterator
from contextlib import closing, contextmanager
from pathlib import Path

import paho.mqtt.client as mqtt
from paho.mqtt.enums import CallbackAPIVersion

from contract import codec
from edge.config import BrokerConfig
from edge.spool import OutgoingEvent, Spool, SpoolLimits, Step
from edge.uplink import EventUplink, Letters
from tests.bench.lines import BenchLine
from tests.integration import acts
from tests.integration.broker import GATEWAY, GATEWAY_PASSWORD, TOWN, Broker, running_broker
from tests.waiting import until

EVENTS = 4000
CAMERAS = 8
EVENT_BYTES = 1000
BUDGET = ">= 1,000 /s"


def measure_spool_rate(events: int = EVENTS) -> BenchLine:
    """Steps of one event each, committed durably by several cameras at a time."""
    outgoing = _messages(events)
    with tempfile.TemporaryDirectory() as folder, closing(_spool(Path(folder))) as spool:
        alone_s = _commit_all(spool, [outgoing[: events // 10]])
        together_s = _commit_all(spool, [outgoing[index::CAMERAS] for index in range(CAMERAS)])
        kept = len(spool.events)
    alone = events // 10 / alone_s
    note = f"{kept} events kept; one camera alone: {alone:.0f} /s, each step with its own fsync"
    return BenchLine(f"spool: steps committed, {CAMERAS} cameras", events / together_s, "/s", BUDGET, note)


def measure_uplink_rate(events: int = EVENTS) -> BenchLine:
    """A backlog from the spool through the broker to a centre that acks in batches, until the spool is empty."""
    outgoing = _messages(events)
    with (
        tempfile.TemporaryDirectory() as name,
        running_broker(Path(name)) as broker,
        _centre(broker),
        closing(_spool(Path(name))) as spool,
    ):
        _commit_all(spool, [outgoing[index::CAMERAS] for index in range(CAMERAS)])
        stop = threading.Event()
        uplink = _uplink(broker, spool)
        thread = threading.Thread(target=lambda: uplink.run(stop))
        began_s, began_cpu_s = time.monotonic(), time.process_time()
        thread.start()
        until(lambda: len(spool.events) == 0, within_s=300)
        took_s, cpu_s = time.monotonic() - began_s, time.process_time() - began_cpu_s
        stop.set()
        thread.join(10)
        counts = uplink.counters()
    sent_again = counts.get("events_sent_again", 0)
    cpu_us = cpu_s / events * 1e6
    note = f"{counts['acks_stored']} acked in {took_s:.1f} s, {cpu_us:.0f} us of our CPU each; sent again: {sent_again}"
    return BenchLine("uplink: spool -> broker -> acked, a backlog", events / took_s, "/s", BUDGET, note)


def measure_broker_rate(events: int = EVENTS) -> BenchLine:
    """The ceiling of the same minute: a bare client and the broker, which syncs each message to the disk."""
    outgoing = _messages(events)
    taken, last = itertools.count(1), threading.Event()
    client = mqtt.Client(CallbackAPIVersion.VERSION2, client_id="bench", clean_session=False)
    client.username_pw_set(GATEWAY, GATEWAY_PASSWORD)
    client.max_inflight_messages_set(500)
    client.on_publish = lambda *_: last.set() if next(taken) == events else None
    with tempfile.TemporaryDirectory() as name, running_broker(Path(name)) as broker:
        client.connect("127.0.0.1", broker.port)
        client.loop_start()
        began_s = time.monotonic()
        for event in outgoing:
            client.publish(f"tantou/v1/{TOWN}/{GATEWAY}/event", event.body, qos=1)
        assert last.wait(300)
        took_s = time.monotonic() - began_s
        client.disconnect()
        client.loop_stop()
    return BenchLine("broker alone: messages taken (PUBACK), no spool, no centre", events / took_s, "/s")


def _commit_all(spool: Spool, shares: list[list[OutgoingEvent]]) -> float:
    """Seconds until each camera's share is committed, one event a step."""

    def commit(camera: int, share: list[OutgoingEvent]) -> None:
        for event in share:
            spool.commit(Step(f"cam-{camera}", b"x" * 500, (event,)))

    threads = [threading.Thread(target=commit, args=one) for one in enumerate(shares)]
    began_s = time.monotonic()
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    return time.monotonic() - began_s


def _messages(count: int) -> list[OutgoingEvent]:
    """Real events of about EVENT_BYTES bytes."""
    made = [codec.event_message(acts.event(number)) for number in range(count)]
    return [OutgoingEvent(message.id, codec.encode(message)) for message in made]


def _spool(folder: Path) -> Spool:
    return Spool(folder / "spool.sqlite", limits=SpoolLimits(min_free_bytes=0))


def _uplink(broker: Broker, spool: Spool) -> EventUplink:
    config = BrokerConfig(url=broker.url, username=GATEWAY, password_file="unused", heartbeat_s=300)
    letters = Letters(town=TOWN, gateway=GATEWAY, birth=lambda _: acts.birth(), health=lambda _: acts.health())
    return EventUplink(
        config,
        letters,
        spool,
        password_of=lambda: GATEWAY_PASSWORD,
        now_ns=time.time_ns,
        monotonic_s=time.monotonic,
    )


@contextmanager
def _centre(broker: Broker) -> Iterator[None]:
    command = [sys.executable, "-m", "tests.bench.acking_centre", str(broker.port)]
    with subprocess.Popen(command, stdout=subprocess.PIPE, text=True) as process:
        try:
            assert process.stdout is not None
            assert process.stdout.readline() == "ready\n"
            yield
        finally:
            process.kill()


def main() -> None:
    """Prints the figures."""
    measure_spool_rate().show()
    measure_uplink_rate().show()
    measure_broker_rate().show()


if __name__ == "__main__":
    main()
