"""Hard negatives: which quiet pictures the network of this moment takes for smoke, and where in them.

A quiet picture that no longer alarms teaches nothing; the worst are drawn more often, with the false box in the
window. Weights go by rank and are capped, for a few quiet pictures may hide a plume that nobody boxed.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

import numpy as np
import torch
from numpy.typing import NDArray

from models.boxes import Floats
from models.letterbox import Frame, letterbox, to_frame
from models.training.network import predict
from models.training.smoke_samples import SMOKE

SIZE_PX = 640
PAD_BGR = (114, 114, 114)
MIN_SCORE = 0.01  # below this there is no place worth showing
FLOOR, PEAK = 0.5, 4.0  # weight of the best behaved picture, and what the worst gets on top


@dataclass(frozen=True)
class Alarm:
    """The strongest smoke box of one picture: score 0..1 and box xyxy in px of the picture."""

    score: float
    box_xyxy_px: Floats


@torch.no_grad()
def alarms(network: Any, pictures: list[Frame]) -> list[Alarm]:
    """The strongest smoke box of each picture at the size of judging; the network is left in the mode it was in."""
    head = network.model[-1]
    was_training = head.training
    # The flag alone, which asks the head to decode: train() would also reach the batch norms below, which stay fixed.
    head.training = False
    try:
        return [_strongest(network, picture) for picture in pictures]
    finally:
        head.training = was_training


def _strongest(network: Any, picture: Frame) -> Alarm:
    boxed = letterbox([picture], size_px=SIZE_PX, pad_bgr=PAD_BGR, divide_by=255.0)
    batch = torch.from_numpy(boxed.batch).contiguous(memory_format=torch.channels_last)
    with torch.autocast("cpu", dtype=torch.bfloat16):
        output = predict(network, batch)[0].float().numpy()
    best = int(output[4 + SMOKE].argmax())
    x, y, wide, tall = output[:4, best]
    box = np.array([x - wide / 2, y - tall / 2, x + wide / 2, y + tall / 2], np.float32)
    inside = to_frame(box[None], boxed.scales_xy[0], (picture.shape[0], picture.shape[1]))[0]
    return Alarm(float(output[4 + SMOKE, best]), inside)


def mined_shares(shares: NDArray[np.float64], scores: NDArray[np.float64]) -> NDArray[np.float64]:
    """The shares with which pictures are drawn, raised for those that alarm most, by rank."""
    rank = np.empty(len(scores))
    rank[np.argsort(scores, kind="stable")] = np.arange(len(scores)) / max(len(scores) - 1, 1)
    weighed = shares * (FLOOR + PEAK * rank**3)
    return np.asarray(weighed / weighed.sum())
