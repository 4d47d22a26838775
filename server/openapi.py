"""The OpenAPI document: `python -m server.openapi > server/openapi.json`; a test says when the file drifts.

The contract's own types (events, and the facts of each matter) stand in it under their names, so that a client typed
from the document knows what `LeadDetail.event` holds.
"""

from __future__ import annotations

import json
import sys
from typing import Any

import msgspec
from fastapi import FastAPI
from fastapi.openapi.utils import get_openapi
from pydantic import BaseModel

from contract import matters
from contract.events import Event
from server.app import API, ROUTERS, api_routes, scope_of
from server.identity.access import COOKIE, CSRF_HEADER, SAFE_METHODS
from server.live.schemas import LiveDevice, LiveLead, LiveResync
from server.problems import ProblemBody
from server.shapes import Answer, Ask

REF = "#/components/schemas/"
_UNNAMED: tuple[type[BaseModel], ...] = (ProblemBody, LiveLead, LiveDevice, LiveResync)


def document() -> dict[str, Any]:
    """The whole document, the same on every machine."""
    app = FastAPI()
    for router in ROUTERS:
        app.include_router(router, prefix=API)
    made = get_openapi(
        title="Tantou",
        version="1",
        summary="Leads with evidence that stands",
        description="Times are UTC, RFC 3339 with nine decimals. Unsafe methods need the header `X-CSRF-Token`. "
        "Errors are RFC 9457 problems; `code` names them.",
        routes=app.routes,
    )
    schemas = made["components"]["schemas"]
    for name in ("HTTPValidationError", "ValidationError"):
        schemas.pop(name, None)
    for model in _UNNAMED:
        schemas[model.__name__] = model.model_json_schema(ref_template=REF + "{model}")
    for name, schema in _contract_schemas().items():
        if name in schemas:
            raise ValueError(f"schema {name}: named by the contract and by the server; rename the server's")
        schemas[name] = schema
    for kind in _models(Answer) | _models(Ask):
        examples = dict(kind.model_config).get("json_schema_extra")
        if kind.__name__ in schemas and isinstance(examples, dict):
            schemas[kind.__name__].update(examples)  # FastAPI's own copy has lost every null
    made["components"]["schemas"] = dict(sorted(schemas.items()))
    _secure(made)
    _finish(made)
    return made


def _models(kind: type[BaseModel]) -> set[type[BaseModel]]:
    return {kind}.union(*(_models(one) for one in kind.__subclasses__()))


def _secure(made: dict[str, Any]) -> None:
    """Say of each operation which scope it needs, and what proves it."""
    made["components"]["securitySchemes"] = {
        "session": {"type": "apiKey", "in": "cookie", "name": COOKIE},
        "csrf": {"type": "apiKey", "in": "header", "name": CSRF_HEADER},
    }
    for route in api_routes():
        for method in sorted(route.methods or ()):
            operation = made["paths"][API + route.path][method.lower()]
            operation["x-scope"] = scope_of(route)
            needs: dict[str, list[str]] = {"session": []} if method in SAFE_METHODS else {"session": [], "csrf": []}
            operation["security"] = [] if operation["x-scope"] == "session:public" else [needs]


def _contract_schemas() -> dict[str, Any]:
    _, schemas = msgspec.json.schema_components([Event], ref_template=REF + "{name}")
    for matter in matters.names():
        prefix = "".join(word.capitalize() for word in matter.split("_"))
        kind = matters.facts_type(matter)
        _, own = msgspec.json.schema_components([kind], ref_template=REF + prefix + "{name}")
        schemas.update({prefix + name: schema for name, schema in own.items()})
    return schemas


def _finish(node: Any) -> None:
    """Point `x-contract` fields at their types, and leave only this server's own problems as 422."""
    if isinstance(node, list):
        for one in node:
            _finish(one)
    if not isinstance(node, dict):
        return
    name = node.pop("x-contract", None)
    if name is not None:
        node.clear()
        node["$ref"] = REF + name
    responses = node.get("responses")
    if isinstance(responses, dict) and "HTTPValidationError" in json.dumps(responses.get("422", {})):
        del responses["422"]
    for one in node.values():
        _finish(one)


def text() -> str:
    """The document as the committed file holds it."""
    return json.dumps(document(), ensure_ascii=False, indent=1, sort_keys=True) + "\n"


if __name__ == "__main__":
    sys.stdout.write(text())
