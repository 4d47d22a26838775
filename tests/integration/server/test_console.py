"""The console's files: the page for every path, assets for ever, nothing outside the folder."""

from __future__ import annotations

import asyncio
from pathlib import Path

import httpx
import pytest
from fastapi import FastAPI
from httpx import ASGITransport

from server import console_files, headers, problems


@pytest.fixture
def app(tmp_path: Path) -> FastAPI:
    """The console's route alone, over a small built console."""
    folder = tmp_path / "static"
    (folder / "assets").mkdir(parents=True)
    (folder / "index.html").write_text("<!doctype html><title>Tantou</title>")
    (folder / "assets" / "app-1a2b.js").write_text("plain")
    (folder / "assets" / "app-1a2b.js.gz").write_bytes(b"packed")
    (tmp_path / "secret.txt").write_text("secret")
    made = FastAPI(openapi_url=None)
    problems.install(made)
    made.include_router(console_files.router(folder))
    made.add_middleware(headers.SecurityHeaders)
    return made


def get(app: FastAPI, path: str, method: str = "GET", **sent: str) -> httpx.Response:
    async def ask() -> httpx.Response:
        async with httpx.AsyncClient(transport=ASGITransport(app=app), base_url="http://console") as client:
            request = client.build_request(method, "http://console/", headers={"Accept-Encoding": "identity", **sent})
            request.url = httpx.URL("http://console").copy_with(raw_path=path.encode())
            return await client.send(request)

    return asyncio.run(ask())


@pytest.mark.parametrize("path", ["/", "/leads", "/leads/6f1f7e6a", "/index.html"])
def test_every_page_of_the_console_is_the_one_page_and_always_fresh(app: FastAPI, path: str) -> None:
    answer = get(app, path)
    assert (answer.status_code, answer.headers["cache-control"]) == (200, "no-cache")
    assert "Tantou" in answer.text
    assert "script-src 'self'" in answer.headers["content-security-policy"]


def test_an_asset_is_kept_for_ever(app: FastAPI) -> None:
    plain = get(app, "/assets/app-1a2b.js")
    assert (plain.text, plain.headers["cache-control"]) == ("plain", "public, max-age=31536000, immutable")
    assert plain.headers["content-type"].startswith("text/javascript")
    assert get(app, "/assets/gone.js").status_code == 404


def test_the_head_of_a_packed_asset_says_so(app: FastAPI) -> None:
    head = get(app, "/assets/app-1a2b.js", method="HEAD", **{"Accept-Encoding": "br, gzip;q=0.8"}).headers
    assert (head["content-encoding"], head["content-length"], head["vary"]) == ("gzip", "6", "Accept-Encoding")
    assert head["content-type"].startswith("text/javascript")


@pytest.mark.parametrize("path", ["/../secret.txt", "/%2e%2e/secret.txt", "/assets/..%2f..%2fsecret.txt", "//passwd"])
def test_nothing_outside_the_folder_is_served(app: FastAPI, path: str) -> None:
    assert "secret" not in get(app, path).text


def test_an_unknown_api_route_is_a_problem_and_not_the_page(app: FastAPI) -> None:
    answer = get(app, "/api/v1/nonsense")
    assert (answer.status_code, answer.headers["content-type"]) == (404, "application/problem+json")
