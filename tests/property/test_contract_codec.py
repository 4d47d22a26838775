"""What is encoded comes back; unknown fields are ignored; garbage gives one typed error."""

from __future__ import annotations

import json
from typing import Any

import msgspec
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from contract.acks import Ack, Acks
from contract.codec import Message, Payload, decode, encode, event_message
from contract.commands import Command
from contract.errors import ContractError
from contract.events import (
    Clock,
    CounterEvidence,
    Event,
    EvidenceItem,
    EvidencePath,
    EvidenceRef,
    Grade,
    Predicate,
    Provenance,
)
from contract.geometry import Position, Where
from contract.health import Birth, BornDevice, BornZone, DeviceHealth, Health, Will
from contract.identity import event_id
from contract.manifest import Manifest, decode_manifest, encode_manifest
from contract.matters import plain_facts
from contract.matters.illegal_parking import Facts, Span
from contract.observations import Detection, EvidenceMade, Observation, Picture, StreamLost, TapeRecord
from contract.readings import Reading
from contract.times import ns_from_utc, utc_from_ns
from contract.topics import ROOT, Topic, parse_topic


class _OnlyPath(msgspec.Struct):
    path: EvidencePath


NANOSECONDS = st.integers(0, 250_000_000_000 * 10**9)
utc = NANOSECONDS.map(utc_from_ns)
name = st.text("abcz019_-", max_size=12).map(lambda tail: f"g{tail}")
text = st.text(max_size=40)
sha256 = st.binary(min_size=32, max_size=32).map(bytes.hex)
number = st.floats(allow_nan=False, allow_infinity=False, width=32)
positive = st.floats(0, 1e6)
ids = st.builds(event_id, town=name, device=name, zone=name, matter=name, onset_ns=NANOSECONDS, place_key=text)
clock = st.builds(
    Clock,
    source=st.sampled_from(["rtcp", "onvif", "http_date", "given", "none"]),
    offset_s=st.none() | number,
    uncertainty_s=st.none() | positive,
)
pixel = st.tuples(number, number)
polygon = st.lists(pixel, min_size=3, max_size=6).map(tuple)
frame_px = st.tuples(st.integers(1, 8000), st.integers(1, 8000))
position = st.builds(Position, lat=st.floats(-90, 90), lon=st.floats(-180, 180), error_m=positive)
item = st.builds(
    EvidenceItem,
    sha256=sha256,
    path=st.lists(st.sampled_from(["a", "b-1", "c.d_e"]), min_size=1, max_size=4).map("/".join),
    role=st.sampled_from(["arrival", "due", "clip", "overlay"]),
    media_type=text,
    size_bytes=st.integers(0, 2**40),
    captured=st.none() | utc,
    parent_sha256=st.none() | sha256,
)
provenance = st.builds(Provenance, model=text, model_sha256=text, rule=text, config_sha256=sha256, software=text)
span = st.builds(Span, start=utc, end=utc, state=st.sampled_from(["seen", "hidden", "no_picture"]))
facts = st.builds(
    Facts,
    vehicle=text,
    since=utc,
    due=utc,
    last_seen=utc,
    dwell_s=positive,
    grace_s=positive,
    hidden_s=positive,
    no_picture_s=positive,
    arrival_seen=st.booleans(),
    left=st.none() | utc,
    spans=st.lists(span, max_size=3).map(tuple),
    plate=st.none() | text,
    plate_reason=st.none() | text,
    legal_ground=st.none() | text,
).map(plain_facts)
met = st.sampled_from(["met", "not_met", "not_seen"])
predicate = st.builds(Predicate, id=text, required=text, found=text, met=met, source=text)
event = st.builds(
    Event,
    event_id=ids,
    revision=st.integers(1, 1000),
    matter=st.just("illegal_parking"),
    phase=st.sampled_from(["opened", "updated", "closed"]),
    town=name,
    gateway=name,
    device=name,
    zone=name,
    onset=utc,
    last_seen=utc,
    clock=clock,
    where=st.builds(Where, polygon_px=polygon, frame_px=frame_px, position=st.none() | position),
    facts=facts,
    grade=st.builds(
        Grade,
        level=st.sampled_from(["full", "partial", "lead_only"]),
        predicates=st.lists(predicate, max_size=3).map(tuple),
    ),
    counter_evidence=st.lists(
        st.builds(CounterEvidence, kind=text, effect=st.sampled_from(["held", "released"]), reason=text, at=utc),
        max_size=2,
    ).map(tuple),
    evidence=st.none()
    | st.builds(
        EvidenceRef, manifest_sha256=sha256, signature_sha256=sha256, items=st.lists(item, max_size=3).map(tuple)
    ),
    provenance=provenance,
)
counters = st.dictionaries(name, st.integers(0, 10**9), max_size=3)
device_health = st.builds(
    DeviceHealth,
    device=name,
    state=st.sampled_from(["live", "stalled", "unauthorized"]),
    since=utc,
    detail=text,
    last_frame=st.none() | utc,
    codec=st.none() | text,
    frame_px=st.none() | frame_px,
    engine=st.none() | text,
    clock=st.none() | clock,
    counters=counters,
)
others = st.one_of(
    st.builds(
        Health,
        gateway=name,
        town=name,
        at=utc,
        uptime_s=positive,
        spool_events=st.integers(0, 9),
        spool_uploads=st.integers(0, 9),
        disk_free_bytes=st.integers(0, 2**50),
        memory_bytes=st.integers(0, 2**40),
        devices=st.lists(device_health, max_size=2).map(tuple),
        counters=counters,
    ),
    st.builds(
        Birth,
        gateway=name,
        town=name,
        at=utc,
        software=text,
        config_sha256=text,
        public_key=sha256,
        devices=st.lists(
            st.builds(BornDevice, device=name, name=text, kind=st.just("camera"), position=st.none() | position),
            max_size=2,
        ).map(tuple),
        zones=st.lists(
            st.builds(BornZone, zone=name, device=name, name=text, matter=name, polygon_px=polygon, frame_px=frame_px),
            max_size=2,
        ).map(tuple),
    ),
    st.builds(Will, gateway=name, town=name, reason=text),
    st.builds(
        Reading,
        device=name,
        at=utc,
        received=utc,
        factor=text,
        value=st.none() | number,
        unit=text,
        mark=text,
    ),
    st.builds(
        Acks,
        at=utc,
        acks=st.lists(
            st.builds(Ack, id=text, result=st.sampled_from(["stored", "duplicate", "rejected"]), reason=text),
            max_size=3,
        ).map(tuple),
    ),
    st.builds(Command, id=text, at=utc, action=st.just("rebirth")),
)
messages = event.map(event_message) | st.builds(Message, id=text, source=text, time=utc, data=others)


