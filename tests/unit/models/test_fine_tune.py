"""A user's folder as training sees it; runs in the training environment only."""

from __future__ import annotations

from pathlib import Path

import pytest

from tests.unit.models.test_splits import folder_of

pytest.importorskip("torch", reason="only the training environment has torch: docs/guides/train.en.md")


def test_a_folder_numbers_its_classes_its_own_way_and_the_head_keeps_the_cards(tmp_path: Path) -> None:
    from models.training.fine_tune import own_samples

    data = folder_of(tmp_path)
    (data / "classes.txt").write_text("bus\ncar\n")
    (data / "train" / "labels" / "a.txt").write_text("0 0.5 0.5 0.5 0.5\n1 0.25 0.5 0.1 0.2\n")
    samples = own_samples(data / "train", ("car", "bus", "truck"))
    assert [sample.camera for sample in samples] == ["gate", "bridge"]
    assert samples[0].classes.tolist() == [1, 0]
    assert samples[0].boxes_xyxy_px.round(3).tolist()[0] == [40, 22.5, 120, 67.5]
    assert samples[0].file.is_file()
