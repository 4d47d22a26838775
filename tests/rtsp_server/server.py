"""The server: answers OPTIONS, DESCRIBE, SETUP, PLAY and TEARDOWN, then sends what the plan says."""

from __future__ import annotations

import base64
import socket
import struct
import threading
import time
from collections.abc import Iterator
from dataclasses import dataclass
from typing import Literal, Self

from tests.rtsp_server.clips import RTP_HZ, Clip, Coded

NTP_EPOCH_S = 2_208_988_800
MAX_RTP_BYTES = 1400
_SSRC = 0x7A7A7A7A
_FIRST_STAMP = 0x1234_5678
"""RTP stamps start anywhere but at zero, which FFmpeg takes for none."""
_GARBAGE = bytes(range(256)) * 64
_REASONS = {200: "OK", 401: "Unauthorized", 404: "Not Found", 503: "Service Unavailable"}


@dataclass(frozen=True)
class Plan:
    """How one path behaves.

    `ending`: what comes after `pictures_max` pictures (None: the clip): loop it, fall silent, close, or send garbage.
    `burst` pictures are sent at once before the rest goes out at true speed times `speed`. `sender_offset_s`: sender
    reports tell a clock that is off by so much (None: no reports). `answer`: to DESCRIBE; or garbage, or nothing.
    """

    clip: Clip | None = None
    ending: Literal["loop", "silent", "close", "garbage"] = "loop"
    pictures_max: int | None = None
    burst: int = 1
    speed: float = 1.0
    sender_offset_s: float | None = None
    answer: Literal[200, 404, 503, "garbage", "silent"] = 200
    credentials: tuple[str, str] | None = None


class RtspServer:
    """Serves plans by path on a loopback port of its own; use it as a context manager."""

    def __init__(self, plans: dict[str, Plan], *, port: int = 0) -> None:
        self.plans = dict(plans)
        self.opened: list[str] = []
        self._listener = socket.create_server(("127.0.0.1", port))
        self.port: int = self._listener.getsockname()[1]
        self._stop = threading.Event()
        self._sockets: set[socket.socket] = set()
        self._threads: list[threading.Thread] = []

    def url(self, path: str) -> str:
        """The address of a path."""
        return f"rtsp://127.0.0.1:{self.port}/{path}"

    def __enter__(self) -> Self:
        self._spawn(self._accept)
        return self

    def __exit__(self, *_: object) -> None:
        self._stop.set()
        self._listener.close()
        for client in list(self._sockets):
            _shut(client)
        for thread in self._threads:
            thread.join(5)

    def _spawn(self, target: object, *args: object) -> None:
        thread = threading.Thread(target=target, args=args, daemon=True)  # type: ignore[arg-type]
        self._threads.append(thread)
        thread.start()

    def _accept(self) -> None:
        self._listener.settimeout(0.2)
        while not self._stop.is_set():
            try:
                client, _ = self._listener.accept()
            except TimeoutError:
                continue
            except OSError:
                return
            client.settimeout(None)
            client.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
            self._sockets.add(client)
            self._spawn(self._serve, client)

    def _serve(self, client: socket.socket) -> None:
        try:
            for method, path, headers in _requests(client):
                plan = self.plans.get(path, Plan(answer=404))
                if plan.answer == "silent":
                    self._stop.wait()
                    return
                client.sendall(_answer(method, self.url(path), headers, plan))
                if method == "PLAY" and plan.clip is not None:
                    self.opened.append(path)
                    self._spawn(self._play, client, plan, plan.clip)
                if method == "TEARDOWN":
                    return
        except OSError:
            return
        finally:
            _shut(client)
            self._sockets.discard(client)

    def _play(self, client: socket.socket, plan: Plan, clip: Clip) -> None:
        packer = RtpPacker(clip.codec)
        started_s = time.time()
        lead = clip.pictures[min(plan.burst, len(clip.pictures)) - 1].stamp
        report_due = 0
        try:
            for coded in _pictures(plan, clip):
                ahead_s = (coded.stamp - lead) / RTP_HZ / plan.speed - (time.time() - started_s)
                if self._stop.wait(max(0.0, ahead_s)):
                    return
                if plan.sender_offset_s is not None and coded.stamp >= report_due:
                    taken_s = started_s + (coded.stamp - lead) / RTP_HZ / plan.speed
                    client.sendall(packer.sender_report(taken_s + plan.sender_offset_s, coded.stamp))
                    report_due = coded.stamp + RTP_HZ
                client.sendall(b"".join(packer.pack(coded)))
            if plan.ending == "garbage":
                client.sendall(_GARBAGE)
        except OSError:
            return
        if plan.ending == "close":
            _shut(client)


