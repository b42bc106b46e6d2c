"""What the noun phrases of those who speak look like: the patterns and words of speakers.py, made of lexicon/attribution.toml."""

from __future__ import annotations

import re
from functools import cache
from typing import NamedTuple

from pipeline import lexicon
from pipeline.lexicon import any_of, plural

Nouns = dict[str, list[str]]


class Grammar(NamedTuple):
    """Patterns and sets of words.

    phrase: a whole subject, and following: a source behind its cue, each with a space before it. opening: the name that
    a sentence begins with. maker: what leads from a document to who made it. finite: what shows that a phrase is a clause.
    """

    phrase: re.Pattern[str]
    following: re.Pattern[str]
    after_name: re.Pattern[str]
    titled: re.Pattern[str]
    opening: re.Pattern[str]
    maker: re.Pattern[str]
    document_phrase: re.Pattern[str]
    finite: re.Pattern[str]
    nobody: frozenset[str]
    calendar: frozenset[str]
    documents: frozenset[str]
    speakers: frozenset[str]
    persons: frozenset[str]
    groups: frozenset[str]
    organisations: frozenset[str]
    titles: frozenset[str]
    organisation_names: frozenset[str]


@cache
def grammar() -> Grammar:
    """The patterns and sets, made once."""
    entries = lexicon.read("attribution")
    nouns: Nouns = entries["nouns"]
    words: Nouns = entries["grammar"]
    groups = [*nouns["groups"], *(plural(person) for person in nouns["persons"])]
    pieces = _pieces(words)
    return Grammar(
        phrase=_phrase(pieces),
        following=_following(pieces),
        after_name=_after_name(nouns, groups),
        titled=re.compile(
            rf"\b(?:(?:{any_of(nouns['titles'])}) |(?:{any_of(nouns['persons'])}) )(?:(?!(?:{pieces.openers}) ){pieces.name} ?){{1,4}}\Z"
        ),
        opening=_opening(pieces, nouns),
        maker=re.compile(rf" (?:{pieces.made} (?:(?:on|in|this|last) \w+ )?)?(?:by|from) (?:the |a |an )?"),
        document_phrase=re.compile(
            rf"(?:(?:[Tt]he|[Aa]n?|[Ii]ts|[Oo]ne|[Ss]ome) )?(?:[\w’'-]+ ){{0,4}}?(?:{any_of(nouns['documents'])})\b(?! (?:agency|office))"
        ),
        finite=re.compile(rf"(?<=\s)(?!(?:{any_of(words['no_verbs'])})\b)[a-z]+[a-z](?:ed|ing)\b(?!-)"),
        nobody=frozenset(words["nobody"]),
        calendar=frozenset(words["calendar"]),
        documents=frozenset(nouns["documents"]),
        speakers=frozenset([*nouns["persons"], *groups, *nouns["organisations"]]),
        persons=frozenset(nouns["persons"]),
        groups=frozenset(groups),
        organisations=frozenset(nouns["organisations"]),
        titles=frozenset(nouns["titles"]),
        organisation_names=frozenset(nouns["organisation_names"]),
    )


class _Pieces(NamedTuple):
    """Alternatives that the patterns share.

    name: a word of a name; word: that or a plain one; chain: a noun phrase, with the space before it.
    """

    name: str
    word: str
    chain: str
    made: str
    openers: str


def _pieces(words: Nouns) -> _Pieces:
    openers = any_of(words["openers"])
    made = f"(?:{any_of(words['made'])})"
    name = rf"(?:(?:[A-Z]\.){{1,4}}|(?:{any_of(words['dotted'])})\.|(?:[A-Z]|\d+[A-Za-z-])[\w&]*(?:[.’'-][\w&]+)*[’']?)"
    plain = rf"(?!(?:{any_of(words['no_phrase'])})\b|{made} (?:by|for)\b)[a-z][\w]*(?:[’'-][\w]+)*[’']?"
    word = rf"(?:&(?= [A-Z])|(?:(?<=of )|(?<=[Tt]he ))\d[\d,]*(?= [a-z])|(?!(?:{openers}) ){name}|{plain})"
    chain = rf"(?: (?:[Tt]he|[Aa]n?|[Ss]ome|[Ii]ts|[Hh]is|[Tt]heir|[Oo]ur))?(?: {word}){{1,9}}"
    return _Pieces(name, word, chain, made, openers)


def _phrase(pieces: _Pieces) -> re.Pattern[str]:
    """A subject, with a space before it: a run of words, perhaps two with "and", and what hangs on it."""
    words = rf"(?: {pieces.word})"
    link = "of|for|at|from|in|by|into|close to|familiar with|with(?= (?:knowledge|direct|access))|on|and"
    return re.compile(
        rf"(?: (?:[Tt]he|[Aa]n?|[Ss]ome|[Ii]ts|[Hh]is|[Tt]heir|[Mm]any|[Mm]ost))?"
        rf"(?P<run>{words}{{1,9}}(?: and{words}{{1,3}})?)"
        rf"(?: {pieces.made})?(?: (?:{link}){pieces.chain}){{0,4}}"
    )


def _following(pieces: _Pieces) -> re.Pattern[str]:
    """A source behind "according to" or "said", with a space before it.

    It goes on only where that is sure: "the Mail on Sunday".
    """
    bodies = ("Research", "Commission", "Committee", "Council", "Panel", "Office", "Mail")
    on_what = "|".join(f"(?<={body} )" for body in bodies)
    link = (
        r"of|for|at|from|by|(?<=close )to|(?<=familiar )with|and(?= (?:the )?[A-Z])"
        rf"|(?:{on_what})on|in(?= (?:the )?(?:charge|[A-Z]))"
    )
    return re.compile(
        rf" (?:him|her|them|he|she|it|they)\b|{pieces.chain}(?: (?:{link}){pieces.chain}){{0,5}}"
    )


def _after_name(nouns: Nouns, groups: list[str]) -> re.Pattern[str]:
    """A name and, as a group, the plain word behind it that no name goes on with."""
    speakers = any_of([*nouns["persons"], *groups, *nouns["organisations"]])
    return re.compile(
        r"[A-Z][\w.&’'-]*( (?!(?:of|for|at|and|the|de|van|der|von|bin|al|from|by|news|agency|newspaper|group|magazine|"
        r"daily|ministry|office|company|chief|figures|data|report|statistics|estimates|survey|poll|study|"
        rf"website|research|{speakers})\b)[a-z][\w-]*)"
    )


def _opening(pieces: _Pieces, nouns: Nouns) -> re.Pattern[str]:
    """The name at the head of a sentence, if what follows may be its verb."""
    head = any_of([*nouns["persons"], *nouns["organisations"]])
    return re.compile(
        rf"(?!(?:{pieces.openers})\b)(?P<name>(?:(?:[Tt]he|[Aa]n?) )?(?:{pieces.word} ){{0,5}}(?:{pieces.name}|{head}))"
        r"(?=,? (?:is|was|has|had|will|would|who|which|also|[a-z]+(?:ed|s)|made|took|told|met|left|won|became|began|came"
        r"|went|sold|bought|the|a)\b)"
    )
