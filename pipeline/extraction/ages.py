"""Ages that no unit shows: "aged 18 to 34", "Katrin Ivanova, 33, said"."""

from __future__ import annotations

from typing import TYPE_CHECKING

from pipeline import lexicon
from pipeline.extraction import cues
from pipeline.extraction.numerals import is_whole
from pipeline.extraction.rules import Nodes, Rule

if TYPE_CHECKING:
    from pipeline.extraction.quantity import Quantity


def _make_age(quantity: Quantity, rule: str) -> None:
    quantity.kind, quantity.unit, quantity.rule = "age", "year", rule


def _aged(nodes: Nodes, start: int, end: int) -> list[Quantity] | None:
    """ "aged 30", "aged over 30", "aged 18 to 34", "aged between 5 and 7"."""
    quantities = nodes.within(start, end)
    first, last = quantities[0], quantities[-1]
    if nodes.lower(start) not in ("aged", "age", "ages") or any(
        q.unit or q.scaled or q.value is None for q in quantities
    ):
        return None
    if nodes.tag(start + 1) == "i" and nodes.lower(start + 1) not in _BOUNDS:
        return None
    if len(quantities) == 2 and nodes.tag(end - 2) == "&" and nodes.lower(start + 1) != "between":
        for quantity in quantities:  # two people: "aged 24 and 31"
            _make_age(quantity, "age_aged")
        return quantities
    if len(quantities) == 2 and first.value is not None and last.value is not None:
        last.low, last.high, last.value, last.modifier, last.first = (
            first.value,
            last.value,
            None,
            "range",
            first.first,
        )
    _make_age(last, "age_aged")
    return [last]


def _apposition(nodes: Nodes, start: int, end: int) -> list[Quantity] | None:
    """ "Katrin Ivanova, 33, said", "a woman, 38,": bare digits between commas after a name or a person."""
    node = start + 2
    quantity = nodes.quantities[node]
    if nodes.tag(start) == "n" and (
        nodes.lower(start) not in lexicon.words("ages", "one") or nodes.tag(node + 1) not in (",", ".", "")
    ):
        return None
    if (
        not quantity.bare
        or quantity.value is None
        or not is_whole(quantity.value)
        or not 0 < quantity.value < 111
    ):
        return None
    if nodes.tag(node + 1) not in (",", "&", ".", "", "-") or nodes.tag(node - 3) in ("C", ","):
        return None
    _make_age(quantity, "age_apposition")
    return [quantity]


def _age_of(nodes: Nodes, start: int, end: int) -> list[Quantity] | None:
    """ "at the age of 73", "between the ages of six and 11"."""
    quantities = nodes.within(start, end)
    first, last = quantities[0], quantities[-1]
    if nodes.lower(start) not in ("age", "ages") or any(
        q.unit or q.scaled or q.value is None for q in quantities
    ):
        return None
    if first is not last:
        last.low, last.high, last.value, last.modifier = first.value, last.value, None, "range"
        last.first = first.first
    _make_age(last, "age_of")
    return [last]


def _group(nodes: Nodes, start: int, end: int) -> list[Quantity] | None:
    """ "children under five", "people who are over 65", "retire at 65": an age after those whose it is, or their act."""
    quantity = nodes.quantities[end - 1]
    bounded = nodes.lower(end - 2) in _BOUNDS and nodes.lower(start) in lexicon.words("ages", "people")
    reached = nodes.lower(end - 2) in _REACHED and nodes.lower(start) in lexicon.words("ages", "stages")
    if not (bounded or reached):
        return None
    if quantity.unit or quantity.scaled or quantity.value is None or not 0 < quantity.value < 111:
        return None
    if nodes.tag(end) in ("n", "N", "-", "%", "p", "$"):
        return None
    _make_age(quantity, "age_group")
    return [quantity]


_BOUNDS = frozenset(["under", "over", "above", "below", "about", "around"])
_REACHED = frozenset(["at", "before", "until", "till", "after"])


