"""Signed evidence as a gateway sends it: events with manifests, and their blobs."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import Any

from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey

from contract.events import Event, EvidenceItem, EvidenceRef
from contract.manifest import Manifest, encode_manifest, public_key_hex, sha256_hex
from store import Store, files, gateways
from store.gateways import Gateway
from tests.integration import acts
from tests.integration.server.site import Site

STILL = b"\xff\xd8 a still \xff\xd9" + bytes(range(256)) * 10
OVERLAY = b"\xff\xd8 an overlay copy \xff\xd9"
CLIP = b"\x00\x00\x00\x18ftypmp42" + bytes(range(256)) * 40


@dataclass
class Signer:
    """A gateway's key, and the manifests that it signed so far."""

    key: Ed25519PrivateKey = field(default_factory=Ed25519PrivateKey.generate)
    last: Manifest | None = None
    last_sha256: str | None = None

    def sign(self, number: int, revision: int, contents: dict[str, tuple[str, bytes]], **changes: Any) -> Signed:
        """The event's revision with a manifest over `contents`: path -> (role, bytes)."""
        parent = sha256_hex(STILL)
        items = tuple(
            EvidenceItem(
                sha256=sha256_hex(content),
                path=path,
                role=role,  # type: ignore[arg-type]
                media_type="video/mp4" if path.endswith(".mp4") else "image/jpeg",
                size_bytes=len(content),
                captured=acts.at(number),
                parent_sha256=parent if role == "overlay" else None,
            )
            for path, (role, content) in contents.items()
        )
        plain = acts.event(number, revision, **changes)
        manifest = Manifest(
            event_id=plain.event_id,
            revision=revision,
            previous_sha256=self.last_sha256,
            previous_revision=None if self.last is None else self.last.revision,
            town=plain.town,
            gateway=plain.gateway,
            device=plain.device,
            zone=plain.zone,
            matter=plain.matter,
            made=plain.last_seen,
            clock=plain.clock,
            files=items,
            provenance=plain.provenance,
            signer_public_key=public_key_hex(self.key),
        )
        data = encode_manifest(manifest)
        signature = self.key.sign(data)
        self.last, self.last_sha256 = manifest, sha256_hex(data)
        ref = EvidenceRef(manifest_sha256=sha256_hex(data), signature_sha256=sha256_hex(signature), items=items)
        blobs = [data, signature, *(content for _, content in contents.values())]
        return Signed(acts.event(number, revision, evidence=ref, **changes), blobs)


@dataclass
class Signed:
    """An event and the files that it names: manifest and signature first."""

    event: Event
    blobs: list[bytes]


def put(store: Store, content: bytes, gateway: str = "gw-1") -> str:
    """A file is uploaded; returns its hash."""
    sha256 = sha256_hex(content)
    store.blobs.put(sha256, content)
    with store.write() as connection:
        files.keep_blob(connection, sha256, size_bytes=len(content), gateway=gateway, at=acts.at(0))
    return sha256


def send(site: Site, signer: Signer, signed: Signed, *, is_uploaded: bool = True, key_hex: str | None = None) -> str:
    """The gateway is registered with its key (or `key_hex`), the event comes, its files too; returns the lead's id."""
    gateway = Gateway(id="gw-1", town="demo", public_key_hex=key_hex or public_key_hex(signer.key))
    with site.store.write() as connection:
        gateways.register(connection, gateway, at=site.clock.now)
    site.take_in(signed.event)
    if is_uploaded:
        for content in signed.blobs:
            put(site.store, content)
    return signed.event.event_id


STILLS = {"stills/due.jpg": ("due", STILL), "overlays/due.jpg": ("overlay", OVERLAY)}
WITH_CLIP = {**STILLS, "clips/due.mp4": ("clip", CLIP)}
