"""Numbers that are no quantities: dates, years, labels, names, scores, "one of them". Each a rule that leaves nothing."""

from __future__ import annotations

from functools import cache
from typing import TYPE_CHECKING

from pipeline import lexicon
from pipeline.rules import Nodes, Rule

if TYPE_CHECKING:
    from pipeline.amounts import Quantity


@cache
def _words(section: str, key: str) -> frozenset[str]:
    return frozenset(lexicon.read("contexts")[section][key])


def _exclude(nodes: Nodes, start: int, end: int) -> list[Quantity] | None:
    return []


def _day_and_month(nodes: Nodes, start: int, end: int) -> list[Quantity] | None:
    days = [q for q in nodes.within(start, end) if not q.year]
    return (
        []
        if all(
            (q.value is not None and 0 < q.value <= 31 and q.style == "digits")
            or (q.scaled is False and q.value and q.value > 1000)
            for q in days
        )
        else None
    )


_AFTER_YEAR = frozenset("n")


def _year(nodes: Nodes, start: int, end: int) -> list[Quantity] | None:
    """A bare number from 1000 to 2099 is a year unless things that it counts follow it."""
    node = start
    value = int(nodes.quantities[node].value or 0)
    before, after = nodes.lower(node - 1), nodes.tag(node + 1)
    if (
        before
        in (
            "about",
            "around",
            "some",
            "nearly",
            "almost",
            "over",
            "than",
            "least",
            "approximately",
            "to",
            "of",
            "all",
            "the",
        )
        and after == "n"
    ):
        if 1900 <= value <= 2060 and before in ("the", "of", "to"):
            return []
        return (
            []
            if 1990 <= value <= 2035
            and before not in ("than", "least", "some", "nearly", "almost", "approximately")
            else None
        )
    if before in _words("dates", "before_year") or nodes.tag(node - 1) in ("m", "w", "", "(", "'"):
        if after == "n" and not 1900 <= value <= 2060 and before not in ("in", "since"):
            return None
        return [] if value >= 1400 else ([] if before in ("in", "since", "and", "circa") else None)
    if 1900 <= value <= 2060:
        return []
    return None


def _label(nodes: Nodes, start: int, end: int) -> list[Quantity] | None:
    """ "Section 427", "page 3", "No 10": a label before a bare number."""
    node = end - 1
    quantity = nodes.quantities[node]
    label = nodes.lower(node - 1)
    if label == ".":
        label = nodes.lower(node - 2)
    if label not in _words("labels", "words"):
        return None
    if quantity.unit is not None or (quantity.scaled and quantity.style == "digits"):
        return None
    if (
        label in _words("labels", "plain")
        and nodes.word(node - 1).islower()
        and nodes.tag(node + 1) in ("n", "N")
    ):
        return None
    if (
        label in ("no", "number", "point", "top")
        and quantity.value is not None
        and quantity.style == "words"
        and label == "no"
    ):
        return None
    if label in ("top", "first", "last") and nodes.word(node - 1).islower():
        return None
    return []


def _identifier(nodes: Nodes, start: int, end: int) -> list[Quantity] | None:
    """ "F-16", "Covid-19": a name glued to a number."""
    node = end - 1
    if nodes.lower(start) in (
        "minus",
        "sub",
        "to",
        "then",
        "now",
        "plus",
        "under",
        "over",
        "a",
        "non",
        "all",
        "near",
        "approximately",
        "about",
        "or",
        "and",
        "through",
        "mid",
        "post",
        "pre",
        "than",
    ):
        return None
    quantity = nodes.quantities[node]
    if quantity.style != "digits" or not nodes.glued(node) or not nodes.glued(node - 1):
        return None
    return []


def _named(nodes: Nodes, start: int, end: int) -> list[Quantity] | None:
    """ "Channel 4", "iPhone 14", "S&P 500", "Boeing 747": a name before a bare number that counts nothing."""
    node = end - 1
    quantity = nodes.quantities[node]
    if quantity.style != "digits" or quantity.scaled or quantity.hyphenated or quantity.value is None:
        return None
    word = nodes.sentence.words[quantity.first]
    if "," in word or "." in word or quantity.last - quantity.first > 1:
        return None
    tag = nodes.tag(node + 1)
    if tag == "n" and nodes.tag(node - 1) == "N":
        return None
    if node == 1 and tag in ("n", "N"):
        return None
    return []


def _score(nodes: Nodes, start: int, end: int) -> list[Quantity] | None:
    """ "2-1", "6-4": small whole numbers with a hyphen and nothing that they count."""
    quantities = nodes.within(start, end)
    first, second = quantities[0], quantities[-1]
    if any(
        q.style != "digits" or q.unit or q.scaled or q.value is None or q.value != int(q.value)
        for q in quantities
    ):
        return None
    following = nodes.tag(end)
    if (
        first.value is not None
        and second.value is not None
        and first.value < second.value
        and following in ("n", "N")
        and following
    ):
        return None if nodes.lower(end) not in _SCORE_WORDS else []
    if following == "-" or (first.value or 0) > 999 or (second.value or 0) > 999:
        return None
    if (
        first.value is not None
        and second.value is not None
        and first.value < second.value
        and nodes.lower(start - 1) in ("of", "about", "around", "aged", "some", "between", "roughly", "for")
    ):
        return None
    return []


