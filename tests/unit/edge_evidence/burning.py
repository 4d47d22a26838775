"""A fire in a drawn valley, measured by the real meter, judged by the real judge, kept as real files."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass, field
from pathlib import Path

import msgspec
import numpy as np
from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey

from contract.events import Clock, Event, Provenance
from contract.geometry import CellShare, Ellipse, Sight
from contract.manifest import Manifest, decode_manifest, public_key_hex
from contract.observations import Detection, Observation, Picture, TapeStart, ZoneOnTape
from contract.reports import VerifyReport
from contract.verification import verify_package
from edge.capture.pyav_engine import PyAvEngine
from edge.capture.ring import PacketRing
from edge.capture.types import Frame, Image
from edge.config import EvidenceConfig
from edge.evidence.clips import Footage
from edge.evidence.files import EvidenceStore, FileEvidence
from edge.evidence.fires.files import NOTHING_NEAR, Near
from edge.evidence.tape import Tape
from edge.inference.plumes import PlumeMeter
from edge.judge import CameraJudge
from tests.unit.edge_inference.valley import SIZE_PX, at_ns, valley, with_smoke

KEY = Ed25519PrivateKey.from_private_bytes(bytes(range(32)))
TRUSTED = frozenset({public_key_hex(KEY)})
TOWER = (30.0, 120.0, 5.0)
FOOT_PX = (480, 400)
EVERY_S = 0.5
SIGHT = Sight(
    azimuth_deg=36.87,
    elevation_deg=-0.917,
    azimuth_sd_deg=0.05,
    elevation_sd_deg=0.05,
    range_m=2500.0,
    lat=30.018045,
    lon=120.015546,
    cov_m2=(3600.0, 4400.0, 6800.0),
    ellipse=Ellipse(major_m=107.0, minor_m=30.0, bearing_deg=36.87),
    method="flat",
    calibration="2026-01",
    cells=(CellShare(kind="cell", cell="D14", share=0.41), CellShare(kind="cell", cell="E14", share=0.22)),
)
ZONE = ZoneOnTape(
    zone="ward",
    matter="straw_burning",
    polygon_px=((0.0, 0.0), (960.0, 0.0), (960.0, 540.0), (0.0, 540.0)),
    frame_px=SIZE_PX,
    rule={},
)
START = TapeStart(
    town="demo",
    gateway="gw-1",
    device="tower-1",
    zones=(ZONE,),
    provenance=Provenance(
        model="smoke-n", model_sha256="0" * 64, rule="", config_sha256="0" * 64, software="tantou test"
    ),
    position=TOWER,
    post_roll_s=5.0,
)


@dataclass
class Tower:
    """One gateway's evidence of one tower; the same folder again is the same gateway after a restart."""

    folder: Path
    start: TapeStart = START
    near: Near = NOTHING_NEAR
    state: bytes | None = None
    paint: Callable[[Image], None] | None = None
    meter: PlumeMeter = field(default_factory=lambda: PlumeMeter(score_at_r80=0.3))
    seen: list[Observation] = field(default_factory=list)
    events: list[Event] = field(default_factory=list)

    def __post_init__(self) -> None:
        store = EvidenceStore.open(self.folder, key=KEY, config=EvidenceConfig(pre_roll_s=1, post_roll_s=5))
        self.store = store
        tape = Tape(self.folder / "tape.jsonl", self.start)
        footage = Footage(
            ring=PacketRing(1, 1_000_000), stream_info=lambda: None, decoder=PyAvEngine(lambda: 0).decoder
        )
        self.maker = FileEvidence(self.start, store=store, footage=footage, tape=tape, near=self.near)
        self.judge = CameraJudge(self.start, maker=self.maker, state=self.state)

    def look(
        self, image: Image, at_s: float, *found: Detection, preset: str = "north", sight: Sight | None = SIGHT
    ) -> None:
        """One look, from pixels to files; private places are painted over first, as the feed does."""
        if self.paint is not None:
            self.paint(image)
        frame = Frame(device="tower-1", at_ns=at_ns(at_s), image_bgr=image, is_keyframe=True)
        seen = measured(self.meter, frame, found, preset=preset, sight=sight)
        self.seen.append(seen)
        self.events += self.judge.take(seen, frame).events

    @property
    def package(self) -> Path:
        """The folder of the only fire."""
        (folder,) = (self.folder / "evidence").iterdir()
        return folder

    def manifest(self) -> Manifest:
        """The newest manifest of the only fire."""
        return decode_manifest((self.package / "manifest.json").read_bytes())

    def verify(self) -> VerifyReport:
        """The package as whoever receives it checks it."""
        package = self.package
        return self.verify_files(
            {one.relative_to(package).as_posix(): one.read_bytes() for one in package.rglob("*") if one.is_file()}
        )

    def verify_files(self, files: Mapping[str, bytes]) -> VerifyReport:
        """The same of any files."""
        return verify_package(files, files.__getitem__, TRUSTED)


def measured(
    meter: PlumeMeter,
    frame: Frame,
    found: tuple[Detection, ...],
    *,
    preset: str = "north",
    sight: Sight | None = SIGHT,
) -> Observation:
    """What the gateway tells the judge of this look; each plume with a base stands at `sight`."""
    look = meter.measure(frame.image_bgr, found, device="tower-1", preset=preset, at_ns=frame.at_ns)
    plumes = tuple(msgspec.structs.replace(one, sight=sight if one.base_px else None) for one in look.plumes)
    return Observation(
        device="tower-1",
        at_ns=frame.at_ns,
        frame_px=SIZE_PX,
        detections=found,
        picture=Picture(brightness=110.0, sharpness=40.0),
        clock=Clock(source="rtcp", offset_s=0.1, uncertainty_s=0.05),
        preset=preset,
        view=look.view,
        plumes=plumes,
        horizon_px=look.horizon_px,
    )


def plume_of(size: int, *, shift_px: tuple[int, int] = (0, 0)) -> Detection:
    """What a detector says of the drawn plume."""
    x, foot = FOOT_PX[0] + shift_px[0], FOOT_PX[1] + shift_px[1]
    box = (float(x - size // 2), float(foot - size), float(x + size // 2), float(foot))
    return Detection(bbox_xyxy_px=box, score=0.8, label="smoke")


def quiet(tower: Tower, *, visits: int = 4) -> None:
    """The preset before the fire."""
    for visit in range(visits):
        tower.look(valley(seed=100 + visit), -60.0 * (visits - visit))


def looks(
    count: int, *, size: int = 40, grows: float = 2.5, sway_px: int = 0
) -> Iterator[tuple[float, Image, Detection]]:
    """Seconds, picture and detection of a stare at smoke that grows; the head sways by up to `sway_px`."""
    for index in range(count):
        now = round(size + grows * index)
        shift = (sway_px * (index % 3 - 1), 0)
        clear = with_smoke(valley(seed=index), x=FOOT_PX[0], foot=FOOT_PX[1], size=now // 2 * 2, seed=1000 + index)
        moved = _moved(clear, shift)
        yield index * EVERY_S, moved, plume_of(now // 2 * 2, shift_px=shift)


def burn(tower: Tower, *, count: int = 36, sway_px: int = 0) -> None:
    """Four quiet visits, then a stare at a growing fire."""
    quiet(tower)
    for at_s, image, found in looks(count, sway_px=sway_px):
        tower.look(image, at_s, found)


def _moved(image: Image, shift_px: tuple[int, int]) -> Image:
    return np.asarray(np.roll(image, shift_px[::-1], axis=(0, 1)), np.uint8)
