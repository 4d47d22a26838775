"""The whole system on one machine: broker, ingest, server, one edge, and the demo cameras when asked.

In: a data folder, remembered between runs. Out: five child processes that live and end with this one, and their logs.
"""
