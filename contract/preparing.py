"""Types made ready for reading before several threads read them.

msgspec 0.22 works a Struct's fields out at its first reading and shows the half-made result to other threads: two that
read the first messages of a type at once end the process with a segmentation fault. Who defines a type that threads
read prepares it where it is defined: an import is run by one thread.
"""

from __future__ import annotations

from typing import Any

import msgspec


def prepare(*kinds: Any) -> None:
    """Works out the fields of these types and of all that they hold."""
    for kind in kinds:
        msgspec.json.Decoder(kind)
