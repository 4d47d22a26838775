"""`tantou hj212 ...`: frames of a file judged, one JSON object a line; the server and devices to try it."""

from __future__ import annotations

import argparse
import asyncio
import sys
import time
from collections.abc import Iterable, Iterator
from pathlib import Path
from typing import Any, Final

import msgspec

from contract.errors import ConfigError, ContractError, Mistake
from edge.sensors.hj212.decoder import Decoder, Fate, Outcome, overdue_splits
from edge.sensors.hj212.escapes import lines_of, read_lines
from edge.sensors.hj212.framing import IDLE_S
from edge.sensors.hj212.sealing import KEY_BYTES
from edge.sensors.hj212.simulator import FAULTS, Plan, simulate
from edge.sensors.hj212.splits import OPEN_S
from edge.sensors.hj212.tolerances import in_order

EXIT_GOOD: Final = 0
_SECRETS: Final = frozenset({"NewPW"})
_NO_ANSWER: Final = "none"


def add_parsers(commands: argparse._SubParsersAction[argparse.ArgumentParser]) -> None:
    """The words of this room."""
    hj212 = commands.add_parser("hj212", help="HJ 212 sensors: decode, serve, simulate")
    words = hj212.add_subparsers(dest="hj212_word", required=True, metavar="WORD")
    decode = words.add_parser(
        "decode",
        help="judge the frames of a file",
        description="Each data line is what one connection delivers before a silence; lines of one group share a "
        "connection. Escapes: \\r \\n \\\\ \\xNN.",
    )
    decode.add_argument("file", type=Path, metavar="FILE", help="comment lines (# id: ..; dir: ..) and data lines")
    decode.add_argument("--json", action="store_true", help="JSON lines instead of a table")
    decode.add_argument("--out", type=Path, metavar="FILE", help="write the JSON there instead of printing")
    decode.add_argument("--key-file", type=Path, metavar="FILE", help="SM4 key of sealed frames, 32 hex digits")
    serve = words.add_parser("serve", help="take in frames of devices over TCP: stored first, then answered")
    serve.add_argument("--data", type=Path, required=True, metavar="DIR", help="where hj212.sqlite lies or will lie")
    serve.add_argument("--host", default="127.0.0.1", metavar="HOST", help="address to listen on (127.0.0.1)")
    serve.add_argument("--port", type=int, default=0, metavar="N", help="port; 0, the default: any free one, told")
    serve.add_argument("--key-file", type=Path, metavar="FILE", help="SM4 key of sealed frames, 32 hex digits")
    serve.add_argument("--tls-cert", type=Path, metavar="FILE", help="certificate chain; without it no TLS")
    serve.add_argument("--tls-key", type=Path, metavar="FILE", help="its key, if not in the same file")
    serve.add_argument("--links-per-peer", type=int, default=512, metavar="N", help="links of one address (512)")
    serve.add_argument("--accepts-per-s", type=float, default=20.0, metavar="N", help="of one address after a burst")
    _add_simulate(words)
    _add_looking(words)


def _add_simulate(words: argparse._SubParsersAction[argparse.ArgumentParser]) -> None:
    faults = "\n".join(f"  {name:<14}{meaning}" for name, meaning in FAULTS.items())
    simulate = words.add_parser(
        "simulate",
        help="play devices that send to a server, and tell what it acked",
        description=f"Device 0 is good, the others take the faults in turn:\n{faults}",
        formatter_class=argparse.RawDescriptionHelpFormatter,
    )
    simulate.add_argument("--host", default="127.0.0.1", metavar="HOST", help="the server's address (127.0.0.1)")
    simulate.add_argument("--port", type=int, required=True, metavar="N", help="the server's port")
    simulate.add_argument("--devices", type=int, default=1, metavar="N", help="how many (1)")
    simulate.add_argument("--seconds", type=float, default=60.0, metavar="S", help="for how long (60)")
    simulate.add_argument("--interval", type=float, default=1.0, metavar="S", help="between messages of a device (1)")
    simulate.add_argument("--answer-timeout", type=float, default=10.0, metavar="S", help="before a resend (10)")
    simulate.add_argument("--faults", type=_faults, default=(), metavar="A,B", help="what is wrong, see above")
    simulate.add_argument("--seed", type=int, default=0, metavar="N", help="the same kitchens for the same seed (0)")


