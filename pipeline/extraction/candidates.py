"""Which sentences can hold a quantity: those with a number that is not certain to be something else."""

from __future__ import annotations

import re
from bisect import bisect_right
from functools import cache
from typing import TYPE_CHECKING

from pipeline import lexicon
from pipeline.extraction import amounts, money, numerals, tokens

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator


# The word before a year or score is looked for so far back, in characters.
_LONGEST_WORD = 24
# Letters straight before a digit, and what goes on with it.
_NAME = re.compile(r"(?<![^\s(“])(?P<letters>[^\W\d_]{1,20})(?P<rest>\d\w*)")
_LONGEST_NAME = 20


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
        elif (bare := _year_or_score().match(text, start)) and _is_bare(text, start, bare["after"]):
            end = bare.end("number")
        elif (name := _name_around(text, start)) is not None:
            end = name.end()
        else:
            index = bisect_right(starts, start) - 1
            if index >= 0 and start < spans[index][1]:
                yield index
                end = spans[index][1]
        found = search(text, end)


def _is_bare(text: str, start: int, after: str | None) -> bool:
    """Whether neither the word before a year or score nor the one after it makes an amount of it."""
    space = text.rfind(" ", max(0, start - _LONGEST_WORD), start - 1)
    before = text[space + 1 : start - 1]
    if space < 0 or not (before.isalpha() and before.islower()) or before in lexicon.words("years", "hedges"):
        return False
    if money.signs_before().before([before], 1):
        return False
    return after is None or not (after in _continuing() or after.lower() in _continuing())


def _name_around(text: str, start: int) -> re.Match[str] | None:
    """The name that a digit stands in behind its letters, if they are no currency: "G7", "MP3"."""
    if not text[start - 1 : start].isalpha():
        return None
    found = _NAME.search(text, max(0, start - _LONGEST_NAME), start + _LONGEST_NAME)
    inside = found is not None and found.start("rest") == start
    return found if found and inside and found["letters"] not in tokens.glued_currencies() else None


@cache
def _continuing() -> frozenset[str]:
    """Words that may go on with a number, or join it to another."""
    return amounts.continuing() | numerals.continuations() | {"or", "to"}


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
        r"|(?<![.,])(?:(?:\d{0,3}[02-9])?(?:1st|2nd|3rd)|\d{1,2}(?:[:.][0-5]\d)?[ap]m|\d0s)\b"
        r"|[oO]ne (?:of|another|who|that|which|can|could|is|was|has|would|will|thing)\b"
        r"|(?<=\bfirst )half\b|(?<=\bsecond )half\b"
        rf"|(?<!\b[aA] )(?<!\b[aA]n )(?:{_one_of(fractions)})\b(?! of a\b| million\b| billion\b))"
    )


@cache
def _year_or_score() -> re.Pattern[str]:
    """A year that ends no hundred, or a score with the larger number first, after a space; and the word after it."""
    scores = "|".join(f"{first}-[0-{first}]" for first in range(10))
    return re.compile(
        rf"(?<= )(?P<number>(?:19\d\d|20[0-5]\d)(?<!00)|{scores})"
        r"(?:(?=[.,;:!?)]+(?:\s|\Z))| (?P<after>[A-Za-z]+)(?=[ .,]))"
    )


def _one_of(words: Iterable[str]) -> str:
    """A pattern that matches one of the words, branching letter by letter."""
    tails: dict[str, list[str]] = {}
    for word in sorted(set(words)):
        tails.setdefault(word[:1], []).append(word[1:])
    branches = [first + _one_of(rest) for first, rest in tails.items() if first]
    pattern = branches[0] if len(branches) == 1 else f"(?:{'|'.join(branches)})"
    return pattern if "" not in tails else f"(?:{pattern})?" if branches else ""
