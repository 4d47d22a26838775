"""Drawn plates as training samples: cut like the reader's input, with corners as wrong as a finder's.

A shard is one `.npz`: pictures (n, 32, 160, 3) uint8 BGR, texts (n,) str.
"""

from __future__ import annotations

import argparse
from pathlib import Path

import cv2
import numpy as np

from contract.plates import KINDS
from models.boxes import Floats
from models.letterbox import Frame
from models.plates.align import CUT_PX, in_order, one_line, straighten
from models.plates.drawing import Drawn, Fonts, draw_plate, find_fonts
from models.plates.wear import as_seen, random_wear

INPUT_WH = (160, 32)
# Kinds that carry most of the traffic come more often; a rare kind still has its share.
COMMON = {"blue": 5, "yellow_single": 2, "yellow_double": 2, "nev_small": 3, "trailer": 2, "police": 2}
WEIGHTED = tuple(kind for kind in KINDS for _ in range(COMMON.get(kind.name, 1)))


def sample(rng: np.random.Generator, fonts: Fonts, grounds: list[Frame]) -> tuple[Frame, str]:
    """One plate as the reader sees it, and its text."""
    drawn: Drawn = draw_plate(rng, fonts, WEIGHTED)
    behind = grounds[int(rng.integers(len(grounds)))] if grounds and rng.random() < 0.3 else None
    seen = as_seen(drawn.face, random_wear(rng, width_px=(50, 200)), rng, behind=behind)
    quad = jittered(seen.quad, rng)
    straight = straighten(seen.frame, quad, CUT_PX[drawn.kind.rows], margin=float(rng.uniform(-0.02, 0.12)))
    line = one_line(straight, drawn.kind.rows)
    return np.asarray(cv2.resize(line, INPUT_WH, interpolation=cv2.INTER_AREA), np.uint8), drawn.text


def jittered(quad: Floats, rng: np.random.Generator) -> Floats:
    """Corners as a finder gives them: each off by about 1.5 % of the width."""
    width = float(np.linalg.norm(quad[1] - quad[0]))
    return in_order(quad + rng.normal(0, 0.015 * width, (4, 2)).astype(np.float32))


def main() -> None:
    """Write shards `DIR/SEED.npz`."""
    arguments = argparse.ArgumentParser(description=__doc__)
    arguments.add_argument("folder", type=Path)
    arguments.add_argument("--shards", type=int, default=10)
    arguments.add_argument("--size", type=int, default=4000)
    arguments.add_argument("--first-seed", type=int, default=100)
    arguments.add_argument("--grounds", type=Path, help="a folder of pictures without Chinese plates, for bumpers")
    args = arguments.parse_args()
    cv2.setNumThreads(1)
    fonts = find_fonts()
    files = sorted(args.grounds.iterdir())[:200] if args.grounds else []
    grounds = [np.asarray(cv2.imread(str(file)), np.uint8) for file in files]
    args.folder.mkdir(parents=True, exist_ok=True)
    for seed in range(args.first_seed, args.first_seed + args.shards):
        rng = np.random.default_rng(seed)
        made = [sample(rng, fonts, grounds) for _ in range(args.size)]
        partial = args.folder / f"{seed}.part.npz"
        np.savez(partial, pictures=np.stack([picture for picture, _ in made]), texts=np.array([t for _, t in made]))
        partial.rename(args.folder / f"{seed}.npz")


if __name__ == "__main__":
    main()
