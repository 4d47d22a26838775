"""The streets: a fixed camera of the shared data each, with its ground, its lanes, its zone and the cars cut from it.

Points are pixels of the source picture (or of the part of it that is shown). Cuts were chosen by eye from contact
sheets: no second vehicle, no edge of the picture, the outline whole.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, replace
from functools import cache
from pathlib import Path

import numpy as np

from tests.bench.compose.cutting import (
    Box,
    Cut,
    Image,
    camera_pictures,
    clip_frames,
    cut_vehicle,
    street_of,
)
from tests.bench.compose.ground import Ground, Point, Way

Polygon = tuple[Point, ...]


@dataclass(frozen=True, slots=True)
class Stage:
    """One street: `lanes` run the way their cars drive; `rows` are where one may stand; `zones` are drawn on it."""

    name: str
    ground: Ground
    lanes: dict[str, tuple[Point, ...]]
    cars: dict[str, tuple[str, ...]]
    rows: dict[str, tuple[Point, ...]]
    zones: dict[str, Polygon]
    load: Callable[[Path], tuple[Image, dict[str, Cut]]]
    dusk: bool = False

    def lane(self, name: str) -> Way:
        """A lane as a way."""
        return Way.through(self.ground, self.lanes[name])


def _boxes(names: str) -> tuple[str, ...]:
    return tuple(names.split())


def _from_camera(camera: str, names: tuple[str, ...]) -> Callable[[Path], tuple[Image, dict[str, Cut]]]:
    """Cuts named `picture.box` out of a camera of the vehicles set."""

    @cache
    def load(assets: Path) -> tuple[Image, dict[str, Cut]]:
        pictures = camera_pictures(assets, camera)
        street = street_of(tuple(picture.image for picture in pictures))
        cuts = {}
        for name in names:
            picture, box = (int(part) for part in name.split("."))
            cuts[name] = cut_vehicle(pictures[picture].image, street, pictures[picture].boxes[box][1])
        return street, cuts

    return load


def _fan(vanish: Point, slopes: tuple[float, ...], rows: tuple[float, float]) -> list[tuple[Point, ...]]:
    """Straight lines out of a vanishing point between two rows, given by pixels across per pixel down."""
    return [tuple((vanish[0] + s * (y - vanish[1]), y) for y in rows) for s in slopes]


# --- a street by day: carriageway towards the camera, kerb and pavement at its left, a striped island at the right
_STREET_LEFT = _boxes("14.2 18.5 24.1 29.0 32.0 35.0 41.1 45.1 47.0 53.1 57.0 58.3 59.1 62.1 63.1")
_STREET_TALL = _boxes("42.0 23.0 13.1")
_STREET_MID = _boxes("3.2 11.4 15.2 26.3 35.2 39.0 40.1 43.1 46.2 48.1 50.1 56.3 54.3 23.2 55.1 34.1")
STREET = Stage(
    name="street",
    ground=Ground(-50, 0.088, 960),
    lanes={
        "near": (
            (270, 30),
            (268, 60),
            (262, 100),
            (240, 180),
            (205, 277),
            (165, 350),
            (95, 460),
            (10, 590),
            (-60, 700),
        ),
        "far": (
            (312, 30),
            (318, 60),
            (322, 100),
            (318, 180),
            (300, 277),
            (275, 350),
            (235, 460),
            (180, 590),
            (130, 700),
        ),
        "middle": ((352, 40), (385, 100), (430, 180), (455, 249), (470, 350), (482, 494), (490, 590), (496, 720)),
    },
    cars={"near": _STREET_LEFT, "far": _STREET_LEFT, "middle": _STREET_MID, "tall": _STREET_TALL},
    rows={"kerb": ((203, 180), (158, 277), (112, 350), (84, 395)), "island": ((548, 300), (600, 345))},
    zones={
        "kerb": ((188, 150), (105, 277), (22, 410), (128, 420), (183, 277), (228, 150)),
        "carriageway": ((225, 110), (105, 277), (22, 410), (215, 470), (250, 277), (292, 110)),
        "beside": ((292, 110), (250, 277), (190, 440), (300, 440), (345, 277), (345, 110)),
        "island": ((515, 235), (560, 255), (640, 290), (660, 345), (585, 470), (550, 470), (528, 330)),
    },
    load=_from_camera("atl-street1", _STREET_LEFT + _STREET_TALL + _STREET_MID),
)

# --- a sunken road on a grey day: away from the camera at the right, a hard shoulder along the wall
_GREY_AWAY = _boxes("0.0 1.1 2.0 3.0 3.1 4.0 5.1 7.1 8.1 10.0 17.0 18.0 22.0 23.0 25.0 28.0 30.0 32.0 41.3 42.1")
_GREY_TALL = _boxes("21.1 33.4 13.0")
_GREY_ONCOMING = _boxes("1.2 5.6 9.3 19.0 20.0 36.0 37.3 40.0 34.0 44.0 30.10")
GREY = Stage(
    name="grey",
    ground=Ground(122, 0.15, 960),
    lanes={
        "inner": ((330, 580), (360, 532), (473, 366), (560, 238), (590, 194), (605, 172)),
        "middle": ((522, 580), (530, 540), (556, 412), (585, 270), (598, 206), (604, 172)),
        "near": ((735, 580), (720, 540), (660, 385), (615, 270), (604, 220), (598, 172)),
        "oncoming": ((470, 220), (430, 260), (310, 345), (182, 454), (60, 570), (-90, 700)),
    },
    cars={
        "inner": _GREY_AWAY,
        "middle": _GREY_AWAY,
        "near": _GREY_AWAY,
        "oncoming": _GREY_ONCOMING,
        "tall": _GREY_TALL,
    },
    rows={"kerb": ((690, 287), (735, 355), (768, 405), (800, 452)), "island": ((720, 330), (768, 405))},
    zones={
        "kerb": ((668, 262), (742, 420), (795, 535), (930, 535), (845, 420), (708, 262)),
        "carriageway": ((570, 262), (530, 420), (500, 535), (930, 535), (845, 420), (708, 262)),
        "beside": ((570, 262), (530, 420), (500, 535), (785, 535), (738, 420), (664, 262)),
    },
    load=_from_camera("farzad-8", _GREY_AWAY + _GREY_TALL + _GREY_ONCOMING),
)

# --- a road at dusk, low sun and deep shadow
_DUSK_AWAY = _boxes("3.2 6.1 8.12 12.1 11.0 1.1 15.2 13.8 6.0 17.4 4.1")
_DUSK_TALL = _boxes("9.0 12.2")
_DUSK_ONCOMING = _boxes("4.7 7.13 11.4 15.7 19.5 16.2 13.0")
DUSK = Stage(
    name="dusk",
    ground=Ground(185, 0.12, 960),
    lanes={
        "inner": ((555, 590), (540, 540), (531, 480), (505, 420), (470, 300), (462, 275)),
        "middle": ((740, 590), (700, 540), (644, 471), (609, 428), (505, 300), (485, 275)),
        "near": ((914, 590), (850, 540), (756, 465), (715, 434), (545, 300), (513, 275)),
        "oncoming": ((410, 300), (366, 401), (350, 436), (300, 540), (260, 620)),
    },
    cars={
        "inner": _DUSK_AWAY,
        "middle": _DUSK_AWAY,
        "near": _DUSK_AWAY,
        "oncoming": _DUSK_ONCOMING,
        "tall": _DUSK_TALL,
    },
    rows={"kerb": ((700, 367), (757, 401), (808, 431), (850, 456)), "island": ((757, 401), (808, 431))},
    zones={
        "kerb": ((640, 350), (745, 418), (840, 480), (950, 480), (830, 410), (715, 345)),
        "carriageway": ((560, 345), (640, 418), (715, 480), (950, 480), (830, 410), (715, 345)),
    },
    load=_from_camera("farzad-test", _DUSK_AWAY + _DUSK_TALL + _DUSK_ONCOMING),
    dusk=True,
)

# --- a broad road in the sun, near and large: away at the left with a wide shoulder beside the barrier
_BROAD_AWAY = _boxes("2.0 3.0 4.2 4.3 5.6 8.0 8.1 8.2 8.3 10.2 13.1 13.3 16.2 16.3")
_BROAD_ONCOMING = _boxes("2.1 2.2 7.0 7.1 10.0 14.0 17.0")
_BROAD_TALL = _boxes("16.0 6.0 0.3")
_LEFT = _fan((545, -62), (-0.72, -1.3, -1.75), (640, 5))
_RIGHT = _fan((545, -62), (0.415, 0.82, 1.22), (5, 640))
BROAD = Stage(
    name="broad",
    ground=Ground(-62, 0.1355, 960),
    lanes={
        "near": _LEFT[0],
        "middle": _LEFT[1],
        "inner": _LEFT[2],
        "oncoming": _RIGHT[0],
        "oncoming2": _RIGHT[1],
    },
    cars={
        "near": _BROAD_AWAY,
        "middle": _BROAD_AWAY,
        "inner": _BROAD_AWAY,
        "oncoming": _BROAD_ONCOMING,
        "oncoming2": _BROAD_ONCOMING,
        "tall": _BROAD_TALL,
    },
    rows={"kerb": ((430, 200), (402, 262), (372, 332), (338, 408)), "island": ((402, 262), (372, 332))},
    zones={
        "kerb": ((404, 150), (145, 540), (375, 540), (486, 150)),
        "carriageway": ((300, 150), (-60, 420), (-60, 540), (375, 540), (486, 150)),
        "beside": ((300, 150), (-60, 420), (-60, 540), (145, 540), (404, 150)),
    },
    load=_from_camera("farzad-14", _BROAD_AWAY + _BROAD_ONCOMING + _BROAD_TALL),
)

# --- the same shoulder from close by: number plates are legible
_CLOSE_LEFT, _CLOSE_TOP, _CLOSE_PX = 230, 200, (320, 180)
_CLOSE_CARS = _boxes("2.0 3.0 8.0 8.1 10.2")


def _closer(points: tuple[Point, ...]) -> tuple[Point, ...]:
    return tuple((x - _CLOSE_LEFT, y - _CLOSE_TOP) for x, y in points)


@cache
def _load_close(assets: Path) -> tuple[Image, dict[str, Cut]]:
    street, cuts = BROAD.load(assets)
    part = street[_CLOSE_TOP : _CLOSE_TOP + _CLOSE_PX[1], _CLOSE_LEFT : _CLOSE_LEFT + _CLOSE_PX[0]]
    moved = {
        name: replace(cut, ground=(cut.ground[0] - _CLOSE_LEFT, cut.ground[1] - _CLOSE_TOP))
        for name, cut in cuts.items()
    }
    return part, moved


CLOSE = Stage(
    name="close",
    ground=Ground(-62 - _CLOSE_TOP, 0.1355, 960),
    lanes={"near": _closer(_LEFT[0])},
    cars={"near": _CLOSE_CARS, "tall": _CLOSE_CARS},
    rows={"kerb": _closer(((396, 300), (384, 330))), "island": _closer(((396, 300), (384, 330)))},
    zones={"kerb": _closer(((335, 215), (240, 379), (455, 379), (470, 215)))},
    load=_load_close,
)

# --- a town junction from the corner: cars from the side, a lorry that passes in front of nobody, a cyclist
_CORNER_TOP, _CORNER_ROWS = 28, 450


def _corner_box(box: Box) -> Box:
    return box[0], box[1] - _CORNER_TOP, box[2], box[3] - _CORNER_TOP


@cache
def _load_corner(assets: Path) -> tuple[Image, dict[str, Cut]]:
    cars = clip_frames(assets / "clips" / "otvision_cars-cyclist.mp4")
    lorry = clip_frames(assets / "clips" / "otvision_cars-truck.mp4")
    street = street_of(cars[::2] + lorry[::2])
    street[:110, 560:] = street_of(cars[::2])[:110, 560:]  # cars are parked up there in the second clip
    shown = np.s_[_CORNER_TOP : _CORNER_TOP + _CORNER_ROWS]

    def cut(frames: tuple[Image, ...], index: int, box: Box) -> Cut:
        return cut_vehicle(frames[index][shown], street[shown], _corner_box(box))

    return street[shown], {
        "white": cut(cars, -1, (375, 170, 554, 283)),
        "red": cut(cars, -1, (125, 121, 203, 170)),
        "lorry": cut(lorry, -1, (352, 78, 526, 174)),
        "lorry2": cut(lorry, 10, (132, 92, 268, 174)),
        "blue": cut(lorry, 10, (568, 121, 655, 182)),
        "cyclist": cut(cars, -1, (540, 335, 735, 548)),
    }


CORNER = Stage(
    name="corner",
    ground=Ground(-8, 0.16, 800),
    lanes={
        "near": ((60, 105), (200, 160), (330, 207), (460, 255), (610, 312), (800, 385), (1010, 470)),
        "through": ((-150, 142), (190, 140), (450, 141), (700, 135), (960, 130)),
        "crossing": ((-60, 175), (200, 285), (420, 378), (700, 500), (850, 570)),
    },
    cars={"near": ("white", "red"), "through": ("lorry", "lorry2"), "tall": ("lorry",), "crossing": ("cyclist",)},
    rows={"kerb": ((470, 240), (545, 268), (610, 290)), "island": ((470, 240), (545, 268))},
    zones={
        "kerb": ((320, 180), (540, 165), (730, 270), (700, 350), (560, 340), (375, 290)),
        "carriageway": ((320, 180), (540, 165), (730, 270), (700, 350), (560, 340), (375, 290)),
    },
    load=_load_corner,
)

# --- a suburban street out of a window: few cars, trees that throw patches of shade
_SUBURB_LEFT, _SUBURB_COLUMNS = 7, 626


@cache
def _load_suburb(assets: Path) -> tuple[Image, dict[str, Cut]]:
    frames = clip_frames(assets / "clips" / "ahmetozlu_junction.mp4", 5)
    street = street_of(frames)
    shown = np.s_[:, _SUBURB_LEFT : _SUBURB_LEFT + _SUBURB_COLUMNS]

    def cut(frame: int, left: float, top: float, right: float, bottom: float) -> Cut:
        box = (left - _SUBURB_LEFT, top, right - _SUBURB_LEFT, bottom)
        return cut_vehicle(frames[frame // 5][shown], street[shown], box)

    return street[shown], {
        "white": cut(5, 236, 130, 310, 187),
        "red": cut(75, 265, 155, 389, 240),
        "grey": cut(115, 247, 138, 313, 192),
        "pickup": cut(180, 258, 151, 429, 259),
        "suv": cut(210, 222, 121, 281, 165),
        "black": cut(405, 234, 126, 319, 191),
    }


SUBURB = Stage(
    name="suburb",
    ground=Ground(106, 0.385, 640),
    lanes={"near": ((225, 135), (240, 158), (252, 173), (266, 187), (320, 240), (440, 345), (560, 450))},
    cars={"near": ("white", "red", "grey", "pickup", "suv", "black"), "tall": ("pickup",)},
    rows={"kerb": ((262, 190), (287, 215), (310, 238)), "island": ((262, 190), (287, 215))},
    zones={
        "kerb": ((205, 160), (250, 260), (330, 300), (370, 265), (290, 175), (255, 155)),
        "carriageway": ((205, 160), (250, 260), (330, 300), (370, 265), (290, 175), (255, 155)),
    },
    load=_load_suburb,
)

STAGES = {stage.name: stage for stage in (STREET, GREY, DUSK, BROAD, CLOSE, CORNER, SUBURB)}