def take_age(quantity: Quantity, head: str, last: int) -> bool:
    """Make a bare number an age if what it measures, which ends before it, is one: "the pension age rose to 65"."""
    if quantity.kind != "count" or quantity.unit or quantity.scaled or last > quantity.first:
        return False
    if head not in lexicon.words("ages", "measures") or not 0 < (quantity.value or 0) < 111:
        return False
    _make_age(quantity, "age_measured")
    return True


def _is_old(nodes: Nodes, start: int, end: int) -> list[Quantity] | None:
    """ "She is 35", "I'm just 35", "the victim was 35": a person and a bare number that counts nothing."""
    quantity = nodes.quantities[end - 1]
    being = end - 2 if nodes.tag(end - 2) != "e" else end - 3
    person = nodes.lower(start).replace("’", "'").partition("'")[0]
    known = person in ("he", "she", "i", "who") or (
        nodes.tag(start) == "n" and person in lexicon.words("ages", "one")
    )
    if not known or not quantity.bare or quantity.value is None:
        return None
    if not is_whole(quantity.value) or not 0 < quantity.value < 111 or nodes.lower(being) not in _BEING:
        return None
    then = [nodes.lower(k) for k in range(end, end + 3)] == ["at", "the", "time"]
    if nodes.tag(end) not in (".", ",", "", "&", "c", "i", "b") or (
        nodes.lower(end) in ("in", "of", "on", "at") and not then
    ):
        return None
    _make_age(quantity, "age_is")
    return [quantity]


_BEING = frozenset(["is", "was", "be", "am", "turned", "turns", "i'm", "i’m"])


def _turned(nodes: Nodes, start: int, end: int) -> list[Quantity] | None:
    """ "Vera Moss turned 100 on Saturday": a name, and a number that counts nothing."""
    quantity = nodes.quantities[end - 1]
    if nodes.lower(end - 2) not in ("turned", "turns") or not quantity.bare or quantity.value is None:
        return None
    if not is_whole(quantity.value) or not 0 < quantity.value < 121:
        return None
    if nodes.tag(end) not in (".", ",", "", "&", "c") and nodes.lower(end) not in (
        "on",
        "in",
        "this",
        "last",
    ):
        return None
    _make_age(quantity, "age_is")
    return [quantity]


def _at_age(nodes: Nodes, start: int, end: int) -> list[Quantity] | None:
    """ "At 34, Holmes is": a bare number before a person, where a sentence begins."""
    quantity = nodes.quantities[start + 1]
    begins = start == 0 or nodes.tag(start - 1) == '"'
    if not begins or nodes.lower(start) != "at" or not quantity.bare or quantity.value is None:
        return None
    person = nodes.tag(end - 1) == "N" or nodes.lower(end - 1) in ("he", "she", "i")
    if not person or not is_whole(quantity.value) or not 12 < quantity.value < 111:
        return None
    _make_age(quantity, "age_is")
    return [quantity]


def _in_brackets(nodes: Nodes, start: int, end: int) -> list[Quantity] | None:
    """ "Ada Brown (41)": a bare number in brackets after a name."""
    quantity = nodes.quantities[start + 2]
    if (
        not quantity.bare
        or quantity.value is None
        or not is_whole(quantity.value)
        or not 14 < quantity.value < 111
    ):
        return None
    _make_age(quantity, "age_brackets")
    return [quantity]


AGES: tuple[Rule, ...] = (
    Rule("age_brackets", "name open COUNT close", _in_brackets),
    Rule("age_is", "pronoun (auxiliary | word){0,3} adverb? COUNT", _is_old),
    Rule("age_is", "(word | relative) auxiliary adverb? COUNT", _is_old),
    Rule("age_is", "preposition COUNT comma (name | pronoun)", _at_age, cues.AT),
    Rule("age_is", "(name | word | relative) word COUNT", _turned, cues.AGED),
    Rule(
        "age_group", "(word | name | determiner | pronoun) (relative? auxiliary)? preposition COUNT", _group
    ),
    Rule("age_of", "word of COUNT ((and | to) COUNT)?", _age_of, cues.AGED),
    Rule(
        "age_aged",
        "(word | name) (between | preposition)? COUNT ((to | and | hyphen) COUNT)?",
        _aged,
        cues.AGED,
    ),
    Rule("age_apposition", "(name | word) comma COUNT", _apposition),
)
