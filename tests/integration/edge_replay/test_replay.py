"""Recordings judged again: drawn streets through the real decoder, rule, evidence and signature."""

from __future__ import annotations

import argparse
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import av
import cv2
import msgspec
import numpy as np
import pytest

from contract.codec import decode
from contract.errors import CaptureError, ContractError, EvidenceError
from contract.events import Event
from contract.manifest import decode_manifest
from contract.observations import Observation
from contract.times import NS, ns_from_utc
from contract.verification import verify_package
from detectors.fold import FullDecode
from edge import replay
from edge.capture.pyav_engine import PyAvEngine
from edge.capture.replay import Replay
from edge.capture.ring import PacketRing
from edge.capture.types import Frame
from edge.config import EdgeConfig
from edge.evidence.clips import Footage
from edge.evidence.files import EvidenceStore, FileEvidence
from edge.evidence.tape import Tape, read_tape
from edge.inference.look import Looker
from edge.inference.views import Views
from edge.judge import CameraJudge, tape_start
from edge.judge.start import given_clock
from tests.integration.edge_replay.street import KEY, MADE_BY, START, TRUSTED, RedBoxes, Stay, configured, write_street

PARKS = Stay(arrives_s=10, leaves_s=50)


@dataclass(frozen=True)
class Done:
    """What a replay left in its folder."""

    out: Path

    @property
    def messages(self) -> bytes:
        return (self.out / "events.jsonl").read_bytes()

    @property
    def events(self) -> list[Event]:
        payloads = [decode(line).data for line in self.messages.splitlines()]
        return [payload for payload in payloads if isinstance(payload, Event)]

    @property
    def tape(self) -> Path:
        return self.out / "observations.jsonl"

    def tree(self) -> dict[str, bytes]:
        files = [path for path in self.out.rglob("*") if path.is_file()]
        return {path.relative_to(self.out).as_posix(): path.read_bytes() for path in files}

    def package(self, event_id: str) -> Path:
        return self.out / "evidence" / event_id

    def missing(self, event_id: str) -> tuple[str, ...]:
        return decode_manifest((self.package(event_id) / "manifest.json").read_bytes()).missing

    def damages(self) -> list[str]:
        """What is wrong with the packages, by name."""
        return [f"{folder.name}: {what}" for folder in self.packages() for what in damages(folder)]

    def packages(self) -> list[Path]:
        return sorted((self.out / "evidence").iterdir()) if (self.out / "evidence").exists() else []


def damages(folder: Path) -> list[str]:
    names = [path.relative_to(folder).as_posix() for path in folder.rglob("*") if path.is_file()]
    report = verify_package(names, lambda name: (folder / name).read_bytes(), TRUSTED)
    return [] if report.whole and report.signer == "proved" else [str(report)]


def replayed(config: EdgeConfig, source: Path, out: Path) -> Done:
    recording = replay.Recording(source, "cam-1", replay.parse_start(START))
    replay.replay_recording(config, recording, detector=RedBoxes(), made_by=MADE_BY, out=out, say=lambda _: None)
    return Done(out)


def rejudged(tape: Path, out: Path) -> Done:
    replay.replay_tape(tape, out=out, say=lambda _: None)
    return Done(out)


def pictures(clip: Path) -> list[np.ndarray[Any, np.dtype[np.uint8]]]:
    with av.open(str(clip)) as container:
        return [np.asarray(frame.to_ndarray(format="bgr24"), np.uint8) for frame in container.decode(video=0)]


def read_still(path: Path) -> np.ndarray[Any, np.dtype[np.uint8]]:
    image = cv2.imread(str(path))
    assert image is not None
    return image.astype(np.uint8)


def sees_car(image: np.ndarray[Any, np.dtype[np.uint8]]) -> bool:
    return bool(RedBoxes().detect([image])[0])


