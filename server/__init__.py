"""The centre's HTTP API, its live updates and the console's files.

In: requests of people who are logged in, the store. Out: JSON under `/api/v1`, evidence bytes, server-sent events.
"""
