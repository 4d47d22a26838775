"""What the session routes take and give."""

from __future__ import annotations

from typing import Annotated, Any

from pydantic import ConfigDict, Field

from server.identity.scopes import Role
from server.shapes import Answer, Ask

MAX_NAME_CHARS = 64
MAX_PASSWORD_CHARS = 256

_USER: dict[str, Any] = {
    "id": "u-3f9a0c12",
    "name": "wang.li",
    "display_name": "王丽",
    "roles": ["operator"],
    "towns": ["demo"],
    "locale": "zh-CN",
}


class Login(Ask):
    """A name and password."""

    model_config = ConfigDict(
        frozen=True,
        extra="forbid",
        json_schema_extra={"examples": [{"name": "wang.li", "password": "correct horse battery staple"}]},
    )

    name: Annotated[str, Field(min_length=1, max_length=MAX_NAME_CHARS)]
    password: Annotated[str, Field(min_length=1, max_length=MAX_PASSWORD_CHARS)]


class User(Answer):
    """The person who is logged in."""

    id: str
    name: str
    display_name: str
    roles: list[Role]
    towns: list[str]
    locale: str


class SessionAnswer(Answer):
    """Who is logged in, and the token that unsafe requests send as `X-CSRF-Token`."""

    model_config = ConfigDict(
        frozen=True, json_schema_extra={"examples": [{"user": _USER, "csrf_token": "f3b6c1f0" * 8}]}
    )

    user: User
    csrf_token: str


class HealthAnswer(Answer):
    """The server is up and reads its database."""

    model_config = ConfigDict(frozen=True, json_schema_extra={"examples": [{"status": "ok"}]})

    status: str
