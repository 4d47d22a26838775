"""Camera to database with gateway, broker and ingest each killed -9 at drawn moments: one lead, its evidence whole."""

from __future__ import annotations

import random
import time
from contextlib import closing
from pathlib import Path

import pytest

from contract.events import Event
from contract.manifest import public_key_hex
from contract.times import utc_from_ns
from store import Store, events, gateways, lead_lists, open_store
from store.gateways import Gateway
from tests.integration.broker import GATEWAY, TOWN, Broker, running_broker
from tests.integration.edge_replay.street import KEY, Stay
from tests.integration.edge_supervisor.gateway import (
    GatewayProcess,
    is_filmed_or_said_not_to_be,
    street_clip,
    write_config,
)
from tests.integration.ingest.running import Ingest, running_ingest
from tests.rtsp_server.server import Plan, RtspServer
from tests.waiting import until

NOW = utc_from_ns(1_800_000_000_000_000_000)


def register(store: Store) -> str:
    """The gateway's token."""
    with store.write() as conn:
        gateway = Gateway(id=GATEWAY, town=TOWN, public_key_hex=public_key_hex(KEY))
        return gateways.register(conn, gateway, at=NOW)


def told(store: Store) -> tuple[list[str], list[Event], bool]:
    """The ids of the leads, the first one's revisions, and whether its evidence is complete."""
    with store.read() as conn:
        leads = lead_lists.page(conn, lead_lists.LeadFilter(towns=None), limit=50).leads
        if not leads:
            return [], [], False
        evidence = events.evidence_of(conn, leads[0])
        revisions = events.revisions(conn, leads[0].event_id)
    return [lead.event_id for lead in leads], revisions, evidence is not None and evidence.complete


@pytest.mark.parametrize("seed", [1, 2])
def test_everything_is_killed_and_there_is_one_lead_with_whole_evidence(tmp_path: Path, seed: int) -> None:
    draw = random.Random(seed)
    database = f"sqlite:///{tmp_path}/centre.db"
    stands = Plan(street_clip([Stay(arrives_s=-10, leaves_s=1000)], seconds=20))
    with (
        RtspServer({"stands": stands}) as street,
        closing(open_store(database, str(tmp_path / "blobs"))) as store,
        running_broker(tmp_path) as broker,
        running_ingest(tmp_path, broker, database) as ingest,
    ):
        config = write_config(
            tmp_path,
            {"cam-1": street.url("stands")},
            broker_url=broker.url,
            evidence_url=f"http://127.0.0.1:{ingest.port}",
            token=register(store),
        )
        gateway = GatewayProcess(config)
        try:
            gateway.start()
            gateway.wait_for("camera_state device=cam-1 state=live")
            victims: list[GatewayProcess | Broker | Ingest] = [gateway, broker, ingest] * 2
            for victim in draw.sample(victims, len(victims)):
                # Not a wait for something to come about: the moment of the kill is what is drawn here.
                time.sleep(draw.uniform(0.2, 1.5))
                victim.kill()
                victim.start()
            until(
                lambda: told(store)[2] and any(is_filmed_or_said_not_to_be(tmp_path, event) for event in told(store)[1])
            )
        finally:
            gateway.kill()
        ids, revisions, _ = told(store)
    assert len(ids) == 1
    assert [event.revision for event in revisions] == list(range(1, len(revisions) + 1))
