"""A virtual tower: a drawn country seen by a pan, tilt and zoom camera, for development, tests and the demo.

In: a seed, what burns and passes when, where the head points, a time. Out: pictures with exact truth; ONVIF and RTSP.
Everything is drawn from numbers: no picture from outside, and the same seed gives the same day.
"""
