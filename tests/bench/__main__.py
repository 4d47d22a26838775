"""Every bench of this folder, one after the other, each in a process of its own; what fails to run is said."""

from __future__ import annotations

import os
import platform
import subprocess
import sys
from pathlib import Path

from tests.house.sources import ROOT

MODULES = (
    "models_cost",
    "capture_cost",
    "regions",
    "plate_chain",
    "parking_rule",
    "spool_rate",
    "ingest_rate",
    "hj212_rate",
    "straw_cost",
    "hj212_links",
    "api_latency",
    "end_to_end",
    "cameras_per_core",
)


def main(wanted: list[str]) -> int:
    """Exit code: how many benches could not run."""
    print(f"{platform.machine()}, {os.cpu_count()} cores, {platform.system()}, Python {platform.python_version()}")
    broken = 0
    for name in wanted or MODULES:
        print(f"\n{name}", flush=True)
        if not (Path(__file__).parent / f"{name}.py").exists():
            print("  not here")
            broken += 1
            continue
        done = subprocess.run([sys.executable, "-m", f"tests.bench.{name}"], cwd=ROOT, check=False)
        if done.returncode != 0:
            print(f"  could not run (exit code {done.returncode})")
            broken += 1
    return broken


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
