"""Evidence over HTTP: who sees which bytes, ranges, proof of the signer, the package."""

from __future__ import annotations

import io
import zipfile

import pytest
from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey
from msgspec import structs

from contract.errors import EvidenceError
from contract.manifest import public_key_hex, sha256_hex
from contract.verification import verify_package
from server.evidence import package
from server.evidence.package import Entry
from store import audit
from tests.integration import acts
from tests.integration.server.packages import CLIP, OVERLAY, STILL, STILLS, WITH_CLIP, Signer, put, send
from tests.integration.server.site import Site, code_of

STILL_SHA, CLIP_SHA = sha256_hex(STILL), sha256_hex(CLIP)


def test_the_list_says_what_has_arrived_and_that_the_signer_is_proved(site: Site) -> None:
    operator, signer = site.person("op", "operator"), Signer()
    signed = signer.sign(0, 1, STILLS)
    lead = send(site, signer, signed, is_uploaded=False)
    shown = operator.get(f"/leads/{lead}/evidence").json()
    assert (shown["signer"], shown["complete"]) == ("unknown", False)
    assert [item["available"] for item in shown["items"]] == [False, False]
    assert code_of(operator.get(shown["items"][0]["url"].removeprefix("/api/v1"))) == "not_found"
    for content in signed.blobs:
        put(site.store, content)
    shown = operator.get(f"/leads/{lead}/evidence").json()
    assert (shown["signer"], shown["complete"]) == ("proved", True)
    assert {item["path"]: item["role"] for item in shown["items"]} == {
        "stills/due.jpg": "due",
        "overlays/due.jpg": "overlay",
    }
    manifest = operator.get(shown["manifest_url"].removeprefix("/api/v1"))
    signature = operator.get(shown["signature_url"].removeprefix("/api/v1"))
    assert manifest.headers["content-type"] == "application/json"
    assert sha256_hex(manifest.content) == shown["manifest_sha256"]
    signer.key.public_key().verify(signature.content, manifest.content)
    still = operator.get(f"/leads/{lead}").json()["still_url"]
    assert operator.get(still.removeprefix("/api/v1")).content == OVERLAY


def test_a_signer_that_is_not_the_registered_one_is_not_proved(site: Site) -> None:
    operator, signer = site.person("op", "operator"), Signer()
    other = public_key_hex(Ed25519PrivateKey.generate())
    lead = send(site, signer, signer.sign(0, 1, STILLS), key_hex=other)
    assert operator.get(f"/leads/{lead}/evidence").json()["signer"] == "unknown"


def test_a_signature_of_other_bytes_or_a_manifest_of_another_act_is_wrong(site: Site) -> None:
    operator = site.person("op", "operator")
    signer = Signer()
    signed = signer.sign(0, 1, STILLS)
    forged = Signer(signer.key).sign(1, 1, STILLS)
    ref = signed.event.evidence
    other = forged.event.evidence
    assert ref is not None
    assert other is not None
    swapped = acts.event(2, evidence=acts.evidence(STILL, manifest=signed.blobs[0], signature=forged.blobs[1]))
    for content in (*signed.blobs, *forged.blobs):
        put(site.store, content)
    send(site, signer, signed)
    site.take_in(swapped, acts.event(3, evidence=other))
    assert operator.get(f"/leads/{swapped.event_id}/evidence").json()["signer"] == "wrong"
    assert operator.get(f"/leads/{acts.event(3).event_id}/evidence").json()["signer"] == "wrong"


def test_a_lead_without_evidence_says_so(site: Site) -> None:
    operator = site.person("op", "operator")
    lead = site.alert()
    shown = operator.get(f"/leads/{lead}/evidence").json()
    assert (shown["items"], shown["manifest_sha256"], shown["signer"], shown["complete"]) == (
        [],
        None,
        "unknown",
        False,
    )
    assert code_of(operator.get(f"/leads/{lead}/evidence/manifest.json")) == "not_found"
    assert code_of(operator.get(f"/leads/{lead}/package")) == "not_found"


