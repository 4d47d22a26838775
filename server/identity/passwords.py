"""Passwords: argon2id hashes, their upgrade, and random passwords for people to type once.

A hash takes about 64 MB and 0.2 s, so whoever calls `verify` bounds how many run at one time.
"""

from __future__ import annotations

import secrets
from base64 import b64encode

from argon2 import PasswordHasher
from argon2.exceptions import InvalidHashError, VerificationError

MIN_PASSWORD_CHARS = 10
MAX_PASSWORD_CHARS = 256
_ALPHABET = "abcdefghjkmnpqrstuvwxyz23456789"  # nothing that looks like another in print
_GROUPS = 4
_GROUP_CHARS = 5

HASHER = PasswordHasher()  # argon2id with the RFC 9106 low-memory parameters


def hash_password(password: str, hasher: PasswordHasher = HASHER) -> str:
    """The argon2id hash in PHC form; raises ValueError for a password that is too short or too long."""
    if not MIN_PASSWORD_CHARS <= len(password) <= MAX_PASSWORD_CHARS:
        raise ValueError(f"password: {len(password)} characters, expected {MIN_PASSWORD_CHARS} to {MAX_PASSWORD_CHARS}")
    return hasher.hash(password)


def is_right(password_hash: str, password: str, hasher: PasswordHasher = HASHER) -> bool:
    """Whether the password is the one that was hashed; a damaged hash fits nothing."""
    try:
        return hasher.verify(password_hash, password)
    except (VerificationError, InvalidHashError):
        return False


def upgraded(password_hash: str, password: str, hasher: PasswordHasher = HASHER) -> str | None:
    """A new hash when the kept one was made with weaker parameters than today's, else None."""
    return hasher.hash(password) if hasher.check_needs_rehash(password_hash) else None


def hash_of_nobody(hasher: PasswordHasher = HASHER) -> str:
    """A hash that no password fits; checking one against it takes as long as against a real one."""
    salt, digest = (b64encode(secrets.token_bytes(size)).decode().rstrip("=") for size in (16, hasher.hash_len))
    return f"$argon2id$v=19$m={hasher.memory_cost},t={hasher.time_cost},p={hasher.parallelism}${salt}${digest}"


def random_password() -> str:
    """99 bits that can be read out and typed: `ab3de-...`."""
    groups = ("".join(secrets.choice(_ALPHABET) for _ in range(_GROUP_CHARS)) for _ in range(_GROUPS))
    return "-".join(groups)