class RtpPacker:
    """Coded pictures -> interleaved RTP packets (RFC 6184, RFC 7798: single units and fragments)."""

    def __init__(self, codec: str) -> None:
        self._is_hevc = codec == "hevc"
        self._sequence = 0

    def pack(self, coded: Coded) -> Iterator[bytes]:
        """The packets of one picture, the last with the marker."""
        units = [unit.rstrip(b"\x00") for unit in coded.data.split(b"\x00\x00\x01")[1:]]
        for index, unit in enumerate(units):
            parts = [unit] if len(unit) <= MAX_RTP_BYTES else list(self._fragments(unit))
            for number, part in enumerate(parts):
                yield self._rtp(part, coded.stamp, index == len(units) - 1 and number == len(parts) - 1)

    def sender_report(self, wall_s: float, stamp: int) -> bytes:
        """RTCP SR: the sender's clock at an RTP stamp."""
        seconds, fraction = divmod(wall_s + NTP_EPOCH_S, 1)
        report = struct.pack(
            ">BBHIIIIII",
            0x80,
            200,
            6,
            _SSRC,
            int(seconds),
            int(fraction * 2**32),
            (stamp + _FIRST_STAMP) & 0xFFFFFFFF,
            1,
            1,
        )
        return struct.pack(">BBH", 0x24, 1, len(report)) + report

    def _fragments(self, unit: bytes) -> Iterator[bytes]:
        header_bytes = 2 if self._is_hevc else 1
        kind = (unit[0] >> 1) & 0x3F if self._is_hevc else unit[0] & 0x1F
        indicator = bytes(((unit[0] & 0x81) | 49 << 1, unit[1])) if self._is_hevc else bytes(((unit[0] & 0xE0) | 28,))
        body = unit[header_bytes:]
        for start in range(0, len(body), MAX_RTP_BYTES):
            flags = (0x80 if start == 0 else 0) | (0x40 if start + MAX_RTP_BYTES >= len(body) else 0)
            yield indicator + bytes((flags | kind,)) + body[start : start + MAX_RTP_BYTES]

    def _rtp(self, payload: bytes, stamp: int, is_last: bool) -> bytes:
        self._sequence = (self._sequence + 1) & 0xFFFF
        head = struct.pack(
            ">BBHII", 0x80, 96 | (is_last << 7), self._sequence, (stamp + _FIRST_STAMP) & 0xFFFFFFFF, _SSRC
        )
        return struct.pack(">BBH", 0x24, 0, len(head) + len(payload)) + head + payload


def _pictures(plan: Plan, clip: Clip) -> Iterator[Coded]:
    sent = 0
    offset = 0
    while True:
        for one in clip.pictures:
            if plan.pictures_max is not None and sent >= plan.pictures_max:
                return
            yield Coded(one.data, one.is_keyframe, one.stamp + offset)
            sent += 1
        if plan.ending != "loop":
            return
        offset += clip.length


def _requests(client: socket.socket) -> Iterator[tuple[str, str, dict[str, str]]]:
    """Requests until the peer closes; its RTCP packets in between are read past."""
    buffer = b""
    while True:
        while buffer[:1] == b"$" and len(buffer) >= 4 and len(buffer) >= 4 + int.from_bytes(buffer[2:4]):
            buffer = buffer[4 + int.from_bytes(buffer[2:4]) :]
        if buffer[:1] != b"$" and b"\r\n\r\n" in buffer:
            head, _, buffer = buffer.partition(b"\r\n\r\n")
            first, *lines = head.decode("latin-1").split("\r\n")
            method, target, _version = first.split(" ", 2)
            path = target.partition("://")[2].partition("/")[2].split("/trackID")[0].rstrip("/")
            yield method, path, {key.lower(): value.strip() for key, _, value in (one.partition(":") for one in lines)}
            continue
        received = client.recv(65536)
        if not received:
            return
        buffer += received


def _answer(method: str, url: str, headers: dict[str, str], plan: Plan) -> bytes:
    if plan.answer == "garbage":
        return _GARBAGE
    status: int = plan.answer if method == "DESCRIBE" and isinstance(plan.answer, int) else 200
    extra, body = "", ""
    if plan.credentials is not None and method != "OPTIONS":
        expected = base64.b64encode(":".join(plan.credentials).encode()).decode()
        if headers.get("authorization") != f"Basic {expected}":
            status, extra = 401, 'WWW-Authenticate: Basic realm="camera"\r\n'
    if status == 200 and method == "OPTIONS":
        extra = "Public: OPTIONS, DESCRIBE, SETUP, PLAY, GET_PARAMETER, TEARDOWN\r\n"
    elif status == 200 and method == "DESCRIBE":
        body = _description(plan)
        extra = f"Content-Type: application/sdp\r\nContent-Base: {url}/\r\nContent-Length: {len(body)}\r\n"
    elif status == 200 and method == "SETUP":
        extra = "Transport: RTP/AVP/TCP;unicast;interleaved=0-1\r\n"
    head = f"RTSP/1.0 {status} {_REASONS[status]}\r\nCSeq: {headers.get('cseq', '0')}\r\nSession: 1;timeout=60\r\n"
    return (head + extra + "\r\n" + body).encode()


def _description(plan: Plan) -> str:
    name = "H265" if plan.clip is not None and plan.clip.codec == "hevc" else "H264"
    fmtp = "a=fmtp:96 packetization-mode=1\r\n" if name == "H264" else ""
    return (
        "v=0\r\no=- 1 1 IN IP4 127.0.0.1\r\ns=camera\r\nc=IN IP4 0.0.0.0\r\nt=0 0\r\nm=video 0 RTP/AVP 96\r\n"
        f"a=rtpmap:96 {name}/{RTP_HZ}\r\n{fmtp}a=control:trackID=0\r\n"
    )


def _shut(client: socket.socket) -> None:
    try:
        client.shutdown(socket.SHUT_RDWR)
    except OSError:
        client.close()
        return
    client.close()
