"""Where sentences begin and end, in prose as it is scraped: headings, paragraphs, quotations, abbreviations."""

from __future__ import annotations

import re
from functools import cache
from typing import NamedTuple

from pipeline import lexicon

# A stop and what closes with it, before white space; or a line end, with a stop that stands alone on the next.
# It begins with a set of characters, which is what `re` looks for fastest. Every repetition is bounded or begins
# at one place only, so the scan is linear.
_BREAK = re.compile(
    r"[.!?…\n](?:(?<=\n)(?:[^\S\n]*\.[^\S\n]*(?=\n|\Z))?\s*"
    r"|(?<!\n)[.!?…]{0,7}[\"'”’»)\]]{0,4}(?:\[\d{1,3}\]){0,4}(?=\s))"
)
_WORD_BEFORE = re.compile(r"[^\s(\[\"“‘'—–/-]*\Z")
# A word that ends with other letters than every abbreviation is none, which one look tells.
_ENDING = 3
_SPACE = re.compile(r"\s+")
_WORD_CHARACTER = re.compile(r"\w")


def split(text: str) -> list[tuple[int, int]]:
    """The sentences of a text as (start, end) spans: in order, without overlap, white space trimmed.

    A line end ends a sentence (headings and list items have no stop) unless the line goes on in lower case, or
    after a word that none ends with, as in hard-wrapped text. A stop alone on a line, as scraped pages have it,
    belongs to the line before.
    A stop is no end after a title, an initial or a list's number, nor before a lower-case letter.
    Lines without a letter or digit are no sentence.
    """
    words = _words()
    spans: list[tuple[int, int]] = []
    start = 0
    for found in _BREAK.finditer(text):
        position, after = found.span()
        if "\n" in found[0]:
            if position == start:  # after a stop
                start = after
                continue
            if _line_goes_on(text, position, after, words.unfinished):
                continue
            stop = found[0].find(".")
            end = position if stop < 0 else position + stop + 1
        else:
            if not _is_stop(text, start, position, after, words):
                continue
            end = after
        _append(spans, text, start, end)
        start = after
    _append(spans, text, start, len(text))
    return spans


def _append(spans: list[tuple[int, int]], text: str, start: int, end: int) -> None:
    if start < end and text[start].isspace():
        start += 1
        if start < end and text[start].isspace():
            space = _SPACE.match(text, start, end)
            start = space.end() if space else start
    while end > start and text[end - 1].isspace():
        end -= 1
    if end - start > 3 or _WORD_CHARACTER.search(text, start, end):
        spans.append((start, end))


def _line_goes_on(text: str, position: int, after: int, unfinished: frozenset[str]) -> bool:
    """One line end between a line without a stop and one that begins in lower case, or that it can't end without."""
    if not (position > 0 and after < len(text) and text.count("\n", position, after) == 1):
        return False
    if text[after].islower():
        return text[position - 1] not in '.!?:;”"…\n' or text[position - 2] == ","
    last = _WORD_BEFORE.search(text, max(0, position - 16), position)
    return text[position - 1] == "," or (last is not None and last[0] in unfinished)


def _is_stop(text: str, start: int, position: int, after: int, words: _Words) -> bool:
    """Whether the punctuation at position..after ends the sentence that began at start."""
    following = after
    while following < len(text) and text[following] in " \t\xa0\u2009\u202f":
        following += 1
    if following >= len(text) or text[following].isspace():
        return True
    if text[following].islower() or text[following] in ",;:":
        return False
    if after - position != 1 or text[position] != ".":
        return True
    ending = text[position - _ENDING : position]
    if position - start >= _ENDING and ending.isalpha() and ending not in words.endings:
        return True
    begin = max(start, position - 16)
    word = _WORD_BEFORE.search(text, begin, position)
    before = word[0] if word else ""
    if before in words.never:
        return False
    if before.isdigit():
        return len(before) > 2 or bool(text[start : position - len(before)].strip())
    if before in words.sometimes or _is_initial(before):
        return words.opener.match(text, following) is not None
    return True


def _is_initial(word: str) -> bool:
    """ "J", "J.R", "U.S": single capitals, each with its stop."""
    return word[-1:].isupper() and (len(word) == 1 or word[-2] == ".")


class _Words(NamedTuple):
    never: frozenset[str]
    sometimes: frozenset[str]
    endings: frozenset[str]
    opener: re.Pattern[str]
    unfinished: frozenset[str]


@cache
def _words() -> _Words:
    entries = lexicon.read("sentences")
    return _Words(
        never=frozenset(entries["never"]),
        sometimes=frozenset(entries["sometimes"]),
        endings=frozenset(word[-_ENDING:] for word in (*entries["never"], *entries["sometimes"])),
        opener=re.compile(rf"[\"'“‘(\[]*(?:{'|'.join(entries['openers'])})(?=[ ’'])"),
        unfinished=frozenset(entries["unfinished"]),
    )
