"""The tape of one camera on disk: one JSON line a record; and reading a tape again, one record with what it led to."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Any, BinaryIO

import msgspec

from contract.errors import ContractError, EvidenceError
from contract.observations import EvidenceMade, Seen, TapeRecord, TapeStart
from edge.withheld import shareable

MARK_EVERY = 64
MAX_MARKS = 100_000
MAX_LINE_BYTES = 4_000_000
MAX_EXCERPT_BYTES = 4_000_000
_decoder: msgspec.json.Decoder[TapeRecord] = msgspec.json.Decoder(TapeRecord)


@dataclass(frozen=True, slots=True)
class Rotation:
    """A live tape's bound: files of about this size, so many of them; the oldest goes, counted."""

    max_file_bytes: int = 4_000_000
    max_files: int = 16


@dataclass(frozen=True, slots=True)
class Excerpt:
    """A part of a tape as a tape of its own; `is_whole` is false when its beginning did not fit or is gone."""

    data: bytes
    is_whole: bool


class Tape:
    """Appends records. Each reaches the system at once, so the death of the process costs none; the disk takes them
    when the system likes, so a power cut costs the last seconds."""

    def __init__(self, path: Path, start: TapeStart, *, rotation: Rotation | None = None) -> None:
        path.parent.mkdir(parents=True, exist_ok=True)
        self._path = path
        self._start = start
        self._rotation = rotation
        self._file: BinaryIO | None = None
        self._size = self._records = 0
        self._marks: list[tuple[int, int]] = []
        self.files_let_go = 0

    def append(self, record: Seen, *, state_before: bytes) -> None:
        """One record. A file begins with the judge's state before its first record, so that it stands by itself."""
        is_full = self._rotation is not None and self._size >= self._rotation.max_file_bytes
        if self._file is None or is_full:
            self._begin(msgspec.json.decode(state_before))
        if self._records % MARK_EVERY == 0 and len(self._marks) < MAX_MARKS:
            self._marks.append((record.at_ns, self._size))
        self._records += 1
        self._write(record)

    def made(self, made: EvidenceMade) -> None:
        """The evidence that the last record led to; raises EvidenceError when no record could be written yet."""
        self._write(made)

    def excerpt(self, from_ns: int) -> Excerpt:
        """The records from `from_ns` on, after the line that says whose they are; it leaves the gateway."""
        head = msgspec.json.encode(shareable(msgspec.structs.replace(self._start, state=None))) + b"\n"
        lines: list[bytes] = []
        reaches_back = False
        for path in reversed([*self._aside(), self._path]):
            found = list(_lines_from(path, from_ns, self._offset(from_ns) if path == self._path else 0))
            lines[:0] = [line for at_ns, line in found if at_ns >= from_ns]
            if found and found[0][0] < from_ns:
                reaches_back = True
                break
        size = sum(map(len, lines))
        while lines and size > MAX_EXCERPT_BYTES:
            size -= len(lines.pop(0))
            reaches_back = False
        return Excerpt(head + b"".join(lines), reaches_back or self._begins_after(from_ns))

    def close(self) -> None:
        """Every record has reached the system."""
        file, self._file = self._file, None
        if file is not None:
            file.close()

    def _begins_after(self, from_ns: int) -> bool:
        """Whether nothing was ever recorded before `from_ns`: then nothing is missing either."""
        return self.files_let_go == 0 and bool(self._marks) and self._marks[0][0] >= from_ns

    def _offset(self, from_ns: int) -> int:
        earlier = [offset for at_ns, offset in self._marks if at_ns < from_ns]
        return earlier[-1] if earlier else 0

    def _begin(self, state: dict[str, Any]) -> None:
        self.close()
        if self._rotation is not None:
            self._put_aside(self._rotation)
        self._file = self._path.open("wb")
        self._size = self._records = 0
        self._marks = []
        self._write(msgspec.structs.replace(self._start, state=state))

    def _write(self, record: TapeRecord) -> None:
        if self._file is None:
            raise EvidenceError(f"{self._path}: the tape could not be begun")
        line = msgspec.json.encode(record) + b"\n"
        self._file.write(line)
        self._file.flush()
        self._size += len(line)

    def _aside(self) -> list[Path]:
        return sorted(self._path.parent.glob(f"{self._path.stem}-*{self._path.suffix}"))

    def _put_aside(self, rotation: Rotation) -> None:
        """The file in use gets the next number; the oldest ones go when there are too many."""
        aside = self._aside()
        if self._path.exists():
            number = int(aside[-1].stem.rpartition("-")[2]) + 1 if aside else 1
            aside.append(self._path.rename(self._path.with_stem(f"{self._path.stem}-{number:08d}")))
        for path in aside[: max(0, len(aside) - rotation.max_files + 1)]:
            path.unlink()
            self.files_let_go += 1


@dataclass(frozen=True, slots=True)
class Taped:
    """A record and the evidence that was made when it was judged."""

    record: TapeStart | Seen
    made: tuple[EvidenceMade, ...] = ()


def read_tape(path: Path) -> Iterator[Taped]:
    """The records of a tape in order, a part of the file in memory at a time.

    A last line that a dying process left unfinished is not a record. Raises ContractError for any other line that is
    none, and for a file that does not begin with a tape's first line.
    """
    waiting: TapeStart | Seen | None = None
    made: list[EvidenceMade] = []
    for number, line in _whole_lines(path):
        record = _decoded(line, f"{path}:{number}")
        if waiting is None and not isinstance(record, TapeStart):
            raise ContractError(f"{path}:{number}: expected a tape_start record, found {type(record).__name__}")
        if isinstance(record, EvidenceMade):
            made.append(record)
            continue
        if waiting is not None:
            yield Taped(waiting, tuple(made))
        waiting, made = record, []
    if waiting is None:
        raise ContractError(f"{path}: no record in it; expected a tape of observations")
    yield Taped(waiting, tuple(made))


def _decoded(line: bytes, place: str) -> TapeRecord:
    try:
        return _decoder.decode(line)
    except (msgspec.MsgspecError, UnicodeDecodeError, RecursionError) as error:
        raise ContractError(f"{place}: {error}") from error


def _whole_lines(path: Path) -> Iterator[tuple[int, bytes]]:
    with path.open("rb") as file:
        number = 0
        while line := file.readline(MAX_LINE_BYTES + 1):
            number += 1
            if len(line) > MAX_LINE_BYTES:
                raise ContractError(f"{path}:{number}: a line of more than {MAX_LINE_BYTES} bytes")
            if line.endswith(b"\n"):
                yield number, line


def _lines_from(path: Path, from_ns: int, offset: int) -> Iterator[tuple[int, bytes]]:
    """Observations and losses of a file with their time: the last one before `from_ns`, and all from there on."""
    before: tuple[int, bytes] | None = None
    with path.open("rb") as file:
        file.seek(offset)
        for line in file:
            if not line.endswith(b"\n"):
                return
            record = _decoded(line, str(path))
            if not isinstance(record, Seen):
                continue
            if record.at_ns < from_ns:
                before = (record.at_ns, line)
                continue
            if before is not None:
                yield before
                before = None
            yield record.at_ns, line
    if before is not None:
        yield before
