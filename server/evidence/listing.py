"""The evidence of a lead as a list, and whether its signer is proved against the key registered for the gateway."""

from __future__ import annotations

from contract.errors import ContractError, StoreError
from contract.events import EvidenceItem
from contract.manifest import decode_manifest, is_signed_by, sha256_hex
from server.centre import Centre
from server.evidence.schemas import EvidenceAnswer, EvidenceFile, Signer
from server.identity.access import Person
from server.leads.reading import seen_lead
from server.leads.views import file_url
from store import events, gateways
from store.events import Evidence
from store.leads import Lead


def evidence(centre: Centre, who: Person, event_id: str) -> EvidenceAnswer:
    """What the lead's current revision lists; a lead whose events carried no evidence yet has an empty list."""
    with centre.store.read() as connection:
        lead = seen_lead(connection, who, event_id)
        found = events.evidence_of(connection, lead)
        gateway = gateways.by_id(connection, lead.gateway)
    folder = f"/api/v1/leads/{event_id}/evidence"
    return EvidenceAnswer(
        event_id=event_id,
        manifest_sha256=None if found is None else found.manifest_sha256,
        manifest_url=None if found is None else f"{folder}/manifest.json",
        signature_url=None if found is None else f"{folder}/manifest.sig",
        signer="unknown" if found is None else signer(centre, lead, found, gateway.public_key_hex if gateway else None),
        complete=found is not None and found.complete,
        items=[] if found is None else [_file(event_id, one.item, one.available) for one in found.files],
    )


def _file(event_id: str, item: EvidenceItem, is_here: bool) -> EvidenceFile:
    return EvidenceFile(
        sha256=item.sha256,
        path=item.path,
        role=item.role,
        media_type=item.media_type,
        size_bytes=item.size_bytes,
        captured=item.captured,
        parent_sha256=item.parent_sha256,
        url=file_url(event_id, item.sha256),
        available=is_here,
    )


def signer(centre: Centre, lead: Lead, found: Evidence, registered_key: str | None) -> Signer:
    """Who vouches for the manifest, in the words of `tantou verify`; the key inside a manifest proves nothing."""
    try:
        data = centre.store.blobs.read(found.manifest_sha256)
        signature = centre.store.blobs.read(found.signature_sha256)
    except StoreError:
        return "unknown"
    if sha256_hex(data) != found.manifest_sha256:
        return "wrong"
    try:
        manifest = decode_manifest(data)
    except ContractError:
        return "wrong"
    named = (manifest.event_id, manifest.town, manifest.gateway, manifest.device, manifest.zone, manifest.matter)
    is_of_lead = named == (lead.event_id, lead.town, lead.gateway, lead.device, lead.zone, lead.matter)
    if not is_of_lead or set(manifest.files) != {one.item for one in found.files}:
        return "wrong"
    if registered_key is not None and is_signed_by(data, signature, registered_key):
        return "proved"
    return "unknown" if is_signed_by(data, signature, manifest.signer_public_key) else "wrong"
