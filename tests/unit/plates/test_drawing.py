"""Drawn plates: every kind, the truth exact, the same seed the same picture."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import pytest

from contract.errors import ModelError
from contract.plates import COLOURS, KINDS, PlateKind
from detectors.plate_grammar import kind_of
from models.letterbox import Frame
from models.plates.align import CUT_PX, straighten
from models.plates.drawing import FACE_PX, Fonts, draw_plate, find_fonts, random_text
from models.plates.look import look_at
from models.plates.wear import Wear, as_seen, random_wear
from models.training.plate_samples import INPUT_WH, sample

CLEAN = Wear(width_px=160, tilt_deg=8, blur_px=0, motion_px=0, gain=1, noise=0, dirt=0, jpeg=95)


@pytest.fixture(scope="module")
def fonts() -> Fonts:
    """The machine's fonts."""
    return find_fonts()


@pytest.mark.parametrize("kind", KINDS, ids=lambda kind: kind.name)
def test_each_kind_is_drawn_in_its_shape_and_writing(kind: PlateKind, fonts: Fonts) -> None:
    drawn = draw_plate(np.random.default_rng(1), fonts, [kind])
    assert (drawn.face.shape[1], drawn.face.shape[0]) == FACE_PX[kind.rows]
    found = kind_of(drawn.text, drawn.colour, kind.rows)
    assert found is not None
    assert drawn.colour in found.colours


@pytest.mark.parametrize("kind", KINDS, ids=lambda kind: kind.name)
def test_the_colour_of_a_clean_plate_is_seen_or_left_open_but_never_mistaken(kind: PlateKind, fonts: Fonts) -> None:
    rng = np.random.default_rng(2)
    told = []
    for _ in range(12):
        drawn = draw_plate(rng, fonts, [kind])
        seen = as_seen(drawn.face, CLEAN, rng)
        colour = look_at(straighten(seen.frame, seen.quad, CUT_PX[kind.rows])).colour
        assert colour in (drawn.colour, None) or (drawn.colour, colour) == ("yellow-green", "green")
        told.append(colour)
    assert told.count(None) <= 4


def test_a_picture_without_colour_names_none(fonts: Fonts) -> None:
    drawn = draw_plate(np.random.default_rng(3), fonts, KINDS[:1])
    grey = np.repeat(drawn.face.mean(axis=2, keepdims=True), 3, axis=2).astype(np.uint8)
    assert look_at(grey).colour is None


def test_black_and_blown_out_shares_are_told() -> None:
    half = np.zeros((80, 240, 3), np.uint8)
    half[:, 120:] = 255
    look = look_at(half)
    assert (round(look.dark, 1), round(look.bright, 1)) == (0.5, 0.5)


def test_the_same_seed_draws_the_same_worn_picture(fonts: Fonts) -> None:
    def worn(seed: int) -> Frame:
        rng = np.random.default_rng(seed)
        return as_seen(draw_plate(rng, fonts).face, random_wear(rng), rng).frame

    assert (worn(5) == worn(5)).all()
    assert worn(5).shape != worn(6).shape or (worn(5) != worn(6)).any()


def test_the_true_corners_lead_back_to_the_drawn_face(fonts: Fonts) -> None:
    rng = np.random.default_rng(7)
    for _ in range(10):
        drawn = draw_plate(rng, fonts, [kind for kind in KINDS if kind.rows == 1])
        seen = as_seen(drawn.face, CLEAN, rng)
        height, width = seen.frame.shape[:2]
        assert (seen.quad >= 0).all()
        assert (seen.quad <= (width, height)).all()
        back = straighten(seen.frame, seen.quad, FACE_PX[1])
        difference = np.abs(back.astype(int) - drawn.face)[6:-6, 6:-6]
        assert difference.mean() < 30


def test_a_training_sample_is_one_line_of_the_readers_size_with_its_text(fonts: Fonts) -> None:
    rng = np.random.default_rng(9)
    behind = rng.integers(0, 255, (600, 600, 3), dtype=np.uint8)
    for _ in range(20):
        line, text = sample(rng, fonts, [behind])
        assert line.shape == (INPUT_WH[1], INPUT_WH[0], 3)
        assert any(kind_of(text, colour, 1) for colour in COLOURS)


def test_texts_use_the_whole_alphabet_of_their_form() -> None:
    rng = np.random.default_rng(8)
    texts = [random_text(KINDS[0], rng) for _ in range(2000)]
    assert {text[0] for text in texts} == set("京津沪渝冀豫云辽黑湘皖鲁新苏浙赣鄂桂甘晋蒙陕吉闽贵粤青藏川宁琼")
    assert not {"I", "O"} & {letter for text in texts for letter in text}


def test_a_machine_without_a_chinese_font_is_told_what_to_install(tmp_path: Path) -> None:
    with pytest.raises(ModelError, match="fonts-wqy-microhei"):
        find_fonts(tmp_path)