def _add_looking(words: argparse._SubParsersAction[argparse.ArgumentParser]) -> None:
    proxy = words.add_parser("proxy", help="stand between devices and a platform; write down what both say")
    proxy.add_argument("--platform", required=True, metavar="HOST:PORT", help="where the devices' platform is")
    proxy.add_argument("--out", type=Path, required=True, metavar="FILE", help="appended to; `hj212 decode` reads it")
    proxy.add_argument("--host", default="127.0.0.1", metavar="HOST", help="address to listen on (127.0.0.1)")
    proxy.add_argument("--port", type=int, default=0, metavar="N", help="port; 0, the default: any free one, told")
    proxy.add_argument("--max-mb", type=int, default=1000, metavar="N", help="of the file (1000)")
    quarantine = words.add_parser(
        "quarantine",
        help="what a server could not take for good: rejects, and frames of numbers that nobody bound",
        description="Newest first, one JSON object a line; the raw bytes with the escapes of `hj212 decode`.",
    )
    quarantine.add_argument("--data", type=Path, required=True, metavar="DIR", help="where hj212.sqlite lies")
    quarantine.add_argument("--limit", type=int, default=100, metavar="N", help="of each kind (100)")


def _faults(text: str) -> tuple[str, ...]:
    names = tuple(name for name in text.split(",") if name)
    unknown = [name for name in names if name not in FAULTS]
    if unknown:
        raise argparse.ArgumentTypeError(f"{unknown[0]!r} is no fault; there are {', '.join(FAULTS)}")
    return names


def run(args: argparse.Namespace) -> int:
    """Runs what was parsed; the exit code."""
    word = getattr(args, "hj212_word", "decode")
    return _WORDS.get(word, _decode)(args)


main = run


def _serve(args: argparse.Namespace) -> int:
    from edge.commands import log_to_stderr
    from edge.sensors.hj212.server.limits import Limits
    from edge.sensors.hj212.server.platform import Listening
    from edge.sensors.hj212.server.process import serve, tls_of

    log_to_stderr()
    listening = Listening(
        host=args.host,
        port=args.port,
        limits=Limits(max_links_per_peer=args.links_per_peer, accepts_per_s=args.accepts_per_s),
        keys={"*": _key(args.key_file)} if args.key_file else {},
        tls=tls_of(args.tls_cert, args.tls_key),
    )
    return serve(args.data, listening, now_ns=time.time_ns, monotonic_s=time.monotonic)


def _proxy(args: argparse.Namespace) -> int:
    from edge.commands import log_to_stderr
    from edge.sensors.hj212.proxy import Between
    from edge.sensors.hj212.server.process import proxy

    host, _, port = args.platform.rpartition(":")
    if not host or not port.isdigit():
        raise ConfigError("--platform", (Mistake("--platform", None, f"{args.platform[:80]!r} is not HOST:PORT"),))
    log_to_stderr()
    between = Between(
        host=args.host,
        port=args.port,
        platform_host=host,
        platform_port=int(port),
        max_file_bytes=args.max_mb * 1_000_000,
    )
    return proxy(between, args.out, now_ns=time.time_ns)


def _quarantine(args: argparse.Namespace) -> int:
    from edge.sensors.hj212.server.quarantine import read_quarantine

    for entry in read_quarantine(args.data, limit=args.limit):
        print(msgspec.json.encode(entry).decode())
    return EXIT_GOOD


def _simulate(args: argparse.Namespace) -> int:
    """Prints by fault what was sent and what was acked; 0 when the time is over."""
    plan = Plan(
        host=args.host,
        port=args.port,
        devices=args.devices,
        seconds=args.seconds,
        interval_s=args.interval,
        answer_timeout_s=args.answer_timeout,
        faults=args.faults,
        seed=args.seed,
    )
    tallies = asyncio.run(simulate(plan, now_ns=time.time_ns))
    print(msgspec.json.encode({fault: dict(tally) for fault, tally in tallies.items()}).decode())
    return EXIT_GOOD


