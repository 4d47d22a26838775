"""From a camera, a file or a snapshot address to stamped packets in a ring and masked frames.

In: RTSP, HTTP snapshots, files. Out: `Frame`s to one callable, `CameraStatus` to another, a `PacketRing` for clips.
If the thread of a camera dies here, its ring is lost; what was held as evidence is on disk elsewhere.
"""
