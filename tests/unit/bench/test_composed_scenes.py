"""The truth of a composed scene is that of its clip: to the pixel and to the moment."""

from __future__ import annotations

from itertools import pairwise
from pathlib import Path

import av
import numpy as np
import pytest
from numpy.typing import NDArray

from edge.config import load_edge
from edge.replay import parse_start
from tests.bench import parking_scenes
from tests.bench.compose.judging import Scene, read_scenes
from tests.bench.compose.motion import Lights, Stop, Stopping, follow_lane
from tests.bench.compose.scoring import score
from tests.bench.compose.truth import SceneTruth
from tests.bench.compose.writing import CLIP, TOML, write_scene
from tests.unit.bench.drawn_stage import STAGE, assets, block, script

MIDDLE_M = 14.0


def parked(from_s: float = 6.25, to_s: float = 14.75) -> Stopping:
    return Stopping((Stop(MIDDLE_M, from_s, to_s),), STAGE.lane("near").length_m, 6.0)


def compose(folder: Path, *actors_and: object, **rest: object) -> SceneTruth:
    return write_scene(script(*actors_and, **rest), STAGE, assets(), seed=3, out=folder)  # type: ignore[arg-type]


def pictures(folder: Path) -> dict[float, NDArray[np.uint8]]:
    with av.open(str(folder / CLIP)) as container:
        frames = container.decode(video=0)
        return {
            float(f.pts * f.time_base): np.asarray(f.to_ndarray(format="bgr24"), np.uint8)
            for f in frames
            if f.pts is not None and f.time_base
        }


def red_box(image: NDArray[np.uint8]) -> tuple[int, int, int, int]:
    is_red = (image[:, :, 2].astype(int) - image[:, :, 1]) > 70
    rows, columns = np.flatnonzero(is_red.any(axis=1)), np.flatnonzero(is_red.any(axis=0))
    return int(columns[0]), int(rows[0]), int(columns[-1]) + 1, int(rows[-1]) + 1


def test_the_true_box_is_where_the_pixels_are_in_each_second(tmp_path: Path) -> None:
    truth = compose(tmp_path, block(parked()))
    seen = pictures(tmp_path)
    boxes = truth.vehicles[0].boxes
    assert len(boxes) > 10
    for box in boxes:
        found = red_box(seen[box.at_s])
        assert np.abs(np.array(found) - (box.left, box.top, box.right, box.bottom)).max() <= 2


def test_it_moves_until_the_true_stop_and_from_the_true_start_on() -> None:
    drive = parked()
    assert drive.along_m(6.25) == drive.along_m(10.0) == drive.along_m(14.75) == MIDDLE_M
    assert (drive.along_m(6.15) or 0) < MIDDLE_M < (drive.along_m(14.85) or 0)


def test_keyframes_are_a_second_apart_and_no_picture_is_reordered(tmp_path: Path) -> None:
    compose(tmp_path, block(parked()), seconds=6.0)
    with av.open(str(tmp_path / CLIP)) as container:
        packets = [packet for packet in container.demux(video=0) if packet.pts is not None]
        keys = [
            float(packet.pts * packet.time_base) for packet in packets if packet.is_keyframe and packet.pts is not None
        ]
        assert keys == [0.0, 1.0, 2.0, 3.0, 4.0, 5.0]
        assert all(packet.pts == packet.dts for packet in packets)


def test_the_same_seed_gives_the_same_clip(tmp_path: Path) -> None:
    first = compose(tmp_path / "a", block(parked()), seconds=4.0)
    second = compose(tmp_path / "b", block(parked()), seconds=4.0)
    assert first.clip_sha256 == second.clip_sha256


