"""A parking record in the console: timer strip, reasons held and released, grade with what is missing, plate votes.

The record is seeded (`seeded.py`): the real message of an act with a signed package of drawn pictures.
"""

from __future__ import annotations

import re
import time
from collections.abc import Iterator
from pathlib import Path

import msgspec
import pytest
from playwright.sync_api import expect

from contract.events import Clock, CounterEvidence, Event
from contract.geometry import Position, Where
from contract.health import BornDevice
from contract.manifest import sha256_hex
from contract.matters import plain_facts
from contract.matters.illegal_parking import Answer, EvidencePart, Facts, PlateRaw, PlateVote, Span
from contract.times import NS, utc_from_ns
from detectors import illegal_parking as rule
from detectors.illegal_parking.grade import grade
from detectors.illegal_parking.reading import PlateMemory
from detectors.plate_voting import Ballot
from edge.evidence.timer import draw_timer
from tests.e2e.browser import Person, browser, person
from tests.e2e.seeded import FRAME_PX, Shot, Town, plate_picture, seeded_town, street
from tests.integration import acts
from tests.integration.server.site import PASSWORD
from tests.unit.detectors.scene import ZONE
from tests.unit.detectors.test_parking_grade import place, seen

pytestmark = [pytest.mark.xdist_group("e2e"), pytest.mark.timeout(240)]
MACHINE, PERSONS = "皖A12345", "皖A12346"
STATES = ("seen", "hidden", "reidentified_patch", "held", "seen", "no_picture", "reidentified_plate", "seen")
SPAN_S = 45


def at(start_ns: int, second: float) -> str:
    return utc_from_ns(start_ns + round(second * NS))


def votes(start_ns: int) -> tuple[PlateVote, ...]:
    """Two pictures that agree, and one that was blurred."""
    reads = (
        PlateRaw(reader="plate-text-clp", text=MACHINE, sure=(0.99, 0.98, 0.97, 0.99, 0.96, 0.99, 0.98), cuts=3),
        PlateRaw(reader="plate-text-ppocr4", text=MACHINE, sure=(0.97, 0.99, 0.95, 0.99, 0.98, 0.97, 0.96), cuts=2),
    )
    pictures = [sha256_hex(plate_picture(shade)) for shade in (0, 30)]
    common = {"kind": "blue", "width_px": 132.0, "sharpness": 24.0, "colour": "blue", "raw": reads}
    return (
        PlateVote(at=at(start_ns, 10), text=MACHINE, reason=None, close_ups=(pictures[0],), **common),  # type: ignore[arg-type]
        PlateVote(at=at(start_ns, 190), text=MACHINE, reason=None, close_ups=(pictures[1],), **common),  # type: ignore[arg-type]
        PlateVote(at=at(start_ns, 260), text=None, kind=None, reason="blurred", width_px=128.0, sharpness=3.0),
    )


