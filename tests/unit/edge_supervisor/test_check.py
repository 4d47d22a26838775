"""`tantou check` lists every mistake in plain words with its line and ends with 2."""

from __future__ import annotations

import json
import socket
from pathlib import Path

import pytest
from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey
from cryptography.hazmat.primitives.serialization import Encoding, NoEncryption, PrivateFormat

from tantou.__main__ import main
from tests.ports import unused_port

TEXT = """[gateway]
id = "gw-1"
town = "demo"
key_file = "key.pem"
[broker]
url = "mqtt://127.0.0.1:{port}"
username = "gw-1"
password_file = "password"
[[camera]]
id = "cam-1"
name = "Crossing"
url = "rtsp://127.0.0.1/1"
"""


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    pem = Ed25519PrivateKey.generate().private_bytes(Encoding.PEM, PrivateFormat.PKCS8, NoEncryption())
    for name, data in (("key.pem", pem), ("password", b"secret-word")):
        (tmp_path / name).write_bytes(data)
        (tmp_path / name).chmod(0o600)
    return tmp_path


def write(folder: Path, text: str) -> str:
    path = folder / "edge.toml"
    path.write_text(text)
    return str(path)


def test_a_good_file_with_a_broker_that_answers_passes(folder: Path, capsys: pytest.CaptureFixture[str]) -> None:
    with socket.create_server(("127.0.0.1", 0)) as broker:
        path = write(folder, TEXT.format(port=broker.getsockname()[1]))
        assert main(["check", path]) == 0
        assert capsys.readouterr().out.startswith(f"{path}: no mistake; 1 camera(s), 0 sensor(s), 0 zone(s), sha256 ")


def test_all_mistakes_are_printed_with_their_lines(folder: Path, capsys: pytest.CaptureFixture[str]) -> None:
    port = unused_port()
    (folder / "password").chmod(0o644)
    path = write(folder, TEXT.format(port=port).replace("town", "twon") + 'engine = "vlc"\n')
    assert main(["check", path]) == 2
    assert capsys.readouterr().out == (
        f"{path}: 5 mistake(s)\n"
        "  line 1: gateway.town: missing (expected text)\n"
        "  line 3: gateway.twon: unknown key (did you mean town?)\n"
        f"  line 6: broker.url: 127.0.0.1:{port} cannot be reached: Connection refused"
        f" (found 'mqtt://127.0.0.1:{port}')\n"
        f"  line 8: broker.password_file: {folder}/password can be read by every user (mode 0644): chmod 600 it\n"
        "  line 13: camera[0].engine: found 'vlc', expected one of pyav, gstreamer\n"
    )


def test_the_same_as_json(folder: Path, capsys: pytest.CaptureFixture[str]) -> None:
    path = write(folder, TEXT.format(port=unused_port()))
    assert main(["check", path, "--json"]) == 2
    report = json.loads(capsys.readouterr().out)
    assert report["schema"] == "tantou.check/1"
    assert [(one["path"], one["line"]) for one in report["mistakes"]] == [("broker.url", 6)]


def test_a_key_file_without_an_ed25519_key_is_a_mistake(folder: Path, capsys: pytest.CaptureFixture[str]) -> None:
    (folder / "key.pem").write_bytes(b"no key at all")
    with socket.create_server(("127.0.0.1", 0)) as broker:
        path = write(folder, TEXT.format(port=broker.getsockname()[1]))
        assert main(["check", path]) == 2
    words = capsys.readouterr().out
    assert "gateway.key_file" in words
    assert "no key at all" not in words


def test_a_model_without_a_card_is_a_mistake(folder: Path, capsys: pytest.CaptureFixture[str]) -> None:
    with socket.create_server(("127.0.0.1", 0)) as broker:
        text = TEXT.format(port=broker.getsockname()[1]) + '[inference]\nmodel = "vehicle-x"\n'
        assert main(["check", write(folder, text)]) == 2
        assert "line 14: inference.model: no card named 'vehicle-x' (known: " in capsys.readouterr().out


