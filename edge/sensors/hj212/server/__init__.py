"""The platform's end of HJ 212 over TCP: what devices send is on disk before it is answered, whatever they send.

In: sockets of devices, clocks as callables, a stop event. Out: a SQLite file of raw frames with verdicts, a quarantine
ring, counters, alarms of cloned numbers; answers, clock settings and requests for what an outage swallowed.
"""

from edge.sensors.hj212.server.group_commit import GroupCommit
from edge.sensors.hj212.server.limits import Limits
from edge.sensors.hj212.server.platform import Listening, Platform, Readers, Stranger
from edge.sensors.hj212.server.presence import ClonedNumber
from edge.sensors.hj212.server.store import Kept, RawFrame, RawStore, Reject, StoredFrame

__all__ = [
    "ClonedNumber",
    "GroupCommit",
    "Kept",
    "Limits",
    "Listening",
    "Platform",
    "RawFrame",
    "RawStore",
    "Readers",
    "Reject",
    "StoredFrame",
    "Stranger",
]
