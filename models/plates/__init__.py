"""Number plates in pictures: find their corners, cut them straight, read them twice, and draw plates to measure that.

In: frames (h, w, 3) uint8 BGR. Out: `contract.plates.PlateSeen`, every raw read kept; whether a text is a plate and
may stand is judged by `detectors`, which knows the grammar.
"""
