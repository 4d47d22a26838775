"""The values that go into and come out of the spool."""

from __future__ import annotations

from dataclasses import dataclass
from typing import NamedTuple


class OutgoingEvent(NamedTuple):
    """A message to be sent: `message_id` is `event_id:revision`, `body` the CloudEvents bytes."""

    message_id: str
    body: bytes


class OutgoingReading(NamedTuple):
    """A sensor's reading to be sent: `message_id` begins with `reading:`, `body` the CloudEvents bytes."""

    message_id: str
    body: bytes


class SpooledEvent(NamedTuple):
    """A message that waits for the centre's ack; `seq` rises in the order of commits."""

    seq: int
    message_id: str
    body: bytes


class Upload(NamedTuple):
    """A file to be uploaded; `rank`: the lowest goes first when the disk is full and last over the wire."""

    sha256: str
    path: str
    size_bytes: int
    rank: int


@dataclass(frozen=True, slots=True)
class Step:
    """What one look of one camera's judge changed; its evidence files are on disk (fsynced) before it is committed."""

    device: str
    state: bytes
    events: tuple[OutgoingEvent, ...] = ()
    uploads: tuple[Upload, ...] = ()
    readings: tuple[OutgoingReading, ...] = ()