_SCORE_WORDS = frozenset(
    [
        "win",
        "wins",
        "won",
        "victory",
        "victories",
        "lead",
        "defeat",
        "defeats",
        "loss",
        "losses",
        "draw",
        "draws",
        "record",
        "home",
        "away",
        "vote",
        "ruling",
        "aggregate",
        "thriller",
        "scoreline",
        "margin",
        "success",
        "triumph",
        "decision",
        "score",
        "down",
        "up",
        "at",
        "in",
        "on",
        "over",
        "against",
        "after",
        "to",
        "and",
        "thrashing",
        "drubbing",
    ]
)


def _pronoun_one(nodes: Nodes, start: int, end: int) -> list[Quantity] | None:
    """ "one of them", "the one", "no one", "one another", "one day"."""
    node = start
    quantity = nodes.quantities[node]
    if quantity.unit is not None or quantity.scaled or quantity.hyphenated or nodes.lower(node) != "one":
        return None
    if nodes.sentence.words[quantity.last - 1].lower() != "one":
        return None
    after = nodes.lower(node + 1)
    if after in _words("pronoun_one", "after") or nodes.tag(node + 1) not in ("n", "N"):
        return []
    if nodes.lower(node - 1) in _words("pronoun_one", "before"):
        return []
    return None


def _of_the(nodes: Nodes, start: int, end: int) -> list[Quantity] | None:
    """ "number one", "o'clock"."""
    return []


def _numbering(nodes: Nodes, start: int, end: int) -> list[Quantity] | None:
    """ "1. Mix", "2) Stir" at the start of a sentence."""
    quantity = nodes.quantities[0]
    return (
        []
        if quantity.style == "digits"
        and quantity.unit is None
        and len(nodes.symbols) > 2
        and (quantity.value or 0) < 100
        else None
    )


def _half(nodes: Nodes, start: int, end: int) -> list[Quantity] | None:
    """ "the first half", "half-time", "a third party", "quarter-final": fraction words that are no fractions."""
    node = start
    quantity = nodes.quantities[node]
    if quantity.unit != "fraction" or quantity.style != "fraction":
        return None
    word = nodes.sentence.lower[quantity.last - 1]
    before, after, tag = nodes.lower(node - 1), nodes.lower(node + 1), nodes.tag(node + 1)
    lone = quantity.last - quantity.first == 1
    if lone and word == "half":
        if nodes.tag(node - 1) in ("°", "º", "d", "-", "0") or before in (
            "in",
            "the",
            "second",
            "first",
            "latter",
            "other",
            "better",
            "by",
            "early",
        ):
            return []
        if before in ("in", "the", "by") and after != "of":
            return []
        return (
            []
            if tag in ("-",)
            or (
                tag in "nN"
                and before not in ("nearly", "almost", "about", "over", "than")
                and after in _HALF_WORDS
            )
            else None
        )
    if lone:
        return []
    if (
        tag in ("n", "N")
        and after not in _AFTER_FRACTION
        and quantity.first + 2 >= quantity.last
        and nodes.sentence.lower[quantity.first] in ("a", "an")
    ):
        return []
    return None


_HALF_WORDS = frozenset(
    [
        "time",
        "way",
        "hour",
        "brother",
        "sister",
        "back",
        "year",
        "past",
        "term",
        "life",
        "price",
        "marathon",
        "century",
        "hearted",
        "baked",
        "season",
    ]
)
_AFTER_FRACTION = frozenset(
    [
        "more",
        "less",
        "fewer",
        "higher",
        "lower",
        "larger",
        "smaller",
        "bigger",
        "faster",
        "cheaper",
        "last",
        "this",
        "next",
        "compared",
    ]
)

EXCLUSIONS: tuple[Rule, ...] = (
    Rule("date", "COUNT (hyphen COUNT | and COUNT)? of? month (comma? YEAR)?", _day_and_month),
    Rule("date", "nth of? month (comma? YEAR)?", _exclude),
    Rule("date", "month stop? (COUNT | nth) ((hyphen | and | to) COUNT)? (comma? YEAR)?", _day_and_month),
    Rule("date", "month stop? comma? YEAR", _exclude),
    Rule("year", "YEAR", _year),
    Rule("label", "(word | name | the | determiner | initials | preposition) stop? (COUNT | YEAR)", _label),
    Rule(
        "identifier",
        "(word | name | initials | mixed | preposition | to | adverb | conjunction) hyphen (COUNT | YEAR)",
        _identifier,
    ),
    Rule("named", "(name | mixed | initials) (COUNT | YEAR)", _named),
    Rule("score", "COUNT hyphen COUNT", _score),
    Rule("pronoun_one", "COUNT", _pronoun_one),
    Rule("fraction_word", "SHARE", _half),
)
