"""A small whole evidence package in memory: path -> bytes, two revisions, signed."""

from __future__ import annotations

import random

from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey

from contract.events import Clock, EvidenceItem, Provenance
from contract.manifest import Manifest, encode_manifest, public_key_hex, sha256_hex
from contract.times import utc_from_ns

KEY = Ed25519PrivateKey.from_private_bytes(bytes(range(32)))
OTHER_KEY = Ed25519PrivateKey.from_private_bytes(bytes(range(1, 33)))
TRUSTED = frozenset({public_key_hex(KEY)})
EVENT_ID = "01234567-89ab-8def-8123-456789abcdef"
PROVENANCE = Provenance(
    model="vehicle-n", model_sha256="0" * 64, rule="illegal_parking/1", config_sha256="1" * 64, software="tantou 0"
)
Package = dict[str, bytes]


def _item(path: str, data: bytes, parent: bytes | None = None) -> EvidenceItem:
    return EvidenceItem(
        sha256=sha256_hex(data),
        path=path,
        role="overlay" if parent is not None else "due",
        media_type="image/jpeg",
        size_bytes=len(data),
        captured=utc_from_ns(1_790_000_000_000_000_000),
        parent_sha256=sha256_hex(parent) if parent is not None else None,
    )


def manifest_of(
    files: tuple[EvidenceItem, ...], *, revision: int, previous: bytes | None, key: Ed25519PrivateKey
) -> Manifest:
    """A manifest over these files."""
    return Manifest(
        event_id=EVENT_ID,
        revision=revision,
        previous_sha256=sha256_hex(previous) if previous is not None else None,
        previous_revision=revision - 1 if previous is not None else None,
        town="demo",
        gateway="gw-demo",
        device="cam-1",
        zone="zone-1",
        matter="illegal_parking",
        made=utc_from_ns(1_790_000_030_000_000_000),
        clock=Clock(source="none"),
        files=files,
        provenance=PROVENANCE,
        signer_public_key=public_key_hex(key),
    )


def whole_package(*, key: Ed25519PrivateKey = KEY) -> Package:
    """Stills in revision 1, a clip in revision 2; both manifests signed by `key`."""
    rng = random.Random(7)
    raw, overlay, clip = (rng.randbytes(size) for size in (4000, 3000, 9000))
    stills = (_item("stills/due.jpg", raw), _item("overlays/due.jpg", overlay, raw))
    first = encode_manifest(manifest_of(stills, revision=1, previous=None, key=key))
    listed = (*stills, _item("clips/due.mp4", clip))
    second = encode_manifest(manifest_of(listed, revision=2, previous=first, key=key))
    return {
        "stills/due.jpg": raw,
        "overlays/due.jpg": overlay,
        "clips/due.mp4": clip,
        "manifest.json": second,
        "manifest.sig": key.sign(second),
        "revisions/0001/manifest.json": first,
        "revisions/0001/manifest.sig": key.sign(first),
    }
