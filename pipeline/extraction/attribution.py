"""Who says it: the speaker or document that a sentence, or a part of it, is attributed to.

A cue ("said", "according to", "figures show") is found, its source read beside it, and from the form of the
sentence which part of it the source answers for: the clause after the cue, what stands before it, or both.
Quotations carry their speaker over sentences and paragraphs; pronouns take the last speaker who fits.
Where the form is in doubt there is no attribution: a wrong one is worse than none.
"""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass
from functools import cache
from itertools import islice
from typing import NamedTuple

from pipeline import lexicon
from pipeline.extraction.headlines import label
from pipeline.extraction.quotations import closing_of, end_of, opening_of
from pipeline.extraction.speakers import (
    PRONOUNS,
    agent_after,
    can_speak,
    fits,
    is_plural,
    is_speaker,
    opening_name,
    source_after,
    subject_before,
)
from pipeline.extraction.speech_forms import CONTRAST, HAVING, after_cue, before_subject, governed
from pipeline.lexicon import any_of

Sentences = Sequence[tuple[int, int]]

# How far a pronoun or a quotation looks for its speaker, in sentences.
_LOOK_BACK = 6
_LOOK_AHEAD = 8
# A sentence with more cues than this is no prose; its further ones are not read, so that the work stays linear.
_MOST_CUES = 48


@dataclass(frozen=True, slots=True)
class Attribution:
    """A source, the cue it stands with, and where: `text[start:end] == source`, without a leading article."""

    source: str
    cue: str
    start: int
    end: int


@dataclass(frozen=True, slots=True)
class Reported:
    """A part of a sentence, and who says it. None: someone does, and it isn't known who."""

    start: int
    end: int
    attribution: Attribution | None


def governing(parts: Iterable[Reported], position: int) -> Attribution | None:
    """The attribution of the innermost part that holds the position."""
    inner: Reported | None = None
    for part in parts:
        source = part.attribution
        if source and source.start <= position < source.end:
            continue
        if part.start <= position < part.end and (
            inner is None or part.end - part.start < inner.end - inner.start
        ):
            inner = part
    return inner.attribution if inner else None


def reported(text: str, sentences: Sentences, index: int, *, cued: bool = True) -> tuple[Reported, ...]:
    """The parts of sentence `index` that someone is said to have said; they may nest.

    cued: whether it has a cue of speech (see cues.py), without which it isn't searched itself.
    The work is bounded by the sentence and a few of its neighbours, whatever the length of the text.
    """
    start, end = sentences[index]
    own = _own_parts(text, sentences, index) if cued else ()
    if not own:
        own = _labelled(text, start, end)
    carried = _carried(text, sentences, index, own)
    return (*own, Reported(start, end, carried)) if carried else own


# --- the sentence itself


def _own_parts(text: str, sentences: Sentences, index: int, *, resolve: bool = True) -> tuple[Reported, ...]:
    start, end = sentences[index]
    parts: list[Reported] = []
    for cue in islice(_cues(text, start, end), _MOST_CUES):
        part = _preposition(text, start, end, cue) if cue["prep"] else _verb(text, start, end, cue)
        if part is None:
            continue
        attribution = part.attribution
        if attribution and attribution.source.lower() in PRONOUNS:
            if not resolve:
                continue
            speaker = _antecedent(text, sentences, index, attribution, parts)
            part = Reported(part.start, part.end, speaker)
        parts.append(part)
    return tuple(parts)


def _labelled(text: str, start: int, end: int) -> tuple[Reported, ...]:
    """What the label of a headline is said to have said."""
    found = label(text, start, end)
    return (Reported(*found.said, _attribution(text, found.name, ":")),) if found else ()


def _cues(text: str, start: int, end: int) -> Iterator[re.Match[str]]:
    """The cues of a sentence; the pattern begins with the character before a cue, which a text's first has not."""
    grammar = _grammar()
    if start == 0:
        first = grammar.first_cue.match(text, 0, end)
        if first:
            yield first
    yield from grammar.cue.finditer(text, max(0, start - 1), end)


def _preposition(text: str, start: int, end: int, cue: re.Match[str]) -> Reported | None:
    """ "according to X": X answers for the sentence, or for its part up to a contrast."""
    source = source_after(text, cue.end(), end)
    if source is None:
        return None
    words = text[source[0] : source[1]].lower()
    if _grammar().not_source.match(words) or not can_speak(text[source[0] : source[1]]):
        return None
    left = max((found.end() for found in CONTRAST.finditer(text, start, cue.start())), default=start)
    right = CONTRAST.search(text, source[1], end)
    return Reported(left, right.start() if right else end, _attribution(text, source, cue["prep"]))


