"""The keys of a parking zone are checked together, all mistakes at once, each with its line."""

from __future__ import annotations

import pytest

from contract.errors import Mistake
from tests.unit.edge_config.test_load_edge import GOOD, load, mistakes_of

FULL = """
authority = "jiaojing"
legal_ground = "道路交通安全法 art. 56"
marking = "no_stopping_line"
marking_px = [[110, 450], [590, 450], [590, 470], [110, 470]]
surface = "carriageway"
facing = "southeast"
suspended = [{ begin = "2026-11-24 08:00", end = "2026-11-26 18:00", because = "works" }]
hours = [{ begin = "07:00", end = "21:00", days = ["mon", "tue"] }, { begin = "22:00", end = "06:00" }]
permitted_px = [[[100, 100], [200, 100], [200, 200], [100, 200]]]
flow_lane_px = [[100, 100], [600, 100], [600, 500], [100, 500]]
signal_red_s = 60
preset = "east"
scene = "000000000000000000000000000000000000"
ground = { image_px = [[100, 100], [600, 100], [600, 500], [100, 500]], metres = [[0, 0], [9, 0], [6, 9], [1, 9]] }
"""
APPROVAL = (
    '\napproval = { number = "7", reviewed_on = "2026-01-01", published_in = "notice", '
    'published_on = "2026-01-02", calibrated_until = "2026-12-31" }'
)


def paths(mistakes: tuple[Mistake, ...]) -> list[str]:
    return [mistake.path for mistake in mistakes]


def test_a_full_zone_and_an_approved_camera_are_right() -> None:
    config = load(
        GOOD.replace("frame_px = [1280, 720]\nposition", f"frame_px = [1280, 720]{APPROVAL}\nposition") + FULL
    )
    assert config.cameras[0].approval is not None
    assert config.zones[0].rule["authority"] == "jiaojing"


@pytest.mark.parametrize(
    ("line", "path", "problem"),
    [
        ("flow_lane_px = [[0, 0], [9000, 0], [9, 9]]", "zone[0].rule.flow_lane_px", "outside the picture"),
        ("permitted_px = [[[0, 0], [9, 9]]]", "zone[0].rule.permitted_px[0]", "expected at least 3"),
        ("marking_px = [[0, 0], [9, 0], [9, 9]]", "zone[0].rule.marking", "missing beside marking_px"),
        ("signal_red_s = 60", "zone[0].rule.flow_lane_px", "missing beside signal_red_s"),
        ('hours = [{ begin = "07:00", end = "07:00" }]', "zone[0].rule.hours[0].end", "is the begin"),
        ('hours = [{ begin = "7:00", end = "09:00" }]', "zone[0].rule.hours[0].begin", "expected a time as 07:30"),
        (
            'suspended = [{ begin = "2026-11-24 08:00", end = "2026-11-24 08:00", because = "works" }]',
            "zone[0].rule.suspended[0].end",
            "not after the begin",
        ),
        (
            'suspended = [{ begin = "2026-02-30 08:00", end = "2026-03-01 08:00", because = "works" }]',
            "zone[0].rule.suspended[0]",
            "2026-02-30 08:00 to 2026-03-01 08:00",
        ),
        ('facing = "up"', "zone[0].rule.facing", "expected one of"),
        ("still_s = 30", "zone[0].rule.still_s", "less than grace_s"),
        ("left_after_s = 90", "zone[0].rule.left_after_s", "no more than cover_limit_s"),
        ('authority = "police"', "zone[0].rule.authority", "expected one of jiaojing, chengguan"),
        (
            "ground = { image_px = [[0,0],[1,1],[2,2],[3,3]], metres = [[0,0],[1,1],[2,2],[3,3]] }",
            "zone[0].rule.ground",
            "one line",
        ),
    ],
)
def test_a_mistake_in_a_zone_is_named_with_its_line(line: str, path: str, problem: str) -> None:
    mistakes = mistakes_of(GOOD + line + "\n")
    assert path in paths(mistakes)
    found = next(mistake for mistake in mistakes if mistake.path == path)
    assert problem in found.problem
    assert found.line is not None


def test_all_mistakes_of_a_zone_come_at_once() -> None:
    wrong = 'signal_red_s = 60\nauthority = "police"\nmarking_px = [[0, 0], [9000, 0], [9, 9]]\n'
    assert set(paths(mistakes_of(GOOD + wrong))) == {
        "zone[0].rule.authority",
        "zone[0].rule.flow_lane_px",
        "zone[0].rule.marking",
        "zone[0].rule.marking_px",
    }


def test_a_day_that_no_calendar_has_is_a_mistake() -> None:
    text = GOOD.replace("frame_px = [1280, 720]\nposition", f"frame_px = [1280, 720]{APPROVAL}\nposition")
    mistakes = mistakes_of(text.replace("2026-12-31", "2026-02-31"))
    assert paths(mistakes) == ["camera[0].approval.calibrated_until"]