def test_a_file_is_served_whole_in_ranges_and_not_again(site: Site) -> None:
    operator, signer = site.person("op", "operator"), Signer()
    lead = send(site, signer, signer.sign(0, 1, WITH_CLIP))
    url = f"/leads/{lead}/evidence/files/{CLIP_SHA}"
    whole = operator.get(url)
    assert whole.content == CLIP
    assert whole.headers["content-type"] == "video/mp4"
    assert whole.headers["x-content-type-options"] == "nosniff"
    assert whole.headers["cache-control"].startswith("private")
    assert "sandbox" in whole.headers["content-security-policy"]
    assert whole.headers["etag"] == f'"{CLIP_SHA}"'
    part = operator.get(url, headers={"Range": "bytes=100-199"})
    assert (part.status_code, part.content) == (206, CLIP[100:200])
    assert part.headers["content-range"] == f"bytes 100-199/{len(CLIP)}"
    assert operator.get(url, headers={"Range": "bytes=-5"}).content == CLIP[-5:]
    outside = operator.get(url, headers={"Range": f"bytes={len(CLIP)}-"})
    assert (outside.status_code, code_of(outside)) == (416, "range_not_satisfiable")
    assert outside.headers["content-range"] == f"bytes */{len(CLIP)}"
    kept = operator.get(url, headers={"If-None-Match": whole.headers["etag"]})
    assert (kept.status_code, kept.content) == (304, b"")
    stale = operator.get(url, headers={"Range": "bytes=0-9", "If-Range": '"another"'})
    assert (stale.status_code, stale.content) == (200, CLIP)


def test_a_file_is_seen_only_through_a_lead_that_lists_it(site: Site) -> None:
    operator, signer = site.person("op", "operator"), Signer()
    lead = send(site, signer, signer.sign(0, 1, STILLS))
    elsewhere = acts.event(9, town="elsewhere", evidence=acts.evidence(CLIP))
    site.take_in(elsewhere)
    put(site.store, CLIP)
    assert code_of(operator.get(f"/leads/{lead}/evidence/files/{CLIP_SHA}")) == "not_found"
    assert code_of(operator.get(f"/leads/{elsewhere.event_id}/evidence/files/{CLIP_SHA}")) == "not_found"
    assert code_of(operator.get(f"/leads/{lead}/evidence/files/../../etc/passwd")) == "not_found"
    assert code_of(operator.get(f"/leads/{lead}/evidence/files/{'F' * 64}")) == "invalid_request"


def test_a_file_of_an_earlier_revision_stays_reachable(site: Site) -> None:
    operator, signer = site.person("op", "operator"), Signer()
    lead = send(site, signer, signer.sign(0, 1, STILLS))
    send(site, signer, signer.sign(0, 2, {"clips/due.mp4": ("clip", CLIP)}))
    assert [item["path"] for item in operator.get(f"/leads/{lead}/evidence").json()["items"]] == ["clips/due.mp4"]
    assert operator.get(f"/leads/{lead}/evidence/files/{STILL_SHA}").content == STILL


def test_no_role_without_the_scope_sees_a_picture(sqlite_site: Site) -> None:
    signer = Signer()
    lead = send(sqlite_site, signer, signer.sign(0, 1, STILLS))
    url = f"/leads/{lead}/evidence/files/{STILL_SHA}"
    assert code_of(sqlite_site.person("admin", "admin").get(url)) == "forbidden"
    assert code_of(sqlite_site.person("fitter", "maintenance").get(url)) == "forbidden"
    assert code_of(sqlite_site.client().get(url)) == "not_logged_in"
    assert sqlite_site.person("auditor", "auditor").get(url).content == STILL


def test_every_look_is_audited_with_its_purpose_before_a_byte_leaves(site: Site) -> None:
    operator, signer = site.person("op", "operator"), Signer()
    lead = send(site, signer, signer.sign(0, 1, STILLS))
    url = f"/leads/{lead}/evidence/files/{STILL_SHA}"
    for purpose in ("prefetch", "view", "download"):
        answer = operator.get(url, params={"purpose": purpose})
        kind = "attachment" if purpose == "download" else "inline"
        assert answer.headers["content-disposition"] == f'{kind}; filename="due.jpg"'
    assert code_of(operator.get(url, params={"purpose": "fun"})) == "invalid_request"
    assert operator.post(f"/leads/{lead}/shown", json={"sha256": STILL_SHA}).status_code == 204
    assert code_of(operator.post(f"/leads/{lead}/shown", json={"sha256": "0" * 64})) == "not_found"
    operator.get(f"/leads/{lead}/package")
    with site.store.read() as connection:
        rows = audit.page(connection, event_id=lead)
        assert audit.first_broken(connection) is None
    assert [row.entry.action for row in rows[::-1]] == [
        "evidence.prefetch",
        "evidence.view",
        "evidence.download",
        "evidence.shown",
        "evidence.package",
    ]
    assert {row.entry.who for row in rows} == {"u-op"}
    assert rows[1].entry.detail["sha256"] == STILL_SHA


