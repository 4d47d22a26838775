"""What goes on when a premises' table is changed: days that make a pattern, open leads, time since cleaning."""

from __future__ import annotations

from msgspec import structs

from detectors.cooking_fumes.config import Config
from detectors.cooking_fumes.state import State


def carry_over(state: State, before: Config, now: Config) -> State | None:
    """The state to go on from under the changed table; None: what was judged by the old one says nothing here.

    What may change is what no day was judged by: when the purifier was cleaned, days that are closed, the outlet's
    camera, the device's calibration date and that somebody saw it on site. Limits, hours, thresholds, signals, another
    profile or other premises begin anew: days of two measures make no pattern.
    """
    sensor = structs.replace(
        now.sensor,
        bound=before.sensor.bound,
        calibrated_on=before.sensor.calibrated_on,
        calibration_days=before.sensor.calibration_days,
    )
    as_before = structs.replace(
        now, cleaning=before.cleaning, closed_on=before.closed_on, outlet=before.outlet, sensor=sensor
    )
    if as_before != before:
        return None
    # Looks at another place, or by other thresholds, stand beside no window of now.
    return state if now.outlet == before.outlet else structs.replace(state, looks=())
