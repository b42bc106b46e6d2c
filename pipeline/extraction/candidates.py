"""Which sentences can hold a quantity: those with a number that is not certain to be something else."""

from __future__ import annotations

import re
from bisect import bisect_right
from functools import cache
from typing import TYPE_CHECKING

from pipeline import lexicon
from pipeline.extraction import numerals

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator


def sentences_with_numbers(text: str, spans: list[tuple[int, int]]) -> Iterator[int]:
    """The index of each sentence that can hold a quantity. spans: the (start, end) of a text's sentences, in order."""
    search, match_none = _number().search, _none().match
    starts = [start for start, _ in spans]
    found = _number_word().match(text) or search(text)
    while found is not None:
        start, end = found.span("word") if found["word"] else found.span()
        none = match_none(text, start)
        if none is not None:
            end = none.end()
        else:
            index = bisect_right(starts, start) - 1
            if index >= 0 and start < spans[index][1]:
                yield index
                end = spans[index][1]
        found = search(text, end)


@cache
def _number_word() -> re.Pattern[str]:
    """A number word, and the words that are fractions after "a"."""
    words = numerals.words()
    surfaces = {
        *words.ones,
        *words.tens,
        *words.scales,
        "dozen",
        *words.vague,
        *words.ratios,
        *words.fractions,
    }
    surfaces.discard("once")
    spellings = [*surfaces, *(surface.capitalize() for surface in surfaces)]
    return re.compile(rf"(?P<word>{_one_of(spellings)})\b")


@cache
def _number() -> re.Pattern[str]:
    """What a number can begin with: a number word behind what is no letter, or a digit.

    It begins with a set of characters, and its words with their first letters: `re` skips most places fast.
    """
    return re.compile(rf"[^A-Za-z](?:{_number_word().pattern}|(?<=[\d½⅓⅔¼¾⅕⅖⅗⅘⅙⅚⅛⅜⅝⅞]))")


@cache
def _none() -> re.Pattern[str]:
    """What begins like a number and is certain to be no quantity, whatever stands around it.

    "in 1998", "June 2004", "the 1990s", "3 May", "5th", "one of", "the first half", "the third".
    """
    before_year = [*lexicon.words("years", "strong")]
    months = [month.capitalize() for month in lexicon.words("dates", "months")]
    before = "|".join(
        rf"(?<=\b{word} )" for word in sorted({*before_year, *(w.capitalize() for w in before_year), *months})
    )
    year = rf"(?=(?:19|20)\d\d)(?:{before})(?:19|20)(?!00)\d\d(?=[ ,.;:!?)]*(?:[^\S\d]|\Z))(?![.,]\d| ?[-–%])"
    day = rf"(?:[12]\d|3[01]|[1-9]) (?:{'|'.join(sorted(months))})\b"
    fractions = sorted(set(numerals.words().fractions) - {"half", "halves"})
    return re.compile(
        rf"(?<!\w)(?:{year}|{day}|\d{{1,3}}[04-9]?th\b|(?:1[5-9]|20)\d0s\b"
        r"|[oO]ne (?:of|another|who|that|which|can|could|is|was|has|would|will|thing)\b"
        r"|(?<=\bfirst )half\b|(?<=\bsecond )half\b"
        rf"|(?<!\b[aA] )(?<!\b[aA]n )(?:{_one_of(fractions)})\b(?! of a\b| million\b| billion\b))"
    )


def _one_of(words: Iterable[str]) -> str:
    """A pattern that matches one of the words, branching letter by letter."""
    tails: dict[str, list[str]] = {}
    for word in sorted(set(words)):
        tails.setdefault(word[:1], []).append(word[1:])
    branches = [first + _one_of(rest) for first, rest in tails.items() if first]
    pattern = branches[0] if len(branches) == 1 else f"(?:{'|'.join(branches)})"
    return pattern if "" not in tails else f"(?:{pattern})?" if branches else ""
