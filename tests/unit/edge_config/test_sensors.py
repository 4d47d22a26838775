"""The sensors of edge.toml: every mistake at once, each with its place; what a zone's rule learns from the binding."""

from __future__ import annotations

from pathlib import Path

import pytest

from contract.errors import ConfigError
from edge.config import EdgeConfig, load_edge
from edge.sensors.profiles import load_profile
from edge.sensors.start import sensor_tape_start

HEAD = '[gateway]\nid = "gw-1"\ntown = "demo"\nkey_file = "key.pem"\n'
GOOD = """
[hj212]
port = 0
[[sensor]]
id = "kitchen-1"
name = "Monitor"
premises = "Noodle house"
kind = "hj212"
mn = "A33072600000000000000001"
profile = "simulated"
calibrated_on = "2026-01-09"
[[zone]]
id = "flue-1"
sensor = "kitchen-1"
name = "Flue"
matter = "cooking_fumes"
[zone.rule.signals]
fan_on_a = 2.5
"""
BAD = """
[hj212]
tls_key = "tls.key"
[[sensor]]
id = "one"
name = "One"
premises = "A"
kind = "hj212"
profile = "simulatd"
[[sensor]]
id = "one"
name = "Two"
premises = "B"
kind = "hj212"
mn = "88888880000001"
profile = "simulated"
[[sensor]]
id = "three"
name = "Three"
premises = "C"
kind = "modbus"
url = "http://127.0.0.1"
topic = "x"
profile = "simulated"
[[zone]]
id = "flue-1"
sensor = "fuor"
name = "Flue"
matter = "cooking_fumes"
frame_px = [640, 360]
[[zone]]
id = "flue-2"
name = "Flue"
matter = "cooking_fumes"
[zone.rule]
premises = "D"
"""


def loaded(text: str) -> EdgeConfig:
    return load_edge(HEAD + text, "edge.toml", Path(), file_problem=lambda _path, _is_secret: None)


def test_all_mistakes_of_sensors_are_told_at_once_each_with_its_place() -> None:
    with pytest.raises(ConfigError) as caught:
        loaded(BAD)
    told = {mistake.path: mistake.problem for mistake in caught.value.mistakes}
    assert {
        "hj212.tls_cert",
        "sensor[0].mn",
        "sensor[0].profile",
        "sensor[1].id",
        "sensor[1].mn",
        "sensor[2].url",
        "sensor[2].topic",
        "sensor[2].profile",
        "zone[0].sensor",
        "zone[0].frame_px",
        "zone[1].camera",
    } <= set(told)
    assert "leave the factory" in told["sensor[1].mn"]
    assert "[[register]]" in told["sensor[2].profile"]
    assert all(mistake.line is not None for mistake in caught.value.mistakes)


def test_a_gateway_may_have_sensors_alone_and_its_rules_learn_from_the_binding() -> None:
    config = loaded(GOOD)
    start = sensor_tape_start(config, config.sensors[0], load_profile("simulated"))
    (zone,) = start.zones
    assert (zone.polygon_px, zone.frame_px) == ((), None)
    assert zone.rule["premises"] == "Noodle house"
    assert zone.rule["sensor"] == {
        "bound": False,
        "profile": "simulated",
        "profile_version": "1",
        "calibrated_on": "2026-01-09",
    }
    assert zone.rule["signals"]["fan_on_a"] == 2.5  # what the zone says itself is never changed
    assert zone.rule["signals"]["fan_off_a"] == 0.3


def test_a_device_may_not_have_the_name_of_the_port() -> None:
    with pytest.raises(ConfigError, match="the HJ 212 port"):
        loaded(GOOD.replace('id = "kitchen-1"', 'id = "hj212"').replace('sensor = "kitchen-1"', 'sensor = "hj212"'))


def test_two_sensors_with_one_number_are_refused() -> None:
    second = GOOD.split("[[zone]]")[0].split("port = 0")[1].replace("kitchen-1", "kitchen-2")
    with pytest.raises(ConfigError, match="already the number of kitchen-1"):
        loaded(GOOD + second)