def test_two_replays_give_equal_bytes_and_so_does_the_tape_alone(tmp_path: Path) -> None:
    config = configured(tmp_path / "gw")
    source = write_street(tmp_path / "street.mp4", [PARKS], seconds=70)
    first, second = (replayed(config, source, tmp_path / name) for name in ("first", "second"))
    assert [(event.revision, event.phase) for event in first.events] == [(1, "opened"), (2, "updated"), (3, "closed")]
    assert first.tree() == second.tree()
    again = rejudged(first.tape, tmp_path / "again")
    assert again.messages == first.messages
    assert list(again.tree()) == ["events.jsonl"]
    assert first.damages() == []


def test_a_recording_looked_at_around_its_zone_tells_the_same_act_and_its_tape_says_where_it_looked(
    tmp_path: Path,
) -> None:
    kerb = ("[[60, 60], [310, 60], [310, 230], [60, 230]]", "[[140, 120], [190, 120], [190, 145], [140, 145]]")
    by_zone = configured(tmp_path / "zones", edit=lambda text: text.replace(*kerb) + "[inference]\ninput_px = 64\n")
    whole = configured(tmp_path / "whole", edit=lambda text: text.replace(*kerb))
    source = write_street(
        tmp_path / "street.mp4",
        [Stay(arrives_s=10, leaves_s=50, drive_s=3), Stay(2, 60, left_px=0, top_px=190)],
        seconds=70,
    )
    first, second = (replayed(by_zone, source, tmp_path / name) for name in ("first", "second"))
    assert first.tree() == second.tree()
    assert rejudged(first.tape, tmp_path / "again").messages == first.messages
    seen = [record.record for record in read_tape(first.tape)]
    looks = [record for record in seen if isinstance(record, Observation)]
    ((left, top, right, bottom),) = looks[0].looked_px
    assert (right - left) * (bottom - top) < 320 * 240
    assert {record.looked_px for record in looks} == {((left, top, right, bottom),)}
    plain = replayed(whole, source, tmp_path / "plain")
    assert [(event.event_id, event.phase, event.facts) for event in first.events] == [
        (event.event_id, event.phase, event.facts) for event in plain.events
    ]
    assert (first.damages(), len(first.packages())) == ([], 1)


def test_the_arrival_is_in_the_evidence_after_a_grace_of_300_s_with_a_ring_of_60_s_and_an_early_leaver_leaves_nothing(
    tmp_path: Path,
) -> None:
    config = configured(tmp_path / "gw", grace_s=300, ring_s=60)
    stays = [Stay(arrives_s=20, leaves_s=355, drive_s=1), Stay(arrives_s=40, leaves_s=90, top_px=170)]
    done = replayed(config, write_street(tmp_path / "street.mp4", stays, seconds=380), tmp_path / "out")
    assert {event.event_id for event in done.events} == {folder.name for folder in done.packages()}
    assert len(done.packages()) == 1
    assert sorted(path.name for path in done.out.iterdir()) == ["events.jsonl", "evidence", "observations.jsonl"]
    folder = done.packages()[0]
    stills = {path.stem: read_still(path) for path in (folder / "stills").iterdir()}
    assert [name for name in ("arrival", "first_still", "due", "last", "departure") if sees_car(stills[name])] == [
        "first_still",
        "due",
        "last",
    ]
    arrival = pictures(folder / "clips" / "arrival.mp4")
    assert (sees_car(arrival[0]), sees_car(arrival[-1])) == (False, True)
    assert all(sees_car(image) for image in pictures(folder / "clips" / "due.mp4"))
    evidence = done.events[-1].evidence
    assert evidence is not None
    clip = next(item for item in evidence.items if item.path == "clips/due.mp4")
    assert ns_from_utc(str(clip.captured)) <= replay.parse_start(START) + (320 - 5) * NS
    assert (done.damages(), done.missing(folder.name)) == ([], ())


def test_the_observations_in_a_package_alone_give_the_act_again(tmp_path: Path) -> None:
    done = replayed(
        configured(tmp_path / "gw"), write_street(tmp_path / "s.mp4", [PARKS], seconds=70), tmp_path / "out"
    )
    opened = done.events[0]
    alone = rejudged(done.package(opened.event_id) / "observations.jsonl", tmp_path / "alone").events
    assert [(event.event_id, event.onset, event.facts) for event in alone] == [
        (opened.event_id, opened.onset, opened.facts)
    ]


