"""An MQTT message is kept before it is read: whatever stands in it, reading it again must never break its sensor."""

from __future__ import annotations

from math import isfinite
from typing import Any

import msgspec
import pytest
from hypothesis import given
from hypothesis import strategies as st

from contract.observations import Reported
from contract.times import NS, utc_from_ns
from edge.sensors.hj212.server.store import StoredFrame
from edge.sensors.profiles.profile import Factor, JsonField, JsonShape, Profile
from edge.sensors.values import ValuesReader, told_by_json

RECEIVED_NS = 1_790_000_000 * NS


def read(raw: bytes, form: Any = "unix_s") -> Reported | None:
    profile = Profile(
        name="test",
        version="1",
        title="drawn",
        source="this test",
        factors=(Factor(code="v", factor="fume_mg_m3", unit="mg/m3"),),
        json=JsonShape(time_path="t", time_form=form, fields=(JsonField(code="v", path="v", mark_path="m"),)),
    )
    words: dict[str, Any] = dict.fromkeys(("cn", "peer", "verdict", "tolerances", "marks"), "")
    numbers: dict[str, Any] = {"id": 1, "penalty": 0, "repeats": 0, "received_ns": RECEIVED_NS}
    nothing: dict[str, Any] = dict.fromkeys(("qn", "part", "data_time"))
    row = StoredFrame(mn="mast", raw=raw, raw_sha256=bytes(32), **words, **numbers, **nothing)
    return ValuesReader("mast", profile, told_by_json).read(row).reported


@pytest.mark.parametrize("digits", [400, 6000])
def test_a_number_of_too_many_digits_is_none_and_breaks_nothing(digits: int) -> None:
    told = read(b'{"v": ' + b"9" * digits + b', "m": "N", "other": 2.5}')
    assert told is None or [one.value for one in told.factors] == [None, 2.5]


@pytest.mark.parametrize(("form", "time"), [("unix_s", "1e20"), ("unix_s", "-1e13"), ("unix_ms", "9" * 30)])
def test_a_time_that_no_calendar_holds_is_unknown_and_the_receipt_counts(form: str, time: str) -> None:
    told = read(f'{{"v": 1.5, "t": {time}}}'.encode(), form)
    assert told is not None
    assert told.at_ns == RECEIVED_NS


_JSON = st.recursive(
    st.none() | st.booleans() | st.integers() | st.floats(allow_nan=False, allow_infinity=False) | st.text(max_size=20),
    lambda inner: (
        st.lists(inner, max_size=3) | st.dictionaries(st.sampled_from(["v", "t", "m", "x"]), inner, max_size=4)
    ),
    max_leaves=12,
)


@given(
    st.binary(max_size=60) | st.dictionaries(st.sampled_from(["v", "t", "m", "x"]), _JSON).map(msgspec.json.encode),
    st.sampled_from(["rfc3339", "unix_s", "unix_ms", "china_14"]),
)
def test_any_message_is_a_report_that_can_be_written_or_none(raw: bytes, form: str) -> None:
    told = read(raw, form)
    if told is not None:
        assert utc_from_ns(told.at_ns)
        assert all(one.value is None or isfinite(one.value) for one in told.factors)
        assert msgspec.json.decode(msgspec.json.encode(told), type=Reported) == told
