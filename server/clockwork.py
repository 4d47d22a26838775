"""What the server does by its own clock: offer confirmed leads, put back leases that ran out, join what is one fire,
let go what was kept long enough.

Each turn is one write transaction; two servers on one database do each other no harm (row locks, compare-and-set).
If the process dies, the next start does at once what was due meanwhile.
"""

from __future__ import annotations

import asyncio
import contextlib
import logging
from collections.abc import AsyncIterator

from sqlalchemy import or_, select
from sqlalchemy.exc import SQLAlchemyError

from contract.errors import TantouError
from contract.times import NS, utc_from_ns
from server.centre import Centre
from server.fires import places
from server.fires import turn as fires
from server.fires.news import Heard, listen
from server.leads import once
from server.retention import Rounds
from store import feed, leads, sessions
from store.leads import Act
from store.tables import leads as leads_table

log = logging.getLogger(__name__)

CLOCK = "clock"
TURN_S = 0.5
CLEAN_NS = 600 * NS
FEED_KEPT_NS = 3600 * NS


class Clockwork:
    """Runs `turn` twice a second while the server is up."""

    def __init__(self, centre: Centre) -> None:
        self._centre = centre
        self._clean_at_ns = 0
        self._heard: Heard | None = None
        self._rounds = Rounds(centre)

    @contextlib.asynccontextmanager
    async def running(self) -> AsyncIterator[None]:
        """Work in the background until the block ends."""
        work = asyncio.create_task(self._run(), name="clockwork")
        try:
            yield
        finally:
            work.cancel()
            with contextlib.suppress(asyncio.CancelledError):
                await work

    async def _run(self) -> None:
        while True:
            try:
                await asyncio.to_thread(self.turn)
            except (SQLAlchemyError, TantouError) as error:
                log.warning("clockwork: %s; again in %.1f s", type(error).__name__, TURN_S)
            await asyncio.sleep(TURN_S)

    def turn(self) -> None:
        """Do what is due now."""
        now_ns = self._centre.now_ns()
        act = Act(who=CLOCK, at=utc_from_ns(now_ns))
        confirmed_before = utc_from_ns(now_ns - round(self._centre.config.policy.undo_s * NS))
        if self._is_something_due(act.at, confirmed_before):
            with self._centre.store.write() as connection:
                leads.offer_due(connection, act, confirmed_before=confirmed_before)
                leads.expire_leases(connection, act)
        self._turn_fires(act)
        if now_ns >= self._clean_at_ns:
            self._clean_at_ns = now_ns + CLEAN_NS
            self._clean(now_ns)
        self._rounds.turn(now_ns)

    def _turn_fires(self, act: Act) -> None:
        with self._centre.store.read() as connection:
            news = listen(connection, self._heard, at=act.at)
        places.turn(self._centre, act, news)  # first: what is no fire is joined with none
        fires.turn(self._centre, act, news)
        self._heard = news.heard  # only now: a turn that failed begins again where this one did

    def _is_something_due(self, now: str, confirmed_before: str) -> bool:
        # Asked in a read transaction: an idle server takes no turn among the writers.
        offer = (leads_table.c.state == "confirmed") & (leads_table.c.confirmed_at <= confirmed_before)
        expire = (leads_table.c.state == "claimed") & (leads_table.c.lease_until <= now)
        with self._centre.store.read() as connection:
            query = select(leads_table.c.event_id).where(or_(offer, expire)).limit(1)
            return connection.execute(query).first() is not None

    def _clean(self, now_ns: int) -> None:
        with self._centre.store.write() as connection:
            feed.drop_before(connection, utc_from_ns(now_ns - FEED_KEPT_NS))
            sessions.drop_expired(connection, at=utc_from_ns(now_ns))
            once.drop_before(connection, utc_from_ns(now_ns - once.KEPT_NS))