def test_a_covered_vehicle_shows_the_share_that_nothing_covers(tmp_path: Path) -> None:
    half = Stopping((Stop(MIDDLE_M + 1.0, 0.0, 20.0),), STAGE.lane("near").length_m)
    truth = compose(
        tmp_path, block(Stopping((Stop(MIDDLE_M, 0.0, 20.0),), 99.0)), block(half, who="covers", zone=None), seconds=3.0
    )
    shares = {vehicle.id: vehicle.boxes[1].visible for vehicle in truth.vehicles}
    assert shares["covers"] == 1.0
    assert shares["parks-1"] == pytest.approx(0.5, abs=0.05)  # 1 m is 20 of its 40 pixels


def test_a_stay_is_expected_from_the_grace_on_and_blind_time_does_not_count(tmp_path: Path) -> None:
    long_enough = compose(tmp_path / "a", block(parked(6.0, 12.0))).standings[0]
    too_short = compose(tmp_path / "b", block(parked(6.0, 10.5))).standings[0]
    blind = compose(tmp_path / "c", block(parked(6.0, 12.0)), gaps=((7.0, 9.0),)).standings[0]
    assert (long_enough.expected, too_short.expected, blind.expected) == (True, False, False)
    assert too_short.because == "within grace"
    assert (long_enough.dwell_s, blind.dwell_s) == (6.0, 4.0)


def test_a_gap_has_no_pictures_and_a_frozen_span_repeats_one(tmp_path: Path) -> None:
    compose(tmp_path, block(parked()), seconds=12.0, gaps=((2.0, 4.0),), frozen=((8.0, 11.0),))
    seen = pictures(tmp_path)
    assert not [at_s for at_s in seen if 2.0 <= at_s < 4.0]
    assert (seen[8.0] == seen[10.0]).all()
    assert (seen[6.0] != seen[7.0]).any()


def test_nobody_in_a_lane_passes_the_red_line_or_the_one_ahead() -> None:
    lights = Lights(line_m=60.0, cycle_s=40.0, red_s=25.0)
    drives = follow_lane([0, 4, 8, 12], [9.0, 9.0, 9.0, 9.0], length_m=100.0, seconds=120.0, lights=lights)
    assert any(drive.stands for drive in drives)
    for at_s in np.arange(0, 120, 0.5):
        places = [place for drive in drives if (place := drive.along_m(float(at_s))) is not None]
        assert all(ahead - behind > 4.5 for ahead, behind in pairwise(places))
    for drive in drives:
        crossing_s = next(s for s in np.arange(0, 120, 0.1) if (drive.along_m(float(s)) or 0) > lights.line_m)
        assert not lights.is_red(float(crossing_s))


def test_the_written_configuration_is_one_that_a_gateway_takes(tmp_path: Path) -> None:
    compose(tmp_path / "drawn", block(parked()), seconds=3.0)
    (scene,) = read_scenes(tmp_path)
    assert isinstance(scene, Scene)
    config = scene.config()
    assert [zone.id for zone in config.zones] == ["kerb"]
    assert config.cameras[0].analyse_every_s == 1.0
    assert scene.start_ns == parse_start(scene.truth.start)
    assert load_edge((tmp_path / "drawn" / TOML).read_text(), TOML, tmp_path / "drawn").zones


def test_scenes_without_tapes_are_no_figures_but_an_error(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    assert parking_scenes.main(["--scenes", str(tmp_path), "--observations"]) == 2
    compose(tmp_path / "drawn", block(parked()), seconds=3.0)
    assert parking_scenes.main(["--scenes", str(tmp_path), "--observations"]) == 2
    told = capsys.readouterr()
    assert "1 scenes and no tape of theirs" in told.err
    assert "F1" not in told.out


def test_an_act_that_is_not_told_is_a_miss(tmp_path: Path) -> None:
    compose(tmp_path / "drawn", block(parked(6.0, 14.0)))
    (scene,) = read_scenes(tmp_path)
    scored = score(scene, [], [])
    assert len(scored.missed) == 1
    assert scored.has_failed
    assert (scored.standing_s, scored.kept_s) == (8, 0)
