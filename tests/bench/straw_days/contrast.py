"""What of a fire a person could see: where the picture with it differs from the one without it by enough.

Coverage counts drawn smoke; this counts smoke that stands out. Enough is a luminance contrast of 5 %, by which WMO-No.
8 (part I, 9.1) defines how far one sees.
"""

from __future__ import annotations

import numpy as np
from msgspec import structs
from numpy.typing import NDArray

from edge.capture.types import Image
from tantou.tower.picture import Painter, coarse
from tantou.tower.world import Head, Plume, World

CONTRAST_LEAST = 0.05
GAMMA = 2.2
BLACK = 16  # grey: darker ground has no luminance to speak of


def contrast_share(painters: tuple[Painter, Painter], head: Head, at_ns: int) -> float:
    """How much of the picture differs visibly between two worlds, with and without a plume; on a coarse picture."""
    after, before = (_luminance(painter.shot(coarse(head), at_ns).image_bgr) for painter in painters)
    return float((np.abs(after - before) >= CONTRAST_LEAST * before).mean())


def painters_of(world: World, plume: Plume) -> tuple[Painter, Painter]:
    """For the world, and for the same one without the plume."""
    others = tuple(one for one in world.plumes if one.name != plume.name)
    return Painter(world), Painter(structs.replace(world, plumes=others))


def _luminance(image_bgr: Image) -> NDArray[np.float64]:
    grey = image_bgr.mean(axis=2)
    return np.asarray((np.maximum(grey, BLACK) / 255) ** GAMMA)
