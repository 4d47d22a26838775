"""Modbus against a real server and MQTT through the real broker: the same marks, the same raw rows, the same judge."""

from __future__ import annotations

import asyncio
import struct
import threading
import time
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import paho.mqtt.client as paho
import pytest
from paho.mqtt.enums import CallbackAPIVersion
from pymodbus.server import ModbusTcpServer
from pymodbus.simulator import DataType, SimData, SimDevice

from edge.config import EdgeConfig, load_edge
from edge.sensors.hj212.server.store import RawStore
from edge.sensors.weather import Stations
from tests.integration.broker import CENTRE, CENTRE_PASSWORD, GATEWAY, GATEWAY_PASSWORD, TOWN, Broker, running_broker
from tests.integration.edge_sensors.kitchen import Moved, running
from tests.ports import unused_port
from tests.waiting import WITHIN_S, until

HEAD = """
[gateway]
id = "gw-1"
town = "demo"
key_file = "key.pem"
[[sensor]]
id = "kitchen-1"
name = "Oil fume monitor"
premises = "Noodle house"
profile = "own.toml"
{sensor}
[[zone]]
id = "flue-1"
sensor = "kitchen-1"
name = "Flue 1"
matter = "cooking_fumes"
"""
PROFILE = """
name = "own"
version = "1"
title = "a maker's map"
source = "the test's own sheet"
real_time_s = 30
{tables}
[[factor]]
code = "fume"
factor = "fume_mg_m3"
unit = "mg/m3"
{mark}
[[factor]]
code = "fan"
factor = "fan_a"
unit = "A"
scale = 0.01
mark = "never"
"""
REGISTERS = """
[[register]]
code = "fume"
address = 10
kind = "float32"
[[register]]
code = "fan"
address = 20
kind = "uint16"
[[register]]
code = "who_knows"
address = 30
kind = "int16"
[[register]]
code = "gone"
address = 900
kind = "uint16"
"""
FIELDS = """
[json]
time_path = "t"
time_form = "unix_ms"
[[json.field]]
code = "fume"
path = "data.lampblack"
mark_path = "data.flag"
[[json.field]]
code = "fan"
path = "data.fan"
"""


def configured(folder: Path, sensor: str, tables: str, *, mark: str) -> EdgeConfig:
    (folder / "own.toml").write_text(PROFILE.format(tables=tables, mark=mark))
    (folder / "password").write_text(CENTRE_PASSWORD)
    (folder / "password").chmod(0o600)
    return load_edge(HEAD.format(sensor=sensor), "edge.toml", folder, file_problem=lambda _path, _is_secret: None)


@contextmanager
def modbus_device(port: int) -> Iterator[None]:
    """A real Modbus TCP server on loopback: 2.75 mg/m3, 3.51 A, and a register that no profile explains."""
    high, low = struct.unpack(">HH", struct.pack(">f", 2.75))
    device = SimDevice(
        1,
        simdata=[
            SimData(10, values=[high, low], datatype=DataType.REGISTERS),
            SimData(20, values=[351], datatype=DataType.REGISTERS),
            SimData(30, values=[65535], datatype=DataType.REGISTERS),
        ],
    )
    loop = asyncio.new_event_loop()
    ready = threading.Event()
    servers: list[ModbusTcpServer] = []

    async def serve() -> None:
        server = ModbusTcpServer(device, address=("127.0.0.1", port))
        servers.append(server)
        await server.serve_forever(background=True)
        ready.set()

    async def end() -> None:
        await servers[0].shutdown()  # type: ignore[no-untyped-call]

    thread = threading.Thread(target=lambda: (loop.run_until_complete(serve()), loop.run_forever()), daemon=True)
    thread.start()
    assert ready.wait(WITHIN_S)
    try:
        yield
    finally:
        asyncio.run_coroutine_threadsafe(end(), loop).result(WITHIN_S)
        loop.call_soon_threadsafe(loop.stop)
        thread.join(WITHIN_S)
        loop.close()