def _verb(text: str, start: int, end: int, cue: re.Match[str]) -> Reported | None:
    """ "X said", "said X", "figures show": from where the words stand, the part that they govern."""
    verb, (verb_start, verb_end) = cue["verb"], cue.span("verb")
    kinds = _grammar().kinds[verb]
    if "quoted" in kinds:
        return _quoted(text, start, end, verb_start, verb_end)
    passive = _passive(text, start, end, verb, verb_start, verb_end)
    if passive:
        return passive
    if _is_no_cue(text, verb, verb_end, end):
        return _owned(text, start, end, verb_start, verb_end)
    inverted = _said_x(text, start, end, verb, verb_start, verb_end) if kinds & _INVERTIBLE else None
    if inverted:
        return inverted
    subject = subject_before(text, start, verb_start)
    if subject is None or not _agrees(verb, subject.kind, text[subject.start : subject.end]):
        return None
    tail, tail_start = after_cue(text, verb_end, end, hearer="told" in kinds)
    before = before_subject(text, start, subject.phrase_start)
    if before == "adverbial" and tail in ("end", "adverb") and "strict" in kinds:
        before = "clause"
    if not _says(text, verb_end, end, verb, subject.kind, tail, before):
        return None
    span = governed(text, start, end, subject.phrase_start, tail_start, tail, before)
    return Reported(*span, _attribution(text, (subject.start, subject.end), verb)) if span else None


def _is_no_cue(text: str, verb: str, verb_end: int, end: int) -> bool:
    """Whether what follows shows a passive, a noun, or another meaning: "reported by", "claims of", "claimed 40 lives"."""
    if _STORY.match(text, verb_end, end) or (verb in _CLAIMING and _WON.match(text, verb_end, end)):
        return True
    if verb in _CLAIMING and text.startswith(HAVING, verb_end):
        return False
    if verb == "expected" and text.startswith(" to ", verb_end):
        return True
    if _PASSIVE.match(text, verb_end, end):
        return True
    return verb in _grammar().also_nouns and _NOT_A_VERB.match(text, verb_end, end) is not None


def _owned(text: str, start: int, end: int, verb_start: int, verb_end: int) -> Reported | None:
    """ "X's estimate of 40": X, for the amount."""
    owner = _OWNER.search(text, max(start, verb_start - _OWNER_WINDOW), verb_start)
    if (
        owner is None
        or text[verb_start:verb_end] not in _grammar().owned
        or not text.startswith(" of ", verb_end)
    ):
        return None
    name = owner["name"]
    if not is_speaker(name) or name.lower() in PRONOUNS:
        return None
    stop = _CLAUSE_END.search(text, verb_end, end)
    return Reported(
        verb_end,
        stop.start() if stop else end,
        _attribution(text, owner.span("name"), text[verb_start:verb_end]),
    )


def _agrees(verb: str, kind: str, source: str) -> bool:
    """Whether a verb without an s has a subject in the plural; the data behind a document may be either."""
    if verb in _grammar().also_nouns and source.endswith(("'s", "’s")):
        return False
    return kind == "document" or verb not in _grammar().plural_forms or is_plural(source)


def _says(text: str, verb_end: int, end: int, verb: str, subject: str, tail: str, before: str) -> bool:
    """Whether such a subject says something with such a verb, in a sentence of this form."""
    kinds = _grammar().kinds[verb]
    if subject == "document":
        return bool(kinds - {"told"})
    by_anyone = verb in _grammar().by_anyone
    quoted = (
        tail in ("that", "quote")
        or before == "quote"
        or (tail in ("end", "adverb") and before == "clause")
        or (by_anyone and tail == "clause" and _BARE_CLAUSE.match(text, verb_end, end) is not None)
    )
    if subject == "anyone":
        return verb in _PLAIN_SAYING or (quoted and by_anyone)
    if kinds & {"speech", "told"}:
        return True
    if "valuing" in kinds:
        return _VALUED.match(text, verb_end, end) is not None
    if "strict" not in kinds:
        return False
    if quoted or (tail == "clause" and _PRONOUN_FOLLOWS.match(text, verb_end, end)):
        return True
    return subject == "pronoun" and _CLAUSE_FOLLOWS.match(text, verb_end, end) is not None


