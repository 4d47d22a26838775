"""Where a fire is, drawn without any map service: tower, sight line, error ellipse, grid cells; north is up.

In: an event's sight, the tower's position, areas. Out: a PNG. Without a sight it says that the place is unknown; it
never draws a place that nobody measured. All coordinates are WGS 84.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from math import cos, hypot, radians, sin, sqrt

import numpy as np
from PIL import Image as Pillow
from PIL import ImageDraw

from contract.geometry import Sight
from edge.evidence.fires.crops import png
from edge.evidence.letters import Font, font_of
from ground.files import Area
from ground.local import Spot, metres_from, spot_at

Metres = tuple[float, float]  # east, north of the tower
SIDE_PX, MARGIN_PX, TEXT_PX, LINES = 760, 32, 24, 8
PAPER, INK, PALE, RED, BLUE, CELL = (
    (255, 255, 255),
    (0, 0, 0),
    (200, 200, 200),
    (190, 0, 0),
    (20, 70, 150),
    (225, 238, 225),
)
AROUND = 1.3
ELLIPSE_POINTS = 72
SIGMAS = (1.0, 2.0)
BEARING_ONLY_M = 5000.0
CELLS_MOST = 6
DEGREE_M = 111_320.0
ROUND_M = (1, 2, 5, 10, 20, 50, 100, 200, 500, 1000, 2000, 5000, 10_000)


@dataclass(frozen=True, slots=True)
class Sheet:
    """A square of the ground in a square of the picture; north is up."""

    left: int
    top: int
    middle_m: Metres
    side_m: float

    def px(self, at: Metres) -> tuple[float, float]:
        """Where metres east and north of the tower lie in the picture."""
        scale = SIDE_PX / self.side_m
        east, north = at[0] - self.middle_m[0], at[1] - self.middle_m[1]
        return self.left + SIDE_PX / 2 + east * scale, self.top + SIDE_PX / 2 - north * scale


@dataclass(frozen=True, slots=True, kw_only=True)
class Place:
    """What the map shows; `tower` None: its position is not configured, distances are from it all the same."""

    title: Sequence[str]
    tower: Spot | None
    sight: Sight | None
    areas: Sequence[Area] = ()


def draw_map(place: Place) -> bytes:
    """PNG bytes: left from the tower to the fire, right around the fire, below the numbers."""
    letters, has_hanzi = font_of(TEXT_PX)
    top = MARGIN_PX + 2 * TEXT_PX
    canvas = Pillow.new("RGB", (3 * MARGIN_PX + 2 * SIDE_PX, top + SIDE_PX + LINES * (TEXT_PX + 10) + MARGIN_PX), PAPER)
    draw = ImageDraw.Draw(canvas)
    draw.text((MARGIN_PX, MARGIN_PX // 2), "  ".join(place.title), fill=INK, font=letters)
    for sheet in sheets(place):
        part = Pillow.new("RGB", canvas.size, PAPER)
        _draw_sheet(ImageDraw.Draw(part), sheet, place, letters=letters)
        box = (sheet.left, sheet.top, sheet.left + SIDE_PX, sheet.top + SIDE_PX)
        canvas.paste(part.crop(box), box)  # what runs over the edge of the sheet is cut
        draw.rectangle((box[0], box[1], box[2] - 1, box[3] - 1), outline=INK, width=2)
    if place.sight is None:
        words = (
            "地点不明：未标定或未见烟脚" if has_hanzi else "place unknown: not calibrated, or no foot of the smoke seen"
        )
        middle = (canvas.width / 2, top + SIDE_PX / 2)
        draw.text(middle, words, fill=RED, font=font_of(2 * TEXT_PX)[0], anchor="mm")
    for row, line in enumerate(_lines(place, has_hanzi=has_hanzi)[:LINES]):
        draw.text((MARGIN_PX, top + SIDE_PX + 12 + row * (TEXT_PX + 10)), line, fill=INK, font=letters)
    return png(canvas)


def fire_m(place: Place) -> Metres | None:
    """Where the sight ends, metres from its tower; None where it ends nowhere."""
    sight = place.sight
    if sight is None or sight.lat is None or sight.lon is None:
        return None
    if place.tower is not None:
        east, north, _ = metres_from(place.tower, Spot(lat=sight.lat, lon=sight.lon, height_m=place.tower.height_m))
        return float(east), float(north)
    return None if sight.range_m is None else _along(sight.azimuth_deg, sight.range_m)


def ellipse_m(place: Place, sigmas: float) -> list[Metres]:
    """The error ellipse around the fire as points, metres from the tower; empty where there is none."""
    middle, sight = fire_m(place), place.sight
    if middle is None or sight is None or sight.ellipse is None:
        return []
    major, minor = sight.ellipse.major_m * sigmas, sight.ellipse.minor_m * sigmas
    ahead, aside = _along(sight.ellipse.bearing_deg, 1.0), _along(sight.ellipse.bearing_deg + 90, 1.0)
    turns = [2 * np.pi * index / ELLIPSE_POINTS for index in range(ELLIPSE_POINTS + 1)]
    return [
        (
            middle[0] + major * cos(turn) * ahead[0] + minor * sin(turn) * aside[0],
            middle[1] + major * cos(turn) * ahead[1] + minor * sin(turn) * aside[1],
        )
        for turn in turns
    ]


def sheets(place: Place) -> tuple[Sheet, ...]:
    """The two squares of a map, the overview first; one where the sight ends nowhere, none without a sight."""
    top = MARGIN_PX + 2 * TEXT_PX
    sight = place.sight
    if sight is None:
        return ()
    fire = fire_m(place)
    if fire is None:
        end = _along(sight.azimuth_deg, BEARING_ONLY_M)
        return (_around([(0.0, 0.0), end], MARGIN_PX, top),)
    wide = ellipse_m(place, max(SIGMAS)) or [fire]
    return _around([(0.0, 0.0), *wide], MARGIN_PX, top), _around([fire, *wide], 2 * MARGIN_PX + SIDE_PX, top)


def _around(points: Sequence[Metres], left: int, top: int) -> Sheet:
    east, north = [one[0] for one in points], [one[1] for one in points]
    middle = ((min(east) + max(east)) / 2, (min(north) + max(north)) / 2)
    side_m = max(max(east) - min(east), max(north) - min(north), 100.0) * AROUND
    return Sheet(left, top, middle, side_m)


def _draw_sheet(draw: ImageDraw.ImageDraw, sheet: Sheet, place: Place, *, letters: Font) -> None:
    sight = place.sight
    if sight is None:
        return
    _areas(draw, sheet, place, letters=letters)
    fire = fire_m(place)
    reach_m = BEARING_ONLY_M if fire is None else hypot(*fire)
    if fire is None:  # the doubt of a bearing that ends nowhere
        for side in (-2, 2):
            end = _along(sight.azimuth_deg + side * (sight.azimuth_sd_deg or 0.0), 2 * reach_m)
            _dashed(draw, sheet.px((0.0, 0.0)), sheet.px(end), BLUE)
    draw.line((*sheet.px((0.0, 0.0)), *sheet.px(_along(sight.azimuth_deg, reach_m))), fill=BLUE, width=3)
    for sigmas in SIGMAS:
        points = [sheet.px(one) for one in ellipse_m(place, sigmas)]
        if points:
            draw.line(points, fill=RED, width=4 if sigmas == 1 else 2)
    if fire is not None:
        x, y = sheet.px(fire)
        draw.line((x - 12, y, x + 12, y), fill=INK, width=2)
        draw.line((x, y - 12, x, y + 12), fill=INK, width=2)
    x, y = sheet.px((0.0, 0.0))
    draw.polygon(((x, y - 12), (x - 10, y + 8), (x + 10, y + 8)), fill=INK)
    _north(draw, (sheet.left + SIDE_PX - 44, sheet.top + 24), letters)
    _scale(draw, sheet, letters)


def _areas(draw: ImageDraw.ImageDraw, sheet: Sheet, place: Place, *, letters: Font) -> None:
    """Cells of which some part lies on the sheet; those that the fire may be in are tinted and named."""
    tower, sight = tower_of(place), place.sight
    if tower is None or sight is None:
        return
    likely = {one.cell: one.share for one in sight.cells}
    named: list[tuple[tuple[float, float], str]] = []
    for area in place.areas:
        if not _may_touch(area, tower, sheet):
            continue
        ring = [sheet.px(one) for one in area.metres(tower)]
        if not _touches(ring, sheet):
            continue
        draw.polygon(ring, fill=CELL if area.name in likely else None, outline=PALE)
        if area.name in likely:
            middle = (sum(x for x, _ in ring) / len(ring), sum(y for _, y in ring) / len(ring))
            named.append((middle, f"{area.name} {likely[area.name] * 100:.0f} %"))
    if sheet.left > MARGIN_PX:  # on the overview names would cover what they name
        for middle, words in named:
            draw.text(middle, words, fill=INK, font=letters, anchor="mm")


def _may_touch(area: Area, tower: Spot, sheet: Sheet) -> bool:
    """A cheap first sieve of thousands of cells: degrees as if the earth were flat, with a sheet's side to spare."""
    west, east = min(lon for lon, _ in area.ring), max(lon for lon, _ in area.ring)
    south, north = min(lat for _, lat in area.ring), max(lat for _, lat in area.ring)
    up, across = DEGREE_M, DEGREE_M * cos(radians(tower.lat))
    is_beside = (west - tower.lon) * across > sheet.middle_m[0] + sheet.side_m
    is_beside = is_beside or (east - tower.lon) * across < sheet.middle_m[0] - sheet.side_m
    is_above = (south - tower.lat) * up > sheet.middle_m[1] + sheet.side_m
    return not (is_beside or is_above or (north - tower.lat) * up < sheet.middle_m[1] - sheet.side_m)


