"""Around the networks: cutting, decoding, and what is kept of each plate."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import cv2
import numpy as np
import pytest
from PIL import Image

from contract.errors import ModelError
from contract.plates import KINDS, PlateSeen
from models.boxes import Floats
from models.letterbox import Frame
from models.plates.align import in_order, one_line, raised, tilt_deg
from models.plates.corners import CornerFinder, anchors_of
from models.plates.drawing import draw_plate, find_fonts
from models.plates.eyes import PlateEyes
from models.plates.readers import LineReader
from models.plates.wear import Wear, as_seen
from tantou.plates import pictures_of, read_pictures
from tests.unit.plates.networks import TEXT_CARD, Brightness, Pointer, Speller, card

SQUARE = np.array([[0, 0], [100, 0], [100, 30], [0, 30]], np.float32)
LARGER = np.float32(320 / 300)  # a picture 300 px long is looked at 320 px long
# 皖 A 1 2 3 4 4 with blanks between, as CTC writes it; the repeated 4 needs one.
SPELLED = [11, 0, 12, 2, 2, 3, 4, 5, 0, 5]


def quad_of(turn_deg: float, shear: float = 0.0) -> Floats:
    """The square turned about its middle."""
    turn = np.radians(turn_deg)
    matrix = np.array([[np.cos(turn), np.sin(turn)], [-np.sin(turn), np.cos(turn)]])
    sheared = (SQUARE - SQUARE.mean(axis=0)) @ np.array([[1, 0], [shear, 1]])
    return np.asarray(sheared @ matrix + 200, np.float32)


@pytest.mark.parametrize("turn_deg", [-40, -20, 0, 15, 40])
def test_corners_in_any_order_come_out_clockwise_from_the_top_left(turn_deg: float) -> None:
    quad = quad_of(turn_deg)
    for order in ([2, 0, 3, 1], [3, 2, 1, 0], [1, 2, 3, 0]):
        np.testing.assert_allclose(in_order(quad[order]), quad, atol=1e-4)


def test_tilt_is_the_larger_of_rotation_and_skew() -> None:
    assert tilt_deg(quad_of(12)) == pytest.approx(12, abs=0.1)
    assert tilt_deg(quad_of(0, shear=np.tan(np.radians(25)))) == pytest.approx(25, abs=0.1)
    assert tilt_deg(quad_of(0)) == pytest.approx(0, abs=1e-4)


def test_a_raised_plate_keeps_its_lower_edge_and_the_line_of_its_sides() -> None:
    quad = np.array([[10, 20], [110, 10], [120, 40], [20, 50]], np.float32)
    np.testing.assert_allclose(raised(quad, 0.1), [[9, 17], [109, 7], [120, 40], [20, 50]])


def test_a_double_row_becomes_one_line_upper_part_first() -> None:
    double = np.zeros((120, 240, 3), np.uint8)
    double[:40], double[60:] = 50, 200
    line = one_line(double, 2)
    assert line.shape == (80, 480, 3)
    assert line[:60, :240].max() == 50
    assert line[40:, 240:].min() == 200
    assert one_line(double, 1) is double


def test_a_reader_merges_repeats_drops_blanks_and_tells_each_characters_probability() -> None:
    reader = LineReader(TEXT_CARD, Speller(SPELLED))
    (line,) = reader.read([np.zeros((80, 240, 3), np.uint8)])
    assert line.text == "皖A12344"
    assert line.sure == (0.75,) * 7
    assert reader.read([]) == []


def test_a_line_keeps_its_shape_and_is_padded_with_the_middle_grey() -> None:
    network = Speller(SPELLED)
    LineReader(TEXT_CARD, network).read([np.full((80, 240, 3), 255, np.uint8), np.zeros((80, 480, 3), np.uint8)])
    (batch,) = network.batches
    assert batch.shape == (2, 3, 32, 160)
    assert batch[0, :, :, :96].min() == 1
    assert not batch[0, :, :, 96:].any()
    assert batch[1].max() == -1


def test_a_card_without_a_reader_table_reads_no_text() -> None:
    with pytest.raises(ModelError, match=r"no \[reader\] table"):
        LineReader(card("plate_corners"), Speller(SPELLED))


def test_a_plate_seen_by_two_anchors_is_found_once_with_its_corners() -> None:
    corners = quad_of(10)
    frame = np.zeros((400, 500, 3), np.uint8)
    (found,) = CornerFinder(card("plate_corners"), Pointer(corners)).find(frame)
    np.testing.assert_allclose(found.quad, corners, atol=0.01)
    assert found.score == pytest.approx(0.9)
    assert CornerFinder(card("plate_corners"), Pointer(corners, score=0.2)).find(frame) == []


def test_in_a_larger_picture_corners_are_pixels_of_the_picture() -> None:
    corners = quad_of(0)
    frame = np.zeros((800, 2560, 3), np.uint8)
    (found,) = CornerFinder(card("plate_corners"), Pointer(corners)).find(frame)
    np.testing.assert_allclose(found.quad, corners * 2, atol=0.05)


def test_anchors_lie_in_the_middle_of_their_cells_two_a_cell() -> None:
    anchors = anchors_of((33, 64))
    assert len(anchors) == 2 * (5 * 8 + 3 * 4 + 2 * 2)
    assert anchors[0].tolist() == [4, 4, 24, 24]
    assert anchors[3].tolist() == [12, 4, 48, 48]


def test_a_second_look_from_near_puts_the_corners_right() -> None:
    frame = np.zeros((480, 1000, 3), np.uint8)
    frame[200:230, 400:500] = 255
    network = Brightness()
    (found,) = CornerFinder(card("plate_corners"), network).find(frame)
    np.testing.assert_allclose(found.quad, [[400, 200], [500, 200], [500, 230], [400, 230]], atol=1)
    assert network.long_sides_px == [1000, 320]


def test_an_empty_picture_is_tried_in_each_size_and_a_small_one_is_made_larger() -> None:
    network = Brightness()
    assert CornerFinder(card("plate_corners"), network).find(np.zeros((90, 160, 3), np.uint8)) == []
    assert network.long_sides_px == [320, 640, 480, 960]


def eyes_on(quad: Floats) -> PlateEyes:
    """A chain that finds one plate and spells it the same way twice."""
    second = card("plate_text", TEXT_CARD.reader, name="second")
    readers = (LineReader(TEXT_CARD, Speller(SPELLED)), LineReader(second, Speller(SPELLED)))
    return PlateEyes(CornerFinder(card("plate_corners"), Pointer(quad)), readers)


def drawn_picture() -> tuple[Frame, Floats]:
    """A drawn blue plate in a picture, and its corners."""
    rng = np.random.default_rng(4)
    wear = Wear(width_px=150, tilt_deg=5, blur_px=0, motion_px=0, gain=1, noise=0, dirt=0, jpeg=90)
    seen = as_seen(draw_plate(rng, find_fonts(), KINDS[:1]).face, wear, rng)
    return seen.frame, seen.quad


def test_every_read_of_every_cut_is_kept() -> None:
    frame, quad = drawn_picture()
    (seen,) = eyes_on(quad * LARGER).look(frame)
    assert seen.colour == "blue"
    assert seen.width_px == pytest.approx(150, abs=6)
    assert {(read.reader, read.rows) for read in seen.reads} == {("drawn", 1), ("second", 1)}
    assert len({(read.reader, read.margin) for read in seen.reads}) == len(seen.reads) == 6


def test_a_third_reader_is_asked_only_where_two_do_not_settle_it() -> None:
    frame, quad = drawn_picture()
    other = [*SPELLED[:-1], 6]
    for second, asked in ((SPELLED, 0), (other, 1)):
        third = Speller(SPELLED)
        networks = (Speller(SPELLED), Speller(second), third)
        readers = [
            LineReader(card("plate_text", TEXT_CARD.reader, name=f"reader-{index}"), network)
            for index, network in enumerate(networks)
        ]
        PlateEyes(CornerFinder(card("plate_corners"), Pointer(quad * LARGER)), tuple(readers)).look(frame)
        assert len(third.batches) == asked


def test_a_plate_too_small_for_any_reader_is_reported_unread() -> None:
    frame = np.zeros((200, 300, 3), np.uint8)
    (seen,) = eyes_on((SQUARE * 0.3 + 100) * LARGER).look(frame)
    assert seen.reads == ()
    assert seen.width_px == pytest.approx(30, abs=0.1)


def test_a_crop_whose_corners_are_not_found_is_read_whole() -> None:
    crop = np.full((24, 94, 3), (150, 70, 15), np.uint8)
    eyes = eyes_on(SQUARE * 0.2)
    (seen,) = eyes.look_at_crop(crop)
    assert seen.quad_px == ((0, 0), (94, 0), (94, 24), (0, 24))
    assert seen.reads


def test_of_a_tight_crop_readers_see_the_edges_first_and_of_a_wide_one_the_corners() -> None:
    plate = np.array([[4, 2], [90, 2], [90, 22], [4, 22]], np.float32)
    (tight,) = eyes_on(plate * np.float32(320 / 94)).look_at_crop(np.full((24, 94, 3), 90, np.uint8))
    assert tight.quad_px == ((0, 0), (94, 0), (94, 24), (0, 24))
    assert {read.look for read in tight.reads} == {1, 2}
    wide_plate = np.array([[25, 30], [170, 30], [170, 75], [25, 75]], np.float32)
    (wide,) = eyes_on(wide_plate * np.float32(320 / 196)).look_at_crop(np.full((110, 196, 3), 90, np.uint8))
    np.testing.assert_allclose(np.array(wide.quad_px), wide_plate, atol=0.3)


def test_the_command_gives_one_line_a_picture_with_verdict_and_raw_reads(tmp_path: Path) -> None:
    frame, quad = drawn_picture()
    folder = tmp_path / "scenes"
    folder.mkdir()
    cv2.imwrite(str(folder / "s1.png"), frame)
    (line,) = read_pictures(eyes_on(quad * LARGER), folder, pictures_of(folder), crops=False)
    (plate,) = line.plates
    assert (line.file, plate.text, plate.kind, plate.reason) == ("scenes/s1.png", "皖A12344", "blue", None)
    assert set(plate.raw.values()) == {"皖A12344"}
    assert line.ms > 0


@pytest.mark.parametrize("orientation", range(1, 9))
def test_a_turned_picture_is_read_upright_and_its_corners_are_pixels_of_the_file(
    tmp_path: Path, orientation: int
) -> None:
    upright = np.zeros((40, 60, 3), np.uint8)
    upright[10:12, 20:23] = 255
    turned_by = {  # what must have been done to an upright picture for this note to undo it
        2: Image.Transpose.FLIP_LEFT_RIGHT, 3: Image.Transpose.ROTATE_180, 4: Image.Transpose.FLIP_TOP_BOTTOM,
        5: Image.Transpose.TRANSPOSE, 6: Image.Transpose.ROTATE_90, 7: Image.Transpose.TRANSVERSE,
        8: Image.Transpose.ROTATE_270,
    }  # fmt: skip
    stored = Image.fromarray(upright)
    if orientation in turned_by:
        stored = stored.transpose(turned_by[orientation])
    note = Image.Exif()
    note[0x0112] = orientation
    stored.save(tmp_path / "a.png", exif=note)
    looked: list[np.ndarray[Any, Any]] = []

    class Eyes(PlateEyes):
        def look(self, frame: Frame) -> list[PlateSeen]:
            looked.append(frame)
            return [
                PlateSeen(
                    quad_px=((20.0, 10.0), (23.0, 10.0), (23.0, 12.0), (20.0, 12.0)),
                    corner_score=1.0,
                    width_px=3.0,
                    tilt_deg=0.0,
                    colour=None,
                    dark=0.0,
                    bright=0.0,
                    sharpness=9.0,
                    reads=(),
                )
            ]

    eyes = eyes_on(SQUARE)
    (line,) = read_pictures(Eyes(eyes.finder, eyes.readers), tmp_path, pictures_of(tmp_path), crops=False)
    np.testing.assert_array_equal(looked[0], upright)
    xs, ys = zip(*line.plates[0].quad, strict=True)
    white = np.argwhere(np.asarray(stored)[:, :, 0])
    assert (min(ys), min(xs)) == tuple(white.min(axis=0))
    assert (max(ys), max(xs)) == tuple(white.max(axis=0) + 1)


def named(folder: Path) -> list[tuple[str, bool]]:
    """The names that the lines have, and whether the picture was looked at."""
    lines = read_pictures(eyes_on(SQUARE), folder, pictures_of(folder), crops=False)
    return [(line.file, line.error is None) for line in lines]


def test_names_keep_the_part_of_the_set_whether_it_or_the_folder_above_is_given(tmp_path: Path) -> None:
    for name in ("scenes/s 1.PNG", "crops/车牌.png"):
        (tmp_path / name).parent.mkdir()
        encoded = cv2.imencode(".png", np.zeros((40, 60, 3), np.uint8))[1]
        (tmp_path / name).write_bytes(encoded.tobytes())
    assert named(tmp_path) == [("crops/车牌.png", True), ("scenes/s 1.PNG", True)]
    assert named(tmp_path / "scenes") == [("scenes/s 1.PNG", True)]
    assert named(tmp_path / "crops" / ".." / "scenes") == [("scenes/s 1.PNG", True)]


def test_a_linked_picture_has_the_name_of_its_link(tmp_path: Path) -> None:
    (tmp_path / "scenes").mkdir()
    cv2.imwrite(str(tmp_path / "elsewhere.png"), np.zeros((40, 60, 3), np.uint8))
    (tmp_path / "scenes" / "s1.png").symlink_to(tmp_path / "elsewhere.png")
    assert named(tmp_path / "scenes") == [("scenes/s1.png", True)]


def test_a_broken_picture_is_told_and_the_others_are_read(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    with pytest.raises(ModelError, match="no picture there"):
        pictures_of(tmp_path)
    folder = tmp_path / "scenes"
    folder.mkdir()
    (folder / "a.jpg").write_bytes(json.dumps({}).encode())
    (folder / "b.jpg").write_bytes(b"")
    (folder / "c.jpg").mkdir()
    cv2.imwrite(str(folder / "d.png"), np.zeros((1, 1, 3), np.uint8))
    cv2.imwrite(str(folder / "e.png"), np.zeros((40, 60), np.uint16))
    cv2.imwrite(str(folder / "f.png"), np.zeros((40, 60, 4), np.uint8))
    assert named(folder) == [
        ("scenes/a.jpg", False), ("scenes/b.jpg", False), ("scenes/d.png", True), ("scenes/e.png", True),
        ("scenes/f.png", True),
    ]  # fmt: skip
    assert "a.jpg: no picture that can be decoded" in capsys.readouterr().err
