"""The package folder of one act: files that never change, a signed manifest a revision, each naming the one before."""

from __future__ import annotations

import shutil
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path

from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey

from contract.errors import ContractError, EvidenceError
from contract.events import EvidenceItem, EvidenceRef, EvidenceRole
from contract.manifest import (
    MANIFEST_NAME,
    SIGNATURE_NAME,
    Manifest,
    decode_manifest,
    encode_manifest,
    is_signed_by,
    public_key_hex,
    sha256_hex,
)
from contract.observations import TapeStart
from contract.times import utc_from_ns
from contract.verification import revision_folder
from edge.evidence.disk import link_durably, sha256_of, write_durably
from edge.evidence.orders import Order


@dataclass(frozen=True, slots=True, kw_only=True)
class NewFile:
    """A file to add: its bytes, or the path of one to link."""

    path: str
    role: EvidenceRole
    media_type: str
    source: bytes | Path
    captured_ns: int
    parent_sha256: str | None = None
    parents_sha256: tuple[str, ...] = ()

    def item(self) -> EvidenceItem:
        """As manifest and event name it."""
        if isinstance(self.source, bytes):
            sha256, size_bytes = sha256_hex(self.source), len(self.source)
        else:
            sha256, size_bytes = sha256_of(self.source), self.source.stat().st_size
        return EvidenceItem(
            sha256=sha256,
            path=self.path,
            role=self.role,
            media_type=self.media_type,
            size_bytes=size_bytes,
            captured=utc_from_ns(self.captured_ns),
            parent_sha256=self.parent_sha256,
            parents_sha256=self.parents_sha256,
        )


@dataclass(frozen=True, slots=True)
class Signed:
    """A manifest as it lies on the disk."""

    manifest: Manifest
    data: bytes
    signature: bytes

    def ref(self) -> EvidenceRef:
        """As an event names it."""
        return EvidenceRef(
            manifest_sha256=sha256_hex(self.data),
            signature_sha256=sha256_hex(self.signature),
            items=self.manifest.files,
        )


class Package:
    """One act's folder. A process that dies while adding a revision leaves the one before, or the new one whole."""

    def __init__(self, folder: Path) -> None:
        self.folder = folder

    def current(self) -> Signed | None:
        """The newest manifest; None: there is none (yet, or any more)."""
        return self._read(self.folder)

    def made_before(self, order: Order) -> Signed | None:
        """The revision that this order asks for, made by a process that died before its event was kept."""
        previous = order.previous.manifest_sha256 if order.previous else None
        for folder in (self.folder, self.folder / revision_folder(order.revision)):
            found = self._read(folder)
            if (
                found is not None
                and (found.manifest.event_id, found.manifest.revision) == (order.event_id, order.revision)
                and found.manifest.previous_sha256 == previous
                and is_signed_by(found.data, found.signature, found.manifest.signer_public_key)
            ):
                return found
        return None

    def add(self, signed: Signed, files: Sequence[NewFile]) -> None:
        """Files first, the manifest before under `revisions/`, then signature and manifest; raises OSError."""
        self._go_back_to(signed.manifest.previous_sha256)
        before = self.current()
        self._remove_leftovers(signed.manifest)
        for file in files:
            target = self.folder / file.path
            if isinstance(file.source, bytes):
                write_durably(target, file.source)
            else:
                link_durably(file.source, target)
        if before is not None:
            self._put_aside(before)
        write_durably(self.folder / SIGNATURE_NAME, signed.signature)
        write_durably(self.folder / MANIFEST_NAME, signed.data)

    def _put_aside(self, before: Signed) -> None:
        """A manifest that lies aside whole stays: of the one above, a process that died may have left another's
        signature."""
        earlier = self.folder / revision_folder(before.manifest.revision)
        there = self._read(earlier)
        if there is None or there.data != before.data:
            write_durably(earlier / MANIFEST_NAME, before.data)
            write_durably(earlier / SIGNATURE_NAME, before.signature)

    def _go_back_to(self, manifest_sha256: str | None) -> None:
        """Undo revisions whose events were never kept: a process died after it made them and before that."""
        while (found := self.current()) is not None and sha256_hex(found.data) != manifest_sha256:
            before = found.manifest.previous_revision
            earlier = self._read(self.folder / revision_folder(before)) if before is not None else None
            if earlier is None:
                (self.folder / MANIFEST_NAME).unlink()
                return
            write_durably(self.folder / SIGNATURE_NAME, earlier.signature)
            write_durably(self.folder / MANIFEST_NAME, earlier.data)
        newest = found.manifest.revision if found is not None else 0
        for aside in self.folder.glob("revisions/*") if newest else ():
            if aside.name > Path(revision_folder(newest)).name:
                shutil.rmtree(aside)

    def _read(self, folder: Path) -> Signed | None:
        try:
            data = (folder / MANIFEST_NAME).read_bytes()
            signature = (folder / SIGNATURE_NAME).read_bytes()
        except FileNotFoundError:
            return None
        try:
            return Signed(decode_manifest(data), data, signature)
        except ContractError as error:
            raise EvidenceError(f"{folder / MANIFEST_NAME}: {error.reason}; move the folder away to go on") from error

    def _remove_leftovers(self, manifest: Manifest) -> None:
        """Files of a revision that was begun and never signed."""
        listed = {item.path for item in manifest.files}
        if not self.folder.is_dir():
            return
        for path in self.folder.rglob("*"):
            name = path.relative_to(self.folder).as_posix()
            is_chain = name in (MANIFEST_NAME, SIGNATURE_NAME) or name.startswith("revisions/")
            if path.is_file() and not is_chain and name not in listed:
                path.unlink()


def sign(
    order: Order, start: TapeStart, key: Ed25519PrivateKey, *, items: Sequence[EvidenceItem], missing: Sequence[str]
) -> Signed:
    """The manifest of an order's revision with the gateway's signature; the same input gives the same bytes."""
    previous = order.previous
    manifest = Manifest(
        event_id=order.event_id,
        revision=order.revision,
        previous_sha256=previous.manifest_sha256 if previous else None,
        previous_revision=order.previous_revision if previous else None,
        town=start.town,
        gateway=start.gateway,
        device=start.device,
        zone=order.zone.zone,
        matter=order.zone.matter,
        made=utc_from_ns(order.at_ns),
        clock=order.clock,
        files=tuple(items),
        missing=tuple(missing),
        provenance=order.provenance,
        signer_public_key=public_key_hex(key),
    )
    data = encode_manifest(manifest)
    return Signed(manifest, data, key.sign(data))
