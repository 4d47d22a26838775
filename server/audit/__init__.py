"""The audit trail: who looked at what and who did what, append-only and hash-chained by the store.

In: requests of people with audit:read. Out: pages of entries, newest first.
"""
