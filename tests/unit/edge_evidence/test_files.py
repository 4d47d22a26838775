"""From holds and orders to signed packages, over a real ring of a drawn clip."""

from __future__ import annotations

import errno
import shutil
from collections.abc import Callable
from contextlib import suppress
from dataclasses import dataclass, replace
from pathlib import Path

import msgspec
import pytest
from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey

from contract.events import Clock, EvidenceRef, EvidenceRole
from contract.manifest import decode_manifest, public_key_hex, sha256_hex
from contract.observations import Observation, StreamLost
from contract.reports import VerifyReport
from contract.times import NS
from contract.verification import verify_package
from detectors.fold import HoldEvidence
from edge.capture.ring import PacketRing
from edge.capture.types import Frame
from edge.config import EvidenceConfig
from edge.evidence.disk import write_durably
from edge.evidence.files import EvidenceStore, FileEvidence
from edge.evidence.orders import Order
from edge.evidence.tape import Tape
from tests.unit.edge_evidence.footage import SIZE_PX, START_NS, footage, packets
from tests.unit.edge_evidence.footage import drawn as drawn_clip
from tests.unit.edge_judge.listed import START

KEY = Ed25519PrivateKey.from_private_bytes(bytes(range(32)))
TRUSTED = frozenset({public_key_hex(KEY)})
EVENT = "01234567-89ab-8def-8123-456789abcdef"
BOX = (40.0, 60.0, 100.0, 120.0)
CONFIG = EvidenceConfig(pre_roll_s=1.0, post_roll_s=1.0)
ARRIVAL_S, DUE_S = 3, 8


def moment(at_s: float) -> int:
    return START_NS + round(at_s * NS)


@dataclass
class Camera:
    """A gateway's evidence room with one camera, as a process has it."""

    folder: Path
    maker: FileEvidence
    store: EvidenceStore
    picture: Callable[[float], Frame]

    def look(self, at_s: float) -> None:
        seen = Observation(device="cam-1", at_ns=moment(at_s), frame_px=SIZE_PX, detections=())
        self.maker.note(seen, state_before=b"{}")

    def hold(self, role: EvidenceRole, at_s: float) -> None:
        self.maker.hold(HoldEvidence(event_id=EVENT, role=role, at_ns=moment(at_s), bbox_xyxy_px=BOX), None)

    def verify(self) -> VerifyReport:
        package = self.folder / "evidence" / EVENT
        names = [path.relative_to(package).as_posix() for path in package.rglob("*") if path.is_file()]
        return verify_package(names, lambda name: (package / name).read_bytes(), TRUSTED)

    def files(self, folder: str) -> list[str]:
        root = self.folder / folder
        return sorted(path.relative_to(root).as_posix() for path in root.rglob("*") if path.is_file())

    def missing(self) -> tuple[str, ...]:
        return decode_manifest((self.folder / "evidence" / EVENT / "manifest.json").read_bytes()).missing


def camera(folder: Path, *, last_s: float = 12, ring_s: float = 60) -> Camera:
    """The same folder again is the same gateway after a restart."""
    source = footage(last_s=12)
    ring = PacketRing(ring_s, 30_000_000)
    for packet in packets(drawn_clip()):
        if packet.at_ns < moment(last_s):
            ring.append(packet)
    store = EvidenceStore.open(folder, key=KEY, config=CONFIG)
    tape = Tape(folder / "tape" / "o.jsonl", START)
    maker = FileEvidence(START, store=store, footage=replace(source, ring=ring), tape=tape)

    def picture(at_s: float) -> Frame:
        image = source.picture_at(moment(at_s))
        assert image is not None
        return Frame("cam-1", moment(at_s), image, True)

    return Camera(folder, maker, store, picture)


def order(of: Camera, revision: int, previous: EvidenceRef | None, *, at_s: float = DUE_S) -> Order:
    return Order(
        event_id=EVENT,
        revision=revision,
        phase="opened",
        previous=previous,
        previous_revision=revision - 1 if previous else None,
        zone=START.zones[0],
        onset_ns=moment(ARRIVAL_S),
        last_seen_ns=moment(at_s),
        at_ns=moment(at_s),
        bbox_xyxy_px=BOX,
        frame_px=SIZE_PX,
        clock=Clock(source="none"),
        provenance=START.provenance,
        frame=of.picture(at_s),
    )


