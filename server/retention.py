"""The rounds in which the centre lets old readings and rejects go: a step a turn, so nobody waits for a whole round."""

from __future__ import annotations

import logging
from typing import Final

from sqlalchemy.exc import SQLAlchemyError

from contract.times import NS, utc_from_ns
from server.centre import Centre
from server.problems import Problem
from store import retention
from store.retention import Place

log = logging.getLogger(__name__)
ROUND_EACH_NS: Final = 3600 * NS
_DAY_NS: Final = 86_400 * NS


def readings_kept_from_ns(centre: Centre, now_ns: int) -> int:
    """Readings from here on are all kept; of earlier ones only those around an act."""
    return now_ns - round(centre.config.retention.readings_days * _DAY_NS)


def let_go_so_far(centre: Centre) -> dict[str, int]:
    """The counters, read from the database: raises Problem unavailable when it does not answer."""
    try:
        with centre.store.read() as connection:
            return retention.let_go_so_far(connection)
    except SQLAlchemyError as error:
        raise Problem("unavailable", "the database does not answer") from error


class Rounds:
    """A round each hour; where it stands is kept in memory only, a server that starts anew begins a new one."""

    def __init__(self, centre: Centre) -> None:
        self._centre = centre
        self._place: Place | None = None
        self._let_go = 0
        self._next_ns = 0

    def turn(self, now_ns: int) -> None:
        """The next step of the round, or the first of a new one when it is due."""
        if self._place is None:
            if now_ns < self._next_ns:
                return
            self._next_ns = now_ns + ROUND_EACH_NS
            self._place, self._let_go = Place(), 0
            self._rejects(now_ns)
        before = utc_from_ns(readings_kept_from_ns(self._centre, now_ns))
        with self._centre.store.write() as connection:
            step = retention.let_go_readings(connection, self._place, before=before)
        self._place = step.place
        self._let_go += step.let_go
        if step.place is None and self._let_go:
            log.info("readings_let_go count=%d before=%s reason=retention.readings_days", self._let_go, before)

    def _rejects(self, now_ns: int) -> None:
        before = utc_from_ns(now_ns - round(self._centre.config.retention.rejects_days * _DAY_NS))
        with self._centre.store.write() as connection:
            count = retention.let_go_rejects(connection, before=before)
        if count:
            log.info("rejects_let_go count=%d before=%s reason=retention.rejects_days", count, before)
