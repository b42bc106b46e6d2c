"""Which currency "$", "pounds" or "rupees" is, where several have the sign or name, by what the text around says.

The nation straight before the amount decides; then the places and nations of its sentence, those of the passage
around it, whoever says it, and the country of the outlet. What speaks for several decides between none of them: the
likeliest of them is taken, as a default.

Against a dominant currency one mention of a place is not enough. And "$" in a story about Canada is mostly still the
American one, for the press writes C$ for the other: here only the nation straight before and the country of the
outlet decide; places make it doubtful, so that the candidates begin with those that the places speak for.
"""

from __future__ import annotations

import re
from bisect import bisect_left
from collections import Counter
from functools import cache
from itertools import chain
from typing import TYPE_CHECKING

from pipeline import lexicon

if TYPE_CHECKING:
    from collections.abc import Container, Iterator, Sequence

    from pipeline.extraction.quantity import Quantity

# How far around its sentence a passage is looked at, and around an amount a sentence, in characters.
_PASSAGE = 1000
_SENTENCE = 500
# How many places have to speak against a dominant currency.
_AGAINST_DOMINANT = 2
# Of a passage only so many places are looked at.
_MOST = 200

_NAME = re.compile(r"[A-Z](?<![\w.][A-Z])[^\W\d_]*(?:\.[A-Z]\.)?")


class Evidence:
    """What the passages around sentences say of currencies: the places and nations in them, and their currencies.

    It is asked about the sentences of a text in their order (`turn_to`), and looks at each part of the text once.
    """

    __slots__ = ("_codes", "_end", "_ends", "_passage", "_read", "_start", "_starts", "_text")

    def __init__(self, text: str) -> None:
        self._text = text
        self._read = self._start = self._end = 0
        self._starts: list[int] = []
        self._ends: list[int] = []
        self._codes: list[frozenset[str]] = []
        self._passage: Counter[str] = Counter()

    def turn_to(self, start: int, end: int) -> None:
        """Speak of the passage around the sentence at start..end from now on."""
        if end == self._end:
            return
        self._start, self._end = start, end
        limit = end + _PASSAGE
        limit = max(limit, self._text.find("\n", limit, limit + _PASSAGE))  # so that no name is cut in two
        for first, last, codes in _named(self._text, max(self._read, start - _PASSAGE), limit):
            self._starts.append(first)
            self._ends.append(last)
            self._codes.append(codes)
        self._read = max(self._read, limit, *self._ends[-1:])
        first = bisect_left(self._starts, start - _PASSAGE)
        last = bisect_left(self._starts, end + _PASSAGE)
        self._passage = Counter(chain.from_iterable(self._codes[first : min(last, first + _MOST)]))

    def beside(self, start: int) -> frozenset[str]:
        """The currencies of the nation straight before an amount: "the Canadian $5m fund"."""
        place = bisect_left(self._starts, start)
        return self._codes[place - 1] if place and start - self._ends[place - 1] <= 1 else frozenset()

    def kinds(self, start: int, end: int) -> Iterator[Counter[str]]:
        """How often the sentence around an amount names what speaks for each currency, then the passage."""
        if not self._codes:
            return
        low = bisect_left(self._starts, max(self._start, start - _SENTENCE))
        high = bisect_left(self._starts, min(self._end, end + _SENTENCE))
        yield Counter(chain.from_iterable(self._codes[low:high]))
        yield self._passage


def decide(
    quantity: Quantity, start: int, end: int, evidence: Evidence, source: str | None, country: str | None
) -> None:
    """Settle the currency of a quantity whose sign or name several have.

    start, end: of the quantity in the text. source: who says it. country: ISO 3166 code of the outlet's country.
    """
    candidates = _candidates(quantity)
    if not candidates:
        return
    if _choose(quantity, candidates, evidence.beside(start)):
        return
    default = candidates[0]
    everywhere = default in lexicon.everywhere_currencies()
    rivals: list[str] = []
    for named in _places_named(start, end, evidence, source):
        least = _AGAINST_DOMINANT if default in lexicon.dominant_currencies() and not named[default] else 1
        spoken_for = [code for code in candidates if named[code] >= least]
        if everywhere and not named[default]:
            rivals += [code for code in spoken_for if code not in rivals]
        elif _choose(quantity, candidates, spoken_for):
            return
    if country is not None and (_choose(quantity, candidates, _of_country(country.upper())) or everywhere):
        return
    if rivals:
        others = [code for code in quantity.currency_candidates if code not in rivals]
        quantity.currency_candidates = (*rivals, *others)


def _candidates(quantity: Quantity) -> list[str]:
    """What the quantity can be of: a gloss says it in another currency than what it repeats."""
    main = quantity.gloss_of
    said = None if main is None or main.unit is None else main.unit.partition("/")[0]
    return [code for code in quantity.currency_candidates if code != said]


def _choose(quantity: Quantity, candidates: Sequence[str], spoken_for: Container[str]) -> bool:
    """Take the candidate that something speaks for, the first of several as a default; False if there is none."""
    possible = [code for code in candidates if code in spoken_for]
    if not possible or quantity.unit is None:
        return False
    _, slash, denominator = quantity.unit.partition("/")
    quantity.unit = possible[0] + slash + denominator
    if len(possible) == 1:
        quantity.currency_basis = "context"
    return True


def _places_named(start: int, end: int, evidence: Evidence, source: str | None) -> Iterator[Counter[str]]:
    """How often each place of evidence names what speaks for each currency, the nearest first."""
    yield from evidence.kinds(start, end)
    if source is not None:
        yield Counter(chain.from_iterable(codes for _, _, codes in _named(source, 0, len(source))))


def _named(text: str, start: int, end: int) -> Iterator[tuple[int, int, frozenset[str]]]:
    """The places and nations between start and end that have a currency: where each stands, and the currencies."""
    by_first = _places()
    read = start
    for found in _NAME.finditer(text, start, end):
        for name, codes in by_first.get(found[0], ()) if found.start() >= read else ():
            read = found.start() + len(name)
            if text.startswith(name, found.start()) and not text[read : read + 1].isalnum():
                yield found.start(), read, codes
                break


@cache
def _places() -> dict[str, list[tuple[str, frozenset[str]]]]:
    """Places and nations with the currencies that they speak for, by their first word, longest first."""
    codes: dict[str, set[str]] = {}
    for currency in lexicon.currencies():
        for name in (*currency.nations, *currency.places):
            codes.setdefault(name, set()).add(currency.code)
    table: dict[str, list[tuple[str, frozenset[str]]]] = {}
    for name in sorted(codes, key=lambda name: (-len(name), name)):
        first = _NAME.match(name)
        if first is not None:
            table.setdefault(first[0], []).append((name, frozenset(codes[name])))
    return table


@cache
def _of_country(country: str) -> frozenset[str]:
    """The currencies of a country."""
    return frozenset(c.code for c in lexicon.currencies() if country in c.countries)
