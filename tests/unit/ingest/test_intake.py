"""What one letter may do, and why not."""

from __future__ import annotations

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from msgspec.structs import replace

from contract import codec
from contract.events import Event
from contract.health import Will
from contract.readings import Reading
from ingest.intake import Letter, Refused, Taken, Unheard, read
from tests.integration.acts import at, birth, event, gateway, health, message

REGISTERED = {"gw-1": gateway()}
TOPIC = "tantou/v1/demo/gw-1/"


def said(data: codec.Payload, *, source: str = "/towns/demo/gateways/gw-1/devices/s-1", time: str = at(1)) -> bytes:
    return codec.encode(codec.Message(id="m-1", source=source, time=time, data=data))


READING = Reading(device="s-1", at=at(1), received=at(2), factor="a34004", value=1.5, unit="mg/m3", mark="N")
WILL = Will(gateway="gw-1", town="demo", reason="lost")


@pytest.mark.parametrize(
    ("channel", "body"),
    [
        ("event", message(event())),
        ("reading", said(READING)),
        ("health", said(health())),
        ("birth", said(birth())),
        ("will", said(WILL)),
    ],
)
def test_what_a_gateway_says_on_its_own_topic_is_taken(channel: str, body: bytes) -> None:
    found = read(Letter(TOPIC + channel, body), REGISTERED)
    assert isinstance(found, Taken)
    assert (found.topic.channel, found.body) == (channel, body)


@pytest.mark.parametrize("topic", ["tantou/v1/demo/gw-9/event", "tantou/v1/west/gw-1/event"])
def test_a_gateway_that_is_not_registered_here_is_not_heard_and_so_never_acked(topic: str) -> None:
    assert isinstance(read(Letter(topic, message(event())), REGISTERED), Unheard)


@pytest.mark.parametrize(
    ("topic", "body", "kind"),
    [
        ("nonsense", b"", "bad_topic"),
        ("tantou/v1/demo/gw-1/gossip", b"", "bad_topic"),
        (TOPIC + "event", b"\xff{", "bad_message"),
        (TOPIC + "event", message(event()).replace(b"event.v1", b"event.v9"), "bad_message"),
        (TOPIC + "event", message(event()).replace(b'"dwell_s":1.0', b'"dwell_s":-1'), "bad_message"),
        (TOPIC + "event", b"{" + b" " * codec.MAX_MESSAGE_BYTES, "bad_message"),
        (TOPIC + "event", message(event()).replace(b'"car"', b'"c\\u0000r"'), "bad_message"),
        (TOPIC + "health", message(event()), "wrong_channel"),
        (TOPIC + "ack", message(event()), "wrong_channel"),
        (TOPIC + "event", message(event(gateway="gw-2")), "wrong_gateway"),
        (TOPIC + "event", message(event(town="west")), "wrong_gateway"),
        (TOPIC + "will", said(Will(gateway="gw-2", town="demo", reason="")), "wrong_gateway"),
        (TOPIC + "reading", said(READING, source="/towns/demo/gateways/gw-10/devices/s-1"), "wrong_gateway"),
        (TOPIC + "event", message(event(onset=at(9), last_seen=at(8))), "bad_message"),
        (TOPIC + "event", message(event(onset="2026-02-31T00:00:00.000000000Z")), "bad_message"),
    ],
)
def test_what_may_not_stand_is_refused_by_name(topic: str, body: bytes, kind: str) -> None:
    found = read(Letter(topic, body), REGISTERED)
    assert isinstance(found, Refused)
    assert found.kind == kind
    assert found.reason


def test_the_id_of_a_bad_message_is_read_so_that_its_gateway_can_be_told() -> None:
    good = event()
    body = message(good).replace(b'"phase":"opened"', b'"phase":"odd"')
    found = read(Letter(TOPIC + "event", body), REGISTERED)
    assert isinstance(found, Refused)
    assert found.message_id == f"{good.event_id}:1"


@pytest.mark.parametrize("body", [b"", b"[]", b'{"id": 7}', b"\xff"])
def test_bytes_without_an_id_are_refused_without_one(body: bytes) -> None:
    found = read(Letter(TOPIC + "event", body), REGISTERED)
    assert isinstance(found, Refused)
    assert found.message_id is None


def test_an_event_far_too_large_is_refused_and_its_gateway_told() -> None:
    big: Event = replace(event(), facts=event().facts | {"more": "x" * codec.MAX_MESSAGE_BYTES})
    found = read(Letter(TOPIC + "event", message(big)), REGISTERED)
    assert isinstance(found, Refused)
    assert found.message_id == f"{big.event_id}:1"


@given(topic=st.text(max_size=60) | st.just(TOPIC + "event"), body=st.binary(max_size=300))
@settings(deadline=None)
def test_any_garbage_is_refused_or_not_heard_and_raises_nothing(topic: str, body: bytes) -> None:
    assert isinstance(read(Letter(topic, body), REGISTERED), Refused | Unheard)


@given(cut=st.integers(0, 2000), byte=st.integers(0, 255))
@settings(deadline=None)
def test_a_damaged_event_is_taken_whole_or_refused_and_raises_nothing(cut: int, byte: int) -> None:
    body = bytearray(message(event()))
    body[cut % len(body)] = byte
    assert isinstance(read(Letter(TOPIC + "event", bytes(body)), REGISTERED), Taken | Refused)
