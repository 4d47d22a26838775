"""A part that breaks becomes a health state by name; the others go on, and it comes back when it can."""

from __future__ import annotations

import threading
from collections.abc import Sequence
from pathlib import Path

import pytest

from contract.events import Event
from contract.health import DeviceHealth
from contract.observations import Detection
from contract.times import NS
from edge.capture.types import Image
from edge.supervisor import Gateway
from tests.integration.broker import running_broker
from tests.integration.edge_replay.street import RedBoxes, Stay
from tests.integration.edge_supervisor.gateway import MoodyRedBoxes, running_gateway, street_clip, write_config
from tests.integration.edge_uplink.centre import centre_at
from tests.integration.edge_uplink.receiver import TOKEN
from tests.rtsp_server.server import Plan, RtspServer
from tests.waiting import WITHIN_S, until

ALWAYS = [Stay(arrives_s=-10, leaves_s=1000)]
NOW_NS = 1_800_000_000 * NS


def device(gateway: Gateway, name: str) -> DeviceHealth:
    (found,) = [one for one in gateway.health(NOW_NS).devices if one.device == name]
    return found


def test_each_broken_part_has_a_name_and_the_others_go_on(tmp_path: Path) -> None:
    plans = {
        "fine": Plan(street_clip(ALWAYS, seconds=20)),
        "green": Plan(street_clip(ALWAYS, seconds=20, is_green=True)),
        "judged": Plan(street_clip(ALWAYS, seconds=20)),
        "gone": Plan(answer=404),
        "garbage": Plan(answer="garbage"),
    }
    with RtspServer(plans) as street, running_broker(tmp_path) as broker:
        cameras = {name: street.url(name) for name in plans}
        config = write_config(tmp_path, cameras, broker_url=broker.url, evidence_url="http://127.0.0.1:1", token=TOKEN)
        blocked = tmp_path / "data" / "tapes" / "judged"
        blocked.parent.mkdir(parents=True)
        blocked.write_text("a file where the tape's folder should be")
        with centre_at(broker, answers=True) as centre, running_gateway(config, MoodyRedBoxes()) as gateway:
            until(lambda: any(event.device == "fine" for event in centre.payloads("event") if isinstance(event, Event)))
            until(lambda: device(gateway, "gone").state == "not_found")
            until(lambda: device(gateway, "garbage").state == "garbage")
            until(lambda: device(gateway, "green").state == "stalled")
            ill = "not judged, the detector fails: ValueError: green makes me ill"
            until(lambda: device(gateway, "green").detail == ill)
            until(lambda: "not judged, the judge fails: FileExistsError" in device(gateway, "judged").detail)
            assert device(gateway, "judged").state == "stalled"
            assert device(gateway, "judged").counters["judge_crashes"] >= 1
            assert device(gateway, "fine").state == "live"
            assert gateway.health(NOW_NS).counters["crashes_judge:judged"] >= 1
            blocked.unlink()
            until(lambda: device(gateway, "judged").state == "live")
            until(
                lambda: (
                    {event.device for event in centre.payloads("event") if isinstance(event, Event)}
                    == {"fine", "judged"}
                )
            )


def test_a_camera_that_falls_silent_and_comes_back_is_said_so_and_the_act_goes_on(tmp_path: Path) -> None:
    plans = {"moody": Plan(street_clip(ALWAYS, seconds=20), ending="close", pictures_max=40)}
    with RtspServer(plans) as street, running_broker(tmp_path) as broker:
        config = write_config(
            tmp_path,
            {"cam-1": street.url("moody")},
            broker_url=broker.url,
            evidence_url="http://127.0.0.1:1",
            token=TOKEN,
        )
        with centre_at(broker, answers=True) as centre, running_gateway(config, MoodyRedBoxes()) as gateway:
            until(lambda: "closed the stream" in device(gateway, "cam-1").detail)
            until(lambda: device(gateway, "cam-1").counters["losses"] >= 2)
            told = [event for event in centre.payloads("event") if isinstance(event, Event)]
            assert len({event.event_id for event in told}) == 1


class SleepingRedBoxes(RedBoxes):
    """Does not come back from its work until it is woken."""

    def __init__(self) -> None:
        self.woken = threading.Event()

    def detect(self, frames_bgr: Sequence[Image], /) -> list[list[Detection]]:
        """Boxes, late."""
        self.woken.wait(WITHIN_S)
        return super().detect(frames_bgr)


def test_a_detector_that_hangs_is_seen_though_the_stream_is_live(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("edge.camera.LOOK_OVERDUE_S", 1.0)
    sleeping = SleepingRedBoxes()
    with RtspServer({"a": Plan(street_clip(ALWAYS, seconds=20))}) as street, running_broker(tmp_path) as broker:
        config = write_config(
            tmp_path, {"cam-1": street.url("a")}, broker_url=broker.url, evidence_url="http://127.0.0.1:1", token=TOKEN
        )
        with running_gateway(config, sleeping) as gateway:
            until(lambda: device(gateway, "cam-1").state == "live")
            until(lambda: device(gateway, "cam-1").state == "stalled")
            assert device(gateway, "cam-1").detail.startswith("not judged, no look for ")
            sleeping.woken.set()
            until(lambda: device(gateway, "cam-1").state == "live")
