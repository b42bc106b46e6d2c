"""The words, numbers and signs of a sentence, each with a tag that says what rules may take it for.

A tag is one character, so the tags of a sentence are a string, and a rule about a sequence of tokens is a
regular expression over that string, written with the names in `TAGS` (see `pattern`). Numbers have their tag from
their shape, words from the lexicon.
"""

from __future__ import annotations

import re
from functools import cache

from pipeline import lexicon, numerals

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

_TOKEN = r"""
    (?P<excluded>(?:https?://|www\.)[^\s<>"]{1,300})
  | (?P<vulgar>[½⅓⅔¼¾⅕⅖⅗⅘⅙⅚⅛⅜⅝⅞])
  | (?P<initials>(?:[A-Za-z]\.){2,6})
  | (?P<word>[^\W\d_]++(?:['’](?!s\b)[^\W\d_]++)?+(?!\d))
  | (?P<clock>\d{1,2}(?:[:.][0-5]\d){1,2}(?!\d)\s?(?:[ap]\.m\b\.?|[apAP][mM]\b)
      | \d{1,2}\s?(?:[ap]\.\s?m\b\.?|[apAP][mM]\b)(?!/)
      | (?<![\d.,:])\d{1,2}:[0-5]\d(?::[0-5]\d)?(?![\d:])
      | [0-2]\d[:.]?[0-5]\d(?=\s(?:GMT|BST|UTC|EDT|EST|CET|CEST|PDT|PST|hours|hrs)\b))
  | (?P<date>\d{4}-\d\d-\d\d(?!\d)
      | \d{1,2}(?P<separator>[/.])\d{1,2}(?P=separator)(?:\d{4}|\d\d)(?![\d.]\d|\d)
      | \d{4}/\d\d?/\d\d?(?!\d)
      | (?<![\d.,])(?:19|20)\d\d[/–-](?:(?:19|20)\d\d|\d\d)(?![\d,.]*\d|[%\w])
      | (?<![\w.,])(?:9/11|7/7|24/7)(?![\d/])
      | (?<![\w,.])(?:['’]\d0|(?:1[5-9]|20)?\d0['’]?|(?:19|20)\d\d)s\b
      | (?<!\w)['’]\d\d(?![\d\w,.%'’]))
  | (?P<phone>\+\d[\d\s()-]{6,20}\d
      | (?<![\d.,])(?:\d{3}[-.]\d{3}[-.]\d{4}|0\d{2,4}\s\d{3,4}\s?\d{3,4}|\d{3,4}(?:-\d{3,8}){2,4})(?![\d,]\d|\d))
  | (?P<nth>\d[\d,]{0,11}(?:st|nd|rd|th)\b)
  | (?P<version>\d{1,4}(?:\.\d{1,4}){2,9}(?!\d))
  | (?P<slashed>\d{1,3}[/⁄]\d{1,3}(?![\d/]|,\d))
  | (?P<number>(?:\d{1,3}(?:,\d{2,3})++(?!\d)(?:[.·]\d++)?
      | \d{1,3}(?:[\u00a0\u2009\u202f]\d{3})++(?!\d)(?:\.\d++)?
      | \d++(?:[.·]\d++)?
      | (?<![\w.])\.\d++)
      (?:\s?[x×]\s?10(?:\^[-−–]?\d{1,3}|[-−–]\d{1,3}|[⁻⁺]?[⁰¹²³⁴⁵⁶⁷⁸⁹]{1,3})(?![\d,])|[eE][+-]?\d{1,3}(?!\w))?)
  | (?P<currency>(?<![\w-])(?:CURRENCIES)(?=\d)|\$(?:US|A|C|NZ|HK)(?=\s?\d))
  | (?P<mixed>[^\W\d_]{1,20}+\d\w{0,30}(?:[.,]\d\w{0,12}){0,4})
  | (?P<possessive>['’]s\b)
  | (?P<sign>\S)
    """
_SHAPE_TAGS = {
    "excluded": "!", "clock": "!", "date": "!", "phone": "!", "version": "!", "separator": "!", "initials": "·",
    "nth": "º", "slashed": "/", "vulgar": "½", "mixed": "#", "possessive": "'", "currency": "$",
}  # fmt: skip
_SIGN_TAGS = {
    ",": ",", ";": ".", ".": ".", "!": ".", "?": ".", "…": ".", ":": ":", "(": "(", "[": "(", ")": ")", "]": ")",
    "-": "-", "–": "-", "—": "-", "−": "-", "‑": "-", "‐": "-", '"': '"', "“": '"', "”": '"', "‘": '"', "’": '"', "'": '"', "&": "&",
}  # fmt: skip
_YEAR = re.compile(r"(?:1[0-9]|20)\d\d\Z")


