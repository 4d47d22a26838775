"""What crosses a process border: events, manifests, readings, health, acks, commands, topics.

In: bytes and plain values. Out: frozen types, JSON bytes, typed errors. No I/O, no clock, no global state.
"""
