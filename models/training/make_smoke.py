"""Make smoke-n again, from the base weights to its figures, in one command: phases, export, INT8, evaluation.

The learning rate of the long phases stays level and only the last one falls to nearly nothing: so a run can be broken
off after any epoch and still end well. A phase whose last checkpoint is there is not run again.
"""

from __future__ import annotations

import argparse
import os
import sys
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path

import msgspec

from models.card_text import card_text
from models.cards import Training, read_card
from models.making import Made, card_of, run_steps
from models.registry import OWN_CARDS

STEPS_PER_EPOCH = 60
CLASSES = ("smoke", "fire")
SIZE_PX = 640
QUANTISE = ("--per-scene", "16", "--float-layers", "5", "--seed", "11")
HEADING = "Model card of smoke-n, made by models.training.make_smoke; figures and failures are to be written into it."


@dataclass(frozen=True)
class Phase:
    """One run of train_smoke; `lr_end_share` 1 keeps the learning rate level, `mine_every` 0 mines no negatives."""

    name: str
    epochs: int
    seed: int
    lr: float = 4e-4
    lr_end_share: float = 0.05
    head_lr_share: float = 4.0
    average_decay: float = 0.995
    mine_every: int = 0

    def checkpoint(self, out: Path) -> Path:
        """What the phase leaves in the end."""
        return out / self.name / f"epoch-{self.epochs:02d}.safetensors"


@dataclass(frozen=True)
class Sources:
    """The folders that training reads: smoke, tower sequences, streets."""

    smoke: Path
    sequences: Path
    streets: Path


PHASES = (
    Phase("a", epochs=16, seed=17),
    Phase("b", epochs=10, seed=18),
    Phase("c", epochs=13, seed=19, lr=2.5e-4, lr_end_share=1.0, head_lr_share=2.0, average_decay=0.998, mine_every=4),
    Phase("d", epochs=8, seed=20, lr=2.5e-4, lr_end_share=0.02, head_lr_share=2.0, average_decay=0.99, mine_every=4),
)


def training_steps(phases: Sequence[Phase], base: Path, sources: Sources, out: Path) -> list[list[str]]:
    """The words after `python` of every phase, each from where the one before it ended."""
    steps = []
    for phase in phases:
        words = ["-m", "models.training.train_smoke", "--weights", str(base), "--data", str(sources.smoke)]
        words += ["--sequences", str(sources.sequences), "--streets", str(sources.streets)]
        words += ["--out", str(out / phase.name), "--epochs", str(phase.epochs), "--steps", str(STEPS_PER_EPOCH)]
        words += ["--lr", str(phase.lr), "--lr-end-share", str(phase.lr_end_share)]
        words += ["--head-lr-share", str(phase.head_lr_share)]
        words += ["--average-decay", str(phase.average_decay), "--mine-every", str(phase.mine_every)]
        steps.append([*words, "--seed", str(phase.seed)])
        base = phase.checkpoint(out)
    return steps


def unfinished(phases: Sequence[Phase], out: Path) -> list[Phase]:
    """The phases after the last one that has left its checkpoint."""
    done = [at for at, phase in enumerate(phases) if phase.checkpoint(out).is_file()]
    return list(phases[done[-1] + 1 :] if done else phases)


def export_steps(checkpoint: Path, smoke: Path, made: Made) -> list[list[str]]:
    """The words after `python` that make float ONNX, state dict and INT8 ONNX of a checkpoint."""
    files = ["--onnx", str(made.float32), "--safetensors", str(made.start)]
    quantise = ["-m", "models.training.quantise", str(made.float32), "--data", str(smoke / "train")]
    return [
        ["-m", "models.training.export", str(checkpoint), "--classes", *CLASSES, *files],
        [*quantise, "--out", str(made.int8), *QUANTISE],
    ]


def measure_steps(smoke: Path, made: Made) -> list[list[str]]:
    """The words after `python` that count everything on the validation views."""
    val, raw = str(smoke / "val"), str(made.folder / "predictions.jsonl")
    threshold = str(read_card(made.card).threshold)
    card = ["--data", val, "--size", str(SIZE_PX), "--predictions", raw, "--report", str(made.folder / "report")]
    return [
        ["-m", "tantou", "models", "eval", str(made.card), *card, "--json"],
        ["-m", "models.training.smoke_report", raw, "--data", val, "--threshold", threshold],
    ]


def write_draft(made: Made, said: Sequence[str]) -> None:
    """A card of the files made, without figures; the date is still that of the card it is written after."""
    base = read_card(OWN_CARDS / "smoke-n.toml")
    training = base.training
    if training is None:
        raise ValueError(f"{OWN_CARDS / 'smoke-n.toml'}: names no training, so its data and licences are not known")
    draft = card_of(base, made, _again(training, said), base.about)
    made.card.write_text(card_text(draft, heading=HEADING), encoding="utf-8")


def _again(training: Training, said: Sequence[str]) -> Training:
    return msgspec.structs.replace(training, commands=tuple(said), seeds=tuple(phase.seed for phase in PHASES))


def main() -> None:
    """Command line: `python -m models.training.make_smoke --weights W --data DIR ... --out DIR` (see the guide)."""
    parser = argparse.ArgumentParser(description="Make smoke-n again from its base weights.")
    for name in ("weights", "data", "sequences", "streets", "out"):
        parser.add_argument(f"--{name}", type=Path, required=True)
    args = parser.parse_args()
    sources, made = Sources(args.data, args.sequences, args.streets), Made(args.out, "smoke-n")
    made.folder.mkdir(parents=True, exist_ok=True)
    left = len(unfinished(PHASES, args.out))
    training = training_steps(PHASES, args.weights, sources, args.out)
    python, environment = Path(sys.executable), {**os.environ, "OMP_WAIT_POLICY": "PASSIVE"}
    run_steps(python, training[len(training) - left :], environment=environment)
    exporting = export_steps(PHASES[-1].checkpoint(args.out), args.data, made)
    run_steps(python, exporting, environment=environment)
    write_draft(made, [f"python {' '.join(words)}" for words in training + exporting])
    run_steps(python, measure_steps(args.data, made), environment=environment)


if __name__ == "__main__":
    main()
