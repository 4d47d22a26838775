"""Writes locks/*.txt: every dependency of an extra with version and hashes, no registry address, no local file.

In: pyproject.toml, locks/build.in. Out: locks/<extra>.txt. The address of the index is taken from pip's own
settings at run time, since uv does not read them, and is never written down.
"""

from __future__ import annotations

import os
import re
import subprocess
import sys
from pathlib import Path

EXTRAS = ("edge", "openvino", "sensors", "ingest", "server", "broker", "demo", "dev")
ROOT = Path(__file__).resolve().parent.parent
LOCKS = ROOT / "locks"
FORBIDDEN = re.compile(r"://|^/|@ file|--index|--find-links", re.MULTILINE)


def index_flags() -> list[str]:
    """`--default-index URL` when pip is told of another index than its own, else nothing."""
    asked = subprocess.run(
        [sys.executable, "-m", "pip", "config", "get", "global.index-url"], capture_output=True, text=True, check=False
    )
    url = os.environ.get("PIP_INDEX_URL") or asked.stdout.strip()
    return ["--default-index", url] if url else []


def compile_lock(target: Path, sources: list[str]) -> None:
    """One lock file from requirement files and extras; refuses to leave an address in it."""
    command = [str(Path(sys.executable).parent / "uv"), "pip", "compile", "--quiet", "--generate-hashes"]
    command += ["--no-header", "--no-annotate"]
    command += ["--no-emit-index-url", "--no-emit-find-links", "--python-version", "3.11", "--upgrade"]
    scratch = target.with_suffix(".new")
    done = subprocess.run([*command, *index_flags(), *sources, "-o", str(scratch)], cwd=ROOT, check=False)
    if done.returncode != 0:
        scratch.unlink(missing_ok=True)
        raise SystemExit(f"{target.name}: uv could not resolve it (see above)")
    text = scratch.read_text()
    found = FORBIDDEN.search(text)
    if found:
        raise SystemExit(f"{target.name}: {found.group()!r} has no place in a lock; left in {scratch.name}")
    scratch.replace(target)
    print(f"{target.relative_to(ROOT)}: {text.count('==')} packages")


def main() -> None:
    """Every lock anew."""
    compile_lock(LOCKS / "build.txt", ["locks/build.in"])
    for extra in EXTRAS:
        build = ["locks/build.in"] if extra == "dev" else []
        compile_lock(LOCKS / f"{extra}.txt", ["pyproject.toml", *build, "--extra", extra])


if __name__ == "__main__":
    main()