@given(messages)
@settings(max_examples=150)
def test_a_message_comes_back_as_it_was(message: Message) -> None:
    assert decode(encode(message)) == message


@given(messages, st.dictionaries(st.from_regex(r"x_[a-z]{1,8}", fullmatch=True), st.integers() | text, max_size=3))
@settings(max_examples=50)
def test_unknown_fields_are_ignored(message: Message, unknown: dict[str, Any]) -> None:
    envelope = json.loads(encode(message))
    later = {**envelope, **unknown, "data": {**envelope["data"], **unknown}}
    assert decode(json.dumps(later).encode()) == message


@given(st.binary(max_size=300) | st.recursive(st.none() | text, st.lists).map(lambda v: json.dumps(v).encode()))
def test_garbage_gives_one_typed_error(data: bytes) -> None:
    with pytest.raises(ContractError):
        decode(data)


@given(messages, st.data())
@settings(max_examples=100)
def test_a_damaged_message_is_read_or_refused_and_never_anything_else(message: Message, data: st.DataObject) -> None:
    whole = encode(message)
    place = data.draw(st.integers(0, len(whole) - 1))
    damaged = whole[:place] + data.draw(st.binary(max_size=3)) + whole[place + data.draw(st.integers(0, 5)) :]
    try:
        decode(damaged)
    except ContractError:
        return


