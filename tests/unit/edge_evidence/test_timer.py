"""The timer strip: every state of the stay is drawn, in colours and patterns that print."""

from __future__ import annotations

from io import BytesIO
from typing import Any

import pytest
from PIL import Image as Pillow

from contract.times import NS, utc_from_ns
from edge.evidence.letters import font_of
from edge.evidence.timer import DUE, LOOKS, TEXT_PX, WIDTH_PX, _heading, _keys, draw_timer

BEGIN_S = 1_790_000_000


def at(second: float) -> str:
    return utc_from_ns(BEGIN_S * NS + round(second * NS))


def facts(*states: str, each_s: float = 30.0) -> dict[str, Any]:
    spans = [{"start": at(n * each_s), "end": at((n + 1) * each_s), "state": state} for n, state in enumerate(states)]
    times = {"since": at(0), "due": at(10), "dwell_s": 120.0, "grace_s": 10.0, "hidden_s": 30.0}
    return {"spans": spans, "arrival_seen": True, **times}


def colours_of(data: bytes) -> set[Any]:
    picture = Pillow.open(BytesIO(data)).convert("RGB")
    return {colour for _, colour in picture.getcolors(picture.width * picture.height) or ()}


@pytest.mark.parametrize("state", list(LOOKS))
def test_each_state_is_drawn_in_its_colour(state: str) -> None:
    data = draw_timer(facts("seen", state, "seen"))
    assert data is not None
    assert {LOOKS[state].fill, LOOKS["seen"].fill, DUE} <= colours_of(data)


def test_no_two_states_look_alike_in_print() -> None:
    prints = {(round(sum(look.fill) / 3 / 32), look.hatch_px) for look in LOOKS.values()}
    assert len(prints) == len(LOOKS)


@pytest.mark.parametrize("has_hanzi", [True, False])
def test_the_legend_says_how_long_each_state_lasted_and_stays_on_the_paper(has_hanzi: bool) -> None:
    states = [*LOOKS, "seen"]
    spans = [(n * 30_500 * NS, (n + 1) * 30_500 * NS, state) for n, state in enumerate(states)]
    letters, _ = font_of(TEXT_PX)
    keys = _keys(spans, letters=letters, has_hanzi=has_hanzi)
    assert [key.state for key in keys] == list(LOOKS)
    assert keys[0].words.split()[1:] == ["61000", "秒" if has_hanzi else "s"]
    assert keys[1].words.split()[-2] == "30500"
    assert all(key.left_px + 50 + letters.getlength(key.words) <= WIDTH_PX for key in keys)
    by_row = {row: [key.left_px for key in keys if key.row == row] for row in range(keys[-1].row + 1)}
    assert all(lefts == sorted(set(lefts)) and lefts for lefts in by_row.values())


def test_the_heading_says_the_day_and_that_the_start_was_not_seen() -> None:
    given = {**facts("seen"), "arrival_seen": False}
    zh, en = (_heading(given, has_hanzi=has) for has in (True, False))
    assert "2026-09-21 22:13:20" in zh
    assert "未见到达" in zh
    assert "start not seen" in en


def test_the_same_facts_give_the_same_picture() -> None:
    assert draw_timer(facts("seen", "hidden", "held")) == draw_timer(facts("seen", "hidden", "held"))


@pytest.mark.parametrize("seconds", [0.5, 30, 4000, 90_000])
def test_stays_of_any_length_are_drawn(seconds: float) -> None:
    data = draw_timer(facts("seen", "hidden", each_s=seconds))
    assert data is not None
    assert Pillow.open(BytesIO(data)).width == 1600


def test_facts_without_a_timer_have_no_picture() -> None:
    assert draw_timer({}) is None
    assert draw_timer({"spans": []}) is None
    assert draw_timer(facts("seen", each_s=0.0)) is None
