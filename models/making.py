"""Making a new card: training, export and quantisation as programs of the training environment, then the card's text.

torch never enters this process: each step is `python -m models.training...` run by the interpreter of the training
environment (docs/guides/train.en.md). What comes back is files, and they are measured here by the usual runtime.
"""

from __future__ import annotations

import hashlib
import subprocess
import sys
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from pathlib import Path

import msgspec

from contract.errors import ModelError
from models.cards import Card, DataSource, Metrics, Origin, Training, Weight
from models.detector import Detector
from models.evaluate import MIN_SCORE, evaluate, groups_of
from models.labelled import open_folder
from models.registry import Listed, Registry, check_bytes, check_licence, load

ROOT = Path(__file__).resolve().parent.parent
GUIDE = "docs/guides/train.en.md"
NEEDED = ("torch", "ultralytics", "onnx", "onnxslim", "onnxruntime", "safetensors", "cv2", "msgspec")
PROBE_LIMIT_S = 120
_PROBE = "import importlib.util,sys;print(*[n for n in sys.argv[1:] if importlib.util.find_spec(n) is None])"


@dataclass(frozen=True)
class Made:
    """The files of a new card, all in one folder and named after it."""

    folder: Path
    name: str

    @property
    def int8(self) -> Path:
        """The weight that runs."""
        return self.folder / f"{self.name}.int8.onnx"

    @property
    def float32(self) -> Path:
        """The float ONNX that it was quantised from, for other tools."""
        return self.folder / f"{self.name}.float32.onnx"

    @property
    def start(self) -> Path:
        """The state dict to train on from."""
        return self.folder / f"{self.name}.fp16.safetensors"

    @property
    def card(self) -> Path:
        """The card itself."""
        return self.folder / f"{self.name}.toml"

    @property
    def checkpoints(self) -> Path:
        """Where training leaves one state dict an epoch."""
        return self.folder / "checkpoints"


@dataclass(frozen=True)
class Schedule:
    """How long and how boldly to train."""

    epochs: int
    lr: float
    seed: int


def training_step(start: Path, data: Path, classes: Sequence[str], made: Made, schedule: Schedule) -> list[str]:
    """The words after `python` that fine-tune `start` on `data/train`."""
    words = ["-m", "models.training.fine_tune", "--weights", str(start), "--data", str(data / "train")]
    words += ["--classes", *classes, "--out", str(made.checkpoints)]
    return [*words, "--epochs", str(schedule.epochs), "--lr", str(schedule.lr), "--seed", str(schedule.seed)]


def export_steps(checkpoint: Path, data: Path, classes: Sequence[str], made: Made) -> list[list[str]]:
    """The words after `python` that turn a checkpoint into float ONNX, state dict and INT8 ONNX."""
    files = ["--onnx", str(made.float32), "--safetensors", str(made.start)]
    return [
        ["-m", "models.training.export", str(checkpoint), *files, "--classes", *classes],
        ["-m", "models.training.quantise", str(made.float32), "--data", str(data / "train"), "--out", str(made.int8)],
    ]


def checkpoint_of(made: Made, epochs: int) -> Path:
    """The checkpoint of the last epoch; raises ModelError when training left none."""
    path = made.checkpoints / f"epoch-{epochs:02d}.safetensors"
    if not path.is_file():
        raise ModelError(f"{path}: training left no such checkpoint; see what it said above")
    return path


def start_of(listed: Listed) -> Path:
    """The verified state dict that a card can be trained on from; raises ModelError when it has none."""
    check_licence(listed.card)
    start = listed.card.train_from
    if start is None:
        raise ModelError(f"card {listed.card.name} names no `train_from` weight; train from a card that does")
    path = listed.file.parent / start.file
    check_bytes(path, start.sha256, start.size_bytes)
    return path


def check_classes(data: Path, card: Card) -> None:
    """Pass when every class of the folder is one of the card's; raises ModelError naming the others."""
    for split in ("train", "val"):
        strangers = sorted(set(open_folder(data / split, unnamed=card.classes).classes) - set(card.classes))
        if strangers:
            raise ModelError(
                f"{data / split}: classes.txt names {', '.join(strangers)}, which card {card.name} does not know "
                f"(its classes: {', '.join(card.classes)}); map them to one of these or leave them out"
            )


