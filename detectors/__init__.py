"""The rules, one folder per matter: pure folds over observations, with their configuration and grade predicates.

In: observations (numbers and boxes, time inside). Out: findings, and asks for what the rule wants done. No I/O.
A folder `detectors/<matter>` exports `Config`, `State`, `initial_state` and `step` (see `detectors.fold.Rule`).
"""
