"""The published contract is the one that the code speaks."""

from __future__ import annotations

import json
from pathlib import Path

import jsonschema
import msgspec
import pytest

from contract import matters
from contract.codec import PAYLOAD_TYPES, decode, encode
from contract.documents import asyncapi, documents, schemas
from contract.errors import ContractError
from contract.topics import Channel
from contract.verification import verify_package
from tests.unit.contract.examples import golden_messages
from tests.unit.contract.packages import TRUSTED, whole_package

CONTRACT = Path(__file__).resolve().parents[3] / "contract"
REMEDY = "run `python -m scripts.write_documents`"


@pytest.mark.parametrize("path", sorted(documents()))
def test_a_published_document_has_not_drifted(path: str) -> None:
    assert (CONTRACT / path).read_text(encoding="utf-8") == documents()[path], REMEDY


def test_nothing_stale_is_published() -> None:
    published = {f"schemas/{path.name}" for path in (CONTRACT / "schemas").iterdir()}
    assert published == {path for path in documents() if path.startswith("schemas/")}


@pytest.mark.parametrize("stem", sorted(golden_messages()))
def test_a_golden_example_is_read_and_written_byte_for_byte(stem: str) -> None:
    golden = (CONTRACT / "examples" / f"{stem}.json").read_bytes().rstrip(b"\n")
    assert decode(golden) == golden_messages()[stem], REMEDY
    assert encode(decode(golden)) == golden


@pytest.mark.parametrize("stem", sorted(golden_messages()))
def test_a_golden_example_follows_its_schema(stem: str) -> None:
    jsonschema.validate(json.loads(encode(golden_messages()[stem])), schemas()[stem])


def test_the_golden_event_has_the_facts_of_its_matter() -> None:
    event = json.loads(encode(golden_messages()["event"]))["data"]
    jsonschema.validate(event["facts"], schemas()["matter.illegal_parking"])


def test_facts_of_an_unknown_matter_are_refused_by_name() -> None:
    with pytest.raises(ContractError, match="dragon_sighting"):
        matters.read_facts("dragon_sighting", {})


def test_each_payload_type_has_an_example_and_a_channel() -> None:
    assert len(golden_messages()) == len(PAYLOAD_TYPES)
    assert set(asyncapi()["channels"]) == set(golden_messages()) == set(Channel.__args__)  # type: ignore[attr-defined]


def test_a_verify_report_follows_its_schema() -> None:
    package = whole_package()
    report = verify_package(package.keys(), package.__getitem__, TRUSTED)
    jsonschema.validate(json.loads(msgspec.json.encode(report)), schemas()["report.verify"])
