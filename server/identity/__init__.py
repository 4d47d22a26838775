"""Who asks: local users, sessions, roles and scopes.

In: a name and password, a session cookie. Out: a `Person` that a route may trust, or a problem; deny by default.
"""
