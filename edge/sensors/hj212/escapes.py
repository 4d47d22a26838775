"""Files of frames for people: a comment line, then a data line with escapes; what `tantou hj212 decode` reads.

Escapes: `\\r` `\\n` `\\\\` `\\xNN`; all else is the byte itself. Of comments only id, dir, group and recv are read.
"""

from __future__ import annotations

import re
from codecs import BOM_UTF8, BOM_UTF16_BE, BOM_UTF16_LE
from collections.abc import Iterable, Iterator
from datetime import datetime
from typing import Final

from msgspec import Struct

from contract.errors import ContractError
from edge.sensors.hj212.values import moment

_ESCAPE: Final = re.compile(rb"\\(?:([rn\\])|x([0-9A-Fa-f]{2}))")
_PLAIN: Final = {b"r": b"\r", b"n": b"\n", b"\\": b"\\"}
_FIELD: Final = re.compile(r"(?:\A|;)\s*(id|dir|group|recv):\s*([^;]*?)\s*(?=;|\Z)")


class Line(Struct, frozen=True):
    """One data line: what one connection delivers before a silence. `recv`: the server's clock at receipt."""

    number: int
    data: bytes
    id: str | None = None
    uploaded: bool = True
    group: str | None = None
    recv: datetime | None = None


def unescaped(text: bytes) -> bytes:
    """The bytes that a data line stands for."""
    return _ESCAPE.sub(lambda found: _PLAIN[found[1]] if found[1] else bytes((int(found[2], 16),)), text)


def escaped(data: bytes) -> str:
    """One data line for any bytes; `unescaped` gives them back."""
    shown = {0x0D: r"\r", 0x0A: r"\n", 0x5C: r"\\"}
    text = "".join(shown.get(byte) or (chr(byte) if 0x20 <= byte < 0x7F else f"\\x{byte:02X}") for byte in data)
    return rf"\x23{text[1:]}" if text.startswith("# ") or text == "#" else text


def lines_of(file: bytes) -> list[bytes]:
    """The lines of a whole file; a mark that an editor put at its head is no data, and UTF-16 is read as text."""
    if file.startswith((BOM_UTF16_LE, BOM_UTF16_BE)):
        try:
            file = file.decode("utf-16").encode()
        except UnicodeDecodeError as error:
            raise ContractError(f"it begins as UTF-16 and is none: {error.reason}; save it as UTF-8") from error
    return file.removeprefix(BOM_UTF8).split(b"\n")


def read_lines(lines: Iterable[bytes]) -> Iterator[Line]:
    """The data lines of a file in order; raises ContractError for an unreadable `recv`."""
    said: dict[str, str] = {}
    for number, raw in enumerate(lines, 1):
        text = raw.rstrip(b"\r\n")
        if text.startswith(b"# ") or text == b"#":
            # The first of a name counts: what follows may be a sentence that speaks of one.
            said |= dict(reversed(_FIELD.findall(text[1:].decode("utf-8", "replace"))))
        elif not text:
            said = {}
        else:
            yield Line(
                number=number,
                data=unescaped(text),
                id=said.get("id"),
                uploaded=said.get("dir") != "down",
                group=said.get("group"),
                recv=_recv(said.get("recv"), number),
            )
            said = {}


def _recv(text: str | None, number: int) -> datetime | None:
    if text is None:
        return None
    when, _ = moment(text)
    if when is None:
        raise ContractError(f"line {number}: recv {text[:32]!r} is no time; expected YYYYMMDDhhmmss")
    return when
