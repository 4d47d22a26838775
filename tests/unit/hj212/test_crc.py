"""The check field: values of the standards, of MODBUS, and the same register by the letter of Annex A."""

from __future__ import annotations

import pytest

from edge.sensors.hj212 import crc

PRINTED = [
    (b"QN=20160801085857223;ST=32;CN=1062;PW=100000;MN=010000A8900016F000169DC0;Flag=5;CP=&&RtdInterval=30&&", b"1C80"),
    (b"QN=20240601085857223;ST=32;CN=1011;PW=123456;MN=010000A8900016F000169DC0;Flag=9;CP=&&&&", b"2200"),
    (b"QN=20231008125115215;ST=22;CN=9011;PW=123456;MN=010000A8900016F000169DC0;Flag=4;CP=&&QnRtn=1&&", b"CC01"),
    (b"123456789", b"2F80"),
    (b"\x00", b"4040"),
    (b"", b"FFFF"),
]


def by_the_letter(data: bytes) -> int:
    """HJ 212-2017 Annex A, word for word."""
    register = 0xFFFF
    for byte in data:
        register = (register >> 8) ^ byte
        for _ in range(8):
            register = (register >> 1) ^ 0xA001 if register & 1 else register >> 1
    return register


@pytest.mark.parametrize(("data", "printed"), PRINTED)
def test_the_printed_checks_come_out(data: bytes, printed: bytes) -> None:
    assert crc.check_field(data) == printed


@pytest.mark.parametrize("size", [1, 2, 7, 8, 9, 15, 16, 17, 63, 64, 65, 290, 1623, 9999])
def test_folding_words_gives_the_register_of_the_letter(size: int) -> None:
    data = bytes((7 * index * index + size) % 256 for index in range(size))
    assert crc.hj(data) == by_the_letter(data)
    assert crc.hj(data[5:], crc.hj(data[:5])) == by_the_letter(data)


def test_modbus_is_another_check() -> None:
    assert crc.check_field(b"123456789", crc.Variant.MODBUS_BE) == b"4B37"
    assert crc.check_field(b"123456789", crc.Variant.MODBUS_LE) == b"374B"
    assert crc.check_field(b"123456789", crc.Variant.HJ_SWAPPED) == b"802F"


@pytest.mark.parametrize("variant", list(crc.Variant))
def test_a_variant_is_recognised_by_its_field(variant: crc.Variant) -> None:
    data = PRINTED[0][0]
    assert crc.recognise(data, crc.check_field(data, variant)) is variant
    assert crc.recognise(data, crc.check_field(data, variant).lower()) is variant


def test_a_field_that_fits_nothing_is_recognised_as_nothing() -> None:
    assert crc.recognise(PRINTED[0][0], b"1C81") is None


def test_the_check_cannot_see_words_in_another_order() -> None:
    """Why structure, length and ranges are checked too: eight zero bytes bring the register back to where it was."""
    first, second = b"\x10\x20\x30\x40\x50\x60\x70\x80", b"ABCDEFGH"
    assert crc.hj(b"headhead" + first + second) == crc.hj(b"headhead" + second + first)
