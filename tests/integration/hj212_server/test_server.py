"""The server over real sockets: stored first, then answered; bad frames, slow and hostile clients, taken seats."""

from __future__ import annotations

import asyncio
import socket
import sqlite3
import ssl
import subprocess
import time
from pathlib import Path

import pytest

from edge.sensors.hj212 import Variant, frame_of, segment
from edge.sensors.hj212.encoder import Draft
from edge.sensors.hj212.server import Limits
from edge.sensors.hj212.server.process import tls_of
from tests.integration.hj212_server.served import MN, Client, qn, served, until, upload


def test_a_frame_is_on_disk_when_its_answer_comes(tmp_path: Path) -> None:
    async def story() -> None:
        async with served(tmp_path) as here:
            client = await here.connect()
            for number in range(20):
                await client.send(upload(number))
                answer = await client.answer(qn(number))
                with sqlite3.connect(tmp_path / "hj212.sqlite") as other:
                    found = other.execute("SELECT raw FROM frames WHERE qn = ?", (qn(number),)).fetchall()
                other.close()
                assert found == [(upload(number),)]
                assert (answer.header.cn, answer.header.st, answer.header.mn) == ("9014", "91", MN)
            client.close()
        counters = here_counters(tmp_path)
        assert {name: counters[name] for name in ("received", "stored", "acked")} == dict.fromkeys(
            ("received", "stored", "acked"), 20
        )

    asyncio.run(story())


def here_counters(path: Path) -> dict[str, int]:
    """As the file says after the end."""
    with sqlite3.connect(path / "hj212.sqlite") as other:
        counters = dict(other.execute("SELECT name, count FROM counters"))
    other.close()
    return counters


def test_an_answer_comes_in_the_check_variant_of_the_device(tmp_path: Path) -> None:
    async def story() -> None:
        async with served(tmp_path) as here:
            client = await here.connect()
            for number, variant in enumerate(Variant):
                await client.send(upload(number, variant=variant))
                assert (await client.answer(qn(number))).variant is variant

    asyncio.run(story())


def test_bad_frames_and_noise_never_close_the_link_and_are_kept_aside(tmp_path: Path) -> None:
    async def story() -> None:
        async with served(tmp_path) as here:
            client = await here.connect()
            bad = upload(1)[:-6] + b"FFFE\r\n"
            for number in range(5, 10):
                await client.send(b"\x00AT+CSQ\r\n" + bad + upload(number))
                await client.answer(qn(number))
            assert {one.verdict for one in here.store.rejects()} == {"rejected(bad-crc)"}
            assert {one.raw for one in here.store.rejects()} == {bad.rstrip()}
            totals = await here.totals()
            assert (totals["received"], totals["stored"], totals["rejected"], totals["acked"]) == (10, 5, 5, 5)

    asyncio.run(story())


def test_a_frame_that_comes_again_is_answered_again_and_not_doubled_even_after_a_restart(tmp_path: Path) -> None:
    async def story() -> None:
        for _ in range(2):
            async with served(tmp_path) as here:
                client = await here.connect()
                for _ in range(3):
                    await client.send(upload(1))
                    await client.answer(qn(1))
        assert here_counters(tmp_path)["stored"] == 1
        assert here_counters(tmp_path)["duplicates"] == 5
        assert here_counters(tmp_path)["acked"] == 6

    asyncio.run(story())


def test_each_part_of_a_split_message_is_stored_and_answered_under_its_own_number(tmp_path: Path) -> None:
    async def story() -> None:
        async with served(tmp_path) as here:
            client = await here.connect()
            for _ in range(2):
                for part in (1, 2):
                    await client.send(upload(part, flag=7, part=(part, 2)))
                    await client.answer(qn(part))
            rows = [(row.qn, row.part, row.verdict, row.repeats) for row in here.store.frames()]
            assert rows == [(qn(1), "1/2", "partial(1/2)", 1), (qn(2), "2/2", "merged(2)", 1)]

    asyncio.run(story())


def test_what_cannot_be_stored_is_not_answered_and_is_new_when_it_comes_again(tmp_path: Path) -> None:
    async def story() -> None:
        async with served(tmp_path) as here:
            client = await here.connect()
            here.store._writer.execute("PRAGMA query_only=ON")
            await client.send(upload(1))
            await until(lambda: here.platform.commit.totals()["not_kept"] == 1)
            here.store._writer.execute("PRAGMA query_only=OFF")
            assert here.store.length() == 0
            await client.send(upload(2))
            await client.answer(qn(2))
            assert client.heard == [] or all(one.header.qn != qn(1) for one in client.heard)
            await client.send(upload(1))
            await client.answer(qn(1))
            assert {row.qn for row in here.store.frames()} == {qn(1), qn(2)}

    asyncio.run(story())


