"""Train the smoke network: YOLO11n with a fresh head of two classes, and hard negatives looked for on the way."""

from __future__ import annotations

import argparse
import math
from collections import defaultdict
from dataclasses import replace
from pathlib import Path
from typing import Any

import cv2
import numpy as np
import torch

from models.training.mining import MIN_SCORE, alarms, mined_shares
from models.training.network import keep_classes, load_network
from models.training.smoke_canvases import Stock, batch_of, stock_of
from models.training.smoke_samples import CLASSES, read_sequences, read_stills, read_streets
from models.training.train import Batch, Plan, train

HEAD_LR_SHARE, FROZEN_LAYERS = 4.0, 4
BACKBONE_LAYERS, BACKBONE_LR_SHARE = 11, 0.5  # what sees texture is moved less than what tells smoke by it
ALARM = 0.05  # a quiet picture above this counts as an alarm in what a run prints


class Draws:
    """The batches of a run; every `mine_every` epochs the quiet pictures are scored and the worst drawn more often."""

    def __init__(self, stock: Stock, plan: Plan, network: Any, mine_every: int) -> None:
        self._unmined = self._stock = stock
        self._plan, self._network, self._mine_every = plan, network, mine_every
        self._looked = False

    def __call__(self, epoch: int, step: int) -> Batch:
        """The batch of one step; the first step of an epoch is drawn while the network rests."""
        if step == 0 and self._mine_every and (epoch % self._mine_every == 0 or not self._looked):
            self._stock = mined(self._unmined, self._network)
            self._looked = True  # a run that goes on half way looks at once, not only at its next turn
        return batch_of(self._stock, self._plan, epoch, step)


def mined(stock: Stock, network: Any) -> Stock:
    """The stock with the shares of its quiet pictures, and where they alarm, by the network as it is now."""
    found = alarms(network, [picture.labelled.picture for picture in stock.quiet])
    scores = np.array([alarm.score for alarm in found])
    print(f"mined {len(found)} quiet pictures: {(scores > ALARM).sum()} above {ALARM}", flush=True)
    shares = stock.shares | {"quiet": mined_shares(stock.shares["quiet"], scores)}
    return replace(stock, shares=shares, alarms=[a.box_xyxy_px if a.score > MIN_SCORE else None for a in found])


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


def optimiser_for(network: Any, plan: Plan, head_lr_share: float = HEAD_LR_SHARE) -> torch.optim.AdamW:
    """AdamW with a quick class branch; the first layers, which cost most and know edges already, stay as they are."""
    groups: dict[float, list[torch.nn.Parameter]] = defaultdict(list)
    for name, parameter in network.named_parameters():
        layer = int(name.split(".")[1])
        if ".dfl." in name or layer < FROZEN_LAYERS:
            parameter.requires_grad = False
        else:
            share = head_lr_share if ".cv3." in name else BACKBONE_LR_SHARE if layer < BACKBONE_LAYERS else 1.0
            groups[share].append(parameter)
    return torch.optim.AdamW(
        [{"params": parameters, "lr_share": share} for share, parameters in sorted(groups.items())],
        lr=plan.lr,
        weight_decay=plan.weight_decay,
    )


def main() -> None:
    """Command line: `python -m models.training.train_smoke --weights W --data DIR --sequences DIR --out DIR`."""
    parser = argparse.ArgumentParser(description="Train the smoke network.")
    for name in ("weights", "data", "sequences", "streets", "out"):
        parser.add_argument(f"--{name}", type=Path, required=True)
    parser.add_argument("--epochs", type=int, default=24)
    parser.add_argument("--steps", type=int, default=60)
    parser.add_argument("--lr", type=float, default=4e-4)
    parser.add_argument("--lr-end-share", type=float, default=Plan.lr_end_share, help="1: constant, to go on from")
    parser.add_argument("--head-lr-share", type=float, default=HEAD_LR_SHARE, help="less for a head that is trained")
    parser.add_argument("--average-decay", type=float, default=Plan.average_decay)
    parser.add_argument("--mine-every", type=int, default=0, help="epochs between looks for hard negatives; 0: never")
    parser.add_argument("--seed", type=int, default=17)
    args = parser.parse_args()
    plan = Plan(
        epochs=args.epochs,
        steps_per_epoch=args.steps,
        lr=args.lr,
        lr_end_share=args.lr_end_share,
        average_decay=args.average_decay,
        seed=args.seed,
    )
    torch.manual_seed(plan.seed)
    cv2.setNumThreads(1)
    pictures = read_stills(args.data, "train") + read_sequences(args.sequences, "train", every=3, every_quiet=1)
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
        Draws(stock, plan, network, args.mine_every),
        plan,
        args.out,
        optimiser=optimiser_for(network, plan, args.head_lr_share),
    )


if __name__ == "__main__":
    main()
