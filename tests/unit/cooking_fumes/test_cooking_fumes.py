"""Leads and maintenance items of a kitchen, told in its own words; every combination is in the truth tables."""

from __future__ import annotations

import msgspec
import pytest

from contract import settings
from contract.errors import ConfigError
from contract.observations import OutletLooked, Reported, Seen
from contract.times import NS, utc_from_ns
from detectors import cooking_fumes as rule
from detectors import fold
from detectors.cooking_fumes.calendar import day_at
from detectors.cooking_fumes.config import Hours, Limit
from detectors.fold import FillGap, HoldEvidence, LookSooner
from tests.unit.cooking_fumes.kitchen import (
    CONFIG,
    at,
    elapsed,
    facts_of,
    minutes,
    report,
    rest,
    run,
    varied,
)
from tests.unit.cooking_fumes.tables_signals import OUTLET, look

WITH_CAMERA = msgspec.structs.replace(CONFIG, outlet=OUTLET)


def off(begin: str, end: str, *, day: int = 0) -> list[Reported]:
    """Minutes of a kitchen that cooks with its purifier off."""
    return varied(minutes(begin, end, day=day, purifier_state=0, purifier_a=0.0))


def test_the_matter_is_found_by_its_folder() -> None:
    assert fold.rule_for("cooking_fumes").RULE_VERSION == rule.RULE_VERSION


def test_a_purifier_that_is_off_is_one_lead_and_later_windows_are_added_to_it() -> None:
    told = run([*off("11:00", "11:31"), *varied(minutes("11:31", "12:00")), *off("12:00", "12:20"), rest("14:30")])
    (facts,) = told.leads()
    assert (facts.rule, facts.kind, facts.wording) == ("R1", "purifier_off", "suspected_not_in_normal_use")
    assert [(one.begin[11:16], one.end[11:16]) for one in facts.windows] == [("03:00", "03:30"), ("04:00", "04:19")]
    assert [finding.phase for finding in told.findings] == ["opened", "updated", "updated", "updated"]
    assert facts.legal_note == "not_a_legal_measurement"


def test_the_online_value_is_called_what_it_is() -> None:
    told = run(varied(minutes("11:00", "11:31", fume_mg_m3=2.5)))
    (facts,) = told.leads()
    assert facts.wording == "online_value_above_warning_limit"
    assert (facts.limit, facts.limit_source) == (2.0, "GB 18483-2001")
    assert [one.share for one in facts.windows] == [1.0, 1.0, 1.0]
    assert facts.fume_mean == pytest.approx(2.5, abs=0.02)


def test_a_frozen_sensor_is_a_maintenance_item_and_no_lead() -> None:
    told = run(minutes("11:00", "13:30"))
    assert told.findings == []
    assert told.items == ("R4_value_frozen",)
    (item,) = told.state.items
    assert (item.since, item.values) == (utc_from_ns(at("11:00")), {"value": 0.5})


def test_a_frozen_item_is_closed_by_the_first_other_value() -> None:
    told = run([*minutes("11:00", "12:10"), *minutes("12:10", "12:11", fume_mg_m3=0.7)])
    assert told.ever == {"R4_value_frozen"}
    assert told.items == ()


def test_state_alone_gives_partial_and_says_which_current_was_not_seen() -> None:
    told = run(varied(minutes("11:00", "11:20", purifier_state=0, purifier_a=None)))
    assert told.grade("R1") == "partial"
    assert "purifier_current" in told.leads()[0].not_seen
    missing = [one for one in told.findings[0].grade.predicates if one.met != "met"]
    assert [(one.id, one.met) for one in missing] == [("purifier_current", "not_seen")]


def test_each_lead_names_its_predicates_with_their_source() -> None:
    told = run(varied(minutes("11:00", "11:31", fume_mg_m3=2.5)))
    named = {one.id: one for one in told.findings[-1].grade.predicates}
    assert {"clock", "binding", "live", "profile", "gaps", "samples", "calibration"} <= set(named)
    assert all(one.source for one in named.values())
    assert "2026-01-15" in named["calibration"].found


@pytest.mark.parametrize(("calibrated_on", "met"), [(None, "not_seen"), ("2024-01-01", "not_met")])
def test_a_probe_without_a_calibration_in_date_makes_the_record_partial(calibrated_on: str | None, met: str) -> None:
    sensor = msgspec.structs.replace(CONFIG.sensor, calibrated_on=calibrated_on)
    config = msgspec.structs.replace(CONFIG, sensor=sensor)
    told = run(varied(minutes("11:00", "11:31", fume_mg_m3=2.5)), config=config)
    assert told.grade("R3") == "partial"
    assert {one.id: one.met for one in told.findings[-1].grade.predicates}["calibration"] == met


