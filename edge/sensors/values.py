"""Sensors that speak no HJ 212: what was kept of Modbus and MQTT, read through the profile with the same marks; pure.

A Modbus row is JSON of the words as they were read, an MQTT row the message as it came: both are read again from the
kept bytes, so a corrected profile reads old rows rightly.
"""

from __future__ import annotations

import struct
from collections import Counter
from collections.abc import Callable, Sequence
from datetime import UTC, datetime
from typing import Any, Final, NamedTuple

import msgspec
from msgspec import Struct

from contract.errors import ContractError
from contract.observations import FactorSeen, Reported
from contract.preparing import prepare
from contract.times import NS, utc_from_ns
from edge.sensors.hj212.server.store import StoredFrame
from edge.sensors.hj212.values import SKEW_LIMIT, moment, number
from edge.sensors.profiles.profile import STATE, Profile, Register
from edge.sensors.reading import CLOCK_OFF, GOOD_MARK, Asked, Read, ns_of, scaled

SKEW_NS: Final = int(SKEW_LIMIT.total_seconds()) * NS
_WORDS: Final = {"uint16": 1, "int16": 1, "uint32": 2, "int32": 2, "float32": 2, "bit": 1}
_FORMS: Final = {"uint16": ">H", "int16": ">h", "uint32": ">I", "int32": ">i", "float32": ">f"}


class Sent(NamedTuple):
    """One value as a sensor sent it; `mark` None: it sent none."""

    code: str
    value: float | None
    text: str
    mark: str | None = None


class Told(NamedTuple):
    """A row understood; `at_ns` None: it tells no time, the receive time counts. `unreadable`: why it is no message."""

    values: tuple[Sent, ...] = ()
    at_ns: int | None = None
    unreadable: str = ""


class WordsRead(Struct, frozen=True, kw_only=True):
    """What is kept of one round of a Modbus device: by register code the words (bits: 0 or 1), None: it did not answer
    for this one."""

    at_ns: int
    words: dict[str, tuple[int, ...] | None]


prepare(WordsRead)


def words_of(register: Register) -> int:
    """How many words of 16 bits (bits: 1) a register spans."""
    return _WORDS[register.kind]


def told_by_words(raw: bytes, profile: Profile) -> Told:
    """The values of a Modbus round. A float that is no number is None, never 0."""
    try:
        read = msgspec.json.decode(raw, type=WordsRead)
    except msgspec.MsgspecError as error:
        return Told(unreadable=str(error))
    values = []
    for register in profile.registers:
        words = read.words.get(register.code)
        value = None if words is None else _value(words, register)
        values.append(Sent(register.code, value, "" if words is None else " ".join(f"{word:04X}" for word in words)))
    return Told(tuple(values), read.at_ns)


def told_by_json(raw: bytes, profile: Profile) -> Told:
    """The values of an MQTT message; fields that the profile does not name are told under their own path."""
    try:
        plain = msgspec.json.decode(raw)
    except (msgspec.MsgspecError, UnicodeDecodeError, RecursionError) as error:
        return Told(unreadable=str(error))
    if not isinstance(plain, dict):
        return Told(unreadable=f"expected an object, found {type(plain).__name__}")
    shape = profile.json
    named = {field.path for field in shape.fields} | {field.mark_path for field in shape.fields} | {shape.time_path}
    values = [_sent(plain, field.code, field.path, field.mark_path) for field in shape.fields]
    values += [_sent(plain, path, path, None) for path in _leaves(plain) if path not in named]
    at_ns = None if shape.time_path is None else _time_ns(_at(plain, shape.time_path), shape.time_form)
    return Told(tuple(values), at_ns)


