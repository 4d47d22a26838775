"""Straw burning (秸秆焚烧) seen from a tower: candidates of each preset, verified over their looks. A pure fold.

In: observations with a preset, measured plumes and a view. Out: findings opened, updated (growing, still, out), closed;
asks to look sooner, zoom, decode and hold evidence; upkeep items. Every hold and release is kept with its reason.
"""

from detectors.straw_burning.checks import never_at
from detectors.straw_burning.config import Config
from detectors.straw_burning.memory import State
from detectors.straw_burning.reasons import why_held
from detectors.straw_burning.rule import LOOK_AT_LEAST_EVERY_S, RULE_VERSION, initial_state, step

__all__ = ["LOOK_AT_LEAST_EVERY_S", "RULE_VERSION", "Config", "State", "initial_state", "never_at", "step", "why_held"]
