"""Illegal parking (机动车违停): a vehicle stands in a zone for longer than its grace. A pure fold by place.

In: observations of one camera, one zone, its Config. Out: findings opened, updated, closed; asks for evidence.
The key is the place on the ground, never a tracker's id; dwell is true stream time, gaps are stored and said.
"""

from detectors.illegal_parking.checks import polygons, problems
from detectors.illegal_parking.config import Config
from detectors.illegal_parking.permits import PRIVATE, carry_over
from detectors.illegal_parking.place import State
from detectors.illegal_parking.rule import LOOK_AT_LEAST_EVERY_S, RULE_VERSION, initial_state, step

__all__ = [
    "LOOK_AT_LEAST_EVERY_S",
    "PRIVATE",
    "RULE_VERSION",
    "Config",
    "State",
    "carry_over",
    "initial_state",
    "polygons",
    "problems",
    "step",
]
