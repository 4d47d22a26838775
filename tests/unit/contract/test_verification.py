"""A whole package passes; each kind of damage is named, and no package vouches for its own key."""

from __future__ import annotations

import random

import pytest
from cryptography.hazmat.primitives.serialization import Encoding, PublicFormat

from contract.errors import ContractError
from contract.manifest import read_trusted_keys
from contract.reports import VerifyReport
from contract.verification import verify_package
from tests.unit.contract.packages import KEY, OTHER_KEY, TRUSTED, Package, whole_package

NAMES = sorted(whole_package())
PEM = KEY.public_key().public_bytes(Encoding.PEM, PublicFormat.SubjectPublicKeyInfo)


def verify(package: Package, trusted: frozenset[str] = TRUSTED) -> VerifyReport:
    return verify_package(package.keys(), package.__getitem__, trusted)


def flipped(data: bytes, rng: random.Random) -> bytes:
    place = rng.randrange(len(data))
    return data[:place] + bytes([data[place] ^ (1 << rng.randrange(8))]) + data[place + 1 :]


def test_a_whole_package_of_a_trusted_gateway_passes() -> None:
    report = verify(whole_package())
    assert (report.whole, report.signer) == (True, "proved")
    assert (report.missing, report.changed, report.extra) == ((), (), ())


@pytest.mark.parametrize("seed", range(160))
def test_one_flipped_bit_is_named_by_its_file(seed: int) -> None:
    rng = random.Random(seed)
    name = NAMES[seed % len(NAMES)]
    package = whole_package()
    package[name] = flipped(package[name], rng)
    report = verify(package)
    assert not report.whole
    assert name in report.changed


@pytest.mark.parametrize("name", NAMES)
def test_a_missing_file_is_named(name: str) -> None:
    package = whole_package()
    del package[name]
    report = verify(package)
    assert not report.whole
    assert name in report.missing


@pytest.mark.parametrize(
    "name", [f"{folder}{stem}" for folder in ("", "stills/", "revisions/0009/") for stem in "abcd"]
)
def test_an_extra_file_is_named(name: str) -> None:
    report = verify({**whole_package(), name: b"stranger"})
    assert not report.whole
    assert report.extra == (name,)


@pytest.mark.parametrize(
    ("one", "other"), [(a, b) for a in NAMES for b in NAMES if a < b and a.split("/")[-1] != b.split("/")[-1]]
)
def test_two_swapped_files_are_both_named(one: str, other: str) -> None:
    package = whole_package()
    package[one], package[other] = package[other], package[one]
    report = verify(package)
    assert not report.whole
    assert {one, other} & {*report.changed, *report.missing, *report.extra}


@pytest.mark.parametrize("name", ["manifest.sig", "revisions/0001/manifest.sig"])
def test_a_signature_by_another_key_is_wrong(name: str) -> None:
    package = whole_package()
    package[name] = OTHER_KEY.sign(package[name.replace(".sig", ".json")])
    report = verify(package)
    assert report.signer == "wrong"
    assert name in report.changed


def test_a_package_signed_throughout_by_a_stranger_is_whole_but_not_proved() -> None:
    report = verify(whole_package(key=OTHER_KEY))
    assert (report.whole, report.signer) == (True, "unknown")


def test_a_key_that_lies_in_the_package_only_proves_nothing() -> None:
    pem = OTHER_KEY.public_key().public_bytes(Encoding.PEM, PublicFormat.SubjectPublicKeyInfo)
    report = verify({**whole_package(key=OTHER_KEY), "gateway.pem": pem})
    assert report.signer == "unknown"
    assert report.extra == ("gateway.pem",)


@pytest.mark.parametrize("size", [0, 1, 63, 65])
def test_a_signature_of_the_wrong_length_is_wrong(size: int) -> None:
    report = verify({**whole_package(), "manifest.sig": bytes(size)})
    assert report.signer == "wrong"


def test_trusted_keys_come_from_one_or_more_pem_blocks() -> None:
    other = OTHER_KEY.public_key().public_bytes(Encoding.PEM, PublicFormat.SubjectPublicKeyInfo)
    assert len(read_trusted_keys(PEM + other)) == 2
    assert read_trusted_keys(PEM) == TRUSTED


@pytest.mark.parametrize("pem", [b"", b"nonsense", PEM.replace(b"MCow", b"XXXX"), b"-----BEGIN PUBLIC KEY-----\n"])
def test_a_trust_file_without_a_key_is_refused_in_words(pem: bytes) -> None:
    with pytest.raises(ContractError, match="trusted key"):
        read_trusted_keys(pem)


@pytest.mark.parametrize("name", NAMES)
def test_a_file_that_cannot_be_read_is_named_as_changed(name: str) -> None:
    package = whole_package()

    def read(asked: str) -> bytes:
        if asked == name:
            raise PermissionError(13, "Permission denied")
        return package[asked]

    report = verify_package(package.keys(), read, TRUSTED)
    assert not report.whole
    assert name in report.changed


@pytest.mark.parametrize("name", NAMES)
def test_a_file_that_grew_out_of_all_bounds_is_named_without_being_read(name: str) -> None:
    package = whole_package()
    sizes = {asked: len(data) for asked, data in package.items()} | {name: 60_000_000_000}

    def read(asked: str) -> bytes:
        assert asked != name
        return package[asked]

    report = verify_package(package.keys(), read, TRUSTED, size_of=sizes.__getitem__)
    assert not report.whole
    assert name in report.changed
