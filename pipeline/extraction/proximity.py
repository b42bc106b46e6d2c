"""Which of the places or times that a sentence names belongs to a quantity: the nearest of its clause."""

from __future__ import annotations

import re
from bisect import bisect_left
from typing import TYPE_CHECKING, NamedTuple

if TYPE_CHECKING:
    from collections.abc import Callable, Sequence

Span = tuple[int, int]

_FARTHEST = 400
# What a comma adds to the distance of an expression that precedes: "12 in May, 14 in June".
_COMMA = 40
# Only so many expressions on each side of a quantity are looked at.
_NEIGHBOURS = 3
# An aside is looked for so many characters before an expression.
_ASIDE_WINDOW = 100

# What parts an expression from a quantity: the end of a clause, "treaty that Lund signed", ", half of them".
_CLAUSE_END = re.compile(
    r"[;:()“”\"]"
    r"| (?:[–—-] |(?:but|while|whereas|although|because|which|who|whose|whom|where|compared)\b"
    r"|that (?:[A-Z]|(?:he|she|it|they)\b)"
    r"|and (?:has|had|is|was|will|plans|expects|said|says|now|he|she|it|they|there)\b)"
    r"|, (?:and|so|as|with|having|still|just|close|well|said|says|up|down|from|he|she|it|they)\b|,[^,]{1,40} of (?:them|which|whom)\b[^,]*\Z"
)
# What does so only behind a quantity: "killing five in Odesa"; and only before one: "a sign of", "after a debate".
_CLAUSE_BEGINS = re.compile(r", [a-z]+ing\b")
_APPOSITION = re.compile(
    r", (?:(?:after|before) |(?:an?|the) (?:[a-z-]+ ){1,3}(?:of|that|which|where|who|between)\b)"
)
# A relative clause or an aside that a comma ends: behind the comma the sentence speaks of something else.
_ASIDE = re.compile(r", (?:which|who|whose|where|whom)\b[^,]*\Z")
# "in Wales, where prices fell": the clause is about the place before it.
_ABOUT_IT = re.compile(r",? (?:where|when) ")
# Brackets and a few words in quotation marks within a clause: "£412m ($525m) for next year".
_INSERTED = re.compile(r" \([^()]{1,60}\)|[“\"][^“”\"]{1,40}[”\"]")


class Bounds(NamedTuple):
    """What is peculiar to times or places when one is looked for.

    opens: whether an expression holds for its whole sentence, by the text, the start of the sentence and of the
    expression, and the words from it to the quantity. other: what says of an expression behind the quantity that it
    belongs to something else.
    """

    opens: Callable[[str, int, int, str], bool]
    other: re.Pattern[str] | None = None


def nearest(
    text: str, found: Sequence[Span], sentence_start: int, quantity: Span, bounds: Bounds
) -> Span | None:
    """The nearest expression that doesn't overlap the quantity, and stands in its clause or opens the sentence.

    found: the expressions of the sentence, in order; all are (start, end) in characters of the text.
    """
    best: Span | None = None
    least = _FARTHEST
    first, last = quantity
    after = bisect_left(found, quantity)
    for start, end in [*found[:1], *found[max(0, after - _NEIGHBOURS) : after + _NEIGHBOURS]]:
        if start < last and first < end:
            continue
        precedes = end <= first
        between = text[end:first] if precedes else text[last:start]
        gap = len(between) + (_COMMA if precedes and "," in between else 0)
        if gap >= least:
            continue
        ahead = start if precedes else first
        if "," in between and _ASIDE.search(text, max(sentence_start, ahead - _ASIDE_WINDOW), ahead):
            continue
        if (precedes and bounds.opens(text, sentence_start, start, between)) or not _parts(
            between, precedes=precedes, other=bounds.other
        ):
            best, least = (start, end), gap
    return best


def _parts(between: str, *, precedes: bool, other: re.Pattern[str] | None) -> bool:
    """Whether the words between a quantity and an expression show that the one is not of the other."""
    if "(" in between or '"' in between or "“" in between:
        between = _INSERTED.sub("", between)
    about_it = _ABOUT_IT.match(between) if precedes else None
    if _CLAUSE_END.search(between, about_it.end() if about_it else 0):
        return True
    if precedes:
        return "," in between and _APPOSITION.search(between) is not None
    return _CLAUSE_BEGINS.search(between) is not None or (
        other is not None and other.search(between) is not None
    )
