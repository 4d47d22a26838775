"""edge.toml is checked whole: what single keys cannot say wrong is said beside what they can."""

from __future__ import annotations

from pathlib import Path

import pytest

from contract.errors import ConfigError, Mistake
from edge.config import EdgeConfig, load_edge
from edge.config.files import Probes

GOOD = """
[gateway]
id = "gw-demo"
town = "demo"
key_file = "secrets/gateway.pem"

[broker]
url = "mqtt://127.0.0.1:18830"
username = "gw-demo"
password_file = "secrets/broker.password"

[evidence]
url = "http://127.0.0.1:18081"
token_file = "secrets/gateway.token"

[[camera]]
id = "cam-1"
name = "Crossing"
url = "rtsp://127.0.0.1:8554/cam-1"
frame_px = [1280, 720]
position = { lat = 30.5, lon = 120.1, error_m = 8 }
masks = [[[0, 0], [100, 0], [100, 100]]]

[[zone]]
id = "zone-1"
camera = "cam-1"
name = "Bus stop"
matter = "illegal_parking"
polygon_px = [[100, 100], [600, 100], [600, 500], [100, 500]]
frame_px = [1280, 720]
[zone.rule]
grace_s = 20
"""
BASE = Path("/etc/tantou")


def no_file_problem(_path: Path, _is_secret: bool) -> str | None:
    return None


def load(text: str) -> EdgeConfig:
    return load_edge(text, "edge.toml", BASE, file_problem=no_file_problem)


def mistakes_of(text: str) -> tuple[Mistake, ...]:
    with pytest.raises(ConfigError) as raised:
        load(text)
    return raised.value.mistakes


def test_a_good_file_is_typed_with_absolute_paths() -> None:
    config = load(GOOD)
    assert config.gateway.key_file == "/etc/tantou/secrets/gateway.pem"
    assert config.gateway.data_dir == "/etc/tantou/data/edge"
    assert config.broker is not None
    assert config.broker.password_file == "/etc/tantou/secrets/broker.password"
    assert config.cameras[0].ring_s == 60
    assert config.zones[0].rule == {"grace_s": 20}


def test_the_hash_is_of_what_is_written_and_not_of_where_the_file_lies() -> None:
    elsewhere = load_edge(GOOD, "edge.toml", Path("/srv/elsewhere"), file_problem=no_file_problem)
    changed = load(GOOD.replace("grace_s = 20", "grace_s = 21"))
    spelled_out = load(GOOD.replace("[zone.rule]", "demo = false\n[zone.rule]"))
    assert load(GOOD).config_sha256 == elsewhere.config_sha256 == spelled_out.config_sha256
    assert changed.config_sha256 != load(GOOD).config_sha256


def test_a_file_for_replays_needs_no_broker_and_no_upload_address() -> None:
    start, end = GOOD.index("[broker]"), GOOD.index("[[camera]]")
    config = load(GOOD[:start] + GOOD[end:])
    assert config.broker is None
    assert config.evidence.url is None


