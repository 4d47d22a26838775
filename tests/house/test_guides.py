"""What the guides write into configuration files is what the programs read, and both languages write the same."""

from __future__ import annotations

import re
import tomllib
from pathlib import Path
from typing import Any, get_type_hints

import msgspec
import pytest

from contract.errors import ConfigError
from edge.config import load_edge
from server.config import ServerConfig
from tests.house.sources import ROOT

GUIDES = sorted((ROOT / "docs" / "guides").glob("*.md"))
PAIRS = [(en, zh) for en in GUIDES if (zh := en.with_name(en.name.replace(".en.", ".zh."))) != en and zh.exists()]
HEAD = '[gateway]\nid = "gw"\ntown = "town"\nkey_file = "gateway.key.pem"\n'
SERVER = get_type_hints(ServerConfig)
CAMERA = '[[camera]]\nid = "{id}"\nname = "of the guide"\nurl = "rtsp://192.0.2.1/stream"\n'


def blocks(page: Path, kind: str = "toml") -> list[str]:
    return re.findall(rf"```{kind}\n(.*?)```", page.read_text(encoding="utf-8"), re.DOTALL)


def of_edge(block: str) -> str:
    """A block of edge.toml as a whole file: the tables that stand above it are those that the text says."""
    head = "" if "[gateway]" in block else HEAD
    names = re.findall(r'^camera = "(.*)"', block, re.MULTILINE) if "[[camera]]" not in block else []
    cameras = "".join(CAMERA.format(id=name) for name in names)
    if re.search(r"^\[camera\.", block, re.MULTILINE) and "[[camera]]" not in block:
        # Tables of a camera that an earlier block began; a sensor of the same block goes in front.
        at = block.index("[camera.")
        return HEAD + block[:at] + CAMERA.format(id="cam") + block[at:]
    return head + cameras + block


def of_server(block: str) -> dict[str, Any]:
    """The tables of a block that are server.toml's; none: it is of another file."""
    tables = tomllib.loads(block)
    return tables if tables.keys() <= SERVER.keys() else {}


def unknown_keys(block: str) -> list[str]:
    if tables := of_server(block):
        for name, table in tables.items():
            msgspec.convert(table, SERVER[name])  # a key that is none raises
        return []
    try:
        load_edge(of_edge(block), "guide", ROOT, file_problem=lambda _path, _is_secret: None)
    except ConfigError as error:
        return [one.path for one in error.mistakes if "unknown key" in one.problem or "expected a list" in one.problem]
    return []


def shape(value: Any) -> Any:
    """Keys, numbers and codes; words of people may differ."""
    if isinstance(value, dict):
        return {key: shape(one) for key, one in value.items() if key != "name"}
    if isinstance(value, list):
        return [shape(one) for one in value]
    return value if not isinstance(value, str) or re.fullmatch(r"[a-z_]+", value) else str


def bare(block: str) -> list[str]:
    """The commands without what explains them."""
    return [re.sub(r"\s+#.*", "", line) for line in block.splitlines()]


@pytest.mark.parametrize("page", GUIDES, ids=lambda page: page.name)
def test_every_key_that_a_guide_writes_is_known(page: Path) -> None:
    found = [unknown_keys(block) for block in blocks(page) if "[tower]" not in block.splitlines()]
    assert [keys for keys in found if keys] == []


def test_a_key_that_nobody_reads_is_seen() -> None:
    assert unknown_keys('[[camera]]\nid = "c"\nname = "c"\nurl = "rtsp://192.0.2.1/s"\nring = 60\n') == [
        "camera[0].ring"
    ]
    assert unknown_keys("[camera.tower]\nfocal_px = 3000.0\nmast_m = 40\nmast = 40\n") == ["camera[0].tower.mast"]
    assert unknown_keys("[spool]\nmax_event = 1000\n") == ["spool.max_event"]


@pytest.mark.parametrize(("en", "zh"), PAIRS, ids=lambda page: page.name)
def test_both_languages_of_a_guide_give_the_same_settings_commands_and_chapters(en: Path, zh: Path) -> None:
    first, second = ([shape(tomllib.loads(block)) for block in blocks(page)] for page in (en, zh))
    assert first == second
    assert [bare(block) for block in blocks(en, "sh")] == [bare(block) for block in blocks(zh, "sh")]
    headings = [len(re.findall(r"^#+ ", page.read_text(encoding="utf-8"), re.MULTILINE)) for page in (en, zh)]
    assert headings[0] == headings[1]


def test_there_are_pairs_of_guides_at_all() -> None:
    assert len(PAIRS) >= 4
