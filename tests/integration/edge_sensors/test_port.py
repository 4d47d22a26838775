"""What comes to the port and is nobody's, codes that nobody explained, numbers used twice, and filled outages."""

from __future__ import annotations

import socket
from datetime import timedelta
from pathlib import Path

import msgspec

from edge.sensors.hj212.server.store import RawStore
from edge.sensors.hj212.values import CHINA
from tests.integration.edge_sensors.kitchen import MN, Device, Moved, config_of, kitchen, running
from tests.waiting import until


def kinds(items: object) -> list[str]:
    return [one.kind for one in items]  # type: ignore[attr-defined]


def test_a_number_that_nobody_bound_is_kept_answered_and_asked_about(tmp_path: Path) -> None:
    with running(config_of(tmp_path), tmp_path, Moved()) as here:
        stranger = Device(here.station.port, here.time, mn="B00000000000000000000001")
        stranger.acked(stranger.send(kitchen()))
        until(lambda: kinds(here.health("hj212").maintenance) == ["unknown_mn"])
        (item,) = here.health("hj212").maintenance
        assert item.values["mn"] == stranger.mn
        until(lambda: here.health("hj212").counters.get("frames_of_strangers") == 1)
        counters = here.health("hj212").counters
        stranger.close()
    assert (counters["received"], counters["stored"]) == (1, 1)
    rows = RawStore(tmp_path / "hj212.sqlite")
    (row,) = rows.marked("unbound-mn")
    assert row.mn == stranger.mn
    rows.close()


def test_a_factory_number_is_told_apart_and_is_nobodys_evidence(tmp_path: Path) -> None:
    with running(config_of(tmp_path), tmp_path, Moved()) as here:
        device = Device(here.station.port, here.time, mn="88888880000001")
        device.acked(device.send(kitchen()))
        until(lambda: kinds(here.health("hj212").maintenance) == ["factory_mn"])
        device.close()


def test_a_code_that_no_profile_names_is_kept_and_asked_about_once(tmp_path: Path) -> None:
    with running(config_of(tmp_path), tmp_path, Moved()) as here:
        device = Device(here.station.port, here.time)
        for _ in range(3):
            here.time.advance(30)
            device.acked(device.send(kitchen() + ";zz99-Rtd=7.5,zz99-Flag=N"))
        here.judged(3)
        until(lambda: "unknown_factor" in kinds(here.health("kitchen-1").maintenance))
        asked = [one for one in here.health("kitchen-1").maintenance if one.kind == "unknown_factor"]
        device.close()
    assert [one.values["code"] for one in asked] == ["zz99"]
    assert asked[0].values["sample"] == "7.5"
    tape = (tmp_path / "tapes" / "kitchen-1" / "observations.jsonl").read_text()
    assert '"factor":"zz99"' in tape


def test_a_number_that_comes_from_two_places_in_turn_is_a_state_of_its_sensor(tmp_path: Path) -> None:
    with running(config_of(tmp_path), tmp_path, Moved()) as here:
        devices = []
        for number in range(6):
            here.time.advance(20)
            device = Device(here.station.port, here.time, host=f"127.0.0.{2 + number % 2}")
            device.acked(device.send(kitchen()))
            devices.append(device)
        until(lambda: here.health("kitchen-1").state == "cloned")
        assert "cloned_mn" in kinds(here.health("kitchen-1").maintenance)
        until(lambda: here.health("hj212").counters.get("links_replaced", 0) == 5)
        for device in devices:
            device.close()


def test_a_silent_device_is_told_as_stalled_and_live_again_when_it_speaks(tmp_path: Path) -> None:
    with running(config_of(tmp_path), tmp_path, Moved()) as here:
        assert here.health("kitchen-1").state == "starting"
        device = Device(here.station.port, here.time)
        device.acked(device.send(kitchen()))
        here.judged(1)
        assert here.health("kitchen-1").state == "live"
        here.time.advance(600)
        assert here.health("kitchen-1").state == "stalled"
        device.acked(device.send(kitchen()))
        here.judged(2)
        assert here.health("kitchen-1").state == "live"
        device.close()


def test_the_clock_is_set_at_first_contact_and_an_outage_is_filled_from_the_devices_store(tmp_path: Path) -> None:
    with running(config_of(tmp_path), tmp_path, Moved()) as here:
        device = Device(here.station.port, here.time)
        device.acked(device.send(kitchen()))
        clock = device.hear(lambda one: one.header.cn == "1012")
        device.answer(str(clock.header.qn), "9011", "QnRtn=1")
        device.answer(str(clock.header.qn), "9012", "ExeRtn=1")
        until(lambda: here.health("hj212").counters.get("command_done") == 1)
        assert clock.values[0].code == "SystemTime"
        device.close()
        left = here.time.clock
        here.time.advance(3600)
        device = Device(here.station.port, here.time)
        device.acked(device.send(kitchen()))
        asked = device.hear(lambda one: one.header.cn in {"1012", "2051"})
        while asked.header.cn == "1012":  # one command at a time: the clock's is answered and done first
            number = str(asked.header.qn)
            device.answer(number, "9011", "QnRtn=1")
            device.answer(number, "9012", "ExeRtn=1")
            asked = device.hear(lambda one: one.header.cn in {"1012", "2051"})
        wanted = {value.code: value.text for value in asked.values}
        assert wanted == {
            "BeginTime": f"{left:%Y%m%d%H%M%S}",
            "EndTime": f"{left + timedelta(hours=1):%Y%m%d%H%M%S}",
        }
        minute = (left + timedelta(minutes=20)).astimezone(CHINA)
        device.answer(str(asked.header.qn), "9011", "QnRtn=1")
        device.answer(
            str(asked.header.qn), "2051", f"DataTime={minute:%Y%m%d%H%M%S};a34041-Avg=0.70,a34041-Flag=N", st="31"
        )
        device.answer(str(asked.header.qn), "9012", "ExeRtn=1")
        until(lambda: here.health("kitchen-1").counters.get("readings", 0) >= 3)
        device.close()
    tape = (tmp_path / "tapes" / "kitchen-1" / "observations.jsonl").read_text()
    (filled,) = [line for line in tape.splitlines() if '"back_filled":true' in line]
    assert '"statistic":"Avg"' in filled


