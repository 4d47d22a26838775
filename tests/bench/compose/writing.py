"""A script as files: `clip.mp4` (fragmented, H.264), `edge.toml`, `truth.json`."""

from __future__ import annotations

import hashlib
from collections.abc import Iterator
from fractions import Fraction
from pathlib import Path

import av
import msgspec
from av.video.stream import VideoStream

from tests.bench.compose.cutting import Cut, Image
from tests.bench.compose.drawing import FRAME_PX, Drawn, Painter
from tests.bench.compose.script import FPS, Actor, Script
from tests.bench.compose.stages import Stage
from tests.bench.compose.truth import SceneTruth, SecondBox, Standing, VehicleTruth, cut_spans, is_mostly_hidden

START = "2026-03-02T09:00:00+08:00"  # a Monday
CLIP, TOML, TRUTH = "clip.mp4", "edge.toml", "truth.json"
QUANTISER = "27"
AUTHORITY = "jiaojing"
NIGHT_START = "2026-03-02T20:30:00+08:00"

_TOML = """# Composed scene {name}: seed {seed}.
[gateway]
id = "gw-bench"
town = "demo"
key_file = "gateway.key.pem"

[inference]
model = "vehicle-n"

[[camera]]
id = "cam-1"
name = "Composed street"
url = "rtsp://127.0.0.1/street"
analyse_every_s = 1.0
frame_px = [{width}, {height}]
clock = {{ given_offset_s = 0.1, given_uncertainty_s = 0.1 }}
"""
_APPROVAL = """
[camera.approval]
number = "bench-1"
reviewed_on = "2025-11-03"
published_in = "a notice of the bench"
published_on = "2025-11-10"
calibrated_until = "2027-11-03"
"""
_ZONE = """
[[zone]]
id = "{zone}"
camera = "cam-1"
name = "Composed {zone}"
matter = "illegal_parking"
polygon_px = {polygon}
frame_px = [{width}, {height}]

[zone.rule]
grace_s = {grace_s}
authority = "{authority}"
legal_ground = "实施条例 63 (1)"
marking = "no_stopping_line"
surface = "carriageway"
"""


def write_scene(
    script: Script, stage: Stage, assets: tuple[Image, dict[str, Cut]], *, seed: int, out: Path
) -> SceneTruth:
    """The three files of a scene in the folder `out`; truth.json last, so that a whole scene has it."""
    out.mkdir(parents=True, exist_ok=True)
    (out / TRUTH).unlink(missing_ok=True)
    painter = Painter(script, stage, *assets, seed)
    seconds: dict[str, list[SecondBox]] = {}
    digest = _encode(painter.pictures(), out / CLIP, seconds)
    (out / TOML).write_text(edge_toml(script, stage, seed=seed, source_width=assets[0].shape[1]))
    truth = SceneTruth(
        name=script.name,
        seed=seed,
        stage=script.stage,
        light=script.light,
        difficulties=script.difficulties,
        seconds=script.seconds,
        fps=FPS,
        frame_px=FRAME_PX,
        start=NIGHT_START if script.light == "night" else START,
        grace_s=script.grace_s,
        standings=_stays(script, {who: tuple(boxes) for who, boxes in seconds.items()}),
        vehicles=tuple(_vehicle(actor, seconds.get(actor.id, [])) for actor in script.actors),
        restarts_s=script.restarts_s,
        clip_sha256=digest,
    )
    (out / TRUTH).write_bytes(msgspec.json.encode(truth))
    return truth


def standings(actor: Actor, script: Script) -> Iterator[Standing]:
    """Each stay of a vehicle in its zone, and whether it must be told; the recording's end ends every stay."""
    if actor.zone is None:
        return
    for from_s, to_s in actor.motion.stands:
        span = (max(0.0, from_s), min(to_s, script.seconds - 1 / FPS))
        if span[1] <= span[0]:
            continue
        found = Standing(
            vehicle=actor.id,
            zone=actor.zone,
            from_s=round(span[0], 3),
            to_s=round(span[1], 3),
            expected=False,
            unwatched=cut_spans(script.unwatched, span),
        )
        expected = found.dwell_s >= script.grace_s if actor.expect is None else actor.expect
        because = actor.because or ("" if expected else "within grace")
        yield msgspec.structs.replace(found, expected=expected, because="" if expected else because)