def opened(of: Camera) -> EvidenceRef:
    """An act up to its first revision."""
    for at_s in range(1, 5):
        of.look(at_s)
    of.hold("arrival", ARRIVAL_S - 1)
    of.hold("first_still", ARRIVAL_S)
    for at_s in range(5, DUE_S + 1):
        of.look(at_s)
    ref = of.maker.make(order(of, 1, None))
    assert ref is not None
    return ref


def settled(of: Camera, previous: EvidenceRef) -> EvidenceRef:
    of.look(DUE_S + 1)
    ref = of.maker.make(replace(order(of, 2, previous, at_s=DUE_S + 1), phase="updated", settle_clips=True, frame=None))
    assert ref is not None
    return ref


def closed(of: Camera, previous: EvidenceRef) -> EvidenceRef:
    of.look(DUE_S + 2)
    gone = replace(order(of, 3, previous, at_s=DUE_S + 2), phase="closed", last_seen_ns=moment(DUE_S + 1))
    ref = of.maker.make(gone)
    assert ref is not None
    return ref


def test_the_first_revision_has_stills_overlays_and_what_the_rule_was_told(tmp_path: Path) -> None:
    here = camera(tmp_path)
    ref = opened(here)
    assert [item.path for item in ref.items] == [
        "stills/arrival.jpg",
        "overlays/arrival.jpg",
        "stills/first_still.jpg",
        "overlays/first_still.jpg",
        "stills/due.jpg",
        "overlays/due.jpg",
        "observations.jsonl",
    ]
    report = here.verify()
    assert (report.whole, report.signer, report.reasons) == (True, "proved", ())
    overlay, raw = ref.items[5], ref.items[4]
    assert overlay.parent_sha256 == raw.sha256


def test_clips_follow_and_then_the_parting_and_every_revision_verifies(tmp_path: Path) -> None:
    here = camera(tmp_path)
    second = settled(here, opened(here))
    assert [item.path for item in second.items if item.role == "clip"] == ["clips/arrival.mp4", "clips/due.mp4"]
    assert here.verify().whole
    third = closed(here, second)
    assert [item.path for item in third.items[len(second.items) :]] == [
        "stills/last.jpg",
        "overlays/last.jpg",
        "stills/departure.jpg",
        "overlays/departure.jpg",
        "observations-0003.jsonl",
    ]
    report = here.verify()
    assert (report.whole, report.signer, report.reasons) == (True, "proved", ())
    assert here.files("evidence")[-1].endswith("stills/last.jpg")
    assert [name for name in here.files("evidence") if "revisions" in name] == [
        f"{EVENT}/revisions/0001/manifest.json",
        f"{EVENT}/revisions/0001/manifest.sig",
        f"{EVENT}/revisions/0002/manifest.json",
        f"{EVENT}/revisions/0002/manifest.sig",
    ]
    assert here.files("candidates") == []


def test_what_is_to_be_sent_is_each_new_file_once_with_its_bytes(tmp_path: Path) -> None:
    here = camera(tmp_path)
    first = opened(here)
    sent = here.maker.take_uploads()
    assert {upload.sha256 for upload in sent} == {
        *(item.sha256 for item in first.items),
        first.manifest_sha256,
        first.signature_sha256,
    }
    second = settled(here, first)
    later = here.maker.take_uploads()
    assert len(later) == len(second.items) - len(first.items) + 2
    assert here.maker.take_uploads() == ()
    for upload in (*sent, *later):
        assert sha256_hex(Path(upload.path).read_bytes()) == upload.sha256
        assert Path(upload.path).stat().st_size == upload.size_bytes
    ranks = {Path(upload.path).parent.name: upload.rank for upload in (*sent, *later)}
    assert ranks["manifests"] > ranks["stills"] > ranks["clips"] > ranks["overlays"]


