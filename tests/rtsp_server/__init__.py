"""A small real RTSP server (RTP over TCP) whose behaviour is a value: good streams and every fault a camera has.

In: a `Plan` per path. Out: RTSP, RTP and RTCP sender reports on a loopback port. One thread a client.
"""
