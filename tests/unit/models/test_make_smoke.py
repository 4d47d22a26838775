"""The one command that makes smoke-n again: its steps follow on each other, and done ones are not done twice."""

from __future__ import annotations

from pathlib import Path

from models.making import Made
from models.training.make_smoke import PHASES, Sources, export_steps, training_steps, unfinished

SOURCES = Sources(Path("smoke"), Path("sequences"), Path("streets"))


def after(words: list[str], flag: str) -> str:
    """The value that follows a flag."""
    return words[words.index(flag) + 1]


def test_every_phase_starts_from_what_the_one_before_it_left(tmp_path: Path) -> None:
    steps = training_steps(PHASES, Path("base.safetensors"), SOURCES, tmp_path)
    starts = [after(words, "--weights") for words in steps]
    assert starts == ["base.safetensors", *(str(phase.checkpoint(tmp_path)) for phase in PHASES[:-1])]
    assert len({after(words, "--seed") for words in steps}) == len(PHASES)


def test_only_the_last_phase_lets_its_rate_fall_after_a_level_one(tmp_path: Path) -> None:
    shares = [phase.lr_end_share for phase in PHASES]
    assert shares[-1] < 0.1
    words = training_steps(PHASES, Path("base.safetensors"), SOURCES, tmp_path)[-1]
    assert after(words, "--epochs") == str(PHASES[-1].epochs)


def test_a_phase_that_left_its_last_checkpoint_is_not_run_again(tmp_path: Path) -> None:
    assert unfinished(PHASES, tmp_path) == list(PHASES)
    done = PHASES[1].checkpoint(tmp_path)
    done.parent.mkdir()
    done.with_name("epoch-01.safetensors").touch()
    assert unfinished(PHASES, tmp_path) == list(PHASES)
    done.touch()
    assert unfinished(PHASES, tmp_path) == list(PHASES[2:])


def test_the_int8_file_is_made_of_the_float_one_that_the_export_wrote(tmp_path: Path) -> None:
    export, quantise = export_steps(Path("last.safetensors"), Path("smoke"), Made(tmp_path, "smoke-n"))
    assert after(export, "--onnx") in quantise
    assert after(quantise, "--data") == "smoke/train"
