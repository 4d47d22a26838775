"""The gateway's one configuration file, checked whole before anything starts.

In: the text of edge.toml and the folder it lies in. Out: a frozen `EdgeConfig`, or every mistake with path and line.
"""

from edge.config.files import file_problem
from edge.config.reading import load_edge
from edge.config.types import (
    LISTENER_ID,
    BrokerConfig,
    CameraClockConfig,
    CameraConfig,
    EdgeConfig,
    EdgeFile,
    EvidenceConfig,
    GatewayConfig,
    InferenceConfig,
    ListenerConfig,
    PatrolConfig,
    PlatesConfig,
    PresetStop,
    SensorConfig,
    SpoolConfig,
    ThermalConfig,
    TowerConfig,
    ZoneConfig,
)

__all__ = [
    "LISTENER_ID",
    "BrokerConfig",
    "CameraClockConfig",
    "CameraConfig",
    "EdgeConfig",
    "EdgeFile",
    "EvidenceConfig",
    "GatewayConfig",
    "InferenceConfig",
    "ListenerConfig",
    "PatrolConfig",
    "PlatesConfig",
    "PresetStop",
    "SensorConfig",
    "SpoolConfig",
    "ThermalConfig",
    "TowerConfig",
    "ZoneConfig",
    "file_problem",
    "load_edge",
]
