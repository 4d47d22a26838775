"""`tantou towers ...`: what a tower's pixels mean on the ground.

Wiring only: `ground` fits and draws, `edge` has the letters.
"""

from __future__ import annotations

import argparse
import sys
from math import atan2, degrees
from pathlib import Path

import msgspec

from contract.errors import ConfigError, Mistake
from ground.calibrate import Fitted
from ground.local import Spot, metres_from
from ground.survey import Survey, calibrated, read_survey

_LETTERS_PX = 14
_EXAMPLE = """survey.toml:
  [tower]
  lat = 29.21
  lon = 119.46
  camera_height_m = 112.0
  frame_px = [1920, 1080]
  focal_px = 3600.0
  [[landmark]]
  name = "water tower"
  lat = 29.2236
  lon = 119.4557
  height_m = 90.0
  pan_deg = 340.0
  tilt_deg = 2.0
  pixel = [1007.4, 455.1]
  (three at least, six around the circle are good; all heights in one datum)"""


def add_parsers(commands: argparse._SubParsersAction[argparse.ArgumentParser]) -> None:
    """The words of this room."""
    towers = commands.add_parser("towers", help="towers: calibrate a pan and tilt head from landmarks")
    words = towers.add_subparsers(dest="towers_word", required=True, metavar="WORD")
    calibrate = words.add_parser(
        "calibrate",
        help="least squares on landmarks: the table for edge.toml, and residuals",
        epilog=_EXAMPLE,
        formatter_class=argparse.RawDescriptionHelpFormatter,
    )
    calibrate.add_argument("survey", type=Path, metavar="SURVEY.toml", help="the tower and its landmarks")
    calibrate.add_argument("--ground-height-m", type=float, metavar="M", help="height of the fields, for the curve")
    calibrate.add_argument("--picture", type=Path, metavar="PNG", help="draw residuals and errors there")
    calibrate.add_argument("--json", action="store_true", help="JSON on standard output")


def run(args: argparse.Namespace) -> int:
    """Runs `towers calibrate`; 0 when a calibration came of it."""
    survey = read_survey(args.survey)
    fitted = calibrated(survey)
    if args.json:
        print(msgspec.json.encode(fitted).decode())
    else:
        print(_text(fitted))
    if args.picture is not None:
        _draw(args.picture, survey, fitted, args.ground_height_m)
    return 0


def _text(fitted: Fitted) -> str:
    cal = fitted.calibration
    lines = ["[camera.tower]"]
    lines += [f"{name} = {getattr(cal, name):.4f}  # +- {sd:.4f}" for name, sd in fitted.sd.items()]
    if "focal_px" not in fitted.sd:
        lines.append(f"focal_px = {cal.focal_px:.4f}  # as given")
    lines += [f"# {r.name}: {r.right_px:+.1f} px right, {r.down_px:+.1f} px down" for r in fitted.residuals]
    lines += [f"# WARNING {warning}" for warning in fitted.warnings]
    return "\n".join(lines)


def _draw(path: Path, survey: Survey, fitted: Fitted, ground_height_m: float | None) -> None:
    # Only who wants a picture needs pillow.
    from edge.evidence.letters import font_of
    from ground.pictures import draw

    tower = survey.tower
    camera = Spot(lat=tower.lat, lon=tower.lon, height_m=tower.camera_height_m)
    offsets = [metres_from(camera, Spot(lat=m.lat, lon=m.lon, height_m=m.height_m)) for m in survey.landmark]
    ground_m = min(m.height_m for m in survey.landmark) if ground_height_m is None else ground_height_m
    if ground_m >= tower.camera_height_m:
        problem = f"the ground ({ground_m:g} m) is not below the camera ({tower.camera_height_m:g} m)"
        raise ConfigError("towers calibrate", (Mistake("--ground-height-m", None, problem),))
    bearings = [degrees(atan2(offset[0], offset[1])) for offset in offsets]
    font, has_hanzi = font_of(_LETTERS_PX)
    draw(fitted, bearings, tower.camera_height_m - ground_m, font=font, has_hanzi=has_hanzi).save(path)
    print(f"drawn: {path}", file=sys.stderr)
