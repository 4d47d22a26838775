"""Lists load small copies: of real pictures, for those who may see the original, and audited as looks at it."""

from __future__ import annotations

import io

import httpx
import numpy as np
import pytest
from PIL import Image

from contract.manifest import sha256_hex
from server.evidence.thumbnails import SIDE_PX, Thumbnails, thumbnail
from server.problems import Problem
from store import audit
from tests.integration.server.packages import CLIP, Signer, send
from tests.integration.server.site import Site, code_of

LEADS = 10


def street(number: int, size: tuple[int, int] = (1920, 1080), **saving: object) -> bytes:
    """A drawn street with the grain of a sensor, as a JPEG of a camera's size."""
    rng = np.random.default_rng(number)
    rows = np.linspace(60, 190, size[1])[:, None, None]
    picture = np.broadcast_to(rows, (size[1], size[0], 3)).copy()
    for _ in range(30):
        left, top = rng.integers(0, size[0] - 200), rng.integers(0, size[1] - 120)
        picture[top : top + 120, left : left + 200] = rng.integers(0, 255, 3)
    picture += rng.normal(0, 6, picture.shape)
    held = io.BytesIO()
    Image.fromarray(picture.clip(0, 255).astype(np.uint8)).save(held, "JPEG", quality=90, **saving)
    return held.getvalue()


def opened(content: bytes) -> Image.Image:
    return Image.open(io.BytesIO(content))


def told(site: Site, number: int, content: bytes, path: str = "stills/due.jpg") -> str:
    signer = Signer()
    return send(site, signer, signer.sign(number, 1, {path: ("due", content)}))


def path_of(url: str) -> str:
    return url.removeprefix("/api/v1")


def listed(client: httpx.Client) -> list[dict[str, str]]:
    items: list[dict[str, str]] = client.get("/leads").json()["items"]
    return items


def test_a_list_of_leads_loads_a_twentieth_of_the_bytes_of_its_stills(site: Site) -> None:
    operator = site.person("op", "operator")
    for number in range(LEADS):
        told(site, number, street(number))
    rows = listed(operator)
    small = [operator.get(path_of(row["thumb_url"])) for row in rows]
    whole = [operator.get(path_of(row["still_url"])) for row in rows]
    assert len(rows) == LEADS
    assert {answer.headers["content-type"] for answer in small} == {"image/webp"}
    assert {opened(answer.content).size for answer in small} == {(SIDE_PX, 180)}
    assert sum(len(answer.content) for answer in small) * 20 < sum(len(answer.content) for answer in whole)


def test_a_small_copy_shows_what_the_original_shows_and_leaves_the_original_alone(site: Site) -> None:
    operator, content = site.person("op", "operator"), street(1)
    lead = told(site, 0, content)
    (row,) = listed(operator)
    small = opened(operator.get(path_of(row["thumb_url"])).content).convert("RGB")
    wanted = opened(content).resize(small.size, Image.Resampling.BOX)
    assert np.abs(np.asarray(small, float) - np.asarray(wanted, float)).mean() < 8
    assert operator.get(f"/leads/{lead}/evidence/files/{sha256_hex(content)}").content == content


def test_it_is_only_for_those_who_may_see_the_original_and_is_audited_like_it(site: Site) -> None:
    operator, content = site.person("op", "operator"), street(1, (640, 360))
    lead = told(site, 0, content)
    url = f"/leads/{lead}/evidence/thumbnails/{sha256_hex(content)}"
    first = operator.get(url)
    assert "private" in first.headers["cache-control"]
    assert operator.get(url, headers={"If-None-Match": first.headers["etag"]}).status_code == 304
    assert first.headers["etag"] != operator.get(url.replace("thumbnails", "files")).headers["etag"]
    assert code_of(site.client().get(url)) == "not_logged_in"
    assert code_of(site.person("admin", "admin").get(url)) == "forbidden"
    assert code_of(site.person("stranger", "operator", towns=("elsewhere",)).get(url)) == "not_found"
    other = told(site, 1, street(2, (640, 360)))
    assert code_of(operator.get(f"/leads/{other}/evidence/thumbnails/{sha256_hex(content)}")) == "not_found"
    with site.store.read() as connection:
        rows = audit.page(connection, event_id=lead)
    assert [row.entry.action for row in rows[::-1]] == ["evidence.thumbnail", "evidence.thumbnail", "evidence.view"]
    assert {(row.entry.who, row.entry.detail["sha256"]) for row in rows} == {("u-op", sha256_hex(content))}


def test_what_is_no_picture_has_none(site: Site) -> None:
    operator = site.person("op", "operator")
    for number, (path, content) in enumerate({"clips/a.mp4": CLIP, "stills/due.jpg": b"\xff\xd8 no picture"}.items()):
        lead = told(site, number, content, path)
        assert code_of(operator.get(f"/leads/{lead}/evidence/thumbnails/{sha256_hex(content)}")) == "not_found"


def test_a_picture_that_would_unfold_to_gigabytes_is_not_opened() -> None:
    held = io.BytesIO()
    Image.new("1", (8_000, 8_000)).save(held, "PNG")
    with pytest.raises(Problem):
        thumbnail(held.getvalue())


def test_it_is_upright_and_says_nothing_of_the_camera() -> None:
    told_by_camera = Image.Exif()
    told_by_camera[0x0112], told_by_camera[0x010F] = 6, "a maker"
    small = opened(thumbnail(street(1, (640, 360), exif=told_by_camera)))
    assert small.size == (180, SIDE_PX)
    assert dict(small.getexif()) == {}


def test_copies_are_kept_up_to_a_bound_and_the_ones_asked_for_last_stay() -> None:
    contents = {name: street(number, (320, 180)) for number, name in enumerate("abc")}
    size = max(len(thumbnail(content)) for content in contents.values())
    kept, reads = Thumbnails(kept_bytes_max=2 * size), []

    def ask(name: str) -> None:
        def read() -> bytes:
            reads.append(name)
            return contents[name]

        kept.of(name, read)

    for name in "abacabc":
        ask(name)
    assert reads == ["a", "b", "c", "b", "c"]
