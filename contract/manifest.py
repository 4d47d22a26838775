"""The evidence manifest: what is in the package, whole and unchanged, signed by the gateway that saw it.

The signature is Ed25519 over the exact bytes of `manifest.json`; `manifest.sig` holds its 64 bytes, so that
`openssl pkeyutl -verify -rawin` checks it. Each manifest lists every file of the event so far and names the one before.
"""

from __future__ import annotations

import hashlib
from typing import Annotated, Literal

import msgspec
from cryptography.exceptions import InvalidSignature
from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey, Ed25519PublicKey
from cryptography.hazmat.primitives.serialization import Encoding, PublicFormat, load_pem_public_key
from msgspec import Meta, Struct

from contract.errors import ContractError
from contract.events import Clock, EventId, EvidenceItem, Name, Provenance, Sha256
from contract.preparing import prepare
from contract.times import Utc

MANIFEST_NAME = "manifest.json"
SIGNATURE_NAME = "manifest.sig"
MAX_MANIFEST_BYTES = 1_000_000


class Manifest(Struct, frozen=True, kw_only=True):
    """The list of an event's evidence at one revision; the `previous_` one is what it continues (None: the first)."""

    schema: Literal["tantou.manifest/1"] = "tantou.manifest/1"
    event_id: EventId
    revision: Annotated[int, Meta(ge=1)]
    previous_sha256: Sha256 | None
    previous_revision: int | None
    town: Name
    gateway: Name
    device: Name
    zone: Name
    matter: Name
    made: Utc
    clock: Clock
    files: Annotated[tuple[EvidenceItem, ...], Meta(max_length=200)]
    missing: tuple[str, ...] = ()
    provenance: Provenance
    signer_public_key: Annotated[str, Meta(pattern=r"^[0-9a-f]{64}(?!\n)$", description="raw Ed25519 key, hex")]


prepare(Manifest)


def encode_manifest(manifest: Manifest) -> bytes:
    """The bytes that are signed: JSON, keys in the type's order, indented for a reader's eyes, newline at the end."""
    return msgspec.json.format(msgspec.json.encode(manifest), indent=1) + b"\n"


def decode_manifest(data: bytes) -> Manifest:
    """A manifest from its bytes; raises ContractError."""
    if len(data) > MAX_MANIFEST_BYTES:
        raise ContractError(f"manifest: {len(data)} bytes, at most {MAX_MANIFEST_BYTES}")
    try:
        return msgspec.json.decode(data, type=Manifest)
    except (msgspec.MsgspecError, UnicodeDecodeError, RecursionError) as error:
        raise ContractError(f"manifest: {error}") from error


def sha256_hex(data: bytes) -> str:
    """SHA-256 as 64 hex digits."""
    return hashlib.sha256(data).hexdigest()


def public_key_hex(key: Ed25519PrivateKey | Ed25519PublicKey) -> str:
    """The raw public key, 64 hex digits."""
    public = key.public_key() if isinstance(key, Ed25519PrivateKey) else key
    return public.public_bytes(Encoding.Raw, PublicFormat.Raw).hex()


def is_signed_by(data: bytes, signature: bytes, public_hex: str) -> bool:
    """Whether `signature` (64 bytes) is that key's Ed25519 signature over exactly `data`."""
    try:
        Ed25519PublicKey.from_public_bytes(bytes.fromhex(public_hex)).verify(signature, data)
    except (InvalidSignature, ValueError):
        return False
    return True


def read_trusted_keys(pem: bytes) -> frozenset[str]:
    """The Ed25519 public keys (hex) of a PEM text with one or more blocks; raises ContractError on anything else."""
    end = b"-----END PUBLIC KEY-----"
    blocks = [block.strip() + b"\n" + end for block in pem.split(end) if b"-----BEGIN" in block]
    keys = set()
    for number, block in enumerate(blocks, 1):
        try:
            key = load_pem_public_key(block[block.index(b"-----BEGIN") :])
        except (ValueError, TypeError) as error:
            raise ContractError(f"trusted key {number}: not a PEM public key ({error})") from error
        if not isinstance(key, Ed25519PublicKey):
            raise ContractError(f"trusted key {number}: expected Ed25519, found {type(key).__name__}")
        keys.add(public_key_hex(key))
    if not keys:
        raise ContractError("trusted keys: no PEM public key found")
    return frozenset(keys)