def test_slow_and_garbage_clients_do_not_hold_up_a_good_one(tmp_path: Path) -> None:
    async def story() -> None:
        async with served(tmp_path) as here:
            slow, garbage, good = [await here.connect() for _ in range(3)]

            async def dribble() -> None:
                for byte in upload(500, mn="B" * 24):
                    await slow.send(bytes([byte]))
                    await asyncio.sleep(0.002)
                await slow.answer(qn(500))

            async def pour() -> None:
                for number in range(100):
                    await garbage.send(bytes((number * 31 + at * 7) % 256 for at in range(4096)) + b"##0999")

            others = [asyncio.create_task(dribble()), asyncio.create_task(pour())]
            for number in range(100):
                await good.send(upload(number))
                await good.answer(qn(number))
            await asyncio.gather(*others)
            await garbage.send(b"\r\n" + upload(501, mn="C" * 24) + upload(502, mn="C" * 24))
            await garbage.answer(qn(502))

    asyncio.run(story())


def test_the_newest_socket_of_a_device_wins(tmp_path: Path) -> None:
    async def story() -> None:
        async with served(tmp_path) as here:
            old = await here.connect()
            await old.send(upload(1))
            await old.answer(qn(1))
            new = await here.connect()
            await new.send(upload(2))
            await new.answer(qn(2))
            await old.closed()
            await new.send(upload(3))
            await new.answer(qn(3))
            assert (await here.totals())["links_replaced"] == 1
            assert here.platform.cloned() == []

    asyncio.run(story())


def test_a_number_that_alternates_between_two_addresses_is_an_alarm_once(tmp_path: Path) -> None:
    async def story() -> None:
        async with served(tmp_path) as here:
            for number in range(6):
                client = await here.connect(host=f"127.0.0.{2 + number % 2}")
                await client.send(upload(number))
                await client.answer(qn(number))
                await until(lambda: not here.platform.commit._is_writing)
                alarmed = [one.mn for one in here.platform.cloned()]
                assert alarmed == ([MN] if number >= 3 else [])
            assert set(here.platform.cloned()[0].hosts) == {"127.0.0.2", "127.0.0.3"}
            assert (await here.totals())["cloned_mn_alarms"] == 1
            assert here.store.length() == 6

    asyncio.run(story())


def test_a_link_of_many_devices_stays_when_one_of_them_gets_its_own(tmp_path: Path) -> None:
    async def story() -> None:
        async with served(tmp_path) as here:
            forwarder = await here.connect()
            for number, mn in enumerate(("A" * 24, "B" * 24)):
                await forwarder.send(upload(number, mn=mn))
                await forwarder.answer(qn(number))
            own = await here.connect()
            await own.send(upload(2, mn="A" * 24))
            await own.answer(qn(2))
            await forwarder.send(upload(3, mn="B" * 24))
            await forwarder.answer(qn(3))

    asyncio.run(story())


def test_the_clock_is_set_on_first_contact_and_an_outage_is_asked_for(tmp_path: Path) -> None:
    async def story() -> None:
        async with served(tmp_path) as here:
            client = await here.connect()
            await client.send(upload(1))
            order = await client.next(lambda one: one.header.cn == "1012")
            assert order.header.mn == MN
            assert {value.code for value in order.values} == {"SystemTime"}
            for cn, area in (("9011", "QnRtn=1"), ("9012", "ExeRtn=1")):
                said = Draft(mn=MN, cn=cn, st="91", qn=order.header.qn, pw="123456", flag=4, area=area)
                await client.send(frame_of(segment(said)))
            await until(lambda: here.platform.commit.totals()["command_done"] == 1)
            client.close()
            here.clocks.late_s = 7200.0
            client = await here.connect()
            await client.send(upload(2))
            again = await client.next(lambda one: one.header.cn == "1012")
            for cn, area in (("9011", "QnRtn=1"), ("9012", "ExeRtn=1")):
                said = Draft(mn=MN, cn=cn, st="91", qn=again.header.qn, pw="123456", flag=4, area=area)
                await client.send(frame_of(segment(said)))
            asked = await client.next(lambda one: one.header.cn == "2051")
            assert {value.code for value in asked.values} == {"BeginTime", "EndTime"}

    asyncio.run(story())


def test_a_silent_and_an_unproven_link_are_closed_and_counted(tmp_path: Path) -> None:
    async def story() -> None:
        limits = Limits(silent_close_s=3.0, unproven_close_s=3.0)  # long enough to be proven in time on a busy machine
        async with served(tmp_path, limits=limits) as here:
            unproven = await here.connect()
            silent = await here.connect()
            await silent.send(upload(1))
            await silent.answer(qn(1))
            await unproven.closed()
            await silent.closed()
            totals = await here.totals()
            assert (totals["closed_unproven"], totals["closed_silent"]) == (1, 1)

    asyncio.run(story())


def test_links_above_the_limit_of_a_peer_are_refused_and_another_peer_comes_in(tmp_path: Path) -> None:
    async def story() -> None:
        async with served(tmp_path, limits=Limits(max_links_per_peer=3)) as here:
            mine = [await here.connect() for _ in range(3)]
            over = await here.connect()
            await over.closed()
            other = await here.connect(host="127.0.0.2")
            for number, client in enumerate([*mine, other]):
                await client.send(upload(number, mn=f"{number:024X}"))
                await client.answer(qn(number))
            assert (await here.totals())["refused_too_many_links_of_peer"] == 1

    asyncio.run(story())


