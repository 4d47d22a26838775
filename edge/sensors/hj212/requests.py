"""The commands a server gives: clock, timers, first contact, history after an outage; each is a frame and a state."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import datetime, timedelta
from typing import Final

from msgspec import Struct

from edge.sensors.hj212.crc import Variant
from edge.sensors.hj212.dialects import ANSWER_BIT, VERSION_SHIFT, Version
from edge.sensors.hj212.encoder import Draft, encode
from edge.sensors.hj212.exchange import MOBILE_TIMEOUT_S, RESENDS, Exchange
from edge.sensors.hj212.values import CHINA

_STAMP: Final = "%Y%m%d%H%M%S"
_NOTICES: Final = frozenset({"2012", "2022"})
HISTORY_SPAN: Final = {
    "2011": timedelta(hours=1),
    "2051": timedelta(hours=4),
    "2061": timedelta(days=1),
    "2031": timedelta(days=31),
}


class Target(Struct, frozen=True, kw_only=True):
    """Whom a command is for: as its messages showed it."""

    mn: str
    st: str
    pw: str
    version: Version
    variant: Variant = Variant.HJ


class Order(Struct, frozen=True):
    """One command to give: CN and the text of its data area."""

    cn: str
    area: str = ""


def request(target: Target, order: Order, *, clock: datetime, at_s: float) -> Exchange:
    """The exchange that starts by sending its `frame` now. `clock`, aware, makes the request number: give no two
    commands to one device in the same millisecond."""
    qn = qn_of(clock)
    draft = Draft(
        qn=qn,
        st=target.st,
        cn=order.cn,
        pw=target.pw,
        mn=target.mn,
        flag=target.version.value << VERSION_SHIFT | ANSWER_BIT,
        area=order.area,
    )
    frame = encode(draft, variant=target.variant)
    return Exchange(
        qn=qn, cn=order.cn, frame=frame, due_s=at_s + MOBILE_TIMEOUT_S, resends=RESENDS, notice=order.cn in _NOTICES
    )


def qn_of(clock: datetime) -> str:
    """A request number: the moment in milliseconds at +08:00."""
    there = clock.astimezone(CHINA)
    return f"{there:{_STAMP}}{there.microsecond // 1000:03d}"


def set_clock(clock: datetime) -> Order:
    """1012: the device takes over the server's time; sent on first contact, after 1013 and when a clock is off."""
    return Order("1012", f"SystemTime={clock.astimezone(CHINA):{_STAMP}}")


def first_contact(
    clock: datetime, *, timeout_s: int = 10, resends: int = RESENDS, real_time_s: int = 30, minutes: int = 10
) -> Iterator[Order]:
    """What 6.7 of the standard sets at first contact, in its order: clock, time-out, intervals, uploads on."""
    yield set_clock(clock)
    yield Order("1000", f"OverTime={timeout_s};ReCount={resends}")
    yield Order("1062", f"RtdInterval={real_time_s}")
    yield Order("1064", f"MinInterval={minutes}")
    yield Order("2011")
    yield Order("2021")


def history(cn: str, begin: datetime, end: datetime) -> Iterator[Order]:
    """2051, 2061 or 2031 for an outage, in spans that a logger can answer at once; `end` itself is included."""
    start = begin
    while start < end:
        until = min(start + HISTORY_SPAN[cn], end)
        first, last = (moment.astimezone(CHINA) for moment in (start, until))
        yield Order(cn, f"BeginTime={first:{_STAMP}};EndTime={last:{_STAMP}}")
        start = until
