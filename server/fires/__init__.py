"""One fire is one lead: acts of several towers and gateways are joined by place and time, and split by people.

In: open straw-burning acts with their sights, verdicts of people, steps of the response. Out: joins with their reasons,
the place that all sights say together, known places that do not ring (`places.py`), who answered when.
"""
