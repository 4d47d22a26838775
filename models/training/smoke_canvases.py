"""What the smoke network is shown: windows of real, made and quiet pictures near the scale of judging.

Far plumes are few pixels, so pictures keep their scale and shape and only windows of them are shown; many of the
positives are made, on the very towers that are quiet in other canvases: what is learned is the plume, not the place.
"""

from __future__ import annotations

from collections import defaultdict
from dataclasses import dataclass
from pathlib import Path

import cv2
import numpy as np
import torch
from numpy.typing import NDArray

from models.boxes import Floats, intersections
from models.training.augment import Labelled, place, shade
from models.training.lens import seldom_grey, seldom_rimmed
from models.training.lookalikes import draw_one
from models.training.plumes import Plume, cut_out, filmed, lay, render, skyline
from models.training.smoke_samples import SMOKE, SmokePicture, draw_shares
from models.training.train import Batch, Plan, collate

# The common shape of tower pictures, the same without most of the sky, and windows of it: h, w, share of steps.
CANVASES = (((480, 640), 0.25), ((384, 640), 0.3), ((320, 448), 0.45))
PIXELS_PER_BATCH = 4 * 384 * 640 + 20_480  # 3, 4 or 7 canvases: more steps from the same work than large batches
ROLES = {"real": 0.38, "made": 0.28, "quiet": 0.34}
TRIES = 4  # plumes drawn until one can be seen
WINDOWS = 6  # windows drawn until one shows whole boxes only
LOOKALIKE_SHARE = 0.3  # of the quiet canvases
AT_ALARM_SHARE = 0.6  # of the mined quiet canvases: the window shows the place that was taken for smoke


@dataclass(frozen=True)
class Stock:
    """All a canvas is drawn from; `lines`: the skyline of each picture of `grounds`.

    `alarms`: where each of `quiet` was last taken for smoke (xyxy px), None where it was not.
    """

    positives: list[SmokePicture]
    quiet: list[SmokePicture]
    grounds: list[SmokePicture]
    lines: list[NDArray[np.int64]]
    plumes: list[Plume]
    shares: dict[str, NDArray[np.float64]]
    alarms: list[Floats | None]


def stock_of(pictures: list[SmokePicture], film: Path) -> Stock:
    """Sort the pictures into roles, find skylines and gather filmed and cut-out plumes."""
    positives, quiet = [p for p in pictures if p.positive], [p for p in pictures if not p.positive]
    lined = [(p, skyline(p.labelled.picture)) for p in pictures if p.tower or not p.positive]
    grounds = [(p, line) for p, line in lined if line is not None]
    kept = [picture for picture, _ in grounds]
    return Stock(
        positives,
        quiet,
        kept,
        [line for _, line in grounds],
        filmed(film) + cut_outs([p for p in pictures if p.tower]),
        {"real": near_thrice(positives), "quiet": draw_shares(quiet), "made": towers_first(kept)},
        [None] * len(quiet),
    )


def near_thrice(positives: list[SmokePicture]) -> NDArray[np.float64]:
    """Shares of real positives: near ones three times, for they alone show fire and are counted as two cameras."""
    shares = draw_shares(positives) * np.array([1.0 if picture.tower else 3.0 for picture in positives])
    return np.asarray(shares / shares.sum())


def towers_first(grounds: list[SmokePicture]) -> NDArray[np.float64]:
    """Shares of the grounds: seven made plumes of eight stand before a tower, the others in streets and fields."""
    shares, tower = draw_shares(grounds), np.array([ground.tower for ground in grounds])
    shares[tower] *= 0.875 / shares[tower].sum()
    shares[~tower] *= 0.125 / max(shares[~tower].sum(), 1e-9)
    return np.asarray(shares / shares.sum())


def cut_outs(towers: list[SmokePicture]) -> list[Plume]:
    """The real plumes that can be told from the same view without them, each against its most alike picture."""
    views: dict[tuple[object, ...], list[SmokePicture]] = defaultdict(list)
    for picture in towers:
        views[(picture.camera, *picture.labelled.picture.shape)].append(picture)
    found = []
    for view in views.values():
        thumbs = [cv2.resize(p.labelled.picture, (40, 30), interpolation=cv2.INTER_AREA).astype(float) for p in view]
        for picture, thumb in zip(view, thumbs, strict=True):
            for box in picture.labelled.boxes_xyxy_px:
                clear = [
                    (float(np.abs(thumb - other_thumb).mean()), index)
                    for index, (other, other_thumb) in enumerate(zip(view, thumbs, strict=True))
                    if other is not picture and not intersections(box[None], other.labelled.boxes_xyxy_px).any()
                ]
                if clear:
                    plume = cut_out(picture.labelled.picture, view[min(clear)[1]].labelled.picture, box)
                    found += [plume] if plume is not None else []
    return found