CAMERA = """
[[camera]]
id = "cam-1"
name = "Back yard"
url = "rtsp://127.0.0.1/1"
frame_px = [640, 360]
"""
PATROL = """
[camera.patrol]
onvif_url = "http://127.0.0.1:8080"
presets = [{ name = "north" }]
"""
OUTLET = """
[zone.rule.outlet]
camera = "{camera}"
polygon_px = {polygon}
frame_px = {frame}
"""
INSIDE = "[[180, 40], [460, 40], [320, 330]]"


def with_outlet(*, camera: str = "cam-1", polygon: str = INSIDE, frame: str = "[640, 360]") -> str:
    return CAMERA + GOOD + OUTLET.format(camera=camera, polygon=polygon, frame=frame)


def test_the_camera_at_an_outlet_is_one_of_the_gateway() -> None:
    config = loaded(with_outlet())
    (zone,) = sensor_tape_start(config, config.sensors[0], load_profile("simulated")).zones
    assert zone.rule["outlet"]["camera"] == "cam-1"


@pytest.mark.parametrize(
    ("text", "path", "words"),
    [
        (with_outlet(camera="cam-2"), "zone[0].rule.outlet.camera", "is no camera of this file"),
        (with_outlet(camera="kitchen-1"), "zone[0].rule.outlet.camera", "is no camera of this file"),
        (with_outlet(polygon="[[180, 40], [700, 40], [320, 330]]"), "zone[0].rule.outlet.polygon_px", "is outside"),
        (with_outlet(polygon="[[180, 40], [460, 40]]"), "zone[0].rule.outlet.polygon_px", ">= 3"),
        (with_outlet(frame="[640, 480]"), "zone[0].rule.outlet.frame_px", "another shape"),
        (
            CAMERA + PATROL + with_outlet().removeprefix(CAMERA),
            "zone[0].rule.outlet.camera",
            "is on patrol",
        ),
        (with_outlet(frame="[640]"), "zone[0].rule.outlet.frame_px", ""),
        (with_outlet() + "look_s = 90\n", "zone[0].rule.outlet.look_s", ""),
        (with_outlet().replace("polygon_px", "polygon"), "zone[0].rule.outlet.polygon_px", "missing"),
    ],
)
def test_a_mistake_in_an_outlet_is_told_with_its_place(text: str, path: str, words: str) -> None:
    with pytest.raises(ConfigError) as caught:
        loaded(text)
    told = {mistake.path: mistake.problem for mistake in caught.value.mistakes}
    assert path in told, told
    assert words in told[path]


def test_two_flues_of_one_sensor_cannot_share_a_camera() -> None:
    second = with_outlet().split("[[zone]]")[1].replace("flue-1", "flue-2")
    with pytest.raises(ConfigError, match="already at the outlet of zone flue-1"):
        loaded(with_outlet() + "[[zone]]" + second)


def test_an_outlet_is_of_a_sensors_zone_alone() -> None:
    zone = """
[[zone]]
id = "yard"
camera = "cam-1"
name = "Yard"
matter = "cooking_fumes"
polygon_px = [[0, 0], [600, 0], [600, 300]]
frame_px = [640, 360]
[zone.rule]
premises = "Noodle house"
"""
    with pytest.raises(ConfigError, match="is for the zone of a sensor"):
        loaded(CAMERA + GOOD + zone + OUTLET.format(camera="cam-1", polygon=INSIDE, frame="[640, 360]"))


LINE = """
[[sensor]]
id = "{id}"
name = "Monitor"
premises = "Noodle house"
kind = "modbus"
url = "serial:///dev/ttyS0"
unit = {unit}
parity = "{parity}"
profile = "simulated"
"""


def test_devices_on_one_serial_line_have_one_parity_and_a_unit_each_that_is_not_0() -> None:
    devices = [("a", 1, "even"), ("b", 1, "none"), ("c", 0, "even")]
    text = "".join(LINE.format(id=name, unit=unit, parity=parity) for name, unit, parity in devices)
    with pytest.raises(ConfigError) as caught:
        loaded(text)
    told = {mistake.path: mistake.problem for mistake in caught.value.mistakes}
    assert "on the line on which a has even" in told["sensor[1].parity"]
    assert "already a on this line" in told["sensor[1].unit"]
    assert "none answers" in told["sensor[2].unit"]
    assert not {"sensor[0].unit", "sensor[0].parity", "sensor[2].parity"} & set(told)
