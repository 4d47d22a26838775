"""Sensors that speak for themselves: what comes over their wires becomes typed values with marks, raw bytes kept.

In: bytes of a sensor's link, times and clocks as arguments. Out: judged messages, readings, answers; one folder a wire.
"""
