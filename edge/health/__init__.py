"""How a gateway says that it is well: birth and heartbeat, the machine's disk and memory.

In: the configuration, the states of cameras, queues and counters. Out: the contract's `Birth` and `Health`.
Nothing is kept here.
"""

from edge.health.clock import ClockCare
from edge.health.machine import disk_free_bytes, memory_bytes
from edge.health.picture import picture_problem
from edge.health.report import Machine, birth, health

__all__ = ["ClockCare", "Machine", "birth", "disk_free_bytes", "health", "memory_bytes", "picture_problem"]
