"""Modbus RTU through the gateway's own way, over a real terminal: a value is its register's, or it is not there."""

from __future__ import annotations

import struct
from pathlib import Path

import msgspec

from edge.sensors.hj212.server.store import RawStore
from edge.sensors.modbus_line import ANSWER_WITHIN_S, client_of
from edge.sensors.values import WordsRead
from tests.integration.edge_sensors.kitchen import Moved, Running, running
from tests.integration.edge_sensors.rtu import Line, at_once, never, rtu_line
from tests.integration.edge_sensors.test_other_sensors import HEAD, REGISTERS, configured
from tests.waiting import until

FUME, FAN, UNKNOWN = 10, 20, 30
KITCHEN = 'kind = "modbus"\nurl = "serial://{path}"\nunit = {unit}\nevery_s = 1'
SECOND = HEAD.split("[[sensor]]")[1].split("[[zone]]")[0].replace("kitchen-1", "kitchen-2")


def words(fume: float = 2.75, fan: int = 351) -> dict[int, int]:
    """The holding registers of one monitor."""
    high, low = struct.unpack(">HH", struct.pack(">f", fume))
    return {FUME: high, FUME + 1: low, FAN: fan, UNKNOWN: 65535}


def kept(folder: Path, sensor: str = "kitchen-1") -> list[WordsRead]:
    """The rounds that were kept of a sensor."""
    rows = RawStore(folder / "sensors.sqlite")
    found = [msgspec.json.decode(row.raw, type=WordsRead) for row in rows.frames() if row.mn == sensor]
    rows.close()
    return found


def counted(here: Running, name: str, sensor: str = "kitchen-1") -> int:
    return here.health(sensor).counters.get(name, 0)


def test_a_device_on_a_serial_line_is_read_kept_and_judged(tmp_path: Path) -> None:
    with rtu_line({7: words()}) as line:
        config = configured(tmp_path, KITCHEN.format(path=line.path, unit=7), REGISTERS, mark='mark = "never"')
        with running(config, tmp_path, Moved(), waits=False) as here:
            until(lambda: counted(here, "rows_judged") >= 1)
            health = here.health("kitchen-1")
    assert (health.state, health.detail) == ("live", "")
    high, low = words()[FUME], words()[FUME + 1]
    (first, *_) = kept(tmp_path)
    assert first.words == {"fume": (high, low), "fan": (351,), "who_knows": (65535,), "gone": None}
    tape = (tmp_path / "tapes" / "kitchen-1" / "observations.jsonl").read_text()
    assert '{"factor":"fume_mg_m3","statistic":"Rtd","value":2.75,"unit":"mg/m3","mark":"N"}' in tape
    assert '{"factor":"fan_a","statistic":"Rtd","value":3.51,"unit":"A","mark":"N"}' in tape


def test_an_answer_that_comes_in_pieces_is_read_whole(tmp_path: Path) -> None:
    def dripping(line: Line, _unit: int, _address: int, frame: bytes) -> None:
        for byte in frame:
            line.write(bytes([byte]))
            line.stop.wait(0.03)  # as adapters do that hand on what they have each so often

    with rtu_line({1: words()}) as line:
        line.manner = dripping
        config = configured(tmp_path, KITCHEN.format(path=line.path, unit=1), REGISTERS, mark='mark = "never"')
        with running(config, tmp_path, Moved(), waits=False) as here:
            until(lambda: counted(here, "rounds") >= 1)
            assert counted(here, "reads_failed") == 0
    assert kept(tmp_path)[0].words["fan"] == (351,)


def test_an_answer_with_a_wrong_crc_is_no_value_and_is_told(tmp_path: Path) -> None:
    def garbled(line: Line, _unit: int, address: int, frame: bytes) -> None:
        line.write(frame[:-1] + bytes([frame[-1] ^ 1]) if address == FAN else frame)

    with rtu_line({1: words()}) as line:
        line.manner = garbled
        config = configured(tmp_path, KITCHEN.format(path=line.path, unit=1), REGISTERS, mark='mark = "never"')
        with running(config, tmp_path, Moved(), waits=False) as here:
            until(lambda: counted(here, "rows_judged") >= 1)
            health = here.health("kitchen-1")
    assert health.counters["reads_failed"] >= 1
    assert "no answer for fan" in health.detail
    (first, *_) = kept(tmp_path)
    assert (first.words["fan"], first.words["who_knows"]) == (None, None)
    assert first.words["fume"] is not None
    assert (1, UNKNOWN) not in line.asked[:3]  # after a silence nothing more is asked in the round


