"""Every command that the pages name exists, with these options; every room has a line in the architecture."""

from __future__ import annotations

import argparse
import importlib.util
import re
from collections.abc import Iterator
from pathlib import Path

import pytest

from tantou.__main__ import ROOMS, parser
from tests.house.sources import ROOT

PAGES = sorted(
    path
    for path in [
        ROOT / "README.md",
        *(ROOT / "docs").rglob("*.md"),
        *ROOT.glob("*/README.md"),
        *ROOT.glob("edge/**/*.md"),
    ]
    if path.name != "CHANGELOG.md"
)
_VENV = r"(?:\.venv(?:-train)?/bin/)?"
_COMMAND = re.compile(rf"(?<![\w/.-]){_VENV}(tantou|make|{_VENV}python -m) ([^`#;|&\n]+)")
_CODE = re.compile(r"```\w*\n(.*?)```|`([^`\n]+)`", re.DOTALL)


def commands(page: Path) -> Iterator[tuple[str, list[str]]]:
    """Which program, and its words, wherever code is shown."""
    for block, inline in _CODE.findall(page.read_text()):
        for program, words in _COMMAND.findall((block or inline).replace("\\\n", " ")):
            yield program.rsplit("/", 1)[-1], words.split()


def options(words: list[str]) -> set[str]:
    return {word.partition("=")[0].strip("[],") for word in words if word.startswith("--")}


def problem_of_tantou(words: list[str]) -> str:
    """What the command line would say to these words; empty: nothing."""
    if words[0] not in ROOMS:
        return "" if not re.fullmatch(r"[a-z][a-z0-9-]+", words[0]) else f"no command {words[0]}"
    here = parser(words[0])[0]
    for word in words:
        deeper = [action.choices for action in here._actions if isinstance(action, argparse._SubParsersAction)]
        if not deeper:
            break
        if word not in deeper[0]:
            return f"no command {word}"
        here = deeper[0][word]
    known = {option for action in here._actions for option in action.option_strings}
    return ", ".join(sorted(options(words) - known))


def problem_of_module(words: list[str]) -> str:
    """A module that is there, and the options as its source spells them."""
    if words[0].split(".")[0] not in {"tests", "models", "scripts", "server", "tantou"}:
        return ""
    spec = importlib.util.find_spec(words[0])
    if spec is None or spec.origin is None:
        return f"no module {words[0]}"
    origin = Path(spec.origin)
    sources = origin.parent.glob("*.py") if spec.submodule_search_locations else [origin, *imported(origin)]
    text = "".join(path.read_text() for path in sources)
    return ", ".join(sorted(one for one in options(words) if f'"{one}"' not in text))


def imported(origin: Path) -> list[Path]:
    """The modules of ours that a module imports: a command line's arguments may stand there."""
    found = re.findall(r"^from ([\w.]+) import", origin.read_text(), re.MULTILINE)
    return [path for name in found if (path := ROOT / f"{name.replace('.', '/')}.py").is_file()]


def problem_of_make(words: list[str]) -> str:
    makefile = (ROOT / "Makefile").read_text()
    targets = [word for word in words if re.fullmatch(r"[a-z-]+", word)]
    return ", ".join(one for one in targets[:1] if not re.search(rf"^{one}:", makefile, re.MULTILINE))


@pytest.mark.parametrize("page", PAGES, ids=lambda page: str(page.relative_to(ROOT)))
def test_every_command_of_a_page_exists_with_its_options(page: Path) -> None:
    asks = {"tantou": problem_of_tantou, "python -m": problem_of_module, "make": problem_of_make}
    wrong = {f"{program} {' '.join(words)}": asks[program](words) for program, words in commands(page) if words}
    assert {said: problem for said, problem in wrong.items() if problem} == {}


def test_a_command_that_is_not_there_is_seen() -> None:
    assert problem_of_tantou(["edge", "replay", "--nothing", "x"]) == "--nothing"
    assert problem_of_tantou(["edge", "rerun"]) == "no command rerun"
    assert problem_of_module(["tests.bench.nothing"]) == "no module tests.bench.nothing"
    assert problem_of_module(["tests.fuzz.hj212", "--nothing"]) == "--nothing"
    assert problem_of_make(["nothing"]) == "nothing"


def test_the_pages_name_commands_at_all() -> None:
    named = [program for page in PAGES for program, _ in commands(page)]
    assert {program: named.count(program) > 3 for program in ("tantou", "python -m", "make")} == {
        "tantou": True,
        "python -m": True,
        "make": True,
    }


def test_the_architecture_names_every_room() -> None:
    text = (ROOT / "docs" / "architecture.md").read_text()
    inits = [path for folder in ("*", "edge/*", "server/*") for path in ROOT.glob(f"{folder}/__init__.py")]
    rooms = {path.parent.relative_to(ROOT) for path in inits} - {Path("tests"), Path("scripts")}
    assert {str(room) for room in rooms if f"`{room}" not in text and f"{room.name}`" not in text} == set()
