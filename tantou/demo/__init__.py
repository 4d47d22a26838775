"""The demo: two cameras over one street junction, one where a vehicle stands too long and one where traffic flows.

In: two short clips out of a published package, by name and hash. Out: composed scenes as MP4 files, served over RTSP.
"""
