"""Where the sun stands, against published worked examples."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta, timezone

import pytest

from contract.times import NS
from ground.local import Spot
from ground.sun import sun_bearing_deg


def ns(at: datetime) -> int:
    return round(at.timestamp()) * NS


def test_the_worked_example_of_the_solar_position_algorithm() -> None:
    """NREL/TP-560-34302, appendix: zenith 50.11162, azimuth 194.34024 degrees."""
    at = datetime(2003, 10, 17, 12, 30, 30, tzinfo=timezone(timedelta(hours=-7)))
    azimuth_deg, elevation_deg = sun_bearing_deg(Spot(lat=39.742476, lon=-105.1786), ns(at))
    assert azimuth_deg == pytest.approx(194.34024, abs=0.1)
    assert elevation_deg == pytest.approx(90 - 50.11162, abs=0.1)


@pytest.mark.parametrize(
    ("at", "east_of_south"),
    [(datetime(2026, 3, 20, 0, 0, tzinfo=UTC), True), (datetime(2026, 3, 20, 8, 0, tzinfo=UTC), False)],
)
def test_the_sun_is_in_the_east_in_the_morning_and_in_the_west_in_the_evening(
    at: datetime, east_of_south: bool
) -> None:
    azimuth_deg, elevation_deg = sun_bearing_deg(Spot(lat=30.28, lon=120.14), ns(at))
    assert 20 < elevation_deg < 35
    assert (azimuth_deg < 180) == east_of_south


def test_at_midnight_it_is_down() -> None:
    assert sun_bearing_deg(Spot(lat=30.28, lon=120.14), ns(datetime(2026, 6, 1, 16, 0, tzinfo=UTC)))[1] < -30
