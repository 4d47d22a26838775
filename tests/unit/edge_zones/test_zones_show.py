"""`tantou zones show` draws what is judged where, and tells the view's fingerprint."""

from __future__ import annotations

from pathlib import Path

import cv2
import numpy as np
import pytest
from PIL import Image as Pillow

from contract.errors import CaptureError, ContractError
from edge.zones import COLOURS, camera_of, legend, read_picture, show_zones
from tantou.__main__ import main
from tests.unit.edge_config.test_load_edge import GOOD, load
from tests.unit.edge_config.test_parking_zones import FULL

SECOND = '\n[[camera]]\nid = "cam-2"\nname = "Other"\nurl = "rtsp://127.0.0.1:8554/cam-2"\n'


def street() -> np.ndarray[tuple[int, int, int], np.dtype[np.uint8]]:
    """A picture of flat tiles, so that its fingerprint is not empty."""
    tiles = np.random.default_rng(7).integers(60, 120, (9, 16), np.uint8)
    return np.dstack([cv2.resize(tiles, (1280, 720), interpolation=cv2.INTER_NEAREST)] * 3)


def drawn(text: str, picture: Path, out: Path) -> Pillow.Image:
    out.write_bytes(show_zones(load(text), None, read_picture(picture)))
    return Pillow.open(out).convert("RGB")


def test_zone_line_lane_and_bay_are_drawn_with_a_legend_below_the_picture(tmp_path: Path) -> None:
    cv2.imwrite(str(tmp_path / "street.png"), street())
    shown = drawn(GOOD + FULL, tmp_path / "street.png", tmp_path / "zones.png")
    assert shown.width == 1280
    assert shown.height > 720
    colours = {colour for _, colour in shown.getcolors(shown.width * shown.height) or ()}
    assert set(COLOURS.values()) <= colours


def test_the_legend_says_whose_zone_it_is_by_what_right_and_when() -> None:
    zone = load(GOOD + FULL).zones[0]
    said = " ".join(legend(zone, has_hanzi=True))
    for word in ("交警", "道路交通安全法 art. 56", "no_stopping_line", "07:00-21:00 mon,tue", "grace 20 s"):
        assert word in said
    assert " ".join(legend(zone, has_hanzi=False)).isascii()


def test_several_cameras_need_a_name() -> None:
    config = load(GOOD.replace("\n[[zone]]", f"{SECOND}\n[[zone]]"))
    assert camera_of(config, "cam-2").id == "cam-2"
    for name in (None, "cam-9"):
        with pytest.raises(ContractError, match="cam-1, cam-2"):
            camera_of(config, name)


def test_a_file_that_is_no_picture_is_named(tmp_path: Path) -> None:
    (tmp_path / "not.png").write_text("words")
    for name in ("not.png", "absent.png"):
        with pytest.raises(CaptureError, match=name):
            read_picture(tmp_path / name)


def test_the_command_writes_the_picture_and_tells_the_fingerprint(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    cv2.imwrite(str(tmp_path / "street.png"), street())
    for name in ("gateway.pem", "broker.password", "gateway.token"):
        path = tmp_path / "secrets" / name
        path.parent.mkdir(exist_ok=True)
        path.write_text("x")
        path.chmod(0o600)
    (tmp_path / "edge.toml").write_text(GOOD + FULL, encoding="utf-8")
    out = tmp_path / "zones.png"
    words = ["zones", "show", str(tmp_path / "edge.toml"), "--picture", str(tmp_path / "street.png"), "--out", str(out)]
    assert main(words) == 0
    assert Pillow.open(out).width == 1280
    scene = capsys.readouterr().out.split('"')[1]
    assert len(scene) == 36
    assert int(scene, 16) > 0
