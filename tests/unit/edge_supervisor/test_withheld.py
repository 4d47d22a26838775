"""What a log may show of a configuration: not the plates of those who may stand in a zone."""

from __future__ import annotations

from pathlib import Path

import msgspec

from edge.config import load_edge
from edge.withheld import loggable

TEXT = """
[gateway]
id = "gw-1"
town = "demo"
key_file = "key.pem"
[[camera]]
id = "cam-1"
name = "Road"
url = "rtsp://127.0.0.1/1"
frame_px = [1280, 720]
[[zone]]
id = "east"
camera = "cam-1"
name = "East"
matter = "illegal_parking"
polygon_px = [[251, 200], [140, 369], [29, 547], [171, 560]]
frame_px = [1280, 720]
[zone.rule]
grace_s = 180
exempt = [{ plate = "浙A12345", begin = "2026-01-01", end = "2026-12-31", because = "resident" }]
"""


def test_the_plates_of_a_zones_list_are_not_in_what_is_logged_and_all_else_is() -> None:
    config = load_edge(TEXT, "edge.toml", Path(), file_problem=lambda _path, _is_secret: None)
    told = loggable(config)
    assert "浙A12345" in msgspec.json.encode(config).decode()
    assert "浙A12345" not in msgspec.json.encode(told).decode()
    assert told.zones[0].rule == {"grace_s": 180}
    assert (told.cameras, told.config_sha256) == (config.cameras, config.config_sha256)
