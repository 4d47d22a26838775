"""Checkpoint -> float ONNX with free batch, height and width, and the fp16 state dict to train on from.

The ONNX has one input `pictures` (n, 3, h, w) RGB 0..1, h and w multiples of 32, and one output `boxes`
(n, 4 + classes, anchors): centre x, y, width, height in px of the input, then one score 0..1 a class.
"""

from __future__ import annotations

import argparse
from pathlib import Path

import onnx
import onnxslim
import torch

from models.training.network import COCO_IDS, keep_own_classes, load_network, save_network


def export(checkpoint: Path, onnx_file: Path, safetensors_file: Path, classes: tuple[str, ...]) -> None:
    """Prune a COCO head to the classes that matter here, then write both files; any other head must have `classes`."""
    network = keep_own_classes(load_network(checkpoint))
    if network.model[-1].nc != len(classes):
        raise ValueError(f"{checkpoint}: the head has {network.model[-1].nc} classes, named are {', '.join(classes)}")
    about = {"classes": " ".join(classes), "licence": "AGPL-3.0-or-later", "network": "yolo11n"}
    save_network(network, safetensors_file, about)
    network.eval()
    network.fuse(verbose=False)
    head = network.model[-1]
    head.export, head.dynamic, head.format = True, True, "onnx"
    free = {0: "batch", 2: "height", 3: "width"}
    torch.onnx.export(
        network,
        (torch.zeros(2, 3, 384, 640),),
        str(onnx_file),
        input_names=["pictures"],
        output_names=["boxes"],
        dynamic_axes={"pictures": free, "boxes": {0: "batch", 2: "anchors"}},
        opset_version=17,
        dynamo=False,
    )
    slim = onnxslim.slim(str(onnx_file))
    onnx.save(slim, str(onnx_file))


def main() -> None:
    """Command line: `python -m models.training.export CHECKPOINT --onnx FILE --safetensors FILE`."""
    parser = argparse.ArgumentParser(description="Export a checkpoint to float ONNX and fp16 safetensors.")
    parser.add_argument("checkpoint", type=Path)
    parser.add_argument("--onnx", type=Path, required=True)
    parser.add_argument("--safetensors", type=Path, required=True)
    parser.add_argument("--classes", nargs="+", default=list(COCO_IDS), help="names of the head's rows, in order")
    args = parser.parse_args()
    export(args.checkpoint, args.onnx, args.safetensors, tuple(args.classes))


if __name__ == "__main__":
    main()