TOWER = """frame_px = [1920, 1080]
position = { lat = 29.2, lon = 119.5, error_m = 3 }
masks = [[[0, 0], [1, 1]]]
[camera.tower]
focal_px = 3600.0
mast_m = 40
camera_height_m = 112.0
dem_file = "dem.tif"
areas_file = "cells.geojson"
roads_file = "roads.geojson"
"""
POLYGON = '{"type": "Polygon", "coordinates": [[[119, 29], [119.1, 29], [119, 29.1], [119, 29]]]}'
LINE = '{"type": "LineString", "coordinates": [[119, 29], [119.1, 29]]}'


def test_terrain_areas_and_roads_that_cannot_be_read_stand_among_the_other_mistakes(
    folder: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    text = TEXT.partition("[broker]")[0] + TEXT[TEXT.index("[[camera]]") :] + TOWER
    (folder / "dem.tif").write_bytes(b"II*\0 cut off")
    (folder / "cells.geojson").write_text(f'{{"features": [{{"geometry": {POLYGON}, "properties": {{}}}}]}}')
    (folder / "roads.geojson").write_text(f'{{"features": [{{"geometry": {POLYGON}}}]}}')
    assert main(["check", write(folder, text), "--json"]) == 2
    found = json.loads(capsys.readouterr().out)["mistakes"]
    assert [(one["path"], one["line"]) for one in found] == [
        ("camera[0].masks[0]", 11),
        ("camera[0].tower.dem_file", 16),
        ("camera[0].tower.areas_file", 17),
        ("camera[0].tower.roads_file", 18),
    ]
    words = ["expected a GeoTIFF of heights", "no property 'name'", "expected a GeoJSON FeatureCollection of lines"]
    assert [word in one["problem"] for word, one in zip(words, found[1:], strict=True)] == [True] * 3
    assert main(["check", write(folder, text.replace('"cells.geojson"', '"none.geojson"'))]) == 2
    assert "none.geojson does not exist" in capsys.readouterr().out


def test_areas_and_roads_that_can_be_read_are_no_mistake(folder: Path) -> None:
    text = TEXT.partition("[broker]")[0] + TEXT[TEXT.index("[[camera]]") :] + TOWER
    text = text.replace("masks = [[[0, 0], [1, 1]]]\n", "").replace('dem_file = "dem.tif"\n', "")
    (folder / "cells.geojson").write_text(f'{{"features": [{{"geometry": {POLYGON}, "properties": {{"name": "a"}}}}]}}')
    (folder / "roads.geojson").write_text(f'{{"features": [{{"geometry": {LINE}}}]}}')
    assert main(["check", write(folder, text)]) == 0


def test_a_file_that_is_not_there_is_one_mistake(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    assert main(["check", str(tmp_path / "none.toml")]) == 2
    assert "1 mistake(s)\n  file: cannot be read" in capsys.readouterr().out


def test_a_gateway_with_mistakes_does_not_run(folder: Path, capsys: pytest.CaptureFixture[str]) -> None:
    path = write(folder, TEXT.format(port=1).replace("rtsp", "ftp"))
    assert main(["edge", "run", "--config", path]) == 2
    assert "line 12: camera[0].url: starts with 'ftp'" in capsys.readouterr().err


def test_a_written_plates_table_whose_cards_are_not_here_or_not_for_it_is_a_mistake(
    folder: Path, capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("XDG_CACHE_HOME", str(folder / "empty"))
    text = TEXT.partition("[broker]")[0] + TEXT[TEXT.index("[[camera]]") :]
    plain = write(folder, text)
    assert main(["check", plain]) == 0, "without the table a gateway reads plates where it can"
    capsys.readouterr()
    wrong = text + '[plates]\nreaders = ["plate-text-clp", "vehicle-n"]\n'
    assert main(["check", write(folder, wrong)]) == 2
    said = capsys.readouterr().out
    assert "plates.corners: plate-corners-clp: " in said
    assert "line 10: plates.readers: plate-text-clp: " in said
    assert "tantou models pull" in said
    assert "vehicle-n is a card for boxes, expected one for plate_text" in said
    assert main(["check", write(folder, text + "[plates]\nenabled = false\n")]) == 0


def test_one_reader_alone_is_refused(folder: Path, capsys: pytest.CaptureFixture[str]) -> None:
    text = TEXT.partition("[broker]")[0] + TEXT[TEXT.index("[[camera]]") :]
    assert main(["check", write(folder, text + '[plates]\nreaders = ["plate-text-clp"]\n')]) == 2
    assert "plates.readers" in capsys.readouterr().out
