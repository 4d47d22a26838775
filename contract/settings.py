"""A process's TOML file -> a typed Struct, or every mistake in it at once, each with its path and line.

Pure: text in, value or ConfigError out. Bounds and per-key words are `msgspec.Meta` of the Struct's fields.
"""

from __future__ import annotations

import difflib
import math
import re
import tomllib
import types
from collections.abc import Iterator
from dataclasses import dataclass, field
from typing import Annotated, Any, Generic, Literal, TypeVar, Union, get_args, get_origin

import msgspec

from contract.errors import ConfigError, Mistake
from contract.toml_lines import Place, key_lines, path_text

T = TypeVar("T")
MAX_SETTINGS_CHARS = 1_000_000
_SHOWN_CHARS = 60
_BAD = object()
_WORDS = {
    "int": "a whole number",
    "float": "a number",
    "str": "text",
    "bool": "true or false",
    "array": "a list",
    "object": "a table",
    "date": "a date",
    "datetime": "a date and time",
    "time": "a time",
}


@dataclass(frozen=True)
class Examined(Generic[T]):
    """What a file says, as far as it can be read: `value` is None when it has mistakes.

    `tables` holds each table by its place, so that a caller's own checks can go on beside the mistakes found here; a
    key that is needed and could not be typed is `msgspec.UNSET` in it. `plain` is what tomllib read.
    """

    value: T | None
    plain: dict[str, Any]
    tables: dict[Place, Any]
    mistakes: tuple[Mistake, ...]
    lines: dict[Place, int]

    def mistake(self, place: Place, problem: str, hint: str = "") -> Mistake:
        """A mistake at a place of this file, with the line of its key or of the nearest table around it."""
        return Mistake(path_text(place), _line_of(self.lines, place), problem, hint)


@dataclass
class _Findings:
    lines: dict[Place, int]
    mistakes: list[Mistake] = field(default_factory=list)
    tables: dict[Place, Any] = field(default_factory=dict)

    def add(self, place: Place, problem: str, hint: str = "") -> Any:
        self.mistakes.append(Mistake(path_text(place), _line_of(self.lines, place), problem, hint))
        return _BAD


def load(text: str, source: str, kind: type[T]) -> T:
    """The file's text as a `kind`; raises ConfigError with every mistake (syntax, keys, types, bounds)."""
    examined = examine(text, source, kind)
    if examined.mistakes or examined.value is None:
        raise ConfigError(source, examined.mistakes)
    return examined.value


def examine(text: str, source: str, kind: type[T]) -> Examined[T]:
    """Like `load`, but hands the mistakes over; raises ConfigError only for text that is no TOML."""
    plain, lines = _parse(text, source)
    findings = _Findings(lines)
    value = _typed(plain, kind, (), findings)
    mistakes = in_order(findings.mistakes)
    return Examined(None if mistakes else value, plain, findings.tables, mistakes, findings.lines)


def examine_table(table: dict[str, Any], kind: type[T], around: Examined[Any], place: Place) -> tuple[Mistake, ...]:
    """The mistakes of a table that only its reader can type (such as a zone's rule), with lines from `around`."""
    findings = _Findings(around.lines)
    _typed(table, kind, place, findings)
    return tuple(findings.mistakes)


def in_order(mistakes: list[Mistake]) -> tuple[Mistake, ...]:
    """Mistakes as a reader meets them in the file: by line, those without a line last."""
    return tuple(sorted(mistakes, key=lambda mistake: (mistake.line is None, mistake.line or 0)))


def shown(value: object) -> str:
    """A value as a message may show it: short, and without the credentials of a URL."""
    text = re.sub(r"://[^/@\s]*@", "://***@", str(value) if isinstance(value, str) else repr(value))
    text = text if len(text) <= _SHOWN_CHARS else text[: _SHOWN_CHARS - 3] + "..."
    return repr(text) if isinstance(value, str) else text


def _parse(text: str, source: str) -> tuple[dict[str, Any], dict[Place, int]]:
    if len(text) > MAX_SETTINGS_CHARS:
        problem = f"{len(text)} characters, at most {MAX_SETTINGS_CHARS}"
        raise ConfigError(source, (Mistake("file", None, problem),))
    try:
        text = text.removeprefix("\ufeff")  # a mark that some editors put at the head
        return tomllib.loads(text), key_lines(text)
    except tomllib.TOMLDecodeError as error:
        place = re.search(r" \(at (?:line (\d+), column (\d+)|end of document)\)$", str(error))
        line = text.count("\n") + 1 if place is None or place[1] is None else int(place[1])
        problem = str(error) if place is None else str(error)[: place.start()]
        raise ConfigError(source, (Mistake("TOML", line, problem),)) from error
    except (RecursionError, ValueError) as error:
        raise ConfigError(source, (Mistake("TOML", None, f"cannot be read: {error}"),)) from error


def _line_of(lines: dict[Place, int], place: Place) -> int | None:
    for length in range(len(place), 0, -1):
        line = lines.get(place[:length])
        if line is not None:
            return line
    return None


