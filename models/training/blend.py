"""A network between the one that was trained and the one it started from: weight by weight, a share of each.

A few hundred pictures of few streets pull a network towards those streets. Part of the way back keeps most of what it
learnt there and gives back what it knew of others (Wortsman et al., "Robust fine-tuning of zero-shot models", 2022).
"""

from __future__ import annotations

import argparse
from pathlib import Path

from safetensors.torch import load_file

from models.training.network import load_network, save_network

TRAINED_SHARE = 0.6


def blend(trained: Path, base: Path, out: Path, share: float = TRAINED_SHARE) -> None:
    """Write `share` of the trained weights and the rest of the base's; raises ValueError where the two do not match."""
    if not 0 <= share <= 1:
        raise ValueError(f"share {share}: expected 0 (all of the base) to 1 (all of the trained)")
    network, start = load_network(trained), load_file(base)
    own = network.state_dict()
    unlike = [name for name, tensor in own.items() if name not in start or start[name].shape != tensor.shape]
    if unlike:
        raise ValueError(f"{base}: {unlike[0]} is not as in {trained}; a blend needs the base that was trained from")
    mixed = {
        name: tensor.lerp(start[name].float(), 1 - share) if tensor.is_floating_point() else tensor
        for name, tensor in own.items()
    }
    network.load_state_dict(mixed)
    save_network(network, out, {"trained_share": str(share), "licence": "AGPL-3.0-or-later"})


def main() -> None:
    """Command line: `python -m models.training.blend CHECKPOINT --base FILE --out FILE`."""
    parser = argparse.ArgumentParser(description="Blend a trained network with the one it started from.")
    parser.add_argument("checkpoint", type=Path)
    parser.add_argument("--base", type=Path, required=True)
    parser.add_argument("--out", type=Path, required=True)
    parser.add_argument("--share", type=float, default=TRAINED_SHARE, help="of the trained weights, 0 to 1")
    args = parser.parse_args()
    blend(args.checkpoint, args.base, args.out, args.share)


if __name__ == "__main__":
    main()
