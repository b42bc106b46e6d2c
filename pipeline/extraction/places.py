"""Where it holds: the place that the sentence gives for a quantity, from a preposition and a name."""

from __future__ import annotations

import re
from functools import cache
from typing import NamedTuple

from pipeline import lexicon
from pipeline.extraction.proximity import Bounds
from pipeline.lexicon import any_of

# A place that begins within so many characters opens its sentence and holds for all of it.
_OPENING = 12
_CONTRAST = re.compile(r";| (?:but|while|whereas)\b")


def spans(text: str, start: int, end: int) -> list[tuple[int, int]]:
    """The places that a sentence names after a preposition, as (start, end) without the preposition."""
    grammar = _grammar()
    result: list[tuple[int, int]] = []
    for found in grammar.place.finditer(text, start, end):
        name = found["name"]
        if not _is_place(text, start, found, name, grammar):
            continue
        result.append(found.span("phrase"))
    return result


def _opens(text: str, sentence_start: int, start: int, between: str) -> bool:
    """Whether a place stands at the head of its sentence, without a contrast behind it."""
    return start - sentence_start < _OPENING and not _CONTRAST.search(between)


BOUNDS = Bounds(_opens)


def _is_place(text: str, sentence_start: int, found: re.Match[str], name: str, grammar: _Grammar) -> bool:
    """Whether what follows the preposition is a place: known as one, or described as one, or else plainly used so."""
    bare = name.removesuffix("’s").removesuffix("'s")
    known = bare in grammar.known
    if not known and (bare in grammar.refused or bare.split()[0] in grammar.refused):
        return False
    if found["feature"] or found["of"]:
        return True
    if " " in bare and bare.rsplit(" ", 1)[1] in grammar.features and name == bare:
        return True
    if name != bare and not found["inner"]:
        return False
    if found["inner"]:
        return bare in grammar.known
    if grammar.continues.match(text, found.end()):
        return False
    if grammar.saying.search(text, max(sentence_start, found.start() - 60), found.start()):
        return False
    if grammar.holding.search(text, max(sentence_start, found.start() - 24), found.start()):
        return known and found["preposition"].lower() != "in"
    if known:
        return not bare.isupper() or grammar.ends.match(text, found.end()) is not None
    if found["direction"] or found["preposition"].lower() in ("across", "throughout"):
        return not grammar.organisation.search(bare)
    return False


class _Grammar(NamedTuple):
    place: re.Pattern[str]
    known: frozenset[str]
    refused: frozenset[str]
    features: frozenset[str]
    continues: re.Pattern[str]
    ends: re.Pattern[str]
    holding: re.Pattern[str]
    saying: re.Pattern[str]
    organisation: re.Pattern[str]


@cache
def _grammar() -> _Grammar:
    words = lexicon.read("places")
    known = frozenset([*words["countries"], *words["regions"], *words["cities"]])
    direction = rf"(?:{any_of(words['directions'])})"
    feature = rf"(?:{any_of(words['features'])})"
    capital = rf"(?!(?:{_CALENDAR})\b)[A-Z][\w]*(?:[-’'][A-Z][\w]*)*"
    name = (
        rf"(?:{any_of(name for name in known if ' ' in name or '.' in name)}|"
        rf"{capital}(?: (?:(?:de|del|la|le|el|al|of|upon|on)[ -])?{capital}){{0,3}})"
    )
    return _Grammar(
        place=re.compile(
            r"(?P<preposition>[AINOTWainotw](?<![\w-].)(?:(?<=[Ii])n(?:side)?|(?<=[Aa])(?:cross|round)|(?<=[Tt])hroughout"
            r"|(?<=[Nn])ear|(?<=[Oo])(?:utside|ver|ff)|(?<=[Ww])ithin)) (?:the )?"
            rf"(?P<phrase>(?:(?P<direction>{direction}(?: and {direction})?) )?"
            rf"(?:(?!state of the )(?P<of>(?:[a-z]+ )?{feature} of) (?:the )?)?"
            rf"(?P<name>{name}(?:[’']s)?)"
            rf"(?P<inner>(?<=s) (?:{direction} )?(?:{direction}\b(?! [a-zA-Z])|{capital}(?: {capital})? {feature}\b|{capital}\b(?= and|[,.;)])))?"
            rf"(?P<feature> (?:and [A-Z]\w+ )?{feature}\b)?)(?!-)"
        ),
        known=known,
        refused=frozenset(words["not_places"]),
        features=frozenset(words["features"]),
        continues=re.compile(
            r"[’']s? |[’']s?$| (?:and Co|plc|Inc|Ltd|Corp|Bank|newspaper|magazine|shares|stock|jersey|shirt|colours|government|team|"
            r"squad|side|coach|captain|international|internationals|office|offices|bureau|charts?|market|economy|plant)\b"
        ),
        ends=re.compile(
            rf"[^\w ’'-]|\Z| (?:[\d(–-]|[A-Z]\w+ing|[a-z]+(?:ed|ing)\b|(?:{'|'.join(words['after'])})\b)"
        ),
        holding=re.compile(rf"\b(?i:{any_of(words['holding'])}) (?:\w+ )?\Z"),
        saying=re.compile(rf"\b(?:{any_of(words['saying'])})(?: (?!that\b)[\w’'-]+){{0,3}} \Z"),
        organisation=re.compile(rf"\b(?:{any_of(words['not_place_words'])})\b"),
    )


_CALENDAR = (
    "Monday|Tuesday|Wednesday|Thursday|Friday|Saturday|Sunday|January|February|March|April|May|June|July|August|"
    "September|October|November|December"
)