def test_an_act_that_ends_early_leaves_nothing(tmp_path: Path) -> None:
    here = camera(tmp_path)
    here.look(1)
    here.hold("arrival", 2)
    here.hold("first_still", 3)
    here.look(5)
    assert here.files("candidates") != []
    here.maker.drop(EVENT)
    here.look(6)
    assert list((tmp_path / "candidates").iterdir()) == []
    assert not (tmp_path / "evidence").exists()


def test_arrival_stills_and_clip_outlast_a_ring_that_is_far_shorter_than_the_grace(tmp_path: Path) -> None:
    early = camera(tmp_path, last_s=6)
    for at_s in range(1, 5):
        early.look(at_s)
    early.hold("arrival", 2)
    early.hold("first_still", 3)
    early.look(5)
    late = camera(tmp_path, ring_s=5.5)
    for at_s in (DUE_S, DUE_S + 1):
        late.look(at_s)
    first = late.maker.make(order(late, 1, None))
    assert first is not None
    second = settled(late, first)
    paths = [item.path for item in second.items]
    assert {"stills/arrival.jpg", "stills/first_still.jpg", "clips/arrival.mp4", "clips/due.mp4"} <= set(paths)
    assert late.verify().whole


def test_a_moment_that_the_ring_lost_is_said_to_be_missing(tmp_path: Path) -> None:
    here = camera(tmp_path, ring_s=4.0)
    ref = opened(here)
    assert "stills/arrival.jpg" not in [item.path for item in ref.items]
    settled(here, ref)
    assert here.missing() == (
        "stills/arrival.jpg: no picture of that moment is kept",
        "stills/first_still.jpg: no picture of that moment is kept",
    )
    assert here.verify().whole


def test_a_stream_lost_before_the_post_roll_ends_settles_a_shorter_clip_and_says_so(tmp_path: Path) -> None:
    here = camera(tmp_path, last_s=DUE_S + 0.1)
    here.store = replace(here.store, config=msgspec.structs.replace(CONFIG, post_roll_s=4.0))
    tape = Tape(tmp_path / "tape2" / "o.jsonl", START)
    source = replace(footage(last_s=DUE_S + 0.1))
    here.maker = FileEvidence(START, store=here.store, footage=source, tape=tape)
    ref = opened(here)
    here.maker.note(StreamLost(device="cam-1", at_ns=moment(DUE_S), reason="stalled"), state_before=b"{}")
    again = replace(order(here, 2, ref), phase="updated", settle_clips=True, frame=None)
    assert here.maker.make(again) is not None
    assert here.missing() == ("clips/due.mp4: ends 3.9 s before its post-roll; the stream or the process ended",)
    assert here.verify().whole


def test_a_package_whose_event_was_never_kept_is_taken_up_as_it_is(tmp_path: Path) -> None:
    here = camera(tmp_path)
    ref = opened(here)
    again = camera(tmp_path)
    again.look(DUE_S + 1)
    taken_up = again.maker.make(order(again, 1, None, at_s=DUE_S + 1))
    assert taken_up == ref
    assert {upload.sha256 for upload in again.maker.take_uploads()} >= {item.sha256 for item in ref.items}
    assert again.verify().whole


def test_revisions_whose_events_were_never_kept_are_undone_when_another_follows(tmp_path: Path) -> None:
    here = camera(tmp_path)
    first = opened(here)
    closed(here, settled(here, first))
    again = camera(tmp_path)
    again.look(DUE_S + 3)
    other = replace(order(again, 4, first, at_s=DUE_S + 3), phase="closed", previous_revision=1)
    assert again.maker.make(other) is not None
    report = again.verify()
    assert (report.whole, report.signer) == (True, "proved")
    assert [name for name in again.files("evidence") if "revisions" in name] == [
        f"{EVENT}/revisions/0001/manifest.json",
        f"{EVENT}/revisions/0001/manifest.sig",
    ]


