"""The server as a process: one folder, one port, until SIGTERM or SIGINT; a line of JSON at its begin and its end."""

from __future__ import annotations

import asyncio
import resource
import signal
import ssl
from collections.abc import Callable
from pathlib import Path
from typing import Final

import msgspec

from contract.errors import ConfigError, DeliveryError, Mistake
from edge.sensors.hj212.proxy import Between, Proxy, Recorder
from edge.sensors.hj212.server.platform import Listening, Platform
from edge.sensors.hj212.server.store import RawStore

FILE: Final = "hj212.sqlite"


def serve(data: Path, listening: Listening, *, now_ns: Callable[[], int], monotonic_s: Callable[[], float]) -> int:
    """0 after a clean stop; raises StoreError when the store, DeliveryError when the port cannot be had."""
    allow_sockets()
    store = RawStore(data / FILE)
    try:
        platform = Platform(store, listening, now_ns=now_ns, monotonic_s=monotonic_s)
        asyncio.run(_until_signal(platform))
        _say({"stopped": {"counters": store.counters()}})
    except OSError as error:
        where = f"{listening.host}:{listening.port}"
        raise DeliveryError(f"hj212 server: cannot listen on {where}: {error.strerror}; give another port") from error
    finally:
        store.close()
    return 0


def proxy(between: Between, out: Path, *, now_ns: Callable[[], int]) -> int:
    """Stands between devices and a platform until a signal; raises DeliveryError when port or file cannot be had."""
    made = Proxy(between, Recorder(out, between.max_file_bytes, now_ns))
    try:
        asyncio.run(_proxy_until_signal(made))
    except OSError as error:
        where = f"{between.host}:{between.port}, {out}"
        raise DeliveryError(f"hj212 proxy: {where}: {error.strerror}; give another port or file") from error
    _say({"stopped": {"counters": dict(made.counts)}})
    return 0


def tls_of(certificate: Path | None, key: Path | None) -> ssl.SSLContext | None:
    """The server's side of TLS 1.2 or later, None without a certificate; raises ConfigError."""
    if certificate is None:
        return None
    context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
    context.minimum_version = ssl.TLSVersion.TLSv1_2
    try:
        context.load_cert_chain(certificate, key)
    except (OSError, ssl.SSLError) as error:
        mistake = Mistake("certificate or key", None, f"cannot be read: {error.strerror or error}")
        raise ConfigError(str(certificate), (mistake,)) from error
    return context


async def _until_signal(platform: Platform) -> None:
    await platform.run(_stop_by_signal(), on_listening=_say_port)


async def _proxy_until_signal(made: Proxy) -> None:
    await made.run(_stop_by_signal(), on_listening=_say_port)


def _stop_by_signal() -> asyncio.Event:
    """Set by SIGTERM and SIGINT; for the running loop."""
    stop = asyncio.Event()
    loop = asyncio.get_running_loop()
    for number in (signal.SIGTERM, signal.SIGINT):
        loop.add_signal_handler(number, stop.set)
    return stop


def _say_port(port: int) -> None:
    _say({"listening": {"port": port}})


def allow_sockets() -> None:
    """As many open files as the system lets this process have."""
    soft, hard = resource.getrlimit(resource.RLIMIT_NOFILE)
    if soft != hard:
        resource.setrlimit(resource.RLIMIT_NOFILE, (hard, hard))


def _say(line: object) -> None:
    print(msgspec.json.encode(line).decode(), flush=True)