def edge_toml(script: Script, stage: Stage, *, seed: int, source_width: int) -> str:
    """The configuration that a gateway would have over this street."""
    k = FRAME_PX[0] / source_width
    width, height = FRAME_PX

    def polygon(name: str) -> str:
        points = ((min(max(x * k, 0), width), min(max(y * k, 0), height)) for x, y in stage.zones[name])
        return "[" + ", ".join(f"[{x:.0f}, {y:.0f}]" for x, y in points) + "]"

    text = _TOML.format(name=script.name, seed=seed, width=width, height=height) + _APPROVAL
    for zone in script.zones:
        text += _ZONE.format(
            zone=zone, polygon=polygon(zone), width=width, height=height, grace_s=script.grace_s, authority=AUTHORITY
        )
        text += f"flow_lane_px = {polygon(script.flow)}\n" if script.flow else ""
        text += "".join(f"{key} = {value}\n" for key, value in script.rule)
    return text


def rewrite_texts(script: Script, stage: Stage, *, seed: int, source_width: int, out: Path) -> None:
    """edge.toml and what must be told, anew, beside a clip that stays."""
    truth = msgspec.json.decode((out / TRUTH).read_bytes(), type=SceneTruth)
    stays = _stays(script, {vehicle.id: vehicle.boxes for vehicle in truth.vehicles})
    changed = {"standings": stays, "difficulties": script.difficulties, "grace_s": script.grace_s}
    (out / TOML).write_text(edge_toml(script, stage, seed=seed, source_width=source_width))
    (out / TRUTH).write_bytes(msgspec.json.encode(msgspec.structs.replace(truth, **changed)))


def _stays(script: Script, boxes: dict[str, tuple[SecondBox, ...]]) -> tuple[Standing, ...]:
    stays = [standing for actor in script.actors for standing in standings(actor, script)]
    hidden = [is_mostly_hidden(standing, boxes.get(standing.vehicle, ())) for standing in stays]
    return tuple(
        msgspec.structs.replace(standing, mostly_hidden=is_hidden)
        for standing, is_hidden in zip(stays, hidden, strict=True)
    )


def _vehicle(actor: Actor, boxes: list[SecondBox]) -> VehicleTruth:
    return VehicleTruth(
        id=actor.id,
        cut=actor.cut,
        role=actor.role,
        in_s=boxes[0].at_s if boxes else 0.0,
        out_s=boxes[-1].at_s if boxes else 0.0,
        stands=tuple((round(a, 3), round(b, 3)) for a, b in actor.motion.stands),
        boxes=tuple(boxes),
        plate=actor.plate.text if actor.plate is not None else None,
    )


def _encode(pictures: Iterator[Drawn], target: Path, seconds: dict[str, list[SecondBox]]) -> str:
    """A keyframe each second, nothing reordered; fixed quantiser, so that equal pictures stay equal."""
    partial = target.with_suffix(".part.mp4")
    movflags = {"movflags": "frag_keyframe+empty_moov+default_base_moof"}
    with av.open(str(partial), "w", options=movflags) as container:
        stream: VideoStream = container.add_stream("libx264", rate=FPS)
        stream.width, stream.height, stream.pix_fmt = *FRAME_PX, "yuv420p"
        stream.codec_context.gop_size = FPS
        stream.codec_context.time_base = Fraction(1, FPS)
        stream.thread_count = 1
        x264 = f"keyint={FPS}:min-keyint={FPS}:scenecut=0:bframes=0:rc-lookahead=0:sync-lookahead=0"
        stream.options = {"preset": "ultrafast", "qp": QUANTISER, "x264-params": x264}
        for drawn in pictures:
            frame = av.VideoFrame.from_ndarray(drawn.yuv, format="yuv420p")
            frame.pts, frame.time_base = round(drawn.at_s * FPS), Fraction(1, FPS)
            container.mux(stream.encode(frame))
            if drawn.at_s == int(drawn.at_s):
                for who, box in drawn.boxes.items():
                    seconds.setdefault(who, []).append(box)
        container.mux(stream.encode(None))
    partial.replace(target)
    return hashlib.sha256(target.read_bytes()).hexdigest()
