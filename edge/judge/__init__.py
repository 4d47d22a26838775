"""The judge of one camera: runs the folds of its zones and turns findings into events with revisions and evidence.

In: the records of one camera's tape and their frames, an EvidenceMaker. Out: events, asks, the state to keep with them.
A fold over the tape: the same records give the same events on any machine. If the process dies, the kept state goes on.
"""

from edge.judge.judge import CameraJudge, JudgeStep
from edge.judge.start import provenance, tape_start

__all__ = ["CameraJudge", "JudgeStep", "provenance", "tape_start"]
