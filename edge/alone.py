"""One gateway a data folder."""

from __future__ import annotations

import fcntl
import os
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

from contract.errors import ConfigError, Mistake


@contextmanager
def alone(data_dir: Path) -> Iterator[None]:
    """Two gateways on one data folder would sign and send the same acts twice: the second one does not begin."""
    data_dir.mkdir(mode=0o700, parents=True, exist_ok=True)
    descriptor = os.open(data_dir / "lock", os.O_RDWR | os.O_CREAT, 0o600)
    try:
        try:
            fcntl.flock(descriptor, fcntl.LOCK_EX | fcntl.LOCK_NB)
        except BlockingIOError:
            mistake = Mistake("gateway.data_dir", None, f"another gateway runs on {data_dir}", "stop it first")
            raise ConfigError("the configuration", (mistake,)) from None
        yield
    finally:
        os.close(descriptor)
