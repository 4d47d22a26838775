"""`tantou verify`: is an evidence package whole, and signed by a key that you already trust? Offline, open formats."""

from __future__ import annotations

import argparse
import os
import stat
from pathlib import Path

import msgspec

from contract.errors import EvidenceError, TantouError
from contract.manifest import read_trusted_keys
from contract.reports import VerifyReport
from contract.verification import verify_package

EXIT_GOOD, EXIT_DAMAGED, EXIT_NOT_PROVED = 0, 1, 3
MAX_FILES = 100_000
_SIGNER_WORDS = {
    "proved": "signed by a trusted key",
    "unknown": "NOT signed by a trusted key",
    "wrong": "the signature does NOT fit",
}


def add_parsers(commands: argparse._SubParsersAction[argparse.ArgumentParser]) -> None:
    """The words of this room."""
    verify = commands.add_parser(
        "verify",
        help="check an evidence package offline",
        description="Exit code 0: whole and signed by a trusted key; 1: damaged; 3: whole, but the signer is not "
        "proved; 2: it could not be checked.",
    )
    verify.add_argument("package", type=Path, metavar="DIR", help="the package's folder")
    verify.add_argument("--trust", type=Path, required=True, metavar="KEYS.pem", help="public keys you trust")
    verify.add_argument("--json", action="store_true", help="print the report as JSON")
    verify.add_argument("--out", type=Path, metavar="FILE", help="write the JSON there instead")


def run(args: argparse.Namespace) -> int:
    """Exit code by what was found."""
    report = verify_folder(args.package, _trusted(args.trust))
    text = msgspec.json.encode(report).decode() if args.json or args.out else in_words(report)
    if args.out is None:
        print(text)
    else:
        args.out.write_text(text + "\n")
    if not report.whole:
        return EXIT_DAMAGED
    return EXIT_GOOD if report.signer == "proved" else EXIT_NOT_PROVED


def verify_folder(folder: Path, trusted: frozenset[str]) -> VerifyReport:
    """The report for a package that lies in a folder; raises EvidenceError when there is no such folder.

    A link is never followed: it counts as a file without bytes.
    """
    if not folder.is_dir():
        raise EvidenceError(f"{folder}: no folder; expected an evidence package with a manifest.json in it, unpacked")
    files = {_name(path, folder): path for path in _files(folder)}

    def read(name: str) -> bytes:
        path = files[name]
        try:
            return path.read_bytes() if stat.S_ISREG(path.lstat().st_mode) else b""
        except OSError as error:
            raise EvidenceError(f"{path}: cannot be read ({error.strerror})") from error

    return verify_package(files, read, trusted, size_of=lambda name: files[name].lstat().st_size)


def in_words(report: VerifyReport) -> str:
    """The report for a person."""
    lines = ["whole" if report.whole else "DAMAGED", _SIGNER_WORDS[report.signer]]
    for what in ("missing", "changed", "extra"):
        lines += [f"{what}: {name}" for name in getattr(report, what)]
    return "\n".join([*lines, *report.reasons])


def _trusted(path: Path) -> frozenset[str]:
    try:
        return read_trusted_keys(path.read_bytes())
    except OSError as error:
        raise EvidenceError(f"trusted keys {path}: cannot be read ({error.strerror})") from error
    except TantouError as error:
        raise EvidenceError(f"{path}: {error}") from error


def _files(folder: Path) -> list[Path]:
    """Everything in the package that is no folder, sorted; raises EvidenceError for more than a package may hold."""
    found = [
        Path(where) / name
        for where, folders, names in os.walk(folder)
        for name in (*names, *(one for one in folders if (Path(where) / one).is_symlink()))
    ]
    if len(found) > MAX_FILES:
        raise EvidenceError(f"{folder}: {len(found)} files, at most {MAX_FILES} in a package")
    return sorted(found)


def _name(path: Path, folder: Path) -> str:
    return os.fsencode(path.relative_to(folder)).decode("utf-8", "backslashreplace")
