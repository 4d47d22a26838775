"""The trail over HTTP."""

from __future__ import annotations

from store import audit
from store.audit import AuditEntry
from tests.integration.server.site import Site, code_of


def note(site: Site, who: str, action: str, town: str | None, lead: str | None = None) -> None:
    with site.store.write() as connection:
        entry = AuditEntry(at=site.clock.now, who=who, action=action, town=town, event_id=lead, detail={"n": 1})
        audit.append(connection, entry)


def test_the_auditor_pages_through_the_trail_newest_first_by_lead_and_by_person(site: Site) -> None:
    auditor, _ = site.person("auditor", "auditor"), site.user("op", "operator")
    lead = site.alert()
    for number in range(5):
        note(site, "u-op", f"evidence.view{number}", "demo", lead)
    note(site, "u-auditor", "evidence.view", "demo")
    seen: list[str] = []
    cursor: str | None = None
    for _ in range(3):
        query = {"lead": lead, "limit": "2"} | ({"cursor": cursor} if cursor else {})
        page = auditor.get("/audit", params=query).json()
        seen += [item["action"] for item in page["items"]]
        cursor = page["next_cursor"]
    assert seen == [f"evidence.view{number}" for number in (4, 3, 2, 1, 0)]
    by_person = auditor.get("/audit", params={"who": "u-op"}).json()["items"]
    assert {item["who_name"] for item in by_person} == {"Op"}
    assert by_person[0]["detail"] == {"n": "1"}
    assert by_person[0]["previous_hash"] == by_person[1]["hash"]
    assert code_of(auditor.get("/audit", params={"cursor": "x"})) == "invalid_cursor"


def test_the_trail_of_other_towns_is_not_shown(site: Site) -> None:
    auditor = site.person("auditor", "auditor")
    site.person("stranger", "operator", towns=("elsewhere",))
    site.person("neighbour", "operator")
    note(site, "u-stranger", "evidence.view", "elsewhere")
    shown = auditor.get("/audit").json()["items"]
    assert {item["who"] for item in shown} == {"u-auditor", "u-neighbour"}
    assert {item["action"] for item in shown} == {"session.started"}
