"""Which sentences are read: every one that holds a quantity."""

from __future__ import annotations

from pathlib import Path

import pytest
import yaml

from pipeline.extraction import quantities
from pipeline.extraction.candidates import sentences_with_numbers
from pipeline.extraction.sentences import split
from pipeline.extraction.tokens import Sentence
from tests.test_rules import strings

CORPUS = sorted((Path(__file__).parent / "corpus").glob("*.yaml"))


@pytest.mark.parametrize("path", CORPUS, ids=lambda path: path.stem)
def test_no_sentence_with_a_quantity_is_passed_over(path: Path) -> None:
    for text in set(strings(yaml.safe_load(path.read_text(encoding="utf-8")))):
        spans = split(text)
        read = set(sentences_with_numbers(text, spans))
        for index, span in enumerate(spans):
            if index not in read:
                assert not quantities.find(Sentence(text, *span)), text[slice(*span)]


@pytest.mark.parametrize(
    "text",
    [
        "In 1998 the mill closed.",
        "They met on 3 May.",
        "It began in the 1970s.",
        "One of them left.",
        "The pair came fifth.",
        "The second half was dull.",
    ],
)
def test_what_is_certain_to_be_no_quantity_is_not_read(text: str) -> None:
    assert list(sentences_with_numbers(text, split(text))) == []


@pytest.mark.parametrize(
    "text", ["Two left.", "It cost £5.", "a third of it", "Half a million came.", "a dozen eggs"]
)
def test_what_a_number_can_begin_with_is_read(text: str) -> None:
    assert list(sentences_with_numbers(text, split(text))) == [0]