def _passive(text: str, start: int, end: int, verb: str, verb_start: int, verb_end: int) -> Reported | None:
    """ "put at 40 by X", "put by X at 40": X, for the amount; "said by X to have": X, for the clause."""
    grammar = _grammar()
    if verb in grammar.passive_at:
        valued = _AT_BY.match(text, verb_end, end)
        other = valued and _OTHER_VERB.search(text, *valued.span())
        agent = agent_after(text, valued.end(), end) if valued and not other else None
        if valued and agent:
            return Reported(verb_end, valued.end(), _attribution(text, agent, verb))
    elif verb not in grammar.passive_to:
        return None
    agent = agent_after(text, verb_end + 4, end) if text.startswith(" by ", verb_end) else None
    if agent is None:
        return None
    stop = _CLAUSE_END.search(text, agent[1], end)
    right = stop.start() if stop else end
    if verb in grammar.passive_at and text.startswith(" at ", agent[1]):
        return Reported(agent[1], right, _attribution(text, agent, verb))
    if verb not in grammar.passive_to or not _TO_HAVE.match(text, agent[1], end):
        return None
    left = max((found.end() for found in _CLAUSE_START.finditer(text, start, verb_start)), default=start)
    relative = _RELATIVE.search(text, left, verb_start)
    return Reported(verb_end if relative else left, right, _attribution(text, agent, verb))


def _said_x(text: str, start: int, end: int, verb: str, verb_start: int, verb_end: int) -> Reported | None:
    """ ", said X": what stands before the verb, and what follows X after another comma."""
    before = text[max(start, verb_start - 3) : verb_start].rstrip()
    if before[-1:] not in ",”\"’'–-" or not before:
        return None
    source = source_after(text, verb_end, end)
    if source is None:
        return None
    anyone = verb in _PLAIN_SAYING and text[verb_end : source[0]] in (" the ", " a ", " an ")
    if not anyone and not is_speaker(text[source[0] : source[1]]):
        return None
    if not _agrees(verb, "speaker", text[source[0] : source[1]]):
        return None
    if before[-1] in ",–—-" and not _AFTER_INVERTED.match(text, source[1], end):
        return None
    if text[start:verb_start].strip(" ,") == "":
        return None
    tail, _ = after_cue(text, source[1], end, hearer=False)
    goes_on = tail in ("comma", "quote", "that")
    return Reported(start, end if goes_on else verb_start, _attribution(text, source, verb))


def _quoted(text: str, start: int, end: int, cue_start: int, cue_end: int) -> Reported | None:
    """ "X was quoted (by Y) as saying", "Y quoted X as saying": X."""
    found = _QUOTED.search(text, max(start, cue_start - 120), cue_start)
    if found is None:
        return None
    if found["passive"]:
        subject = subject_before(text, start, found.start("passive"))
        if subject is None:
            return None
        source, phrase_start = (subject.start, subject.end), subject.phrase_start
    else:
        named = source_after(text, found.end("verb"), cue_start)
        citing = subject_before(text, start, found.start("verb"))
        if named is None or citing is None:
            return None
        source, phrase_start = named, citing.phrase_start
    tail, tail_start = after_cue(text, cue_end, end, hearer=False)
    span = governed(
        text, start, end, phrase_start, tail_start, tail, before_subject(text, start, phrase_start)
    )
    return Reported(*span, _attribution(text, source, "quoted")) if span else None


def _attribution(text: str, source: tuple[int, int], cue: str) -> Attribution:
    return Attribution(text[source[0] : source[1]], cue.strip(), *source)


# --- pronouns and quotations


def _antecedent(
    text: str, sentences: Sentences, index: int, pronoun: Attribution, parts: Sequence[Reported]
) -> Attribution | None:
    """The last speaker that a pronoun can stand for, in this sentence or a few before it."""
    word = pronoun.source.lower()
    for part in reversed(parts):
        if part.attribution and fits(part.attribution.source, word):
            return Attribution(
                part.attribution.source, pronoun.cue, part.attribution.start, part.attribution.end
            )
    for earlier in range(index, max(-1, index - _LOOK_BACK), -1):
        if earlier < index:
            named = _own_parts(text, sentences, earlier, resolve=False)
            for part in reversed(named):
                if part.attribution and fits(part.attribution.source, word):
                    found = part.attribution
                    return Attribution(found.source, pronoun.cue, found.start, found.end)
        opening = opening_name(text, sentences[earlier], pronoun.start)
        if opening and fits(text[opening[0] : opening[1]], word):
            return _attribution(text, opening, pronoun.cue)
    return None


