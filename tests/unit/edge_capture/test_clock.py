"""The camera's clock: the least delayed picture tells it, an old measurement is none, garbage is a typed error."""

from __future__ import annotations

from contextlib import suppress
from datetime import UTC, datetime

import pytest
from hypothesis import given
from hypothesis import strategies as st

from contract.errors import CaptureError
from contract.times import NS
from edge.capture.clock import MAX_AGE_NS, ClockWatch, SenderClock
from edge.capture.clock_http import http_date, onvif_date
from edge.config import CameraClockConfig

T0 = 1_700_000_000 * NS


@given(
    st.integers(-100 * NS, 100 * NS),
    st.lists(st.integers(0, 20 * NS), max_size=50),
    st.integers(0, NS // 2),
)
def test_the_offset_holds_when_one_picture_was_punctual(offset_ns: int, late_ns: list[int], punctual_ns: int) -> None:
    sender = SenderClock()
    for index, delay_ns in enumerate([*late_ns, punctual_ns]):
        taken_ns = T0 + index * NS
        sender.note(taken_ns + offset_ns, taken_ns + delay_ns)
    clock = sender.clock()
    assert clock is not None
    assert clock.offset_s is not None
    assert clock.uncertainty_s is not None
    assert abs(clock.offset_s - offset_ns / NS) <= clock.uncertainty_s + 1e-6


def test_a_clock_that_was_set_is_followed_when_the_windows_have_passed() -> None:
    sender = SenderClock()
    for second in range(240):
        offset_s = 5 if second < 60 else 0
        sender.note(T0 + (second + offset_s) * NS, T0 + second * NS)
    clock = sender.clock()
    assert clock is not None
    assert clock.offset_s == pytest.approx(0.25)


def test_an_old_measurement_is_unknown_again_and_a_given_one_stays() -> None:
    now = [T0]
    watch = ClockWatch(CameraClockConfig(), lambda: now[0])
    assert watch.clock().source == "none"
    watch.note_sender(T0, T0)
    assert watch.clock().source == "rtcp"
    assert watch.measured_ns == T0
    now[0] += MAX_AGE_NS + 1
    assert (watch.clock().source, watch.clock().offset_s) == ("none", None)
    given_watch = ClockWatch(CameraClockConfig(given_offset_s=1.5, given_uncertainty_s=0.2), lambda: now[0])
    assert (given_watch.clock().source, given_watch.clock().offset_s) == ("given", 1.5)


def test_an_onvif_answer_is_read_with_any_prefix() -> None:
    fields = "<Time><Hour>7</Hour><Minute>8</Minute><Second>9</Second></Time>"
    date = "<Date><Year>2026</Year><Month>2</Month><Day>3</Day></Date>"
    bare = f"<UTCDateTime>{fields}{date}</UTCDateTime>"
    prefixed = bare.replace("</", "</tt:").replace("<", "<tt:").replace("<tt:/tt:", "</tt:")
    for body in (bare, prefixed):
        assert onvif_date(body.encode()) == datetime(2026, 2, 3, 7, 8, 9, tzinfo=UTC)


@given(
    st.one_of(st.binary(max_size=500), st.binary(max_size=200).map(lambda b: b"<UTCDateTime>" + b + b"</UTCDateTime>"))
)
def test_any_bytes_give_a_date_or_one_typed_error(body: bytes) -> None:
    with suppress(CaptureError):
        assert onvif_date(body).tzinfo is UTC


@pytest.mark.parametrize(
    "told",
    [
        None,
        "",
        "yesterday",
        "Fri, 31 Dec 9999 23:59:59 -2300",
        "Thu, 01 Jan 2026 00:00:00 +9999",
        "Thu, 01 Jan 2026 00:00:00",
    ],
)
def test_a_date_header_that_names_no_moment_is_a_typed_error(told: str | None) -> None:
    with pytest.raises(CaptureError):
        http_date(told)


def test_a_date_header_is_read_as_utc() -> None:
    assert http_date("Thu, 01 Jan 2026 00:00:00 GMT") == datetime(2026, 1, 1, tzinfo=UTC)


@given(st.text(max_size=100))
def test_any_date_header_gives_a_moment_or_one_typed_error(told: str) -> None:
    with suppress(CaptureError):
        assert http_date(told).tzinfo is UTC
