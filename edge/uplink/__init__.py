"""What a gateway says to the centre: events by MQTT, evidence files by HTTPS, birth, will and heartbeat.

In: the spool's queues, the centre's acks and commands. Out: messages and bytes; rows leave the spool only on its word.
If the process dies here, everything is still in the spool and is sent again; the centre counts the repeat.
"""

from edge.uplink.events import EventUplink
from edge.uplink.evidence import EvidenceUplink
from edge.uplink.letters import Letters

__all__ = ["EventUplink", "EvidenceUplink", "Letters"]
