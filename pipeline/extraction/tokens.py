"""The words, numbers and signs of a sentence, each with a tag that says what rules may take it for.

A tag is one character, so the tags of a sentence are a string, and a rule about a sequence of tokens is a
regular expression over that string, written with the names in `TAGS` (see `pattern`). Numbers have their tag from
their shape, words from the lexicon.
"""

from __future__ import annotations

import re
from functools import cache, reduce
from itertools import accumulate
from operator import add, or_
from sys import intern
from typing import TYPE_CHECKING, NamedTuple

from pipeline import lexicon
from pipeline.extraction import cues, numerals

if TYPE_CHECKING:
    from collections.abc import Callable

# The names of the tags in patterns. An upper-case letter is a quantity, which quantities.py puts in.
TAGS = {
    # shapes
    "number": "0",
    "year": "9",
    "vulgar": "½",
    "slashed": "/",
    "nth": "º",
    "excluded": "!",
    "mixed": "#",
    "initials": "·",
    "possessive": "'",
    "sign": "@",
    "comma": ",",
    "stop": ".",
    "colon": ":",
    "open": "(",
    "close": ")",
    "hyphen": "-",
    "quote": '"',
    "currency_sign": "$",
    # numerals
    "ones": "1",
    "tens": "2",
    "scale": "3",
    "fraction_word": "4",
    "vague": "5",
    "group": "6",
    "indefinite": "7",
    "ratio": "8",
    "ordinal_word": "°",
    # words
    "article": "a",
    "the": "t",
    "determiner": "d",
    "and": "&",
    "or": "|",
    "to": "→",
    "from": "←",
    "between": "↔",
    "of": "o",
    "by": "b",
    "per": "p",
    "than": "≥",
    "preposition": "i",
    "conjunction": "c",
    "relative": "r",
    "pronoun": "h",
    "auxiliary": "v",
    "adverb": "e",
    "month": "m",
    "weekday": "w",
    "word": "n",
    "name": "N",
    # quantities, put in by quantities.py
    "COUNT": "C",
    "YEAR": "Y",
    "MONEY": "M",
    "SHARE": "S",
    "MEASURE": "U",
    "VAGUE": "V",
}

# Shapes, the first that matches is taken. The names of words come first: most tokens are words.
_SHAPES = r"""
    (?P<word>[^\W\d_¼-¾⅐-⅞]++(?:['’](?!s\b)[^\W\d_¼-¾⅐-⅞]++)?+(?!\d|://|\.[A-Za-z]\.))
  | (?P<punctuation>[,;:!?()"“”%&/—])
  | (?P<vulgar>[½⅓⅔¼¾⅕⅖⅗⅘⅙⅚⅛⅜⅝⅞])
  | (?P<initials>(?:[A-Za-z]\.){2,6})
  | (?P<address>https?://[^\s<>"]{1,300})
  | (?P<clock>\d{1,2}(?:[:.][0-5]\d){1,2}(?!\d)\s?(?:[ap]\.m\b\.?|[apAP][mM]\b)
      | \d{1,2}\s?(?:[ap]\.\s?m\b\.?|[apAP][mM]\b)(?!/)
      | (?<![\d.,:])\d{1,2}:[0-5]\d(?::[0-5]\d)?(?:\.\d{1,3}(?!\d))?(?![\d:])
      | [0-2]\d[:.]?[0-5]\d\s(?:GMT|BST|UTC|EDT|EST|CET|CEST|PDT|PST)\b
      | 0\d[:.]?[0-5]\d(?:\s(?:hours|hrs)\b)?(?![\d.,]|\s\d{1,4}\s\d{3}))
  | (?P<date>\d{4}-\d\d-\d\d(?!\d)
      | \d{1,2}/\d{1,2}/(?:\d{4}|\d\d)(?!\d)
      | \d{1,2}\.\d{1,2}\.(?:\d{4}|\d\d)(?!\.?\d)
      | \d{4}/\d\d?/\d\d?(?!\d)
      | (?<![\d.,])(?:19|20)\d\d(?:[/–-](?:(?:19|20)\d\d|\d\d)|/\d)(?![\d,.]*\d|[%\w])
      | (?<![\w.,])(?:9/11|7/7|24/7)(?![\d/])
      | (?<![\w,.])(?:['’]\d0|(?:1[5-9]|20)?\d0['’]?|(?:19|20)\d\d)s\b
      | (?<!\w)['’]\d\d(?![\d\w,.%'’]))
  | (?P<phone>\+\d[\d\s()-]{6,20}\d
      | (?<![\d.,])(?:\d{3}[-.]\d{3}[-.]\d{4}|0\d{2,4}\s\d{3,4}\s?\d{3,4}|0\d{3}\s\d{1,2}(?:\s\d{3}){2}|\d{3,4}(?:-\d{3,8}){2,4})(?![\d,]\d|\d))
  | (?P<nth>(?:[\d,]{0,10}[02-9])?(?:1st|2nd|3rd)\b|\d[\d,]{0,11}th\b)
  | (?P<version>\d{1,4}(?:\.\d{1,4}){2,9}(?!\d))
  | (?P<slashed>\d{1,3}[/⁄]\d{1,3}(?![\d/]|,\d))
  | (?P<number>(?:\d{1,3}(?:,\d{2,3})++(?!\d)(?:[.·]\d++)?
      | \d{1,3}(?:[\u00a0\u2009\u202f]\d{3})++(?!\d)(?:\.\d++)?
      | (?<![\d.,])[1-9]\d{0,2}(?:[ ]\d{3}){0,3}[ ]000(?![\d,]|[ ]\d{3}\b)(?:\.\d++)?
      | \d++(?:[.·]\d++)?
      | (?<![\w.])\.\d++)
      (?:\s?[x×]\s?10(?:\^[-−–]?\d{1,3}|[-−–]\d{1,3}|[⁻⁺]?[⁰¹²³⁴⁵⁶⁷⁸⁹]{1,3})(?![\d,])|[eE][+-]?\d{1,3}(?!\w))?)
  | (?P<currency>(?<![\w-])(?:CURRENCIES)(?=\d)|\$(?:US|A|C|NZ|HK)(?=\s?\d))
  | (?P<mixed>[^\W\d_]{1,20}+\d\w{0,30}(?:[.,]\d\w{0,12}){0,4})
  | (?P<possessive>['’]s\b)
  | (?P<sign>\S)
    """
