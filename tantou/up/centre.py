"""What `tantou up` settles with the centre before its children need it: the gateway's token, the demo's people."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager

from contract.manifest import read_trusted_keys
from contract.times import utc_from_ns
from server import accounts
from server.accounts import NewUser
from server.identity.passwords import random_password
from store import Store, gateways, open_store, users
from tantou.up.configs import GATEWAY, TOWN, blobs, database_url
from tantou.up.layout import Layout, write_secret

PEOPLE = (
    NewUser(name="operator", display_name="示范值班员", roles=("operator",), towns=(TOWN,)),
    NewUser(name="officer", display_name="示范办案员", roles=("case_officer",), towns=(TOWN,)),
)


@contextmanager
def opened(layout: Layout) -> Iterator[Store]:
    """The centre's store, its tables brought to this version."""
    store = open_store(database_url(layout), blobs(layout))
    try:
        yield store
    finally:
        store.close()


def register_gateway(store: Store, layout: Layout, *, now_ns: int) -> None:
    """The gateway's key is known at the centre, and its token is in its file; nothing is done when both hold."""
    (key_hex,) = read_trusted_keys(layout.trusted_keys.read_bytes())
    path = layout.secret("gateway.token")
    with store.write() as conn:
        known = gateways.by_token(conn, path.read_text().strip()) if path.exists() else None
        wanted = gateways.Gateway(id=GATEWAY, town=TOWN, public_key_hex=key_hex)
        if known != wanted:
            write_secret(path, gateways.register(conn, wanted, at=utc_from_ns(now_ns)) + "\n")


def add_people(store: Store, layout: Layout, *, now_ns: int) -> None:
    """The demo's operator and officer can log in; their passwords, made on first use, are in `layout.people`."""
    is_told = layout.people.exists()
    told = dict(line.split() for line in layout.people.read_text().splitlines()) if is_told else {}
    secrets = {person.name: told.get(person.name) or random_password() for person in PEOPLE}
    with store.read() as conn:
        known = {user.name for user in users.all_users(conn)}
    for person in PEOPLE:
        if person.name not in known:
            accounts.add(store, person, secrets[person.name], at=utc_from_ns(now_ns))
        elif person.name not in told:  # the file was removed: they get new passwords
            accounts.reset(store, person.name, secrets[person.name], at=utc_from_ns(now_ns))
    if secrets != told:
        write_secret(layout.people, "".join(f"{name} {secret}\n" for name, secret in secrets.items()))


def gateway_is_online(store: Store) -> bool:
    """Whether the centre has heard of the gateway since its last farewell."""
    with store.read() as conn:
        status = gateways.status(conn, GATEWAY)
    return status is not None and status.online
