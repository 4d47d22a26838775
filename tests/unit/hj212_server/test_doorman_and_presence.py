"""Who may come in, who speaks for a device, what is asked of it: pure, with times as arguments."""

from __future__ import annotations

from datetime import datetime, timedelta

import pytest

from edge.sensors.hj212 import Decoder, Draft, Message, Phase, Target, Version, encode
from edge.sensors.hj212.server.conversation import MAX_WAITING, Conversation
from edge.sensors.hj212.server.doorman import STORM, TOO_MANY, TOO_MANY_OF_PEER, Doorman
from edge.sensors.hj212.server.limits import Limits
from edge.sensors.hj212.server.presence import CLONE_WINDOW_S, Presence
from edge.sensors.hj212.values import CHINA

MN = "A" * 24
_AREA = "DataTime=20260301120000;x-Rtd=1"
TARGET = Target(mn=MN, st="31", pw="123456", version=Version.HJ_2017)
NOON = datetime(2026, 3, 1, 12, tzinfo=CHINA)


def message(
    cn: str = "2011", *, qn: str = "20260301120000000", area: str = "DataTime=20260301120000;x-Rtd=1"
) -> Message:
    frame = encode(Draft(mn=MN, cn=cn, st="31", qn=qn, pw="123456", flag=5, area=area))
    (outcome,) = Decoder().feed(frame, at_s=0.0, clock=NOON)
    assert outcome.message is not None
    return outcome.message


def test_a_burst_comes_in_at_once_and_the_rest_at_the_rate() -> None:
    door = Doorman(Limits(accepts_per_s=10.0, accept_burst=5, max_accept_wait_s=1.0))
    waits = [door.admit("a", at_s=100.0) for _ in range(16)]
    assert [round(one.wait_s, 3) for one in waits[:5]] == [0.0] * 5
    assert [round(one.wait_s, 3) for one in waits[5:15]] == [round(0.1 * step, 3) for step in range(1, 11)]
    assert waits[15].refused == STORM
    assert door.admit("b", at_s=100.0).wait_s == 0.0
    assert door.admit("a", at_s=200.0) == (None, 0.0)


def test_links_are_bounded_by_peer_and_in_all_and_free_again_when_left() -> None:
    door = Doorman(Limits(max_links=3, max_links_per_peer=2))
    assert [door.admit("a", at_s=0.0).refused for _ in range(3)] == [None, None, TOO_MANY_OF_PEER]
    assert [door.admit("b", at_s=0.0).refused for _ in range(2)] == [None, TOO_MANY]
    door.leave("a")
    assert door.admit("b", at_s=0.0).refused is None


def test_the_addresses_remembered_are_bounded_and_those_with_links_stay() -> None:
    door = Doorman(Limits(max_peers=10, max_links_per_peer=1))
    door.admit("stays", at_s=0.0)
    for number in range(100):
        door.admit(f"p{number}", at_s=0.0)
        door.leave(f"p{number}")
    assert len(door) <= 11
    assert door.admit("stays", at_s=0.0).refused == TOO_MANY_OF_PEER


def test_a_later_link_takes_the_seat_and_the_former_one_is_superseded() -> None:
    presence = Presence(Limits())
    assert presence.heard(MN, 1, "a", at_s=0.0).is_contact
    assert presence.heard(MN, 1, "a", at_s=1.0) == (False, None, False, False)
    assert presence.heard(MN, 2, "a", at_s=2.0) == (True, 1, False, False)
    assert presence.heard(MN, 1, "a", at_s=3.0).is_superseded
    assert presence.seats[MN].link == 2


@pytest.mark.parametrize(("hosts", "alarms"), [("abab", 1), ("ababababab", 1), ("abcdef", 0), ("aaaa", 0), ("aba", 0)])
def test_only_a_number_that_goes_back_and_forth_is_cloned(hosts: str, alarms: int) -> None:
    presence = Presence(Limits())
    heard = [presence.heard(MN, link, host, at_s=float(link)) for link, host in enumerate(hosts)]
    assert sum(one.is_new_alarm for one in heard) == alarms
    assert len(presence.cloned(at_s=10.0)) == alarms
    assert presence.cloned(at_s=10.0 + CLONE_WINDOW_S) == []


