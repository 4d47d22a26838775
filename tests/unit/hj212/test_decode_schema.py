"""What `hj212 decode --json` prints follows the published schema, for good frames and for broken ones."""

from __future__ import annotations

import json
import random
from itertools import islice
from pathlib import Path

import jsonschema
import msgspec
import pytest

from contract.documents import schemas
from contract.reports import DecodedLine
from edge.sensors.hj212.commands import decode_lines
from edge.sensors.hj212.escapes import escaped
from tantou.__main__ import main
from tests.fuzz.hj212 import structured

FRAME = (
    "##0101QN=20160801085857223;ST=32;CN=1062;PW=100000;MN=010000A8900016F000169DC0;Flag=5;"
    "CP=&&RtdInterval=30&&1C80\\r\\n"
)


def test_each_line_that_the_command_prints_follows_the_schema(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    path = tmp_path / "frames.txt"
    path.write_text(f"# id: one; dir: down\n{FRAME}\n\n# id: two\nnoise\n")
    assert main(["hj212", "decode", str(path), "--json"]) == 0
    printed = [json.loads(line) for line in capsys.readouterr().out.splitlines()]
    assert [one["id"] for one in printed] == ["one", "two"]
    for one in printed:
        jsonschema.validate(one, schemas()["report.hj212.decode"])


def test_hostile_input_is_told_in_the_same_form() -> None:
    validator = jsonschema.Draft202012Validator(schemas()["report.hj212.decode"])
    for data, _cuts in islice(structured(random.Random(77)), 300):
        for judged in decode_lines([escaped(data).encode()]):
            plain = msgspec.json.decode(msgspec.json.encode(judged))
            validator.validate(plain)
            msgspec.convert(plain, DecodedLine)
