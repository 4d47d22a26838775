"""`tantou verify` on folders: what it prints, and the exit code that acceptance reads."""

from __future__ import annotations

import json
from pathlib import Path

import jsonschema
import pytest
from cryptography.hazmat.primitives.serialization import Encoding, PublicFormat

from tantou.__main__ import main
from tests.house.sources import ROOT
from tests.unit.contract.packages import KEY, OTHER_KEY, whole_package


@pytest.fixture
def package(tmp_path: Path) -> Path:
    folder = tmp_path / "package"
    for name, data in whole_package().items():
        path = folder / name
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_bytes(data)
    return folder


@pytest.fixture
def keys(tmp_path: Path) -> Path:
    path = tmp_path / "keys.pem"
    path.write_bytes(_pem(KEY))
    return path


def _pem(key: object) -> bytes:
    public = key.public_key()  # type: ignore[attr-defined]
    return bytes(public.public_bytes(Encoding.PEM, PublicFormat.SubjectPublicKeyInfo))


def a_still(package: Path) -> Path:
    return min((package / "stills").iterdir())


def test_a_good_package_is_whole_and_proved(package: Path, keys: Path, capsys: pytest.CaptureFixture[str]) -> None:
    assert main(["verify", str(package), "--trust", str(keys)]) == 0
    assert capsys.readouterr().out.splitlines() == ["whole", "signed by a trusted key"]


def test_the_report_follows_its_schema(package: Path, keys: Path, capsys: pytest.CaptureFixture[str]) -> None:
    assert main(["verify", str(package), "--trust", str(keys), "--json"]) == 0
    report = json.loads(capsys.readouterr().out)
    (schema,) = (ROOT / "contract" / "schemas").glob("*verify*.json")
    jsonschema.validate(report, json.loads(schema.read_text()))
    assert (report["schema"], report["whole"], report["signer"]) == ("tantou.verify/1", True, "proved")


def test_the_report_can_go_to_a_file_and_nothing_is_printed(
    package: Path, keys: Path, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    assert main(["verify", str(package), "--trust", str(keys), "--out", str(tmp_path / "report")]) == 0
    assert capsys.readouterr().out == ""
    assert json.loads((tmp_path / "report").read_text())["signer"] == "proved"
    assert json.loads((tmp_path / "report").read_text())["whole"] is True


def test_a_key_that_only_the_package_names_proves_nothing(package: Path, tmp_path: Path) -> None:
    other = tmp_path / "other.pem"
    other.write_bytes(_pem(OTHER_KEY))
    assert main(["verify", str(package), "--trust", str(other)]) == 3


def test_one_changed_bit_is_named(package: Path, keys: Path, capsys: pytest.CaptureFixture[str]) -> None:
    still = a_still(package)
    still.write_bytes(bytes([still.read_bytes()[0] ^ 1]) + still.read_bytes()[1:])
    assert main(["verify", str(package), "--trust", str(keys)]) == 1
    assert f"changed: {still.relative_to(package)}" in capsys.readouterr().out


def test_a_missing_and_an_extra_file_are_named(package: Path, keys: Path, capsys: pytest.CaptureFixture[str]) -> None:
    still = a_still(package)
    still.rename(still.with_name("elsewhere.jpg"))
    assert main(["verify", str(package), "--trust", str(keys)]) == 1
    said = capsys.readouterr().out
    assert f"missing: {still.relative_to(package)}" in said
    assert f"extra: {still.with_name('elsewhere.jpg').relative_to(package)}" in said


def test_a_link_to_the_right_bytes_outside_is_no_evidence(package: Path, keys: Path, tmp_path: Path) -> None:
    still = a_still(package)
    still.rename(tmp_path / "outside.jpg")
    still.symlink_to(tmp_path / "outside.jpg")
    assert main(["verify", str(package), "--trust", str(keys)]) == 1


@pytest.mark.parametrize("trust", ["absent.pem", "package"])
def test_what_cannot_be_checked_exits_2(
    trust: str, package: Path, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    assert main(["verify", str(package), "--trust", str(tmp_path / trust)]) == 2
    assert capsys.readouterr().err.count("\n") == 1


def test_a_folder_that_is_not_there_exits_2(keys: Path, tmp_path: Path) -> None:
    assert main(["verify", str(tmp_path / "nothing"), "--trust", str(keys)]) == 2


def test_a_file_of_impossible_size_is_not_read_into_memory(package: Path, keys: Path) -> None:
    for path in (a_still(package), package / "manifest.json"):
        with path.open("r+b") as file:
            file.truncate(60_000_000_000)
        assert main(["verify", str(package), "--trust", str(keys)]) == 1
