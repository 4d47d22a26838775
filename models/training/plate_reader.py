"""The reader that knows every kind of plate: a small convolutional network with CTC, trained on drawn plates.

Input (n, 3, 32, 160) float32 BGR 0..255; each picture is normalised inside the network, so that a night plate is as
good as a day one. Output (n, 40, 77) probabilities: blank, then the characters of `CHARACTERS`.
"""

from __future__ import annotations

import argparse
import time
from pathlib import Path

import numpy as np
import onnx
import torch
from torch import Tensor, nn

from contract.plates import DIGITS, LETTERS, PROVINCES

CHARACTERS = DIGITS + LETTERS + PROVINCES + "挂学警领使港澳民航应急"


def block(inputs: int, outputs: int, kernel: tuple[int, int] = (3, 3), stride: tuple[int, int] = (1, 1)) -> nn.Module:
    """Convolution, normalisation, ReLU; same size but for the stride."""
    pad = (kernel[0] // 2, kernel[1] // 2)
    return nn.Sequential(
        nn.Conv2d(inputs, outputs, kernel, stride, pad, bias=False), nn.BatchNorm2d(outputs), nn.ReLU(inplace=True)
    )


class PlateReader(nn.Module):
    """Columns of four pixels in, a character or blank out."""

    def __init__(self) -> None:
        super().__init__()
        self.features = nn.Sequential(
            block(3, 24, (5, 5), (2, 2)),  # 16 x 80
            block(24, 32, stride=(1, 1)),
            block(32, 64, stride=(2, 2)),  # 8 x 40
            block(64, 96),
            block(96, 128, stride=(2, 1)),  # 4 x 40
            block(128, 160, stride=(2, 1)),  # 2 x 40
        )
        self.column = nn.Sequential(nn.Conv2d(160, 160, (2, 1), bias=False), nn.BatchNorm2d(160), nn.ReLU(inplace=True))
        self.along = nn.Sequential(block(160, 160, (1, 5)), nn.Dropout(0.1))
        self.head = nn.Conv2d(160, len(CHARACTERS) + 1, 1)

    def logits(self, pictures: Tensor) -> Tensor:
        """(n, 3, 32, 160) -> (n, 40, classes)."""
        mean = pictures.mean(dim=(1, 2, 3), keepdim=True)
        spread = (pictures - mean).pow(2).mean(dim=(1, 2, 3), keepdim=True).sqrt()
        columns = self.column(self.features((pictures - mean) / (spread + 2.0)))
        return self.head(columns + self.along(columns)).squeeze(2).transpose(1, 2)

    def forward(self, pictures: Tensor) -> Tensor:
        """Probabilities, as the card promises."""
        return self.logits(pictures).softmax(dim=2)


def load(folder: Path) -> tuple[np.ndarray, list[str]]:
    """All shards of a folder that are whole."""
    shards = [np.load(file) for file in sorted(folder.glob("*.npz")) if ".part" not in file.name]
    return np.concatenate([s["pictures"] for s in shards]), [str(t) for s in shards for t in s["texts"]]


def texts_of(logits: Tensor) -> list[str]:
    """Greedy CTC."""
    best = logits.argmax(dim=2).numpy()
    lines = []
    for row in best:
        kept = row[np.flatnonzero(np.diff(row, prepend=-1))]
        lines.append("".join(CHARACTERS[index - 1] for index in kept if index))
    return lines


def batch_of(pictures: np.ndarray, rng: np.random.Generator) -> Tensor:
    """A batch as floats, moved sideways a little and with its tones turned, so that a shard serves several times."""
    batch = torch.from_numpy(pictures).permute(0, 3, 1, 2).float()
    batch = torch.roll(batch, int(rng.integers(-3, 4)), dims=3)
    tone = torch.from_numpy(rng.uniform(0.75, 1.25, (len(batch), 3, 1, 1)).astype(np.float32))
    return (batch * tone + torch.randn_like(batch) * float(rng.uniform(0, 6))).contiguous(
        memory_format=torch.channels_last
    )


def teach(args: argparse.Namespace) -> PlateReader:
    """One-cycle training until the time is over; says loss and exact texts on the last shard now and then."""
    torch.manual_seed(args.seed)
    rng = np.random.default_rng(args.seed)
    network = PlateReader().to(memory_format=torch.channels_last)
    if args.start:
        network.load_state_dict(torch.load(args.start))
    optimiser = torch.optim.AdamW(network.parameters(), lr=args.rate, weight_decay=1e-3)
    began, step, running = time.monotonic(), 0, 0.0
    pictures, texts = load(args.folder)
    while (share := (time.monotonic() - began) / args.seconds) < 1:
        if step % 400 == 0:
            pictures, texts = load(args.folder)
            told(
                network, pictures[-1000:], texts[-1000:], f"{share:.2f} step {step} loss {running:.3f} of {len(texts)}"
            )
            torch.save(network.state_dict(), args.out)
        chosen = rng.integers(0, len(texts) - 1000, args.batch)
        for group in optimiser.param_groups:
            group["lr"] = args.rate * min(1.0, (step + 1) / 200) * (0.5 + 0.5 * np.cos(np.pi * share))
        with torch.autocast("cpu", torch.bfloat16, enabled=args.bf16):
            logits = network.logits(batch_of(pictures[chosen], rng))
        loss = ctc(logits.float(), [texts[index] for index in chosen])
        optimiser.zero_grad()
        loss.backward()
        nn.utils.clip_grad_norm_(network.parameters(), 5.0)
        optimiser.step()
        running = loss.item() if step == 0 else 0.98 * running + 0.02 * loss.item()
        step += 1
    torch.save(network.state_dict(), args.out)
    return network


def ctc(logits: Tensor, texts: list[str]) -> Tensor:
    """The CTC loss of a batch."""
    targets = torch.tensor([CHARACTERS.index(letter) + 1 for text in texts for letter in text])
    lengths = torch.tensor([len(text) for text in texts])
    steps = torch.full((len(texts),), logits.shape[1])
    return nn.functional.ctc_loss(logits.log_softmax(2).transpose(0, 1), targets, steps, lengths, zero_infinity=True)


@torch.no_grad()
def told(network: PlateReader, pictures: np.ndarray, texts: list[str], words: str) -> None:
    """Print how many whole texts are right."""
    network.eval()
    found = texts_of(network.logits(torch.from_numpy(pictures).permute(0, 3, 1, 2).float()))
    print(f"{words}: exact {sum(a == b for a, b in zip(found, texts, strict=True)) / len(texts):.3f}", flush=True)
    network.train()


def export(network: PlateReader, onnx_file: Path) -> None:
    """The network as ONNX with a free batch; its characters and licence stand in its metadata."""
    network.eval()
    torch.onnx.export(
        network.to(memory_format=torch.contiguous_format),
        (torch.zeros(2, 3, 32, 160),),
        str(onnx_file),
        input_names=["lines"],
        output_names=["characters"],
        dynamic_axes={"lines": {0: "batch"}, "characters": {0: "batch"}},
        opset_version=17,
        dynamo=False,
    )
    model = onnx.load(str(onnx_file))
    for key, value in {"licence": "AGPL-3.0-or-later", "character": "\n".join(CHARACTERS)}.items():
        entry = model.metadata_props.add()
        entry.key, entry.value = key, value
    onnx.save(model, str(onnx_file))


def main() -> None:
    """Train, then export to ONNX with the licence and the characters in its metadata."""
    arguments = argparse.ArgumentParser(description=__doc__)
    arguments.add_argument("folder", type=Path, help="shards of models.training.plate_samples")
    arguments.add_argument("--out", type=Path, required=True, help="the state dict, written now and then")
    arguments.add_argument("--onnx", type=Path, help="the ONNX file, written in the end")
    arguments.add_argument("--start", type=Path)
    arguments.add_argument("--seconds", type=float, default=2400)
    arguments.add_argument("--batch", type=int, default=96)
    arguments.add_argument("--rate", type=float, default=2e-3)
    arguments.add_argument("--seed", type=int, default=7)
    arguments.add_argument("--threads", type=int, default=1)
    arguments.add_argument("--bf16", action="store_true")
    args = arguments.parse_args()
    torch.set_num_threads(args.threads)
    network = teach(args)
    if args.onnx:
        export(network, args.onnx)


if __name__ == "__main__":
    main()
