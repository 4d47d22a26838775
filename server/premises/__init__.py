"""Premises under watch (kitchens): their sensors as last told, and what they measured as curves that keep gaps.

In: births, heartbeats and readings of the store. Out: one view a premises and zone; values of mark N and others apart.
"""
