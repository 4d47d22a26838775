"""The fume fold under any tape: no value without mark N, one lead a rule and day, the same after a restart."""

from __future__ import annotations

from collections import Counter
from itertools import pairwise
from random import Random

import msgspec
from hypothesis import given, settings
from hypothesis import strategies as st

from contract.observations import Elapsed, Reported, Seen
from contract.times import NS, ns_from_utc
from detectors import cooking_fumes as rule
from detectors.cooking_fumes.config import AboveLimit, PurifierOff
from detectors.fold import Finding
from tests.unit.cooking_fumes.kitchen import CONFIG, ZONE, Factors, Told, at, facts_of, report, run
from tests.unit.cooking_fumes.tables_signals import OUTLET, look

# Short thresholds, so that short tapes reach every rule.
QUICK = msgspec.structs.replace(
    CONFIG,
    outlet=OUTLET,
    purifier_off=PurifierOff(minutes=3, update_every_min=5),
    above_limit=AboveLimit(window_min=3),
)
MINUTE_NS = 60 * NS
signal = st.sampled_from([None, (0.0, "N"), (1.0, "N"), (1.0, "D"), (3.0, "N")])
value = st.sampled_from(
    [None, (0.01, "N"), (0.7, "N"), (3.0, "N"), (3.1, "N"), (9.0, "D"), (9.0, "S"), (9.0, ""), (99.0, "N")]
)
spell = st.tuples(
    st.fixed_dictionaries(
        {
            "fume_mg_m3": value,
            "fan_state": signal,
            "fan_a": st.sampled_from([None, (0.0, "N"), (5.0, "N"), (5.0, "C")]),
            "purifier_state": signal,
            "purifier_a": st.sampled_from([None, (0.0, "N"), (1.1, "N")]),
            "temperature_c": st.sampled_from([None, (20.0, "N"), (45.0, "N")]),
        }
    ),
    st.integers(1, 9),
    st.sampled_from([0, 0, 0, 3, 12, 45, 60 * 14]),
    st.sampled_from([(), (), ("T12",), ("score_low",), ("factory_id",)]),
    st.sampled_from(["Rtd", "Rtd", "Avg"]),
)


@st.composite
def tapes(draw: st.DrawFn) -> list[Seen]:
    """Spells of like reports from noon on, with silences, looks at the outlet and ticks between them."""
    at_ns, tape = at("11:00"), list[Seen]()
    for factors, count, silent_min, doubts, statistic in draw(st.lists(spell, min_size=1, max_size=12)):
        told: Factors = {name: seen for name, seen in factors.items() if seen is not None}
        for _ in range(count):
            tape.append(report(at_ns, told, doubts=doubts, statistic=statistic))
            at_ns += MINUTE_NS
        if silent_min:
            at_ns += silent_min * MINUTE_NS
            tape.append(Elapsed(device="fume-1", at_ns=at_ns - MINUTE_NS))
            tape.append(look("plume", at_ns))
    return tape


@given(tapes())
@settings(max_examples=150, deadline=None)
def test_only_samples_with_mark_n_support_an_exceedance(tape: list[Seen]) -> None:
    good = [
        (one.received_ns, factor.value)
        for one in tape
        if isinstance(one, Reported) and "factory_id" not in one.doubts
        for factor in one.factors
        if factor.factor == "fume_mg_m3" and factor.mark == "N" and factor.value is not None and factor.value <= 30
    ]
    for facts in run(tape, config=QUICK).leads("R3"):
        for window in facts.windows:
            begin_ns, end_ns = ns_from_utc(window.begin), ns_from_utc(window.end)
            inside = [number for at_ns, number in good if begin_ns <= at_ns < end_ns + 2 * NS]
            assert window.valid <= len(inside)
            assert window.highest in inside
            assert window.mean is not None
            assert window.mean > 2.0
            assert window.share >= 0.8


@given(tapes())
@settings(max_examples=150, deadline=None)
def test_there_is_one_lead_a_rule_and_day_opened_once_and_closed_at_most_once(tape: list[Seen]) -> None:
    told = run(tape, config=QUICK)
    phases: dict[str, list[str]] = {}
    for finding in told.findings:
        phases.setdefault(finding.event_id, []).append(finding.phase)
    for one in phases.values():
        assert one[0] == "opened"
        assert one.count("opened") == 1
        assert "closed" not in one[:-1]
    assert max(Counter((facts.rule, facts.day) for facts in told.leads()).values(), default=1) == 1
    assert len({facts.day + facts.rule for facts in told.leads()}) == len(phases)


@given(tapes())
@settings(max_examples=60, deadline=None)
def test_saved_and_restored_at_every_record_it_tells_the_same(tape: list[Seen]) -> None:
    whole = run(tape, config=QUICK)
    pieces = Told()
    for one in tape:
        restored = msgspec.json.decode(msgspec.json.encode(pieces.state), type=rule.State)
        assert restored == pieces.state
        pieces.state = restored
        pieces.take(rule.step(restored, one, ZONE, QUICK))
    assert (pieces.findings, pieces.asks, pieces.items) == (whole.findings, whole.asks, whole.items)


@given(tapes(), st.data())
@settings(max_examples=100, deadline=None)
def test_a_report_that_comes_again_changes_no_finding(tape: list[Seen], data: st.DataObject) -> None:
    index = data.draw(st.integers(0, len(tape) - 1))
    later = data.draw(st.integers(index, min(index + 5, len(tape) - 1)))
    again = tape[index]
    doubled = [*tape[: later + 1], *([again] if isinstance(again, Reported) else []), *tape[later + 1 :]]
    assert _told(run(doubled, config=QUICK).findings) == _told(run(tape, config=QUICK).findings)


@given(tapes(), st.randoms(use_true_random=False))
@settings(max_examples=100, deadline=None)
def test_out_of_order_nothing_is_judged_twice(tape: list[Seen], chance: Random) -> None:
    reports = [one for one in tape if isinstance(one, Reported)]
    shuffled = list(reports)
    chance.shuffle(shuffled)
    for facts in run(shuffled, config=QUICK).leads():
        windows = [(one.begin, one.end) for one in facts.windows if facts.rule == "R1"]
        assert all(earlier[1] <= later[0] for earlier, later in pairwise(windows))
        begins = [(one.begin, one.factor) for one in facts.windows if facts.rule == "R3"]
        assert len(begins) == len(set(begins))


@given(tapes())
@settings(max_examples=100, deadline=None)
def test_the_camera_alone_makes_no_lead(tape: list[Seen]) -> None:
    looks = [one for one in tape if not isinstance(one, Reported)]
    assert run(looks, config=QUICK).findings == []


@given(tapes())
@settings(max_examples=100, deadline=None)
def test_a_stretch_of_purifier_off_never_claims_more_than_was_told(tape: list[Seen]) -> None:
    for facts in run(tape, config=QUICK).leads("R1"):
        for window in facts.windows:
            assert window.purifier == "off"
            assert window.fan == "on"
            span_ns = ns_from_utc(window.end) - ns_from_utc(window.begin)
            assert span_ns >= QUICK.purifier_off.minutes * MINUTE_NS


def _told(findings: list[Finding]) -> list[tuple[str, str, object]]:
    return [(one.event_id, one.phase, facts_of(one).windows) for one in findings]
