"""What happens before the two demo cameras, and the zones that are drawn on their pictures.

`standing`: a car drives in, stands far longer than the zone's grace while traffic passes behind it, and leaves.
`flowing`: the same junction in a mirror; everybody drives through, nobody stands, so nothing may be reported.
"""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path

from tantou.demo import footage, scene

VERSION = "1"  # counts up when the scenes change, so that composed ones are made anew
GRACE_S = 20
STANDS_FROM_S = 7.0
LEAVES_S = 67.0
# The record of a camera that nobody approved says so itself: without one the record would be a lead only.
APPROVAL = """
[camera.approval]
number = "示范 1"
reviewed_on = "2026-01-05"
published_in = "示范数据，非真实公告"
published_on = "2026-01-12"
calibrated_until = "2099-12-31"
sign_photo = "示范数据，无照片"
"""


@dataclass(frozen=True, slots=True)
class DemoCamera:
    """A camera of the demo: its id (also its file and path), its zone in pixels of 1280x720, where it hangs and looks,
    and where the line of the junction is in its picture."""

    id: str
    name: str
    zone: str
    zone_name: str
    polygon_px: tuple[tuple[int, int], ...]
    position: tuple[float, float, float]
    facing: str
    line_px: tuple[tuple[int, int], ...]

    @property
    def rule(self) -> str:
        """What the zone rests on, as TOML: with it the grade is what the pictures make it."""
        return f"""authority = "jiaojing"
legal_ground = "道路交通安全法实施条例 第六十三条第二项"
marking = "junction"
marking_px = {[list(point) for point in self.line_px]}
surface = "carriageway"
facing = "{self.facing}"
"""


STANDING = DemoCamera(
    "cam-junction",
    "示范路口 东北角",
    "zone-no-stopping",
    "路口禁停区",
    ((520, 300), (880, 270), (1010, 400), (900, 520), (600, 500)),
    (30.2741, 120.1551, 15.0),
    "northeast",
    ((500, 420), (612, 412), (606, 440), (502, 485)),
)
FLOWING = DemoCamera(
    "cam-approach",
    "示范路口 西进口",
    "zone-approach",
    "进口道禁停区",
    ((270, 300), (760, 270), (690, 500), (380, 520)),
    (30.2744, 120.1546, 15.0),
    "west",
    ((668, 412), (780, 420), (778, 485), (674, 440)),
)
CAMERAS = (STANDING, FLOWING)


def is_composed(folder: Path) -> bool:
    """Whether both scenes of this version of the story are there."""
    stamp = folder / "composed"
    return (
        stamp.is_file()
        and stamp.read_text() == VERSION
        and all((folder / f"{one.id}.mp4").is_file() for one in CAMERAS)
    )


def prepare(folder: Path) -> bool:
    """Clips and scenes in `folder`; returns False when they were there already."""
    if is_composed(folder):
        return False
    footage.fetch(folder)
    compose(folder)
    (folder / "composed").write_text(VERSION)
    return True


def compose(folder: Path) -> None:
    """Both scenes as `<camera id>.mp4` in `folder`, from the clips in it."""
    shots = scene.load(folder / footage.CARS.name, folder / footage.TRUCK.name)
    cars = scene.moving_parts(shots.cars, shots.street)
    truck = scene.moving_parts(shots.truck, shots.street)
    car = scene.cut(shots.cars[-1], shots.street, (460, 226))
    cyclist = scene.cut(shots.cars[-1], shots.street, (620, 440))
    red = scene.cut(shots.cars[-1], shots.street, (165, 145))
    lorry = scene.cut(shots.truck[-1], shots.street, (440, 125))

    def driven_in(start_s: float) -> tuple[scene.Drive | scene.Move, ...]:
        end_s = start_s + 3
        return (
            scene.Drive(shots.cars, cars, start_s),
            scene.Move(red, end_s, end_s + 9, end_s + 0.5, (0, 0), 1.0),
            scene.Move(cyclist, end_s, end_s, end_s + 1.0, (17, 9.5), 1.02),
        )

    def passing(start_s: float) -> tuple[scene.Drive | scene.Move, ...]:
        end_s = start_s + 3
        return (
            scene.Drive(shots.truck, truck, start_s),
            scene.Move(lorry, end_s, end_s, end_s + 2.6, (6.5, -1.0), 0.988),
        )

    def left(start_s: float, go_s: float) -> scene.Move:
        return scene.Move(car, start_s, go_s, go_s + 4.5, (6.0, 2.4), 1.015, ramp_s=1.5)

    standing = scene.Scene(
        seconds=100,
        acts=(
            *driven_in(STANDS_FROM_S - 3),
            *passing(20),
            *passing(45),
            left(STANDS_FROM_S, LEAVES_S),
            *passing(78),
            *passing(90),
        ),
        crop_row=28,
        mirrored=False,
        seed=1,
    )
    rounds = tuple(
        act
        for start_s in (2.0, 30.0, 62.0)
        for act in (*driven_in(start_s), scene.Move(car, start_s + 3, start_s + 3, start_s + 5.6, (8.2, 2.6), 1.015))
    )
    flowing = scene.Scene(
        seconds=90,
        acts=(*rounds, *passing(14), *passing(44), *passing(76)),
        crop_row=70,
        mirrored=True,
        seed=2,
    )
    scene.encode(scene.render(standing, shots.street), folder / f"{STANDING.id}.mp4")
    scene.encode(scene.render(flowing, shots.street), folder / f"{FLOWING.id}.mp4")
