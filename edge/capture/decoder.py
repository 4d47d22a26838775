"""Keyframe-first decoding: keyframes as often as the analysis wants them, every picture only while somebody asks."""

from __future__ import annotations

import threading
from collections.abc import Callable

from contract.errors import CaptureError
from contract.times import NS
from edge.capture.masks import Masks
from edge.capture.ring import PacketRing
from edge.capture.types import Frame, Packet, Picture, PictureDecoder
from edge.config import CameraConfig

BAD_KEYFRAMES_MAX = 3
"""So many keyframes in a row without a picture: this stream does not decode."""
STARVED_NS = 10 * NS
"""Without a keyframe for longer (smart codecs) the pictures between are decoded: a rule takes 12 s for no picture."""
_SLACK = 0.1
"""Cameras are not punctual: an interval may be off by this part of it."""


class Decoder:
    """Turns the packets of one stream into masked frames; `ask_full_decode` may be called from any thread."""

    def __init__(self, camera: CameraConfig, pictures: Callable[[], PictureDecoder], ring: PacketRing) -> None:
        self._device = camera.id
        self._new_pictures = pictures
        self._pictures = pictures()
        self._ring = ring
        self._masks = Masks(camera.masks, camera.frame_px)
        self._look_every_ns = int(camera.analyse_every_s * (1 + _SLACK) * NS)
        self._full_every_ns = self._every_ns = int(NS / camera.full_decode_fps * (1 - _SLACK))
        self._full_until_ns = 0
        self._is_full = False
        self._is_starved = False
        self._lock = threading.Lock()
        self._keyframes_inside: set[int] = set()
        self._last_frame_ns: int | None = None
        self._last_keyframe_ns: int | None = None
        self._keyframe_gap_ns = 0
        self._bad_keyframes = 0
        self._decoded = self._frames = self._errors = self._skipped_keyframes = 0
        self.size_px: tuple[int, int] | None = None

    def ask_full_decode(self, until_ns: int) -> None:
        """Decode every picture until stream time `until_ns`; a later end wins."""
        with self._lock:
            self._full_until_ns = max(self._full_until_ns, until_ns)

    def take(self, packet: Packet) -> list[Frame]:
        """The frames that this packet makes ready; it must not be in the ring yet.

        Raises CaptureError when several keyframes in a row gave no picture.
        """
        if packet.is_keyframe:
            self._note_keyframe(packet.at_ns)
        is_asked = packet.at_ns <= self._full_until_ns
        self._is_starved = self._starves(packet)
        self._every_ns = self._full_every_ns if is_asked else self._look_every_ns
        wants_full = is_asked or self._is_starved
        frames: list[Frame] = []
        if wants_full and not self._is_full:
            frames = self._catch_up(packet)
        elif self._is_full and not wants_full:
            frames = self._chosen(self._drain())
        self._is_full = wants_full
        if wants_full:
            return frames + self._chosen(self._decode(packet))
        return frames + self._look(packet) if packet.is_keyframe else frames

    def finish(self) -> list[Frame]:
        """The frames still inside at the end of the stream."""
        return self._chosen(self._drain()) if self._is_full else []

    def close(self) -> None:
        """Gives the decoder's memory back."""
        self._pictures.close()

    def counters(self) -> dict[str, int]:
        """Pictures decoded, frames handed on, what failed and what was not looked at."""
        return {
            "pictures_decoded": self._decoded,
            "frames": self._frames,
            "decode_errors": self._errors,
            "keyframes_skipped": self._skipped_keyframes,
        }

    def _starves(self, packet: Packet) -> bool:
        """From the moment that a keyframe is overdue until one comes: a picture needs all those before it."""
        if packet.is_keyframe or self._last_keyframe_ns is None:
            return False
        patience_ns = max(STARVED_NS, self._look_every_ns)
        return self._is_starved or packet.at_ns - self._last_keyframe_ns > patience_ns

    def _look(self, packet: Packet) -> list[Frame]:
        """A keyframe is skipped only when the next one will still be in time."""
        if self._last_frame_ns is not None and self._keyframe_gap_ns:
            next_ns = packet.at_ns + self._keyframe_gap_ns
            if next_ns - self._last_frame_ns <= self._look_every_ns:
                self._skipped_keyframes += 1
                return []
        return self._handed_on([*self._decode(packet), *self._drain()][-1:])

    def _note_keyframe(self, at_ns: int) -> None:
        if self._last_keyframe_ns is not None:
            self._keyframe_gap_ns = at_ns - self._last_keyframe_ns
        self._last_keyframe_ns = at_ns

    def _catch_up(self, packet: Packet) -> list[Frame]:
        """Asked in the middle of a group of pictures: what came since its keyframe is decoded first."""
        if packet.is_keyframe:
            return []
        return [frame for one in self._ring.since_keyframe() for frame in self._chosen(self._decode(one))]

    def _decode(self, packet: Packet) -> list[Picture]:
        if packet.is_keyframe:
            self._keyframes_inside.add(packet.at_ns)
        try:
            pictures = self._pictures.decode(packet)
        except CaptureError:
            self._errors += 1
            pictures = []
        self._note(pictures, packet.is_keyframe)
        return pictures

    def _drain(self) -> list[Picture]:
        try:
            pictures = self._pictures.drain()
        except CaptureError:
            self._errors += 1
            pictures = []
        self._note(pictures, False)
        return pictures

    def _note(self, pictures: list[Picture], is_keyframe: bool) -> None:
        if pictures:
            self._decoded += len(pictures)
            self._bad_keyframes = 0
            self.size_px = pictures[-1].size_px
        elif is_keyframe:
            self._bad_keyframes += 1
            if self._bad_keyframes > BAD_KEYFRAMES_MAX:
                raise CaptureError("garbage", f"{self._bad_keyframes} keyframes in a row decode to no picture")

    def _chosen(self, pictures: list[Picture]) -> list[Frame]:
        """At most `full_decode_fps` frames while asked, else one a look; a keyframe is no exception."""
        frames = []
        for picture in pictures:
            if self._last_frame_ns is None or picture.at_ns - self._last_frame_ns >= self._every_ns:
                frames += self._handed_on([picture])
        return frames

    def _handed_on(self, pictures: list[Picture]) -> list[Frame]:
        frames = []
        for picture in pictures:
            if self._last_frame_ns is not None and picture.at_ns <= self._last_frame_ns:
                continue
            is_keyframe = picture.at_ns in self._keyframes_inside
            self._keyframes_inside = {at_ns for at_ns in self._keyframes_inside if at_ns > picture.at_ns}
            image = picture.bgr()
            self._masks.paint(image)
            self._last_frame_ns = picture.at_ns
            self._frames += 1
            frames.append(Frame(self._device, picture.at_ns, image, is_keyframe))
        return frames
