"""How far money has come, by the words around an amount: requested, pledged, approved or delivered."""

from __future__ import annotations

import re
from functools import cache
from typing import TYPE_CHECKING, NamedTuple

from pipeline import lexicon
from pipeline.lexicon import any_of

if TYPE_CHECKING:
    from pipeline.types import MoneyStage

_STAGES: tuple[MoneyStage, ...] = ("requested", "pledged", "approved", "delivered")
_PLACES = ("verbs", "to_give", "nouns", "participles")
# An amount is looked around this far, in characters.
_WINDOW = 90


def find_money_stage(text: str, sentence: tuple[int, int], amount: tuple[int, int]) -> MoneyStage | None:
    """The stage of the amount that begins, with its modifier, and ends at these characters; None if nothing tells it.

    What became of it ("has been delivered") comes before what was done with it ("pledged $5m").
    """
    grammar = _grammar()
    before = text[max(sentence[0], amount[0] - _WINDOW) : amount[0]]
    after = text[amount[1] : min(sentence[1], amount[1] + _WINDOW)]
    found = (
        grammar.passive.match(after)
        or grammar.verb.search(before)
        or grammar.noun.search(before)
        or grammar.participle.match(after)
    )
    return grammar.stages[found["cue"].lower()] if found else None


@cache
def _stages(place: str) -> dict[str, MoneyStage]:
    """The stages by the words that tell them at one of _PLACES."""
    words = lexicon.read("money_stages")
    return {cue: stage for stage in _STAGES for cue in words[stage].get(place, ())}


class _Grammar(NamedTuple):
    """Patterns before an amount (verb, noun) and behind it (participle, passive), each with the words as `cue`."""

    verb: re.Pattern[str]
    noun: re.Pattern[str]
    participle: re.Pattern[str]
    passive: re.Pattern[str]
    stages: dict[str, MoneyStage]


@cache
def _grammar() -> _Grammar:
    apart = lexicon.read("money_stages")["apart"]
    clauses = any_of(apart["clauses"])
    things = any_of([*apart["things"], *_stages("nouns")])
    word = r"[\w’'-]+"
    object_ = rf"(?: (?!(?:{clauses}|{things})\b){word}){{0,7}} ?\Z"
    to_give = rf" to (?:{any_of(lexicon.read('money_stages')['giving']['words'])})\b"
    done = "".join(rf"(?<!\b{word} )" for word in apart["not_yet"])
    participles = rf"(?P<cue>{any_of(_stages('participles'))})\b"
    subject = rf"(?: (?:it|he|she|they|we|the {word}|[A-Z]{word}(?: [A-Z]{word})?))"
    return _Grammar(
        verb=re.compile(
            rf"\b{done}(?P<cue>{any_of(_stages('verbs'))}|(?:{any_of(_stages('to_give'))})(?={to_give}))(?:{to_give})?{object_}"
        ),
        noun=re.compile(rf"\b(?P<cue>{any_of(_stages('nouns'))}) (?:of|for|worth)\b{object_}"),
        participle=re.compile(
            rf"(?: (?!(?:{clauses})\b){word}){{0,4}}(?: (?:that|which))?{subject}?(?: ha[sd]| have)?(?: already)? {participles}"
        ),
        passive=re.compile(
            rf"(?: of (?:that|which)| (?!(?:and|but|said|says|that|which|who|is|are|was|were|has|have|had)\b){word}){{0,8}},? (?:was|were|has|have|had)"
            rf"(?: (?:since|already|now|finally))?(?: been)? {participles}"
        ),
        stages={cue: stage for place in _PLACES for cue, stage in _stages(place).items()},
    )
