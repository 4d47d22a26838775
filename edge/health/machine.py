"""What the machine says of itself."""

from __future__ import annotations

import os
import shutil
from pathlib import Path

_STATM = Path("/proc/self/statm")


def disk_free_bytes(path: Path) -> int:
    """Free bytes on the disk that holds `path`, for users without privileges."""
    return shutil.disk_usage(path).free


def memory_bytes() -> int:
    """Memory of this process that is in RAM (resident set)."""
    return int(_STATM.read_text(encoding="ascii").split()[1]) * os.sysconf("SC_PAGE_SIZE")
