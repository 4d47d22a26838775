"""A teacher's boxes on the training pictures: a larger network at native resolution sees what a small one cannot.

Writes JSON lines `{"file": name, "boxes": [[x1, y1, x2, y2, score, coco_id], ...]}` that `samples.mend` reads. The
teacher is a folder `.mlpackage` (YOLOv8m, see `mlpackage`) or a state dict of this network itself.
"""

from __future__ import annotations

import argparse
import json
from collections.abc import Sequence
from pathlib import Path
from typing import Any

import cv2
import numpy as np
import torch
from ultralytics.utils.tal import dist2bbox, make_anchors

from contract.errors import ModelError
from models.boxes import Floats, suppress
from models.training.mlpackage import load_teacher
from models.training.network import COCO_IDS, keep_own_classes, load_network
from models.training.samples import PAD, VEHICLE_IDS, read_samples

KEPT_IDS = list(COCO_IDS.values())
MIN_SCORE = 0.1
SIZE_PX = 960


def open_teacher(weights: Path) -> Any:
    """The teacher with the six classes of `COCO_IDS`, ready to look."""
    if not weights.is_dir():
        return keep_own_classes(load_network(weights)).eval()
    return keep_own_classes(load_teacher(weights)).eval().to(memory_format=torch.channels_last)


@torch.no_grad()
def predict(network: Any, pictures: torch.Tensor) -> torch.Tensor:
    """Decoded output (n, 4 + classes, anchors); the convolutions in bfloat16, the decoding in float32.

    Three times as fast as float32 where the processor knows bfloat16. Decoded in it, a box would move by 4 px.
    """
    with torch.autocast("cpu", dtype=torch.bfloat16):
        _, raw = network(pictures.to(memory_format=torch.channels_last))
    head = network.model[-1]
    anchors, strides = make_anchors([feature.float() for feature in raw["feats"]], head.stride, 0.5)
    boxes = dist2bbox(head.dfl(raw["boxes"].float()), anchors.T[None], xywh=True, dim=1) * strides.T
    return torch.cat([boxes, raw["scores"].float().sigmoid()], dim=1)


def look(network: Any, file: Path, size_px: int, min_score: float) -> Floats:
    """Boxes (n, 6) of one picture, in its own pixels: x1, y1, x2, y2, score, COCO id; best first."""
    picture = cv2.imread(str(file))
    if picture is None:
        raise ModelError(f"{file}: not a picture that can be read")
    height, width = picture.shape[:2]
    scale = size_px / max(height, width)
    fitted = cv2.resize(picture, (round(width * scale), round(height * scale)))
    canvas = np.full((-(-fitted.shape[0] // 32) * 32, -(-fitted.shape[1] // 32) * 32, 3), PAD, np.uint8)
    canvas[: fitted.shape[0], : fitted.shape[1]] = fitted
    pixels = torch.from_numpy(canvas[..., ::-1].copy()).permute(2, 0, 1)[None].float() / 255
    output = predict(network, pixels)[0].numpy().T
    scores, best = output[:, 4:].max(axis=1), output[:, 4:].argmax(axis=1)
    kept = scores >= min_score
    centre, half, scores = output[kept, :2], output[kept, 2:4] / 2, scores[kept]
    boxes = np.concatenate([centre - half, centre + half], axis=1) / scale
    classes = np.array(KEPT_IDS)[best[kept]]
    groups = np.where(np.isin(classes, VEHICLE_IDS), -1, classes)
    order = suppress(boxes, scores, groups, iou_limit=0.6)
    return np.concatenate([boxes[order], scores[order, None], classes[order, None]], axis=1).astype(np.float32)


def teach(weights: Path, files: Sequence[Path], out: Path, size_px: int = SIZE_PX) -> None:
    """Write the boxes of every file; a file that `out` has a whole line of is not looked at again."""
    written = out.read_text().rpartition("\n")[0].splitlines() if out.exists() else []
    done = {json.loads(line)["file"] for line in written}
    network = open_teacher(weights)
    with out.open("w") as lines:
        lines.writelines(f"{line}\n" for line in written)
        for file in (file for file in files if file.name not in done):
            boxes = look(network, file, size_px, MIN_SCORE)
            print(json.dumps({"file": file.name, "boxes": boxes.round(3).tolist()}), file=lines, flush=True)


def main() -> None:
    """Command line: `python -m models.training.teach --weights W --data DIR --out FILE`."""
    parser = argparse.ArgumentParser(description="Write a teacher's boxes for the training pictures.")
    parser.add_argument("--weights", type=Path, required=True, help="a .mlpackage folder or a .safetensors file")
    parser.add_argument("--data", type=Path, required=True, nargs="+", help="folders with a manifest.csv")
    parser.add_argument("--size", type=int, default=SIZE_PX)
    parser.add_argument("--out", type=Path, required=True)
    args = parser.parse_args()
    teach(
        args.weights,
        [sample.file for folder in args.data for sample in read_samples(folder, "train")],
        args.out,
        args.size,
    )


if __name__ == "__main__":
    main()
