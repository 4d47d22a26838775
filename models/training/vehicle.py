"""The vehicle model from its data in one command: cut, teach, train, blend, export, quantise, measure.

Every step leaves a file in `--out` and is left out where that file lies already, so a run that was broken off goes on
where it stopped. The figures come last, in one `figures.json`.
"""

from __future__ import annotations

import argparse
import json
from dataclasses import asdict, dataclass
from pathlib import Path

import cv2
import msgspec
import torch

from models.cards import Card, Input, Origin
from models.detector import Detector
from models.evaluate import MIN_SCORE, evaluate
from models.labelled import open_folder
from models.runtimes import open_runtime
from models.training.blend import blend
from models.training.export import export
from models.training.frames import cut
from models.training.network import COCO_IDS, load_network
from models.training.quantise import Recipe, quantise
from models.training.samples import Sample, draw_shares, for_head, mend, read_samples
from models.training.teach import teach
from models.training.train import Plan, batch_of, train

SIZES_PX = (640, 416, 320)
EPOCHS = 36
FLOAT_LAYERS = 2  # in 8 bits they move sure scores by 0.07 on drawn cars; in float they cost no time
LICENCE = "AGPL-3.0-or-later"


@dataclass(frozen=True)
class Sources:
    """What a run is made from: base weights, teacher, `data` with `train/` and `val/`, films of more cameras."""

    base: Path
    teacher: Path
    data: Path
    clips: tuple[Path, ...]


def camera_of(clip: Path) -> str:
    """Films of one camera share the first word of their names: `otvision_cars-truck.mp4` is of `otvision`."""
    return clip.stem.split("_")[0]


def run(sources: Sources, plan: Plan, out: Path, pictures: int | None = None) -> Path:
    """All steps; `pictures` limits the training pictures for a trial. Returns the INT8 file."""
    out.mkdir(parents=True, exist_ok=True)
    if not (out / "frames" / "manifest.csv").exists():
        cut({clip: camera_of(clip) for clip in sources.clips}, out / "frames")
    found = [sample for folder in (sources.data, out / "frames") for sample in read_samples(folder, "train")]
    found = found[:: max(1, len(found) // pictures)][:pictures] if pictures else found
    teach(sources.teacher, [sample.file for sample in found], out / "teacher.jsonl")
    last = out / "checkpoints" / f"epoch-{plan.epochs:02d}.safetensors"
    if not last.exists():
        _train(sources.base, mend(found, out / "teacher.jsonl"), plan, last.parent)
    if not (out / "int8.onnx").exists():
        blend(last, sources.base, out / "blend.safetensors")
        export(out / "blend.safetensors", out / "float32.onnx", out / "fp16.safetensors", tuple(COCO_IDS))
        recipe = Recipe(seed=plan.seed, float_layers=FLOAT_LAYERS)
        quantise(out / "float32.onnx", out / "int8.onnx", sources.data / "train", recipe)
    figures = [
        measure(out / f"{precision}.onnx", sources.data / "val", size_px, precision)
        for precision in ("float32", "int8")
        for size_px in SIZES_PX
    ]
    (out / "figures.json").write_text(json.dumps({"plan": asdict(plan), "figures": figures}, indent=1) + "\n")
    return out / "int8.onnx"


def _train(base: Path, samples: list[Sample], plan: Plan, out: Path) -> None:
    torch.manual_seed(plan.seed)
    cv2.setNumThreads(1)
    network = load_network(base)
    samples = for_head(samples, network.model[-1].nc)
    shares = draw_shares(samples)
    train(network, lambda epoch, step: batch_of(samples, shares, plan, epoch, step), plan, out)


def measure(weight: Path, val: Path, size_px: int, precision: str) -> dict[str, object]:
    """The figures of `tantou models eval` of a weight that has no card yet, and one line of them on the screen."""
    card = Card(
        name="trial",
        version="0.0.0",
        about="a weight that is being made",
        licence=LICENCE,
        sha256="0" * 64,
        size_bytes=weight.stat().st_size,
        precision="int8" if precision == "int8" else "float32",
        classes=tuple(COCO_IDS),
        threshold=0.35,
        origin=Origin(file=weight.name),
        input=Input(sizes_px=SIZES_PX),
        merged={"vehicle": ("car", "bus", "truck")},
    )
    detector = Detector(card, open_runtime("onnxruntime", weight, threads=2), size_px=size_px, threshold=MIN_SCORE)
    figures = evaluate(detector, open_folder(val))
    vehicle, small = figures.ap50["vehicle"], figures.ap50_small["vehicle"]
    print(f"{precision} {size_px} px: AP50 {vehicle}, boxes under 32 px {small}, {figures.boxes} boxes", flush=True)
    built: dict[str, object] = msgspec.to_builtins(figures)
    return built


def main() -> None:
    """Command line: `python -m models.training.vehicle --base W --teacher T --data DIR --clips FILE... --out DIR`."""
    parser = argparse.ArgumentParser(description="Make the vehicle model from its data.")
    parser.add_argument("--base", type=Path, required=True, help="state dict of YOLO11n to start from")
    parser.add_argument("--teacher", type=Path, required=True, help=".mlpackage folder or state dict")
    parser.add_argument("--data", type=Path, required=True, help="train/, val/, classes.txt, manifest.csv")
    parser.add_argument("--clips", type=Path, nargs="*", default=[], help="films of more cameras, for the teacher")
    parser.add_argument("--out", type=Path, required=True)
    parser.add_argument("--epochs", type=int, default=EPOCHS)
    parser.add_argument("--steps", type=int, default=Plan.steps_per_epoch, help="an epoch")
    parser.add_argument("--lr", type=float, default=Plan.lr)
    parser.add_argument("--plain-epochs", type=int, default=Plan.plain_epochs, help="the last ones, without mosaics")
    parser.add_argument("--seed", type=int, default=Plan.seed)
    parser.add_argument("--pictures", type=int, help="train on so many only: to try the road")
    args = parser.parse_args()
    plan = Plan(
        epochs=args.epochs,
        steps_per_epoch=args.steps,
        lr=args.lr,
        plain_epochs=min(args.plain_epochs, args.epochs),
        seed=args.seed,
    )
    run(Sources(args.base, args.teacher, args.data, tuple(args.clips)), plan, args.out, args.pictures)


if __name__ == "__main__":
    main()
