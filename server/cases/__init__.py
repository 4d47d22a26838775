"""The case officer's half of a lead's life: accept it into a case, or return it with a reason.

In: requests of people with leads:decide. Out: the changed lead, and an outbox row where a connector has to deliver it.
"""
