"""The committed OpenAPI document is this code's, and says enough to build a client from."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import pytest
from pydantic import BaseModel

import server
from server import openapi
from server.problems import CODES, Problem, answer, problem_responses
from server.shapes import Answer, Ask

FILE = Path(server.__file__).parent / "openapi.json"


@pytest.fixture(scope="module")
def document() -> dict[str, Any]:
    return openapi.document()


def operations(document: dict[str, Any]) -> list[dict[str, Any]]:
    return [operation for path in document["paths"].values() for operation in path.values()]


def test_the_committed_document_is_the_code_s_own() -> None:
    assert FILE.read_text(encoding="utf-8") == openapi.text(), "run: python -m server.openapi > server/openapi.json"


def test_operation_ids_are_unique_words(document: dict[str, Any]) -> None:
    ids = [operation["operationId"] for operation in operations(document)]
    assert len(ids) == len(set(ids))
    assert all(name.isalnum() for name in ids)


def test_every_reference_leads_somewhere(document: dict[str, Any]) -> None:
    schemas = document["components"]["schemas"]

    def references(node: Any) -> list[str]:
        if isinstance(node, dict):
            own = [node["$ref"]] if isinstance(node.get("$ref"), str) else []
            return own + [name for value in node.values() for name in references(value)]
        return [name for value in node for name in references(value)] if isinstance(node, list) else []

    names = {name.removeprefix(openapi.REF) for name in references(document)}
    assert names <= set(schemas)
    assert schemas["LeadDetail"]["properties"]["event"] == {"$ref": openapi.REF + "Event"}
    assert "IllegalParkingFacts" in schemas


def test_every_operation_names_its_problems_and_proofs(document: dict[str, Any]) -> None:
    for operation in operations(document):
        assert operation["description"]
        problems = {status for status in operation["responses"] if status >= "400"}
        if operation["x-scope"] == "session:public":
            assert operation["security"] == []
            continue
        assert "401" in problems
        assert "session" in operation["security"][0]


def models(kind: type[BaseModel]) -> list[type[BaseModel]]:
    return [one for child in kind.__subclasses__() for one in [child, *models(child)]]


@pytest.mark.parametrize("model", [*models(Ask), *models(Answer)], ids=lambda model: model.__name__)
def test_examples_are_valid(model: type[BaseModel]) -> None:
    extra = model.model_config.get("json_schema_extra")
    for example in extra.get("examples", []) if isinstance(extra, dict) else []:  # type: ignore[union-attr]
        model.model_validate(example)


def test_every_request_body_has_an_example(document: dict[str, Any]) -> None:
    asked = [one for one in models(Ask) if one.__name__ != "Ticks"]
    schemas = document["components"]["schemas"]
    assert asked
    assert all(schemas[one.__name__]["examples"] for one in asked)


@pytest.mark.parametrize("code", sorted(CODES))
def test_a_problem_s_answer_says_code_status_and_title(code: str) -> None:
    made = answer(Problem(code, "why", more=1))
    status, title = CODES[code]
    assert made.status_code == status
    assert made.media_type == "application/problem+json"
    body = bytes(made.body).decode()
    assert f'"code":"{code}"' in body
    assert title in body
    assert status in problem_responses(code)
