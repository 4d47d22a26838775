"""The server lets old readings go by its own clock, says so, and tells a curve from where on it is whole."""

from __future__ import annotations

import logging

import pytest

from contract.times import NS, utc_from_ns
from server.clockwork import Clockwork
from tests.integration import acts
from tests.integration.server.site import Site
from tests.integration.server.test_premises import measured, opened

DAY_S = 86_400.0


def let_go(site: Site, name: str) -> int:
    """As a person says who logs in now: the days that pass end every session."""
    return int(site.person(name, "maintenance").get("/retention").json()["readings_let_go"])


def test_readings_go_after_their_days_and_the_centre_and_its_log_say_how_many(
    site: Site, caplog: pytest.LogCaptureFixture
) -> None:
    caplog.set_level(logging.INFO, "server.retention")
    opened(site)
    measured(site, (0, 1.0, "N"), (60, 2.0, "N"), (90 * DAY_S, 3.0, "N"))
    clockwork = Clockwork(site.centre)
    clockwork.turn()
    assert let_go(site, "before") == 0
    site.clock.ns = acts.START_NS + round(401 * DAY_S * NS)
    clockwork.turn()
    assert let_go(site, "after") == 2
    assert "readings_let_go count=2" in caplog.text


def test_a_turn_between_two_rounds_lets_nothing_go(site: Site) -> None:
    opened(site)
    clockwork = Clockwork(site.centre)
    site.clock.ns = acts.START_NS + round(401 * DAY_S * NS)
    clockwork.turn()
    measured(site, (0, 1.0, "N"))
    site.clock.advance(3599)
    clockwork.turn()
    assert let_go(site, "before") == 0
    site.clock.advance(1)
    clockwork.turn()
    assert let_go(site, "after") == 1


def test_a_curve_says_from_where_on_it_is_whole(site: Site) -> None:
    opened(site)
    curve = site.person("fitter", "maintenance").get("/premises/gw-1/flue-1/curve").json()
    assert curve["kept_from"] == utc_from_ns(site.clock.ns - round(400 * DAY_S * NS))
