"""What `train` and `export` refuse, and the card that they write; training itself needs an environment with torch."""

from __future__ import annotations

import argparse
import os
import sys
from pathlib import Path

import msgspec
import pytest

from contract.errors import ModelError
from models import commands
from models.card_text import card_text
from models.cards import DataSource, Training, read_card
from models.making import (
    GUIDE,
    ROOT,
    Made,
    Schedule,
    card_of,
    check_classes,
    check_environment,
    checkpoint_of,
    export_steps,
    measured,
    run_steps,
    start_of,
    training_step,
)
from models.registry import OWN_CARDS, Registry
from tests.unit.models.test_splits import folder_of
from tests.unit.models.weights import OWN_CARD, OWN_WEIGHT, write_card

TRAINING = Training(
    commands=("tantou models train --from vehicle-n",),
    seeds=(11,),
    date="2026-11-24",
    base="vehicle-n 0.1.0",
    base_licence="AGPL-3.0-or-later",
    data=(DataSource(name="streets", licence="own", pictures=2, origin="own pictures of 2 cameras"),),
)


def made_of_the_committed_weight(folder: Path) -> Made:
    """The files that training would leave, here those of vehicle-n."""
    made = Made(folder, "streets-n")
    made.int8.write_bytes(OWN_WEIGHT.read_bytes())
    made.start.write_bytes(OWN_WEIGHT.with_name("vehicle-n.fp16.safetensors").read_bytes())
    return made


@pytest.mark.parametrize("file", sorted(OWN_CARDS.glob("*.toml")), ids=lambda file: file.stem)
def test_a_card_written_as_text_reads_back_as_the_same_card(file: Path, tmp_path: Path) -> None:
    card = read_card(file)
    again = tmp_path / "again.toml"
    again.write_text(card_text(card, heading="two\nlines"), "utf-8")
    assert read_card(again) == card


def test_awkward_texts_survive_the_card(tmp_path: Path) -> None:
    card = msgspec.structs.replace(read_card(OWN_CARD), known_failures=('a "quote" \\ and\nline', "中文 #", "\x7f\t"))
    again = tmp_path / "again.toml"
    again.write_text(card_text(card, heading="x"), "utf-8")
    assert read_card(again).known_failures == card.known_failures


def test_a_new_card_states_its_own_figures_and_where_it_comes_from(tmp_path: Path) -> None:
    base, data = read_card(OWN_CARD), folder_of(tmp_path)
    made = made_of_the_committed_weight(tmp_path)
    fresh = card_of(base, made, TRAINING, "two cameras")
    assert fresh.metrics == ()
    card = measured(fresh, made, data)
    made.card.write_text(card_text(card, heading="x"), "utf-8")
    registry = Registry()
    listed = registry.find(str(made.card))
    assert listed.card == card
    assert registry.weight(listed) == made.int8
    assert start_of(listed) == made.start
    assert [(one.size_px, one.images, one.boxes) for one in card.metrics] == [(640, 1, 1), (416, 1, 1), (320, 1, 1)]
    assert all(of_base in "\n".join(card.known_failures) for of_base in base.known_failures)


def test_a_validation_split_with_nothing_labelled_cannot_be_measured(tmp_path: Path) -> None:
    data, made = folder_of(tmp_path), made_of_the_committed_weight(tmp_path)
    (data / "val" / "labels" / "c.txt").write_text("")
    with pytest.raises(ModelError, match="no labelled vehicle"):
        measured(card_of(read_card(OWN_CARD), made, TRAINING, "x"), made, data)


def test_a_class_that_the_card_does_not_know_is_refused_by_name(tmp_path: Path) -> None:
    data = folder_of(tmp_path)
    (data / "classes.txt").write_text("car\ntricycle\n")
    with pytest.raises(ModelError, match=r"classes\.txt names tricycle, which card vehicle-n does not know"):
        check_classes(data, read_card(OWN_CARD))


def test_a_card_without_a_state_dict_cannot_be_trained_from(tmp_path: Path) -> None:
    with pytest.raises(ModelError, match="names no `train_from` weight"):
        start_of(Registry().find(str(write_card(tmp_path))))