def test_a_gap_is_asked_for_once_and_what_comes_late_is_judged_once() -> None:
    late: list[Reported] = [
        msgspec.structs.replace(one, received_ns=at("12:05"), back_filled=True)
        for one in varied(minutes("11:10", "11:50", fume_mg_m3=2.6))
    ]
    on_time: list[Seen] = [*varied(minutes("11:00", "11:10")), elapsed("11:40"), *varied(minutes("11:50", "12:10"))]
    told = run([*on_time, *late, *late])
    assert told.asks == [FillGap(begin_ns=at("11:09"), end_ns=at("11:50"))]
    (facts,) = told.leads("R3")
    assert [(one.begin[11:16], one.back_filled) for one in facts.windows] == [
        ("03:10", True),
        ("03:20", True),
        ("03:30", True),
        ("03:40", True),
    ]
    assert (told.state.counters.late, told.state.counters.repeated) == (40, 40)
    assert told.grade("R3") == "partial"
    assert "late_data" in facts.not_seen


def test_late_reports_of_a_purifier_that_was_off_make_a_lead_of_their_own_day() -> None:
    late: list[Reported] = [msgspec.structs.replace(one, back_filled=True) for one in off("20:00", "20:40")]
    told = run([*varied(minutes("19:30", "20:00")), rest("08:00", day=1), *late, rest("08:01", day=1)])
    (facts,) = told.leads("R1")
    assert facts.day == "2026-03-02"
    assert all(one.back_filled for one in facts.windows)


def test_what_comes_after_its_day_was_closed_is_counted_and_not_judged() -> None:
    told = run([rest("09:00"), rest("09:00", day=3), *off("11:00", "11:30")])
    assert told.findings == []
    assert told.state.counters.too_late == 30


def test_a_day_is_closed_when_the_next_one_ends() -> None:
    told = run([*off("11:00", "11:12"), rest("05:00", day=1), rest("05:00", day=2), rest("05:00", day=3)])
    assert [finding.phase for finding in told.findings] == ["opened", "updated", "closed"]
    assert facts_of(told.findings[-1]).gap_s > 0


def test_minute_means_go_before_moments_where_a_device_sends_both() -> None:
    moments = varied(minutes("11:00", "11:41", fume_mg_m3=9.0))
    means = [
        msgspec.structs.replace(one, received_ns=one.at_ns + 61 * NS)
        for one in varied(minutes("11:00", "11:40", fume_mg_m3=0.4, statistic="Avg"))
    ]
    both = sorted([*moments, *means], key=lambda one: one.received_ns)
    assert run(both).leads("R3") == []


def test_signals_that_come_in_reports_of_their_own_are_put_beside_the_value() -> None:
    values = [report(at(f"11:{minute:02d}"), {"fume_mg_m3": (0.5 + minute / 100, "N")}) for minute in range(30)]
    switches = [
        report(at(f"11:{minute:02d}"), {"fan_state": (1.0, "N"), "purifier_state": (0.0, "N")}) for minute in range(30)
    ]
    told = run([one for pair in zip(switches, values, strict=True) for one in pair])
    assert told.grade("R1") == "partial"
    assert told.leads("R1")[0].purifier_signals == "state_only"


def test_a_plume_raises_a_lead_of_the_sensor() -> None:
    told = run([*off("11:00", "11:15"), look("plume", at("11:15"))], config=WITH_CAMERA)
    assert [finding.phase for finding in told.findings] == ["opened", "updated"]
    seen = told.leads("R1")[0].corroboration
    assert seen is not None
    assert (seen.verdict, seen.plumes) == ("plume", 1)


def test_a_lead_asks_for_evidence_of_the_outlet_camera_where_there_is_one() -> None:
    (hold,) = (one for one in run(off("11:00", "11:15"), config=WITH_CAMERA).asks if isinstance(one, HoldEvidence))
    assert hold.bbox_xyxy_px == OUTLET.bbox_xyxy_px
    assert run(off("11:00", "11:15")).asks == []


@pytest.mark.parametrize(
    ("changed", "verdict"),
    [
        ({}, "plume"),
        ({"whiteness": 0.95, "reach": 0.2}, "steam_possible"),
        ({"moving_share": 0.01}, "nothing"),
        ({"problem": "dark"}, "not_visible"),
        ({"seconds": 5.0}, "not_visible"),
    ],
)
def test_what_may_be_steam_is_not_called_a_plume(changed: dict[str, object], verdict: str) -> None:
    seen: OutletLooked = msgspec.structs.replace(look("plume", at("11:10")), **changed)
    told = run([*off("11:00", "11:08"), seen, *off("11:08", "11:15")], config=WITH_CAMERA)
    corroboration = told.leads("R1")[0].corroboration
    assert corroboration is not None
    assert corroboration.verdict == verdict


def test_white_drift_of_a_damp_flue_may_be_steam_however_far_it_goes() -> None:
    seen = msgspec.structs.replace(look("plume", at("11:10")), whiteness=0.95)
    for humidity_pct, verdict in ((90.0, "steam_possible"), (40.0, "plume")):
        damp = varied(
            minutes("11:00", "11:15", purifier_state=0, purifier_a=0.0, humidity_pct=humidity_pct, statistic="Avg")
        )
        told = run([*damp[:10], seen, *damp[10:]], config=WITH_CAMERA)
        corroboration = told.leads("R1")[0].corroboration
        assert corroboration is not None
        assert corroboration.verdict == verdict


