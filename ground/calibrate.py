"""A tower's calibration out of landmarks: least squares on pixels, with residuals and the doubt of each angle."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Annotated

import numpy as np
from msgspec import Meta, Struct, structs

from contract.errors import ConfigError, Mistake
from ground.camera import Aim, Calibration, project
from ground.local import Vector

LEAST_LANDMARKS = 3
LEAST_SPREAD_DEG = 60.0
LEAST_FREEDOM = 3  # of one surplus value nobody can tell the noise
PICKED_WITHIN_PX = 1.0  # nobody picks a landmark better: what looks better is chance
DOUBT_MOST_DEG = 0.05
CONDITION_MOST = 1e4  # above it the landmarks leave a direction free
_ANGLES = ("pan_zero_deg", "tilt_zero_deg", "lean_east_deg", "lean_north_deg")
_FIELDS = (*_ANGLES, "focal_px")
_STEPS = 60
_DELTA = dict.fromkeys(_ANGLES, 1e-5) | {"focal_px": 1e-2}
_HELD = 1e-9  # keeps what no landmark tells where it began


class Landmark(Struct, frozen=True, kw_only=True):
    """A known point, east, north, up of the camera in metres, the head's aim, and the pixel where it was seen."""

    name: Annotated[str, Meta(min_length=1, max_length=200)]
    offset_m: tuple[float, float, float]
    aim: Aim
    pixel: tuple[float, float]


class Residual(Struct, frozen=True, kw_only=True):
    """How far a landmark is from where the calibration puts it, in pixels, right and down."""

    name: str
    right_px: float
    down_px: float


class Fitted(Struct, frozen=True, kw_only=True):
    """The calibration, what is left at each landmark, and one standard deviation of each fitted value.

    `noise_px` is estimated from what is left; None with too few landmarks to tell, then `sd` is for 1 px of noise.
    `sd` has no `focal_px` where no landmark told it.
    """

    calibration: Calibration
    residuals: tuple[Residual, ...]
    sd: dict[str, float]
    noise_px: float | None
    warnings: tuple[str, ...] = ()


def fit(landmarks: Sequence[Landmark], start: Calibration) -> Fitted:
    """Gauss and Newton with damping from `start`; raises ConfigError where the landmarks allow none."""
    _refuse(_faults(landmarks, start.frame_px))
    for fields in (_FIELDS, _ANGLES):
        values, rest = _nearest(landmarks, start, fields)
        rows = _slopes(_with(start, fields, values), landmarks, fields)
        lengths = np.linalg.norm(rows, axis=0)
        if lengths.all() and np.linalg.cond(rows / lengths) < CONDITION_MOST:
            return _told(_with(start, fields, values), landmarks, rows, rest)
    problem = "they leave the head's axis free: all at one azimuth, or near it; take some around it"
    raise ConfigError("calibration", (Mistake("landmark", None, problem),))


def _nearest(landmarks: Sequence[Landmark], start: Calibration, fields: Sequence[str]) -> tuple[Vector, Vector]:
    """The fields' values that leave least, and what they leave."""
    values = np.array([getattr(start, name) for name in fields])
    damping, rest = 1e-3, _rests(_with(start, fields, values), landmarks)
    for _ in range(_STEPS):
        rows = _slopes(_with(start, fields, values), landmarks, fields)
        normal = rows.T @ rows
        held = np.maximum(np.diag(normal), _HELD)
        step = np.linalg.solve(normal + damping * np.diag(held), rows.T @ rest)
        tried = _rests(_with(start, fields, values + step), landmarks)
        if tried @ tried <= rest @ rest:
            values, rest, damping = values + step, tried, damping / 10
            if np.abs(step / (np.abs(values) + 1)).max() < 1e-12:
                break
        else:
            damping *= 10
    return values, rest


def _faults(landmarks: Sequence[Landmark], frame_px: tuple[int, int]) -> list[str]:
    """What is wrong before anything is fitted."""
    told = []
    places = len({mark.offset_m for mark in landmarks})
    if places < LEAST_LANDMARKS:
        told.append(f"{places} places, at least {LEAST_LANDMARKS} are needed; six around the circle are good")
    told += [
        f"{mark.name!r}: pixel {mark.pixel} is not in the picture of {frame_px[0]} x {frame_px[1]}"
        for mark in landmarks
        if not all(0 <= at <= side for at, side in zip(mark.pixel, frame_px, strict=True))
    ]
    return told


def _refuse(problems: Sequence[str]) -> None:
    if problems:
        raise ConfigError("calibration", tuple(Mistake("landmark", None, problem) for problem in problems))