def _carried(text: str, sentences: Sentences, index: int, own: Sequence[Reported]) -> Attribution | None:
    """Who says a sentence that stands in quotation marks without a cue of its own."""
    start, end = sentences[index]
    opened = opening_of(text, start)
    if opened is None or any(part.start <= start < part.end for part in own):
        return None
    closed = closing_of(text, opened)
    if closed is not None and start < closed < end - 2 and own:
        return None
    ended = end_of(text, opened) if closed is None else closed
    if ended is None and opened < start:
        return None
    found = _speaker_after(text, sentences, index, opened, ended) if ended is not None else None
    return found or _speaker_before(text, sentences, index, opened)


def _speaker_after(
    text: str, sentences: Sentences, index: int, opened: int, closed: int
) -> Attribution | None:
    """Who a quotation is attributed to behind its closing mark; a pronoun there stands for no one in the quotation."""
    for later in range(index, min(len(sentences), index + _LOOK_AHEAD + 1)):
        start = sentences[later][0]
        if start > closed:
            break
        for part in _own_parts(text, sentences, later):
            named = part.attribution
            if named and part.start < closed and named.start > closed:
                return named
            if named and part.start <= max(start, opened) and named.start < opened and closed <= part.end:
                return named
    return None


def _speaker_before(text: str, sentences: Sentences, index: int, opened: int) -> Attribution | None:
    """Who was speaking before a quotation opened: in its own sentence, the one before, or the paragraph before."""
    first = index
    while first > 0 and sentences[first][0] > opened and index - first < _LOOK_AHEAD:
        first -= 1
    if sentences[first][0] < opened:
        return _last_attribution(text, sentences, first, before=opened)
    previous = first - 1
    for _ in range(_LOOK_BACK):
        if previous < 0:
            return None
        start, end = sentences[previous]
        speech = _QUOTE.search(text, start, end) is not None or opening_of(text, start) is not None
        found = _last_attribution(text, sentences, previous, before=end)
        if found and (speech or text[end - 1] == ":"):
            return found
        if found or not speech:
            return None
        previous -= 1
    return None


def _last_attribution(text: str, sentences: Sentences, index: int, *, before: int) -> Attribution | None:
    for part in reversed(_own_parts(text, sentences, index)):
        if part.attribution and part.attribution.start < before:
            return part.attribution
    return None


# --- the words

