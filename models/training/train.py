"""Fine-tune YOLO11n on a labelled folder on two CPU cores: ultralytics' network and loss, a loop of our own.

Batch-norm statistics stay as they are in the base network (measured there on street pictures): small batches of few
cameras would only make them noisier. Each epoch leaves a checkpoint of the averaged weights; the last is the result.
"""

from __future__ import annotations

import argparse
import json
import math
import time
from collections.abc import Callable, Iterator
from concurrent.futures import ThreadPoolExecutor
from copy import deepcopy
from dataclasses import asdict, dataclass
from pathlib import Path
from typing import Any

import cv2
import numpy as np
import torch
from torch import nn

from models.training.augment import Labelled, compose, shade
from models.training.loss import SureLoss
from models.training.network import load_network, save_network
from models.training.samples import Sample, draw_shares, for_head, mend, read_samples
from models.training.weather import spoil

SIZES_HW = ((192, 320), (256, 416), (256, 416), (320, 544), (384, 640), (384, 640))
PIXELS_PER_BATCH = 8 * 384 * 640  # the same work for each step, whatever the size drawn
MAX_BATCH = 20
Batch = dict[str, torch.Tensor]
Draw = Callable[[int, int], Batch]  # (epoch, step) -> the batch of that step, the same on every call


@dataclass(frozen=True)
class Plan:
    """All that decides the result besides the data and the base weights; it is stored with each checkpoint."""

    epochs: int = 24
    steps_per_epoch: int = 45
    lr: float = 2e-4
    lr_end_share: float = 0.05
    warmup_steps: int = 60
    weight_decay: float = 5e-4
    average_decay: float = 0.995
    mosaic_share: float = 0.4
    plain_epochs: int = 3  # the last ones without mosaics, so that the end sees whole pictures
    seed: int = 11