def draw_canvas(stock: Stock, rng: np.random.Generator, size_hw: tuple[int, int]) -> Labelled:
    """One canvas: a real positive, a made one, or a quiet picture (one in three with a look-alike drawn into it)."""
    role = str(rng.choice(list(ROLES), p=list(ROLES.values())))
    if role == "made" or (role == "quiet" and rng.random() < LOOKALIKE_SHARE):
        index = int(rng.choice(len(stock.grounds), p=stock.shares["made"]))
        source, line = stock.grounds[index].labelled, stock.lines[index]
        if rng.random() < (0.15 if role == "made" else 1.0):
            source = Labelled(draw_one(source.picture, line, rng), source.boxes_xyxy_px, source.classes)
        if role == "made":
            source = with_plumes(source, stock, line, rng)
    elif role == "quiet":
        return quiet_window(stock, rng, size_hw)
    else:
        source = stock.positives[int(rng.choice(len(stock.positives), p=stock.shares[role]))].labelled
    return show(source, rng, size_hw)


def quiet_window(stock: Stock, rng: np.random.Generator, size_hw: tuple[int, int]) -> Labelled:
    """A window of a quiet picture, mostly the one with the place that the network last took for smoke."""
    index = int(rng.choice(len(stock.quiet), p=stock.shares["quiet"]))
    source, alarm = stock.quiet[index].labelled, stock.alarms[index]
    if alarm is None or rng.random() >= AT_ALARM_SHARE:
        return show(source, rng, size_hw)
    window = show(Labelled(source.picture, alarm[None], np.zeros(1, np.int64)), rng, size_hw)
    return Labelled(window.picture, source.boxes_xyxy_px, source.classes)


def show(source: Labelled, rng: np.random.Generator, size_hw: tuple[int, int]) -> Labelled:
    """A window of a picture near the scale of judging, if it can be one that shows its boxes and cuts none of them.

    Cut plumes would teach that smoke stands at the edge of a picture: there were most of the false boxes.
    """
    source = seldom_rimmed(source, rng)
    scale = window_scale(source, size_hw)
    windows: list[Labelled] = []
    for _ in range(WINDOWS):
        windows.append(place(source, rng, size_hw, zoom=(0.85 * scale, 1.6 * scale)))
        if not len(source.classes) or (len(windows[-1].classes) and not at_edge(windows[-1])):
            return windows[-1]
    return next((window for window in windows if len(window.classes)), windows[-1])


def at_edge(window: Labelled) -> bool:
    """Whether a box reaches the edge of the canvas."""
    height, width = window.picture.shape[:2]
    boxes = window.boxes_xyxy_px
    return bool((boxes[:, :2] <= 0).any() or (boxes[:, 2:] >= np.array([width, height])).any())


def window_scale(source: Labelled, size_hw: tuple[int, int]) -> float:
    """The zoom (1 = it just fits) at which a picture is judged at 640, or less where its largest box would not fit."""
    height, width = source.picture.shape[:2]
    fit = min(size_hw[1] / width, size_hw[0] / height)
    judged = 640 / max(height, width) / fit
    if not len(source.boxes_xyxy_px):
        return judged
    wide, tall = (source.boxes_xyxy_px[:, 2:] - source.boxes_xyxy_px[:, :2]).max(axis=0)
    return float(max(0.7, min(judged, 0.9 * size_hw[1] / (fit * wide), 0.9 * size_hw[0] / (fit * tall))))


def with_plumes(source: Labelled, stock: Stock, line: NDArray[np.int64], rng: np.random.Generator) -> Labelled:
    """One made plume, seldom two, laid over the picture where no other smoke is boxed."""
    picture, boxes = source.picture, source.boxes_xyxy_px
    for _ in range(1 if rng.random() < 0.8 else 2):
        for _ in range(TRIES):
            plume = render(rng) if rng.random() < 0.5 else stock.plumes[int(rng.integers(len(stock.plumes)))]
            laid = lay(picture, plume, line, rng)
            if laid.box_xyxy_px is not None and not intersections(laid.box_xyxy_px[None], boxes).any():
                picture, boxes = laid.picture, np.concatenate([boxes, laid.box_xyxy_px[None]])
                break
    added = np.full(len(boxes) - len(source.boxes_xyxy_px), SMOKE, np.int64)
    return Labelled(picture, boxes, np.concatenate([source.classes, added]))


def batch_of(stock: Stock, plan: Plan, epoch: int, step: int) -> Batch:
    """The batch of one step, a function of (seed, epoch, step) alone."""
    rng = np.random.default_rng((plan.seed, epoch, step))
    size_hw = CANVASES[int(rng.choice(len(CANVASES), p=[share for _, share in CANVASES]))][0]
    count = PIXELS_PER_BATCH // (size_hw[0] * size_hw[1])
    batch = collate([seldom_grey(shade(draw_canvas(stock, rng, size_hw), rng), rng) for _ in range(count)], size_hw)
    # Channels last: a tenth less work for the same numbers on a CPU.
    return batch | {"img": batch["img"].contiguous(memory_format=torch.channels_last)}
