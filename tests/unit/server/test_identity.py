"""Passwords and the back-off, without a server."""

from __future__ import annotations

import asyncio

import pytest
from argon2 import PasswordHasher, Type, extract_parameters

from contract.times import NS
from server.config import SessionConfig
from server.identity import backoff, passwords
from server.identity.backoff import Backoff
from server.identity.login import LoginGate
from server.problems import Problem

WEAK = PasswordHasher(time_cost=1, memory_cost=8, parallelism=1)


def test_a_hash_is_argon2id_and_fits_its_own_password_only() -> None:
    made = passwords.hash_password("correct horse", WEAK)
    assert made.startswith("$argon2id$")
    assert passwords.is_right(made, "correct horse", WEAK)
    assert not passwords.is_right(made, "correct horsf", WEAK)


def test_a_damaged_hash_fits_nothing() -> None:
    assert not passwords.is_right("$argon2id$nonsense", "x", WEAK)
    assert not passwords.is_right("", "x", WEAK)


@pytest.mark.parametrize("password", ["", "short", "x" * 257])
def test_a_password_that_is_too_short_or_too_long_is_refused(password: str) -> None:
    with pytest.raises(ValueError, match="characters"):
        passwords.hash_password(password, WEAK)


def test_a_weak_hash_is_made_anew_and_a_good_one_is_not() -> None:
    better = PasswordHasher(time_cost=2, memory_cost=16, parallelism=1)
    weak = passwords.hash_password("correct horse", WEAK)
    made = passwords.upgraded(weak, "correct horse", better)
    assert made is not None
    assert passwords.is_right(made, "correct horse", better)
    assert passwords.upgraded(made, "correct horse", better) is None


def test_the_hash_of_nobody_costs_as_much_as_a_real_one_and_fits_nothing() -> None:
    assert extract_parameters(passwords.hash_of_nobody()) == extract_parameters(passwords.HASHER.hash("x" * 10))
    assert extract_parameters(passwords.hash_of_nobody()).type is Type.ID
    assert not passwords.is_right(passwords.hash_of_nobody(WEAK), "x", WEAK)


def test_random_passwords_differ_and_are_long_enough() -> None:
    made = {passwords.random_password() for _ in range(50)}
    assert len(made) == 50
    assert all(len(one.replace("-", "")) == 20 for one in made)


def test_after_some_failures_the_wait_doubles_up_to_its_bound() -> None:
    names = Backoff(failures_free=3, wait_max_s=4)
    waits = []
    for _ in range(7):
        names.failed("a", 0)
        waits.append(names.wait_ns("a", 0) // NS)
    assert waits == [0, 0, 1, 2, 4, 4, 4]
    assert names.wait_ns("a", 3 * NS) == NS
    assert names.wait_ns("a", 4 * NS) == 0
    assert names.wait_ns("b", 0) == 0


def test_the_right_password_and_an_hour_without_failures_clear_a_name() -> None:
    names = Backoff(failures_free=1, wait_max_s=4)
    names.failed("a", 0)
    names.succeeded("a")
    assert names.wait_ns("a", 0) == 0
    names.failed("b", 0)
    names.failed("b", 0)
    later = backoff.FORGET_NS + NS
    names.failed("b", later)
    assert names.wait_ns("b", later) == NS


def test_the_names_kept_are_bounded(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(backoff, "MAX_NAMES", 2)
    names = Backoff(failures_free=1, wait_max_s=4)
    for name in ("a", "b", "c"):
        names.failed(name, 0)
    assert [names.wait_ns(name, 0) > 0 for name in ("a", "b", "c")] == [False, True, True]


def test_more_log_ins_at_once_than_may_wait_are_told_to_come_back() -> None:
    gate = LoginGate(SessionConfig(logins_at_once=1, logins_waiting=2), lambda: 0)
    kept = passwords.hash_password("correct horse", WEAK)

    async def all_at_once() -> list[bool | BaseException]:
        tries = [gate.is_right(f"user-{number}", kept, "correct horse") for number in range(6)]
        return await asyncio.gather(*tries, return_exceptions=True)

    answers = asyncio.run(all_at_once())
    assert answers[:3] == [True, True, True]
    assert [one.code for one in answers[3:] if isinstance(one, Problem)] == ["login_busy"] * 3
