"""Gateways, their devices and zones as births, wills and heartbeats tell them."""

from __future__ import annotations

import pytest

from contract.errors import StoreError
from contract.health import BornDevice, Will
from store import Store, feed, gateways, lead_lists
from tests.integration.acts import at, birth, born_zone, device_health, gateway, health


def registered(store: Store) -> str:
    with store.write() as conn:
        return gateways.register(conn, gateway(), at=at(0))


def test_a_token_opens_for_its_gateway_only_and_is_kept_as_a_hash(store: Store) -> None:
    token = registered(store)
    with store.write() as conn:
        other = gateways.register(conn, gateway(id="gw-2"), at=at(0))
        assert gateways.by_token(conn, token) == gateway()
        assert gateways.by_token(conn, other) == gateway(id="gw-2")
        assert gateways.by_token(conn, token + "x") is None
        kept = conn.exec_driver_sql("SELECT token_sha256 FROM gateways").scalars().all()
    assert token not in kept


def test_registering_again_gives_a_new_token_and_ends_the_old_one(store: Store) -> None:
    old = registered(store)
    with store.write() as conn:
        new = gateways.register(conn, gateway(public_key_hex="cd" * 32), at=at(9))
        assert gateways.by_token(conn, old) is None
        found = gateways.by_token(conn, new)
    assert found is not None
    assert found.public_key_hex == "cd" * 32


def test_a_birth_with_another_key_is_refused_and_changes_nothing(store: Store) -> None:
    registered(store)
    with store.write() as conn:
        with pytest.raises(StoreError, match="public key differs"):
            gateways.take_birth(conn, birth(public_key="cd" * 32), at=at(1))
        assert gateways.status(conn, "gw-1") is None


def test_birth_heartbeat_and_will_tell_how_a_gateway_and_its_devices_stand(store: Store) -> None:
    registered(store)
    with store.write() as conn:
        gateways.take_birth(conn, birth(), at=at(1))
        (born,) = gateways.list_devices(conn, {"demo"})
        gateways.take_health(conn, health(device_health("live")), at=at(2))
        (live,) = gateways.list_devices(conn, {"demo"}, gateway="gw-1", device="cam-1")
        queue = lead_lists.queue(conn, None, at=at(3))
        gateways.take_will(conn, Will(gateway="gw-1", town="demo", reason="lost"), born=at(0), at=at(4))
        (gone,) = gateways.list_devices(conn, {"demo"})
        status = gateways.status(conn, "gw-1")
    assert born.born is not None
    assert live.health is not None
    assert (born.born.name, born.health, born.gateway_online) == ("North gate", None, True)
    assert (live.health.state, live.software, live.gateway_at) == ("live", "tantou 0", at(2))
    assert live.zones == (born_zone(),)
    assert (queue.cameras_live, queue.cameras_total) == (1, 1)
    assert (gone.gateway_online, gone.gateway_at) == (False, at(4))
    assert status is not None
    assert (status.birth, status.online) == (birth(), False)


def test_the_feed_hears_of_a_devices_state_only_when_it_changes(store: Store) -> None:
    registered(store)
    with store.write() as conn:
        gateways.take_birth(conn, birth(), at=at(1))
    with store.write() as conn:
        _, start = feed.bounds(conn)
        for second, state in enumerate(("live", "live", "frozen", "frozen"), 2):
            gateways.take_health(conn, health(device_health(state), at=at(second)), at=at(second))
    with store.read() as conn:
        told = [(change.key["device"], change.key["state"]) for change in feed.since(conn, start)]
    assert told == [("cam-1", "live"), ("cam-1", "frozen")]


def test_what_a_new_birth_does_not_name_is_retired_and_keeps_its_name(store: Store) -> None:
    registered(store)
    camera = BornDevice(device="cam-2", name="South gate", kind="camera")
    with store.write() as conn:
        gateways.take_birth(conn, birth(), at=at(1))
        gateways.take_birth(conn, birth(at=at(2), devices=(camera,), zones=()), at=at(2))
        assert [view.device for view in gateways.list_devices(conn, None)] == ["cam-2"]
        names = gateways.names(conn, "device", ["gw-1"])
        zones = gateways.names(conn, "zone", ["gw-1"])
        gateways.take_birth(conn, birth(at=at(3)), at=at(3))
        assert [view.device for view in gateways.list_devices(conn, None)] == ["cam-1"]
    assert names == {("gw-1", "cam-1"): "North gate", ("gw-1", "cam-2"): "South gate"}
    assert zones == {("gw-1", "cam-1", "zone-1"): "Bus stop"}


def test_a_device_that_only_a_heartbeat_names_is_shown_without_a_name(store: Store) -> None:
    registered(store)
    with store.write() as conn:
        gateways.take_health(conn, health(device_health("unreachable")), at=at(2))
        (view,) = gateways.list_devices(conn, {"demo"})
        assert gateways.list_devices(conn, {"west"}) == []
    assert view.born is None
    assert view.health is not None
    assert view.health.state == "unreachable"


WILL = Will(gateway="gw-1", town="demo", reason="lost")


@pytest.mark.parametrize("order", [("birth", "will"), ("will", "birth")])
def test_a_retained_birth_and_its_own_will_leave_the_gateway_off_line_in_either_order(
    store: Store, order: tuple[str, str]
) -> None:
    registered(store)
    steps = {
        "birth": lambda conn: gateways.take_birth(conn, birth(at=at(5)), at=at(9)),
        "will": lambda conn: gateways.take_will(conn, WILL, born=at(5), at=at(9)),
    }
    with store.write() as conn:
        for step in order:
            steps[step](conn)
        status = gateways.status(conn, "gw-1")
    assert status is not None
    assert not status.online
    assert status.birth is not None


def test_a_will_of_an_earlier_connection_does_not_end_the_new_one(store: Store) -> None:
    registered(store)
    with store.write() as conn:
        gateways.take_birth(conn, birth(at=at(5)), at=at(5))
        gateways.take_will(conn, WILL, born=at(4), at=at(6))
        alive = gateways.status(conn, "gw-1")
        gateways.take_will(conn, WILL, born=at(5), at=at(7))
        gateways.take_health(conn, health(device_health(), at=at(8)), at=at(8))
        gateways.take_will(conn, WILL, born=at(5), at=at(9))  # retained, so it comes again after a reconnect
        back = gateways.status(conn, "gw-1")
    assert alive is not None
    assert back is not None
    assert (alive.online, back.online) == (True, True)
