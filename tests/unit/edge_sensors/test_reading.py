"""What a profile makes of a frame: the sets A..F of factor names, doubts by name, nothing guessed, nothing dropped."""

from __future__ import annotations

from datetime import datetime, timedelta

import pytest

from contract.errors import ConfigError
from contract.observations import FactorSeen, Reported
from contract.times import NS
from detectors.cooking_fumes.factors import KNOWN
from edge.sensors.hj212 import Decoder, Draft, encode
from edge.sensors.hj212.values import CHINA
from edge.sensors.profiles import load_profile, profile_names, read_profile
from edge.sensors.reading import Kept, Read, read_message

AT = datetime(2026, 3, 2, 12, 0, tzinfo=CHINA)
AT_NS = int(AT.timestamp()) * NS
MN = "A33072600000000000000001"
SETS = {
    "fume-a": ("a34041-Rtd=1.5,a34041-Flag=N;a34000-Rtd=2,a34000-Flag=N;a24088-Rtd=3,a24088-Flag=N;ga2101-Rtd=1", "51"),
    "fume-b": ("a34041-Rtd=0.00,a34041-Flag=N;SB7-RS=2;SB8-RS=1", "31"),
    "fume-c": ("a34041-Rtd=1.5,a34041-Flag=N;a01001-Rtd=2.2,a01001-Flag=N;a01018-Rtd=1;a01022-Rtd=0", "31"),
    "fume-d": ("ga23-Rtd=1.5,ga23-Flag=N;ga38-Rtd=1;ga41-Rtd=0;RUN_RATE-Rtd=0.8", "51"),
    "fume-e": ("CONC=1.5;FANAD=3.2;PURIFYAD=0.7;FANSTATUS=1;PURIFYSTATUS=1;S03=41", "51"),
    "fume-f": ("a34041-Rtd=1.5,a34041-Flag=N;e90201-Rtd=0.7,e90201-Flag=N", "31"),
}
EXPECTED = {
    "fume-a": {"fume_mg_m3": 1.5, "particulate_mg_m3": 2.0, "nmhc_mg_m3": 3.0, "ga2101": 1.0},
    "fume-b": {"fume_mg_m3": 0.0, "fan_state": 2.0, "purifier_state": 1.0},
    "fume-c": {"fume_mg_m3": 1.5, "nmhc_mg_m3": 2.2, "fan_state": 1.0, "purifier_state": 0.0},
    "fume-d": {"fume_mg_m3": 1.5, "fan_state": 1.0, "purifier_state": 0.0, "linkage_reported": 0.8},
    "fume-e": {
        "fume_mg_m3": 1.5, "fan_a": 3.2, "purifier_a": 0.7, "fan_state": 1.0, "purifier_state": 1.0,
        "temperature_c": 41.0,
    },
    "fume-f": {"fume_mg_m3": 1.5, "purifier_a": 0.7},
}  # fmt: skip


def read(
    area: str,
    *,
    profile: str = "simulated",
    cn: str = "2011",
    st: str = "31",
    data_time: datetime = AT,
    received: datetime = AT,
    score: float = 100.0,
    mn: str = MN,
) -> Read:
    """What a frame with that area tells when it is received at that time."""
    text = f"DataTime={data_time:%Y%m%d%H%M%S};{area}"
    frame = encode(Draft(mn=mn, cn=cn, st=st, qn="20260302120000001", pw="123456", flag=5, area=text))
    (outcome,) = Decoder().feed(frame, at_s=0.0, clock=received)
    assert outcome.message is not None
    tolerances = tuple(slip.value for slip in outcome.slips)
    kept = Kept(int(received.timestamp()) * NS, outcome.quality, tolerances, "0" * 64)
    return read_message(outcome.message, kept, device="k", profile=load_profile(profile).profile, score=score)


def reported(one: Read) -> Reported:
    assert one.reported is not None
    return one.reported


def seen(one: Read) -> dict[str, FactorSeen]:
    return {factor.factor: factor for factor in reported(one).factors}


