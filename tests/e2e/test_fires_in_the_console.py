"""A fire's lead in the console: strip, map, clock; and a dismissed chimney that does not ring a second time.

The acts are seeded (`seeded.py`): what a tower tells is taken in as its real message with a signed package of drawn
pictures. Whether the ring sounds is counted where the browser would sound: the starts of its oscillators.
"""

from __future__ import annotations

import time
from collections.abc import Callable, Iterator
from pathlib import Path

import pytest
from playwright.sync_api import expect

from contract.events import Clock, EvidenceRole
from contract.health import BornDevice, DayCounts, DeviceHealth
from contract.times import NS, utc_from_ns
from server.fires import places
from store import leads
from store.leads import Act
from tests.e2e.browser import WITHIN_MS, Person, browser, person
from tests.e2e.seeded import FRAME_PX, Shot, Town, landscape, seeded_town, tower_at
from tests.integration import acts
from tests.integration.server.fires import Smoke, smoke_event
from tests.integration.server.site import PASSWORD
from tests.unit.server.test_joining_fires import sight

pytestmark = [pytest.mark.xdist_group("e2e"), pytest.mark.timeout(400)]
FIRE_M = (1800.0, 2600.0)
CHIMNEY = (930.0, 260.0, 1110.0, 500.0)  # of 1920 x 1080; the drawn chimney's foot stands at (960, 495)
FIELD = (300.0, 480.0, 420.0, 700.0)
ALL_PAINTED = "all => all.every((one) => one.complete && one.naturalWidth > 0)"
COUNT_TONES = """
window.tones = 0
const start = OscillatorNode.prototype.start
OscillatorNode.prototype.start = function (...when) { window.tones += 1; return start.apply(this, when) }
"""


@pytest.fixture
def town(tmp_path: Path) -> Iterator[Town]:
    """Two towers on two gateways, an operator and a shift lead."""
    with seeded_town(tmp_path) as made:
        for tower, gateway, name in (("west", "gw-1", "云峰山"), ("east", "gw-2", "石桥岭")):
            device = BornDevice(
                device=f"tower-{tower}", name=name, kind="tower", position=tower_at(tower), frame_px=FRAME_PX
            )
            zone = acts.born_zone(device=device.device, zone="fields", name="河东片田块", matter="straw_burning")
            made.born(gateway, device, zone)
        made.site.user("wang", "operator")
        made.site.user("chen", "shift_lead")
        made.site.user("zhao", "maintenance")
        yield made


def burns(town: Town, smoke: Smoke) -> str:
    """A tower tells of smoke that it has looked at for 20 seconds; nobody has judged it yet."""
    town.site.clock.ns = now_ns = time.time_ns()
    roles: tuple[EvidenceRole, ...] = ("first_still", "look", "look", "due")
    shots = [
        Shot(f"stills/{n}.jpg", role, landscape(20 + 34 * n), now_ns - (20 - 5 * n) * NS)
        for n, role in enumerate(roles)
    ]
    return town.tells(smoke_event(smoke, now_ns, clock=Clock(source="rtcp", offset_s=0.2, uncertainty_s=0.05)), shots)


def comes(someone: Person, is_so: Callable[[], bool], lacking: str) -> None:
    """Waits until it is so; the page's policy forbids what Playwright would wait with."""
    until_s = time.monotonic() + WITHIN_MS / 1000
    while not is_so():
        assert time.monotonic() < until_s, lacking
        someone.page.wait_for_timeout(100)


def hears(someone: Person, least: int) -> None:
    """Waits until so many tones were started."""
    comes(someone, lambda: someone.page.evaluate("window.tones") >= least, "the ring did not sound")


def wakes(someone: Person, town: Town, name: str) -> None:
    """Logs in, and clicks once so that the browser may sound."""
    someone.page.add_init_script(COUNT_TONES)
    someone.log_in(town.site.url, name, PASSWORD)
    someone.at("menu-urgent").click()
    someone.at("try-sound").click()
    expect(someone.at("sound-state")).to_have_attribute("data-state", "on")
    hears(someone, 2)  # the try itself
    someone.page.evaluate("window.tones = 0")


def test_a_fires_lead_in_the_console_shows_strip_map_and_clock(town: Town, chromium: str) -> None:
    first = burns(town, Smoke(sight=sight("west", FIRE_M), box=FIELD))
    second = burns(town, Smoke(tower="east", sight=sight("east", FIRE_M), box=FIELD))
    town.now()
    with browser(chromium) as launched, person(launched, (1366, 768)) as operator:
        operator.log_in(town.site.url, "wang", PASSWORD)
        operator.page.goto(f"{town.site.url}/leads/{first}")
        strip = operator.at("sequence-strip")
        expect(strip.locator("img")).to_have_count(4)
        comes(operator, lambda: strip.locator("img").evaluate_all(ALL_PAINTED), "the strip has no pictures")
        expect(operator.at("growth-curve").locator("circle")).to_have_count(9)
        expect(operator.at("check-wind")).to_have_attribute("data-outcome", "not_applicable")
        expect(operator.at("check-drift")).to_have_attribute("data-outcome", "failed")
        expect(operator.at("check-growth")).to_contain_text("9 次查看间增长 310 %")
        expect(operator.at("check-growth")).to_contain_text("面积增长 ≥ 25 %")
        expect(operator.at("plan").locator("canvas").first).to_be_visible()
        expect(operator.at("joint-place")).to_contain_text("29.23346, 119.47851 · 13 × 11 m · 2 座塔")
        expect(operator.at("map-place")).to_contain_text("29.23080, 119.48355（GCJ-02）")
        expect(operator.at("clock-answer")).to_have_attribute("data-state", "running")
        operator.at("respond-answer").click()
        expect(operator.at("clock-answer")).to_have_attribute("data-state", "taken")
        expect(operator.at("clock-answer")).to_contain_text("Wang")
        expect(operator.at("clock-set_out")).to_have_attribute("data-state", "running")

        operator.at(f"split-{second[:8]}").click()
        expect(operator.at("joined-act")).to_have_count(0)
        assert operator.faults == []
    with town.site.store.read() as connection:
        lead = leads.find(connection, second)
    assert lead is not None
    assert lead.state == "alert"


