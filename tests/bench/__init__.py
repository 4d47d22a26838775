"""Measured figures beside the budgets of the design; a bench prints, it never fails on a time.

In: this machine. Out: one line a figure. `python -m tests.bench` runs every module here, each in a process of its own.
"""
