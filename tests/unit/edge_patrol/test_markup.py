"""XML of a device that nobody trusts: bounded, plain, or refused."""

from __future__ import annotations

from contextlib import suppress

import pytest
from hypothesis import given
from hypothesis import strategies as st

from contract.errors import ContractError
from edge.patrol.markup import MOST_BYTES, MOST_DEPTH, parsed
from edge.patrol.onvif import _pose
from edge.patrol.soap import HeadError, path_of

BOMB = b'<!DOCTYPE a [<!ENTITY x "xxxx"><!ENTITY y "&x;&x;">]><a>&y;</a>'
OUTSIDE = b'<!DOCTYPE a SYSTEM "file:///etc/passwd"><a/>'


def test_names_lose_their_prefix_and_text_is_kept() -> None:
    root = parsed(b'<s:a xmlns:s="urn:s"><s:b s:token="1"> 20 <c/></s:b></s:a>')
    assert root.name == "a"
    assert root.text_of("b") == "20"
    found = root.first("b")
    assert found is not None
    assert found.attributes["token"] == "1"


@pytest.mark.parametrize(
    "data", [BOMB, OUTSIDE, b"", b"<a>", b"<a" * 10, b"<a>" * (MOST_DEPTH + 5), b" " * (MOST_BYTES + 1)]
)
def test_what_is_not_plain_bounded_xml_is_refused(data: bytes) -> None:
    with pytest.raises(ContractError):
        parsed(data)


@given(st.binary(max_size=400))
def test_any_bytes_are_a_tree_or_a_refusal(data: bytes) -> None:
    with suppress(ContractError):
        assert parsed(data).name


@pytest.mark.parametrize("encoding", ["gb2312", "big5", "no-such", "rot13", "idna"])
def test_an_encoding_that_is_not_read_is_a_refusal(encoding: str) -> None:
    with pytest.raises(ContractError):
        parsed(f'<?xml version="1.0" encoding="{encoding}"?><a>x</a>'.encode())


def test_a_position_or_an_address_that_is_nowhere_is_garbage() -> None:
    with pytest.raises(HeadError):
        _pose(parsed(b'<P><PanTilt x="nan" y="0"/><Zoom x="0"/></P>'))
    with pytest.raises(HeadError):
        path_of("http://[x/")
