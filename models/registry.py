"""Finding cards and turning one into a weight file that is proved to be what the card says.

Nothing is ever run that was not checked: length first, then SHA-256, then licence, then the shape of its answer.
"""

from __future__ import annotations

import hashlib
import os
from dataclasses import dataclass
from itertools import pairwise
from pathlib import Path

import numpy as np

from contract.errors import ModelError
from models.cards import Card, TextReader, read_card
from models.letterbox import STRIDE_PX
from models.pull import pull
from models.runtimes import DEFAULT_RUNTIME, Runtime, open_runtime
from models.runtimes.yolox import YoloxRuntime

OWN_CARDS = Path(__file__).parent / "cards"
# Licences that may be shipped and served together with this AGPL-3.0-or-later project (docs/adr/0004).
ALLOWED_LICENCES = frozenset(
    {
        "AGPL-3.0-or-later",
        "AGPL-3.0-only",
        "GPL-3.0-or-later",
        "Apache-2.0",
        "MIT",
        "BSD-2-Clause",
        "BSD-3-Clause",
        "CC0-1.0",
    }
)
_ANCHOR_STRIDES_PX = (8, 16, 32)


def default_cache() -> Path:
    """Where pulled weights are kept: `$XDG_CACHE_HOME/tantou/models`, by default under the user's home."""
    base = os.environ.get("XDG_CACHE_HOME")
    return (Path(base) if base else Path.home() / ".cache") / "tantou" / "models"


@dataclass(frozen=True)
class Listed:
    """A card and the file it was read from; `origin.file` is relative to that file's folder."""

    card: Card
    file: Path


@dataclass(frozen=True)
class Registry:
    """The cards of some folders and the cache of pulled weights."""

    folders: tuple[Path, ...] = (OWN_CARDS,)
    cache: Path | None = None

    def list(self) -> tuple[Listed, ...]:
        """Every card of every folder, by name; raises ConfigError for a bad card, ModelError for a name used twice."""
        files = [file for folder in self.folders for file in folder.glob("*.toml")]
        listed = sorted((Listed(read_card(file), file) for file in files), key=lambda entry: entry.card.name)
        for first, second in pairwise(listed):
            if first.card.name == second.card.name:
                raise ModelError(f"two cards are named {first.card.name!r}: {first.file} and {second.file}; rename one")
        return tuple(listed)

    def find(self, name_or_path: str) -> Listed:
        """The card of that name, or of that `.toml` path; raises ModelError naming the known cards."""
        if name_or_path.endswith(".toml"):
            return Listed(read_card(Path(name_or_path)), Path(name_or_path))
        listed = self.list()
        for entry in listed:
            if entry.card.name == name_or_path:
                return entry
        known = ", ".join(entry.card.name for entry in listed) or "none"
        raise ModelError(
            f"no card named {name_or_path!r} (known: {known}); give one of them or the path of a .toml card"
        )

    def is_here(self, listed: Listed) -> bool:
        """False: the weight comes from a package and was not pulled yet; True says nothing of how good the file is."""
        return listed.card.origin.package is None or self._place(listed).exists()

    def weight(self, listed: Listed) -> Path:
        """The verified weight file of a card; raises ModelError when it is absent, altered or of a wrong licence."""
        check_licence(listed.card)
        path = self._place(listed)
        check_bytes(path, listed.card.sha256, listed.card.size_bytes)
        return path

    def pull(self, listed: Listed) -> Path:
        """The verified weight file, fetched into the cache first when it comes from a package and is not there."""
        if listed.card.origin.package is not None and not self._place(listed).exists():
            check_licence(listed.card)
            pull(listed.card, self._place(listed))
        return self.weight(listed)

    def _place(self, listed: Listed) -> Path:
        origin = listed.card.origin
        if origin.file is not None:
            return listed.file.parent / origin.file
        if origin.path is not None:
            return Path(origin.path).expanduser()
        suffix = Path(str(origin.member)).suffix
        return (self.cache or default_cache()) / f"{listed.card.sha256}{suffix}"


