"""YOLOv8m out of a CoreML package: a teacher that can be had as a published test file, when its `.pt` cannot.

OTVision's source distribution (0.6.9, on the Python package index) carries `tests/data/yolov8m.mlpackage`: the COCO
network of ultralytics (AGPL-3.0) in half precision, its constants named like the torch modules.
"""

from __future__ import annotations

import struct
from importlib import import_module
from pathlib import Path

import numpy as np
import torch
from ultralytics.nn.tasks import DetectionModel

PROGRAM = "Data/com.apple.CoreML/model.mlmodel"
BLOBS = "Data/com.apple.CoreML/weights/weight.bin"
BLOB_HEADER = struct.Struct("<IIQQ")  # mark, type, bytes, where the bytes begin
BLOB_MARK = 0xDEADBEEF


def read_constants(package: Path) -> dict[str, np.ndarray]:
    """Every half-precision constant of the package by its name, in float32; a damaged file raises ValueError."""
    program = import_module("coremltools.proto.Model_pb2").Model()  # by name: only a teacher needs this package
    blobs = (package / BLOBS).read_bytes()
    program.ParseFromString((package / PROGRAM).read_bytes())
    (block,) = program.mlProgram.functions["main"].block_specializations.values()
    constants = {}
    for operation in block.operations:
        value = operation.attributes["val"]
        if operation.type != "const" or value.WhichOneof("value") != "blobFileValue":
            continue
        name, at = operation.outputs[0].name, value.blobFileValue.offset
        mark, _, size_bytes, begin = BLOB_HEADER.unpack_from(blobs, at)
        if mark != BLOB_MARK:
            raise ValueError(f"{package / BLOBS}: no constant {name} at byte {at}; is the file whole?")
        shape = [dimension.constant.size for dimension in operation.outputs[0].type.tensorType.dimensions]
        constants[name] = np.frombuffer(blobs, np.float16, size_bytes // 2, begin).reshape(shape).astype(np.float32)
    return constants


def load_teacher(package: Path) -> DetectionModel:
    """YOLOv8m of 80 COCO classes with batch norms folded in, for looking only; a missing constant raises KeyError."""
    constants = read_constants(package)
    network = DetectionModel("yolov8m.yaml", nc=80, verbose=False).eval().fuse(verbose=False)
    tensors = {
        key: torch.from_numpy(constants[f"{key.replace('.', '_')}_to_fp16"].copy()) for key in network.state_dict()
    }
    network.load_state_dict(tensors)
    return network