@pytest.mark.parametrize("path", ["../x", "a/../b", "/a", "a//b", "a/", "", "a/./b", "A", "a" * 201, "a\\b", "a\n"])
def test_a_path_that_leads_out_of_its_package_is_refused(path: str) -> None:
    with pytest.raises(msgspec.ValidationError):
        msgspec.convert({"path": path}, type=_OnlyPath)


def test_nesting_without_end_is_refused() -> None:
    with pytest.raises(ContractError):
        decode(b'{"data":' + b"[" * 100_000)


def test_an_unknown_major_version_is_refused(sample_event: Event) -> None:
    later = encode(event_message(sample_event)).replace(b"cn.tantou.event.v1", b"cn.tantou.event.v2")
    with pytest.raises(ContractError, match="not known"):
        decode(later)


@given(NANOSECONDS)
def test_a_time_comes_back_to_the_nanosecond(at_ns: int) -> None:
    assert ns_from_utc(utc_from_ns(at_ns)) == at_ns


@given(st.tuples(NANOSECONDS, NANOSECONDS))
def test_times_sort_as_text(pair: tuple[int, int]) -> None:
    assert (pair[0] < pair[1]) == (utc_from_ns(pair[0]) < utc_from_ns(pair[1]))


@given(st.builds(Topic, name, name, st.sampled_from(["event", "reading", "health", "birth", "will", "ack", "command"])))
def test_a_topic_comes_back_as_it_was(topic: Topic) -> None:
    assert parse_topic(str(topic)) == topic


@given(text | text.map(lambda tail: f"{ROOT}/{tail}"))
def test_a_wrong_topic_is_refused_or_is_one(topic: str) -> None:
    try:
        assert str(parse_topic(topic)) == topic
    except ContractError:
        return


manifest = st.builds(
    Manifest,
    event_id=ids,
    revision=st.integers(1, 99),
    previous_sha256=st.none() | sha256,
    previous_revision=st.none() | st.integers(1, 98),
    town=name,
    gateway=name,
    device=name,
    zone=name,
    matter=name,
    made=utc,
    clock=clock,
    files=st.lists(item, max_size=3).map(tuple),
    missing=st.lists(text, max_size=2).map(tuple),
    provenance=provenance,
    signer_public_key=sha256,
)


@given(manifest)
@settings(max_examples=50)
def test_a_manifest_comes_back_as_it_was(value: Manifest) -> None:
    assert decode_manifest(encode_manifest(value)) == value


@given(st.binary(max_size=200))
def test_a_garbage_manifest_gives_one_typed_error(data: bytes) -> None:
    with pytest.raises(ContractError):
        decode_manifest(data)


tape = st.one_of(
    st.builds(
        Observation,
        device=name,
        at_ns=NANOSECONDS,
        frame_px=frame_px,
        detections=st.lists(
            st.builds(Detection, bbox_xyxy_px=st.tuples(number, number, number, number), score=number, label=text),
            max_size=3,
        ).map(tuple),
        picture=st.none() | st.builds(Picture, brightness=number, sharpness=number, repeated_s=number),
        clock=st.none() | clock,
    ),
    st.builds(StreamLost, device=name, at_ns=NANOSECONDS, reason=text),
    st.builds(
        EvidenceMade,
        event_id=ids,
        revision=st.integers(1, 9),
        evidence=st.builds(
            EvidenceRef, manifest_sha256=sha256, signature_sha256=sha256, items=st.lists(item, max_size=2).map(tuple)
        ),
    ),
)


@given(tape)
@settings(max_examples=80)
def test_a_tape_record_comes_back_as_it_was(record: TapeRecord) -> None:
    assert msgspec.json.decode(msgspec.json.encode(record), type=TapeRecord) == record


def test_payloads_are_told_apart_by_type_alone(sample_event: Event) -> None:
    payload: Payload = decode(encode(event_message(sample_event))).data
    assert isinstance(payload, Event)
