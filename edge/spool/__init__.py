"""What must not be forgotten until the centre has it: judges' states, outgoing events, files to upload.

In: steps of the judges, acks of the centre. Out: events and uploads that still wait, states after a restart.
One SQLite file, WAL, synchronous=FULL: what `Spool.commit` returned for survives kill -9 and loss of power.
"""

from edge.spool.events import AckCounts, EventQueue
from edge.spool.spool import Spool, SpoolLimits
from edge.spool.steps import OutgoingEvent, SpooledEvent, Step, Upload
from edge.spool.uploads import UploadQueue

__all__ = [
    "AckCounts",
    "EventQueue",
    "OutgoingEvent",
    "Spool",
    "SpoolLimits",
    "SpooledEvent",
    "Step",
    "Upload",
    "UploadQueue",
]
