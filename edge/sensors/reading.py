"""From a kept frame to what a rule may be told: codes through the profile, times to UTC, doubts named; pure.

Nothing is guessed and nothing dropped: a code without a name in the profile keeps its own, and is asked about.
"""

from __future__ import annotations

from collections.abc import Iterable
from datetime import datetime
from typing import Final, NamedTuple

from contract.observations import FactorSeen, Reported
from contract.times import NS
from edge.sensors.hj212.dialects import FACTORY_MNS, MEASURING, REAL_TIME
from edge.sensors.hj212.header import Header
from edge.sensors.hj212.items import Value
from edge.sensors.hj212.message import Message
from edge.sensors.hj212.tolerances import conformity
from edge.sensors.profiles.profile import STATE, Profile

CLOCK_OFF: Final = "T12"
CLOCK_FORM: Final = "T12_form"  # the device's clock is right, only its text is not the standard's
INCOMPLETE: Final = "incomplete"
FACTORY_ID: Final = "factory_id"
SCORE_LOW: Final = "score_low"
WRONG_PASSWORD: Final = "wrong_password"  # noqa: S105 -- the name of a doubt
LOW_SCORE: Final = 60.0  # reference A2.4: under it a device's data may support a lead but not open one
GOOD_MARK: Final = "N"
BACK_FILLED_AFTER_S: Final = 600.0
SCALED_DIGITS: Final = 9
DAY_S: Final = 86_400.0
HOUR_S: Final = 3600.0
_NO_FACTOR: Final = frozenset({"Info", "SampleTime", "SN", "EFlag"})
_OF_COMMANDS: Final = """
PolId InfoId BeginTime EndTime SystemTime RestartTime AlarmTime QN QnRtn ExeRtn OverTime ReCount RtdInterval
MinInterval CN
"""
_NO_FACTOR_CODES: Final = frozenset(_OF_COMMANDS.split())
_STATES_FIELD: Final = "RS"


class Kept(NamedTuple):
    """What the store says of the frame beside its message: marks and tolerances as kept, whose it is."""

    received_ns: int
    marks: tuple[str, ...]
    tolerances: tuple[str, ...]
    raw_sha256: str


class Asked(NamedTuple):
    """A code that the profile does not name, with one value as sent."""

    code: str
    text: str


class Read(NamedTuple):
    """`reported` None: the frame measures nothing (an answer, a notice, a text)."""

    reported: Reported | None
    asked: tuple[Asked, ...] = ()


def read_message(message: Message, kept: Kept, *, device: str, profile: Profile, score: float = 100.0) -> Read:
    """What a rule may be told by a message, and the codes that nobody has explained."""
    header = message.header
    if header.cn not in MEASURING or message.raw_reason is not None:
        return Read(None)
    measured = [value for value in message.values if not _is_no_factor(value)]
    if not measured:
        return Read(None)
    at_ns = kept.received_ns if message.items.data_time is None else ns_of(message.items.data_time)
    interval_s = _interval_s(header.cn, profile)
    reported = Reported(
        device=device,
        at_ns=at_ns,
        received_ns=kept.received_ns,
        interval_s=interval_s,
        factors=tuple(_seen(value, header, profile) for value in measured),
        doubts=doubts_of(header, kept, score=score),
        raw_sha256=kept.raw_sha256,
        back_filled=header.late or _is_history(header, at_ns, interval_s, kept.received_ns),
    )
    asked = {one.code: Asked(one.code, one.text) for one in measured if one.code not in profile.by_code}
    return Read(reported, tuple(asked.values()))


def doubts_of(header: Header, kept: Kept, *, score: float) -> tuple[str, ...]:
    """Marks and tolerances of the codec by name; those that rules read have the names of `detectors.cooking_fumes`."""
    doubts = [CLOCK_FORM if one == CLOCK_OFF else one for one in kept.tolerances]
    doubts += [CLOCK_OFF if one == "clock-skew" else one for one in kept.marks]
    if header.mn in FACTORY_MNS:
        doubts.append(FACTORY_ID)
    if score < LOW_SCORE:
        doubts.append(SCORE_LOW)
    return tuple(dict.fromkeys(one.replace("-", "_") for one in doubts if one))


def score_of(penalties: Iterable[int]) -> float:
    """The conformity score of the last frames, 0..100."""
    return conformity(penalties)


def scaled(value: float, scale: float) -> float:
    """A sent number in its factor's unit, without the dust of binary fractions: 351 at 0.01 is 3.51."""
    return value if scale == 1.0 else round(value * scale, SCALED_DIGITS)


def ns_of(moment: datetime) -> int:
    """UTC nanoseconds of an aware time without a fraction."""
    return int(moment.timestamp()) * NS


def _seen(value: Value, header: Header, profile: Profile) -> FactorSeen:
    factor = profile.by_code.get(value.code)
    number = None if value.value is None or factor is None else scaled(value.value, factor.scale)
    is_state = value.field == _STATES_FIELD or (factor is not None and factor.unit == STATE)
    counts_as_good = is_state or (factor is not None and factor.mark == "never")
    mark = GOOD_MARK if value.flag is None and counts_as_good else (value.flag or "").upper()
    return FactorSeen(
        factor=value.code if factor is None else factor.factor,
        statistic=_statistic(value.field, header.cn),
        value=value.value if factor is None else number,
        unit="" if factor is None else factor.unit,
        mark=mark,
    )


def _statistic(field: str | None, cn: str) -> str:
    """The suffix; a state, and a name without a suffix, is what the command says: a moment or a mean."""
    if field is None:
        return "Rtd" if cn in REAL_TIME else "Avg"
    return "Rtd" if field == _STATES_FIELD else field


def _interval_s(cn: str, profile: Profile) -> float:
    by_command = {"2051": profile.minute_s, "2061": HOUR_S, "2031": DAY_S, "2041": DAY_S}
    return by_command.get(cn, profile.real_time_s)


def _is_history(header: Header, at_ns: int, interval_s: float, received_ns: int) -> bool:
    """Minute, hour and day data that come long after their interval was over."""
    return header.cn not in REAL_TIME and received_ns - at_ns > (interval_s + BACK_FILLED_AFTER_S) * NS


def _is_no_factor(value: Value) -> bool:
    return value.field in _NO_FACTOR or (value.field is None and value.code in _NO_FACTOR_CODES)
