"""What of each camera's picture is looked at, as the configuration alone says: the same live and in every replay."""

from __future__ import annotations

import logging

from contract.geometry import PolygonPx
from detectors.geometry import scaled
from edge.config import EdgeConfig
from edge.inference.regions import Window, plan

PATCHED = ("illegal_parking",)
_log = logging.getLogger(__name__)


class Views:
    """Plans a camera's windows at its first picture, and again when its pictures change their size."""

    def __init__(self, config: EdgeConfig) -> None:
        self._input_px = config.inference.input_px
        self._tiles_max = config.inference.tiles_max
        self._zones: dict[str, list[tuple[PolygonPx, tuple[int, int]]]] = {
            camera.id: [
                (zone.polygon_px, zone.frame_px)
                for zone in config.zones
                if zone.camera == camera.id and zone.frame_px is not None
            ]
            for camera in config.cameras
            if camera.look == "zones"
        }
        self._patched: dict[str, list[tuple[PolygonPx, tuple[int, int]]]] = {
            camera.id: [
                (zone.polygon_px, zone.frame_px)
                for zone in config.zones
                if zone.camera == camera.id and zone.matter in PATCHED and zone.frame_px is not None
            ]
            for camera in config.cameras
        }
        self._planned: dict[str, tuple[tuple[int, int], list[Window]]] = {}

    def patched(self, device: str, frame_px: tuple[int, int]) -> list[PolygonPx]:
        """The zones of a camera in which vehicles must be known again, in pixels of its picture."""
        return [scaled(polygon, drawn_on=size, onto=frame_px) for polygon, size in self._patched.get(device, [])]

    def windows(self, device: str, frame_px: tuple[int, int]) -> list[Window]:
        """The windows of a camera in a picture of this size; the whole picture where nothing is drawn or set."""
        planned = self._planned.get(device)
        if planned is None or planned[0] != frame_px:
            polygons = [scaled(p, drawn_on=size, onto=frame_px) for p, size in self._zones.get(device, [])]
            windows = plan(polygons, frame_px=frame_px, input_px=self._input_px, tiles_max=self._tiles_max)
            planned = self._planned[device] = (frame_px, windows)
            _log.info("camera_looked_at device=%s frame_px=%s windows_px=%s", device, frame_px, windows)
        return planned[1]
