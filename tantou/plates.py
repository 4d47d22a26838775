"""`tantou plates read DIR`: the plates of a folder of pictures by the single-picture rule, one JSON line a picture.

Wiring only: the networks of `models.plates` see and read, the rule of `detectors.plate_single` judges.
"""

from __future__ import annotations

import argparse
import io
import sys
import time
from collections.abc import Iterable, Iterator, Sequence
from pathlib import Path
from typing import BinaryIO

import cv2
import msgspec
import numpy as np
from PIL import Image, UnidentifiedImageError

from contract.errors import ModelError
from contract.plates import PlateLine, PlateRead, PlateSeen, PlatesOfPicture, Quad
from detectors.plate_single import read_one
from models.letterbox import Frame
from models.plates.eyes import PlateEyes, open_eyes
from models.registry import OWN_CARDS, Registry

SUFFIXES = frozenset({".jpg", ".jpeg", ".png", ".webp", ".bmp"})
EXIF_ORIENTATION = 0x0112
# How a stored picture is turned upright: sides exchanged, then mirrored across, then upside down.
TURNS = {2: "x", 3: "xy", 4: "y", 5: "t", 6: "tx", 7: "txy", 8: "ty"}


def add_parsers(commands: argparse._SubParsersAction[argparse.ArgumentParser]) -> None:
    """The words of this room."""
    plates = commands.add_parser("plates", help="read number plates in pictures")
    words = plates.add_subparsers(dest="plates_word", required=True, metavar="WORD")
    text = "the plates of a folder of pictures, one JSON line a picture, by the single-picture rule"
    read = words.add_parser("read", help=text, description=text)
    read.add_argument("folder", type=Path, metavar="DIR")
    read.add_argument("--crops", action="store_true", help="each picture shows one plate and little else")
    read.add_argument("--json", action="store_true", help="JSON lines (the default)")
    read.add_argument("--out", type=Path, metavar="FILE", help="write the lines there instead of printing")
    read.add_argument("--cards", type=Path, action="append", default=[], metavar="DIR", help="more cards")
    read.add_argument("--cache", type=Path, metavar="DIR", help="where pulled weights are kept")
    read.add_argument("--threads", type=int, default=1, help="CPU threads of each network")


def run(args: argparse.Namespace) -> int:
    """Exit code 0; raises ModelError when a weight or the folder cannot be had."""
    pictures = pictures_of(args.folder)
    eyes = open_eyes(Registry(folders=(OWN_CARDS, *args.cards), cache=args.cache), threads=args.threads)
    lines = read_pictures(eyes, args.folder, pictures, crops=args.crops)
    if args.out is None:
        _write(lines, sys.stdout.buffer)
    else:
        with args.out.open("wb") as file:
            _write(lines, file)
    return 0


main = run


def pictures_of(folder: Path) -> tuple[Path, ...]:
    """Every picture below a folder, by name; raises ModelError when there is none."""
    files = folder.rglob("*") if folder.is_dir() else iter(())
    found = tuple(sorted(file for file in files if file.suffix.lower() in SUFFIXES and file.is_file()))
    if not found:
        raise ModelError(f"{folder}: no picture there; expected a folder with {', '.join(sorted(SUFFIXES))}")
    return found


def read_pictures(eyes: PlateEyes, folder: Path, pictures: Sequence[Path], *, crops: bool) -> Iterator[PlatesOfPicture]:
    """One line a picture, also for one that cannot be decoded: it says so and has no plates.

    Names are relative to the folder, or where pictures lie in the folder itself to its parent, so that `scenes/` and
    `crops/` stand in them either way.
    """
    above = f"{folder.resolve().name}/" if any(file.parent == folder for file in pictures) else ""
    for file in pictures:
        name = f"{above}{file.relative_to(folder).as_posix()}"
        began = time.perf_counter()
        try:
            frame, turn = _decoded(file)
        except ModelError as error:
            print(error, file=sys.stderr)
            yield PlatesOfPicture(file=name, plates=(), ms=0.0, error=str(error))
            continue
        seen = eyes.look_at_crop(frame) if crops else eyes.look(frame)
        plates = tuple(line_of(plate, read_one(plate)) for plate in seen)
        if turn:
            plates = tuple(msgspec.structs.replace(one, quad=_stored(one.quad, turn, frame)) for one in plates)
        spent_ms = round((time.perf_counter() - began) * 1e3, 1)
        yield PlatesOfPicture(file=name, plates=plates, ms=spent_ms)


def line_of(seen: PlateSeen, read: PlateRead) -> PlateLine:
    """A plate as it is printed: the verdict, where it is, and every raw read."""
    return PlateLine(
        text=read.text,
        kind=read.kind,
        colour=seen.colour,
        quad=seen.quad_px,
        width_px=seen.width_px,
        reason=read.reason,
        raw={f"{raw.reader}/rows{raw.rows}/look{raw.look}/{raw.margin:.2f}": raw.text for raw in seen.reads},
    )


def _decoded(file: Path) -> tuple[Frame, str]:
    """A picture upright, as a person is shown it, and how it was turned for that ("" as a rule)."""
    try:
        data = np.fromfile(file, np.uint8)
    except OSError as error:
        raise ModelError(f"{file}: cannot be read ({error.strerror})") from error
    frame = cv2.imdecode(data, cv2.IMREAD_COLOR | cv2.IMREAD_IGNORE_ORIENTATION) if data.size else None
    if frame is None:
        raise ModelError(f"{file}: no picture that can be decoded; take it out of the folder")
    turn = _turn(data.tobytes())
    if "t" in turn:
        frame = frame.transpose(1, 0, 2)
    frame = frame[:: -1 if "y" in turn else 1, :: -1 if "x" in turn else 1]
    return np.ascontiguousarray(frame, np.uint8), turn


def _turn(data: bytes) -> str:
    try:
        with Image.open(io.BytesIO(data)) as picture:
            return TURNS.get(picture.getexif().get(EXIF_ORIENTATION, 1), "")
    except (UnidentifiedImageError, Image.DecompressionBombError, OSError, ValueError, SyntaxError):
        return ""  # what only the other decoder reads asks for no turn


def _stored(quad: Quad, turn: str, upright: Frame) -> Quad:
    """The corners in pixels of the file, in the plate's own order."""
    height, width = upright.shape[:2]

    def back(corner: tuple[float, float]) -> tuple[float, float]:
        x = width - corner[0] if "x" in turn else corner[0]
        y = height - corner[1] if "y" in turn else corner[1]
        return (round(y, 1), round(x, 1)) if "t" in turn else (round(x, 1), round(y, 1))

    a, b, c, d = map(back, quad)
    return a, b, c, d


def _write(lines: Iterable[PlatesOfPicture], stream: BinaryIO) -> None:
    stream.writelines(msgspec.json.encode(line) + b"\n" for line in lines)