def test_a_frame_with_a_bad_check_is_quarantined_and_the_link_goes_on(tmp_path: Path) -> None:
    with running(config_of(tmp_path), tmp_path, Moved()) as here:
        device = Device(here.station.port, here.time)
        device.acked(device.send(kitchen()))
        device.socket.sendall(b"##0018QN=20260302114000000FBB0\r\n")
        device.acked(device.send(kitchen(fume=0.9)))
        until(lambda: here.health("hj212").counters.get("rejected", 0) == 1)
        counters = here.health("hj212").counters
        device.close()
    assert counters["received"] == counters["stored"] + counters["rejected"] == 3


def test_a_port_that_is_taken_is_told_and_had_when_it_is_free(tmp_path: Path) -> None:
    with socket.socket() as taken:
        taken.bind(("127.0.0.1", 0))
        taken.listen()
        port = taken.getsockname()[1]
        config = config_of(tmp_path)
        assert config.hj212 is not None
        config = msgspec.structs.replace(config, hj212=msgspec.structs.replace(config.hj212, port=port))
        with running(config, tmp_path, Moved(), waits=False) as here:
            until(lambda: "cannot listen" in here.health("hj212").detail)
            assert here.health("hj212").state == "unreachable"
            assert here.health("kitchen-1").state == "unreachable"
            taken.close()
            until(lambda: here.station.port == port)


def test_old_rows_go_and_those_that_are_not_judged_stay(tmp_path: Path) -> None:
    rows = RawStore(tmp_path / "hj212.sqlite")
    with running(config_of(tmp_path), tmp_path, Moved()) as here:
        device = Device(here.station.port, here.time)
        for _ in range(5):
            here.time.advance(30)
            device.acked(device.send(kitchen()))
        here.judged(5)
        device.close()
    before = [row.id for row in rows.frames()]
    gone = rows.let_go(before_ns=2**62, keep_bytes=2**62, unjudged={MN: before[2]})
    assert gone == 3
    assert [row.id for row in rows.frames()] == before[3:]
    assert rows.counters()["rows_let_go"] == 3
    assert rows.let_go(before_ns=0, keep_bytes=0, unjudged={}) == 2
    rows.close()


def test_a_gap_that_a_rule_finds_on_an_open_link_is_asked_for_once(tmp_path: Path) -> None:
    with running(config_of(tmp_path), tmp_path, Moved()) as here:
        device = Device(here.station.port, here.time)
        device.acked(device.send(kitchen()))
        clock = device.hear(lambda one: one.header.cn == "1012")
        device.answer(str(clock.header.qn), "9011", "QnRtn=1")
        device.answer(str(clock.header.qn), "9012", "ExeRtn=1")
        for _ in range(20):  # so that the silence is one of a device that was heard
            here.time.advance(30)
            device.acked(device.send(kitchen()))
        here.judged(21)
        silent_from = here.time.clock
        tape = tmp_path / "tapes" / "kitchen-1" / "observations.jsonl"
        for _ in range(4):
            here.time.advance(600)
            passed = f'"at_ns":{here.time.at_ns}}}'
            until(lambda passed=passed: passed in tape.read_text())  # type: ignore[misc]
        back = here.time.clock
        device.acked(device.send(kitchen()))
        asked = device.hear(lambda one: one.header.cn == "2051")
        wanted = {value.code: value.text for value in asked.values}
        device.close()
    assert f"{silent_from:%Y%m%d%H%M}" <= wanted["BeginTime"][:12] < f"{back:%Y%m%d%H%M}"


def test_another_password_than_the_configured_one_is_an_item_until_it_is_right_again(tmp_path: Path) -> None:
    secret = tmp_path / "pw"
    secret.write_text("654321")
    secret.chmod(0o600)
    config = config_of(tmp_path)
    sensor = msgspec.structs.replace(config.sensors[0], password_file=str(secret))
    with running(msgspec.structs.replace(config, sensors=(sensor,)), tmp_path, Moved()) as here:
        device = Device(here.station.port, here.time)
        device.acked(device.send(kitchen()))
        here.judged(1)
        assert "wrong_password" in kinds(here.health("kitchen-1").maintenance)
        here.time.advance(30)
        right = Device(here.station.port, here.time, pw="654321")
        right.acked(right.send(kitchen()))
        here.judged(2)
        assert "wrong_password" not in kinds(here.health("kitchen-1").maintenance)
        device.close()
        right.close()
    assert '"doubts":["wrong_password"]' in (tmp_path / "tapes" / "kitchen-1" / "observations.jsonl").read_text()
