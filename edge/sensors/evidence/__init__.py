"""What proves a sensor's act: its readings with the raw frames, a curve for print, the device's binding, the tape.

In: orders of the judge, kept rows, the binding. Out: package folders that `tantou verify` passes.
If the process dies, a package is as before or whole in its new revision; made again it is made of the same rows.
"""

from edge.sensors.evidence.maker import SensorEvidence

__all__ = ["SensorEvidence"]