def record(start_ns: int, plate: str | None = MACHINE) -> Event:
    """A stay of six minutes with every state of the timer; its zone names no ground and its arrival was not seen."""
    spans = tuple(
        Span(start=at(start_ns, n * SPAN_S), end=at(start_ns, (n + 1) * SPAN_S), state=state)  # type: ignore[arg-type]
        for n, state in enumerate(STATES)
    )
    end_s = len(STATES) * SPAN_S
    facts = Facts(
        vehicle="car",
        since=at(start_ns, 0),
        due=at(start_ns, 300),
        last_seen=at(start_ns, end_s),
        dwell_s=end_s - 2 * SPAN_S,
        grace_s=180.0,
        hidden_s=SPAN_S,
        no_picture_s=SPAN_S,
        held_s=SPAN_S,
        arrival_seen=False,
        identity="reidentified",
        spans=spans,
        plate=plate,
        plate_reason=None if plate else "kind_exempt",
        plate_kind="blue" if plate else None,
        plate_votes=votes(start_ns) if plate else (),
        authority="chengguan",
        answers=(Answer(kind="loading", answer="yes"), Answer(kind="driver_absent", answer="not_visible")),
        evidence_set=(
            EvidencePart(part="E1", state="missing", detail="start not seen"),
            EvidencePart(part="E2", state="there", detail="first still"),
            EvidencePart(part="E7", state="later", detail="clips"),
            EvidencePart(part="E11", state="later", detail="a person's review"),
        ),
    )
    config = rule.Config(grace_s=180, authority="chengguan", surface="pavement")
    read = PlateMemory(ballot=Ballot(text=MACHINE, kind="blue", votes=((MACHINE, 2),)))
    stay = place(since_ns=start_ns, last_seen_ns=start_ns + 270 * NS, due_ns=start_ns + 200 * NS, arrival_seen=False)
    stay = msgspec.structs.replace(stay, identity="reidentified", plate=read if plate else PlateMemory())
    clock = Clock(source="rtcp", offset_s=0.3, uncertainty_s=0.1)
    look = msgspec.structs.replace(seen(), clock=clock)
    nobodys = msgspec.structs.replace(ZONE, approval=None)
    counters = (
        CounterEvidence(
            kind="loading", effect="held", reason="people at the vehicle; the clock stands", at=at(start_ns, 135)
        ),
        CounterEvidence(kind="loading", effect="released", reason="over: the clock goes on", at=at(start_ns, 180)),
        CounterEvidence(kind="came_back", effect="flagged", reason="it stood here before", at=at(start_ns, 181)),
    )
    return acts.event(
        7,
        onset=at(start_ns, 0),
        last_seen=at(start_ns, end_s),
        clock=clock,
        where=Where(polygon_px=((430, 220), (870, 220), (870, 545), (430, 545)), frame_px=FRAME_PX),
        facts=plain_facts(facts),
        grade=grade(stay, look, nobodys, config, phase="updated"),
        counter_evidence=counters,
    )


@pytest.fixture
def town(tmp_path: Path) -> Iterator[Town]:
    """One camera, and an operator; a verdict may be undone for long, so that a busy machine sees the offer."""
    with seeded_town(tmp_path, undo_s=120.0) as made:
        place = Position(lat=31.86, lon=117.28, error_m=5)
        camera = BornDevice(device="cam-1", name="人民路口东", kind="camera", position=place, frame_px=FRAME_PX)
        outline = ((300.0, 280.0), (1000.0, 280.0), (1100.0, 600.0), (220.0, 600.0))
        zone = acts.born_zone(name="校门禁停区", polygon_px=outline, frame_px=FRAME_PX)
        made.born("gw-1", camera, zone)
        made.site.user("wang", "operator")
        yield made


