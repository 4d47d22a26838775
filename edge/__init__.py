"""The gateway process: watches cameras, judges with the rules of `detectors/`, proves, keeps and sends until acked.

In: cameras and sensors, `edge.toml`, acks and commands. Out: signed events and their evidence, health.
If the process dies, the spool and the candidate store on disk hold everything that was promised.
"""
