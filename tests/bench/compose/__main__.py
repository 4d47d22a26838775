"""`python -m tests.bench.compose --assets DIR --out DIR --seed N [--only NAME ...] [--list]`."""

from __future__ import annotations

import argparse
import time
from pathlib import Path

import cv2
import msgspec

from tests.bench.compose.catalogue import build, scenes
from tests.bench.compose.cutting import Cut, Image
from tests.bench.compose.script import Script
from tests.bench.compose.stages import CORNER, STAGES
from tests.bench.compose.traffic import hours
from tests.bench.compose.truth import SceneTruth
from tests.bench.compose.writing import CLIP, TRUTH, rewrite_texts, write_scene


def main() -> int:
    """Composes what is not there yet; of what is there, edge.toml and what must be told are written anew."""
    arguments = argparse.ArgumentParser(description=__doc__)
    arguments.add_argument("--assets", type=Path, required=True, help="folder with vehicles/ and clips/")
    arguments.add_argument("--out", type=Path, required=True, help="one folder a scene is made in it")
    arguments.add_argument("--seed", type=int, default=9)
    arguments.add_argument("--only", nargs="*", default=[], help="names, or beginnings of names")
    arguments.add_argument("--anew", action="store_true", help="also those that are there")
    arguments.add_argument("--list", action="store_true", help="only print names and lengths")
    args = arguments.parse_args()
    cv2.setNumThreads(1)
    makes = {**scenes(), **hours()}
    chosen = [name for name in makes if not args.only or any(name.startswith(only) for only in args.only)]
    for name in chosen:
        script = build(name, makes[name], args.seed)
        if args.list:
            print(f"{name:<34} {script.seconds:6.0f} s  {', '.join(script.difficulties)}")
            continue
        if not args.anew and is_whole(args.out / name, args.seed):
            source_width = assets_of(script, args.assets)[0].shape[1]
            rewrite_texts(script, STAGES[script.stage], seed=args.seed, source_width=source_width, out=args.out / name)
            continue
        began = time.perf_counter()
        truth = write_scene(
            script, STAGES[script.stage], assets_of(script, args.assets), seed=args.seed, out=args.out / name
        )
        size_mb = (args.out / name / CLIP).stat().st_size / 1e6
        told = sum(standing.expected for standing in truth.standings)
        took_s = time.perf_counter() - began
        print(f"{name}: {script.seconds:.0f} s, {told} to be told, {size_mb:.0f} MB, {took_s:.0f} s", flush=True)
    return 0


def assets_of(script: Script, assets: Path) -> tuple[Image, dict[str, Cut]]:
    """The stage's street and cuts, and the rider of the corner, who goes everywhere."""
    street, cuts = STAGES[script.stage].load(assets)
    if any(actor.cut == "rider" for actor in script.actors):
        return street, {**cuts, "rider": CORNER.load(assets)[1]["cyclist"]}
    return street, cuts


def is_whole(folder: Path, seed: int) -> bool:
    """Whether the scene is there, made with this seed."""
    try:
        return msgspec.json.decode((folder / TRUTH).read_bytes(), type=SceneTruth).seed == seed
    except (OSError, msgspec.MsgspecError):
        return False


if __name__ == "__main__":
    raise SystemExit(main())
