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
_FIELDS = ("pan_zero_deg", "tilt_zero_deg", "lean_east_deg", "lean_north_deg", "focal_px")
_STEPS = 60
_DELTA = (1e-5, 1e-5, 1e-5, 1e-5, 1e-2)


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
    """

    calibration: Calibration
    residuals: tuple[Residual, ...]
    sd: dict[str, float]
    noise_px: float | None
    warnings: tuple[str, ...] = ()


def fit(landmarks: Sequence[Landmark], start: Calibration) -> Fitted:
    """Gauss and Newton with damping from `start`; raises ConfigError with too few landmarks or one unseen."""
    if len(landmarks) < LEAST_LANDMARKS:
        problem = f"{len(landmarks)} landmarks, at least {LEAST_LANDMARKS} are needed; six around the circle are good"
        raise ConfigError("calibration", (Mistake("landmark", None, problem),))
    values = np.array([getattr(start, name) for name in _FIELDS])
    damping, rest = 1e-3, _rests(_with(start, values), landmarks)
    for _ in range(_STEPS):
        rows = _slopes(start, values, landmarks)
        normal = rows.T @ rows
        step = np.linalg.solve(normal + damping * np.diag(np.diag(normal)), rows.T @ rest)
        tried = _rests(_with(start, values + step), landmarks)
        if tried @ tried <= rest @ rest:
            values, rest, damping = values + step, tried, damping / 10
            if np.abs(step / (np.abs(values) + 1)).max() < 1e-12:
                break
        else:
            damping *= 10
    return _told(_with(start, values), landmarks, _slopes(start, values, landmarks), rest)


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
    freedom = len(rest) - len(_FIELDS)
    noise_px = float(np.sqrt(rest @ rest / freedom)) if freedom > 0 else None
    doubts = np.sqrt(np.diag(np.linalg.pinv(rows.T @ rows))) * (noise_px if noise_px is not None else 1.0)
    pairs = rest.reshape(-1, 2)
    return Fitted(
        calibration=calibration,
        residuals=tuple(
            Residual(name=mark.name, right_px=float(right), down_px=float(down))
            for mark, (right, down) in zip(landmarks, pairs, strict=True)
        ),
        sd={name: float(doubt) for name, doubt in zip(_FIELDS, doubts, strict=True)},
        noise_px=noise_px,
        warnings=tuple(_warnings(landmarks, pairs)),
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


def _with(start: Calibration, values: Vector) -> Calibration:
    return structs.replace(start, **{name: float(value) for name, value in zip(_FIELDS, values, strict=True)})


def _rests(calibration: Calibration, landmarks: Sequence[Landmark]) -> Vector:
    """Seen less projected, right and down of each landmark in turn."""
    told: list[float] = []
    for mark in landmarks:
        pixel = project(calibration, mark.aim, np.array(mark.offset_m))
        if pixel is None:
            problem = f"{mark.name!r} would be behind the camera: its place, its aim or the first guess of pan is wrong"
            raise ConfigError("calibration", (Mistake("landmark", None, problem),))
        told += [mark.pixel[0] - pixel[0], mark.pixel[1] - pixel[1]]
    return np.array(told)


def _slopes(start: Calibration, values: Vector, landmarks: Sequence[Landmark]) -> Vector:
    """d(projected)/d(values) by central differences; columns in the order of `_FIELDS`."""
    columns = []
    for place, delta in enumerate(_DELTA):
        moved = np.zeros(len(values))
        moved[place] = delta
        later, earlier = (_rests(_with(start, values + sign * moved), landmarks) for sign in (1, -1))
        columns.append((earlier - later) / (2 * delta))
    return np.stack(columns, axis=1)