def test_bytes_that_differ_from_their_hash_are_never_served(site: Site) -> None:
    operator, signer = site.person("op", "operator"), Signer()
    signed = signer.sign(0, 1, STILLS)
    lead = send(site, signer, signed, is_uploaded=False)
    for content in signed.blobs[:2]:
        put(site.store, content)
    site.store.blobs.put(STILL_SHA, b"other bytes")
    answer = operator.get(f"/leads/{lead}/evidence/files/{STILL_SHA}")
    assert (answer.status_code, code_of(answer)) == (500, "evidence_damaged")


def test_a_media_type_that_a_browser_would_run_is_only_ever_downloaded(site: Site) -> None:
    operator = site.person("op", "operator")
    page = b"<script>alert(1)</script>"
    plain = acts.evidence(page)
    items = (structs.replace(plain.items[0], media_type="text/html", path="stills/page.html"),)
    event = acts.event(0, evidence=structs.replace(plain, items=items))
    site.take_in(event)
    sha256 = put(site.store, page)
    answer = operator.get(f"/leads/{event.event_id}/evidence/files/{sha256}")
    assert answer.headers["content-type"] == "application/octet-stream"
    assert answer.headers["content-disposition"].startswith("attachment")


def unzip(content: bytes) -> dict[str, bytes]:
    with zipfile.ZipFile(io.BytesIO(content)) as archive:
        assert archive.testzip() is None
        return {name: archive.read(name) for name in archive.namelist()}


def test_the_package_is_what_verify_proves(site: Site) -> None:
    operator, signer = site.person("op", "operator"), Signer()
    lead = send(site, signer, signer.sign(0, 1, STILLS))
    send(site, signer, signer.sign(0, 2, WITH_CLIP))
    answer = operator.get(f"/leads/{lead}/package")
    assert answer.headers["content-type"] == "application/zip"
    files = unzip(answer.content)
    assert sorted(files) == [
        "clips/due.mp4",
        "manifest.json",
        "manifest.sig",
        "overlays/due.jpg",
        "revisions/0001/manifest.json",
        "revisions/0001/manifest.sig",
        "stills/due.jpg",
    ]
    report = verify_package(files, files.__getitem__, frozenset({public_key_hex(signer.key)}))
    assert (report.whole, report.signer, report.reasons) == (True, "proved", ())
    assert operator.get(f"/leads/{lead}/package").content == answer.content


def test_a_package_with_files_still_to_come_is_refused_unless_asked_for(site: Site) -> None:
    operator, signer = site.person("op", "operator"), Signer()
    signed = signer.sign(0, 1, WITH_CLIP)
    lead = send(site, signer, signed, is_uploaded=False)
    for content in signed.blobs[:-1]:
        put(site.store, content)
    refused = operator.get(f"/leads/{lead}/package")
    assert (refused.status_code, code_of(refused), refused.json()["missing"]) == (
        409,
        "evidence_incomplete",
        ["clips/due.mp4"],
    )
    files = unzip(operator.get(f"/leads/{lead}/package", params={"incomplete": "true"}).content)
    report = verify_package(files, files.__getitem__, frozenset({public_key_hex(signer.key)}))
    assert (report.whole, report.missing) == (False, ("clips/due.mp4",))


def test_a_path_that_hides_another_file_is_refused(site: Site) -> None:
    operator = site.person("op", "operator")
    signer = Signer()
    lead = send(site, signer, signer.sign(0, 1, {"manifest.json": ("other", STILL)}))
    assert code_of(operator.get(f"/leads/{lead}/package")) == "evidence_damaged"


def test_zip_pieces_stay_small_and_a_damaged_file_breaks_off(sqlite_site: Site) -> None:
    blobs = sqlite_site.store.blobs
    large = bytes(3_000_000)
    put(sqlite_site.store, large)
    entries = [Entry("clips/large.mp4", sha256_hex(large))]
    pieces = list(package.zip_chunks(blobs, entries, made_ns=0))
    assert max(map(len, pieces)) < 400_000
    assert unzip(b"".join(pieces)) == {"clips/large.mp4": large}
    blobs.put("0" * 64, b"not these")
    with pytest.raises(EvidenceError, match="clips/small"):
        list(package.zip_chunks(blobs, [Entry("clips/small.mp4", "0" * 64)], made_ns=0))
