from __future__ import annotations

from pathlib import Path

import pytest
import yaml
from hypothesis import given
from hypothesis import strategies as st

from pipeline.extraction.sentences import split
from tests.timed import grows_with_the_text

CORPUS = yaml.safe_load((Path(__file__).parent / "corpus" / "sentences.yaml").read_text(encoding="utf-8"))
EXAMPLES = [(" ", example) for example in CORPUS["spaces"]] + [("\n", example) for example in CORPUS["lines"]]


def sentences(text: str) -> list[str]:
    return [text[start:end] for start, end in split(text)]


@pytest.mark.parametrize(("joint", "expected"), EXAMPLES, ids=["|".join(example) for _, example in EXAMPLES])
def test_sentences(joint: str, expected: list[str]) -> None:
    wanted = [sentence.strip() for sentence in expected if any(c.isalnum() for c in sentence)]
    assert sentences(joint.join(expected)) == wanted


def test_nothing() -> None:
    assert split("") == []
    assert split(" \n\n . \n") == []


@given(st.text(st.sampled_from('ab A1.!?…,\n \t"“”’()-\u00a0')))
def test_spans_are_in_order_trimmed_and_hold_every_letter(text: str) -> None:
    position = 0
    for start, end in split(text):
        assert position <= start < end <= len(text)
        assert not text[position:start].strip(' \t\n\u00a0.!?…,"“”’()-')
        assert text[start:end] == text[start:end].strip()
        position = end
    assert not any(c.isalnum() for c in text[position:])


@given(st.text(max_size=200))
def test_any_text_splits(text: str) -> None:
    assert all(start < end for start, end in split(text))


@pytest.mark.parametrize(
    "piece",
    [".", "\n", "a. ", " ", "1. ", '" ', ".\n", '."', "[1]", "\n \n.", "J.", "Mr. ", "…", "?!", "A\n"],
)
def test_time_is_linear(piece: str) -> None:
    assert grows_with_the_text(split, piece)