def test_a_reconnect_storm_is_let_in_slowly_and_all_are_served(tmp_path: Path) -> None:
    async def story() -> None:
        limits = Limits(accepts_per_s=200.0, accept_burst=50)
        async with served(tmp_path, limits=limits) as here:
            begun_s = time.monotonic()
            clients = await asyncio.gather(*(here.connect() for _ in range(300)))

            async def speak(number: int, client: Client) -> None:
                await client.send(upload(number, mn=f"{number:024X}"))
                await client.answer(qn(number))

            await asyncio.gather(*(speak(number, client) for number, client in enumerate(clients)))
            totals = await here.totals()
            assert (totals["stored"], totals["links"]) == (300, 300)
            assert totals["accepts_delayed"] >= 200
            assert time.monotonic() - begun_s >= (300 - limits.accept_burst) / limits.accepts_per_s
            for client in clients:
                client.close()
            await until(lambda: here.platform._doorman.links == 0)

    asyncio.run(story())


def test_a_client_that_does_not_read_its_answers_is_closed(tmp_path: Path) -> None:
    async def story() -> None:
        async with served(tmp_path, limits=Limits(write_timeout_s=0.3)) as here:
            deaf = await here.connect()
            deaf.writer.get_extra_info("socket").setsockopt(socket.SOL_SOCKET, socket.SO_RCVBUF, 8192)
            sending = asyncio.create_task(flood(deaf))
            await until(lambda: here.platform.commit.totals()["closed_not_reading"] == 1)
            sending.cancel()
            await asyncio.gather(sending, return_exceptions=True)
            good = await here.connect()
            await good.send(upload(1, mn="C" * 24))
            await good.answer(qn(1))

    async def flood(client: Client) -> None:
        frame = upload(1) * 100
        while True:
            await client.send(frame)

    asyncio.run(story())


def test_a_link_over_tls_is_served_and_a_plain_one_beside_it_is_not(tmp_path: Path) -> None:
    certificate, key = tmp_path / "tls.crt", tmp_path / "tls.key"
    asked = ["openssl", "req", "-x509", "-newkey", "ed25519", "-nodes", "-subj", "/CN=127.0.0.1", "-days", "1"]
    asked += ["-addext", "subjectAltName=IP:127.0.0.1", "-keyout", str(key), "-out", str(certificate)]
    subprocess.run(asked, check=True, capture_output=True)

    async def story() -> None:
        async with served(tmp_path, tls=tls_of(certificate, key)) as here:
            trust = ssl.create_default_context(cafile=certificate)
            plain = await here.connect()
            await plain.send(upload(1))
            await plain.closed()
            sealed = await here.connect(tls=trust)
            await sealed.send(upload(2))
            await sealed.answer(qn(2))
            assert [row.qn for row in here.store.frames()] == [qn(2)]

    asyncio.run(story())


def test_a_split_message_that_stays_open_is_told_after_ten_minutes_without_being_received_twice(tmp_path: Path) -> None:
    async def story() -> None:
        async with served(tmp_path) as here:
            client = await here.connect()
            await client.send(upload(1, flag=7, part=(1, 3)))
            await client.answer(qn(1))
            here.clocks.late_s = 601.0
            await until(lambda: here.platform.commit.totals()["splits_left"] == 1)
            (left,) = here.store.rejects()
            assert (left.mn, left.verdict) == (MN, "stored-raw(incomplete-split(missing=2,3))")
            totals = await here.totals()
            assert (totals["received"], totals["stored"], totals["rejected"]) == (1, 1, 0)
            await client.send(upload(2))
            await client.answer(qn(2))

    asyncio.run(story())


def test_a_factory_number_is_stored_and_marked_as_nobodys_evidence(tmp_path: Path) -> None:
    async def story() -> None:
        async with served(tmp_path) as here:
            client = await here.connect()
            await client.send(upload(1, mn="88888880000001"))
            await client.answer(qn(1))
            (row,) = here.store.frames()
            assert "factory-mn" in row.marks.split(",")

    asyncio.run(story())


def test_a_stop_leaves_no_link_open_and_every_counter_on_disk(tmp_path: Path) -> None:
    async def story() -> dict[str, int]:
        async with served(tmp_path) as here:
            clients = [await here.connect() for _ in range(5)]
            for number, client in enumerate(clients):
                await client.send(upload(number, mn=f"{number:024X}"))
                await client.answer(qn(number))
            await until(lambda: here.platform.commit.totals()["acked"] == 5)
            totals = await here.totals()
        assert not here.platform._links
        with pytest.raises(ConnectionRefusedError):
            await Client.connect(here.platform.port)
        return totals

    totals = asyncio.run(story())
    assert here_counters(tmp_path) == totals
