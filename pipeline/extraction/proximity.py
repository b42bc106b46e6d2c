"""Which of the places or times that a sentence names belongs to a quantity: the nearest of its clause."""

from __future__ import annotations

from bisect import bisect_left
from typing import TYPE_CHECKING, NamedTuple

if TYPE_CHECKING:
    import re
    from collections.abc import Callable, Sequence

Span = tuple[int, int]

_FARTHEST = 400
# What a comma adds to the distance of an expression that precedes: "12 in May, 14 in June".
_COMMA = 40
# Only so many expressions on each side of a quantity are looked at.
_NEIGHBOURS = 3
# An aside is looked for so many characters before an expression.
_ASIDE_WINDOW = 100


class Bounds(NamedTuple):
    """What parts an expression from a quantity.

    clause_end: what ends a clause. aside: what makes the words before an expression a clause of their own, which a
    comma ends. opens: whether an expression holds for its whole sentence, by the text, the start of the sentence and
    of the expression, and the words from it to the quantity. other: what says of an expression behind the quantity
    that it belongs to something else.
    """

    clause_end: re.Pattern[str]
    aside: re.Pattern[str]
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
        gap = first - end if precedes else start - last
        if gap >= least:
            continue
        between = text[end:first] if precedes else text[last:start]
        if precedes and "," in between:
            gap += _COMMA
            if bounds.aside.search(text, max(sentence_start, start - _ASIDE_WINDOW), start):
                continue
        if not precedes and bounds.other and bounds.other.search(between):
            continue
        opens = precedes and bounds.opens(text, sentence_start, start, between)
        if gap < least and (opens or not bounds.clause_end.search(between)):
            best, least = (start, end), gap
    return best