def _typed(value: Any, kind: Any, place: Place, findings: _Findings) -> Any:
    """`value` as `kind`, or _BAD with at least one mistake added."""
    shape = _shape(kind, value)
    if isinstance(shape, type) and issubclass(shape, msgspec.Struct):
        return _typed_struct(value, shape, place, findings)
    if isinstance(value, list) and get_origin(shape) in (tuple, list) and _is_many(shape):
        members = [_typed(one, get_args(shape)[0], (*place, index), findings) for index, one in enumerate(value)]
        if any(member is _BAD for member in members):
            return _BAD
        # Members that are typed already pass unchanged: what is left to check is the length.
        value = members if any(isinstance(member, msgspec.Struct) for member in members) else value
    return _typed_leaf(value, kind, place, findings)


def _shape(kind: Any, value: Any) -> Any:
    """The type without Meta, and of `X | None` the X."""
    while get_origin(kind) is Annotated:
        kind = get_args(kind)[0]
    if get_origin(kind) in (Union, types.UnionType) and value is not None:
        options = [option for option in get_args(kind) if option is not type(None)]
        return _shape(options[0], value) if len(options) == 1 else kind
    return kind


def _is_many(shape: Any) -> bool:
    arguments = get_args(shape)
    return len(arguments) == 1 or (len(arguments) == 2 and arguments[1] is ...)


def _typed_struct(value: Any, kind: type[msgspec.Struct], place: Place, findings: _Findings) -> Any:
    if not isinstance(value, dict):
        return findings.add(place, f"found {shown(value)}, expected a table")
    fields = {one.encode_name: one for one in msgspec.structs.fields(kind)}
    before = len(findings.mistakes)
    for key in value:
        if key not in fields:
            findings.add(
                (*place, key), "unknown key", did_you_mean(key, [name for name in fields if name not in value])
            )
    typed, is_whole = _typed_fields(value, list(fields.values()), place, findings)
    unset = {one.name: msgspec.UNSET for one in fields.values() if one.required}
    try:
        made = kind(**{**unset, **typed})
    except (ValueError, TypeError) as error:
        return findings.add(place, str(error)) if is_whole else _BAD
    findings.tables[place] = made
    return made if is_whole and len(findings.mistakes) == before else _BAD


def _typed_fields(
    table: dict[str, Any], fields: list[msgspec.structs.FieldInfo], place: Place, findings: _Findings
) -> tuple[dict[str, Any], bool]:
    """The fields that could be typed, and whether every required one is among them."""
    typed: dict[str, Any] = {}
    is_whole = True
    for one in fields:
        member = _BAD
        if one.encode_name in table:
            member = _typed(table[one.encode_name], one.type, (*place, one.encode_name), findings)
        elif one.required:
            findings.add((*place, one.encode_name), "missing", f"expected {_expected(one.type)}")
        if member is not _BAD:
            typed[one.name] = member
        elif one.required:
            is_whole = False
    return typed, is_whole


def _typed_leaf(value: Any, kind: Any, place: Place, findings: _Findings) -> Any:
    if any(not math.isfinite(number) for number in _floats(value)):
        return findings.add(place, f"found {shown(value)}, expected a finite number")
    try:
        return msgspec.convert(value, kind)
    except msgspec.ValidationError as error:
        return findings.add(place, f"found {shown(value)}, {_plain_words(error, kind)}", _closest(value, kind))


def _floats(value: Any) -> Iterator[float]:
    if isinstance(value, float):
        yield value
    elif isinstance(value, list):
        for one in value:
            yield from _floats(one)
    elif isinstance(value, dict):
        yield from _floats(list(value.values()))


def _plain_words(error: msgspec.ValidationError, kind: Any) -> str:
    choices = _choices(kind)
    if choices:
        return f"expected one of {', '.join(choices)}"
    described = _described(kind)
    if described and "regex" in str(error):
        return f"expected {described}"
    words, _, where = str(error).partition(" - at ")
    words = re.sub(r"`(\w+)( \| null)?`", lambda match: _WORDS.get(match[1], match[1]), words)
    words = words[:1].lower() + words[1:]
    inner = where.strip("`").removeprefix("$")
    return f"{words} at {inner}" if inner else words


def _described(kind: Any) -> str:
    """What a key with a pattern says about itself."""
    metas = [meta for meta in get_args(kind) if isinstance(meta, msgspec.Meta)] if get_origin(kind) is Annotated else []
    return next((f"{meta.description} ({meta.pattern})" for meta in metas if meta.pattern and meta.description), "")


def _expected(kind: Any) -> str:
    choices = _choices(kind)
    shape = _shape(kind, "")
    if choices:
        return f"one of {', '.join(choices)}"
    if isinstance(shape, type) and issubclass(shape, msgspec.Struct):
        return "a table"
    name = getattr(get_origin(shape) or shape, "__name__", str(shape))
    return {"tuple": "a list", "list": "a list", "dict": "a table"}.get(name, _WORDS.get(name, name))


def _choices(kind: Any) -> list[str]:
    shape = _shape(kind, "")
    return [str(choice) for choice in get_args(shape)] if get_origin(shape) is Literal else []


def _closest(value: Any, kind: Any) -> str:
    return did_you_mean(value, _choices(kind)) if isinstance(value, str) else ""


def did_you_mean(word: str, known: list[str]) -> str:
    """A hint that names the one known word nearest to a wrong one; empty when none is near."""
    close = difflib.get_close_matches(word, known, n=1)
    return f"did you mean {close[0]}?" if close else ""
