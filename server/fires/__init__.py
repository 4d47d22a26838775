"""One fire is one lead: acts of several towers and gateways are joined by place and time, and split by people.

In: open straw-burning acts with their sights. Out: joins with their reasons, the place that all sights say together.
"""
