"""A running gateway reads plates beside its looking: real RTSP, broker, spool; the networks are stood in for."""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path

import msgspec

from contract.events import Event
from contract.matters.illegal_parking import Facts
from contract.observations import Detection, PlateLooked
from contract.times import NS
from edge.capture.types import Image
from edge.evidence.tape import read_tape
from edge.inference.plates import PlateReader
from tests.integration.broker import running_broker
from tests.integration.edge_replay.street import RedBoxes, Stay
from tests.integration.edge_supervisor.gateway import running_gateway, street_clip, write_config
from tests.integration.edge_uplink.centre import centre_at
from tests.integration.edge_uplink.receiver import TOKEN
from tests.integration.plates.replays import SaysSo
from tests.rtsp_server.server import Plan, RtspServer
from tests.waiting import until

ALWAYS = [Stay(arrives_s=-10, leaves_s=1000)]
NOW_NS = 1_800_000_000 * NS


class WideCars(RedBoxes):
    """Sees a vehicle twice as large as the red box, wide enough for a plate to be looked for."""

    def detect(self, frames_bgr: Sequence[Image], /) -> list[list[Detection]]:
        """Boxes 45 px larger on each side."""
        return [[_wider(one) for one in found] for found in super().detect(frames_bgr)]


def _wider(one: Detection) -> Detection:
    left, top, right, bottom = one.bbox_xyxy_px
    box = (max(0.0, left - 45), max(0.0, top - 45), right + 45, bottom + 45)
    return Detection(bbox_xyxy_px=box, score=one.score, label=one.label)


def test_a_live_gateway_tells_the_number_with_its_close_ups_and_counts_what_reading_cost(tmp_path: Path) -> None:
    plans = {"cam-1": Plan(street_clip(ALWAYS, seconds=20))}
    reader = PlateReader(eyes=SaysSo(["皖A12345"], width_share=0.6))
    with RtspServer(plans) as street, running_broker(tmp_path) as broker:
        config = write_config(
            tmp_path,
            {"cam-1": street.url("cam-1")},
            broker_url=broker.url,
            evidence_url="http://127.0.0.1:1",
            token=TOKEN,
            grace_s=9,
        )
        with centre_at(broker, answers=True) as centre, running_gateway(config, WideCars(), reader) as gateway:

            def told() -> list[Event]:
                return [event for event in centre.payloads("event") if isinstance(event, Event)]

            until(lambda: any(event.facts["plate"] == "皖A12345" for event in told()))
            counters = gateway.health(NOW_NS).counters
            assert counters["plates_read"] >= 3
            assert counters["plates_ms"] >= 0
            with_number = next(event for event in told() if event.facts["plate"] == "皖A12345")
    assert with_number.evidence is not None
    there = {item.sha256 for item in with_number.evidence.items if item.role == "close_up"}
    votes = msgspec.convert(with_number.facts, Facts).plate_votes
    assert {sha256 for vote in votes for sha256 in vote.close_ups} <= there
    records = [taped.record for taped in read_tape(tmp_path / "data" / "tapes" / "cam-1" / "observations.jsonl")]
    times = [record.at_ns for record in records if not hasattr(record, "town")]
    assert sum(isinstance(record, PlateLooked) for record in records) >= 3
    assert times == sorted(times)


def test_a_gateway_that_has_no_readers_tells_the_act_and_the_missing_reader_in_its_heartbeat(tmp_path: Path) -> None:
    plans = {"cam-1": Plan(street_clip(ALWAYS, seconds=20))}
    with RtspServer(plans) as street, running_broker(tmp_path) as broker:
        config = write_config(
            tmp_path,
            {"cam-1": street.url("cam-1")},
            broker_url=broker.url,
            evidence_url="http://127.0.0.1:1",
            token=TOKEN,
        )
        nobody = PlateReader(detail="plate-corners-clp: not here")
        with centre_at(broker, answers=True) as centre, running_gateway(config, WideCars(), nobody) as gateway:
            until(lambda: any(isinstance(event, Event) for event in centre.payloads("event")))
            health = gateway.health(NOW_NS)
            told = next(event for event in centre.payloads("event") if isinstance(event, Event))
    assert told.facts["plate_reason"] == "plate_reader_unavailable"
    (device,) = [one for one in health.devices if one.device == "cam-1"]
    assert device.state == "live"
    assert [item.kind for item in device.maintenance if item.kind.startswith("plate")] == ["plate_reader_unavailable"]
    assert health.counters["plates_plate_reader_unavailable"] >= 1
