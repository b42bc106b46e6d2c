from __future__ import annotations

import re
from pathlib import Path

import pytest
import yaml
from hypothesis import given
from hypothesis import strategies as st

from pipeline import lexicon
from pipeline.extraction.modality import find_modality

CORPUS = yaml.safe_load((Path(__file__).parent / "corpus" / "modality.yaml").read_text(encoding="utf-8"))
EXAMPLES = [(meaning, marked) for meaning, examples in CORPUS.items() for marked in examples]


@pytest.mark.parametrize(("meaning", "marked"), EXAMPLES, ids=[marked for _, marked in EXAMPLES])
def test_modality(meaning: str, marked: str) -> None:
    *_, quantity = re.finditer(r"\{(.*?)\}", marked)
    before = marked[: quantity.start()].replace("{", "").replace("}", "")
    text = before + quantity[1] + marked[quantity.end() :]
    start, end = len(before), len(before) + len(quantity[1])
    assert find_modality(text, 0, len(text), start, end) == meaning


CUES = {name: entry for name, entry in lexicon.read("modality").items() if "before" in entry}
BEFORE = [(name, cue) for name, entry in CUES.items() for cue in entry["before"]]
AFTER = [(name, cue) for name, entry in CUES.items() for cue in entry.get("after", ())]


@pytest.mark.parametrize(("meaning", "cue"), BEFORE, ids=[cue for _, cue in BEFORE])
def test_every_cue_before_a_quantity(meaning: str, cue: str) -> None:
    text = f"Here the mill {cue} sell 40 carts."
    at = text.index("40")
    assert find_modality(text, 0, len(text), at, at + 2) == meaning


@pytest.mark.parametrize(("meaning", "cue"), AFTER, ids=[cue for _, cue in AFTER])
def test_every_cue_after_a_quantity(meaning: str, cue: str) -> None:
    text = f"Some 40 carts {cue} be sold."
    at = text.index("40")
    assert find_modality(text, 0, len(text), at, at + 2) == meaning


def test_no_cue_means_two_things() -> None:
    for cues in (BEFORE, AFTER):
        assert len({cue for _, cue in cues}) == len(cues)


def test_only_the_sentence_counts() -> None:
    text = "It could rain. The mill sold 40 carts. It will close."
    start = text.index("The mill")
    at = text.index("40")
    assert find_modality(text, start, text.index(" It will"), at, at + 2) == "asserted"


@given(st.text(st.sampled_from("wil not cud,.“” 40'ld"), max_size=80), st.integers(0, 80), st.integers(0, 5))
def test_any_text(text: str, start: int, length: int) -> None:
    start = min(start, len(text))
    end = min(start + length, len(text))
    assert find_modality(text, 0, len(text), start, end) in (
        "asserted", "target", "forecast", "hypothetical", "denied",
    )  # fmt: skip