@pytest.mark.parametrize(
    ("found", "replaced", "line", "path", "words"),
    [
        (
            "polygon_px = [[100, 100]",
            "polygon_px = [[100, 100], [1281, 5]",
            29,
            "zone[0].polygon_px",
            "outside the pic",
        ),
        ("[600, 100], [600, 500]", "[600, 500], [600, 100]", 29, "zone[0].polygon_px", "crosses"),
        ("[600, 500], [100, 500]]", "]", 29, "zone[0].polygon_px", "expected at least 3"),
        ('camera = "cam-1"', 'camera = "cam-2"', 26, "zone[0].camera", "did you mean cam-1?"),
        ("illegal_parking", "ilegal_parking", 28, "zone[0].matter", "did you mean illegal_parking?"),
        ("grace_s = 20", "grace_s = 20\nstil_s = 4", 33, "zone[0].rule.stil_s", "did you mean still_s?"),
        ("500]]\nframe_px = [1280, 720]", "500]]\nframe_px = [1280, 960]", 30, "zone[0].frame_px", "another shape"),
        ("rtsp://127", "rtsp://me:secret@127", 19, "camera[0].url", "holds credentials"),
        ("rtsp://127", "ftp://127", 19, "camera[0].url", "expected rtsp://"),
        ("rtsp://127.0.0.1:8554", "rtsp://:99999", 19, "camera[0].url", "is no address"),
        ("frame_px = [1280, 720]\npos", "pos", 16, "camera[0].frame_px", "masks are drawn"),
        ("[100, 0], [100, 100]]]", "[1300, 0], [100, 100]]]", 22, "camera[0].masks[0]", "outside the picture"),
        ("position", "ring_s = 9\nposition", 21, "camera[0].ring_s", "pre-roll, post-roll and one look need 12"),
        ("position", 'password_file = "x"\nposition', 16, "camera[0].username", "needs a username"),
        ("mqtt://127.0.0.1", "mqtt://broker.example", 8, "broker.url", "is not encrypted"),
        ("http://127.0.0.1", "http://10.0.0.1", 13, "evidence.url", "is not encrypted"),
        ('token_file = "secrets/gateway.token"', "", 12, "evidence.token_file", "uploads need"),
    ],
)
def test_a_mistake_across_keys_is_named_with_its_line(
    found: str, replaced: str, line: int, path: str, words: str
) -> None:
    assert GOOD.count(found) == 1 or found in ("position", "illegal_parking", 'camera = "cam-1"')
    (mistake,) = mistakes_of(GOOD.replace(found, replaced, 1))
    assert (mistake.line, mistake.path) == (line, path)
    assert words in str(mistake)
    assert "secret" not in str(mistake).replace("secret file", "").replace("secrets", "")


def test_a_wrong_key_that_is_needed_does_not_hide_the_other_mistakes_of_its_table() -> None:
    text = (
        GOOD.replace("rtsp://", "rtsq://")
        .replace('id = "', 'id = "../')
        .replace("mqtt://127.0.0.1", "mqtt://a.example")
    )
    text = text.replace('username = "gw-demo"\n', "").replace("[600, 100]", "[6000, 100]")
    with pytest.raises(ConfigError) as raised:
        load_edge(text, "edge.toml", BASE, file_problem=lambda path, _: f"{path.name} is gone")
    found = {one.path for one in raised.value.mistakes}
    assert found >= {"gateway.id", "gateway.key_file", "camera[0].id", "camera[0].url", "zone[0].polygon_px"}
    assert found >= {"broker.username", "broker.url", "broker.password_file"}


def test_a_camera_that_is_looked_at_too_rarely_for_a_zones_rule_is_a_mistake() -> None:
    (mistake,) = mistakes_of(
        GOOD.replace("frame_px = [1280, 720]\npos", "frame_px = [1280, 720]\nanalyse_every_s = 20\npos")
    )
    assert (mistake.line, mistake.path) == (27, "zone[0].camera")
    assert mistake.problem == "cam-1 is looked at each 20 s, illegal_parking needs 6 s or less"


def test_one_wrong_key_does_not_hide_the_other_mistakes() -> None:
    second_camera = '[[camera]]\nid = "cam-1"\nnam = "Twin"\nurl = "rtsp://127.0.0.1/2"\n'
    zone_start = GOOD.index("[[zone]]")
    text = GOOD[:zone_start] + second_camera + GOOD[zone_start:].replace("[600, 100]", "[6000, 100]")

    def every_file_is_missing(path: Path, is_secret: bool) -> str | None:
        assert is_secret
        return f"{path.name} does not exist"

    with pytest.raises(ConfigError) as raised:
        load_edge(
            text,
            "edge.toml",
            BASE,
            file_problem=every_file_is_missing,
            probes=Probes(reach_problem=lambda host, _port: f"{host} is down"),
        )
    assert [(one.line, one.path, one.problem) for one in raised.value.mistakes] == [
        (5, "gateway.key_file", "gateway.pem does not exist"),
        (8, "broker.url", "127.0.0.1 is down"),
        (10, "broker.password_file", "broker.password does not exist"),
        (14, "evidence.token_file", "gateway.token does not exist"),
        (24, "camera[1].name", "missing"),
        (25, "camera[1].id", "'cam-1' is already the id of camera[0]"),
        (26, "camera[1].nam", "unknown key"),
        (33, "zone[0].polygon_px", "point 1 at (6000, 100) is outside the picture of 1280x720"),
    ]


def test_a_zone_of_a_camera_with_a_mistake_is_not_called_homeless() -> None:
    (mistake,) = mistakes_of(GOOD.replace('name = "Crossing"', ""))
    assert mistake.path == "camera[0].name"
