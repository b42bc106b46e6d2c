"""How a quantity is meant: as a fact, a target, a forecast, a possibility, or as what is denied."""

from __future__ import annotations

import re
from bisect import bisect_left
from functools import cache
from typing import TYPE_CHECKING, NamedTuple

from pipeline import lexicon
from pipeline.extraction import cues
from pipeline.extraction.phrases import Phrases
from pipeline.lexicon import any_of

if TYPE_CHECKING:
    from collections.abc import Sequence

    from pipeline.extraction.tokens import Sentence
    from pipeline.types import Modality

# A clause is looked at this far on each side of the quantity, in characters.
_BEFORE = 200
_AFTER = 70

# Ends of a clause. A comma ends none by itself: "will, he said, cost 5 million".
_CLAUSE = re.compile(
    r"[;:()“”\"]"
    r"| (?:[–—-] |as (?=[A-Z])|(?:but|while|whereas|although|though|because|since|after|before|following|who|which|whose|despite)\b"
    r"|when (?:[A-Z]\w+|the \w+|he|she|it|they) [a-z]+ed\b"
    r"|and (?:(?:has|have|had|is|was|were|are|said|sold|now|it|they|he|she)\b|[A-Z]\w+ [a-z]+ed\b))"
    r"|, (?:and|so|as|with|when|where|or(?! (?:[\d£$€]|(?:an? |about |around |some |even |as many as |as much as |up to |more than )?\Z))|up|down|compared|from|having|including|otherwise)\b"
)
# A relative clause or an aside between commas, which says nothing of the clause around it.
_ASIDE = re.compile(
    r", (?:which|who|whose|where|if|though|albeit|perhaps|the|an?|once|now|then|formerly)\b[^,]{0,100},"
)
# "After it failed, 40 left": what precedes the comma is a clause of its own.
_INTRODUCTION = re.compile(
    r"(?:After|Although|While|Because|Since|When|As|Despite|Though|Before|Following)\b[^,]*, "
)
_AFTER_CLAUSE = re.compile(
    r"[;:,.()“”\"–—]| - |\b(?:but|while|and|who|which|that|after|because|when|as|how|why|whether|said|says?|think|thought|believed?|told|ago)\b"
)
# "the 40 jobs", "its £5m budget", "the town's 40 jobs": the amount is taken as given, whatever is said of it.
_GIVEN = re.compile(
    r"\b(?:(?!(?:it|that|there|here|what|he|she|who|let)[’'])[\w-]+[’']s?|[Tt]he|[Ii]ts|[Tt]heir|[Hh]is|[Hh]er|[Mm]y|[Oo]ur|[Yy]our|[Tt]hese|[Tt]hose) (?:(?:current|existing|original|entire|whole|same|latest|last|past|first|previous|final|remaining) )?\Z"
)
# The spaces from such a cue to its quantity: "asked for another 40".
_ADJACENT = 2
_CONTRACTED = re.compile(r"[’'](?:ll|d)\b")
_MEANINGS: tuple[Modality, ...] = ("target", "forecast", "hypothetical", "denied")
_SUPPOSED = re.compile(r"\b(?:if|unless|should (?:the|it|they|he|she|we))\b")


def cue_starts(sentence: Sentence) -> list[int]:
    """Where words begin that could be cues of modality, in characters of the text, in order."""
    found: list[int] = []
    if sentence.cues & cues.MODALITY:
        phrases, words, starts = _phrases(), sentence.lower, sentence.starts
        first_words = phrases.first_words
        found = [starts[i] for i, word in enumerate(words) if word in first_words and phrases.at(words, i)]
    if sentence.cues & cues.CONTRACTED:
        start, end = sentence.starts[0], sentence.ends[-1]
        found += [match.start() for match in _CONTRACTED.finditer(sentence.text, start, end)]
        found.sort()
    return found


def find_modality(
    text: str,
    sentence_start: int,
    sentence_end: int,
    quantity_start: int,
    quantity_end: int,
    starts: Sequence[int] | None = None,
    *,
    told_by: str | None = None,
) -> Modality:
    """The modality of the quantity at quantity_start..quantity_end: what the cues of its own clause say.

    The nearest cue before it in the clause decides; without one, what the clause goes on with ("40 jobs could
    go"). Denial and supposition of the clause win over what is nearer: "did not plan to hire 40" is denied.
    starts: where the cues of its sentence begin, if that is known (see `cue_starts`). told_by: the cue of whoever
    is reported, in words not their own, to say it: after "said", "would" tells of what they foresee.
    """
    left = max(sentence_start, quantity_start - _BEFORE)
    if starts is not None:
        first = bisect_left(starts, left)
        if first == len(starts) or starts[first] > quantity_end + _AFTER:
            return "asserted"
    if _GIVEN.search(text, max(left, quantity_start - 18), quantity_start) or text.startswith(
        " ago", quantity_end
    ):
        return "asserted"
    before = _clause_before(text, left, quantity_start)
    found = _from_before(
        before, foreseen=told_by is not None and _grammar().foreseen.match(told_by) is not None
    )
    right = text[quantity_end : min(sentence_end, quantity_end + _AFTER)]
    if found is None:
        found = _from_after(right)
    if found in ("forecast", "target") and (_SUPPOSED.search(before) or " if " in right):
        return "hypothetical"
    return found or "asserted"


