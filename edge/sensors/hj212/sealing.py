"""The sealed data area of HJ 212-2025: SM4 in ECB mode over whole blocks, what is left over stays plain.

Form (reference A1.2, Annex A.2 of the standard): `{0xE4,0x3E,...}rest`; the CRC in the frame is that of the plain text.
"""

from __future__ import annotations

import re
from typing import Final

from cryptography.hazmat.primitives.ciphers import Cipher, algorithms, modes

BLOCK: Final = 16
KEY_BYTES: Final = 16
_OPENING: Final = re.compile(rb"CP\s{0,4}=\s{0,4}&&(?=\{0x)", re.IGNORECASE)
_BYTE: Final = re.compile(rb"0x([0-9A-F]{2})", re.IGNORECASE)


def is_sealed(data: bytes) -> bool:
    """Whether the data area of a segment is sealed."""
    return b"&&{0" in data and _OPENING.search(data) is not None


def unseal(data: bytes, key: bytes) -> bytes | None:
    """The plain data segment, or None when the area is no whole number of blocks; a wrong key gives other bytes,
    which the CRC of the frame tells."""
    opening = _OPENING.search(data)
    brace = data.find(b"}")
    if opening is None or brace < 0:
        return None
    listed = data[opening.end() + 1 : brace].split(b",")
    found = [_BYTE.fullmatch(one.strip()) for one in listed]
    if len(listed) % BLOCK or not all(found):
        return None
    cipher = bytes(int(one[1], 16) for one in found if one)
    plain = Cipher(algorithms.SM4(key), modes.ECB()).decryptor().update(cipher)  # noqa: S305 -- the standard's mode
    return data[: opening.end()] + plain + data[brace + 1 :]


def seal(data: bytes, key: bytes) -> bytes:
    """The data segment with its data area sealed; segments without a data area stay as they are."""
    begin = data.find(b"CP=&&") + len(b"CP=&&")
    plain = data[begin:-2]
    whole = len(plain) - len(plain) % BLOCK
    if begin < len(b"CP=&&") or not whole:
        return data
    cipher = Cipher(algorithms.SM4(key), modes.ECB()).encryptor().update(plain[:whole])  # noqa: S305 -- as above
    listed = b",".join(b"0x%02X" % byte for byte in cipher)
    return data[:begin] + b"{" + listed + b"}" + plain[whole:] + data[-2:]
