"""Every check can be said in another language: the console has words for each code, and each number that they name."""

from __future__ import annotations

import re
from functools import cache
from pathlib import Path

from contract.matters.straw_burning import SequenceCheck
from detectors.straw_burning.checking import all_checks
from detectors.straw_burning.config import Config
from detectors.straw_burning.looks import look_at
from detectors.straw_burning.runs import run_of
from tests.unit.straw_burning.tower import quiet, run, stare

ROOT = Path(__file__).parents[3]
WORDS = ROOT / "console/src/matters/straw_burning"
TEXTS = "".join((WORDS / f"{language}.ts").read_text() for language in ("zh", "en"))


@cache
def words(block: str) -> tuple[dict[str, str], ...]:
    """A block of the console's texts in Chinese and in English: code to text."""
    found = re.findall(rf"^  {block}: {{\n(.*?)^  }},", TEXTS, re.DOTALL | re.MULTILINE)
    return tuple(dict(re.findall(r"^    (\w+): '(.*)',$", one, re.MULTILINE)) for one in found)


def slots(text: str) -> set[str]:
    return set(re.findall(r"\{(\w+)\}", text))


def checks_of_scenes() -> list[SequenceCheck]:
    """All checks at every look of a quiet day and a stare, dense and a minute apart."""
    seen: list[SequenceCheck] = []
    for scene in ([*quiet(4), *stare(0, 24)], [*quiet(1), *stare(0, 3)], [*quiet(5), *quiet(3)]):
        for number in range(1, len(scene) + 1):
            state = run(scene[:number])[0]
            look = look_at(scene[number - 1], Config())
            for preset in state.presets:
                tracks = [*preset.tracks, *(fire.track for fire in state.fires)]
                for track in tracks:
                    seen += all_checks(run_of(track), preset, look)
    return seen


def test_the_console_has_words_for_each_code_of_a_check() -> None:
    source = "".join((ROOT / "detectors/straw_burning" / name).read_text() for name in ("checks.py", "rule.py"))
    codes = set(re.findall(r'said="(\w+)"', source))
    assert len(codes) > 20
    for language in words("checkSaid"):
        assert codes <= set(language)
    assert len(words("checkSaid")) == len(words("checkNeeds")) == 2


def test_each_check_brings_the_numbers_that_its_words_name() -> None:
    told = checks_of_scenes()
    assert len({one.said for one in told}) > 10
    for one in told:
        needs = words("checkNeeds")[0]["stare" if one.said == "stare" else one.id]
        assert slots(words("checkSaid")[0][one.said]) | slots(needs) <= set(one.values), one