def _clause_before(text: str, left: int, quantity_start: int) -> str:
    """The part of the quantity's clause that stands before it, without asides."""
    before = text[left:quantity_start]
    if ", " in before:
        before = _ASIDE.sub(" ", before)
    start = max((found.start() for found in _CLAUSE.finditer(before)), default=0)
    clause = before[start:].lstrip(' (“"')
    introduction = _INTRODUCTION.match(clause)
    if introduction:
        clause = clause[introduction.end() :]
    return f" {clause}" if clause.startswith("May ") else f" {clause[:1].lower()}{clause[1:]}"


def _from_before(before: str, *, foreseen: bool) -> Modality | None:
    grammar = _grammar()
    result: Modality | None = None
    for cue in grammar.before.finditer(before):
        word = cue[1] or grammar.contracted[cue[2]]
        if word in grammar.adjacent and before.count(" ", cue.end()) > _ADJACENT:
            continue
        meaning = grammar.meaning_before[word]
        if meaning == "denied":
            if not grammar.not_denied.match(before, cue.end()):
                return "denied"
        elif meaning == "hypothetical":
            backshifted = word == "would" and (foreseen or grammar.foreseen.search(before, 0, cue.start()))
            result = "forecast" if backshifted and not _SUPPOSED.search(before) else "hypothetical"
            if word in ("if", "unless", "whether"):
                return "hypothetical"
        elif result != "hypothetical":
            exception = grammar.noun if word in grammar.attributive else grammar.comparing
            followed = cue.end() + 1 < len(before) and not before.startswith(" of ", cue.end())
            apart = followed and exception.search(before, 0, cue.start())
            result = result if apart else meaning
    return result


def _from_after(after: str) -> Modality | None:
    found = _AFTER_CLAUSE.search(after)
    clause = after[: found.start()] if found else after
    cue = _grammar().after.search(clause)
    return _grammar().meaning_after[cue[1]] if cue else None


@cache
def _phrases() -> Phrases[None]:
    entries = lexicon.read("modality")
    cues = [
        cue for name in _MEANINGS for place in ("before", "after") for cue in entries[name].get(place, ())
    ]
    return Phrases((cue, None) for cue in cues)


class _Grammar(NamedTuple):
    before: re.Pattern[str]
    after: re.Pattern[str]
    meaning_before: dict[str, Modality]
    meaning_after: dict[str, Modality]
    contracted: dict[str, str]
    not_denied: re.Pattern[str]
    comparing: re.Pattern[str]
    noun: re.Pattern[str]
    attributive: frozenset[str]
    adjacent: frozenset[str]
    foreseen: re.Pattern[str]


@cache
def _grammar() -> _Grammar:
    entries = lexicon.read("modality")
    meaning_before: dict[str, Modality] = {cue: name for name in _MEANINGS for cue in entries[name]["before"]}
    meaning_after: dict[str, Modality] = {
        cue: name for name in _MEANINGS for cue in entries[name].get("after", ())
    }
    contracted: dict[str, str] = entries["contracted"]
    exceptions = entries["exceptions"]
    return _Grammar(
        before=re.compile(rf" (?:({any_of(meaning_before)})|\w{{1,9}}[’']({any_of(contracted)}))(?![\w-])"),
        after=re.compile(rf"(?<!the)(?<! a)(?<!its) ({any_of(meaning_after)})(?![\w-])"),
        meaning_before=meaning_before,
        meaning_after=meaning_after,
        contracted=contracted,
        not_denied=re.compile(rf" (?:{any_of(exceptions['not_denied'])})\b"),
        comparing=re.compile(rf"\b(?:{any_of(exceptions['comparing'])})\Z"),
        noun=re.compile(rf"\b(?:{any_of([*exceptions['noun'], *exceptions['comparing']])})\Z"),
        attributive=frozenset(exceptions["attributive"]),
        adjacent=frozenset(exceptions["adjacent"]),
        foreseen=re.compile(rf"\b(?:{any_of(exceptions['foreseen'])})\b"),
    )