def test_a_lead_is_told_again_when_its_corroboration_becomes_another_not_for_each_look() -> None:
    looks = [
        look(kind, at(f"11:{15 + index}")) for index, kind in enumerate(("dark", "steam", "steam", "plume", "plume"))
    ]
    told = run([*off("11:00", "11:15"), *looks], config=WITH_CAMERA)
    verdicts = [facts_of(finding).corroboration for finding in told.findings]
    assert [None if one is None else one.verdict for one in verdicts] == [
        None,
        "not_visible",
        "steam_possible",
        "plume",
    ]


def test_looks_are_asked_for_while_the_fan_runs_in_business_hours() -> None:
    def asked(seen: list[Reported], config: rule.Config) -> int:
        return sum(isinstance(one, LookSooner) for one in run(seen, config=config).asks)

    cooking = varied(minutes("11:00", "11:10"))
    assert asked(cooking, WITH_CAMERA) == 10
    assert asked(cooking, CONFIG) == 0
    assert asked(varied(minutes("11:00", "11:10", fan_state=0, fan_a=0.0)), WITH_CAMERA) == 0
    assert asked(varied(minutes("15:00", "15:10")), WITH_CAMERA) == 0


def test_another_camera_says_nothing_of_this_outlet() -> None:
    seen = msgspec.structs.replace(look("plume", at("11:14")), device="cam-2")
    told = run([*off("11:00", "11:14"), seen], config=WITH_CAMERA)
    assert told.leads("R1")[0].corroboration is None


def test_a_report_from_the_future_does_not_stop_the_clock_of_the_rules() -> None:
    wild = msgspec.structs.replace(off("11:05", "11:06")[0], at_ns=at("11:05", day=400))
    told = run([*off("11:00", "11:05"), wild, *off("11:06", "11:15")])
    assert told.grade("R1") == "lead_only"
    assert told.leads("R1")[0].clock.level == "doubtful"


def test_a_supper_after_midnight_belongs_to_the_evening_before() -> None:
    config = msgspec.structs.replace(
        CONFIG, hours=(Hours(begin="21:00", end="02:00"), Hours(begin="00:30", end="03:00"))
    )
    day = day_at(at("01:30", day=1), config)
    assert (day.date, day.meals) == ("2026-03-02", ((at("21:00"), at("03:00", day=1)),))
    assert day.meal_at(at("01:59", day=1)) == 0
    assert day.meal_at(at("03:00", day=1)) is None


@pytest.mark.parametrize("changed", [{"hours": ()}, {"closed_on": ("2026-03-02",)}])
def test_outside_business_nothing_is_found(changed: dict[str, object]) -> None:
    assert run(off("11:00", "12:00"), config=msgspec.structs.replace(CONFIG, **changed)).findings == []


def test_each_pollutant_is_judged_against_its_own_limit() -> None:
    limits = (
        Limit(limit=1.0, source="DB11/1488-2018"),
        Limit(factor="nmhc_mg_m3", limit=10.0, source="DB11/1488-2018"),
    )
    config = msgspec.structs.replace(CONFIG, limits=limits)
    told = run(varied(minutes("11:00", "11:31", fume_mg_m3=0.6, nmhc_mg_m3=12.0)), config=config)
    (facts,) = told.leads("R3")
    assert {one.factor for one in facts.windows} == {"nmhc_mg_m3"}
    assert facts.limit == 10.0
    assert facts.fume_mean is None


def test_a_device_with_a_low_score_may_add_to_a_lead() -> None:
    weak = [msgspec.structs.replace(one, doubts=("score_low",)) for one in off("12:00", "12:20")]
    told = run([*off("11:00", "11:20"), *varied(minutes("11:20", "12:00")), *weak, rest("14:30")])
    assert len(told.leads("R1")[0].windows) == 2


def test_linkage_of_the_day_stands_in_the_facts() -> None:
    told = run([*varied(minutes("11:00", "11:30")), *off("11:30", "11:50")])
    assert told.leads("R1")[0].linkage == pytest.approx(29 / 40, abs=0.05)


def test_the_state_stays_small_over_a_month() -> None:
    tape = [one for day in range(30) for one in [*off("11:00", "11:40", day=day), rest("15:00", day=day)]]
    assert len(msgspec.json.encode(run(tape).state)) < 64 * 1024


def test_a_table_with_mistakes_is_told_with_all_of_them() -> None:
    text = 'premises = "x"\n[above_limit]\nwindow_min = 0\nvalid = 0.8\n[[hours]]\nbegin = "25:00"\nend = "14:00"\n'
    with pytest.raises(ConfigError) as caught:
        settings.load(text, "rule.toml", rule.Config)
    assert [one.path for one in caught.value.mistakes] == [
        "above_limit.window_min",
        "above_limit.valid",
        "hours[0].begin",
    ]


def test_marks_other_than_n_are_counted_in_the_facts() -> None:
    told = run([*varied(minutes("11:00", "11:05", fume_mg_m3=(0.5, "C"))), *off("11:05", "11:20")])
    assert told.leads("R1")[0].marks == {"C": 5}
