"""Drawn cars with drawn plates through the real replay: decoder, rule, tape, close-ups, package and signature.

The networks are the packaged ones, from the cache of pulled weights; where they are not here those tests say so and the
others go on with a reader that stands in for them (`SaysSo`).
"""

from __future__ import annotations

import argparse
from collections.abc import Callable
from pathlib import Path

import cv2
import msgspec
import numpy as np
import pytest

from contract.errors import ModelError
from contract.events import Event, EvidenceItem
from contract.manifest import decode_manifest, sha256_hex
from contract.matters.illegal_parking import Facts
from contract.observations import PlateLooked
from contract.times import ns_from_utc
from detectors.plate_single import read_one
from edge import replay
from edge.config import PlatesConfig
from edge.evidence.tape import read_tape
from edge.inference.plates import SWITCHED_OFF, UNAVAILABLE, PlateReader, open_reader
from models.plates.eyes import PlateEyes, open_eyes
from models.registry import Registry
from tests.integration.edge_replay.test_replay import Done, damages, rejudged
from tests.integration.plates.plated_street import PlatedCar, plate_of, plated_config, write_plated_street
from tests.integration.plates.replays import SaysSo, replayed_with

PARKED_S = (8.0, 52.0)


@pytest.fixture(scope="module")
def eyes() -> PlateEyes:
    """The packaged networks."""
    try:
        return open_eyes(fetch=False)
    except ModelError as absent:
        pytest.skip(f"the packaged readers are not here: {absent}")


def parked_with(kind: str, tmp_path: Path, **changed: object) -> tuple[Path, str]:
    """A recording of one car that stands too long with a plate of that kind, and the plate's text."""
    drawn = plate_of(kind)
    car = PlatedCar(drawn.face, *PARKED_S, **changed)  # type: ignore[arg-type]
    return write_plated_street(tmp_path / "street.mp4", [car], seconds=58), drawn.text


def facts_of(event: Event) -> Facts:
    return msgspec.convert(event.facts, Facts)


def looks_on(done: Done) -> list[PlateLooked]:
    return [one.record for one in read_tape(done.tape) if isinstance(one.record, PlateLooked)]


def items_of(done: Done, event_id: str, role: str) -> list[EvidenceItem]:
    manifest = decode_manifest((done.package(event_id) / "manifest.json").read_bytes())
    return [item for item in manifest.files if item.role == role]


@pytest.mark.parametrize("kind", ["blue", "nev_small", "yellow_double"])
def test_a_parked_cars_number_is_read_voted_and_told_when_the_act_opens(
    eyes: PlateEyes, tmp_path: Path, kind: str
) -> None:
    source, text = parked_with(kind, tmp_path)
    done = replayed_with(
        PlateReader(eyes=eyes, readers=("a", "b")), plated_config(tmp_path / "gw"), source, tmp_path / "out"
    )
    opened = done.events[0]
    facts = facts_of(opened)
    assert (opened.phase, facts.plate, facts.plate_kind) == ("opened", text, kind)
    assert {vote.text for vote in facts.plate_votes} == {text}
    assert 3 <= len(looks_on(done)) <= 12
    assert all(facts_of(event).plate == text for event in done.events)
    assert done.damages() == []


def test_two_replays_that_read_plates_give_equal_bytes_and_so_does_the_tape_without_any_reader(
    eyes: PlateEyes, tmp_path: Path
) -> None:
    source, text = parked_with("blue", tmp_path)
    config = plated_config(tmp_path / "gw")
    first, second = (
        replayed_with(PlateReader(eyes=eyes), config, source, tmp_path / name) for name in ("first", "second")
    )
    assert first.tree() == second.tree()
    assert text.encode() in first.messages
    again = rejudged(first.tape, tmp_path / "again")
    assert again.messages == first.messages


def test_police_stand_as_long_as_they_must_and_no_lead_comes_of_it(eyes: PlateEyes, tmp_path: Path) -> None:
    source, text = parked_with("police", tmp_path)
    done = replayed_with(PlateReader(eyes=eyes), plated_config(tmp_path / "gw"), source, tmp_path / "out")
    assert done.events == []
    assert done.packages() == []
    read = [read_one(plate).text for look in looks_on(done) for plate in look.plates]
    assert set(read) == {text}


