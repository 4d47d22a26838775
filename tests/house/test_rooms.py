"""Each room says what it is for, keeps its size, and imports one way only."""

from __future__ import annotations

import ast
import subprocess
import sys
from pathlib import Path

from tests.house.sources import ROOMS, ROOT, name, python_files

MOST_LINES = 340
MOST_TEST_LINES = 600
MOST_FUNCTION_LINES = 60


def test_imports_go_one_way_only() -> None:
    linter = Path(sys.executable).parent / "lint-imports"
    done = subprocess.run([str(linter), "--no-cache"], cwd=ROOT, capture_output=True, text=True, check=False)
    assert done.returncode == 0, done.stdout


def test_each_folder_says_what_comes_in_and_what_goes_out() -> None:
    silent = []
    for path in python_files(*ROOMS):
        if path.name == "__init__.py" and "migrations" not in path.parts:
            said = ast.get_docstring(ast.parse(path.read_text())) or ""
            if "In:" not in said or "Out:" not in said:
                silent.append(name(path))
    assert silent == []


def test_each_folder_of_python_is_a_package() -> None:
    folders = {path.parent for path in python_files(*ROOMS) if "migrations" not in path.parts}
    assert [name(folder) for folder in sorted(folders) if not (folder / "__init__.py").exists()] == []


def test_each_module_says_what_it_owns() -> None:
    silent = [name(path) for path in python_files(*ROOMS) if not ast.get_docstring(ast.parse(path.read_text()))]
    assert [path for path in silent if "migrations" not in path] == []


def test_no_file_is_too_long() -> None:
    sizes = {name(path): len(path.read_text().splitlines()) for path in python_files(*ROOMS, "tests", "scripts")}
    limits = {path: MOST_TEST_LINES if path.startswith("tests/") else MOST_LINES for path in sizes}
    assert {path: size for path, size in sizes.items() if size > limits[path]} == {}


def test_no_function_is_too_long() -> None:
    long = {
        f"{name(path)}:{node.name}": (node.end_lineno or 0) - node.lineno + 1
        for path in python_files(*ROOMS)
        if "migrations" not in path.parts
        for node in ast.walk(ast.parse(path.read_text()))
        if isinstance(node, ast.FunctionDef | ast.AsyncFunctionDef)
    }
    assert {what: lines for what, lines in long.items() if lines > MOST_FUNCTION_LINES} == {}


def test_no_module_has_a_name_that_says_nothing() -> None:
    empty = {"utils", "util", "helpers", "helper", "common", "misc", "base", "manager", "managers"}
    assert [name(path) for path in python_files(*ROOMS, "tests") if path.stem in empty] == []