def test_two_links_that_speak_at_once_for_one_number_are_an_alarm_even_from_one_address() -> None:
    presence = Presence(Limits())
    presence.heard(MN, 1, "a", at_s=0.0)
    presence.heard(MN, 2, "a", at_s=1.0)
    assert [presence.heard(MN, 1, "a", at_s=at).is_new_alarm for at in (2.0, 3.0, 4.0)] == [False, True, False]


def test_seats_are_bounded_and_the_one_silent_longest_goes() -> None:
    presence = Presence(Limits(max_devices=3))
    for link, mn in enumerate("ABCAD"):
        presence.heard(mn, link, "a", at_s=float(link))
    assert list(presence.seats) == ["C", "A", "D"]
    assert presence.forgotten == 1


def test_the_clock_is_set_on_contact_and_not_again_for_a_while() -> None:
    talk = Conversation(Limits(clock_again_s=600.0))
    talk.met(message(), at_s=0.0, is_contact=True)
    frame = talk.say(TARGET, clock=NOON, at_s=0.0)
    assert frame is not None
    assert b"CN=1012" in frame
    assert b"SystemTime=20260301120000" in frame
    talk.met(message(), at_s=1.0, is_contact=True)
    answer(talk)
    assert talk.is_idle
    talk.met(message(), at_s=700.0, is_contact=True)
    assert not talk.is_idle


def answer(talk: Conversation) -> None:
    """The device does what it is told."""
    assert talk.current is not None
    for cn, area in (("9011", "QnRtn=1"), ("9012", "ExeRtn=1")):
        if talk.current is not None:
            talk.met(message(cn, qn=talk.current.qn, area=area), at_s=1.0, is_contact=False)


def test_a_device_that_is_off_or_asks_gets_the_clock() -> None:
    off = message(area="DataTime=20260301110000;x-Rtd=1")
    assert "clock-skew" in off.quality
    for said in (off, message("1013", area="")):
        talk = Conversation(Limits())
        talk.met(said, at_s=0.0, is_contact=False)
        frame = talk.say(TARGET, clock=NOON, at_s=0.0)
        assert frame is not None
        assert b"CN=1012" in frame


def test_an_outage_is_asked_for_in_spans_one_command_at_a_time_under_numbers_of_their_own() -> None:
    talk = Conversation(Limits(outage_s=900.0))
    talk.missed(NOON - timedelta(hours=9), NOON)
    spans, numbers = [], set()
    while (frame := talk.say(TARGET, clock=NOON, at_s=0.0)) is not None:
        assert talk.say(TARGET, clock=NOON, at_s=1.0) is None
        spans.append(frame.partition(b"CP=&&")[2].partition(b"&&")[0].decode())
        assert talk.current is not None
        numbers.add(talk.current.qn)
        answer(talk)
    assert spans == [
        "BeginTime=20260301030000;EndTime=20260301070000",
        "BeginTime=20260301070000;EndTime=20260301110000",
        "BeginTime=20260301110000;EndTime=20260301120000",
    ]
    assert len(numbers) == 3
    assert [one.phase for one in talk.ended] == [Phase.DONE] * 3


def test_a_short_absence_is_no_outage_and_a_long_one_is_bounded() -> None:
    talk = Conversation(Limits(outage_s=900.0))
    talk.missed(NOON - timedelta(seconds=899), NOON)
    assert talk.is_idle
    talk.missed(NOON - timedelta(days=400), NOON)
    assert 0 < len(talk._waiting) <= MAX_WAITING
    assert talk._waiting[-1].area.endswith("EndTime=20260301120000")


def test_a_device_that_never_answers_is_asked_four_times_and_then_left_alone() -> None:
    talk = Conversation(Limits())
    talk.missed(NOON - timedelta(hours=9), NOON)
    sent = [talk.say(TARGET, clock=NOON, at_s=at) for at in (0.0, 5.0, 10.0, 20.0, 30.0, 40.0, 50.0)]
    assert [one is not None for one in sent] == [True, False, True, True, True, False, False]
    assert [one.phase for one in talk.ended] == [Phase.NO_ANSWER]
    assert (talk.is_idle, talk.dropped) == (True, 2)