def exempting(text: str) -> Callable[[str], str]:
    """Puts a resident on the zone's list for the day of the recording."""
    entry = f'{{ plate = "{text}", begin = "2026-03-01", end = "2026-03-01", because = "resident" }}'
    return lambda config: config.replace("grace_s =", f"exempt = [{entry}]\ngrace_s =", 1)


def test_a_resident_on_the_zones_list_leaves_no_lead_and_no_package(eyes: PlateEyes, tmp_path: Path) -> None:
    source, text = parked_with("blue", tmp_path)
    config = plated_config(tmp_path / "gw", edit=exempting(text))
    done = replayed_with(PlateReader(eyes=eyes), config, source, tmp_path / "out")
    assert done.events == []
    assert done.packages() == []


def test_the_list_is_on_the_gateways_tape_and_in_no_package(tmp_path: Path) -> None:
    source, _ = parked_with("blue", tmp_path)
    config = plated_config(tmp_path / "gw", edit=exempting("浙G88888"))
    done = replayed_with(PlateReader(eyes=SaysSo(["皖A12345"])), config, source, tmp_path / "out")
    assert {facts_of(event).plate for event in done.events} == {"皖A12345"}
    assert "浙G88888" in done.tape.read_text()
    files = [path for folder in done.packages() for path in folder.rglob("*") if path.is_file()]
    assert files
    assert not any("浙G88888".encode() in path.read_bytes() for path in files)
    assert "浙G88888".encode() not in done.messages
    told = [path.read_text() for path in files if path.name.startswith("observations")]
    assert all('"withheld":{"' in text for text in told)
    assert rejudged(done.tape, tmp_path / "again").messages == done.messages


def test_a_plate_under_60_px_is_refused_and_named(eyes: PlateEyes, tmp_path: Path) -> None:
    source, _ = parked_with("blue", tmp_path, plate_px=50)
    done = replayed_with(PlateReader(eyes=eyes), plated_config(tmp_path / "gw"), source, tmp_path / "out")
    facts = facts_of(done.events[0])
    assert (facts.plate, facts.plate_reason) == (None, "too_small")


def test_the_close_up_is_cut_from_the_frame_that_was_read(tmp_path: Path) -> None:
    source, _ = parked_with("blue", tmp_path)
    reader = PlateReader(eyes=SaysSo(["皖A12345"]))
    done = replayed_with(reader, plated_config(tmp_path / "gw"), source, tmp_path / "out")
    opened = done.events[0]
    votes = facts_of(opened).plate_votes
    cuts = {item.sha256: item for item in items_of(done, opened.event_id, "close_up")}
    assert votes
    for vote in votes:
        assert len(vote.close_ups) == 2
        assert {cuts[sha256].captured for sha256 in vote.close_ups} == {vote.at}
    package = done.package(opened.event_id)
    for item in cuts.values():
        assert sha256_hex((package / item.path).read_bytes()) == item.sha256
    (frame,) = [item for item in cuts.values() if item.path == "close_ups/frame.jpg"]
    whole = cv2.imread(str(package / frame.path))
    same = [item for item in cuts.values() if item.parent_sha256 == frame.sha256]
    assert {item.captured for item in same} == {frame.captured}
    vehicle = cv2.imread(str(package / next(item.path for item in same if item.path.endswith("-vehicle.jpg"))))
    assert whole is not None
    assert vehicle is not None
    found = cv2.matchTemplate(whole, vehicle, cv2.TM_SQDIFF)
    left, top = cv2.minMaxLoc(found)[2]
    part = whole[top : top + vehicle.shape[0], left : left + vehicle.shape[1]]
    assert float(np.abs(part.astype(int) - vehicle.astype(int)).mean()) < 3
    look = next(look for look in looks_on(done) if look.looked_at_ns == ns_from_utc(str(frame.captured)))
    assert left <= look.vehicle_px[0] <= left + 40
    assert {item.sha256 for item in same} == set(look.close_ups)


