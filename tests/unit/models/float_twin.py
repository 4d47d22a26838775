"""The float network of a card, made without torch.

The INT8 graph with its quantisation taken out, and the state dict's weights, batch norms folded in, put in their place.

So the committed state dict and the committed INT8 weight are held against each other: were they of different trainings,
or were one layer quantised badly, their answers would part.
"""

from __future__ import annotations

from pathlib import Path

import numpy as np
import onnx
from numpy.typing import NDArray
from onnx import numpy_helper
from safetensors.numpy import load_file

BATCH_NORM_EPSILON = 1e-3  # ultralytics' own, not torch's 1e-5
Tensors = dict[str, NDArray[np.float32]]


def write_float_twin(int8_file: Path, state_file: Path, float_file: Path) -> None:
    """Write the float ONNX; a convolution without its tensors in the state dict raises KeyError."""
    model = onnx.load(str(int8_file))
    tensors: Tensors = {name: tensor.astype(np.float32) for name, tensor in load_file(state_file).items()}
    producer = {output: node for node in model.graph.node for output in node.output}

    def unquantised(name: str) -> str:
        """What a value was before it was quantised and dequantised again."""
        node = producer.get(name)
        while node is not None and node.op_type == "DequantizeLinear":
            quantise = producer.get(node.input[0])
            if quantise is None or quantise.op_type != "QuantizeLinear":
                break
            name, node = quantise.input[0], producer.get(quantise.input[0])
        return name

    for node in model.graph.node:
        if node.op_type in ("QuantizeLinear", "DequantizeLinear"):
            continue
        for at, name in enumerate(node.input):
            node.input[at] = unquantised(name)
        if node.op_type == "Conv" and "dfl" not in node.name:
            layer = node.input[1].removesuffix("_DequantizeLinear_Output").removesuffix(".weight")
            for at, (part, tensor) in enumerate(zip(("weight", "bias"), folded(tensors, layer), strict=True), 1):
                model.graph.initializer.append(numpy_helper.from_array(tensor, f"float.{layer}.{part}"))
                node.input[at] = f"float.{layer}.{part}"
    _drop_unused(model)
    onnx.checker.check_model(model)
    onnx.save(model, str(float_file))


def folded(tensors: Tensors, layer: str) -> tuple[NDArray[np.float32], NDArray[np.float32]]:
    """Weight and bias of one convolution, its batch norm folded in where it has one."""
    weight = tensors[f"{layer}.weight"]
    norm = layer.removesuffix("conv") + "bn"
    if not layer.endswith(".conv"):
        return weight, tensors[f"{layer}.bias"]
    scale = tensors[f"{norm}.weight"] / np.sqrt(tensors[f"{norm}.running_var"] + BATCH_NORM_EPSILON)
    bias = tensors[f"{norm}.bias"] - tensors[f"{norm}.running_mean"] * scale
    return np.asarray(weight * scale[:, None, None, None]), np.asarray(bias)


def _drop_unused(model: onnx.ModelProto) -> None:
    """Take out every node and constant that leads to no output any more."""
    needed = {output.name for output in model.graph.output}
    kept = []
    for node in reversed(model.graph.node):
        if needed & set(node.output):
            kept.append(node)
            needed |= set(node.input)
    constants = [entry for entry in model.graph.initializer if entry.name in needed]
    del model.graph.node[:], model.graph.initializer[:], model.graph.value_info[:]
    model.graph.node.extend(reversed(kept))
    model.graph.initializer.extend(constants)