def parked(town: Town) -> str:
    start_ns = time.time_ns() - 400 * NS
    event = record(start_ns)
    timer = draw_timer(event.facts)
    assert timer is not None
    moments = (("first_still", 0), ("due", 300), ("last", 360))
    shots = [Shot(f"stills/{role}.jpg", role, street(second // 10), start_ns + second * NS) for role, second in moments]  # type: ignore[arg-type]
    close = [Shot(f"close_ups/{n}.jpg", "close_up", plate_picture(30 * n), start_ns + n * NS) for n in range(2)]
    return town.tells(event, [*shots, *close, Shot("timer.png", "other", timer, start_ns + 300 * NS)])


def shows(operator: Person, lead: str, url: str) -> None:
    operator.page.goto(f"{url}/leads/{lead}")
    expect(operator.at("timer-strip").locator("rect[data-state]")).to_have_count(len(STATES))


def test_a_parking_record_shows_strip_reasons_grade_and_plate_votes(town: Town, chromium: str) -> None:
    lead = parked(town)
    with browser(chromium) as launched, person(launched, (1366, 768)) as operator:
        operator.log_in(town.site.url, "wang", PASSWORD)
        shows(operator, lead, town.site.url)
        drawn = (
            operator.at("timer-strip")
            .locator("rect[data-state]")
            .evaluate_all("all => all.map((one) => one.dataset.state)")
        )
        assert drawn == list(STATES)
        expect(operator.at("strip-legend").locator("li")).to_have_count(5)

        reasons = operator.page.locator("[data-test^=counter-]")
        expect(reasons).to_have_count(3)
        expect(reasons.nth(0)).to_contain_text("计时暂停")
        expect(reasons.nth(0)).to_contain_text("装卸或上下客")
        expect(reasons.nth(1)).to_contain_text("已放行")

        table = operator.page.locator("table").filter(has_text="区域依据")
        expect(table).to_contain_text("缺：法律依据、标志标线；仅供统计")
        expect(table).to_contain_text("没有记录；仅供统计")
        expect(table).to_contain_text("方向未配置")
        expect(table).to_contain_text("末张在驶离时取")
        expect(table).to_contain_text("未见驶入")
        expect(table).to_contain_text("3 张中 2 张读数一致")
        english = re.compile("[a-z]{3,}")
        said = [text for text in table.locator("td").all_inner_texts() if english.search(text)]
        assert said == [], "a sentence of the rule came through untranslated"
        facts = operator.page.locator(".facts dl").first
        expect(facts).to_contain_text("区域依据、设备审核")  # what makes it a lead only stands beside the grade
        expect(facts).to_contain_text("不晚于")

        expect(operator.at("plate-machine")).to_have_text(MACHINE)
        rows = operator.at("plate-vote")
        expect(rows).to_have_count(3)
        expect(rows.locator("img")).to_have_count(2)
        expect(rows.nth(0)).to_contain_text("plate-text-ppocr4")
        expect(rows.nth(2)).to_contain_text("模糊")
        expect(operator.at("derived-other").locator("img")).to_be_visible()
        expect(operator.page.get_by_role("option")).to_have_count(3)  # the timer's picture is no still of the street
        operator.at("lang-switch").click()
        expect(operator.page.locator("table").filter(has_text="Basis of the zone")).to_contain_text(
            "missing: legal ground"
        )
        assert operator.faults == []


def test_a_persons_plate_stands_beside_the_machines(town: Town, chromium: str) -> None:
    lead = parked(town)
    with browser(chromium) as launched, person(launched, (1366, 640)) as operator:
        operator.log_in(town.site.url, "wang", PASSWORD)
        operator.at(f"alert-row-{lead}").click()
        expect(operator.at("verdict-confirm")).to_be_enabled()
        operator.page.keyboard.press("c")
        operator.at("plate-by-person").fill("皖a·123 46")
        operator.at("verdict-confirm").click()
        expect(operator.at(f"alert-row-{lead}")).to_have_count(0)  # taken; the offer to undo goes by itself
        shows(operator, lead, town.site.url)
        expect(operator.at("plate-machine")).to_have_text(MACHINE)
        expect(operator.at("plate-person")).to_have_text(PERSONS)
        expect(operator.at("plate-votes")).to_contain_text("与机器读数不同")
        parts = operator.at("evidence-set").locator("li")
        expect(parts.filter(has_text="E11")).to_have_attribute("data-state", "there")  # a person has reviewed it
        expect(parts.filter(has_text="E7")).to_have_attribute("data-state", "later")
        assert operator.faults == []


def test_a_confirmed_act_is_back_in_the_queue_when_its_operator_undoes_it(town: Town, chromium: str) -> None:
    lead = parked(town)
    with browser(chromium) as launched, person(launched, (1366, 640)) as operator:
        operator.log_in(town.site.url, "wang", PASSWORD)
        operator.at(f"alert-row-{lead}").click()
        operator.at("verdict-confirm").click()
        expect(operator.at(f"alert-row-{lead}")).to_have_count(0)
        operator.at("undo").click()
        expect(operator.at(f"alert-row-{lead}")).to_have_count(1)