@cache
def _tokens() -> re.Pattern[str]:
    """The pattern of tokens, with the letters that name a currency straight before digits: "RM23", "USD10"."""
    letters = {
        sign
        for currency in lexicon.currencies()
        for sign in (currency.code, *currency.signs)
        if sign[0].isalpha()
    }
    glued = "|".join(
        re.escape(sign) for sign in sorted(letters, key=lambda s: (-len(s), s)) if "$" not in sign
    )
    return re.compile(_TOKEN.replace("CURRENCIES", glued.replace(" ", r"\ ")), re.VERBOSE)


class Sentence:
    """The tokens of one sentence: where each starts and ends in the text, its words as written and in lower case,
    and the string of their tags."""

    __slots__ = ("ends", "lower", "starts", "tags", "text", "words")

    def __init__(self, text: str, start: int, end: int) -> None:
        self.text = text
        self.starts: list[int] = []
        self.ends: list[int] = []
        self.words: list[str] = []
        tags: list[str] = []
        word_tags = _word_tags()
        for found in _tokens().finditer(text, start, end):
            shape = found.lastgroup
            word = found[0]
            if shape == "word":
                tag = word_tags[word]
            elif shape == "sign":
                tag = _SIGN_TAGS.get(word, "@")
            elif shape == "number":
                tag = "9" if len(word) == 4 and _YEAR.match(word) else "0"
            else:
                tag = _SHAPE_TAGS[str(shape)]
            self.starts.append(found.start())
            self.ends.append(found.end())
            self.words.append(word)
            tags.append(tag)
        self.lower = [word.lower() for word in self.words]
        self.tags = "".join(tags)

    def glued(self, i: int) -> bool:
        """Whether nothing stands between token i and the one before it."""
        return i > 0 and self.ends[i - 1] == self.starts[i]

    def phrase(self, i: int, j: int) -> str:
        """The text of tokens i to j, exclusive."""
        return self.text[self.starts[i] : self.ends[j - 1]]


_NAMES = frozenset(["US", "WHO", "IT", "ME", "OR", "IS", "AM"])
_CAPITAL_ONLY = frozenset(["may", "march", "mar", "sun", "sat", "wed", "mon", "jan", "thu"])


class _WordTags(dict[str, str]):
    """Tags of words as written, found once each; what texts bring is forgotten when it grows too large."""

    LIMIT = 100_000

    def __init__(self, known: dict[str, str]) -> None:
        self.known = known

    def __missing__(self, word: str) -> str:
        lower = word.lower()
        tag = "N" if word in _NAMES else self.known.get(lower)
        if tag is None or (tag in "mw" and not word[0].isupper() and lower in _CAPITAL_ONLY):
            tag = "N" if word[0].isupper() else "n"
        if len(self) >= self.LIMIT:
            self.clear()
        self[word] = tag
        return tag


@cache
def _word_tags() -> _WordTags:
    known: dict[str, str] = {}
    grammar = lexicon.read("grammar")["words"]
    for role in reversed(list(grammar)):
        known.update(dict.fromkeys(grammar[role], TAGS[role]))
    dates = lexicon.read("contexts")["dates"]
    known.update(dict.fromkeys(dates["months"], TAGS["month"]))
    known.update(dict.fromkeys(dates["weekdays"], TAGS["weekday"]))
    words = numerals.words()
    for names, tag in (
        (words.ordinals, "ordinal_word"), (words.fractions, "fraction_word"), (words.ones, "ones"),
        (words.tens, "tens"), (words.scales, "scale"), (words.groups, "group"), (words.vague, "vague"),
        (words.indefinite, "indefinite"), (words.ratios, "ratio"),
    ):  # fmt: skip
        known.update(dict.fromkeys(names, TAGS[tag]))
    return _WordTags(known)


@cache
def pattern(source: str) -> re.Pattern[str]:
    """A pattern over tags, written with their names: "between COUNT and COUNT", "(COUNT | MONEY) hyphen COUNT"."""
    return re.compile(re.sub(r"[A-Za-z_]+", lambda m: re.escape(TAGS[m[0]]), source).replace(" ", ""))
