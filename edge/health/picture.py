"""A camera that delivers and shows nothing: frozen or dark pictures."""

from __future__ import annotations

from contract.health import CameraState
from contract.observations import Picture

FROZEN_AFTER_S = 30.0  # sensor noise alone changes a live picture within one look
DARK_BELOW = 10.0  # mean grey of 0..255: an unlit street at night is above 15, a covered lens below 5


def picture_problem(picture: Picture | None) -> tuple[CameraState, str] | None:
    """The health state of a picture and why; None: nothing wrong with it."""
    if picture is None:
        return None
    if picture.repeated_s >= FROZEN_AFTER_S:
        return "frozen", f"the picture has not changed for {picture.repeated_s:.0f} s"
    if picture.brightness < DARK_BELOW:
        return "dark", f"mean grey {picture.brightness:.1f} of 255"
    return None
