"""A whole gateway as a process: from a real RTSP stream to the broker and the uploads, ended gently and by kill -9."""

from __future__ import annotations

import random
import sqlite3
import time
from collections.abc import Iterator
from contextlib import closing
from pathlib import Path

import pytest

from contract import codec
from contract.events import Event
from contract.health import Birth, Health, Will
from tests.integration.broker import TOWN, Broker, running_broker
from tests.integration.edge_replay.street import Stay
from tests.integration.edge_supervisor.gateway import (
    GatewayProcess,
    is_filmed_or_said_not_to_be,
    street_clip,
    write_config,
)
from tests.integration.edge_uplink.centre import Centre, centre_at
from tests.integration.edge_uplink.receiver import TOKEN, Receiver, receiver
from tests.rtsp_server.server import Plan, RtspServer
from tests.waiting import WITHIN_S, until

STANDS = street_clip([Stay(arrives_s=-10, leaves_s=1000)], seconds=20)
COMES_AND_GOES = street_clip([Stay(arrives_s=2, leaves_s=8)], seconds=30)


@pytest.fixture
def broker(tmp_path: Path) -> Iterator[Broker]:
    with running_broker(tmp_path) as running:
        yield running


@pytest.fixture
def uploads() -> Iterator[Receiver]:
    with receiver() as running:
        yield running


@pytest.fixture
def street() -> Iterator[RtspServer]:
    plans = {"stands": Plan(STANDS), "comes": Plan(COMES_AND_GOES), "locked": Plan(credentials=("a", "b"))}
    with RtspServer(plans) as server:
        yield server


@pytest.fixture
def made(tmp_path: Path) -> Iterator[list[GatewayProcess]]:
    """Gateways that the test made: none outlives it."""
    gateways: list[GatewayProcess] = []
    yield gateways
    for gateway in gateways:
        gateway.kill()


def events_of(centre: Centre) -> list[Event]:
    return [data for data in centre.payloads("event") if isinstance(data, Event)]


def test_an_act_reaches_the_centre_with_its_evidence_and_a_gentle_end_is_told(
    tmp_path: Path, broker: Broker, uploads: Receiver, street: RtspServer, made: list[GatewayProcess]
) -> None:
    cameras = {"cam-1": street.url("comes"), "cam-2": street.url("locked")}
    config = write_config(
        tmp_path, cameras, broker_url=broker.url, evidence_url=f"http://127.0.0.1:{uploads.port}", token=TOKEN
    )
    gateway = GatewayProcess(config)
    made.append(gateway)
    with centre_at(broker, answers=True) as centre:
        gateway.start()
        until(lambda: any(event.phase == "closed" for event in events_of(centre)))
        told = events_of(centre)
        wanted = {item.sha256 for event in told if event.evidence for item in event.evidence.items}
        wanted |= {event.evidence.manifest_sha256 for event in told if event.evidence}
        until(lambda: wanted <= set(uploads.stored))
        until(lambda: states(centre) == {"cam-1": "live", "cam-2": "unauthorized"})
        newest = healths(centre)[-1]
        started_s = time.monotonic()
        assert gateway.terminate() == 0
        assert time.monotonic() - started_s < 5
        until(lambda: "will" in centre.got)
    assert {event.event_id for event in told} == {told[0].event_id}
    assert [event.revision for event in told] == list(range(1, len(told) + 1))
    roles = {item.role for event in told if event.evidence for item in event.evidence.items}
    assert {"first_still", "due", "overlay", "clip", "observations"} <= roles
    assert newest.memory_bytes > 10_000_000
    assert newest.disk_free_bytes > 0
    (born,) = [data for data in centre.payloads("birth") if isinstance(data, Birth)]
    assert (born.town, [zone.zone for zone in born.zones]) == (TOWN, ["kerb-cam-1", "kerb-cam-2"])
    assert centre.payloads("will")[-1] == Will(gateway=born.gateway, town=TOWN, reason="stopped")
    assert f"configuration sha256={born.config_sha256} effective=" in gateway.log()
    assert TOKEN not in gateway.log()


