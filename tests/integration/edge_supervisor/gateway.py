"""A gateway process whose detector sees drawn red boxes: `python -m tests.integration.edge_supervisor.gateway FILE`."""

from __future__ import annotations

import subprocess
import sys
import threading
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass, field
from fractions import Fraction
from pathlib import Path
from typing import Any

import av
from cryptography.hazmat.primitives.serialization import Encoding, NoEncryption, PrivateFormat

from contract.errors import TantouError
from contract.events import Event
from contract.manifest import decode_manifest
from edge.capture.types import Image
from edge.commands import EXIT_MISTAKES, log_to_stderr, read_config
from edge.inference.plates import PlateReader
from edge.networks import Model
from edge.supervisor import Gateway, run
from tests.integration.broker import GATEWAY, GATEWAY_PASSWORD, TOWN
from tests.integration.edge_replay.street import KEY, RedBoxes, Stay, draw
from tests.rtsp_server.clips import RTP_HZ, Clip, Coded
from tests.waiting import WITHIN_S, until

CAMERA = """
[[camera]]
id = "{name}"
name = "Drawn street"
url = "{url}"
ring_s = 20
frame_px = [320, 240]
analyse_every_s = 0.2
clock = {{ given_offset_s = 0.0, given_uncertainty_s = 0.1 }}

[[zone]]
id = "kerb-{name}"
camera = "{name}"
name = "Kerb"
matter = "illegal_parking"
polygon_px = [[60, 60], [310, 60], [310, 230], [60, 230]]
frame_px = [320, 240]
[zone.rule]
grace_s = {grace_s}
still_s = 0.5
left_after_s = 2
"""
GATEWAY_TABLES = """
[gateway]
id = "{gateway}"
town = "{town}"
key_file = "key.pem"
data_dir = "data"
[broker]
url = "{broker_url}"
username = "{gateway}"
password_file = "password"
heartbeat_s = 0.2
ack_timeout_s = 2
[evidence]
url = "{evidence_url}"
token_file = "token"
pre_roll_s = 1
post_roll_s = 1
"""


@dataclass
class GatewayProcess:
    """A gateway as its own process, to be killed; `log` is what it said so far."""

    config: Path
    process: subprocess.Popen[bytes] | None = None
    log_path: Path = field(init=False)

    def __post_init__(self) -> None:
        self.log_path = self.config.parent / "gateway.log"

    def start(self) -> None:
        """Begins; what it says is appended to the log."""
        with self.log_path.open("ab") as log:
            self.process = subprocess.Popen([sys.executable, "-m", __name__, str(self.config)], stderr=log)

    def log(self) -> str:
        """Everything it said, also before it was killed."""
        return self.log_path.read_text() if self.log_path.exists() else ""

    def wait_for(self, words: str, *, times: int = 1) -> None:
        """Until it said so, so many times since the log began."""
        until(lambda: self.log().count(words) >= times)

    def kill(self) -> None:
        """kill -9, if it still runs."""
        if self.process is not None:
            self.process.kill()
            self.process.wait()

    def terminate(self) -> int:
        """SIGTERM; its exit code."""
        assert self.process is not None
        self.process.terminate()
        return self.process.wait(WITHIN_S)


@contextmanager
def running_gateway(config: Path, detector: RedBoxes, plates: PlateReader | None = None) -> Iterator[Gateway]:
    """A gateway in this process until the block is left."""
    stop = threading.Event()
    gateway = Gateway(read_config(config), Model(detector, "red boxes", "0" * 64), stop=stop, plates=plates)
    gateway.start()
    try:
        yield gateway
    finally:
        stop.set()
        gateway.end()


def write_config(
    folder: Path, cameras: dict[str, str], *, broker_url: str, evidence_url: str, token: str, grace_s: float = 2
) -> Path:
    """edge.toml with its secrets; `cameras` maps ids to stream addresses."""
    pem = KEY.private_bytes(Encoding.PEM, PrivateFormat.PKCS8, NoEncryption())
    for name, secret in (("key.pem", pem), ("password", GATEWAY_PASSWORD.encode()), ("token", token.encode())):
        (folder / name).write_bytes(secret)
        (folder / name).chmod(0o600)
    text = GATEWAY_TABLES.format(gateway=GATEWAY, town=TOWN, broker_url=broker_url, evidence_url=evidence_url)
    text += "".join(CAMERA.format(name=name, url=url, grace_s=grace_s) for name, url in cameras.items())
    path = folder / "edge.toml"
    path.write_text(text)
    return path


def is_filmed_or_said_not_to_be(folder: Path, event: Event) -> bool:
    """Whether the act's package has its clip; or says that none shows it, of a gateway killed as it began to film."""
    if event.evidence is None:
        return False
    manifest = decode_manifest((folder / "data" / "evidence" / event.event_id / "manifest.json").read_bytes())
    has_clip = any(item.role == "clip" for item in event.evidence.items)
    return has_clip or "clips: none shows stills/due.jpg" in manifest.missing


def street_clip(stays: Sequence[Stay], *, seconds: float, fps: int = 10, is_green: bool = False) -> Clip:
    """A drawn street as a camera sends it, a keyframe each half second; `is_green`: its top left corner is."""
    context: Any = av.CodecContext.create("libx264", "w")
    context.width, context.height = 320, 240
    context.pix_fmt = "yuv420p"
    context.framerate, context.time_base = fps, Fraction(1, fps)
    context.gop_size = fps // 2
    context.options = {
        "preset": "ultrafast",
        "tune": "zerolatency",
        "sc_threshold": "0",
        "x264-params": "annexb=1:repeat-headers=1",
    }
    packets = []
    for index in range(round(seconds * fps)):
        image = draw(index, index / fps, stays)
        if is_green:
            image[0:40, 0:60] = (0, 220, 0)
        frame = av.VideoFrame.from_ndarray(image, format="bgr24")
        frame.pts = index
        packets += context.encode(frame)
    packets += context.encode(None)
    return Clip(
        "h264", fps, tuple(Coded(bytes(one), one.is_keyframe, round(one.pts * RTP_HZ / fps)) for one in packets)
    )


class MoodyRedBoxes(RedBoxes):
    """Fails on pictures with a green top left corner."""

    def detect(self, frames_bgr: Sequence[Image], /) -> list[list[Any]]:
        """Boxes, or ValueError."""
        if any(frame[10, 10, 1] > 150 and frame[10, 10, 2] < 100 for frame in frames_bgr):
            raise ValueError("green makes me ill")
        return super().detect(frames_bgr)


def main(path: str) -> int:
    """What `tantou edge run` does, with another detector."""
    log_to_stderr()
    try:
        return run(read_config(Path(path)), model_of=lambda _: Model(RedBoxes(), "red boxes", "0" * 64))
    except TantouError as error:
        print(error, file=sys.stderr)
        return EXIT_MISTAKES


if __name__ == "__main__":
    sys.exit(main(sys.argv[1]))
