"""How the committed weights were made: teacher boxes, fine-tuning, export, INT8.

In: base weights, a labelled folder and a seed. Out: checkpoints, a float and an INT8 ONNX, an fp16 state dict.
The only folder that imports torch and ultralytics; it runs in an environment of its own (docs/guides/train.en.md).
"""
