"""A tower's camera from looks to packages: its cells on the map, its close view in a revision of its own."""

from __future__ import annotations

import threading
import time
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from io import BytesIO
from pathlib import Path

import msgspec
import numpy as np
import pytest
from PIL import Image as Pillow

from contract import codec
from contract.events import Event
from contract.geometry import Position
from contract.manifest import decode_manifest
from contract.observations import Detection, TapeStart
from edge.camera import Camera, Surroundings
from edge.capture.types import Frame, Image
from edge.config import CameraConfig, EdgeConfig, GatewayConfig, ZoneConfig
from edge.config.types import EvidenceConfig, TowerConfig
from edge.evidence.files import EvidenceStore
from edge.evidence.from_tape import TapeEvidence
from edge.evidence.tape import read_tape
from edge.inference.plumes import PlumeMeter
from edge.inference.plumes_look import TowerLooker
from edge.judge import CameraJudge
from edge.spool import Spool
from edge.towers import SmokeEyes, Towers, TowersAround
from ground.local import Spot, metres_from, spot_at
from tests.unit.edge_evidence.burning import KEY, SIGHT, START, TOWER, looks, measured
from tests.unit.edge_inference.valley import SIZE_PX, START_NS, at_ns, valley
from tests.waiting import until

TINT = (225, 238, 225)
CLIPS_SETTLED_S = 20.0


class _Blind:
    def detect(self, frames_bgr: Sequence[Image]) -> list[list[Detection]]:
        return [[] for _ in frames_bgr]