def test_an_h265_recording_gives_clips_that_play(tmp_path: Path) -> None:
    source = write_street(tmp_path / "street.mp4", [PARKS], seconds=45, codec="libx265")
    done = replayed(configured(tmp_path / "gw"), source, tmp_path / "out")
    folder = done.packages()[0]
    assert len(pictures(folder / "clips" / "due.mp4")) >= 50
    assert b"hvc1" in (folder / "clips" / "due.mp4").read_bytes()
    assert done.damages() == []


def test_a_private_place_is_in_no_still_and_in_no_clip(tmp_path: Path) -> None:
    config = configured(tmp_path / "gw", masks="[[[0, 0], [70, 0], [70, 50], [0, 50]]]")
    done = replayed(config, write_street(tmp_path / "street.mp4", [PARKS], seconds=70), tmp_path / "out")
    folder = done.packages()[0]
    seen = [read_still(path) for path in (folder / "stills").iterdir()]
    for clip in sorted((folder / "clips").iterdir()):
        seen += pictures(clip)
    assert len(seen) > 100
    assert max(int(image[:40, :60].max()) for image in seen) < 60
    assert done.damages() == []


def test_a_recording_that_ends_before_the_post_roll_settles_its_clip_and_says_what_is_missing(tmp_path: Path) -> None:
    source = write_street(tmp_path / "street.mp4", [PARKS], seconds=31)
    done = replayed(configured(tmp_path / "gw", post_roll_s=10), source, tmp_path / "out")
    assert [(event.revision, event.phase) for event in done.events] == [(1, "opened"), (2, "updated")]
    assert [words.split(";")[0] for words in done.missing(done.events[0].event_id)] == [
        "clips/due.mp4: ends 9.2 s before its post-roll"
    ]
    assert done.damages() == []
    assert rejudged(done.tape, tmp_path / "again").messages == done.messages


def test_a_clock_that_nobody_gave_stays_unknown(tmp_path: Path) -> None:
    source = write_street(tmp_path / "street.mp4", [PARKS], seconds=40)
    silent = configured(tmp_path / "gw", edit=lambda text: text.replace("given_", "# given_").replace("clock", "#"))
    given = configured(tmp_path / "gw2")
    assert replayed(silent, source, tmp_path / "a").events[0].clock.source == "none"
    clock = replayed(given, source, tmp_path / "b").events[0].clock
    assert (clock.source, clock.offset_s, clock.uncertainty_s) == ("given", 0.2, 0.1)


def test_an_edge_killed_between_opening_and_sending_tells_the_same_act_with_whole_evidence(tmp_path: Path) -> None:
    config = configured(tmp_path / "gw")
    source = write_street(tmp_path / "street.mp4", [PARKS], seconds=70)
    plain = replayed(config, source, tmp_path / "plain").events
    start = tape_start(config, "cam-1", MADE_BY)
    ring = PacketRing(60, 30_000_000)
    film = Replay(source, start_ns=replay.parse_start(START), camera=config.cameras[0], ring=ring)
    looker = Looker(RedBoxes(), clock_of=lambda _: given_clock(config.cameras[0].clock), zones_of=Views(config).patched)

    def begin(ring: PacketRing, name: str, state: bytes | None) -> CameraJudge:
        store = EvidenceStore.open(tmp_path / "data", key=KEY, config=config.evidence)
        seen = Footage(ring=ring, stream_info=lambda: film.stream_info, decoder=PyAvEngine(lambda: 0).decoder)
        tape = Tape(tmp_path / "data" / "tape" / name, start)
        return CameraJudge(start, maker=FileEvidence(start, store=store, footage=seen, tape=tape), state=state)

    judge, kept, is_killed = begin(ring, "1.jsonl", None), b"", False
    told: list[Event] = []
    for frame in film:
        step = judge.take(looker.look([frame])[0], frame)
        for ask in step.asks:
            if isinstance(ask, FullDecode):
                film.ask_full_decode(ask.until_ns)
        if step.events and not is_killed:
            # Dead before the step was kept: the events are lost, the ring and every clip that still grew with it.
            judge, is_killed = begin(PacketRing(60, 30_000_000), "2.jsonl", kept), True
            continue
        kept = step.state
        told += step.events
    assert is_killed
    assert [(event.event_id, event.revision, event.phase) for event in told] == [
        (event.event_id, event.revision, event.phase) for event in plain
    ]
    folder = tmp_path / "data" / "evidence" / told[0].event_id
    assert damages(folder) == []
    assert told[0].evidence == plain[0].evidence
    assert (folder / "clips" / "arrival.mp4").exists()
    assert "clips: none shows stills/due.jpg" in decode_manifest((folder / "manifest.json").read_bytes()).missing