_SHAPE_TAGS = {
    "address": "!", "clock": "!", "date": "!", "phone": "!", "version": "!", "initials": "·", "nth": "º",
    "slashed": "/", "vulgar": "½", "mixed": "#", "possessive": "'", "number": "0",
}  # fmt: skip
_SIGN_TAGS = {
    ",": ",", ";": ".", ".": ".", "!": ".", "?": ".", "…": ".", ":": ":", "(": "(", "[": "(", ")": ")", "]": ")",
    "-": "-", "–": "-", "—": "-", "−": "-", "‑": "-", "‐": "-", '"': '"', "“": '"', "”": '"', "‘": '"', "’": '"', "'": '"', "&": "&",
}  # fmt: skip
# Years and dates, months and weekdays.
_DATED = "9!mw"
_CONTRACTED = ("'ll", "’ll", "'d", "’d")
_YEAR = re.compile(r"(?:1[0-9]|2[01])\d\d\Z")


@cache
def glued_currencies() -> frozenset[str]:
    """The letters that name a currency straight before digits: "RM23", "USD10"."""
    return frozenset(
        s for c in lexicon.currencies() for s in (c.code, *c.signs) if s[0].isalpha() and "$" not in s
    )


def _shapes() -> str:
    """The pattern of tokens.

    Letters that name a currency and something else too must have three digits, a decimal or millions: "COP26" is no
    money.
    """
    signs = glued_currencies()
    doubtful = lexicon.words("codes", "doubtful")
    certain = lexicon.any_of(signs - doubtful)
    return _SHAPES.replace(
        "CURRENCIES", rf"{certain}|(?:{lexicon.any_of(doubtful)})(?=\d{{3}}|\d+(?:[.,]\d|(?:m|bn|tn|trn)\b))"
    )


class _Token(NamedTuple):
    """What a token with the white space after it is: `length` without that space, `width` with it.

    cues: the bits of what it can be a word of, see cues.py.
    """

    tag: str
    word: str
    lower: str
    length: int
    width: int
    cues: int


class _Known(dict[str, _Token]):
    """Tokens that were seen, so that each is looked at once; forgotten when texts have brought too many."""

    LIMIT = 100_000
    LONGEST = 40

    def __init__(self, tags: dict[str, str], dates: dict[str, str]) -> None:
        self._tags = tags
        self._dates = dates
        self._cues = cues.of_words()
        self._shape = re.compile(_shapes(), re.VERBOSE)

    def __missing__(self, text: str) -> _Token:
        word = intern(text.rstrip())
        lower = intern(word.lower())
        tag = self._tag(word, lower)
        token = _Token(tag, word, lower, len(word), len(text), self._cued(lower, tag))
        if len(text) <= self.LONGEST:
            if len(self) >= self.LIMIT:
                self.clear()
            self[text] = token
        return token

    def _cued(self, lower: str, tag: str) -> int:
        cued = self._cues.get(lower, 0)
        if tag in _DATED:
            cued |= cues.TIME
        elif tag == "/":
            cued |= cues.SLASHED
        if lower.endswith(_CONTRACTED):
            cued |= cues.CONTRACTED
        return cued

    def _tag(self, word: str, lower: str) -> str:
        if word.isalpha():
            return self._word_tag(word, lower)
        found = self._shape.fullmatch(word)
        shape = found.lastgroup if found is not None else None
        if shape == "word":
            return self._word_tag(word, lower)
        if shape == "number" and len(word) == 4 and _YEAR.match(word):
            return "9"
        return _SHAPE_TAGS.get(shape or "", "") or _SIGN_TAGS.get(word, "@")

    def _word_tag(self, word: str, lower: str) -> str:
        if word in _NAMES:
            return "N"
        if lower in self._dates and (word[0].isupper() or lower not in _CAPITAL_ONLY):
            return self._dates[lower]
        return self._tags.get(lower) or ("N" if word[0].isupper() else "n")


