"""The command line: one line for each mistake, an exit code that tells what kind it was, nothing loaded in vain."""

from __future__ import annotations

import subprocess
import sys
from pathlib import Path

import pytest

from tantou import __main__ as command_line


def test_no_word_lists_the_words_and_exits_2(capsys: pytest.CaptureFixture[str]) -> None:
    with pytest.raises(SystemExit) as ended:
        command_line.main([])
    assert ended.value.code == 2
    assert "COMMAND" in capsys.readouterr().err


def test_help_names_every_word(capsys: pytest.CaptureFixture[str]) -> None:
    with pytest.raises(SystemExit) as ended:
        command_line.main(["--help"])
    said = capsys.readouterr().out
    assert ended.value.code == 0
    assert [word for word in command_line.ROOMS if word not in said] == []


def test_an_unknown_word_exits_2(capsys: pytest.CaptureFixture[str]) -> None:
    with pytest.raises(SystemExit) as ended:
        command_line.main(["fly"])
    assert ended.value.code == 2
    assert "fly" in capsys.readouterr().err


@pytest.mark.parametrize("word", sorted(command_line.ROOMS))
def test_each_word_has_a_room_that_explains_itself(word: str, capsys: pytest.CaptureFixture[str]) -> None:
    with pytest.raises(SystemExit) as ended:
        command_line.main([word, "--help"])
    assert ended.value.code == 0
    assert f"tantou {word}" in capsys.readouterr().out


def test_a_failure_is_one_line_and_no_traceback(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    code = command_line.main(["demo", "cameras", "--data", str(tmp_path)])
    said = capsys.readouterr().err
    assert code == 1
    assert said.startswith("tantou demo: demo cameras: no scenes in ")
    assert said.count("\n") == 1


@pytest.mark.parametrize("word", ["decode", "replay"])
def test_a_file_that_cannot_be_written_is_one_line(
    word: str, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    out = tmp_path / "no" / "out.json"
    (tmp_path / "videos.csv").write_text("video,frame_step,step_s,width,height,detections\n")
    (tmp_path / "frames.txt").write_text("$PING\n")
    words = {
        "decode": ["hj212", "decode", str(tmp_path / "frames.txt")],
        "replay": ["parking", "replay", str(tmp_path)],
    }
    assert command_line.main([*words[word], "--json", "--out", str(out)]) == 1
    said = capsys.readouterr()
    assert (said.out, said.err.count("\n")) == ("", 1)
    assert str(out) in said.err


def test_a_gateway_never_loads_the_centre() -> None:
    source = (
        "import sys; from tantou.__main__ import parser; parser('edge');"
        "print([name for name in sys.modules if name.split('.')[0] in ('store', 'server', 'ingest', 'sqlalchemy')])"
    )
    done = subprocess.run([sys.executable, "-c", source], capture_output=True, text=True, check=True)
    assert done.stdout == "[]\n"
