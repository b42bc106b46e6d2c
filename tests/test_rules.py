"""Which rules are tried: every one that could match, for all sentences of the corpus."""

from __future__ import annotations

from pathlib import Path

import pytest
import yaml

from pipeline.extraction.quantities import RULES, read_all, rules_beside, rules_cued
from pipeline.extraction.rules import NUMBERS, Nodes, Rule
from pipeline.extraction.sentences import split
from pipeline.extraction.tokens import Sentence

CORPUS = sorted((Path(__file__).parent / "corpus").glob("quantities_*.yaml"))


def strings(node: object) -> list[str]:
    """Every string in a document of nested lists and mappings."""
    if isinstance(node, str):
        return [node]
    inner = node.values() if isinstance(node, dict) else node if isinstance(node, list) else ()
    return [string for each in inner for string in strings(each)]


@pytest.mark.parametrize("path", CORPUS, ids=lambda path: path.stem)
def test_a_rule_that_matches_at_a_number_is_tried(path: Path) -> None:
    for text in strings(yaml.safe_load(path.read_text(encoding="utf-8"))):
        for span in split(text):
            sentence = Sentence(text, *span)
            nodes = Nodes(sentence, read_all(sentence))
            tried = rules_beside(nodes.symbols)
            for order, rule in enumerate(RULES):
                for start, end in rule.spans(nodes):
                    if not set(NUMBERS).isdisjoint(nodes.symbols[start:end]):
                        assert tried >> order & 1, (rule, nodes.symbols[start:end], text)


@pytest.mark.parametrize("path", CORPUS, ids=lambda path: path.stem)
def test_a_rule_builds_nothing_in_a_sentence_without_its_cue(path: Path) -> None:
    for text in strings(yaml.safe_load(path.read_text(encoding="utf-8"))):
        for span in split(text):
            sentence = Sentence(text, *span)
            tried = rules_cued(sentence.cues)
            for order, rule in enumerate(RULES):
                if tried >> order & 1:
                    continue
                nodes = Nodes(sentence, read_all(sentence))
                for start, end in rule.spans(nodes):
                    if nodes.within(start, end):
                        assert rule.build(nodes, start, end) is None, (rule, text)


@pytest.mark.parametrize(
    ("source", "places"),
    [
        ("COUNT", [("", "C", "")]),
        ("COUNT month", [("", "C", "m")]),
        ("of? (COUNT | YEAR) month", [("", "CY", "m"), ("o", "CY", "m")]),
        ("(COUNT comma){0,20} COUNT or", [("", "C", "|"), ("", "C", ",")]),
        ("(word | COUNT) MONEY", [("", "C", "M"), ("nC", "M", "")]),
    ],
)
def test_where_the_first_number_of_a_pattern_stands(source: str, places: list[tuple[str, str, str]]) -> None:
    found = Rule("made", source, lambda nodes, start, end: None).places()
    assert set(found) == set(places)
