"""A server's command and what comes back: sent, answered (9011), executed (9012), or given up after resends.

Timers: HJ 212-2017 Table 1 (5 s on wires, 10 s on mobile networks, three resends, then "communication not available").
The state is a value, time an argument; whoever holds the link sends the bytes and calls `tick` when `due_s` is reached.
"""

from __future__ import annotations

from enum import Enum
from typing import Final

from msgspec import Struct
from msgspec.structs import replace

from edge.sensors.hj212.dialects import NOTICE_ANSWER
from edge.sensors.hj212.message import Message

MOBILE_TIMEOUT_S: Final = 10.0
RESENDS: Final = 3
RUN_TIMEOUT_S: Final = 120.0  # our choice: the standard sets none for the execution itself
REQUEST_ANSWER: Final = "9011"
RESULT: Final = "9012"
QN_RETURNS: Final = {
    1: "will do", 2: "refused", 3: "PW", 4: "MN", 5: "ST", 6: "Flag", 7: "QN", 8: "CN", 9: "CRC", 100: "unknown",
}  # fmt: skip
EXE_RETURNS: Final = {
    1: "done", 2: "failed", 3: "bad condition", 4: "time-out", 5: "busy", 6: "fault", 100: "no data",
}  # fmt: skip
_OK: Final = 1


class Phase(Enum):
    """Where an exchange stands."""

    SENT = "sent"
    RUNNING = "running"
    DONE = "done"
    REFUSED = "refused"
    FAILED = "failed"
    NO_ANSWER = "communication not available"
    NO_RESULT = "no result"


_OVER: Final = frozenset(Phase) - {Phase.SENT, Phase.RUNNING}


class Exchange(Struct, frozen=True, kw_only=True):
    """One command to one device. `notice`: the device answers 9013 and that is all; `data` are messages of the same CN
    that came back (a read clock, an interval); `detail` the device's reason in words; `due_s` when to call `tick`."""

    qn: str
    cn: str
    frame: bytes
    due_s: float
    phase: Phase = Phase.SENT
    notice: bool = False
    sent: int = 1
    timeout_s: float = MOBILE_TIMEOUT_S
    run_timeout_s: float = RUN_TIMEOUT_S
    resends: int = RESENDS
    data: tuple[Message, ...] = ()
    detail: str = ""

    @property
    def over(self) -> bool:
        """Whether nothing more is expected."""
        return self.phase in _OVER


def tick(exchange: Exchange, *, at_s: float) -> tuple[Exchange, bytes | None]:
    """The exchange at a time, and the frame to send again if an answer is overdue."""
    if exchange.over or at_s < exchange.due_s:
        return exchange, None
    if exchange.phase is Phase.RUNNING:
        return replace(exchange, phase=Phase.NO_RESULT, detail="no 9012 in time"), None
    if exchange.sent > exchange.resends:
        return replace(exchange, phase=Phase.NO_ANSWER, detail=f"sent {exchange.sent} times"), None
    again = replace(exchange, sent=exchange.sent + 1, due_s=at_s + exchange.timeout_s)
    return again, exchange.frame


def receive(exchange: Exchange, message: Message, *, at_s: float) -> Exchange:
    """The exchange after a message of its device; one that belongs to no exchange, or comes late, changes nothing."""
    if exchange.over or request_number(message) != exchange.qn:
        return exchange
    cn = message.header.cn
    if cn == NOTICE_ANSWER and exchange.notice:
        return replace(exchange, phase=Phase.DONE)
    if cn == REQUEST_ANSWER:
        return _settled(exchange, message, "QnRtn", at_s=at_s)
    if cn == RESULT:
        return _settled(exchange, message, "ExeRtn", at_s=at_s)
    if cn == exchange.cn:
        return replace(exchange, data=(*exchange.data, message))
    return exchange


def request_number(message: Message) -> str | None:
    """The QN a message answers: in the header since 2017, inside the data area in 2005."""
    inside = next((value.text for value in message.values if value.code == "QN"), None)
    return inside or message.header.qn


_RETURNS: Final = {
    "QnRtn": (QN_RETURNS, Phase.RUNNING, Phase.REFUSED),
    "ExeRtn": (EXE_RETURNS, Phase.DONE, Phase.FAILED),
}


def _settled(exchange: Exchange, message: Message, name: str, *, at_s: float) -> Exchange:
    """By the return code; an answer without a readable one refuses nothing and proves nothing."""
    words, good, bad = _RETURNS[name]
    code = next((value.value for value in message.values if value.code == name), None)
    if code == _OK:
        return replace(exchange, phase=good, due_s=at_s + exchange.run_timeout_s)
    if code is None:
        return exchange
    return replace(exchange, phase=bad, detail=f"{name}={code:g} ({words.get(int(code), 'not in the standard')})")
