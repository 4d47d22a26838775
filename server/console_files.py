"""The built console: hashed assets for ever, the page itself always fresh, every other path is the page."""

from __future__ import annotations

from pathlib import Path

from fastapi import APIRouter, Request, Response
from fastapi.responses import FileResponse

from server.identity.access import Anyone
from server.problems import Problem

IMMUTABLE = "public, max-age=31536000, immutable"
_ENCODINGS = ((".br", "br"), (".gz", "gzip"))


def router(folder: Path) -> APIRouter:
    """The route that serves the files of `folder`; with no console built, it says so."""
    files = APIRouter(include_in_schema=False)
    root = folder.resolve()

    @files.api_route("/{path:path}", methods=["GET", "HEAD"])
    def console_file(_who: Anyone, request: Request, path: str) -> Response:
        if path == "api" or path.startswith("api/"):
            raise Problem("not_found", "no such route")
        return _answer(root, path, request.headers.get("Accept-Encoding", ""))

    return files


def _answer(root: Path, path: str, accepted: str) -> Response:
    wanted = (root / path).resolve() if "\0" not in path else root
    is_file = wanted.is_relative_to(root) and wanted.is_file()
    if not is_file and Path(path).suffix and path.startswith("assets/"):
        raise Problem("not_found", "no such file")
    chosen = wanted if is_file else root / "index.html"
    if not chosen.is_file():
        raise Problem("not_found", "the console is not built; run: make console")
    return _file(chosen, accepted, IMMUTABLE if is_file and path.startswith("assets/") else "no-cache")


def _file(chosen: Path, accepted: str, caching: str) -> FileResponse:
    names = {part.split(";")[0].strip() for part in accepted.split(",")}
    headers = {"Cache-Control": caching, "Vary": "Accept-Encoding"}
    for suffix, encoding in _ENCODINGS:
        packed = chosen.with_name(chosen.name + suffix)
        if encoding in names and packed.is_file():
            plain = FileResponse(chosen)
            return FileResponse(packed, media_type=plain.media_type, headers={**headers, "Content-Encoding": encoding})
    return FileResponse(chosen, headers=headers)
