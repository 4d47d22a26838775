"""Composed camera-days of the virtual tower in fast time: every look that a patrol would take is drawn and judged.

In: days by number, each a seed. Out: which fires were alarmed and when, and every false alarm with its trap.
"""
