"""Whether a folder's training and validation pictures are truly apart: no camera, and no picture, in both.

A camera in both splits makes every figure a lie: the network is then asked about streets that it has learned by heart.
"""

from __future__ import annotations

import hashlib
from pathlib import Path

from contract.errors import ModelError
from models.labelled import IMAGE_SUFFIXES, read_manifest

SPLITS = ("train", "val")
NAMED_AT_MOST = 8  # in a message


def check_splits(data: Path) -> dict[str, tuple[str, ...]]:
    """The cameras of `train` and of `val`; raises ModelError naming the cameras or pictures that are in both.

    `data` holds `train/images`, `val/images` and `manifest.csv` with `file` (`train/images/a.jpg`) and `camera`.
    """
    cameras = _camera_of_file(data)
    pictures = {split: _pictures(data, split) for split in SPLITS}
    unknown = [name for names in pictures.values() for name in names if not cameras.get(name)]
    if unknown:
        raise ModelError(
            f"{data / 'manifest.csv'}: no camera for {len(unknown)} picture(s): {_some(unknown)}; without it nobody "
            "can tell whether the splits share a camera; add `file,camera` for each"
        )
    of_split = {split: {cameras[name] for name in names} for split, names in pictures.items()}
    shared = sorted(of_split["train"] & of_split["val"])
    if shared:
        raise ModelError(
            f"{data}: the split leaks: {len(shared)} camera(s) in train and val: {_some(shared)}; "
            "put all pictures of a camera into one of the two"
        )
    _check_bytes_apart(data, pictures)
    return {split: tuple(sorted(names)) for split, names in of_split.items()}


def _camera_of_file(data: Path) -> dict[str, str]:
    table = data / "manifest.csv"
    if not table.is_file():
        raise ModelError(f"{table}: missing; it says by `file,camera` which camera took each picture")
    return {file: row["camera"] for file, row in read_manifest(data, needs=("file", "camera")).items()}


def _pictures(data: Path, split: str) -> list[str]:
    """Paths relative to `data`, in name order."""
    files = sorted((data / split / "images").glob("*"))
    names = [f"{split}/images/{file.name}" for file in files if file.suffix.lower() in IMAGE_SUFFIXES]
    if not names:
        raise ModelError(f"{data / split / 'images'}: no picture; both train and val are needed")
    return names


def _check_bytes_apart(data: Path, pictures: dict[str, list[str]]) -> None:
    """Pass when no file of one split is byte for byte in the other under another camera's name."""
    trained = {_hash(data / name): name for name in pictures["train"]}
    for name in pictures["val"]:
        twin = trained.get(_hash(data / name))
        if twin is not None:
            raise ModelError(f"{data}: the split leaks: {name} is the same picture as {twin}; remove one of them")


def _hash(file: Path) -> str:
    with file.open("rb") as content:
        return hashlib.file_digest(content, "sha256").hexdigest()


def _some(names: list[str]) -> str:
    more = len(names) - NAMED_AT_MOST
    return ", ".join(names[:NAMED_AT_MOST]) + (f" and {more} more" if more > 0 else "")
