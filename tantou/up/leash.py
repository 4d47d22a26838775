"""Starts a program that ends with its starter, however that one ends: `python leash.py PID PROGRAM ...`.

Linux sends the signal by itself (PR_SET_PDEATHSIG), so a kill -9 of the starter leaves nothing running. The mark
survives exec. Elsewhere the program runs unleashed and ends with the starter's own clean stop.
"""

from __future__ import annotations

import ctypes
import os
import signal
import sys

_PR_SET_PDEATHSIG = 1


def main(arguments: list[str]) -> None:
    """Replaces this process by the program; ends at once when the starter is gone already."""
    starter, program = int(arguments[0]), arguments[1:]
    if sys.platform == "linux":
        ctypes.CDLL(None, use_errno=True).prctl(_PR_SET_PDEATHSIG, signal.SIGTERM, 0, 0, 0)
    if os.getppid() != starter:
        raise SystemExit(f"not started by {starter}, which is gone")
    os.execv(program[0], program)  # noqa: S606 - the list is of our own making


if __name__ == "__main__":
    main(sys.argv[1:])
