"""ultralytics' detection loss, with a say for how sure each box is: an unsure box is taught a lower score.

So a teacher's doubtful boxes need no hard yes or no: left out they would be taught to be nothing, taken in whole they
would be taught to be certain. What the network learns is the teacher's own ranking, which is what AP is made of.
"""

from __future__ import annotations

from typing import Any

import torch
from ultralytics.utils.loss import v8DetectionLoss
from ultralytics.utils.tal import TaskAlignedAssigner


class SureAssigner(TaskAlignedAssigner):
    """ultralytics' assigner, its target scores times the `sure` (pictures, boxes) of the box they come from."""

    def forward(self, *targets: torch.Tensor, sure: torch.Tensor) -> tuple[torch.Tensor, ...]:
        """Labels, boxes, scores, mask and box index of each anchor, as of ultralytics."""
        labels, boxes, scores, assigned, box_index = super().forward(*targets)
        return labels, boxes, scores * sure.gather(1, box_index.long())[..., None], assigned, box_index


class SureLoss(v8DetectionLoss):
    """The loss of a batch whose `sure` (boxes,) lies beside `cls` and `bboxes`; all ones give ultralytics' own loss."""

    assigner: Any

    def __init__(self, network: Any) -> None:
        super().__init__(network)
        plain = self.assigner
        self.assigner = SureAssigner(
            topk=plain.topk,
            num_classes=plain.num_classes,
            alpha=plain.alpha,
            beta=plain.beta,
            stride=plain.stride,
            topk2=plain.topk2,
        )

    def loss(
        self, preds: dict[str, torch.Tensor], batch: dict[str, torch.Tensor]
    ) -> tuple[torch.Tensor, dict[str, torch.Tensor]]:
        """Box, class and DFL loss times the pictures, and the same without that factor by name."""
        pictures = preds["boxes"].shape[0]
        # The same padding as the boxes get, so that row and column agree with the assigner's.
        columns = torch.cat(
            [batch["batch_idx"][:, None], batch["sure"][:, None], torch.zeros(len(batch["sure"]), 4)], 1
        )
        sure = self.preprocess(columns, pictures, scale_tensor=torch.ones(4))[..., 0]
        if sure.shape[1] == 0:
            sure = torch.ones(pictures, 1)
        _, loss, parts = self.get_assigned_targets_and_loss(preds, batch, sure=sure)
        return loss * pictures, parts