def _touches(ring: Sequence[tuple[float, float]], sheet: Sheet) -> bool:
    xs, ys = [x for x, _ in ring], [y for _, y in ring]
    is_beside = max(xs) < sheet.left or min(xs) > sheet.left + SIDE_PX
    return not (is_beside or max(ys) < sheet.top or min(ys) > sheet.top + SIDE_PX)


def tower_of(place: Place) -> Spot | None:
    """The tower: as configured, else back along the sight from where it ends."""
    if place.tower is not None or place.sight is None:
        return place.tower
    fire, sight = fire_m(place), place.sight
    if fire is None or sight.lat is None or sight.lon is None:
        return None
    return spot_at(Spot(lat=sight.lat, lon=sight.lon), -fire[0], -fire[1])


def _north(draw: ImageDraw.ImageDraw, at: tuple[float, float], letters: Font) -> None:
    x, y = at
    draw.polygon(((x, y), (x - 12, y + 44), (x, y + 34), (x + 12, y + 44)), fill=INK)
    draw.text((x, y + 48), "N", fill=INK, font=letters, anchor="mt")


def _scale(draw: ImageDraw.ImageDraw, sheet: Sheet, letters: Font) -> None:
    """A bar of a round length, about a quarter of the sheet."""
    length_m = max((one for one in ROUND_M if one <= sheet.side_m / 3), default=ROUND_M[0])
    x, y = sheet.left + 24, sheet.top + SIDE_PX - 28
    end = x + length_m * SIDE_PX / sheet.side_m
    draw.rectangle((x - 8, y - 40, end + 8, y + 14), fill=PAPER)
    draw.line((x, y, end, y), fill=INK, width=4)
    for place in (x, end):
        draw.line((place, y - 8, place, y + 8), fill=INK, width=3)
    words = f"{length_m} m" if length_m < 1000 else f"{length_m // 1000} km"
    draw.text(((x + end) / 2, y - 10), words, fill=INK, font=letters, anchor="mb")


