"""From a device's socket to a signed package: kept, answered, judged, proved."""

from __future__ import annotations

import hashlib
from pathlib import Path

from PIL import Image

from contract import codec
from contract.manifest import public_key_hex
from contract.readings import Reading
from edge.replay import replay_tape
from edge.sensors.hj212.escapes import unescaped
from tantou.verify import verify_folder
from tests.integration.edge_replay.street import KEY
from tests.integration.edge_sensors.kitchen import Device, Moved, Running, config_of, kitchen, lines, running
from tests.waiting import until


def cook(here: Running, device: Device, *, minutes: int, **values: float) -> None:
    """Reports each 30 s, each acked before the next."""
    for number in range(minutes * 2):
        here.time.advance(30)
        extra = dict(values)
        extra.setdefault("fume", 0.8 + number % 7 / 100)
        device.acked(device.send(kitchen(**extra)))  # type: ignore[arg-type]


def test_a_purifier_that_is_off_becomes_a_lead_whose_package_verifies(tmp_path: Path) -> None:
    with running(config_of(tmp_path), tmp_path, Moved()) as here:
        device = Device(here.station.port, here.time)
        cook(here, device, minutes=3)
        cook(here, device, minutes=12, purifier=0.0)
        here.judged(30)
        until(lambda: bool(here.events()))
        event = here.events()[0]
        device.close()
    assert (event.matter, event.device, event.zone, event.phase) == ("cooking_fumes", "kitchen-1", "flue-1", "opened")
    assert (event.facts["rule"], event.facts["premises"]) == ("R1", "Noodle house")
    assert event.facts["sensor"]["bound"] is True
    assert event.facts["sensor"]["profile"] == "simulated"
    assert event.facts["legal_note"] == "not_a_legal_measurement"
    assert event.evidence is not None
    assert {item.role for item in event.evidence.items} == {"readings", "curve", "binding", "observations"}
    package = tmp_path / "evidence" / event.event_id
    report = verify_folder(package, frozenset({public_key_hex(KEY)}))
    assert (report.whole, report.signer) == (True, "proved")
    head, *readings = lines((package / "readings.jsonl").read_bytes())
    assert head["legal_note"]
    assert readings
    for reading in readings:
        raw = unescaped(str(reading["raw"]).encode())
        assert hashlib.sha256(raw).hexdigest() == reading["raw_sha256"]
        assert reading["received"]
    assert Image.open(package / "curve.png").size == (1600, 1130)
    (binding,) = lines((package / "binding.json").read_bytes().replace(b"\n", b" "))
    assert (binding["mn"], binding["calibrated_on"], binding["bound_on"]) == (device.mn, "2026-01-09", "2026-01-10")


def test_a_value_with_another_mark_than_normal_never_supports_a_value_above_the_limit(tmp_path: Path) -> None:
    with running(config_of(tmp_path), tmp_path, Moved()) as here:
        device = Device(here.station.port, here.time)
        for _ in range(80):
            here.time.advance(30)
            device.acked(device.send(kitchen(fume=6.5, mark="M")))
        here.judged(80)
        assert here.events() == []
        device.close()


def test_the_tape_of_a_sensor_judged_again_gives_the_same_events_to_the_byte(tmp_path: Path) -> None:
    with running(config_of(tmp_path), tmp_path, Moved()) as here:
        device = Device(here.station.port, here.time)
        cook(here, device, minutes=14, purifier=0.0)
        here.judged(28)
        until(lambda: bool(here.events()))
        sent = [waiting.body for waiting in here.spool.events.pending(1000)]
        device.close()
    replay_tape(tmp_path / "tapes" / "kitchen-1" / "observations.jsonl", out=tmp_path / "again", say=lambda _text: None)
    assert (tmp_path / "again" / "events.jsonl").read_bytes().splitlines() == sent


def test_a_reading_a_factor_and_minute_waits_for_the_centre_and_the_day_so_far_is_told(tmp_path: Path) -> None:
    with running(config_of(tmp_path), tmp_path, Moved()) as here:
        device = Device(here.station.port, here.time)
        cook(here, device, minutes=4)
        cook(here, device, minutes=2, purifier=0.0)
        here.judged(12)
        device.close()
        waiting = here.spool.readings.pending(1000)
        told = [codec.decode(one.body).data for one in waiting]
        linkage = here.health("kitchen-1").linkage
    assert all(isinstance(one, Reading) for one in told)
    minutes = [(one.factor, one.at[:16]) for one in told if isinstance(one, Reading)]
    assert len(minutes) == len(set(minutes))
    assert {factor for factor, _ in minutes} == {"fume_mg_m3", "fan_a", "purifier_a", "fan_state", "purifier_state"}
    assert linkage is not None
    assert (linkage.day, linkage.fan_s, linkage.purifier_s) == ("2026-03-02", 330.0, 210.0)
