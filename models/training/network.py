"""The YOLO11n network in torch: loading a state dict, saving one, and cutting the class head down.

Only this folder imports torch and ultralytics; it runs in the training environment (docs/guides/train.en.md).
torchvision is never imported: the loop uses ultralytics' network and loss classes and nothing else of it.
"""

from __future__ import annotations

from pathlib import Path
from types import SimpleNamespace

import torch
from safetensors.torch import load_file, save_file
from torch import nn
from ultralytics.nn.tasks import DetectionModel

COCO_IDS = {"car": 2, "bus": 5, "truck": 7, "motorcycle": 3, "bicycle": 1, "person": 0}
COCO_CLASSES = 80
LOSS_GAINS = SimpleNamespace(box=7.5, cls=0.5, dfl=1.5, epochs=1)
CLASS_BIAS = "model.23.cv3.0.2.bias"


def load_network(weights: Path) -> DetectionModel:
    """A float32 YOLO11n from a state dict, of 80 classes or cut down; a wrong tensor raises RuntimeError."""
    tensors = load_file(weights)
    # Built for 80 classes in any case: the width of the class branch depends on that number.
    network = DetectionModel("yolo11n.yaml", nc=COCO_CLASSES, verbose=False)
    keep_classes(network, list(range(len(tensors[CLASS_BIAS]))))
    network.load_state_dict({k: v.float() if v.is_floating_point() else v for k, v in tensors.items()})
    network.args = LOSS_GAINS
    return network


def save_network(network: nn.Module, weights: Path, about: dict[str, str]) -> None:
    """Write the state dict as fp16, half the size at a score change of at most 0.006, with `about` as metadata."""
    tensors = {k: v.half() if v.is_floating_point() else v for k, v in network.state_dict().items()}
    weights.parent.mkdir(parents=True, exist_ok=True)
    save_file({k: v.contiguous() for k, v in tensors.items()}, weights, metadata=about)


def keep_classes(network: DetectionModel, class_ids: list[int]) -> DetectionModel:
    """The same network with only these rows of the class head, in this order: their scores are unchanged."""
    head = network.model[-1]
    for branch in head.cv3:
        last = branch[-1]
        kept = nn.Conv2d(last.in_channels, len(class_ids), 1)
        kept.weight.data = last.weight.data[class_ids].clone()
        kept.bias.data = last.bias.data[class_ids].clone()
        branch[-1] = kept
    head.nc = len(class_ids)
    head.no = head.nc + 4 * head.reg_max
    return network


def keep_own_classes(network: DetectionModel) -> DetectionModel:
    """The network with the six classes of `COCO_IDS` only; one that has a head of its own stays as it is."""
    return network if network.model[-1].nc != COCO_CLASSES else keep_classes(network, list(COCO_IDS.values()))


@torch.no_grad()
def predict(network: DetectionModel, pictures: torch.Tensor) -> torch.Tensor:
    """Decoded output (n, 4 + classes, anchors): centre x, y, width, height in px of the input, then scores."""
    output = network(pictures)
    return output[0] if isinstance(output, tuple) else output
