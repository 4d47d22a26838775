"""What must not be forgotten until the centre has it: judges' states, outgoing events and readings, files to upload.

In: steps of the judges, acks of the centre. Out: events and uploads that still wait, states after a restart.
One SQLite file, WAL, synchronous=FULL: what `Spool.commit` returned for survives kill -9 and loss of power.
"""

from edge.spool.acked import AckCounts, AckedQueue
from edge.spool.events import EventQueue
from edge.spool.readings import READING_IDS, ReadingQueue
from edge.spool.spool import Spool, SpoolLimits
from edge.spool.steps import OutgoingEvent, OutgoingReading, SpooledEvent, Step, Upload
from edge.spool.uploads import UploadQueue

__all__ = [
    "READING_IDS",
    "AckCounts",
    "AckedQueue",
    "EventQueue",
    "OutgoingEvent",
    "OutgoingReading",
    "ReadingQueue",
    "Spool",
    "SpoolLimits",
    "SpooledEvent",
    "Step",
    "Upload",
    "UploadQueue",
]
