"""Sensors that speak for themselves: what comes over their wires is kept, read through a profile, judged and proved.

In: bytes of sensors' links, bindings and profiles, clocks as callables. Out: events with signed packages in the spool,
health with what is to be repaired. README.md beside this file.
"""
