"""Fine-tune any card's network on a user's own folder: the card's classes, the loop and augmentation of `train`.

Unlike `train` there is no teacher: what a user's labels leave out is meant to be left out, since the verdicts that a
folder is made of say above all where nothing was.
"""

from __future__ import annotations

import argparse
from pathlib import Path

import cv2
import numpy as np
import torch

from models.labelled import open_folder
from models.training.network import load_network
from models.training.samples import Sample, draw_shares
from models.training.train import Plan, batch_of, train

PICTURES_PER_STEP = 11  # a step's batch is 8 to 20 pictures: an epoch then sees about every picture once
LEAST_STEPS = 12


def own_samples(split: Path, classes: tuple[str, ...]) -> list[Sample]:
    """Samples of one split folder, classes as rows of a head that has `classes` in this order."""
    row_of = {name: row for row, name in enumerate(classes)}
    return [
        Sample(
            file=split / truth.file,
            camera=truth.camera or "",
            one_class=False,
            boxes_xyxy_px=truth.boxes_xyxy_px,
            classes=np.array([row_of[label] for label in truth.labels], np.int64),
        )
        for _, truth in open_folder(split, unnamed=classes)
    ]


def main() -> None:
    """Command line: `python -m models.training.fine_tune --weights W --data DIR/train --classes A B --out DIR`."""
    parser = argparse.ArgumentParser(description="Fine-tune a network on a labelled folder of one's own.")
    parser.add_argument("--weights", type=Path, required=True)
    parser.add_argument("--data", type=Path, required=True, help="the training split: images/, labels/")
    parser.add_argument("--classes", nargs="+", required=True, help="names of the head's rows, in order")
    parser.add_argument("--out", type=Path, required=True)
    parser.add_argument("--epochs", type=int, required=True)
    parser.add_argument("--lr", type=float, required=True)
    parser.add_argument("--seed", type=int, required=True)
    args = parser.parse_args()
    torch.manual_seed(args.seed)
    cv2.setNumThreads(1)
    network = load_network(args.weights)
    if network.model[-1].nc != len(args.classes):
        parser.error(f"{args.weights} has {network.model[-1].nc} classes, named are {' '.join(args.classes)}")
    samples = own_samples(args.data, tuple(args.classes))
    shares = draw_shares(samples)
    plan = Plan(
        epochs=args.epochs,
        steps_per_epoch=max(LEAST_STEPS, round(len(samples) / PICTURES_PER_STEP)),
        lr=args.lr,
        warmup_steps=min(Plan.warmup_steps, 2 * LEAST_STEPS),
        plain_epochs=min(Plan.plain_epochs, args.epochs),
        seed=args.seed,
    )
    train(network, lambda epoch, step: batch_of(samples, shares, plan, epoch, step), plan, args.out)


if __name__ == "__main__":
    main()