def batch_of(samples: list[Sample], shares: np.ndarray[Any, Any], plan: Plan, epoch: int, step: int) -> Batch:
    """The batch of one step, a function of (seed, epoch, step) alone."""
    rng = np.random.default_rng((plan.seed, epoch, step))
    size_hw = SIZES_HW[rng.integers(len(SIZES_HW))]
    count = min(MAX_BATCH, PIXELS_PER_BATCH // (size_hw[0] * size_hw[1]))
    mosaic_share = plan.mosaic_share if epoch < plan.epochs - plan.plain_epochs else 0.0
    draws = [rng.choice(len(samples), 4 if rng.random() < mosaic_share else 1, p=shares) for _ in range(count)]
    return collate([shade(spoil(compose(samples, draw, rng, size_hw), rng), rng) for draw in draws], size_hw)


def collate(canvases: list[Labelled], size_hw: tuple[int, int]) -> Batch:
    """Arrays in the form that ultralytics' loss takes: RGB 0..1 pictures, boxes as centre and size in shares."""
    pictures = np.stack([canvas.picture[..., ::-1].transpose(2, 0, 1) for canvas in canvases])
    boxes = np.concatenate([canvas.boxes_xyxy_px for canvas in canvases]) / np.array([size_hw[1], size_hw[0]] * 2)
    xywh = np.concatenate([(boxes[:, :2] + boxes[:, 2:]) / 2, boxes[:, 2:] - boxes[:, :2]], axis=1)
    owner = np.repeat(np.arange(len(canvases)), [len(canvas.classes) for canvas in canvases])
    return {
        "img": torch.from_numpy(pictures).float() / 255,
        "bboxes": torch.from_numpy(xywh.astype(np.float32)),
        "cls": torch.from_numpy(np.concatenate([canvas.classes for canvas in canvases])[:, None].astype(np.float32)),
        "batch_idx": torch.from_numpy(owner.astype(np.float32)),
        "sure": torch.from_numpy(np.concatenate([canvas.sureness for canvas in canvases])),
    }


def batches(draw: Draw, plan: Plan, epoch: int) -> Iterator[Batch]:
    """The batches of one epoch, each drawn in a second thread while the network works on the one before."""
    with ThreadPoolExecutor(1) as pool:
        ahead = pool.submit(draw, epoch, 0)
        for step in range(plan.steps_per_epoch):
            batch = ahead.result()
            if step + 1 < plan.steps_per_epoch:
                ahead = pool.submit(draw, epoch, step + 1)
            yield batch


def learning_rate(plan: Plan, step: int) -> float:
    """Linear warm-up, then a cosine down to `lr_end_share` of the peak."""
    warm = min(1.0, (step + 1) / plan.warmup_steps)
    fallen = 0.5 * (1 + math.cos(math.pi * step / (plan.epochs * plan.steps_per_epoch)))
    return plan.lr * warm * (plan.lr_end_share + (1 - plan.lr_end_share) * fallen)


def _float(value: Any) -> Any:
    """Predictions in float32: in bfloat16 a box of the loss would move by half a grid cell."""
    if isinstance(value, torch.Tensor):
        return value.float()
    if isinstance(value, dict):
        return {key: _float(entry) for key, entry in value.items()}
    return type(value)(_float(entry) for entry in value)


def optimiser_for(network: nn.Module, plan: Plan) -> torch.optim.AdamW:
    """AdamW with decay on convolution kernels only; biases and norms are free, and the fixed DFL ramp is left out."""
    trained = [(name, p) for name, p in network.named_parameters() if ".dfl." not in name]
    kernels = [p for _, p in trained if p.ndim > 1]
    others = [p for _, p in trained if p.ndim <= 1]
    return torch.optim.AdamW(
        [{"params": kernels, "weight_decay": plan.weight_decay}, {"params": others, "weight_decay": 0.0}], lr=plan.lr
    )


@dataclass(frozen=True)
class State:
    """All that a run needs to go on after its process ended, in one file."""

    network: Any
    average: Any
    optimiser: torch.optim.Optimizer
    file: Path

    def keep(self, plan: Plan, epochs_done: int) -> None:
        """Write the file, whole or not at all; take it away when nothing is left to do."""
        if epochs_done == plan.epochs:
            self.file.unlink(missing_ok=True)
            return
        parts = {name: getattr(self, name).state_dict() for name in ("network", "average", "optimiser")}
        fresh = self.file.with_suffix(".new")
        torch.save(parts | {"epochs_done": epochs_done, "plan": asdict(plan)}, fresh)
        fresh.replace(self.file)

    def restore(self, plan: Plan) -> int:
        """Fill the three from the file; the epochs done, 0 without a file. Raises ValueError for another plan."""
        if not self.file.exists():
            return 0
        kept = torch.load(self.file, weights_only=True)
        if kept["plan"] | {"epochs": 0} != asdict(plan) | {"epochs": 0}:
            raise ValueError(
                f"{self.file} is of another plan, {kept['plan']}: take it away or train into another folder"
            )
        for name in ("network", "average", "optimiser"):
            getattr(self, name).load_state_dict(kept[name])
        return int(kept["epochs_done"])


def train(network: Any, draw: Draw, plan: Plan, out: Path, *, optimiser: torch.optim.Optimizer | None = None) -> None:
    """Train in place and write `out/epoch-NN.safetensors` (averaged weights) after each epoch.

    A run that was broken off goes on from `out/state.pt`, which the last epoch takes away; a plan of other `epochs`
    may take over there. A parameter group of `optimiser` may carry `lr_share`: its learning rate as a share of the
    plan's.
    """
    network.to(memory_format=torch.channels_last).train()  # a fifth less time a step than channels first
    for module in network.modules():
        if isinstance(module, nn.BatchNorm2d):
            module.eval()
    criterion, average = SureLoss(network), deepcopy(network)
    optimiser = optimiser or optimiser_for(network, plan)
    state = State(network, average, optimiser, out / "state.pt")
    done = state.restore(plan)
    step = done * plan.steps_per_epoch
    for epoch in range(done, plan.epochs):
        began, losses = time.monotonic(), []
        for batch in batches(draw, plan, epoch):
            for group in optimiser.param_groups:
                group["lr"] = learning_rate(plan, step) * group.get("lr_share", 1.0)
            with torch.autocast("cpu", dtype=torch.bfloat16):
                predictions = network(batch["img"].to(memory_format=torch.channels_last))
            loss, _ = criterion(_float(predictions), batch)
            optimiser.zero_grad()
            loss.sum().backward()
            nn.utils.clip_grad_norm_(network.parameters(), 10.0)
            optimiser.step()
            step += 1
            keep = min(plan.average_decay, step / (step + 20))
            for slow, fast in zip(average.parameters(), network.parameters(), strict=True):
                slow.data.lerp_(fast.data, 1 - keep)
            losses.append(loss.sum().item() / len(batch["img"]))
        about = {"plan": json.dumps(asdict(plan)), "epoch": str(epoch + 1), "licence": "AGPL-3.0-or-later"}
        save_network(average, out / f"epoch-{epoch + 1:02d}.safetensors", about)
        state.keep(plan, epoch + 1)
        print(
            f"epoch {epoch + 1}/{plan.epochs} loss {np.mean(losses):.3f} {time.monotonic() - began:.0f} s", flush=True
        )


def main() -> None:
    """Command line: `python -m models.training.train --weights W --data DIR --teacher FILE --out DIR`."""
    parser = argparse.ArgumentParser(description="Fine-tune YOLO11n on a labelled folder.")
    parser.add_argument("--weights", type=Path, required=True)
    parser.add_argument("--data", type=Path, required=True, nargs="+", help="folders with a manifest.csv")
    parser.add_argument("--teacher", type=Path, required=True, help="what `teach` wrote about the same folders")
    parser.add_argument("--out", type=Path, required=True)
    parser.add_argument("--epochs", type=int, default=Plan.epochs)
    parser.add_argument("--lr", type=float, default=Plan.lr)
    parser.add_argument("--plain-epochs", type=int, default=Plan.plain_epochs, help="the last ones, without mosaics")
    parser.add_argument("--seed", type=int, default=Plan.seed)
    args = parser.parse_args()
    plan = Plan(epochs=args.epochs, lr=args.lr, plain_epochs=args.plain_epochs, seed=args.seed)
    torch.manual_seed(plan.seed)
    cv2.setNumThreads(1)
    network = load_network(args.weights)
    found = [sample for folder in args.data for sample in read_samples(folder, "train")]
    samples = for_head(mend(found, args.teacher), network.model[-1].nc)
    shares = draw_shares(samples)
    train(network, lambda epoch, step: batch_of(samples, shares, plan, epoch, step), plan, args.out)


if __name__ == "__main__":
    main()
