"""A camera's windows follow from its configuration and the size of its pictures."""

from __future__ import annotations

from pathlib import Path

from edge.config import EdgeConfig
from edge.inference.views import Views
from tests.integration.edge_replay.street import configured


def views(folder: Path, **words: str) -> Views:
    return Views(config(folder, **words))


def config(folder: Path, *, look: str = "zones", tiles_max: int | str = 1, input_px: int | str = 64) -> EdgeConfig:
    def edit(text: str) -> str:
        text = text.replace(
            "[[60, 60], [310, 60], [310, 230], [60, 230]]", "[[200, 60], [230, 60], [230, 80], [200, 80]]"
        )
        text = text.replace('name = "Drawn street"', f'name = "Drawn street"\nlook = "{look}"')
        return f"{text}\n[inference]\ninput_px = {input_px}\ntiles_max = {tiles_max}\n"

    return configured(folder, edit=edit)


def test_the_windows_are_around_the_zone_and_scale_with_the_picture(tmp_path: Path) -> None:
    planned = views(tmp_path)
    ((left, top, right, bottom),) = planned.windows("cam-1", (320, 240))
    assert (left < 200 - 15, top < 60 - 30, right > 230 + 15, bottom > 80) == (True,) * 4
    ((wide_left, _, wide_right, wide_bottom),) = planned.windows("cam-1", (640, 480))
    assert (wide_left < 370, wide_right > 490, wide_bottom > 160) == (True,) * 3
    assert wide_right - wide_left > 1.5 * (right - left)


def test_the_same_file_gives_the_same_windows_in_another_process_of_the_gateway(tmp_path: Path) -> None:
    here, there = views(tmp_path / "a"), views(tmp_path / "b")
    there.windows("cam-1", (640, 480))
    assert here.windows("cam-1", (320, 240)) == there.windows("cam-1", (320, 240))


def test_a_camera_that_is_to_be_seen_whole_is(tmp_path: Path) -> None:
    assert views(tmp_path, look="whole").windows("cam-1", (320, 240)) == [(0, 0, 320, 240)]


def test_a_camera_nobody_drew_zones_for_is_seen_whole(tmp_path: Path) -> None:
    assert views(tmp_path).windows("cam-2", (320, 240)) == [(0, 0, 320, 240)]
