"""What a weather station says of a time and a view: new, marked good, across to the right; else nothing."""

from __future__ import annotations

from typing import Any

import pytest

from contract.observations import FactorSeen, Reported
from contract.times import NS
from edge.sensors.weather import OLD_NS, Stations, Weather

AT = 1_790_000_000 * NS


def report(at_ns: int = AT, *, mark: str = "N", station: str = "mast-weather", **more: Any) -> Reported:
    numbers = {"wind_speed_m_s": 4.0, "wind_from_deg": 270.0, "humidity_percent": 48.0, "fume_mg_m3": 1.0}
    factors = tuple(
        FactorSeen(factor=name, statistic="Rtd", value=value, unit="", mark=mark) for name, value in numbers.items()
    )
    values: dict[str, Any] = {"received_ns": at_ns, "interval_s": 60, "raw_sha256": "ab" * 32}
    return Reported(device=station, at_ns=at_ns, factors=factors, **(values | more))


def told(*reports: Reported) -> Stations:
    stations = Stations()
    for one in reports:
        stations.note(one)
    return stations


def test_the_newest_reading_holds_a_quarter_of_an_hour() -> None:
    stations = told(report(), report(AT - 60 * NS))
    weather = stations.of("mast-weather", AT + OLD_NS)
    assert weather is not None
    assert (weather.at_ns, weather.wind_speed_m_s, weather.humidity_percent) == (AT, 4.0, 48.0)
    assert weather.temperature_c is None
    assert stations.of("mast-weather", AT + OLD_NS + 1) is None
    assert stations.of("another", AT) is None


@pytest.mark.parametrize(
    "said",
    [report(mark=""), report(mark="D"), report(back_filled=True)],
    ids=["no mark", "a fault", "stored long ago"],
)
def test_what_is_not_known_to_be_good_and_new_says_nothing(said: Reported) -> None:
    assert told(said).of("mast-weather", AT) is None


def test_a_station_whose_clock_is_off_counts_by_its_arrival() -> None:
    off = report(AT - 86_400 * NS, received_ns=AT, doubts=("T12",))
    weather = told(off).of("mast-weather", AT)
    assert weather is not None
    assert weather.at_ns == AT


@pytest.mark.parametrize(
    ("looks_to_deg", "wind_from_deg", "right"),
    [(0, 270, 4.0), (0, 90, -4.0), (0, 0, 0.0), (180, 270, -4.0), (90, 0, 4.0), (60, 330, 4.0), (45, 270, 2.828)],
)
def test_the_wind_across_a_view_is_told_to_the_right(looks_to_deg: float, wind_from_deg: float, right: float) -> None:
    weather = Weather(station="s", at="", wind_speed_m_s=4.0, wind_from_deg=wind_from_deg)
    assert weather.wind_right_m_s(looks_to_deg) == pytest.approx(right, abs=1e-3)


def test_wind_without_its_direction_is_no_wind_across() -> None:
    assert Weather(station="s", at="", wind_speed_m_s=4.0).wind_right_m_s(0) is None