@pytest.fixture(scope="module")
def cells(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """One cell of 100 m, named as the sight names it, around the place of the fire."""
    mast = Spot(lat=TOWER[0], lon=TOWER[1])
    east, north = (float(one) for one in metres_from(mast, Spot(lat=SIGHT.lat or 0, lon=SIGHT.lon or 0))[:2])
    corners = [spot_at(mast, east + e, north + n) for e, n in ((-50, -50), (50, -50), (50, 50), (-50, 50))]
    ring = [[one.lon, one.lat] for one in (*corners, corners[0])]
    shape = {"type": "Polygon", "coordinates": [ring]}
    feature = {"type": "Feature", "properties": {"cell": "D14"}, "geometry": shape}
    path = tmp_path_factory.mktemp("cells") / "cells.geojson"
    path.write_bytes(msgspec.json.encode({"type": "FeatureCollection", "features": [feature]}))
    return path


class Watched:
    """The camera of a tower whose looks come from the test, and what its spool holds."""

    def __init__(self, camera: Camera, spool: Spool) -> None:
        self.camera, self._spool = camera, spool
        self._meter = PlumeMeter(score_at_r80=0.3)

    def look(self, image: Image, at_s: float, *found: Detection) -> None:
        """Judged and committed when it returns."""
        frame = Frame(device="tower-1", at_ns=at_ns(at_s), image_bgr=image, is_keyframe=True)
        number = self.camera.health().counters.get("judged", 0) + 1
        self.camera.take(measured(self._meter, frame, found), frame)
        until(lambda: self.camera.health().counters.get("judged", 0) >= number)

    def burn(self) -> None:
        """Four quiet visits, then a stare at a growing fire."""
        for visit in range(4):
            self.look(valley(seed=100 + visit), -60.0 * (4 - visit))
        for at_s, image, found in looks(30):
            self.look(image, at_s, found)

    def events(self) -> list[Event]:
        """In their order."""
        told = [codec.decode(one.body).data for one in self._spool.events.pending(100)]
        return [one for one in told if isinstance(one, Event)]


@contextmanager
def watching(folder: Path, cells: Path | None = None) -> Iterator[Watched]:
    """The gateway's parts of one tower that never moves."""
    stop, spool = threading.Event(), Spool(folder / "spool.sqlite")
    config = CameraConfig(
        id="tower-1",
        name="Tower",
        url="rtsp://127.0.0.1:9/x",
        frame_px=SIZE_PX,
        position=Position(lat=TOWER[0], lon=TOWER[1], error_m=5),
        tower=TowerConfig(
            focal_px=2400, mast_m=40, areas_file=None if cells is None else str(cells), areas_name="cell"
        ),
    )
    zone = ZoneConfig(id="ward", camera="tower-1", name="Ward", matter="straw_burning", frame_px=SIZE_PX)
    gateway = GatewayConfig(id="gw-1", town="demo", key_file=str(folder / "key.pem"), data_dir=str(folder))
    edge = EdgeConfig(gateway=gateway, cameras=(config,), zones=(zone,), config_sha256="0" * 64)
    meter = PlumeMeter(score_at_r80=0.3)
    around = TowersAround(
        data_dir=folder,
        put=lambda _: None,
        show=lambda *_: None,
        now_ns=lambda: START_NS,
        monotonic_s=time.monotonic,
        stop=stop,
    )
    towers = Towers(edge, SmokeEyes(TowerLooker(_Blind(), meter=meter), "none", ""), around)
    surroundings = Surroundings(
        spool=spool,
        store=EvidenceStore.open(folder, key=KEY, config=EvidenceConfig(pre_roll_s=1, post_roll_s=5)),
        tapes=folder / "tapes",
        now_ns=lambda: START_NS,
        monotonic_s=time.monotonic,
        stop=stop,
        towers=towers,
    )
    camera = Camera(config, START, surroundings, on_frame=lambda _: None)
    camera.judge_thread.start()
    try:
        yield Watched(camera, spool)
    finally:
        stop.set()
        assert camera.judge_thread.is_over(10)
        spool.close()


def test_the_map_of_a_fire_shows_the_cells_of_the_towers_own_file(tmp_path: Path, cells: Path) -> None:
    tinted = {}
    for name, file in (("with", cells), ("without", None)):
        folder = tmp_path / name
        folder.mkdir()
        with watching(folder, file) as tower:
            tower.burn()
            (event_id,) = {event.event_id for event in tower.events()}
        drawn = np.asarray(Pillow.open(BytesIO((folder / "evidence" / event_id / "map.png").read_bytes())))
        tinted[name] = bool((drawn == TINT).all(axis=2).any())
    assert tinted == {"with": True, "without": False}


def test_a_fire_is_told_at_once_and_its_close_view_follows_in_a_revision_of_its_own(tmp_path: Path) -> None:
    with watching(tmp_path) as tower:
        tower.burn()
        before = tower.events()
        assert before[0].phase == "opened"
        assert before[0].evidence is not None
        assert before[0].evidence.items[0].path == "stills/first_still.jpg"
        last = before[-1]
        close = Frame(device="tower-1", at_ns=at_ns(CLIPS_SETTLED_S), image_bgr=valley(seed=9), is_keyframe=True)
        tower.camera.take_close_view(last.event_id, close)
        tower.look(valley(seed=10), CLIPS_SETTLED_S + 2)
        tower.look(valley(seed=11), CLIPS_SETTLED_S + 4)
        after = tower.events()
        late = "00000000-0000-8000-8000-000000000000"
        tower.camera.take_close_view(late, close)
        tower.look(valley(seed=12), CLIPS_SETTLED_S + 6)
        assert tower.camera.health().counters["close_views_too_late"] == 1
    first_with = next(event for event in after if event.evidence and "close_ups/zoomed.jpg" in paths(event))
    assert (first_with.phase, first_with.revision) == ("updated", last.revision + 1)
    assert after.index(first_with) == len(before), "the first revision after the picture was taken"
    names = paths(first_with)
    assert names.index("stills/first_still.jpg") < names.index("stills/due.jpg") < names.index("close_ups/zoomed.jpg")
    assert sum("close_ups/zoomed.jpg" in paths(event) for event in after) == len(after) - len(before)
    manifest = decode_manifest((tmp_path / "evidence" / last.event_id / "manifest.json").read_bytes())
    assert manifest.revision == first_with.revision
    assert again(tmp_path) == [codec.encode(codec.event_message(event)) for event in after]


def paths(event: Event) -> list[str]:
    return [] if event.evidence is None else [item.path for item in event.evidence.items]


def again(folder: Path) -> list[bytes]:
    """The events of the tape, judged without a picture."""
    maker = TapeEvidence()
    events: list[Event] = []
    judge: CameraJudge | None = None
    for taped in read_tape(folder / "tapes" / "tower-1" / "observations.jsonl"):
        if isinstance(taped.record, TapeStart):
            judge = CameraJudge(taped.record, maker=maker)
        elif judge is not None:
            maker.expect(taped.made)
            events += judge.take(taped.record).events
    return [codec.encode(codec.event_message(event)) for event in events]
