"""Commands: what ends an exchange, what is sent again and when, and that the wrong answers change nothing."""

from __future__ import annotations

from datetime import datetime, timedelta

import pytest

from edge.sensors.hj212.crc import Variant
from edge.sensors.hj212.dialects import Version
from edge.sensors.hj212.encoder import Draft, encode
from edge.sensors.hj212.exchange import RESENDS, Exchange, Phase, receive, tick
from edge.sensors.hj212.message import Message
from edge.sensors.hj212.requests import Order, Target, first_contact, history, qn_of, request, set_clock
from edge.sensors.hj212.values import CHINA
from tests.unit.hj212.frames import MN, judged

CLOCK = datetime(2026, 12, 3, 11, 30, 0, 123_456, tzinfo=CHINA)
TARGET = Target(mn=MN, st="31", pw="123456", version=Version.HJ_2017)


def started(order: Order | None = None, target: Target = TARGET) -> Exchange:
    return request(target, order or set_clock(CLOCK), clock=CLOCK, at_s=0.0)


def back(cn: str, area: str = "", *, qn: str | None = "20261203113000123", flag: int = 4) -> Message:
    (outcome,) = judged(encode(Draft(qn=qn, st="91", cn=cn, pw="123456", mn=MN, flag=flag, area=area)))
    assert outcome.message is not None
    return outcome.message


PATHS = {
    "done": (["9011 QnRtn=1", "9012 ExeRtn=1"], Phase.DONE, ""),
    "result without request answer": (["9012 ExeRtn=1"], Phase.DONE, ""),
    "refused": (["9011 QnRtn=3"], Phase.REFUSED, "QnRtn=3 (PW)"),
    "failed": (["9011 QnRtn=1", "9012 ExeRtn=100"], Phase.FAILED, "ExeRtn=100 (no data)"),
    "a code of nobody": (["9011 QnRtn=77"], Phase.REFUSED, "QnRtn=77 (not in the standard)"),
    "an answer without a code": (["9011 "], Phase.SENT, ""),
    "a notice nobody waits for": (["9013 "], Phase.SENT, ""),
    "running": (["9011 QnRtn=1"], Phase.RUNNING, ""),
}


@pytest.mark.parametrize(("answers", "phase", "detail"), PATHS.values(), ids=PATHS)
def test_answers_move_an_exchange(answers: list[str], phase: Phase, detail: str) -> None:
    exchange = started()
    for answer in answers:
        exchange = receive(exchange, back(*answer.split(" ")), at_s=1.0)
    assert (exchange.phase, exchange.detail) == (phase, detail)


def test_an_unanswered_command_is_sent_three_times_again_and_given_up() -> None:
    exchange, sent = started(), 0
    for second in range(100):
        exchange, frame = tick(exchange, at_s=float(second))
        sent += frame is not None
        assert frame in (None, exchange.frame)
    assert (sent, exchange.phase, exchange.detail) == (RESENDS, Phase.NO_ANSWER, "sent 4 times")
    assert exchange.over


def test_nothing_is_sent_before_the_timer() -> None:
    exchange = started()
    assert tick(exchange, at_s=exchange.due_s - 0.001) == (exchange, None)


def test_a_command_that_runs_is_not_sent_again_and_may_take_its_time() -> None:
    exchange = receive(started(), back("9011", "QnRtn=1"), at_s=5.0)
    assert tick(exchange, at_s=100.0) == (exchange, None)
    late, frame = tick(exchange, at_s=125.0)
    assert (late.phase, frame) == (Phase.NO_RESULT, None)


def test_what_answers_another_command_or_comes_late_changes_nothing() -> None:
    exchange = started()
    assert receive(exchange, back("9012", "ExeRtn=1", qn="20261203113000999"), at_s=1.0) == exchange
    over = receive(exchange, back("9012", "ExeRtn=2"), at_s=1.0)
    assert receive(over, back("9012", "ExeRtn=1"), at_s=2.0) == over


def test_a_notice_ends_a_stop() -> None:
    assert receive(started(Order("2012")), back("9013"), at_s=1.0).phase is Phase.DONE


def test_a_device_of_2005_answers_inside_the_data_area() -> None:
    answer = back("9012", "QN=20261203113000123;ExeRtn=1", qn=None, flag=0)
    assert receive(started(), answer, at_s=1.0).phase is Phase.DONE


def test_what_a_read_brings_is_kept() -> None:
    exchange = started(Order("1061"))
    exchange = receive(exchange, back("1061", "RtdInterval=30"), at_s=1.0)
    assert [value.text for message in exchange.data for value in message.values] == ["30"]
    assert not exchange.over


def test_first_contact_sets_what_the_standard_lists() -> None:
    orders = list(first_contact(CLOCK))
    assert [order.cn for order in orders] == ["1012", "1000", "1062", "1064", "2011", "2021"]
    assert orders[0].area == "SystemTime=20261203113000"


def test_history_of_an_outage_is_asked_in_spans_without_a_gap() -> None:
    begin = CLOCK.replace(microsecond=0)
    spans = [order.area.split(";") for order in history("2051", begin, begin + timedelta(hours=9))]
    assert [span[0].partition("=")[2] for span in spans] == ["20261203113000", "20261203153000", "20261203193000"]
    assert [span[1].partition("=")[2] for span in spans] == ["20261203153000", "20261203193000", "20261203203000"]


@pytest.mark.parametrize("variant", list(Variant))
def test_a_command_is_understood_by_its_own_decoder(variant: Variant) -> None:
    target = Target(mn=MN, st="31", pw="123456", version=Version.HJ_2025, variant=variant)
    (outcome,) = judged(started(target=target).frame)
    assert outcome.message is not None
    assert (outcome.message.header.flag, outcome.message.header.qn) == (9, qn_of(CLOCK))
    assert outcome.message.variant is variant