def test_a_towers_page_shows_what_it_held_back_in_the_last_day_and_why(town: Town, chromium: str) -> None:
    since = utc_from_ns(town.site.clock.ns - 20 * 3600 * NS)
    counts = {"candidates": 41, "stares": 17, "fires": 2, "held_cloud": 23, "held_known_place": 9, "dropped_cloud": 20}
    town.says(
        "gw-1",
        DeviceHealth(
            device="tower-west",
            state="live",
            since=since,
            day=DayCounts(since=since, counts={**counts, "dropped_gone": 6, "wrong_view": 3}),
        ),
    )
    with browser(chromium) as launched, person(launched, (1366, 900)) as keeper:
        keeper.log_in(town.site.url, "zhao", PASSWORD)
        keeper.page.goto(f"{town.site.url}/devices/gw-1/tower-west")
        expect(keeper.at("day-candidates")).to_contain_text("41", timeout=WITHIN_MS)
        expect(keeper.at("day-stares")).to_contain_text("17")
        assert keeper.at("tower-day").locator("tbody tr").all_inner_texts()[0].split() == ["像云", "23", "20"]
        expect(keeper.at("day-known_place")).to_contain_text("9")
        expect(keeper.at("day-not-judged")).to_contain_text("画面没有到位 3")
        keeper.page.goto(f"{town.site.url}/devices/gw-2/tower-east")
        expect(keeper.at("tower-day")).to_contain_text("还没有报过计数")
        assert keeper.faults == []


def test_a_fire_rings_until_somebody_answers_it(town: Town, chromium: str) -> None:
    with browser(chromium) as launched, person(launched) as operator, person(launched) as chief:
        wakes(operator, town, "wang")
        wakes(chief, town, "chen")
        fire = burns(town, Smoke(sight=sight("west", FIRE_M), box=FIELD))
        expect(operator.at("urgent-banner")).to_have_attribute("data-event", fire)
        hears(operator, 4)  # once, and again after 10 s
        expect(chief.at(f"fire-{fire}")).to_be_visible()
        chief.at("banner-answer").click()
        expect(operator.at("urgent-banner")).to_have_count(0)
        expect(operator.at("clock-answer")).to_contain_text("Chen")
        rung = operator.page.evaluate("window.tones")
        operator.page.wait_for_timeout(11_000)  # longer than the ring's pause
        assert operator.page.evaluate("window.tones") == rung
        assert operator.faults + chief.faults == []


def test_a_dismissed_chimney_does_not_ring_a_second_time(town: Town, chromium: str) -> None:
    with browser(chromium) as launched, person(launched, (1366, 640)) as operator, person(launched) as chief:
        wakes(operator, town, "wang")
        chimney = burns(town, Smoke(box=CHIMNEY))
        expect(operator.at("urgent-banner")).to_be_visible()
        hears(operator, 2)
        operator.at(f"fire-review-{chimney}").click()
        expect(operator.at("verdict-dismiss")).to_be_enabled()
        operator.page.keyboard.press("d")
        operator.page.keyboard.press("2")
        expect(operator.at("urgent-banner")).to_have_count(0)

        operator.page.evaluate("window.tones = 0")
        again = burns(town, Smoke(number=1, box=CHIMNEY))
        field = burns(town, Smoke(number=2, box=FIELD))
        expect(operator.at("urgent-banner")).to_have_attribute("data-event", field)
        operator.page.goto(f"{town.site.url}/leads/{again}")
        expect(operator.at("lead-state")).to_have_attribute("data-state", "permitted")

        chief.log_in(town.site.url, "chen", PASSWORD)
        chief.page.goto(f"{town.site.url}/devices/gw-1/tower-west")
        expect(chief.at(f"place-{chimney}")).to_be_visible()
        chief.at(f"end-place-{chimney[:8]}").click()
        expect(chief.at(f"end-place-{chimney[:8]}")).to_have_count(0)
        expect(operator.at("lead-state")).to_have_attribute("data-state", "alert")
        assert operator.faults + chief.faults == []


def test_a_known_chimney_alone_makes_no_sound_and_no_banner(town: Town, chromium: str) -> None:
    town.site.clock.ns = time.time_ns()
    chimney = burns(town, Smoke(box=CHIMNEY))
    with town.site.store.write() as connection:
        act = Act(who="u-wang", at=town.site.clock.now, reason="chimney_steam")
        leads.claim(connection, chimney, act, lease_until=act.at)
        version = leads.find(connection, chimney)
        assert version is not None
        decided = leads.verdict(connection, chimney, act, version=version.version, says="dismiss")
        places.after_verdict(connection, decided, act, days=30)
    with browser(chromium) as launched, person(launched) as operator:
        wakes(operator, town, "wang")
        again = burns(town, Smoke(number=1, box=CHIMNEY))

        def is_permitted() -> bool:
            with town.site.store.read() as connection:
                lead = leads.find(connection, again)
            return lead is not None and lead.state == "permitted"

        comes(operator, is_permitted, "the known chimney waits as an alert")
        operator.page.wait_for_timeout(3000)  # longer than the second after which a fire rings
        assert operator.page.evaluate("window.tones") == 0
        expect(operator.at("urgent-banner")).to_have_count(0)
        expect(operator.at(f"fire-{again}")).to_have_count(0)
        assert operator.faults == []