def check_environment(python: Path) -> None:
    """Pass when this interpreter has all that training imports; raises ModelError saying what is missing."""
    try:
        done = subprocess.run(
            [str(python), "-c", _PROBE, *NEEDED], capture_output=True, text=True, timeout=PROBE_LIMIT_S, check=True
        )
    except (OSError, subprocess.SubprocessError) as unusable:
        raise ModelError(f"{python}: no usable Python for training ({unusable}); make it as {GUIDE} says") from unusable
    if done.stdout.strip():
        missing = ", ".join(done.stdout.split())
        raise ModelError(f"{python}: {missing} not installed there; make the training environment as {GUIDE} says")


def run_steps(python: Path, steps: Sequence[Sequence[str]], *, environment: dict[str, str]) -> None:
    """Run each step to its end, what it says going to standard error; raises ModelError naming the one that failed."""
    for words in steps:
        print(f"{python} {' '.join(words)}", file=sys.stderr, flush=True)
        done = subprocess.run(
            [str(python), *words], stdout=sys.stderr, check=False, env={**environment, "PYTHONPATH": str(ROOT)}
        )
        if done.returncode != 0:
            raise ModelError(f"{words[1]} ended with exit code {done.returncode}; its own words are above")


def card_of(base: Card, made: Made, training: Training, about: str) -> Card:
    """A card of the files made, without figures yet: what is not measured is not stated."""
    return msgspec.structs.replace(
        base,
        name=made.name,
        version="0.1.0",
        about=about,
        sha256=sha256(made.int8),
        size_bytes=made.int8.stat().st_size,
        precision="int8",
        origin=Origin(file=made.int8.name),
        train_from=Weight(file=made.start.name, sha256=sha256(made.start), size_bytes=made.start.stat().st_size),
        metrics=(),
        training=training,
        known_failures=(
            "Measured on its owner's own validation cameras only.",
            *(f"Of {base.name}, from which it was trained: {one}" for one in base.known_failures),
        ),
    )


def measured(card: Card, made: Made, data: Path, progress: Callable[[int], None] = lambda _: None) -> Card:
    """The card with its figures on `data/val` at each of its sizes."""
    loaded = load(Registry(folders=()), Listed(card, made.card))
    folder = open_folder(data / "val", unnamed=card.classes)
    scored = next(iter(groups_of(card)))
    metrics = []
    for size_px in card.input.sizes_px:
        found = evaluate(Detector(card, loaded, size_px=size_px, threshold=MIN_SCORE), folder, progress=progress)
        if found.ap50[scored] is None:
            raise ModelError(f"{data / 'val'}: no labelled {scored}, so nothing can be measured; label some")
        metrics.append(
            Metrics(
                data=f"{data.name} val: {found.images} pictures of cameras that training never saw; {scored}",
                size_px=size_px,
                precision="int8",
                images=found.images,
                boxes=found.boxes,
                ap50=found.ap50[scored] or 0.0,
                ap50_95=found.ap50_95[scored],
                ap50_small=found.ap50_small[scored],
                recall=found.at_threshold.r if found.at_threshold else None,
                precision_share=found.at_threshold.p if found.at_threshold else None,
                ap50_90=found.ap50_90,
                by_camera_90={name: part.ap50_90 for name, part in found.by_camera.items() if part.ap50_90},
                by_camera={name: part.ap50 for name, part in found.by_camera.items() if part.ap50 is not None},
                by_scene={name: part.ap50 for name, part in found.by_scene.items() if part.ap50 is not None},
            )
        )
    return msgspec.structs.replace(card, metrics=tuple(metrics))


def data_sources(base: Card, data: Path, cameras: Sequence[str], licence: str) -> tuple[DataSource, ...]:
    """The new pictures first, then what the base card was trained on."""
    pictures = len(open_folder(data / "train", unnamed=base.classes).images)
    own = DataSource(
        name=data.name, licence=licence, pictures=pictures, origin=f"own pictures of {len(cameras)} cameras"
    )
    return (own, *(base.training.data if base.training else ()))


def sha256(file: Path) -> str:
    """The file's hash as a card states it."""
    with file.open("rb") as content:
        return hashlib.file_digest(content, "sha256").hexdigest()
