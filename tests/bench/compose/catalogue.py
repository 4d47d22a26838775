"""The scenes by name: each a difficulty of the parking reference (2.5, 2.6, 5) on one of the streets.

A scene is a function of its random numbers; its seed is the run's seed and its name's place in the list.
"""

from __future__ import annotations

import zlib

import numpy as np

from tests.bench.compose import denials, disturbances, stays
from tests.bench.compose.script import Script
from tests.bench.compose.surroundings import Make

PLATE_KINDS = ("blue", "nev_small", "yellow_single", "trainer", "police", "hk")


def scenes() -> dict[str, Make]:
    """Every scene with parking or its counter-evidence, in order."""
    return dict(_listed())


def build(name: str, make: Make, seed: int) -> Script:
    """The script of one scene: the same seed and name give the same script."""
    return make(name, np.random.default_rng((seed, zlib.crc32(name.encode()))))


def _listed() -> list[tuple[str, Make]]:
    listed: list[tuple[str, Make]] = []
    for stage in ("street", "grey", "broad", "dusk", "corner", "suburb"):
        light = "dusk" if stage == "dusk" else "day"
        listed.append((f"plain-{stage}", stays.plain(stage, light)))
    listed += [(f"two-{stage}", stays.two(stage)) for stage in ("street", "grey", "broad")]
    listed += [
        (f"night-{stage}", stays.plain(stage, "night", "night")) for stage in ("street", "grey", "broad", "corner")
    ]
    listed += [(f"rain-{stage}", stays.plain(stage, "rain", "rain")) for stage in ("street", "grey", "broad")]
    listed += [(f"dusk-{stage}", stays.plain(stage, "dusk", "dusk")) for stage in ("street", "broad")]
    listed += [(f"cover-passing-{stage}", disturbances.cover_passing(stage)) for stage in ("street", "grey", "broad")]
    listed += [(f"cover-standing-{stage}", disturbances.cover_standing(stage)) for stage in ("street", "grey", "broad")]
    listed += [(f"neighbours-{stage}", stays.neighbours(stage)) for stage in ("street", "grey", "broad")]
    listed += [(f"haze-{stage}", disturbances.haze(stage)) for stage in ("street", "grey", "broad")]
    listed += [(f"shake-small-{stage}", disturbances.shake(stage, 3.0)) for stage in ("street", "broad")]
    listed += [(f"shake-large-{stage}", disturbances.shake(stage, 14.0)) for stage in ("street", "broad")]
    listed += [(f"turned-{stage}", disturbances.turned(stage)) for stage in ("street", "broad")]
    listed += [(f"frozen-{stage}", disturbances.frozen(stage)) for stage in ("street", "grey")]
    listed += [("frozen-leaves-street", disturbances.frozen_leaves("street"))]
    listed += [(f"gap-{stage}", disturbances.gap(stage, leaves=False)) for stage in ("street", "broad")]
    listed += [("gap-leaves-grey", disturbances.gap("grey", leaves=True))]
    listed += [(f"restart-{stage}", disturbances.restart(stage)) for stage in ("street", "broad")]
    listed += [
        ("ghost-board-street", denials.ghost("street", "board")),
        ("ghost-puddle-broad", denials.ghost("broad", "puddle")),
    ]
    listed += [(f"headlamp-pool-{stage}", denials.pool(stage)) for stage in ("street", "broad")]
    listed += [("moving-shadow-broad", denials.shadow("broad"))]
    listed += [(f"queue-beside-{stage}", denials.queue_beside(stage)) for stage in ("street", "grey", "broad")]
    listed += [(f"red-light-{stage}", denials.red_light(stage)) for stage in ("street", "grey", "broad")]
    listed += [(f"jam-{stage}", denials.jam(stage)) for stage in ("street", "broad")]
    listed += [("slow-flow-street", denials.slow_flow("street"))]
    listed += [(f"came-back-{stage}", stays.came_back(stage)) for stage in ("street", "broad")]
    listed += [("came-back-under-grace-street", stays.came_back("street", short=True))]
    listed += [(f"replaced-{stage}", stays.replaced(stage)) for stage in ("street", "broad")]
    listed += [("replaced-under-grace-broad", stays.replaced("broad", short=True))]
    listed += [("shunt-broad", stays.shunt("broad"))]
    listed += [(f"under-grace-{stage}", stays.edge(stage, -6)) for stage in ("street", "grey", "broad")]
    listed += [(f"over-grace-{stage}", stays.edge(stage, 7)) for stage in ("street", "broad")]
    listed += [("tall-leaning-street", denials.leaning("street")), ("tall-leaning-broad", denials.leaning("broad"))]
    listed += [("beside-the-zone-street", denials.beside("street")), ("beside-the-zone-broad", denials.beside("broad"))]
    listed += [("far-street", stays.far("street")), ("far-broad", stays.far("broad"))]
    listed += [(f"there-at-start-{stage}", stays.there(stage)) for stage in ("street", "broad")]
    listed += [(f"loading-{stage}", disturbances.loading(stage)) for stage in ("street", "broad")]
    listed += [(f"people-{stage}", disturbances.people(stage)) for stage in ("street", "broad")]
    listed += [(f"crowd-of-leads-{stage}", stays.crowd(stage)) for stage in ("street",)]
    listed += [
        ("light-drift-street", disturbances.light("street", "drift")),
        ("lamps-on-broad", disturbances.light("broad", "step")),
    ]
    listed += [(f"clouds-{stage}", disturbances.light(stage, "clouds")) for stage in ("street", "broad")]
    listed += [("long-street", stays.long("street")), ("long-night-grey", stays.long("grey", "night"))]
    listed += [(f"plate-{kind.replace('_', '-')}", stays.plated(kind)) for kind in PLATE_KINDS]
    listed += [("stays-on-broad", stays.stays_on("broad"))]
    return listed