@pytest.mark.parametrize("python", ["/no/such/python", "/bin/false"])
def test_a_python_that_is_none_is_refused_with_where_to_read_on(python: str) -> None:
    with pytest.raises(ModelError, match=f"no usable Python for training .*{GUIDE}"):
        check_environment(Path(python))


@pytest.mark.skipif("ultralytics" in sys.modules, reason="this environment is the training one")
def test_the_runtime_environment_is_refused_since_it_has_no_torch() -> None:
    with pytest.raises(ModelError, match=r"torch.* not installed there"):
        check_environment(Path(sys.executable))


def test_the_guide_that_refusals_name_is_there() -> None:
    assert (ROOT / GUIDE).is_file()


def test_a_step_that_fails_is_named_with_its_exit_code() -> None:
    with pytest.raises(ModelError, match=r"models\.training\.no_such_step ended with exit code 1"):
        run_steps(Path(sys.executable), [["-m", "models.training.no_such_step"]], environment=dict(os.environ))


def test_steps_run_in_order_and_see_the_project_from_any_folder(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.chdir(tmp_path)
    write = (
        "import models, pathlib; p = pathlib.Path('said'); p.write_text((p.read_text() if p.exists() else '') + '{}')"
    )
    run_steps(Path(sys.executable), [["-c", write.format(n)] for n in (1, 2, 3)], environment=dict(os.environ))
    assert (tmp_path / "said").read_text() == "123"


def test_training_without_its_last_checkpoint_is_an_error_even_beside_an_older_one(tmp_path: Path) -> None:
    made = Made(tmp_path, "streets-n")
    made.checkpoints.mkdir()
    (made.checkpoints / "epoch-12.safetensors").write_bytes(b"of another run")
    with pytest.raises(ModelError, match=r"epoch-02\.safetensors: training left no such checkpoint"):
        checkpoint_of(made, 2)
    assert checkpoint_of(made, 12).name == "epoch-12.safetensors"


def test_every_step_names_a_program_of_the_training_folder(tmp_path: Path) -> None:
    card, made = read_card(OWN_CARD), Made(tmp_path, "streets-n")
    steps = [training_step(OWN_WEIGHT, tmp_path, card.classes, made, Schedule(epochs=2, lr=1e-4, seed=3))]
    steps += export_steps(made.checkpoints / "epoch-02.safetensors", tmp_path, card.classes, made)
    programs = [ROOT / f"{words[1].replace('.', '/')}.py" for words in steps]
    assert [program.stem for program in programs] == ["fine_tune", "export", "quantise"]
    assert all(program.is_file() for program in programs)
    for program, words in zip(programs, steps, strict=True):
        asked = [word for word in words if word.startswith("--")]
        assert [word for word in asked if f'"{word}"' not in program.read_text("utf-8")] == []


@pytest.mark.parametrize("name", ["Gate 1", "路口", "a/b", "x" * 65])
def test_a_name_that_no_card_may_have_is_refused_before_anything_is_trained(tmp_path: Path, name: str) -> None:
    parser = argparse.ArgumentParser()
    commands.add_parsers(parser.add_subparsers())
    data, out = str(folder_of(tmp_path)), tmp_path / "new"
    words = ["models", "train", "--from", "vehicle-n", "--data", data, "--out", str(out), "--name", name]
    with pytest.raises(ModelError, match="a card's name is small letters"):
        commands.run(parser.parse_args(words))
    assert not out.exists()


def test_train_says_that_the_environment_is_missing_before_it_makes_a_folder(tmp_path: Path) -> None:
    parser = argparse.ArgumentParser()
    commands.add_parsers(parser.add_subparsers())
    words = [
        "models",
        "train",
        "--from",
        "vehicle-n",
        "--data",
        str(folder_of(tmp_path)),
        "--out",
        str(tmp_path / "new"),
    ]
    with pytest.raises(ModelError, match="no usable Python for training"):
        commands.run(parser.parse_args([*words, "--python", "/no/such/python"]))
    assert not (tmp_path / "new").exists()