def check_licence(card: Card) -> None:
    """Pass when the card's licence is one that may be shipped here; raises ModelError otherwise."""
    if card.licence not in ALLOWED_LICENCES:
        allowed = ", ".join(sorted(ALLOWED_LICENCES))
        raise ModelError(f"card {card.name}: licence {card.licence!r} is not allowed; allowed (SPDX): {allowed}")


def check_bytes(path: Path, sha256: str, size_bytes: int) -> None:
    """Pass when the file has exactly this length and hash; raises ModelError saying which of the two is wrong."""
    if not path.is_file():
        raise ModelError(f"{path}: the weight is not there; run `tantou models pull` or restore the file")
    found_bytes = path.stat().st_size
    if found_bytes != size_bytes:
        fault = "truncated" if found_bytes < size_bytes else "too long"
        raise ModelError(f"{path}: {fault}, {found_bytes} bytes where the card says {size_bytes}; fetch it again")
    with path.open("rb") as weight:
        found = hashlib.file_digest(weight, "sha256").hexdigest()
    if found != sha256:
        raise ModelError(f"{path}: corrupt, SHA-256 {found} where the card says {sha256}; fetch it again")


def load(
    registry: Registry, listed: Listed, *, runtime: str = DEFAULT_RUNTIME, threads: int = 1, task: str = "boxes"
) -> Runtime:
    """The card's verified weight in a runtime, after a small run has shown the licence and shape the card promises.

    `task` is what the caller is going to use it for; a card of another task is refused.
    """
    if listed.card.task != task:
        raise ModelError(f"card {listed.card.name} is for {listed.card.task}, not for {task}; choose another card")
    weight = registry.weight(listed)
    loaded = open_runtime(runtime, weight, threads=threads)
    if listed.card.decoder == "yolox":
        loaded = YoloxRuntime(loaded, pad=listed.card.input.pad_bgr[0])
    check_promise(listed.card, loaded)
    return loaded


def check_promise(card: Card, loaded: Runtime) -> None:
    """Pass when the weight's own licence and the shape of its answer are the card's; raises ModelError otherwise."""
    stated = loaded.metadata.get("licence") or loaded.metadata.get("license")
    if stated is not None and stated != card.licence:
        raise ModelError(f"card {card.name}: wrong licence, the weight says {stated!r} and the card {card.licence!r}")
    if card.reader is not None:
        return _check_reader(card, card.reader, loaded)
    if card.task == "plate_corners":
        return _check_corners(card, loaded)
    size_px = min(card.input.sizes_px)
    anchors = sum((size_px // stride) * (STRIDE_PX // stride) for stride in _ANCHOR_STRIDES_PX)
    expected = (1, 4 + len(card.classes), anchors)
    found = loaded.run(np.zeros((1, 3, STRIDE_PX, size_px), np.float32)).shape
    if found != expected:
        raise ModelError(f"card {card.name}: wrong shape, {found} where {len(card.classes)} classes give {expected}")
    return None


def _check_reader(card: Card, reader: TextReader, loaded: Runtime) -> None:
    """A reader answers with one probability for the blank, each character and perhaps the space."""
    characters = reader.characters or loaded.metadata.get("character", "").replace("\n", "").replace("\r", "")
    found = loaded.run(np.zeros((1, 3, reader.height_px, reader.width_px), np.float32)).shape
    if len(found) != 3 or found[2] not in (len(characters) + 1, len(characters) + 2):
        raise ModelError(f"card {card.name}: wrong shape, {found} where {len(characters)} characters give 1 or 2 more")


def _check_corners(card: Card, loaded: Runtime) -> None:
    """A corner finder answers box, score and four corners for two anchors a cell of three grids."""
    size_px = min(card.input.sizes_px)
    anchors = sum(2 * (size_px // stride) ** 2 for stride in _ANCHOR_STRIDES_PX)
    found = [output.shape for output in loaded.run_all(np.zeros((1, 3, size_px, size_px), np.float32))]
    expected = [(1, anchors, 4), (1, anchors, 2), (1, anchors, 8)]
    if found != expected:
        raise ModelError(f"card {card.name}: wrong shape, {found} where a {size_px} px picture gives {expected}")