@pytest.mark.parametrize(
    ("text", "at_ns"),
    [
        ("2026-03-01T08:00:00+08:00", 1_772_323_200 * NS),
        ("2026-03-01T00:00:00Z", 1_772_323_200 * NS),
        ("2026-03-01 00:00:00.5z", 1_772_323_200 * NS + NS // 2),
        ("2026-03-01T00:00:00.123456789Z", 1_772_323_200 * NS + 123_456_789),
        ("2026-03-01T00:00:00.1234567899Z", 1_772_323_200 * NS + 123_456_789),
        ("2016-12-31T23:59:60Z", 1_483_228_800 * NS),
    ],
)
def test_a_start_is_an_rfc_3339_time(text: str, at_ns: int) -> None:
    assert replay.parse_start(text) == at_ns


@pytest.mark.parametrize(
    "text",
    [
        "",
        "now",
        "2026-03-01",
        "2026-03-01T08:00:00",
        "2026-02-30T08:00:00Z",
        "1969-01-01T00:00:00Z",
        "9999-12-31T23:59:59Z",
        "2026-03-01T08:00:00+08:60",
    ],
)
def test_a_start_that_is_none_is_named(text: str) -> None:
    with pytest.raises(ContractError):
        replay.parse_start(text)


def test_a_configuration_that_is_no_text_is_named(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    (tmp_path / "edge.toml").write_bytes(b"\xff\xfe")
    words = ["--config", str(tmp_path / "edge.toml"), "--source", "x.mp4", "--camera", "cam-1"]
    assert run(*words, "--start", START, "--out", str(tmp_path / "out")) == 2
    assert "cannot be read" in capsys.readouterr().err


def test_a_folder_with_something_in_it_is_never_written_over(tmp_path: Path) -> None:
    (tmp_path / "out").mkdir()
    (tmp_path / "out" / "mine.txt").write_text("keep")
    with pytest.raises(EvidenceError, match="not empty"):
        rejudged(tmp_path / "no.jsonl", tmp_path / "out")


def run(*words: str) -> int:
    parser = argparse.ArgumentParser()
    replay.add_arguments(parser)
    return replay.main(parser.parse_args(words))


def test_the_command_judges_a_tape_again(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    source = write_street(tmp_path / "street.mp4", [PARKS], seconds=40)
    done = replayed(configured(tmp_path / "gw"), source, tmp_path / "out")
    assert run("--observations", str(done.tape), "--out", str(tmp_path / "again")) == 0
    assert Done(tmp_path / "again").messages == done.messages
    assert "2 events" in capsys.readouterr().err
    assert run("--observations", str(done.tape), "--out", str(tmp_path / "third"), "--json") == 0
    told = msgspec.json.decode(capsys.readouterr().out)
    assert told == {"schema": "tantou.edge.replay/1", "events": 2, "files": ["events.jsonl"], "whole": True}


def test_the_command_says_what_it_lacks_and_what_is_wrong(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    assert run("--source", "x.mp4", "--out", str(tmp_path / "a")) == 2
    assert "--config, --camera, --start" in capsys.readouterr().err
    (tmp_path / "no.jsonl").write_text("no tape\n")
    assert run("--observations", str(tmp_path / "no.jsonl"), "--out", str(tmp_path / "b")) == 2
    assert "no.jsonl:1" in capsys.readouterr().err
    assert run("--observations", str(tmp_path / "none.jsonl"), "--out", str(tmp_path / "c")) == 2
    assert "none.jsonl" in capsys.readouterr().err


def test_the_command_names_a_file_that_is_no_recording(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    configured(tmp_path / "gw")
    (tmp_path / "空.mp4").write_bytes(b"")
    words = ("--config", str(tmp_path / "gw" / "edge.toml"), "--source", str(tmp_path / "空.mp4"), "--camera", "cam-1")
    assert run(*words, "--start", START, "--out", str(tmp_path / "out"), "--json") == 2
    said = capsys.readouterr()
    assert (said.out, "空.mp4: garbage" in said.err) == ("", True)


def test_a_file_that_is_no_video_and_an_unknown_camera_are_typed_errors(tmp_path: Path) -> None:
    config = configured(tmp_path / "gw")
    (tmp_path / "no.mp4").write_bytes(bytes(5000))
    with pytest.raises(CaptureError):
        replayed(config, tmp_path / "no.mp4", tmp_path / "a")
    other = replay.Recording(tmp_path / "no.mp4", "cam-9", 0)
    with pytest.raises(ContractError, match="cam-1"):
        replay.replay_recording(
            config, other, detector=RedBoxes(), made_by=MADE_BY, out=tmp_path / "b", say=lambda _: None
        )


def test_long_recordings_say_how_far_they_are(tmp_path: Path) -> None:
    source = write_street(tmp_path / "street.mp4", [], seconds=640, fps=1)
    said: list[str] = []
    recording = replay.Recording(source, "cam-1", replay.parse_start(START))
    config = configured(tmp_path / "gw")
    replay.replay_recording(
        config, recording, detector=RedBoxes(), made_by=MADE_BY, out=tmp_path / "out", say=said.append
    )
    assert [words.split(" judged")[0] for words in said[:2]] == ["300 s", "600 s"]
    assert len(list(Path(tmp_path / "out").iterdir())) == 2
    assert (
        msgspec.json.decode((tmp_path / "out" / "observations.jsonl").read_bytes().splitlines()[0])["device"] == "cam-1"
    )


class BreaksOff(Replay):
    """A recording on a disk that fails after 40 s."""

    def __iter__(self) -> Iterator[Frame]:
        for frame in super().__iter__():
            if frame.at_ns > replay.parse_start(START) + 40 * NS:
                raise CaptureError("stalled", "the disk does not answer")
            yield frame


def test_a_recording_that_breaks_off_is_judged_as_far_as_it_goes_and_the_error_is_told(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(replay, "Replay", BreaksOff)
    source = write_street(tmp_path / "street.mp4", [PARKS], seconds=60)
    config = configured(tmp_path / "gw")
    with pytest.raises(CaptureError, match="the disk does not answer"):
        replayed(config, source, tmp_path / "out")
    done = Done(tmp_path / "out")
    assert [(event.revision, event.phase) for event in done.events] == [(1, "opened"), (2, "updated")]
    assert "the recording broke off: the disk does not answer" in done.tape.read_text().splitlines()[-1]
    assert done.damages() == []
    assert rejudged(done.tape, tmp_path / "again").messages == done.messages


def test_the_command_runs_the_model_that_ships_with_the_gateway(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    configured(tmp_path / "gw")
    source = write_street(tmp_path / "street.mp4", [PARKS], seconds=12)
    words = ("--config", str(tmp_path / "gw" / "edge.toml"), "--source", str(source), "--camera", "cam-1")
    assert run(*words, "--start", START, "--out", str(tmp_path / "out")) == 0, capsys.readouterr().err
    head, *records = (tmp_path / "out" / "observations.jsonl").read_bytes().splitlines()
    assert msgspec.json.decode(head)["provenance"]["model"].startswith("vehicle-n ")
    assert len(records) >= 6
