"""Finds the quantities of a sentence: reads each number with its unit, then lets the rules join and exclude.

`RULES` is an ordered tuple; each rule is a pattern over the tags of the sentence, in which every quantity is one
tag (COUNT, YEAR, MONEY, SHARE, MEASURE, VAGUE). Of the rules that apply at overlapping places the longest wins,
then the first.
"""

from __future__ import annotations

import re
from functools import cache, lru_cache, reduce
from operator import itemgetter, or_
from typing import TYPE_CHECKING

from pipeline.extraction import amounts, money
from pipeline.extraction.ages import AGES
from pipeline.extraction.changes import mark_changes
from pipeline.extraction.combinations import COMBINATIONS
from pipeline.extraction.exclusions import EXCLUSIONS
from pipeline.extraction.modifiers import inherit, modify
from pipeline.extraction.quantity import Quantity
from pipeline.extraction.rules import NUMBERS, Nodes, Rule
from pipeline.extraction.tokens import Sentence, pattern

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator

RULES: tuple[Rule, ...] = (*EXCLUSIONS, *COMBINATIONS, *AGES)
_RULE_CUES = reduce(or_, (rule.cue for rule in RULES))

_NUMBERS = re.compile(f"[{NUMBERS}]")
# It begins with a set of characters, which `re` looks for fastest.
_NUMBER_TAGS = re.compile(r"[09½/12345678a](?:(?<!a)|(?=[3467]))")


def find(sentence: Sentence) -> list[Quantity]:
    """The quantities of a sentence, in order."""
    found = _apply(Nodes(sentence, read_all(sentence)))
    money.settle(found)
    for quantity in found:
        modify(sentence, quantity)
    for quantity in found:
        if quantity.gloss_of is not None and quantity.modifier == "exact":
            inherit(quantity, quantity.gloss_of)
    mark_changes(sentence, found)
    return found


def read_all(sentence: Sentence) -> list[Quantity]:
    """Every number of the sentence with its unit, from left to right."""
    quantities: list[Quantity] = []
    position = 0
    while True:
        match = _NUMBER_TAGS.search(sentence.tags, position)
        if match is None:
            return quantities
        quantity = amounts.read(sentence, match.start(), quantities[-1].last if quantities else 0)
        if quantity is None or (quantities and quantity.first < quantities[-1].last):
            position = match.start() + 1
            continue
        quantities.append(quantity)
        position = quantity.last


def rules_beside(symbols: str) -> int:
    """The rules that can match in a sentence by what stands beside its numbers: a bit for each of RULES."""
    rules = 0
    for number in _NUMBERS.finditer(symbols):
        node = number.start()
        rules |= _rules_at(symbols[node - 1 : node], symbols[node], symbols[node + 1 : node + 2])
    return rules


@cache
def _rules_at(before: str, tag: str, after: str) -> int:
    """The rules that can match where a number with this tag stands between these tags; empty: the sentence's end."""
    rules = 0
    for bit, left, right in _places()[tag]:
        if (not left or (before and before in left)) and (not right or (after and after in right)):
            rules |= bit
    return rules


@cache
def _places() -> dict[str, list[tuple[int, str, str]]]:
    """By the tag of a number: each rule as a bit, with the tags that stand before and after such a number in it."""
    places: dict[str, list[tuple[int, str, str]]] = {tag: [] for tag in NUMBERS}
    for order, rule in enumerate(RULES):
        for left, tags, right in set(rule.places()):
            for tag in tags:
                places[tag].append((1 << order, left, right))
    return places


@cache
def rules_cued(cues: int) -> int:
    """The rules that can match in a sentence with these cues: a bit for each of RULES."""
    return sum(1 << order for order, rule in enumerate(RULES) if not rule.cue or rule.cue & cues)


@lru_cache(maxsize=16384)
def _searches(rules: int) -> list[tuple[int, Rule, Callable[[str], Iterator[re.Match[str]]]]]:
    """The rules whose bits are set, each with its place in the order and what finds its matches."""
    return [
        (order, rule, pattern(rule.pattern).finditer)
        for order, rule in enumerate(RULES)
        if rules >> order & 1
    ]


def _apply(nodes: Nodes) -> list[Quantity]:
    """What is left of the quantities after the rules: the longest match first, then the order of the rules."""
    if not nodes.quantities:
        return []
    symbols = nodes.symbols
    rules = rules_beside(symbols) & rules_cued(nodes.sentence.cues & _RULE_CUES)
    matches = [
        (match.start() - match.end(), order, match.start(), match.end(), rule)
        for order, rule, search in _searches(rules)
        for match in search(symbols)
    ]
    matches.sort(key=itemgetter(0, 1, 2))
    taken: set[int] = set()
    result: dict[int, list[Quantity]] = {}
    for _, _, start, end, rule in matches:
        nodes_of_match = range(start, end)
        if not taken.isdisjoint(nodes_of_match):
            continue
        built = rule.build(nodes, start, end)
        if built is not None:
            result[start] = built
            taken.update(nodes_of_match)
    for node, quantity in nodes.quantities.items():
        if node not in taken:
            result[node] = [quantity]
    return [quantity for start in sorted(result) for quantity in result[start]]