def test_a_modbus_device_is_read_kept_and_judged_and_an_unknown_register_asked_about(tmp_path: Path) -> None:
    port = unused_port()
    sensor = f'kind = "modbus"\nurl = "tcp://127.0.0.1:{port}"\nevery_s = 1'
    config = configured(tmp_path, sensor, REGISTERS, mark='mark = "never"')
    with modbus_device(port), running(config, tmp_path, Moved(), waits=False) as here:
        until(lambda: here.health("kitchen-1").counters.get("rows_judged", 0) >= 1)
        health = here.health("kitchen-1")
    assert health.state == "live"
    assert health.counters["registers_without_answer"] >= 1
    assert [one.values["code"] for one in health.maintenance if one.kind == "unknown_factor"] == ["who_knows", "gone"]
    tape = (tmp_path / "tapes" / "kitchen-1" / "observations.jsonl").read_text()
    assert '{"factor":"fume_mg_m3","statistic":"Rtd","value":2.75,"unit":"mg/m3","mark":"N"}' in tape
    assert '{"factor":"fan_a","statistic":"Rtd","value":3.51,"unit":"A","mark":"N"}' in tape
    assert '{"factor":"gone","statistic":"Rtd","value":null,"unit":"","mark":""}' in tape
    rows = RawStore(tmp_path / "sensors.sqlite")
    assert rows.frames()[0].cn == "modbus"
    rows.close()


def test_a_modbus_device_that_is_not_there_is_told_as_unreachable_and_had_when_it_comes(tmp_path: Path) -> None:
    port = unused_port()
    sensor = f'kind = "modbus"\nurl = "tcp://127.0.0.1:{port}"\nevery_s = 1'
    config = configured(tmp_path, sensor, REGISTERS, mark='mark = "never"')
    with running(config, tmp_path, Moved(), waits=False) as here:
        until(lambda: here.health("kitchen-1").state == "unreachable")
        with modbus_device(port):
            until(lambda: here.health("kitchen-1").counters.get("rows_judged", 0) >= 1)
            assert here.health("kitchen-1").state == "live"


@pytest.fixture
def broker(tmp_path: Path) -> Iterator[Broker]:
    with running_broker(tmp_path) as started:
        yield started


def publish(broker: Broker, topic: str, payloads: list[bytes]) -> None:
    """A vendor's sensor: QoS 1."""
    client = paho.Client(CallbackAPIVersion.VERSION2, client_id="vendor", protocol=paho.MQTTv311)
    client.username_pw_set(GATEWAY, GATEWAY_PASSWORD)
    client.connect("127.0.0.1", broker.port)
    client.loop_start()
    for payload in payloads:
        client.publish(topic, payload, qos=1).wait_for_publish(WITHIN_S)
    client.disconnect()
    client.loop_stop()


def test_mqtt_messages_keep_their_marks_and_come_once_even_when_sent_twice(tmp_path: Path, broker: Broker) -> None:
    topic = f"tantou/v1/{TOWN}/{GATEWAY}/reading"
    sensor = (
        f'kind = "mqtt"\nurl = "{broker.url}"\ntopic = "{topic}"\nusername = "{CENTRE}"\npassword_file = "password"'
    )
    config = configured(tmp_path, sensor, FIELDS, mark="")
    clocks = Moved(at_ns=time.time_ns())
    at_ms = clocks.at_ns // 1_000_000
    first = b'{"t":%d,"data":{"lampblack":"1.25","flag":"N","fan":351,"extra":7}}' % at_ms
    second = b'{"t":%d,"data":{"lampblack":"n/a","flag":"d","fan":352}}' % (at_ms + 30_000)
    with running(config, tmp_path, clocks, waits=False) as here:
        until(lambda: here.health("kitchen-1").state == "starting")  # its topic is held
        publish(broker, topic, [first, first, b"no json", second])
        until(lambda: here.health("kitchen-1").counters.get("rows_judged", 0) >= 3)
        counters = here.health("kitchen-1").counters
        asked = [one.values["code"] for one in here.health("kitchen-1").maintenance if one.kind == "unknown_factor"]
    assert (counters["messages"], counters["readings"], counters["frames_without_reading"]) == (4, 2, 1)
    assert asked == ["data.extra"]
    tape = (tmp_path / "tapes" / "kitchen-1" / "observations.jsonl").read_text()
    assert '{"factor":"fume_mg_m3","statistic":"Rtd","value":1.25,"unit":"mg/m3","mark":"N"}' in tape
    assert '{"factor":"fume_mg_m3","statistic":"Rtd","value":null,"unit":"mg/m3","mark":"D"}' in tape
    rows = RawStore(tmp_path / "sensors.sqlite")
    assert [row.raw for row in rows.frames()] == [first, b"no json", second]
    assert rows.frames()[0].repeats == 1
    rows.close()