def first_guess(landmarks: Sequence[Landmark], frame_px: tuple[int, int], focal_px: float) -> Calibration:
    """Pan zero out of the landmarks' azimuths, all else upright: near enough for `fit` wherever the head's zero is."""
    turns = [
        np.arctan2(m.offset_m[0], m.offset_m[1])
        - np.radians(m.aim.pan_deg)
        - np.arctan((m.pixel[0] - frame_px[0] / 2) / focal_px)
        for m in landmarks
    ]
    mean = np.arctan2(np.sin(turns).sum(), np.cos(turns).sum())
    return Calibration(frame_px=frame_px, focal_px=focal_px, pan_zero_deg=float(np.degrees(mean)))


def _told(calibration: Calibration, landmarks: Sequence[Landmark], rows: Vector, rest: Vector) -> Fitted:
    freedom = len(rest) - rows.shape[1]
    noise_px = float(np.sqrt(rest @ rest / freedom)) if freedom >= LEAST_FREEDOM else None
    unit = np.sqrt(np.diag(np.linalg.inv(rows.T @ rows)))
    doubts = unit * (PICKED_WITHIN_PX if noise_px is None else noise_px)
    pairs = rest.reshape(-1, 2)
    warnings = [*_warnings(landmarks, pairs), *_doubtful(np.maximum(doubts, unit * PICKED_WITHIN_PX))]
    if rows.shape[1] < len(_FIELDS):
        warnings.append("no landmark tells the focal length, it is the first guess: take some off the picture's middle")
    return Fitted(
        calibration=calibration,
        residuals=tuple(
            Residual(name=mark.name, right_px=float(right), down_px=float(down))
            for mark, (right, down) in zip(landmarks, pairs, strict=True)
        ),
        sd={name: float(doubt) for name, doubt in zip(_FIELDS, doubts, strict=False)},
        noise_px=noise_px,
        warnings=tuple(warnings),
    )


def _warnings(landmarks: Sequence[Landmark], pairs: Vector) -> list[str]:
    azimuths = sorted(np.degrees(np.arctan2(m.offset_m[0], m.offset_m[1])) % 360 for m in landmarks)
    gaps = [(b - a) % 360 for a, b in zip(azimuths, (*azimuths[1:], azimuths[0]), strict=True)]
    told = []
    if 360 - max(gaps) < LEAST_SPREAD_DEG:
        told.append("all landmarks stand on one side: the lean of the axis is hardly known; add some around the circle")
    lengths = np.hypot(pairs[:, 0], pairs[:, 1])
    worst = int(lengths.argmax())
    if len(landmarks) > LEAST_LANDMARKS and lengths[worst] > 10 and lengths[worst] > 3 * float(np.median(lengths)):
        told.append(f"landmark {landmarks[worst].name!r} is {lengths[worst]:.0f} px off: mistaken point or aim?")
    return told


def _doubtful(doubts_deg: Vector) -> list[str]:
    """The angles that stay in doubt when each landmark was picked within a pixel."""
    return [
        f"{name} is known within {doubt:.2f} degrees only: add landmarks around the circle and at other tilts"
        for name, doubt in zip(_ANGLES, doubts_deg, strict=False)
        if doubt > DOUBT_MOST_DEG
    ]


def _with(start: Calibration, fields: Sequence[str], values: Vector) -> Calibration:
    return structs.replace(start, **{name: float(value) for name, value in zip(fields, values, strict=True)})


def _rests(calibration: Calibration, landmarks: Sequence[Landmark]) -> Vector:
    """Seen less projected, right and down of each landmark in turn."""
    told: list[float] = []
    for mark in landmarks:
        pixel = project(calibration, mark.aim, np.array(mark.offset_m))
        if pixel is None:
            _refuse(
                [f"{mark.name!r} would be behind the camera: its place, its aim or the first guess of pan is wrong"]
            )
            continue
        told += [mark.pixel[0] - pixel[0], mark.pixel[1] - pixel[1]]
    return np.array(told)


def _slopes(at: Calibration, landmarks: Sequence[Landmark], fields: Sequence[str]) -> Vector:
    """d(projected)/d(values) by central differences; columns in the order of `fields`."""
    columns = []
    for name in fields:
        delta = _DELTA[name]
        later, earlier = (
            _rests(structs.replace(at, **{name: getattr(at, name) + sign * delta}), landmarks) for sign in (1, -1)
        )
        columns.append((earlier - later) / (2 * delta))
    return np.stack(columns, axis=1)
