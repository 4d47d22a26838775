"""The text of tables and lists that people and their tools save: a pure function, since many rooms read them."""

from __future__ import annotations

from codecs import BOM_UTF16_BE, BOM_UTF16_LE
from pathlib import PurePosixPath

_UTF16_MARKS = (BOM_UTF16_LE, BOM_UTF16_BE)


def text_of(data: bytes) -> str:
    """UTF-8 with or without a mark, UTF-16 with one, else GB18030 as spreadsheets in China save; any line end is kept.

    Raises UnicodeDecodeError for bytes that are none of these.
    """
    if data.startswith(_UTF16_MARKS):
        return data.decode("utf-16")
    try:
        return data.decode("utf-8-sig")
    except UnicodeDecodeError:
        return data.decode("gb18030")


def inner_path(text: str) -> str:
    """A path inside a folder as a table names it, with `/` whatever system wrote the table."""
    return str(PurePosixPath(text.strip().replace("\\", "/")))
