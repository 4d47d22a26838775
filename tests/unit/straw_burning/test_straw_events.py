"""A tower's zone in edge.toml, its judge, its event on the wire; and the same from the tape alone."""

from __future__ import annotations

from pathlib import Path

import msgspec

from contract import codec
from contract.events import Event
from contract.matters import plain_facts, read_facts
from contract.observations import Observation
from edge.config import load_edge
from edge.evidence.from_tape import TapeEvidence
from edge.judge import CameraJudge, provenance, tape_start
from tests.unit.straw_burning.tower import quiet, stare

EDGE_TOML = """
[gateway]
id = "gw-1"
town = "demo"
key_file = "key.pem"

[[camera]]
id = "tower-1"
name = "mast"
url = "rtsp://127.0.0.1:8554/mast"

[[zone]]
id = "ward"
camera = "tower-1"
name = "whole ward"
matter = "straw_burning"
polygon_px = [[0, 0], [1920, 0], [1920, 1080], [0, 1080]]
frame_px = [1920, 1080]

[zone.rule]
response_min = [2, 5, 20]

[[zone.rule.presets]]
preset = "north"
horizon = [[0.0, 0.37], [1.0, 0.37]]

[[zone.rule.known_places]]
name = "brick works"
kind = "kiln"
preset = "north"
polygon = [[0.1, 0.5], [0.2, 0.5], [0.2, 0.7], [0.1, 0.7]]
hours = [6, 20]
"""


def told(scene: list[Observation]) -> list[Event]:
    """The events of the judge of a configured tower."""
    config = load_edge(EDGE_TOML, "edge.toml", Path(), file_problem=lambda _path, _is_secret: None)
    start = tape_start(config, "tower-1", provenance(config, model="smoke-n", model_sha256="0" * 64))
    judge = CameraJudge(start, maker=TapeEvidence())
    return [event for seen in scene for event in judge.take(seen).events]


def test_a_fire_is_an_event_that_travels_and_reads_back() -> None:
    opened = told([*quiet(4), *stare(0, 24)])[0]
    body = codec.encode(codec.event_message(opened))
    assert codec.decode(body).data == opened
    facts = read_facts("straw_burning", opened.facts)
    assert plain_facts(facts) == opened.facts
    assert (opened.matter, opened.phase, opened.facts["urgency"]) == ("straw_burning", "opened", "urgent")
    assert len(opened.facts["deadlines"]) == 3


def test_observations_read_back_from_their_tape_give_the_same_bytes() -> None:
    scene = [*quiet(4), *stare(0, 40)]
    again = [msgspec.json.decode(msgspec.json.encode(one), type=Observation) for one in scene]
    assert [codec.encode(codec.event_message(one)) for one in told(again)] == [
        codec.encode(codec.event_message(one)) for one in told(scene)
    ]
