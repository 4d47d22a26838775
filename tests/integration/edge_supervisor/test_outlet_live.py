"""A running gateway looks at a kitchen's outlet when its sensor's rule asks: real RTSP, HJ 212 over a real socket."""

from __future__ import annotations

import threading
import time
from pathlib import Path

from contract.health import DeviceHealth
from contract.observations import OutletLooked
from edge.commands import read_config
from edge.evidence.tape import read_tape
from edge.networks import Model
from edge.supervisor import Gateway
from tests.integration.edge_replay.street import RedBoxes
from tests.integration.edge_sensors.kitchen import MN, Device, Moved, kitchen
from tests.integration.edge_sensors.outlet_scene import CAMERA_TABLE, FUME, OUTLET_TABLE, clip, pictures
from tests.integration.edge_supervisor.gateway import write_config
from tests.integration.edge_uplink.receiver import TOKEN
from tests.rtsp_server.server import Plan, RtspServer
from tests.waiting import until

FPS = 5
KITCHEN = f"""
[hj212]
port = 0
[[sensor]]
id = "kitchen-1"
name = "Oil fume monitor"
premises = "Noodle house"
kind = "hj212"
mn = "{MN}"
profile = "simulated"
[[zone]]
id = "flue-1"
sensor = "kitchen-1"
name = "Flue 1"
matter = "cooking_fumes"
[zone.rule]
hours = [{{ begin = "04:00", end = "04:00" }}]
"""


def test_a_live_gateway_looks_at_the_outlet_while_the_fan_runs(tmp_path: Path) -> None:
    with RtspServer({"yard": Plan(clip(pictures(colour=FUME, seconds=8, fps=FPS), fps=FPS))}) as server:
        path = write_config(
            tmp_path, {}, broker_url="mqtt://127.0.0.1:1", evidence_url="http://127.0.0.1:1", token=TOKEN
        )
        camera = CAMERA_TABLE.format(url=server.url("yard"))
        path.write_text(path.read_text() + KITCHEN + OUTLET_TABLE + camera)
        stop = threading.Event()
        gateway = Gateway(read_config(path), Model(RedBoxes(), "red boxes", "0" * 64), stop=stop)
        gateway.start()
        try:
            station = gateway._station
            assert station is not None
            until(lambda: station.port != 0 and _health(gateway, "yard-1").state == "live")
            device = Device(station.port, Moved(at_ns=time.time_ns()))
            device.acked(device.send(kitchen()))
            until(lambda: _health(gateway, "kitchen-1").counters.get("outlet_looks", 0) > 0)
            device.close()
        finally:
            stop.set()
            gateway.end()
    tape = tmp_path / "data" / "tapes" / "kitchen-1" / "observations.jsonl"
    (looked,) = (taped.record for taped in read_tape(tape) if isinstance(taped.record, OutletLooked))
    assert (looked.device, looked.problem) == ("yard-1", None)
    assert looked.seconds >= 10
    assert looked.moving_share > 0.1
    assert len(list((tmp_path / "data" / "outlets" / "kitchen-1").glob("yard-1-*.jpg"))) == 1


def _health(gateway: Gateway, device: str) -> DeviceHealth:
    return next(one for one in gateway.health(time.time_ns()).devices if one.device == device)