class ValuesReader:
    """The reader of such a sensor's rows; `told` says what a row's bytes mean."""

    score = 100.0

    def __init__(self, device: str, profile: Profile, told: Callable[[bytes, Profile], Told]) -> None:
        self._device = device
        self._profile = profile
        self._told = told
        self.counts: Counter[str] = Counter()

    def warm(self, rows: Sequence[StoredFrame]) -> None:
        """Nothing: each row stands by itself."""

    def read(self, row: StoredFrame) -> Read:
        """What one row tells."""
        told = self._told(row.raw, self._profile)
        if not told.values:
            self.counts["frames_without_reading"] += 1
            return Read(None)
        self.counts["readings"] += 1
        profile = self._profile
        at_ns = row.received_ns if told.at_ns is None else told.at_ns
        reported = Reported(
            device=self._device,
            at_ns=at_ns,
            received_ns=row.received_ns,
            interval_s=profile.real_time_s,
            factors=tuple(_factor(sent, profile) for sent in told.values),
            doubts=(CLOCK_OFF,) if abs(at_ns - row.received_ns) > SKEW_NS else (),
            raw_sha256=row.raw_sha256.hex(),
        )
        return Read(
            reported, tuple(Asked(one.code, one.text) for one in told.values if one.code not in profile.by_code)
        )


def _factor(sent: Sent, profile: Profile) -> FactorSeen:
    factor = profile.by_code.get(sent.code)
    counts_as_good = factor is not None and (factor.mark == "never" or factor.unit == STATE)
    mark = GOOD_MARK if sent.mark is None and counts_as_good else (sent.mark or "").upper()
    value = sent.value if factor is None or sent.value is None else scaled(sent.value, factor.scale)
    name, unit = (sent.code, "") if factor is None else (factor.factor, factor.unit)
    return FactorSeen(factor=name, statistic="Rtd", value=value, unit=unit, mark=mark)


def _value(words: Sequence[int], register: Register) -> float | None:
    if len(words) != words_of(register):
        return None
    if register.kind == "bit":
        return float(words[0])
    ordered = tuple(reversed(words)) if register.swapped else tuple(words)
    data = b"".join(word.to_bytes(2, "big") for word in ordered)
    value = float(struct.unpack(_FORMS[register.kind], data)[0])
    return value if abs(value) < float("inf") else None  # also false for a float that is no number


def _sent(plain: Any, code: str, path: str, mark_path: str | None) -> Sent:
    found = _at(plain, path)
    mark = None if mark_path is None else _at(plain, mark_path)
    try:
        value = float(found) if isinstance(found, bool | int | float) else None
        text = "" if found is None else str(found)[:64]
    except (OverflowError, ValueError):  # JSON bounds no whole number; float and str do
        value, text = None, "a number of too many digits"
    if isinstance(found, str):
        value = number(found)[0]
    return Sent(code, value, text, mark if isinstance(mark, str) else None)


def _at(plain: Any, path: str) -> Any:
    for step in path.split("."):
        plain = plain.get(step) if isinstance(plain, dict) else None
    return plain


def _leaves(plain: dict[str, Any], before: str = "") -> list[str]:
    """The paths of all numbers, in order; texts and lists are no factors."""
    found: list[str] = []
    for key, value in plain.items():
        path = f"{before}{key}"
        if isinstance(value, dict):
            found += _leaves(value, f"{path}.")
        elif isinstance(value, int | float):
            found.append(path)
    return found


def _time_ns(found: Any, form: str) -> int | None:
    """UTC nanoseconds of a message's own time; None: absent, unreadable, or outside the years that we can write."""
    try:
        at_ns = _moment_ns(found, form)
        if at_ns is not None:
            utc_from_ns(at_ns)
    except (TypeError, ValueError, OverflowError, ContractError):
        return None
    return at_ns


def _moment_ns(found: Any, form: str) -> int | None:
    if form == "unix_s":
        return int(float(found) * NS)
    if form == "unix_ms":
        return int(found) * (NS // 1000)
    if form == "china_14":
        when = moment(str(found))[0]
        return None if when is None else ns_of(when)
    at = datetime.fromisoformat(str(found))
    return ns_of(at if at.tzinfo is not None else at.replace(tzinfo=UTC))
