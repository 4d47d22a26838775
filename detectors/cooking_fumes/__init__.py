"""Cooking fumes (餐饮油烟): rules R1..R9 over what a kitchen's sensor told; a pure fold, one zone = one premises.

In: `Reported` and `Elapsed` of the sensor, `OutletLooked` of its outlet camera, the town's Config. Out: leads of a rule
and day, maintenance items, asks. Only mark N is evidence; silence never counts; the on-line value is no measurement.
"""

from detectors.cooking_fumes.carrying import carry_over
from detectors.cooking_fumes.config import Config
from detectors.cooking_fumes.rule import RULE_VERSION, initial_state, step
from detectors.cooking_fumes.state import State

__all__ = ["RULE_VERSION", "Config", "State", "carry_over", "initial_state", "step"]
