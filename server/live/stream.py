"""One open stream: its client's town, what was missed, what comes, the queue's figures, and the heartbeat."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator
from typing import Any

import msgspec
from fastapi import Request
from fastapi.responses import StreamingResponse

from server.centre import Centre
from server.identity import sessions
from server.identity.access import COOKIE, Person
from server.leads import reading
from server.live.feed import Client
from server.problems import Problem
from store.feed import Change

RETRY_MS = 2000


def open_stream(centre: Centre, who: Person, request: Request, last_event_id: str | None) -> StreamingResponse:
    """The stream as an answer; raises Problem unavailable when too many are open."""
    if centre.feed.clients >= centre.config.live.clients_max:
        raise Problem(
            "unavailable", f"{centre.config.live.clients_max} live streams are open", headers={"Retry-After": "5"}
        )
    last_seen = int(last_event_id) if last_event_id is not None and last_event_id.isdecimal() else None
    told = _told(centre, who, request.cookies[COOKIE], last_seen)
    return StreamingResponse(told, media_type="text/event-stream", headers={"X-Accel-Buffering": "no"})


async def _told(centre: Centre, who: Person, token: str, last_seen: int | None) -> AsyncIterator[bytes]:
    reads_leads = who.may("leads:read")
    with centre.feed.client() as client:
        start = centre.feed.last_seq
        yield f"retry: {RETRY_MS}\n: tantou\n\n".encode()
        missed = [] if last_seen is None else await centre.feed.missed(last_seen, start)
        if missed is None:
            yield _event("resync", {"reason": "more was missed than is kept"}, start)
            missed = []
        for change in _visible(missed, who, reads_leads):
            yield _event(change.kind, _data(change), change.seq)
        if reads_leads:
            yield await _queue(centre, who, start)
        async for told in _follow(centre, who, client, token):
            yield told


async def _follow(centre: Centre, who: Person, client: Client, token: str) -> AsyncIterator[bytes]:
    reads_leads = who.may("leads:read")
    heartbeat_s = centre.config.live.heartbeat_s
    loop = asyncio.get_running_loop()
    beat_at = loop.time() + heartbeat_s
    while not client.is_closed:
        changes = await client.take(max(0.0, beat_at - loop.time()))
        if client.is_behind:
            client.is_behind = False
            yield _event("resync", {"reason": "too slow for what came"}, centre.feed.last_seq)
            changes = []
        visible = _visible(changes, who, reads_leads)
        if visible:
            yield b"".join(_event(change.kind, _data(change), change.seq) for change in visible)
            if reads_leads:
                yield await _queue(centre, who, visible[-1].seq)
        if loop.time() >= beat_at:
            beat_at = loop.time() + heartbeat_s
            if not await asyncio.to_thread(sessions.is_live, centre, token):
                return  # logged out, reset or run out: the browser meets 401 when it comes back
            yield b": beat\n\n"


def _visible(changes: list[Change], who: Person, reads_leads: bool) -> list[Change]:
    return [
        change for change in changes if change.key.get("town") in who.towns and (change.kind != "lead" or reads_leads)
    ]


def _data(change: Change) -> dict[str, Any]:
    if change.kind == "device":
        return {name: change.key[name] for name in ("gateway", "device", "state")}
    return change.key


async def _queue(centre: Centre, who: Person, seq: int) -> bytes:
    figures = await centre.feed.figures(who.towns, seq, lambda: reading.queue(centre, who.towns))
    return _event("queue", figures.model_dump(), seq)


def _event(name: str, data: dict[str, Any], seq: int) -> bytes:
    return f"id: {seq}\nevent: {name}\ndata: ".encode() + msgspec.json.encode(data) + b"\n\n"
