"""The demo cameras: an RTSP server that loops each scene for whoever asks; runs until it is ended."""

from __future__ import annotations

import asyncio
import logging
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

from aio_rtsp_toolkit import server

MOST_CLIENTS = 64


def url(port: int, camera: str) -> str:
    """Where a camera streams; `play_count=0` makes the server loop instead of ending after one round."""
    return f"rtsp://127.0.0.1:{port}/{camera}.mp4?play_count=0"


def run(folder: Path, port: int) -> None:
    """Serves the MP4 files of `folder` on loopback."""
    server.logger = logging.getLogger("cameras")  # its own one prints each RTCP report
    asyncio.run(_serve(folder, port))


async def _serve(folder: Path, port: int) -> None:
    # The library reads each client's file in the default executor, whose size would stop the 7th client for ever.
    asyncio.get_running_loop().set_default_executor(ThreadPoolExecutor(MOST_CLIENTS))
    await server.serve(str(folder), "127.0.0.1", port)