@pytest.mark.parametrize("deaths", [(0,), (1,), (2,), (3,), (4,), (1, 1), (2, 2), (3, 1), (3, 2), (3, 3), (4, 3)])
def test_a_process_that_dies_between_any_two_writes_of_a_package_leaves_a_chain_that_verifies(
    deaths: tuple[int, ...], tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    first = opened(camera(tmp_path))
    for number, writes in enumerate(deaths):
        with monkeypatch.context() as patched:
            _die_after(patched, writes)
            dying = camera(tmp_path)
            dying.look(DUE_S + 1 + number)
            later = replace(order(dying, 2, first, at_s=DUE_S + 1 + number), phase="updated", settle_clips=True)
            with suppress(_DeathError):
                dying.maker.make(replace(later, frame=None))
    again = camera(tmp_path)
    again.look(DUE_S + 3)
    assert again.maker.make(replace(order(again, 3, first, at_s=DUE_S + 3), phase="closed", previous_revision=1))
    report = again.verify()
    assert (report.missing, report.changed, report.extra, report.signer) == ((), (), (), "proved")


class _DeathError(BaseException):
    """What no code catches, as kill -9 is not caught."""


def _die_after(patched: pytest.MonkeyPatch, writes: int) -> None:
    left = iter(range(writes))

    def write(path: Path, data: bytes) -> None:
        if next(left, None) is None:
            raise _DeathError
        write_durably(path, data)

    patched.setattr("edge.evidence.package.write_durably", write)


def test_files_of_a_revision_that_was_never_signed_are_removed(tmp_path: Path) -> None:
    here = camera(tmp_path)
    stray = tmp_path / "evidence" / EVENT / "clips" / "due.mp4"
    stray.parent.mkdir(parents=True)
    stray.write_bytes(b"half")
    opened(here)
    assert here.verify().extra == ()


@pytest.mark.parametrize("gone", ["stills/due.jpg", "manifest.json"])
def test_evidence_given_up_by_a_full_disk_does_not_stop_the_next_revision(gone: str, tmp_path: Path) -> None:
    here = camera(tmp_path)
    first = opened(here)
    (tmp_path / "evidence" / EVENT / gone).unlink()
    second = settled(here, first)
    assert set(first.items) < set(second.items)


def test_a_disk_that_refuses_costs_the_evidence_and_not_the_judge(tmp_path: Path) -> None:
    here = camera(tmp_path)
    (tmp_path / "evidence").write_bytes(b"a file where a folder should be")
    for at_s in range(1, DUE_S + 1):
        here.look(at_s)
    assert here.maker.make(order(here, 1, None)) is None
    assert here.maker.counters()["package_failed"] == 1
    (tmp_path / "evidence").unlink()
    ref = here.maker.make(replace(order(here, 2, None, at_s=DUE_S + 1), phase="updated", settle_clips=True))
    assert ref is not None
    assert "stills/due.jpg" in [item.path for item in ref.items]


def test_a_still_that_the_disk_refused_is_said_to_be_missing(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    here = camera(tmp_path)
    here.look(ARRIVAL_S)
    with monkeypatch.context() as patched:
        patched.setattr("edge.evidence.candidates.make_durably", _no_room)
        here.hold("arrival", ARRIVAL_S)
    for at_s in range(ARRIVAL_S + 1, DUE_S + 1):
        here.look(at_s)
    assert here.maker.make(order(here, 1, None)) is not None
    assert "stills/arrival.jpg: could not be kept (OSError)" in here.missing()


def _no_room(path: Path, write: Callable[[Path], object]) -> None:
    raise OSError(errno.ENOSPC, "No space left on device")


def test_a_tape_that_cannot_be_written_is_counted_and_the_act_still_gets_its_evidence(tmp_path: Path) -> None:
    here = camera(tmp_path)
    shutil.rmtree(tmp_path / "tape")
    here.look(DUE_S)
    assert here.maker.counters()["tape_failed"] == 1
    (tmp_path / "tape").mkdir()
    here.look(DUE_S + 1)
    assert here.maker.make(order(here, 1, None, at_s=DUE_S + 1)) is not None
    assert here.verify().whole
