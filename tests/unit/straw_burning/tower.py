"""A tower told in numbers: looks at presets with plumes as the meter would measure them; a test states what differs."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from typing import Any

import msgspec

from contract.events import Clock
from contract.matters.straw_burning import Facts
from contract.observations import Observation, Picture, PlumeSeen, Seen, View
from contract.times import NS
from detectors import straw_burning as rule
from detectors.fold import Ask, Finding, Step, Zone
from detectors.straw_burning.memory import Preset, Track

START_NS = 1_790_000_000 * NS
FRAME_PX = (1920, 1080)
HORIZON = ((0.0, 400.0), (1920.0, 400.0))
ZONE = Zone(town="demo", device="tower-1", zone="ward", matter="straw_burning")
CONFIG = rule.Config()
GOOD_CLOCK = Clock(source="rtcp", offset_s=0.1, uncertainty_s=0.05)
CLEAR = View(shift_px=(0.0, 0.0), quality=0.95, verified=True, contrast_ratio=1.0, reference_looks=5)


def plume(x: float = 900, *, top: float = 560, foot: float = 640, width: float = 80, **differs: Any) -> PlumeSeen:
    """Smoke with its foot at x, `foot` px: grey, changed against the background, moving by itself."""
    usual: dict[str, Any] = {
        "score": 0.4,
        "label": "smoke",
        "surety": 2.5,
        "area_share": 0.001,
        "base_px": (x, foot),
        "change_share": 0.5,
        "ring_change_share": 0.02,
        "grey_shift": 20.0,
        "saturation_shift": -0.03,
        "saturation": 0.15,
        "texture_ratio": 0.7,
        "edge_correlation": 0.6,
        "interval_s": 0.5,
        "flow_px_s": (8.0, -4.0),
        "decorrelation": 0.2,
        "glare_share": 0.0,
        "sharpness": 0.8,
        "brightness": 130.0,
    }
    return PlumeSeen(bbox_xyxy_px=(x - width / 2, top, x + width / 2, foot), **{**usual, **differs})


def look(
    at_s: float,
    *plumes: PlumeSeen,
    preset: str | None = "north",
    view: View | None = CLEAR,
    brightness: float = 120.0,
    repeated_s: float = 0.0,
) -> Observation:
    """What the tower saw `at_s` seconds into the scene."""
    return Observation(
        device="tower-1",
        at_ns=START_NS + round(at_s * NS),
        frame_px=FRAME_PX,
        detections=(),
        picture=Picture(brightness=brightness, sharpness=50.0, repeated_s=repeated_s),
        clock=GOOD_CLOCK,
        preset=preset,
        view=view,
        plumes=plumes,
        horizon_px=HORIZON,
    )


def quiet(visits: int, *, every_s: float = 60.0, preset: str = "north", **more: Any) -> list[Observation]:
    """Visits at which nothing is seen, before time 0."""
    return [look(-every_s * (visits - index), preset=preset, **more) for index in range(visits)]


def stare(first_s: float, count: int, *, every_s: float = 0.5, x: float = 900, **differs: Any) -> list[Observation]:
    """Looks close together at one smoke that grows by a twentieth a look."""
    area = differs.pop("area_share", 0.001)
    of_look = {name: differs.pop(name) for name in ("brightness_of_picture", "view", "preset") if name in differs}
    return [
        look(
            first_s + index * every_s,
            plume(x, area_share=area * (1 + index / 20), **differs),
            brightness=of_look.get("brightness_of_picture", 120.0),
            view=of_look.get("view", CLEAR),
            preset=of_look.get("preset", "north"),
        )
        for index in range(count)
    ]


def minutes(
    first_s: float, count: int, *, area: float = 0.001, grows: float = 0.3, **differs: Any
) -> list[Observation]:
    """A look a minute at one smoke that grows by `grows` of its first area each time."""
    still = {"interval_s": 60.0, "flow_px_s": None, "decorrelation": None, **differs}
    return [look(first_s + 60 * index, plume(area_share=area * (1 + grows * index), **still)) for index in range(count)]


def run(
    scene: Iterable[Seen], *, config: rule.Config = CONFIG, state: rule.State | None = None
) -> tuple[rule.State, list[Finding], list[Ask]]:
    """The whole fold over a scene."""
    findings: list[Finding] = []
    asks: list[Ask] = []
    now = state if state is not None else rule.initial_state()
    for step in steps(scene, config=config, state=now):
        now = step.state
        findings += step.findings
        asks += step.asks
    return now, findings, asks


def steps(scene: Iterable[Seen], *, config: rule.Config = CONFIG, state: rule.State | None = None) -> list[Step[Any]]:
    """Each step of the fold."""
    now = state if state is not None else rule.initial_state()
    made: list[Step[Any]] = []
    for seen in scene:
        made.append(rule.step(now, seen, ZONE, config))
        now = made[-1].state
    return made


def facts(finding: Finding) -> Facts:
    """The facts as they travel."""
    return msgspec.convert(msgspec.to_builtins(finding.facts), Facts)


def outcome(finding: Finding, check: str) -> str:
    """What a check said."""
    return next(one.outcome for one in facts(finding).checks if one.id == check)


def preset_of(state: rule.State, name: str = "north") -> Preset:
    """What is remembered of a preset."""
    return next(one for one in state.presets if one.preset == name)


def track_of(state: rule.State, name: str = "north") -> Track:
    """The only candidate of a preset."""
    (track,) = preset_of(state, name).tracks
    return track


def phases(findings: Sequence[Finding]) -> list[str]:
    """The phases told, in order."""
    return [finding.phase for finding in findings]