def _decode(args: argparse.Namespace) -> int:
    """Exit code 0 when the file could be read, whatever its frames are."""
    keys = {"*": _key(args.key_file)} if args.key_file else {}
    try:
        file = args.file.read_bytes()
    except OSError as error:
        raise ContractError(f"{args.file}: cannot be read ({error.strerror})") from error
    try:
        judged = decode_lines(lines_of(file), keys=keys)
        if args.out is None:
            for one in judged:
                print(_as_json(one) if args.json else _as_row(one))
        else:
            with args.out.open("w", encoding="utf-8") as out:
                out.writelines(f"{_as_json(one)}\n" for one in judged)
    except ContractError as error:
        raise ContractError(f"{args.file}: {error}") from error
    return EXIT_GOOD


def decode_lines(lines: Iterable[bytes], *, keys: dict[str, bytes] | None = None) -> Iterator[dict[str, Any]]:
    """One object a data line, and one for each part set that its group leaves open."""
    group: str | None = None
    decoder: Decoder | None = None
    at_s = 0.0
    for line in read_lines(lines):
        if decoder is None or line.group is None or line.group != group:
            yield from _left_open(decoder, group, at_s)
            decoder, group = Decoder(keys=keys or {}), line.group
        decoder.uploaded = line.uploaded
        at_s += IDLE_S
        outcomes = decoder.feed(line.data, at_s=at_s, clock=line.recv)
        at_s += IDLE_S
        outcomes += decoder.silence(at_s=at_s, clock=line.recv)
        yield _object(line.number, line.id, outcomes)
    yield from _left_open(decoder, group, at_s)


def _left_open(decoder: Decoder | None, group: str | None, at_s: float) -> Iterator[dict[str, Any]]:
    if decoder is not None and group is not None:
        for outcome in overdue_splits(decoder.devices, at_s=at_s + OPEN_S):
            yield _object(None, group, [outcome])


def _object(number: int | None, line_id: str | None, outcomes: list[Outcome]) -> dict[str, Any]:
    """As the format page says; noise is no frame and is told only where there is nothing else."""
    frames = [one for one in outcomes if one.fate is not Fate.NOISE]
    verdicts = [one.verdict for one in frames] or [Fate.NOISE.value]
    answers = [one.answer or _NO_ANSWER for one in frames] or [_NO_ANSWER]
    return {
        "line": number,
        "id": line_id,
        "verdict": verdicts[0] if len(verdicts) == 1 else f"multi({'|'.join(verdicts)})",
        "answer": "|".join(answers),
        "frames": [_frame(one) for one in frames],
    }


def _frame(outcome: Outcome) -> dict[str, Any]:
    message = outcome.message
    header = message.header if message else None
    values = message.values if message else ()
    return {
        "verdict": outcome.verdict,
        "mn": header.mn if header else None,
        "st": header.st if header else None,
        "cn": header.cn if header else None,
        "qn": header.qn if header else None,
        "data_time": message.items.data_time_text if message else None,
        "mark": ",".join(outcome.quality) or None,
        "tolerances": [tolerance.value for tolerance in in_order(outcome.slips)],
        "values": [
            {
                "code": one.code,
                "field": one.field,
                "value": one.value if one.code not in _SECRETS else None,
                "text": one.text if one.code not in _SECRETS else None,
                "flag": one.flag,
            }
            for one in values
        ],
    }


def _as_json(judged: dict[str, Any]) -> str:
    return msgspec.json.encode(judged).decode()


def _as_row(judged: dict[str, Any]) -> str:
    marks = sorted({frame["mark"] for frame in judged["frames"] if frame["mark"]})
    where = "-" if judged["line"] is None else judged["line"]
    return f"{where:>6} {judged['id'] or '-':<8} {judged['answer']:<10} {judged['verdict']} {' '.join(marks)}".rstrip()


def _key(path: Path) -> bytes:
    """The key in a file; it is never shown."""
    try:
        key = bytes.fromhex(path.read_text().strip())
    except (OSError, ValueError) as error:
        raise ConfigError(str(path), (Mistake("key", None, "cannot be read as hex digits"),)) from error
    if len(key) != KEY_BYTES:
        raise ConfigError(str(path), (Mistake("key", None, f"{len(key)} bytes, expected {KEY_BYTES}"),))
    return key


_WORDS: Final = {
    "serve": _serve,
    "simulate": _simulate,
    "proxy": _proxy,
    "quarantine": _quarantine,
    "decode": _decode,
}


if __name__ == "__main__":
    sys.exit("run it as `tantou hj212`")
