"""Whether an evidence package is whole and signed by a key that the reader already trusts.

Pure over a listing and a reader, so that a folder, an archive and a blob store are checked by the same lines.
A package never vouches for its own key: the key named inside only tells a damaged signature from an unknown signer.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable
from dataclasses import dataclass, field
from typing import Literal

from contract.errors import ContractError, EvidenceError
from contract.manifest import (
    MANIFEST_NAME,
    MAX_MANIFEST_BYTES,
    SIGNATURE_NAME,
    Manifest,
    decode_manifest,
    is_signed_by,
    sha256_hex,
)
from contract.reports import VerifyReport

Signer = Literal["proved", "unknown", "wrong"]
_WORST: tuple[Signer, ...] = ("proved", "unknown", "wrong")
MAX_REVISIONS = 10_000


def revision_folder(revision: int) -> str:
    """Where the manifest of an earlier revision lies in a package: `revisions/0001`."""
    return f"revisions/{revision:04d}"


def verify_package(
    names: Iterable[str],
    read: Callable[[str], bytes],
    trusted: frozenset[str],
    *,
    size_of: Callable[[str], int] | None = None,
) -> VerifyReport:
    """Check hashes, the chain of manifests and signatures of a package.

    `names`: paths in the package, `/` between folders. `trusted`: raw Ed25519 keys in hex (`read_trusted_keys`).
    `whole` is about the bytes, `signer` about who vouches for them; both must be good to trust it. What cannot be read
    counts as changed; with `size_of` a file of another size than its manifest says is not read at all.
    """
    check = _Check(frozenset(names), read, trusted, size_of or (lambda _: 0))
    manifest = check.manifest("", expected_sha256=None)
    if manifest is None:
        return check.report()
    check.files(manifest)
    check.chain(manifest)
    check.strangers()
    return check.report()


@dataclass
class _Check:
    names: frozenset[str]
    read: Callable[[str], bytes]
    trusted: frozenset[str]
    size_of: Callable[[str], int]
    known: set[str] = field(default_factory=set)
    missing: list[str] = field(default_factory=list)
    changed: list[str] = field(default_factory=list)
    extra: list[str] = field(default_factory=list)
    reasons: list[str] = field(default_factory=list)
    signer: Signer = "proved"

    def manifest(self, folder: str, *, expected_sha256: str | None) -> Manifest | None:
        """One manifest with its signature; None when it is missing or says nothing."""
        path, signature_path = folder + MANIFEST_NAME, folder + SIGNATURE_NAME
        self.known |= {path, signature_path}
        if signature_path not in self.names:
            self.missing.append(signature_path)
            self._signed("unknown")
        if path not in self.names:
            self.missing.append(path)
            self._signed("unknown")
            return None
        data = self._bytes(path, at_most=MAX_MANIFEST_BYTES)
        if data is None:
            self._signed("wrong")
            return None
        if expected_sha256 is not None and sha256_hex(data) != expected_sha256:
            self._change(path, f"{path}: not the manifest that the next revision names")
        try:
            manifest = decode_manifest(data)
        except ContractError as error:
            self._change(path, f"{path}: {error.reason}")
            self._signed("wrong")
            return None
        if signature_path in self.names:
            self._signature(manifest, data, signature_path, path)
        return manifest

    def _signature(self, manifest: Manifest, data: bytes, signature_path: str, path: str) -> None:
        signature = self._bytes(signature_path, at_most=MAX_MANIFEST_BYTES) or b""
        if any(is_signed_by(data, signature, key) for key in self.trusted):
            return
        if is_signed_by(data, signature, manifest.signer_public_key):
            self._signed("unknown")
            self.reasons.append(f"{path}: signed by {manifest.signer_public_key[:16]}, which is not a trusted key")
            return
        self._signed("wrong")
        self._change(path, f"{signature_path}: does not fit {path}; one of the two was changed")
        self._change(signature_path, "")

    def files(self, manifest: Manifest) -> None:
        """Every listed file is there with the bytes that were hashed, and names a parent in the package."""
        hashes = {item.sha256 for item in manifest.files}
        for item in manifest.files:
            self.known.add(item.path)
            if item.path not in self.names:
                self.missing.append(item.path)
            else:
                data = self._bytes(item.path, at_most=item.size_bytes)
                if data is not None and sha256_hex(data) != item.sha256:
                    self._change(item.path, f"{item.path}: its bytes are not those of the manifest")
            parents = (item.parent_sha256, *item.parents_sha256)
            for parent in dict.fromkeys(one for one in parents if one is not None and one not in hashes):
                self.missing.append(f"{item.path}: its parent {parent[:16]}")
        self.reasons += [f"the gateway said: {text}" for text in manifest.missing]

    def _bytes(self, name: str, *, at_most: int) -> bytes | None:
        """A file's bytes; None, and named, where it is larger than it may be or cannot be read."""
        try:
            size = self.size_of(name)
            if size <= at_most:
                return self.read(name)
            self._change(name, f"{name}: {size} bytes, at most {at_most} belong to it")
        except (OSError, EvidenceError) as error:
            self._change(name, f"{name}: cannot be read: {error}")
        return None

    def chain(self, manifest: Manifest) -> None:
        """The manifests before this one, each named by the one after it."""
        for _ in range(MAX_REVISIONS):
            if manifest.previous_sha256 is None or manifest.previous_revision is None:
                return
            folder = revision_folder(manifest.previous_revision) + "/"
            earlier = self.manifest(folder, expected_sha256=manifest.previous_sha256)
            if earlier is None:
                return
            if earlier.event_id != manifest.event_id or earlier.revision >= manifest.revision:
                self._change(folder + MANIFEST_NAME, f"{folder}{MANIFEST_NAME}: of another event or a later revision")
                return
            manifest = earlier

    def strangers(self) -> None:
        """Files that no manifest lists."""
        self.extra += sorted(self.names - self.known)

    def _change(self, name: str, reason: str) -> None:
        if name not in self.changed:
            self.changed.append(name)
        if reason:
            self.reasons.append(reason)

    def _signed(self, signer: Signer) -> None:
        self.signer = max(self.signer, signer, key=_WORST.index)

    def report(self) -> VerifyReport:
        """What was found, in the format that acceptance reads."""
        return VerifyReport(
            whole=not (self.missing or self.changed or self.extra),
            signer=self.signer,
            missing=tuple(self.missing),
            changed=tuple(self.changed),
            extra=tuple(self.extra),
            reasons=tuple(self.reasons),
        )
