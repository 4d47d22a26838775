"""From frames to observations: one service for all cameras of a gateway, a mailbox of one frame a camera before it.

In: `Frame`s of capture, a detector. Out: `Observation`s with their frames, to one callable per gateway.
Nothing is kept here: if the process dies, what was not yet looked at is lost and the next frame is looked at.
"""
