"""The gateway's signing key."""

from __future__ import annotations

from pathlib import Path

from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey
from cryptography.hazmat.primitives.serialization import load_pem_private_key

from contract.errors import EvidenceError


def read_signing_key(path: Path) -> Ed25519PrivateKey:
    """The Ed25519 key of a PKCS8 PEM file; raises EvidenceError, which never shows what the file holds."""
    try:
        key = load_pem_private_key(path.read_bytes(), password=None)
    except (OSError, ValueError, TypeError) as error:
        raise EvidenceError(f"{path}: expected an Ed25519 key as PKCS8 PEM ({type(error).__name__})") from None
    if not isinstance(key, Ed25519PrivateKey):
        raise EvidenceError(f"{path}: expected an Ed25519 key, found {type(key).__name__}")
    return key
