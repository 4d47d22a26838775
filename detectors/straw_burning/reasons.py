"""Why a candidate of a look was not alarmed: what a replay prints and a person asks."""

from __future__ import annotations

from contract.observations import Observation, PlumeSeen
from detectors.straw_burning.config import Config
from detectors.straw_burning.looks import look_at
from detectors.straw_burning.memory import State
from detectors.straw_burning.shapes import overlap


def why_held(state: State, seen: Observation, plume: PlumeSeen, config: Config) -> str | None:
    """The reason that holds a plume of the look which led to `state`; None: it was counted, or it is a fire.

    Reasons are the kinds of the counter-evidence, and `below_threshold`, `masked_or_part_of_another`, `wrong_view`.
    """
    if plume.surety < config.least_surety:
        return "below_threshold"
    look = look_at(seen, config)
    if not look.shows_preset:
        return "wrong_view"
    own = next((one for one in look.candidates if one.plume == plume), None)
    if own is None:
        return "masked_or_part_of_another"
    fires = [one.track for one in state.fires if one.track.preset == seen.preset]
    tracks = [track for one in state.presets if one.preset == seen.preset for track in one.tracks]
    for track in (*fires, *tracks):
        if any(one.at_ns == seen.at_ns and one.box == own.box for one in track.glimpses):
            return track.hold or track.doubt
    near = (track for track in tracks if overlap(track.box, own.box) > 0)
    return next((track.hold or track.doubt for track in near), None)