class Sentence:
    """The tokens of one sentence: where each starts and ends in the text, its words as written and in lower case,
    the string of their tags, and the bits of all their cues (see cues.py)."""

    __slots__ = ("_vocabulary", "cues", "ends", "lower", "starts", "tags", "text", "words")

    def __init__(self, text: str, start: int, end: int) -> None:
        find_all, look_up = _tokeniser()
        tags, words, lower, lengths, widths, cued = zip(
            *map(look_up, find_all(text, start, end)), strict=True
        )
        self.text = text
        self.starts = list(accumulate(widths, initial=start))
        self.starts.pop()
        self.ends = list(map(add, self.starts, lengths))
        self.words = list(words)
        self.lower = list(lower)
        self.tags = "".join(tags)
        self.cues = reduce(or_, filter(None, cued), 0)
        self._vocabulary: frozenset[str] | None = None

    def says_any(self, words: frozenset[str]) -> bool:
        """Whether one of the words, which are in lower case, stands in the sentence."""
        if (
            self._vocabulary is None
        ):  # most sentences are never asked; a long one may be at each of its numbers
            self._vocabulary = frozenset(self.lower)
        return not words.isdisjoint(self._vocabulary)

    def glued(self, i: int) -> bool:
        """Whether nothing stands between token i and the one before it."""
        return 0 < i < len(self.starts) and self.ends[i - 1] == self.starts[i]

    def phrase(self, i: int, j: int) -> str:
        """The text of tokens i to j, exclusive."""
        return self.text[self.starts[i] : self.ends[j - 1]]


def words_of(text: str) -> tuple[str, ...]:
    """The words of a text, as a sentence would have them."""
    find_all, _ = _tokeniser()
    return tuple(intern(token.rstrip()) for token in find_all(text))


_NAMES = frozenset(["US", "WHO", "IT", "ME", "OR", "IS", "AM"])
_CAPITAL_ONLY = frozenset(["may", "march", "mar", "sun", "sat", "wed", "mon", "jan", "thu"])


@cache
def _tokeniser() -> tuple[Callable[..., list[str]], Callable[[str], _Token]]:
    """What cuts a text into tokens, each with the white space after it, and what says what a token is.

    Most tokens are plain words before a space or comma: they have a branch of their own, which costs little.
    """
    plain = re.sub(r"\(\?P<\w+>", "(?:", _shapes())
    cut = rf"[A-Za-z]++(?:[ ](?!\s)|(?=,))|(?:{plain})\s*+"
    return re.compile(cut, re.VERBOSE).findall, _Known(_word_tags(), _date_tags()).__getitem__


def _date_tags() -> dict[str, str]:
    """The tags of months and weekdays, in lower case."""
    dates = lexicon.read("contexts")["dates"]
    months = dict.fromkeys(dates["months"], TAGS["month"])
    return months | dict.fromkeys(dates["weekdays"], TAGS["weekday"])


def _word_tags() -> dict[str, str]:
    """The tags of the words of the lexicon, in lower case."""
    known: dict[str, str] = {}
    grammar = lexicon.read("grammar")["words"]
    for role in reversed(list(grammar)):
        known.update(dict.fromkeys(grammar[role], TAGS[role]))
    words = numerals.words()
    for names, tag in (
        (words.ordinals, "ordinal_word"), (words.fractions, "fraction_word"), (words.ones, "ones"),
        (words.tens, "tens"), (words.scales, "scale"), (words.groups, "group"), (words.vague, "vague"),
        (words.indefinite, "indefinite"), (words.ratios, "ratio"),
    ):  # fmt: skip
        known.update(dict.fromkeys(names, TAGS[tag]))
    return known


@cache
def pattern(source: str) -> re.Pattern[str]:
    """A pattern over tags, written with their names: "between COUNT and COUNT", "(COUNT | MONEY) hyphen COUNT"."""
    return re.compile(re.sub(r"[A-Za-z_]+", lambda m: re.escape(TAGS[m[0]]), source).replace(" ", ""))
