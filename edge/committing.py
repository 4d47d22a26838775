"""A judge's step onto the disk: the judge has moved on, so the step may not be left out."""

from __future__ import annotations

import logging
import random
import threading
from collections.abc import Callable
from typing import Final

from contract.errors import StoreError
from edge.capture.backoff import Backoff
from edge.spool import Spool, Step

log = logging.getLogger(__name__)
_BACKOFF: Final = Backoff(first_s=0.2, most_s=10.0)


def commit_until_kept(spool: Spool, step: Step, stop: threading.Event, failed: Callable[[StoreError], None]) -> bool:
    """Returns when it is on disk; False when the gateway stops before. `failed` hears of each try that was not."""
    draw = random.Random()  # noqa: S311 -- jitter is no secret
    failures = 0
    while True:
        try:
            spool.commit(step)
        except StoreError as error:
            failures += 1
            failed(error)
            log.error("step_not_committed device=%s reason=%r", step.device, str(error))
            if stop.wait(_BACKOFF.delay_s(failures, draw)):
                return False
        else:
            return True