def test_a_topic_that_the_broker_refuses_is_told(tmp_path: Path, broker: Broker) -> None:
    sensor = (
        f'kind = "mqtt"\nurl = "{broker.url}"\ntopic = "tantou/v1/{TOWN}/gw-2/reading"\n'
        f'username = "{GATEWAY}"\npassword_file = "password"'
    )
    config = configured(tmp_path, sensor, FIELDS, mark="")
    (tmp_path / "password").write_text(GATEWAY_PASSWORD)
    with running(config, tmp_path, Moved(), waits=False) as here:
        until(lambda: "refuses the topic" in here.health("kitchen-1").detail)
        assert here.health("kitchen-1").state == "unreachable"


WEATHER = """
[gateway]
id = "gw-1"
town = "demo"
key_file = "key.pem"
[[sensor]]
id = "mast-weather"
name = "Weather station"
premises = "the mast"
profile = "own.toml"
{sensor}
"""
WEATHER_PROFILE = """
name = "own"
version = "1"
title = "a station"
source = "the test's own sheet"
real_time_s = 60
[json]
time_path = "t"
time_form = "unix_ms"
[[json.field]]
code = "ws"
path = "wind.speed"
[[json.field]]
code = "wd"
path = "wind.from"
[[factor]]
code = "ws"
factor = "wind_speed_m_s"
unit = "m/s"
mark = "never"
[[factor]]
code = "wd"
factor = "wind_from_deg"
unit = "deg"
mark = "never"
"""


def test_a_weather_station_without_a_zone_tells_its_wind_to_the_towers(tmp_path: Path, broker: Broker) -> None:
    topic = f"tantou/v1/{TOWN}/{GATEWAY}/reading"
    sensor = (
        f'kind = "mqtt"\nurl = "{broker.url}"\ntopic = "{topic}"\nusername = "{CENTRE}"\npassword_file = "password"'
    )
    (tmp_path / "own.toml").write_text(WEATHER_PROFILE)
    (tmp_path / "password").write_text(CENTRE_PASSWORD)
    (tmp_path / "password").chmod(0o600)
    config = load_edge(WEATHER.format(sensor=sensor), "edge.toml", tmp_path, file_problem=lambda _path, _secret: None)
    clocks, stations = Moved(at_ns=time.time_ns()), Stations()
    with running(config, tmp_path, clocks, waits=False, weather=stations) as here:
        until(lambda: here.health("mast-weather").state == "starting")  # its topic is held
        publish(broker, topic, [b'{"t":%d,"wind":{"speed":4.2,"from":270}}' % (clocks.at_ns // 1_000_000)])
        until(lambda: stations.of("mast-weather", clocks.at_ns) is not None)
    told = stations.of("mast-weather", clocks.at_ns)
    assert told is not None
    assert told.wind_right_m_s(0.0) == pytest.approx(4.2)
    assert told.raw_sha256 is not None
