"""A teacher's boxes on the training pictures: the base network at native resolution sees what 416 px cannot.

Writes JSON lines `{"file": name, "boxes": [[x1, y1, x2, y2, score, coco_id], ...]}` that `samples.mend` reads.
"""

from __future__ import annotations

import argparse
import json
from pathlib import Path

import cv2
import numpy as np
import torch

from contract.errors import ModelError
from models.boxes import Floats, suppress
from models.training.network import COCO_IDS, keep_own_classes, load_network, predict
from models.training.samples import PAD, VEHICLE_IDS, read_samples

KEPT_IDS = list(COCO_IDS.values())


def look(network: torch.nn.Module, file: Path, size_px: int, min_score: float) -> Floats:
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


def main() -> None:
    """Command line: `python -m models.training.teach --weights W --data DIR --out FILE`."""
    parser = argparse.ArgumentParser(description="Write a teacher's boxes for the training pictures.")
    parser.add_argument("--weights", type=Path, required=True)
    parser.add_argument("--data", type=Path, required=True)
    parser.add_argument("--size", type=int, default=960)
    parser.add_argument("--out", type=Path, required=True)
    args = parser.parse_args()
    network = keep_own_classes(load_network(args.weights)).eval()
    with args.out.open("w") as lines:
        for sample in read_samples(args.data, "train"):
            boxes = look(network, sample.file, args.size, 0.2)
            lines.write(json.dumps({"file": sample.file.name, "boxes": boxes.round(3).tolist()}) + "\n")


if __name__ == "__main__":
    main()
