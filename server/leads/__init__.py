"""The operator's half of a lead's life: the list, the lease, the verdict, undo and history.

In: requests of people with leads:read or leads:review. Out: leads as JSON; each change is one transaction of the store.
"""
