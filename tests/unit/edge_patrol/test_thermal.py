"""What a thermal camera's notification says: which rule, hot or not, where; everything else is another event."""

from __future__ import annotations

from datetime import UTC, datetime

import pytest

from edge.config import ThermalConfig
from edge.patrol.markup import Element, parsed
from edge.patrol.thermal import HotSpot, spot_of
from tantou.tower.heat import FIRE, Heat
from tantou.tower.soap import envelope

NOON = datetime(2026, 3, 1, 4, 0, tzinfo=UTC)

TOPICS = ThermalConfig(onvif_url="http://127.0.0.1/onvif").topics


def message(**said: object) -> Element:
    heat = Heat(lambda: NOON)
    heat.tell(**said)  # type: ignore[arg-type]
    (told,) = parsed(envelope(heat.pull(Element("")))).every("NotificationMessage")
    return told


def test_a_hot_spot_is_told_with_its_rule_and_its_place_from_the_top_left() -> None:
    spot = spot_of(message(box=(-0.5, 0.5, 0.0, 0.0), rule="roof"), TOPICS)
    assert spot == HotSpot(f"{FIRE.lower()} roof", True, (0.25, 0.25, 0.5, 0.5))


def test_what_is_over_is_told_as_over() -> None:
    spot = spot_of(message(is_hot=False), TOPICS)
    assert spot is not None
    assert not spot.is_hot


@pytest.mark.parametrize("topic", ["tns1:VideoSource/MotionAlarm", "tns1:Device/Trigger/DigitalInput"])
def test_events_of_other_kinds_are_none_of_ours(topic: str) -> None:
    assert spot_of(message(topic=topic), TOPICS) is None


def test_a_makers_own_topic_counts_where_it_is_configured() -> None:
    told = message(topic="tns1:RuleEngine/tnsmaker:HotSpot")
    assert spot_of(told, TOPICS) is None
    assert spot_of(told, ("hotspot",)) is not None


@pytest.mark.parametrize("box", [(0.5, 0.5, -0.5, 0.0), (0.0, 0.0, 0.0, 0.0), (-3.0, 0.5, 0.0, 0.0)])
def test_a_box_that_is_none_is_no_place(box: tuple[float, float, float, float]) -> None:
    spot = spot_of(message(box=box), TOPICS)
    assert spot is not None
    assert spot.box is None


def test_an_alarm_that_says_neither_yes_nor_no_is_no_spot() -> None:
    text = (
        '<m xmlns:tt="x"><Topic>tns1:RuleEngine/FireAlarm</Topic><Message><tt:Message UtcTime="2026-03-01T00:00:00Z">'
        '<Data><SimpleItem Name="Temperature" Value="320"/></Data></tt:Message></Message></m>'
    )
    assert spot_of(parsed(text.encode()), TOPICS) is None