def test_killed_between_opening_and_sending_it_sends_the_same_event_once_started_again(
    tmp_path: Path, broker: Broker, uploads: Receiver, street: RtspServer, made: list[GatewayProcess]
) -> None:
    config = write_config(
        tmp_path,
        {"cam-1": street.url("stands")},
        broker_url=broker.url,
        evidence_url=f"http://127.0.0.1:{uploads.port}",
        token=TOKEN,
    )
    broker.kill()
    gateway = GatewayProcess(config)
    made.append(gateway)
    gateway.start()
    until(lambda: bool(spooled(tmp_path)))
    gateway.kill()
    opened = spooled(tmp_path)
    broker.start()
    with centre_at(broker, answers=True) as centre:
        gateway.start()
        until(lambda: len(events_of(centre)) >= 2)
        gateway.wait_for("camera_state device=cam-1 state=live", times=2)
        until(lambda: spooled(tmp_path) == [])
        time_to_judge_again = len(judged_looks(centre))
        until(lambda: len(judged_looks(centre)) > time_to_judge_again + 20)
        told = events_of(centre)
    assert centre.got["event"][0] == opened[0]
    first = codec.decode(opened[0]).data
    assert isinstance(first, Event)
    assert {event.event_id for event in told} == {first.event_id}


@pytest.mark.parametrize("seed", [1, 2])
def test_killed_at_any_moment_there_is_one_event_and_its_evidence_is_whole(
    tmp_path: Path, broker: Broker, uploads: Receiver, street: RtspServer, made: list[GatewayProcess], seed: int
) -> None:
    draw = random.Random(seed)
    config = write_config(
        tmp_path,
        {"cam-1": street.url("stands")},
        broker_url=broker.url,
        evidence_url=f"http://127.0.0.1:{uploads.port}",
        token=TOKEN,
        grace_s=4,
    )
    gateway = GatewayProcess(config)
    made.append(gateway)
    with centre_at(broker, answers=True) as centre:
        for count in range(1, 4):
            gateway.start()
            gateway.wait_for("camera_state device=cam-1 state=live", times=count)
            # Not a wait for something to come about: the moment of the kill is what is drawn here.
            time.sleep(draw.uniform(0.5, 4.0))
            gateway.kill()
        gateway.start()
        until(lambda: any(is_filmed_or_said_not_to_be(tmp_path, event) for event in events_of(centre)))
        until(lambda: spooled(tmp_path) == [])
        told = events_of(centre)
        wanted = {item.sha256 for event in told if event.evidence for item in event.evidence.items}
        until(lambda: wanted <= set(uploads.stored))
    assert len({event.event_id for event in told}) == 1
    by_revision = {event.revision: event for event in told}
    assert sorted(by_revision) == list(range(1, len(by_revision) + 1))
    assert all(by_revision[event.revision] == event for event in told)


def test_a_second_gateway_on_the_same_data_does_not_begin(
    tmp_path: Path, broker: Broker, uploads: Receiver, street: RtspServer, made: list[GatewayProcess]
) -> None:
    config = write_config(
        tmp_path,
        {"cam-1": street.url("stands")},
        broker_url=broker.url,
        evidence_url=f"http://127.0.0.1:{uploads.port}",
        token=TOKEN,
    )
    first, second = GatewayProcess(config), GatewayProcess(config)
    made += [first, second]
    first.start()
    first.wait_for("gateway_starts")
    second.start()
    assert second.process is not None
    assert second.process.wait(WITHIN_S) == 2
    first.wait_for(f"another gateway runs on {tmp_path}/data")
    assert first.terminate() == 0


def healths(centre: Centre) -> list[Health]:
    return [data for data in centre.payloads("health") if isinstance(data, Health)]


def states(centre: Centre) -> dict[str, str]:
    """What the newest heartbeat says of the cameras."""
    return {device.device: device.state for health in healths(centre)[-1:] for device in health.devices}


def judged_looks(centre: Centre) -> list[int]:
    """One number a heartbeat in which the camera's judge had got on since the one before."""
    return sorted({health.devices[0].counters.get("judged", 0) for health in healths(centre)})


def spooled(folder: Path) -> list[bytes]:
    """The messages that wait in the gateway's spool, seen from outside."""
    try:
        with closing(sqlite3.connect(f"file:{folder}/data/spool.sqlite?mode=ro", uri=True)) as spool:
            return [bytes(body) for (body,) in spool.execute("SELECT body FROM events ORDER BY seq")]
    except sqlite3.OperationalError:  # it is not there yet
        return []
