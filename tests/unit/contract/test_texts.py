"""Text files as people's tools save them."""

from __future__ import annotations

import pytest

from contract.texts import inner_path, text_of


@pytest.mark.parametrize("encoding", ["utf-8", "utf-8-sig", "utf-16", "gb18030"])
def test_a_table_reads_the_same_however_it_was_saved(encoding: str) -> None:
    assert text_of("文件,车牌\r\n一.jpg,浙A12345\r\n".encode(encoding)) == "文件,车牌\r\n一.jpg,浙A12345\r\n"


def test_bytes_that_are_no_text_are_refused() -> None:
    with pytest.raises(UnicodeDecodeError):
        text_of(b"\xff\xff\x81")


@pytest.mark.parametrize(
    ("written", "read"),
    [("images\\a b.jpg", "images/a b.jpg"), ("./p1/000.webp ", "p1/000.webp"), ("图/一.png", "图/一.png")],
)
def test_a_path_of_a_table_may_come_from_any_system(written: str, read: str) -> None:
    assert inner_path(written) == read