def test_a_device_without_power_is_unreachable_and_had_again_when_it_has_booted(tmp_path: Path) -> None:
    with rtu_line({1: words()}) as line:
        config = configured(tmp_path, KITCHEN.format(path=line.path, unit=1), REGISTERS, mark='mark = "never"')
        time = Moved()
        with running(config, tmp_path, time, waits=False) as here:
            until(lambda: counted(here, "rounds") >= 1)
            line.manner = never
            until(lambda: here.health("kitchen-1").state == "unreachable")
            assert "unit 1" in here.health("kitchen-1").detail
            line.write(b"\x00\xff\x01\x03boot\x00")  # what a driver says while it gets its power
            line.units[1] = words(fume=1.5)
            line.manner = at_once
            time.advance(30)
            until(lambda: counted(here, "rows_judged") >= 2)
            assert here.health("kitchen-1").state == "live"
    first, *_, last = (struct.pack(">HH", *(one.words["fume"] or ())) for one in kept(tmp_path))
    assert (struct.unpack(">f", first), struct.unpack(">f", last)) == ((2.75,), (1.5,))


def test_an_answer_that_comes_too_late_is_never_taken_for_another_register_s(tmp_path: Path) -> None:
    def dawdling(line: Line, _unit: int, _address: int, frame: bytes) -> None:
        line.stop.wait(ANSWER_WITHIN_S + 1)
        line.write(frame)

    profile = "".join(
        f'[[register]]\ncode = "{code}"\naddress = {at}\n' for code, at in (("who_knows", UNKNOWN), ("fan", FAN))
    )
    with rtu_line({1: words()}) as line:
        line.manner = dawdling
        config = configured(tmp_path, KITCHEN.format(path=line.path, unit=1), profile, mark='mark = "never"')
        with running(config, tmp_path, Moved(), waits=False) as here:
            until(lambda: counted(here, "rounds_failed") >= 1)
            line.units[1] = {UNKNOWN: 1111, FAN: 2222}
            line.manner = at_once
            until(lambda: counted(here, "rounds") >= 1)
    assert [one.words for one in kept(tmp_path)] == [{"who_knows": (1111,), "fan": (2222,)}]


def test_two_devices_on_one_line_take_turns_and_one_that_dies_leaves_the_other_its_line(tmp_path: Path) -> None:
    with rtu_line({1: words(fan=111), 2: words(fan=222)}) as line:
        both = KITCHEN.format(path=line.path, unit=1) + "\n[[sensor]]"
        both += SECOND.format(sensor=KITCHEN.format(path=line.path, unit=2))
        config = configured(tmp_path, both, REGISTERS, mark='mark = "never"')
        time = Moved()
        with running(config, tmp_path, time, waits=False) as here:
            for one in ("kitchen-1", "kitchen-2"):
                until(lambda one=one: counted(here, "rounds", one) >= 2)  # type: ignore[misc]

            def second_dies(line: Line, unit: int, _address: int, frame: bytes) -> None:
                if unit == 1:
                    line.write(frame)

            line.manner = second_dies
            until(lambda: here.health("kitchen-2").state == "unreachable")
            rounds = counted(here, "rounds")
            time.advance(30)
            until(lambda: counted(here, "rounds") >= rounds + 2)
            assert here.health("kitchen-1").state == "live"
    assert {one.words["fan"] for one in kept(tmp_path)} == {(111,)}
    assert {one.words["fan"] for one in kept(tmp_path, "kitchen-2")} == {(222,)}


def test_the_late_answer_of_one_device_is_not_taken_for_its_neighbour_s(tmp_path: Path) -> None:
    def crossing(line: Line, unit: int, _address: int, frame: bytes) -> None:
        if unit == 1:
            line.write(frame)
            return
        held.append(frame)
        line.stop.wait(ANSWER_WITHIN_S + 0.5)
        line.write(frame)

    held: list[bytes] = []
    with rtu_line({1: words(fan=111), 2: words(fan=222)}) as line:
        line.manner = crossing
        both = KITCHEN.format(path=line.path, unit=1) + "\n[[sensor]]"
        both += SECOND.format(sensor=KITCHEN.format(path=line.path, unit=2))
        config = configured(tmp_path, both, REGISTERS, mark='mark = "never"')
        time = Moved()
        with running(config, tmp_path, time, waits=False) as here:
            until(lambda: bool(held) and counted(here, "rounds_failed", "kitchen-2") >= 1)
            rounds = counted(here, "rounds")
            time.advance(1)
            until(lambda: counted(here, "rounds") >= rounds + 2)
    high, low = words()[FUME], words()[FUME + 1]
    for one in kept(tmp_path):
        assert one.words["fan"] in (None, (111,))
        assert one.words["fume"] in (None, (high, low))
    assert kept(tmp_path, "kitchen-2") == []


def test_speed_and_parity_of_a_line_are_those_of_its_sensors(tmp_path: Path) -> None:
    sensor = KITCHEN.format(path="/dev/ttyS0", unit=1) + '\nbaud = 19200\nparity = "even"'
    config = configured(tmp_path, sensor, REGISTERS, mark='mark = "never"')
    told = client_of(config.sensors[0]).comm_params  # a pseudo-terminal knows no parity
    assert (told.host, told.baudrate, told.parity) == ("/dev/ttyS0", 19200, "E")
