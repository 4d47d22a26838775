"""The command line, `up` and the demo: wiring of the rooms, and nothing that decides.

In: words typed by a person, configuration files. Out: running processes, exit codes. Rooms are imported when asked for.
"""
