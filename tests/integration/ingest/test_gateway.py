"""A real gateway's spool and uplinks against real ingest: events and evidence come in whole, across kills."""

from __future__ import annotations

import random
import signal
import threading
import time
from collections.abc import Callable, Iterator
from contextlib import ExitStack, closing, contextmanager
from pathlib import Path

from contract import codec
from contract.events import Event
from contract.manifest import sha256_hex
from contract.readings import Reading
from edge.capture.backoff import Backoff
from edge.config import BrokerConfig
from edge.spool import READING_IDS, OutgoingEvent, OutgoingReading, Spool, SpoolLimits, Step, Upload
from edge.uplink import EventUplink, EvidenceUplink, Letters
from edge.uplink.evidence import STRETCH_BYTES
from store import Store, arrivals, curves, events, gateways, leads, open_store
from tests.integration.acts import at, birth, device_health, event, evidence, gateway, health
from tests.integration.broker import GATEWAY, GATEWAY_PASSWORD, TOWN, Broker
from tests.integration.ingest.running import running_ingest
from tests.waiting import WITHIN_S, until

CLIP = random.Random(7).randbytes(3 * STRETCH_BYTES + 17)
MANIFEST, SIGNATURE = b"the manifest", b"its signature"
BACKOFF = Backoff(first_s=0.05, most_s=0.5)


def spooled(folder: Path, *shown: Event) -> Spool:
    """A spool with these events, their clip, manifest and signature to be sent."""
    spool = Spool(folder / "spool.sqlite", limits=SpoolLimits(min_free_bytes=0))
    uploads = []
    for content in (CLIP, MANIFEST, SIGNATURE):
        path = folder / sha256_hex(content)
        path.write_bytes(content)
        uploads.append(Upload(path.name, str(path), len(content), 1))
    messages = [codec.event_message(one) for one in shown]
    outgoing = tuple(OutgoingEvent(message.id, codec.encode(message)) for message in messages)
    spool.commit(Step("cam-1", b"s", outgoing, tuple(uploads)))
    return spool


@contextmanager
def running(body: Callable[[threading.Event], None]) -> Iterator[None]:
    stop = threading.Event()
    thread = threading.Thread(target=body, args=(stop,))
    thread.start()
    try:
        yield
    finally:
        stop.set()
        thread.join(WITHIN_S)
        assert not thread.is_alive()


def uplinks(spool: Spool, broker: Broker, port: int, token: str) -> list[Callable[[threading.Event], None]]:
    config = BrokerConfig(
        url=broker.url, username=GATEWAY, password_file="unused", heartbeat_s=5, ack_timeout_s=5, inflight_max=20
    )
    letters = Letters(
        town=TOWN, gateway=GATEWAY, birth=lambda _: birth(), health=lambda _: health(device_health("live"))
    )
    by_mqtt = EventUplink(
        config,
        letters,
        spool,
        password_of=lambda: GATEWAY_PASSWORD,
        now_ns=time.time_ns,
        monotonic_s=time.monotonic,
        backoff=BACKOFF,
    )
    url = f"http://127.0.0.1:{port}"
    by_http = EvidenceUplink(url, spool.uploads, token_of=lambda: token, backoff=BACKOFF)
    return [by_mqtt.run, by_http.run]


def registered(url: str, folder: Path) -> tuple[Store, str]:
    store = open_store(url, str(folder / "blobs"))
    with store.write() as conn:
        return store, gateways.register(conn, gateway(), at=at(0))


def test_events_and_evidence_of_a_gateway_are_whole_at_the_centre_though_everything_is_killed(
    broker: Broker, tmp_path: Path
) -> None:
    url = f"sqlite:///{tmp_path}/centre.db"
    store, token = registered(url, tmp_path)
    shown = event(0, evidence=evidence(CLIP, manifest=MANIFEST, signature=SIGNATURE))
    others = [event(number) for number in range(1, 200)]
    with ExitStack() as stack:
        stack.enter_context(closing(store))
        spool = stack.enter_context(closing(spooled(tmp_path, shown, *others)))
        ingest = stack.enter_context(running_ingest(tmp_path, broker, url, batch_max=20))
        for body in uplinks(spool, broker, ingest.port, token):
            stack.enter_context(running(body))
        until(lambda: len(spool.events) < 180)
        ingest.end(signal.SIGKILL)
        ingest.start()
        until(lambda: len(spool.events) < 120)
        broker.kill()
        broker.start()
        until(lambda: len(spool.events) == len(spool.uploads) == 0, within_s=90)
        until(lambda: is_online(store))
        with store.read() as conn:
            lead = leads.find(conn, shown.event_id)
            assert lead is not None
            found = events.evidence_of(conn, lead)
            opened = arrivals.counters(conn)[(GATEWAY, "events_opened")]
            assert arrivals.list_rejects(conn) == []
    assert found is not None
    assert found.complete
    assert store.blobs.read(sha256_hex(CLIP)) == CLIP
    assert opened == 200


def readings(count: int) -> list[OutgoingReading]:
    """A curve's readings, one a minute."""
    made = []
    for minute in range(count):
        when = at(60 * minute)
        reading = Reading(
            device="kitchen-1", at=when, received=when, factor="fume_mg_m3", value=1.0, unit="mg/m3", mark="N"
        )
        source = f"/towns/{TOWN}/gateways/{GATEWAY}/devices/kitchen-1"
        message = codec.Message(
            id=f"{READING_IDS}kitchen-1/fume_mg_m3/{minute}", source=source, time=when, data=reading
        )
        made.append(OutgoingReading(message.id, codec.encode(message)))
    return made


def test_each_reading_is_stored_once_though_everything_is_killed(broker: Broker, tmp_path: Path) -> None:
    url = f"sqlite:///{tmp_path}/centre.db"
    store, token = registered(url, tmp_path)
    with ExitStack() as stack:
        stack.enter_context(closing(store))
        spool = stack.enter_context(closing(spooled(tmp_path, event(0))))
        spool.commit(Step("kitchen-1", b"s", readings=tuple(readings(200))))
        ingest = stack.enter_context(running_ingest(tmp_path, broker, url, batch_max=20))
        for body in uplinks(spool, broker, ingest.port, token):
            stack.enter_context(running(body))
        until(lambda: len(spool.readings) < 180)
        ingest.end(signal.SIGKILL)
        ingest.start()
        until(lambda: len(spool.readings) < 120)
        broker.kill()
        broker.start()
        until(lambda: len(spool.events) == len(spool.readings) == 0, within_s=90)
        with store.read() as conn:
            stored = arrivals.counters(conn)[(GATEWAY, "readings_stored")]
            found = curves.samples(
                conn, curves.Sensor(GATEWAY, "kitchen-1"), since=at(-1), until=at(60 * 200), limit=1000
            )
            assert arrivals.list_rejects(conn) == []
        counted = spool.counters()
    assert (stored, len(found)) == (200, 200)
    assert counted.get("readings_stored", 0) + counted.get("readings_duplicate", 0) == 200


def is_online(store: Store) -> bool:
    with store.read() as conn:
        status = gateways.status(conn, GATEWAY)
    return status is not None and status.online
