"""Evidence routes: the list, the signed manifest, each file, the package."""

from __future__ import annotations

from typing import Annotated

from fastapi import APIRouter, Header, Path, Query, Response
from fastapi.responses import StreamingResponse

from server.centre import Here
from server.evidence import listing, looks, media, package, thumbnails
from server.evidence.schemas import EvidenceAnswer, Purpose
from server.identity.access import EvidenceReader
from server.leads.documents import READ, LeadId, Responses
from server.problems import problem_responses
from server.shapes import SHA256

router = APIRouter(tags=["evidence"])

_BINARY = {"schema": {"type": "string", "format": "binary"}}
_HASH = Path(pattern=r"^[0-9a-f]{64}$", examples=[SHA256])
_PURPOSE = Query(description="why: kept in the audit")


def _bytes_of(media_type: str, description: str) -> Responses:
    return {200: {"description": description, "content": {media_type: _BINARY}}}


@router.get("/leads/{event_id}/evidence", operation_id="getEvidence", responses=READ)
def get_evidence(who: EvidenceReader, centre: Here, event_id: LeadId) -> EvidenceAnswer:
    """The files of the current revision, and whether the manifest is whole and its signer proved."""
    return listing.evidence(centre, who, event_id)


@router.get(
    "/leads/{event_id}/evidence/manifest.json",
    operation_id="getManifest",
    response_class=Response,
    responses={**READ, **_bytes_of("application/json", "the exact bytes that were signed")},
)
def get_manifest(who: EvidenceReader, centre: Here, event_id: LeadId) -> Response:
    """The signed manifest of the current revision."""
    return media.manifest(centre, who, event_id, "manifest")


@router.get(
    "/leads/{event_id}/evidence/manifest.sig",
    operation_id="getManifestSignature",
    response_class=Response,
    responses={**READ, **_bytes_of("application/octet-stream", "the 64 bytes of the Ed25519 signature")},
)
def get_signature(who: EvidenceReader, centre: Here, event_id: LeadId) -> Response:
    """The signature over the manifest's bytes."""
    return media.manifest(centre, who, event_id, "signature")


@router.get(
    "/leads/{event_id}/evidence/files/{sha256}",
    operation_id="getEvidenceFile",
    response_class=Response,
    responses={
        **READ,
        **_bytes_of("application/octet-stream", "the file, with its own media type"),
        206: {"description": "the part that Range asked for"},
        304: {"description": "the client's copy is this file"},
        **problem_responses("range_not_satisfiable", "evidence_damaged"),
    },
)
def get_file(
    who: EvidenceReader,
    centre: Here,
    event_id: LeadId,
    sha256: Annotated[str, _HASH],
    headers: Annotated[media.MediaHeaders, Header()],
    purpose: Annotated[Purpose, _PURPOSE] = "view",
) -> Response:
    """One file that a revision of this lead lists; the look is audited with its purpose."""
    return media.file(centre, who, looks.Look(event_id, sha256, purpose), headers)


@router.get(
    "/leads/{event_id}/evidence/thumbnails/{sha256}",
    operation_id="getThumbnail",
    response_class=Response,
    responses={
        **READ,
        **_bytes_of(thumbnails.MEDIA_TYPE, f"at most {thumbnails.SIDE_PX} pixels a side; no evidence"),
        304: {"description": "the client's copy is this one"},
        **problem_responses("evidence_damaged"),
    },
)
def get_thumbnail(
    who: EvidenceReader,
    centre: Here,
    event_id: LeadId,
    sha256: Annotated[str, _HASH],
    if_none_match: Annotated[str | None, Header()] = None,
) -> Response:
    """A small copy of one picture that a revision of this lead lists, for lists; the look is audited."""
    return thumbnails.picture(centre, who, event_id, sha256, if_none_match)


@router.get(
    "/leads/{event_id}/package",
    operation_id="getPackage",
    response_class=StreamingResponse,
    responses={
        **READ,
        **_bytes_of("application/zip", "the folder that `tantou verify` reads after unzip"),
        **problem_responses("evidence_incomplete"),
    },
)
def get_package(
    who: EvidenceReader,
    centre: Here,
    event_id: LeadId,
    incomplete: Annotated[bool, Query(description="give it although files have not arrived")] = False,
) -> StreamingResponse:
    """The evidence package of the current revision as a zip file."""
    return package.stream(centre, who, event_id, is_incomplete_fine=incomplete)
