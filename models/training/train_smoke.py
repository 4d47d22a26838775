"""Train the smoke network: YOLO11n with a fresh head of two classes on real, made and quiet pictures.

Far plumes are few pixels, so pictures keep their scale and shape and only windows of them are shown; half of the
positives are made, on the very towers that are quiet in other canvases: what is learned is the plume, not the place.
"""

from __future__ import annotations

import argparse
import math
from collections import defaultdict
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import cv2
import numpy as np
import torch
from numpy.typing import NDArray

from models.boxes import intersections
from models.training.augment import Labelled, place, shade
from models.training.lookalikes import draw_one
from models.training.network import keep_classes, load_network
from models.training.plumes import Plume, cut_out, filmed, lay, render, skyline
from models.training.smoke_samples import (
    CLASSES,
    SMOKE,
    SmokePicture,
    draw_shares,
    read_sequences,
    read_stills,
    read_streets,
)
from models.training.train import Batch, Plan, collate, train

# The common shape of tower pictures, the same without most of the sky, and windows of it: h, w, share of steps.
CANVASES = (((480, 640), 0.25), ((384, 640), 0.3), ((320, 448), 0.45))
PIXELS_PER_BATCH = 4 * 384 * 640 + 20_480  # 3, 4 or 7 canvases: more steps from the same work than large batches
ROLES = {"real": 0.42, "made": 0.36, "quiet": 0.22}
TRIES = 4  # windows drawn until one shows a box
HEAD_LR_SHARE, FROZEN_LAYERS = 4.0, 4


@dataclass(frozen=True)
class Stock:
    """All a canvas is drawn from; `lines`: the skyline of each picture of `grounds`."""

    positives: list[SmokePicture]
    quiet: list[SmokePicture]
    grounds: list[SmokePicture]
    lines: list[NDArray[np.int64]]
    plumes: list[Plume]
    shares: dict[str, NDArray[np.float64]]


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
    if role == "made" or (role == "quiet" and rng.random() < 0.35):
        index = int(rng.choice(len(stock.grounds), p=stock.shares["made"]))
        source, line = stock.grounds[index].labelled, stock.lines[index]
        if rng.random() < (0.15 if role == "made" else 1.0):
            source = Labelled(draw_one(source.picture, line, rng), source.boxes_xyxy_px, source.classes)
        if role == "made":
            source = with_plumes(source, stock, line, rng)
    else:
        pool = stock.positives if role == "real" else stock.quiet
        source = pool[int(rng.choice(len(pool), p=stock.shares[role]))].labelled
    scale = window_scale(source, size_hw)
    for _ in range(TRIES):
        window = place(source, rng, size_hw, zoom=(0.85 * scale, 1.6 * scale))
        if len(window.classes) or not len(source.classes):
            break
    return window


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
    batch = collate([shade(draw_canvas(stock, rng, size_hw), rng) for _ in range(count)], size_hw)
    # Channels last: a tenth less work for the same numbers on a CPU.
    return batch | {"img": batch["img"].contiguous(memory_format=torch.channels_last)}


def fresh_head(network: Any, classes: int, seed: int) -> Any:
    """The network with `classes` new rows: near the mean of the old ones, biased to one smoke in a few pictures.

    Drawn at random, the first steps would be spent on unlearning wild scores; the mean row already knows "no object".
    """
    generator = torch.Generator().manual_seed(seed)
    old = [branch[-1].weight.data.mean(dim=0, keepdim=True) for branch in network.model[-1].cv3]
    keep_classes(network, list(range(classes)))
    head = network.model[-1]
    for branch, mean, stride in zip(head.cv3, old, (8, 16, 32), strict=True):
        weight = branch[-1].weight
        weight.data = mean + 0.02 * torch.randn(weight.shape, generator=generator)
        branch[-1].bias.data.fill_(math.log(1 / (640 / stride) ** 2) + 1.0)
    return network


def optimiser_for(network: Any, plan: Plan) -> torch.optim.AdamW:
    """AdamW with a quick class branch; the first layers, which cost most and know edges already, stay as they are."""
    slow: list[torch.nn.Parameter] = []
    quick: list[torch.nn.Parameter] = []
    for name, parameter in network.named_parameters():
        if ".dfl." in name or int(name.split(".")[1]) < FROZEN_LAYERS:
            parameter.requires_grad = False
        else:
            (quick if ".cv3." in name else slow).append(parameter)
    return torch.optim.AdamW(
        [{"params": slow}, {"params": quick, "lr_share": HEAD_LR_SHARE}], lr=plan.lr, weight_decay=plan.weight_decay
    )


def main() -> None:
    """Command line: `python -m models.training.train_smoke --weights W --data DIR --sequences DIR --out DIR`."""
    parser = argparse.ArgumentParser(description="Train the smoke network.")
    for name in ("weights", "data", "sequences", "streets", "out"):
        parser.add_argument(f"--{name}", type=Path, required=True)
    parser.add_argument("--epochs", type=int, default=24)
    parser.add_argument("--steps", type=int, default=60)
    parser.add_argument("--lr", type=float, default=4e-4)
    parser.add_argument("--seed", type=int, default=17)
    args = parser.parse_args()
    plan = Plan(epochs=args.epochs, steps_per_epoch=args.steps, lr=args.lr, seed=args.seed)
    torch.manual_seed(plan.seed)
    cv2.setNumThreads(1)
    pictures = read_stills(args.data, "train") + read_sequences(args.sequences, "train", every=3)
    pictures += read_streets(args.streets, 40, plan.seed)
    stock = stock_of(pictures, args.data / "assets" / "plume-on-black.mp4")
    counts = {name: len(getattr(stock, name)) for name in ("positives", "quiet", "grounds", "plumes")}
    print(", ".join(f"{count} {name}" for name, count in counts.items()), flush=True)
    network = load_network(args.weights)
    if network.model[-1].nc != len(CLASSES):
        network = fresh_head(network, len(CLASSES), plan.seed)
    network = network.to(memory_format=torch.channels_last)
    train(
        network,
        lambda epoch, step: batch_of(stock, plan, epoch, step),
        plan,
        args.out,
        optimiser=optimiser_for(network, plan),
    )


if __name__ == "__main__":
    main()