def _dashed(
    draw: ImageDraw.ImageDraw, start: tuple[float, float], end: tuple[float, float], ink: tuple[int, int, int]
) -> None:
    length = hypot(end[0] - start[0], end[1] - start[1])
    for at in range(0, int(length), 24):
        shares = (at / length, min(1.0, (at + 12) / length))
        points = [(start[0] + (end[0] - start[0]) * s, start[1] + (end[1] - start[1]) * s) for s in shares]
        draw.line(points, fill=ink, width=2)


def _lines(place: Place, *, has_hanzi: bool) -> list[str]:
    """The numbers of the map; what is not known is said."""
    sight, zh = place.sight, has_hanzi
    lines = [_tower_line(place, zh=zh)]
    if sight is None:
        return lines
    doubt = "" if sight.azimuth_sd_deg is None else f" ± {sight.azimuth_sd_deg:.2f}"
    lines.append(
        f"{'视线' if zh else 'sight'}: {'方位' if zh else 'azimuth'} {sight.azimuth_deg:.2f}°{doubt}, "
        f"{'仰角' if zh else 'elevation'} {sight.elevation_deg:.2f}°  "
        f"{'标定' if zh else 'calibration'} {sight.calibration or '-'}"
    )
    if sight.lat is None or sight.lon is None:
        lines.append("地点不明：只有方向" if zh else "place unknown: only the direction is known")
        return lines
    reach = "" if sight.range_m is None else f"  {'距塔' if zh else 'from the tower'} {sight.range_m:.0f} m"
    method = f"{'方法' if zh else 'method'} {sight.method}"
    lines.append(f"{'火点' if zh else 'fire'} WGS 84: {_degrees(sight.lat, sight.lon)}{reach}  {method}")
    if sight.ellipse is not None:
        one = sight.ellipse
        told = f"{one.major_m:.0f} x {one.minor_m:.0f} m, {one.bearing_deg % 180:.0f}°"
        radius_m = one.major_m * sqrt(5.991)
        lines.append(
            f"误差椭圆 1σ(粗线): {told}；细线 2σ；95% 半径不超过 {radius_m:.0f} m"
            if zh
            else f"error ellipse 1 sigma (thick): {told}; thin: 2 sigma; 95 % within {radius_m:.0f} m"
        )
    if sight.cells:
        told = ", ".join(f"{one.cell} {one.share * 100:.0f} %" for one in sight.cells[:CELLS_MOST])
        lines.append(f"{'网格' if zh else 'cells'}: {told}")
    if sight.nearest_road is not None:
        road = sight.nearest_road
        lines.append(f"{'最近道路点' if zh else 'nearest road'} WGS 84: {_degrees(road.lat, road.lon)}")
    return lines


def _tower_line(place: Place, *, zh: bool) -> str:
    name = "塔(三角)" if zh else "tower (triangle)"
    if place.tower is None:
        return f"{name}: {'位置未配置' if zh else 'its position is not configured'}"
    return f"{name} WGS 84: {_degrees(place.tower.lat, place.tower.lon)}"


def _degrees(lat: float, lon: float) -> str:
    return f"{abs(lat):.6f}° {'N' if lat >= 0 else 'S'}, {abs(lon):.6f}° {'E' if lon >= 0 else 'W'}"


def _along(azimuth_deg: float, distance_m: float) -> Metres:
    return distance_m * sin(radians(azimuth_deg)), distance_m * cos(radians(azimuth_deg))
