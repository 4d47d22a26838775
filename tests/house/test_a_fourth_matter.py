"""A new matter is a folder in `detectors/` and a module in `contract/matters/`, and nothing else.

A toy matter (litter left in a zone) is written outside the repository, put on the two search paths, and walks the
whole way: configuration, judge, message, store.
"""

from __future__ import annotations

import sys
from collections.abc import Iterator
from pathlib import Path

import pytest

import contract.matters
import detectors
from contract import codec
from contract.events import Event
from contract.observations import Detection, Observation
from contract.times import utc_from_ns
from detectors import fold
from edge.config import load_edge
from edge.evidence.from_tape import TapeEvidence
from edge.judge import CameraJudge, provenance, tape_start
from store import open_store
from store.events import Arrival, take_in
from store.lead_lists import LeadFilter, page

AT_NS = 1_790_000_000_000_000_000

FACTS = '''
"""Facts of the toy matter."""
from msgspec import Struct


class Facts(Struct, frozen=True, kw_only=True):
    """How many pieces lie there."""

    pieces: int
'''
RULE = '''
"""A toy rule: litter in a zone is reported once."""
from msgspec import Struct

from contract.events import Grade
from contract.identity import event_id
from contract.matters.toy_litter import Facts
from detectors.fold import Finding, Step

RULE_VERSION = "toy_litter/1"


class Config(Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """From how many pieces on it is reported."""

    least_pieces: int = 1


class State(Struct, frozen=True, kw_only=True):
    """Whether it was reported."""

    told: bool = False


def initial_state():
    return State()


def step(state, seen, zone, config):
    pieces = [one for one in getattr(seen, "detections", ()) if one.label == "litter"]
    if state.told or len(pieces) < config.least_pieces:
        return Step(state=state)
    place = dict(town=zone.town, device=zone.device, zone=zone.zone, matter=zone.matter)
    finding = Finding(
        event_id=event_id(**place, onset_ns=seen.at_ns, place_key="0"),
        phase="opened",
        onset_ns=seen.at_ns,
        last_seen_ns=seen.at_ns,
        bbox_xyxy_px=pieces[0].bbox_xyxy_px,
        frame_px=seen.frame_px,
        facts=Facts(pieces=len(pieces)),
        grade=Grade(level="lead_only"),
    )
    return Step(state=State(told=True), findings=(finding,))
'''
EDGE_TOML = """
[gateway]
id = "gw-1"
town = "toytown"
key_file = "key.pem"

[[camera]]
id = "cam-1"
name = "toy camera"
url = "rtsp://127.0.0.1:8554/toy"

[[zone]]
id = "zone-1"
camera = "cam-1"
name = "toy zone"
matter = "toy_litter"
polygon_px = [[0, 0], [640, 0], [640, 360], [0, 360]]
frame_px = [640, 360]

[zone.rule]
least_pieces = 2
"""


@pytest.fixture
def toy_matter(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[str]:
    """The name of a matter that lies outside the repository, found through the two packages' paths."""
    (tmp_path / "matters").mkdir()
    (tmp_path / "matters" / "toy_litter.py").write_text(FACTS)
    (tmp_path / "rules" / "toy_litter").mkdir(parents=True)
    (tmp_path / "rules" / "toy_litter" / "__init__.py").write_text(RULE)
    monkeypatch.setattr(contract.matters, "__path__", [*contract.matters.__path__, str(tmp_path / "matters")])
    monkeypatch.setattr(detectors, "__path__", [*detectors.__path__, str(tmp_path / "rules")])
    yield "toy_litter"
    for module in ("contract.matters.toy_litter", "detectors.toy_litter"):
        sys.modules.pop(module, None)


def judged_event() -> Event:
    """What the judge of a configured camera says when two pieces of litter are seen."""
    config = load_edge(EDGE_TOML, "edge.toml", Path(), file_problem=lambda _path, _is_secret: None)
    made_by = provenance(config, model="toy", model_sha256="0" * 64)
    judge = CameraJudge(tape_start(config, "cam-1", made_by), maker=TapeEvidence())
    litter = Detection(bbox_xyxy_px=(10.0, 10.0, 30.0, 30.0), score=0.9, label="litter")
    seen = Observation(device="cam-1", at_ns=AT_NS, frame_px=(640, 360), detections=(litter, litter))
    (event,) = judge.take(seen).events
    return event


def test_a_fourth_matter_is_known_by_its_two_files(toy_matter: str) -> None:
    assert toy_matter in fold.matters()
    assert toy_matter in contract.matters.names()


def test_a_fourth_matter_walks_from_the_configuration_to_the_list_of_alerts(toy_matter: str, tmp_path: Path) -> None:
    event = judged_event()
    body = codec.encode(codec.event_message(event))
    received = codec.decode(body).data
    assert received == event

    store = open_store(f"sqlite:///{tmp_path / 'centre.db'}", str(tmp_path / "blobs"))
    with store.write() as conn:
        take_in(conn, [Arrival(event, body)], at=utc_from_ns(AT_NS))
    with store.read() as conn:
        (lead,) = page(conn, LeadFilter(towns={"toytown"}, matter=toy_matter)).leads
    store.close()
    assert (lead.event_id, lead.state, lead.matter) == (event.event_id, "alert", "toy_litter")
    assert event.facts == {"pieces": 2}
