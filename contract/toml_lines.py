"""On which line of a TOML text each key stands: tomllib reads values and forgets where they were."""

from __future__ import annotations

import re
import tomllib
from typing import NamedTuple

Place = tuple[str | int, ...]

_TOKEN = re.compile(
    r'(?P<string>"""(?:\\.|[^\\])*?"{3,5}|\'\'\'.*?\'{3,5}|"(?:\\.|[^"\\\n])*"|\'[^\'\n]*\')'
    r"|(?P<comment>#[^\n]*)|(?P<newline>\n)|(?P<mark>[\[\]{}=,])|(?P<bare>[^\s\[\]{}=,#\"']+)",
    re.DOTALL,
)
_KEY_PART = re.compile(r'"(?:\\.|[^"\\])*"|\'[^\']*\'|[A-Za-z0-9_-]+')


class _Token(NamedTuple):
    text: str
    line: int


def key_lines(text: str) -> dict[Place, int]:
    """The line (from 1) of each key, table and list element of a TOML text that tomllib has accepted."""
    return _Scan(text.removeprefix("\ufeff").replace("\r\n", "\n")).run()


def path_text(place: Place) -> str:
    """`("camera", 1, "url")` -> `camera[1].url`; keys that TOML would quote are quoted."""
    path = ""
    for part in place:
        if isinstance(part, int):
            path += f"[{part}]"
        else:
            key = part if re.fullmatch(r"[A-Za-z0-9_-]+", part) else repr(part[:64])
            path += f".{key}" if path else key
    return path


class _Scan:
    """One pass over the tokens; lenient, because the text is known to be valid."""

    def __init__(self, text: str) -> None:
        self._tokens = _tokens(text)
        self._at = 0
        self._lines: dict[Place, int] = {}
        self._table_counts: dict[Place, int] = {}

    def run(self) -> dict[Place, int]:
        table: Place = ()
        while (token := self._skip_newlines()) is not None:
            if token.text == "[":
                table = self._header()
            else:
                self._pair(table)
        return self._lines

    def _peek(self) -> _Token | None:
        return self._tokens[self._at] if self._at < len(self._tokens) else None

    def _skip_newlines(self) -> _Token | None:
        while (token := self._peek()) is not None and token.text == "\n":
            self._at += 1
        return self._peek()

    def _header(self) -> Place:
        line = self._tokens[self._at].line
        is_list = self._tokens[self._at + 1].text == "["
        self._at += 2 if is_list else 1
        place: Place = ()
        *parents, last = self._key("]")
        for part in parents:
            place = self._newest((*place, part))
        place = (*place, last)
        self._lines.setdefault(place, line)
        if is_list:
            self._at += 1
            index = self._table_counts.get(place, 0)
            self._table_counts[place] = index + 1
            place = (*place, index)
        self._lines.setdefault(place, line)
        return place

    def _newest(self, place: Place) -> Place:
        count = self._table_counts.get(place)
        return place if count is None else (*place, count - 1)

    def _key(self, end: str) -> list[str]:
        text = ""
        while (token := self._tokens[self._at]).text != end:
            text += token.text
            self._at += 1
        self._at += 1
        return [_unquoted(part) for part in _KEY_PART.findall(text)]

    def _pair(self, table: Place) -> None:
        line = self._tokens[self._at].line
        place = table
        for part in self._key("="):
            place = (*place, part)
            self._lines.setdefault(place, line)
        self._value(place)

    def _value(self, place: Place) -> None:
        token = self._tokens[self._at]
        self._lines.setdefault(place, token.line)
        if token.text == "[":
            self._at += 1
            self._members(place, "]")
        elif token.text == "{":
            self._at += 1
            self._members(place, "}")
        else:
            self._scalar()

    def _scalar(self) -> None:
        """Past one value; a date and its time may stand apart: `1979-05-27 07:32:00` is one value."""
        while (token := self._peek()) is not None and token.text not in (",", "]", "}", "\n"):
            self._at += 1

    def _members(self, place: Place, end: str) -> None:
        index = 0
        while (token := self._skip_newlines()) is not None:
            if token.text == end:
                self._at += 1
                return
            if token.text == ",":
                self._at += 1
            elif end == "}":
                self._pair(place)
            else:
                self._value((*place, index))
                index += 1


def _tokens(text: str) -> list[_Token]:
    tokens = []
    line = 1
    for match in _TOKEN.finditer(text):
        if match.lastgroup != "comment":
            tokens.append(_Token(match.group(), line))
        line += match.group().count("\n")
    return tokens


def _unquoted(part: str) -> str:
    if part[0] in "\"'":
        return str(tomllib.loads(f"k = {part}")["k"])
    return part
