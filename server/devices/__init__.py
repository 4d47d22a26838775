"""Cameras, probes and sensors as their gateways last told, with their zones.

In: birth and health rows of the store. Out: one device view each; what is unknown is null.
"""
