"""Roles, scopes, and the table between them; a scope that no role of a person has is refused."""

from __future__ import annotations

from typing import Literal, get_args

Role = Literal["operator", "shift_lead", "case_officer", "maintenance", "auditor", "admin"]
Scope = Literal[
    "session:public",
    "session:own",
    "leads:read",
    "leads:review",
    "leads:decide",
    "leads:respond",
    "places:end",
    "evidence:read",
    "devices:read",
    "audit:read",
    "users:admin",
]

ROLES: tuple[Role, ...] = get_args(Role)
SCOPES: tuple[Scope, ...] = get_args(Scope)

# Admin sees no media and the auditor changes nothing.
ROLE_SCOPES: dict[Role, frozenset[Scope]] = {
    "operator": frozenset({"leads:read", "leads:review", "leads:respond", "evidence:read", "devices:read"}),
    "shift_lead": frozenset(
        {"leads:read", "leads:review", "leads:respond", "places:end", "evidence:read", "devices:read"}
    ),
    "case_officer": frozenset({"leads:read", "leads:decide", "leads:respond", "evidence:read", "devices:read"}),
    "maintenance": frozenset({"devices:read"}),
    "auditor": frozenset({"leads:read", "evidence:read", "audit:read", "devices:read"}),
    "admin": frozenset({"users:admin", "devices:read"}),
}


def scopes_of(roles: frozenset[str]) -> frozenset[Scope]:
    """What these roles may do together; an unknown role gives nothing; everyone may see their own session."""
    own: frozenset[Scope] = frozenset({"session:own"})
    return own.union(*(scopes for role, scopes in ROLE_SCOPES.items() if role in roles))
