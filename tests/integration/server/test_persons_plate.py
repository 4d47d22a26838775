"""A person's plate reading is kept apart from the machine's: in the history's chain, never in the event's facts."""

from __future__ import annotations

import pytest

from tests.integration.acts import event
from tests.integration.server.site import Site, code_of, decide

PLATE = "皖A12345"


def alert_with_plate(site: Site, number: int, plate: str | None) -> str:
    """An alert whose machine read that plate."""
    facts = event(number).facts | {"plate": plate}
    return site.alert(number, facts=facts)


@pytest.mark.parametrize("machine", [None, "皖A12346"])
def test_a_persons_plate_goes_into_the_history_and_leaves_the_machines_as_it_was(
    site: Site, machine: str | None
) -> None:
    operator = site.person("op", "operator")
    lead = alert_with_plate(site, 1, machine)
    operator.post(f"/leads/{lead}/claim")
    assert operator.get(f"/leads/{lead}").json()["plate_by_person"] is None
    confirmed = decide(operator, lead, verdict="confirm", plate_by_person=PLATE, note="seen").json()
    told = confirmed["plate_by_person"]
    assert (told["plate"], told["who"]) == (PLATE, {"id": "u-op", "name": "Op"})
    assert confirmed["event"]["facts"]["plate"] == machine
    entry = confirmed["history"][-1]
    assert (entry["action"], entry["reason"], entry["note"]) == ("confirm", f"plate: {PLATE}", "seen")
    assert entry["previous_hash"] == confirmed["history"][-2]["hash"]
    assert operator.get(f"/leads/{lead}").json()["plate_by_person"] == told


def test_lists_show_no_plate_of_a_person_and_the_machines_masked(site: Site) -> None:
    operator = site.person("op", "operator")
    lead = alert_with_plate(site, 2, "皖A98765")
    operator.post(f"/leads/{lead}/claim")
    decide(operator, lead, verdict="confirm", plate_by_person=PLATE)
    listed = operator.get("/leads").text
    assert "12345" not in listed
    assert "98765" not in listed


def test_a_verdict_taken_back_takes_the_plate_back_and_the_history_keeps_both(site: Site) -> None:
    operator = site.person("op", "operator")
    lead = site.alert()
    operator.post(f"/leads/{lead}/claim")
    confirmed = decide(operator, lead, verdict="confirm", plate_by_person=PLATE)
    undone = operator.post(f"/leads/{lead}/undo", headers={"If-Match": confirmed.headers["etag"]}).json()
    assert undone["plate_by_person"] is None
    assert [row["reason"] for row in undone["history"] if row["action"] == "confirm"] == [f"plate: {PLATE}"]
    assert decide(operator, lead, verdict="confirm").json()["plate_by_person"] is None


@pytest.mark.parametrize(
    "body",
    [
        {"verdict": "dismiss", "reason": "loading", "plate_by_person": PLATE},
        {"verdict": "confirm", "plate_by_person": ""},
        {"verdict": "confirm", "plate_by_person": "皖A 12345"},
        {"verdict": "confirm", "plate_by_person": "x" * 2000},
        {"verdict": "confirm", "plate_by_person": "皖a12345"},
    ],
)
def test_what_is_no_plate_and_a_plate_with_a_dismissal_are_refused(site: Site, body: dict[str, str]) -> None:
    operator = site.person("op", "operator")
    lead = site.alert()
    operator.post(f"/leads/{lead}/claim")
    assert code_of(decide(operator, lead, **body)) == "invalid_request"