@pytest.mark.parametrize("name", sorted(SETS))
def test_each_set_of_names_met_in_the_wild_is_read_through_its_profile(name: str) -> None:
    area, st = SETS[name]
    assert {key: factor.value for key, factor in seen(read(area, profile=name, st=st)).items()} == EXPECTED[name]


def test_the_two_meanings_of_a01001_are_told_apart_by_the_profile_and_never_guessed() -> None:
    area = "a01001-Rtd=2.2,a01001-Flag=N"
    assert set(seen(read(area, profile="fume-c"))) == {"nmhc_mg_m3"}
    unread = read(area, profile="fume-a")
    assert set(seen(unread)) == {"a01001"}
    assert seen(unread)["a01001"].unit == ""
    assert [one.code for one in unread.asked] == ["a01001"]
    assert "profile_needed" in reported(unread).doubts


def test_codes_whose_meaning_is_not_stated_anywhere_are_asked_about() -> None:
    profile = load_profile("fume-a").profile
    assert profile.ask == ("ga2101", "ga0701")
    assert [one.code for one in read("ga2101-Rtd=1;ga0701-Rtd=1", profile="fume-a", st="51").asked] == [*profile.ask]


def test_a_state_without_a_mark_counts_as_good_and_a_value_without_one_does_not() -> None:
    factors = seen(read("a34041-Rtd=1.0;SB7-RS=1"))
    assert factors["fume_mg_m3"].mark == ""
    assert factors["fan_state"].mark == "N"


def test_an_unreadable_number_is_none_and_never_zero() -> None:
    assert seen(read("a34041-Rtd=n/a,a34041-Flag=N"))["fume_mg_m3"].value is None


def test_minute_data_carry_their_interval_and_are_means() -> None:
    one = reported(read("a34041-Avg=1.0,a34041-Flag=N", cn="2051", received=AT + timedelta(minutes=11)))
    assert (one.interval_s, one.factors[0].statistic, one.at_ns, one.back_filled) == (600.0, "Avg", AT_NS, False)


def test_minute_data_that_come_long_after_are_back_filled() -> None:
    assert reported(read("a34041-Avg=1.0,a34041-Flag=N", cn="2051", received=AT + timedelta(hours=2))).back_filled


def test_a_clock_that_is_off_is_a_doubt_with_the_rules_own_name_and_both_times_stay() -> None:
    one = reported(read("a34041-Rtd=1.0,a34041-Flag=N", received=AT + timedelta(hours=1)))
    assert "T12" in one.doubts
    assert (one.at_ns, one.received_ns) == (AT_NS, AT_NS + 3600 * NS)


def test_factory_numbers_and_low_scores_are_doubts_with_the_rules_own_names() -> None:
    one = reported(read("a34041-Rtd=1.0,a34041-Flag=N", mn="88888880000001", score=40.0))
    assert {"factory_id", "score_low"} <= set(one.doubts)


def test_an_answer_and_a_text_measure_nothing() -> None:
    assert read("QnRtn=1", cn="9011", st="91").reported is None
    assert read("i12001-Info=//cleaned//", cn="2011").reported is None


def test_every_factor_of_the_rules_that_a_shipped_profile_names_is_spelled_as_the_rules_spell_it() -> None:
    own = {"linkage_reported"}  # kept and shown; ours is computed
    for name in profile_names():
        assert {one.factor for one in load_profile(name).profile.factors} - own <= set(KNOWN)


def test_a_profile_with_a_code_twice_is_refused_with_its_place() -> None:
    head = 'name = "x"\nversion = "1"\ntitle = "t"\nsource = "s"\n'
    table = '[[factor]]\ncode = "a"\nfactor = "fan_a"\nunit = "A"\n'
    with pytest.raises(ConfigError, match=r"factor\[1\]\.code"):
        read_profile(head + table + table, "x.toml")


def test_an_unknown_profile_is_told_with_the_nearest_one() -> None:
    with pytest.raises(ConfigError, match="did you mean fume-c"):
        load_profile("fume-cc")
