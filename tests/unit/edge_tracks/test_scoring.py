"""The score of recorded videos: what counts as found, false, and standing time seen."""

from __future__ import annotations

from contract.reports import ReplayedEvent
from edge.tracks import Video
from tests.bench.parking_tracks import Truth, score, total

VIDEO = Video(video="road", frame_step=30, step_s=1.0, width=640, height=480, detections="yes")
BOX = (100.0, 100.0, 200.0, 180.0)
LONG = Truth("road", 300, 3000, BOX)
SHORT = Truth("road", 300, 900, (400.0, 100.0, 500.0, 180.0))


def act(first: int, last: int, *, box: tuple[float, float, float, float] = BOX) -> ReplayedEvent:
    dwell_s = (last - first) / 30
    hidden = ((first, first + 300),)
    return ReplayedEvent(
        first_frame=first, due_frame=first, last_frame=last, dwell_s=dwell_s, box=box, hidden=hidden, grade="partial"
    )


def test_an_act_on_its_event_is_found_with_its_error_and_the_time_that_was_seen() -> None:
    one = score(VIDEO, [LONG], (act(360, 3000),), min_dwell_s=60)
    assert (one.found, one.missed, one.false, one.errors_s) == (1, 0, 0, (2.0,))
    assert (one.standing, one.covered, one.covered_seen) == (91, 89, 79)


def test_an_act_elsewhere_and_one_told_twice_are_false() -> None:
    elsewhere = act(300, 3000, box=(400.0, 300.0, 500.0, 380.0))
    one = score(VIDEO, [LONG], (act(300, 1500), act(1530, 3000), elsewhere), min_dwell_s=60)
    assert (one.found, one.false) == (1, 2)


def test_an_act_on_an_event_that_is_too_short_to_count_is_neither_found_nor_false() -> None:
    one = score(VIDEO, [LONG, SHORT], (act(300, 900, box=SHORT.box),), min_dwell_s=60)
    assert (one.found, one.missed, one.false) == (0, 1, 0)
    assert total([one, one]).missed == 2
