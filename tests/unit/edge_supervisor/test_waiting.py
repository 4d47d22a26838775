"""What a judge is told, in which order, when looks and losses come faster than it judges."""

from __future__ import annotations

from contract.observations import Observation, PlateLooked, StreamLost
from contract.times import NS
from edge.evidence.orders import NO_CUTS
from edge.waiting import ANSWERS_MAX, Waiting


def look(at_s: float) -> Observation:
    return Observation(device="cam-1", at_ns=round(at_s * NS), frame_px=(640, 360), detections=())


def lost(at_s: float) -> StreamLost:
    return StreamLost(device="cam-1", at_ns=round(at_s * NS), reason="stalled")


def test_the_oldest_look_gives_way_and_is_counted() -> None:
    waiting = Waiting(2)
    for at_s in (1, 2, 3):
        waiting.put(look(at_s))
    assert [record.at_ns // NS for record, _ in _all(waiting)] == [2, 3]
    assert waiting.skipped == 1


def test_a_lost_stream_never_gives_way_to_looks() -> None:
    waiting = Waiting(2)
    waiting.put(lost(10))
    for at_s in (20, 22, 24, 26):
        waiting.put(look(at_s))
    assert [type(record).__name__ for record, _ in _all(waiting)] == ["StreamLost", "Observation", "Observation"]
    assert waiting.skipped == 2


def test_a_camera_that_comes_and_goes_while_the_judge_hangs_fills_no_memory() -> None:
    waiting = Waiting(3)
    for at_s in range(0, 2000, 20):
        waiting.put(look(at_s))
        waiting.put(lost(at_s + 1))
    assert len(_all(waiting)) <= 7
    assert waiting.skipped == 97


def test_a_look_that_was_under_way_when_the_stream_was_lost_does_not_end_the_loss() -> None:
    waiting = Waiting(3)
    waiting.put(look(8))
    waiting.put(lost(10))
    waiting.put(look(10))  # the last frame, looked at only now
    assert [(type(record).__name__, record.at_ns // NS) for record, _ in _all(waiting)] == [
        ("Observation", 8),
        ("Observation", 10),
        ("StreamLost", 10),
    ]


def test_a_late_look_is_followed_by_the_loss_again_when_the_judge_knew_of_it_already() -> None:
    waiting = Waiting(3)
    waiting.put(lost(10))
    assert len(_all(waiting)) == 1
    waiting.put(look(10))
    assert [type(record).__name__ for record, _ in _all(waiting)] == ["Observation", "StreamLost"]
    waiting.put(look(14))
    waiting.put(look(16))
    assert [type(record).__name__ for record, _ in _all(waiting)] == ["Observation", "Observation"]


def test_what_is_put_back_comes_first() -> None:
    waiting = Waiting(3)
    waiting.put(look(2))
    waiting.put_back(lost(1))
    assert [type(record).__name__ for record, _ in _all(waiting)] == ["StreamLost", "Observation"]


def answer(looked_at_s: float) -> PlateLooked:
    at_ns = round(looked_at_s * NS)
    return PlateLooked(
        device="cam-1",
        at_ns=at_ns,
        event_id="00000000-0000-8000-8000-000000000000",
        looked_at_ns=at_ns,
        vehicle_px=(0, 0, 9, 9),
        frame_px=(640, 360),
    )


def test_answers_on_plates_come_before_the_looks_that_wait_and_in_their_own_order() -> None:
    waiting = Waiting(3)
    waiting.put(look(6))
    waiting.put_answer(answer(2), NO_CUTS)
    waiting.put(lost(7))
    waiting.put_answer(answer(4), NO_CUTS)
    assert [(type(record).__name__, record.at_ns // NS) for record, _ in _all(waiting)] == [
        ("PlateLooked", 2),
        ("PlateLooked", 4),
        ("Observation", 6),
        ("StreamLost", 7),
    ]


def test_answers_that_nobody_takes_are_bounded_and_counted_and_cost_no_look_its_place() -> None:
    waiting = Waiting(3)
    for second in (1, 2, 3):
        waiting.put(look(second))
    for second in range(ANSWERS_MAX + 5):
        waiting.put_answer(answer(second), NO_CUTS)
    told = [type(record).__name__ for record, _ in _all(waiting)]
    assert told == ["PlateLooked"] * ANSWERS_MAX + ["Observation"] * 3
    assert (waiting.answers_skipped, waiting.skipped) == (5, 0)


def test_an_answer_does_not_end_a_loss() -> None:
    waiting = Waiting(3)
    waiting.put(lost(10))
    waiting.put_answer(answer(8), NO_CUTS)
    waiting.put(look(10))  # the last frame, looked at only now
    assert [type(record).__name__ for record, _ in _all(waiting)] == ["PlateLooked", "Observation", "StreamLost"]


def _all(waiting: Waiting) -> list[tuple[Observation | StreamLost | PlateLooked, object]]:
    told: list[tuple[Observation | StreamLost | PlateLooked, object]] = []
    while (one := waiting.take(0)) is not None:
        told.append(one)
    return told