# Kinds of verbs that may stand before their subject.
_INVERTIBLE = frozenset(("speech", "strict"))
# Verbs by which a noun that the lexicon doesn't know is seen to speak: "the goalkeeper said".
_PLAIN_SAYING = frozenset(("said", "says", "told"))
_CLAUSE_FOLLOWS = re.compile(r" (?:it|he|she|they|there|the|its|his|her|their|this) ")
_PRONOUN_FOLLOWS = re.compile(r" (?:it|he|she|they|there) ")
# "warned profits would fall": what follows has a subject and a verb of its own.
_BARE_CLAUSE = re.compile(
    r" (?:(?!(?:that|who|whom|which|whose|what|how|to|of|by|for|from|in|on|at|with|after|before|when|where|while|because|as|if|and|or|than)\b)"
    r"[\w’'-]+ ){1,4}(?:would|will|could|might|may|should|had|has|have|was|were|is|are) (?!to\b|no\b)"
)
_CLAIMING = frozenset(("claimed", "claims", "claim"))
_WON = re.compile(
    r" [^,.;:“”\"]{0,40}\b(?:lives|life|victims|titles?|wickets?|medals?|gold|silver|bronze|prize|victory|win|"
    r"responsibility|credit|benefits?|asylum|compensation|expenses)\b"
)
_STORY = re.compile(
    r" (?:the |a |his |her |its |their |of )?(?:story|stories|tale|truth|difference|fortunes|goodbye|yes|no)\b"
)
_NOT_A_VERB = re.compile(
    r" (?:of|for|are|were|is|was|be|been|suggest|suggests|suggested|show|shows|showed|put|by|from|to|on|against|have|has|had|"
    r"between|about|and|or|with|into|over|will|would|could|may|might|can|do|did|figures|office|handlers?|rose|fell)\b|[-’']"
)
# "the Harbour Board's own estimate", with so many characters before it
_OWNER_WINDOW = 80
_OWNER = re.compile(
    r"(?:(?<=[Tt]he )|(?<=[Tt]heir )|(?<=[Ii]ts )|(?<![\w’'-])(?=[A-Z])(?!(?:The|In|But|And|By|On|At|For|From|With|Despite|Under|Its|Their) ))"
    r"(?P<name>(?:[a-z][\w-]* ){0,2}[a-z][\w-]*|(?:[a-z][\w-]* ){0,2}[A-Z][\w&.-]*(?: (?:(?:of|for|and|the) )?[A-Z][\w&.-]*){0,4})"
    r"(?:[’']s|(?<=s)[’']) (?:[a-z][\w-]* ){0,2}\Z"
)
_PASSIVE = re.compile(r" (?:by|to be|to have)\b")
# "at 2.5 million crowns by"
_AT_BY = re.compile(r" at (?:[^.,:;“”\"]|[.,](?=\d)){1,60}? by (?=\D)")
_TO_HAVE = re.compile(r" to (?:have|be|cost|reach|exceed|top|number|total|rise|fall|grow|shrink)\b")
_CLAUSE_START = re.compile(r"[,:;–—-] |[“”\"] ?|\b(?:and|but|while|as|after|because) ")
_RELATIVE = re.compile(r"\b(?:that|which|who|where|when)\b")
# "at 40 crowns and owned by": the agent is that of another verb.
_OTHER_VERB = re.compile(
    r"\b(?:is|was|are|were|has|had|have|[a-z]+(?<!hundr)ed|held|run|made|built|led|sold|bought|won|taken|given)\b"
)
_CLAUSE_END = re.compile(r"[,:;.](?=\s|\Z)|[“”\"]| [–—-] | (?:and|but|while|which|who|after|because)\b")
_VALUED = re.compile(r" (?!up|down|out|off|on|in|forward|together)[^,.;:]{3,70}? at ")
_AFTER_INVERTED = re.compile(
    r"[.,;:!?–—”\"]| [–—-] | (?:in|on|at|after|before|as|during|ahead|following|when|while|last|this|yesterday|today|earlier|later|of|from|to|"
    r"by|via|outside|who|whose|about|through|with|adding|speaking|and|late|early)\b|\Z"
)
_QUOTED = re.compile(
    r"(?P<passive>(?:was|were|is|are|been) )?(?P<verb>quoted|cited)(?: [^,.;:“”\"]{1,90})? \Z"
)
_QUOTE = re.compile(r"[“”\"]")


class _Grammar(NamedTuple):
    """The cues of the lexicon: their pattern, the kinds of each verb, the verbs that need a closer look."""

    cue: re.Pattern[str]
    first_cue: re.Pattern[str]
    not_source: re.Pattern[str]
    kinds: dict[str, frozenset[str]]
    by_anyone: frozenset[str]
    also_nouns: frozenset[str]
    owned: frozenset[str]
    plural_forms: frozenset[str]
    passive_at: frozenset[str]
    passive_to: frozenset[str]


@cache
def _grammar() -> _Grammar:
    entries = lexicon.read("attribution")
    verbs: dict[str, list[str]] = entries["verbs"]
    every = {word for words in verbs.values() for word in words}
    prepositions: list[str] = entries["prepositions"]["cues"]
    cues = any_of([*prepositions, *(cue.capitalize() for cue in prepositions)])
    return _Grammar(
        cue=re.compile(rf"[\s“”\"’(](?:(?P<prep>{cues}) |(?P<verb>{any_of(every)})(?![\w-]))"),
        first_cue=re.compile(rf"(?P<prep>{cues}) "),
        not_source=re.compile(
            rf"(?:the |their |his |its |a )?(?:{any_of(entries['prepositions']['not_sources'])})\b"
        ),
        kinds={word: frozenset(kind for kind, words in verbs.items() if word in words) for word in every},
        by_anyone=frozenset(entries["by_anyone"]["verbs"]),
        also_nouns=frozenset(entries["also_nouns"]["verbs"]),
        owned=frozenset(entries["also_nouns"]["owned"]),
        plural_forms=frozenset(
            word for word in every if word + "s" in every and word not in ("forecast", "put")
        ),
        passive_at=frozenset(entries["passives"]["at"]),
        passive_to=frozenset(entries["passives"]["to"]),
    )
