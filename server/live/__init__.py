"""Live updates: one poll of the store's feed in each process, fanned out to every open console.

In: rows of the `changes` feed. Out: server-sent events, by town; a client that is too slow is told to load anew.
"""