def test_close_ups_have_no_overlay_and_private_places_stay_covered_in_them(tmp_path: Path) -> None:
    source, _ = parked_with("blue", tmp_path)
    masked = "masks = [[[600, 240], [980, 240], [980, 330], [600, 330]]]"
    config = plated_config(tmp_path / "gw", edit=lambda text: text.replace("masks = []", masked))
    reader = PlateReader(eyes=SaysSo(["皖A12345"]))
    done = replayed_with(reader, config, source, tmp_path / "out")
    cars = [path for folder in done.packages() for path in (folder / "close_ups").glob("*-vehicle.jpg")]
    assert cars
    for path in cars:
        image = cv2.imread(str(path))
        assert image is not None
        assert image[0:5, 40:-40].max() < 60
    assert not any("close" in path.name for folder in done.packages() for path in (folder / "overlays").iterdir())


def test_a_number_that_comes_after_the_act_opened_brings_its_close_ups_with_it(tmp_path: Path) -> None:
    source, _ = parked_with("blue", tmp_path)
    reader = PlateReader(eyes=SaysSo(["", "", "皖A12345"]))
    config = plated_config(tmp_path / "gw", grace_s=10)
    done = replayed_with(reader, config, source, tmp_path / "out")
    first_read = next(event for event in done.events if facts_of(event).plate == "皖A12345")
    assert (done.events[0].phase, facts_of(done.events[0]).plate) == ("opened", None)
    assert first_read.evidence is not None
    there = {item.sha256 for item in first_read.evidence.items}
    assert {sha256 for vote in facts_of(first_read).plate_votes for sha256 in vote.close_ups} <= there
    assert done.damages() == []
    assert rejudged(done.tape, tmp_path / "again").messages == done.messages


def test_what_was_cut_of_a_car_that_left_in_time_is_gone(tmp_path: Path) -> None:
    drawn = plate_of("blue")
    source = write_plated_street(tmp_path / "street.mp4", [PlatedCar(drawn.face, 8, 28)], seconds=60)
    reader = SaysSo(["皖A12345"])
    done = replayed_with(PlateReader(eyes=reader), plated_config(tmp_path / "gw"), source, tmp_path / "out")
    assert reader.looks > 0
    assert done.events == []
    assert sorted(path.name for path in done.out.iterdir()) == ["events.jsonl", "observations.jsonl"]


def test_without_readers_the_act_is_told_with_the_reason_and_nothing_crashes(tmp_path: Path) -> None:
    source, _ = parked_with("blue", tmp_path)
    config = plated_config(tmp_path / "gw")
    nobody = open_reader(PlatesConfig(), still_quality=90, registry=Registry(cache=tmp_path / "empty"))
    assert nobody.eyes is None
    assert "tantou models pull" in nobody.detail
    done = replayed_with(nobody, config, source, tmp_path / "out")
    assert {facts_of(event).plate_reason for event in done.events} == {UNAVAILABLE}
    assert rejudged(done.tape, tmp_path / "again").messages == done.messages
    switched_off = open_reader(PlatesConfig(enabled=False), still_quality=90)
    off = replayed_with(switched_off, config, source, tmp_path / "off")
    assert {facts_of(event).plate_reason for event in off.events} == {SWITCHED_OFF}


def test_the_replay_command_says_when_it_reads_no_plates(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    plated_config(tmp_path / "gw", edit=lambda text: text + "[plates]\nenabled = false\n")
    source = write_plated_street(tmp_path / "street.mp4", [], seconds=3)
    parser = argparse.ArgumentParser()
    replay.add_arguments(parser)
    words = ("--config", str(tmp_path / "gw" / "edge.toml"), "--source", str(source), "--camera", "cam-1")
    when = ("--start", "2026-03-01T08:00:00+08:00", "--out", str(tmp_path / "out"))
    assert replay.main(parser.parse_args([*words, *when])) == 0
    assert "plates are not read: plates.enabled is false" in capsys.readouterr().err


def test_a_package_with_close_ups_is_whole_for_whoever_checks_it(tmp_path: Path) -> None:
    source, _ = parked_with("blue", tmp_path)
    reader = PlateReader(eyes=SaysSo(["皖A12345"]))
    done = replayed_with(reader, plated_config(tmp_path / "gw"), source, tmp_path / "out")
    (folder,) = done.packages()
    assert damages(folder) == []
    (next((folder / "close_ups").glob("*-plate.jpg"))).write_bytes(b"another plate")
    assert damages(folder) != []
