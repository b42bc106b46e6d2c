"""Who can speak: the noun phrases beside a cue, read as a source.

Without a tagger, a phrase is a run of words none of which the lexicon bars from noun phrases; it can speak if its
head is a name or a noun that the lexicon knows as a person, a group, an organisation or a document.
"""

from __future__ import annotations

import re
from dataclasses import dataclass
from typing import Literal

from pipeline.extraction.speaker_grammar import grammar

Span = tuple[int, int]
Speaker = Literal["speaker", "document", "pronoun", "relative", "anyone"]

PRONOUNS = frozenset(("he", "she", "it", "they"))

# A subject's beginning is looked for so many characters before its verb.
_WINDOW = 160


@dataclass(frozen=True, slots=True)
class Subject:
    """The subject of a cue: its source at start..end, where its whole phrase begins, and what it is."""

    start: int
    end: int
    phrase_start: int
    kind: Speaker


def subject_before(text: str, start: int, verb_start: int) -> Subject | None:
    """The noun phrase that ends at a verb, if it can speak; the sentence begins at `start`."""
    left = max(start, verb_start - _WINDOW)
    position = _skip_auxiliaries(text, left, verb_start)
    bracket = _BRACKET.search(text, max(left, position - 30), position)
    if bracket:
        position = verb_start = bracket.start()
    aside = _aside_before(text, left, position)
    if aside is not None:
        position = verb_start = aside
    boundary = _last_boundary(text, left, verb_start)
    if left > start and boundary == left:
        return None
    if boundary < position:
        found = _noun_phrase(text, boundary, position)
        if found is None:
            return None
        phrase_start, phrase_end, what = found
        if what == "relative":
            return _relative_subject(text, start, boundary)
        if text[boundary - 2 : boundary] == ", " and phrase_start == boundary and text[boundary].islower():
            named = _person_before(text, left, boundary)
            if named:
                return named
        source = _source_in(text, phrase_start, phrase_end, what)
        return Subject(*source, phrase_start, what) if source else None
    return _appositive_subject(text, left, boundary)


def _aside_before(text: str, left: int, position: int) -> int | None:
    """Where the aside begins that a dash closes before `position`: "the mayor – a teacher – said"; None if none does."""
    closing = text[max(left, position - 2) : position]
    if closing not in _DASHES:
        return None
    opening = text.rfind(f"{closing} ", left, position - 2)
    return None if opening < 0 or _NO_ASIDE.search(text, opening, position) else opening


def _last_boundary(text: str, left: int, end: int) -> int:
    """Where the piece of a sentence that ends at `end` begins: after a comma, a dash, a quotation mark, "that"."""
    return max((found.end() for found in _BOUNDARY.finditer(text, left, end)), default=left)


def _skip_auxiliaries(text: str, left: int, verb_start: int) -> int:
    """Where the subject ends: before "has", "also", "on Tuesday" and the like."""
    position = verb_start
    for _ in range(4):
        found = _AUXILIARY.search(text, max(left, position - 24), position)
        if found is None:
            break
        position = found.start()
    while position > left and text[position - 1] == " ":
        position -= 1
    return position


def _noun_phrase(text: str, start: int, end: int) -> tuple[int, int, Speaker] | None:
    """The longest noun phrase that ends at `end` and can speak, cut at conjunctions only."""
    when = _WHEN_FIRST.match(text, start, end)
    start = when.end() if when else start
    cuts = [start, *(found.end() for found in _WEAK.finditer(text, start, end))]
    for cut in cuts[:6]:
        while cut < end and text[cut].isspace():
            cut += 1
        what = _speaker_kind(text[cut:end])
        if what:
            return cut, end, what
    titled = grammar().titled.search(text, start, end)
    return (titled.start(), end, "speaker") if titled else None


def _speaker_kind(phrase: str) -> Speaker | None:
    """What a phrase is; "anyone": a noun that the lexicon doesn't know. None if it can't speak."""
    known = grammar()
    lower = phrase.lower()
    if lower in _ARTICLES:
        return None
    if lower in PRONOUNS:
        return "pronoun"
    if lower in ("who", "which"):
        return "relative"
    if lower in known.nobody:
        return None
    some = _SOME_OF.match(phrase)
    match = known.phrase.fullmatch(f" {phrase[some.end() :] if some else phrase}")
    if match is None or known.finite.search(phrase):
        return None
    run = match["run"].lstrip()
    last = run.rsplit(" ", 1)[-1]
    if phrase.rsplit(" ", 1)[-1] in _ARTICLES:
        return None
    stem = last.lower().removesuffix("’s").removesuffix("'s")
    if stem in known.documents:
        return "document"
    if " and " in phrase and _speaker_kind(phrase.split(" and ", 1)[0]) is None:
        return None
    if last[:1].isupper() and stem not in known.calendar and (" " in run or stem not in known.nobody):
        return "speaker"
    if stem in known.speakers or ("-" in stem and not known.persons.isdisjoint(stem.split("-"))):
        return "speaker"
    return "anyone" if _SOMEONE.match(phrase) and " " not in run and run == phrase.split(" ", 1)[-1] else None


def _relative_subject(text: str, start: int, boundary: int) -> Subject | None:
    """ "X, who said": X."""
    position = boundary
    while position > start and text[position - 1] in ", ":
        position -= 1
    left = _last_boundary(text, max(start, position - 100), position)
    found = _noun_phrase(text, left, position)
    if found is None or found[2] != "speaker":
        return None
    return Subject(found[0], position, boundary, "speaker")


def _person_before(text: str, left: int, boundary: int) -> Subject | None:
    """ "Ada Lund, president of Y said": Ada Lund, if a bare role follows the comma."""
    if _ARTICLE.match(text, boundary):
        return None
    end = boundary - 2
    start = _last_boundary(text, left, end)
    found = _noun_phrase(text, start, end)
    if found is None or not _FULL_NAME.fullmatch(text, found[0], end):
        return None
    role = _LINK.split(text[boundary : boundary + 60], maxsplit=1)[0].split()
    return Subject(found[0], end, found[0], "speaker") if role and role[-1] in grammar().persons else None


def _appositive_subject(text: str, left: int, boundary: int) -> Subject | None:
    """ "X, the head of Y, said": X. The pieces between commas are walked to the left until one is a name."""
    position = boundary
    best: Subject | None = None
    named: Subject | None = None
    for step in range(4):
        while position > left and text[position - 1] in ", ":
            position -= 1
        piece = _last_boundary(text, left, position)
        if piece >= position:
            break
        found = _noun_phrase(text, piece, position)
        if found and step == 0 and _PERSON_NAME.fullmatch(text, found[0], found[1]):
            named = Subject(found[0], found[1], found[0], "speaker")
        if found and step == 1 and named and _names_a_role(text[found[0] : found[1]]):
            return named
        if found and step > 0 and found[2] in ("speaker", "document"):
            source = _source_in(text, *found)
            if source:
                best = Subject(*source, found[0], found[2])
                if text[source[0]].isupper():
                    return best
        if piece == left or text[piece - 2 : piece] != ", ":
            break
        position = piece
    return best


def _names_a_role(phrase: str) -> bool:
    """Whether a phrase says what someone is, not what they are called: "the lead researcher"."""
    persons = grammar().persons
    words = phrase.lower().split()
    return any(word in persons for word in words) and (
        words[0] in _ARTICLES or words[0] in _OWNERS or words[-1] in persons
    )


def _source_in(text: str, start: int, end: int, what: Speaker) -> Span | None:
    """The source within a subject: of a document the one it comes from, else the phrase without its article."""
    if what == "document":
        maker = grammar().maker.search(text, start, end)
        if maker:
            start = maker.end()
            when = _WHEN.search(text, start, end)
            end = when.start() if when else end
        else:
            made = _PARTICIPLE.search(text, start, end)
            end = made.start() if made else end
    article = _ARTICLE.match(text, start, end)
    start = article.end() if article else start
    return (start, end) if start < end else None


def source_after(text: str, position: int, end: int) -> Span | None:
    """The source that follows "according to" or "said": a noun phrase, cut where it can't go on."""
    while position < end and text[position] == " ":
        position += 1
    found = grammar().following.match(text, position - 1, end)
    if found is None:
        return None
    start, stop = position, found.end()
    if text[start:stop].lower() in PRONOUNS:
        return start, stop
    if grammar().document_phrase.match(text, start, stop):
        maker = grammar().maker.search(text, start, stop) or grammar().maker.match(text, stop, end)
        again = grammar().following.match(text, maker.end() - 1, end) if maker else None
        if maker and again:
            start, stop = maker.end(), again.end()
    named = None if _NAME_INSIDE.search(text, start, stop) else _NAME_FOLLOWS.match(text, stop, end)
    if named:
        return named.span("name")
    article = _ARTICLE.match(text, start, stop)
    start = article.end() if article else start
    stop = _cut_name(text, start, stop)
    while stop > start and text[stop - 1] in " -–":
        stop -= 1
    return (start, stop) if start < stop else None


def agent_after(text: str, position: int, end: int) -> Span | None:
    """The agent of a passive, after its "by": who did it, if they can speak; "by June" and "by a third" tell none."""
    found = source_after(text, position, end)
    if found is None:
        return None
    when = _WHEN.search(text, *found)
    start, stop = found[0], when.start() if when else found[1]
    return (start, stop) if _speaker_kind(text[start:stop]) in ("speaker", "document") else None


def _cut_name(text: str, start: int, stop: int) -> int:
    """A name ends where a plain word follows it that no name goes on with: "Acme Partners valued"."""
    known = grammar()
    found = known.after_name.search(text, start, stop)
    if found is None or _NAME_INSIDE.search(text, found.end(), stop):
        return stop
    head = _LINK.split(text[found.start(1) : stop], maxsplit=1)[0].rsplit(" ", 1)[-1]
    return stop if head in known.speakers or head in known.documents else found.start(1)


def can_speak(phrase: str) -> bool:
    """Whether a phrase is a name, a pronoun, or has a head that can speak: "the agreement" can't."""
    if _NAME_INSIDE.search(phrase) or phrase.lower() in PRONOUNS:
        return True
    known = grammar()
    head = _LINK.split(phrase, maxsplit=1)[0].rsplit(" ", 1)[-1].removesuffix("’s").removesuffix("'s")
    return head in known.speakers or head in known.documents or head in ("people", "person", "party")


def is_speaker(phrase: str) -> bool:
    """Whether a phrase after "said" is who said it: a name, a pronoun or a noun that the lexicon knows."""
    if phrase.lower() in PRONOUNS:
        return True
    if _NAME_INSIDE.search(phrase):
        return phrase.lower() not in grammar().calendar
    return _speaker_kind(phrase) in ("speaker", "document")


def is_plural(source: str) -> bool:
    """Whether a source takes a verb without an s: "analysts say"."""
    last = _LINK.split(source, maxsplit=1)[0].rsplit(" ", 1)[-1]
    head = last.lower()
    return (
        head in grammar().groups
        or head == "they"
        or (head[-1] == "s" and head[-2:-1] not in ("'", "’") and not last.isupper())
        or " and " in source
    )


def opening_name(text: str, sentence: Span, limit: int) -> Span | None:
    """The name that a sentence begins with: its subject, most likely, if a verb follows, and no one else's word."""
    found = grammar().opening.match(text, sentence[0], min(sentence[1], limit))
    if found is None or text[sentence[1] - 1] not in '.”"' or found["name"].lower() in grammar().nobody:
        return None
    start, end = found.span("name")
    article = _ARTICLE.match(text, start, end)
    return (article.end() if article else start), end


def fits(source: str, pronoun: str) -> bool:
    """Whether a named source can be meant by he, she, it or they."""
    known = grammar()
    named = _WHERE_FROM.split(source, maxsplit=1)[0]
    words = named.replace("’s", "").replace("'s", "").split()
    head = words[-1].lower()
    plural = head in known.groups
    lowered = {word.lower() for word in words}
    organisation = (
        head in known.organisations
        or any(word in known.organisation_names for word in words)
        or (len(words) == 1 and words[0].isupper())
    )
    person = not plural and (
        words[0] in known.titles
        or bool(lowered & known.persons)
        or (not organisation and 2 <= len(words) <= 3 and all(word[0].isupper() for word in words))
    )
    if pronoun in ("he", "she"):
        return person
    if pronoun == "they":
        return plural
    return not person and not plural and not (head in known.documents and head.endswith("s"))


# --- the words

_ARTICLES = frozenset(("the", "a", "an"))
_OWNERS = frozenset(("his", "her", "its", "their"))
_ARTICLE = re.compile(r"(?:[Tt]he|[Aa]n?|[Ii]ts|[Hh]is|[Hh]er|[Tt]heir) ")
_LINK = re.compile(r" (?:of|for|at|from|in|by|on|close to|familiar with) ")
# "one of the engineers"
_SOME_OF = re.compile(
    r"(?:[Oo]ne|[Tt]wo|[Ss]ome|[Ss]everal|[Mm]any|[Mm]ost) of (?=(?:the|its|his|her|their) )"
)
# "Ada Lund at Reedmarket"
_WHERE_FROM = re.compile(r" (?:at|from|in) ")
_SOMEONE = re.compile(r"(?:[Tt]he|[Aa]n?) ")
# "the Acme Institute (AI) said"
_BRACKET = re.compile(r" \([^()]{1,24}\) ?\Z")
_WHEN_FIRST = re.compile(
    r"(?:On (?:Mon|Tues|Wednes|Thurs|Fri|Satur|Sun)day|Last (?:week|month|year|night)|Earlier(?: this (?:week|month|year))?|"
    r"In [12]\d{3}|Yesterday|Today|Meanwhile|However|Now|Later|Then) "
)
_DASHES = (" –", " —", " -")
_NO_ASIDE = re.compile(r"[;:“”\"\n]")
_BOUNDARY = re.compile(r", | [–—-] |[;:(“”\"] ?|[.!?]’ |\bthat (?=[A-Zthaios])|^[-–•] ?")
_WEAK = re.compile(
    r"\b(?:said|says|told|and|but|while|as|because|after|before|when|if|although|though|since|until|so|or|than|where|whereas|what|"
    r"And|But|While|As|Because|After|When|If|Although|So|Yet|Meanwhile|However|Then|Now)\b"
)
_AUXILIARY = re.compile(
    r" (?:has|have|had|also|later|further|repeatedly|recently|today|yesterday|earlier|now|then|previously|since|"
    r"already|often|always|still|only|first|again|both|all|did|does|do|however|(?:on )?(?:Mon|Tues|Wednes|Thurs|Fri|Satur|Sun)day|"
    r"[a-z]{3,12}ly|last (?:week|month|year|night)|this (?:week|month|year)|"
    r"either) ?\Z"
)
_WHEN = re.compile(
    r" (?:on (?:Mon|Tues|Wednes|Thurs|Fri|Satur|Sun)day|(?:last|this) (?:week|month|year)|yesterday|today|in (?:January|"
    r"February|March|April|May|June|July|August|September|October|November|December|[12]\d{3}))\b"
)
_PARTICIPLE = re.compile(
    r" (?:published|released|issued|seen|obtained|compiled|conducted|commissioned|carried|collected|due|out|on|into|of \d)\b"
)
_NAME_INSIDE = re.compile(r"\b[A-Z]")
_PERSON_NAME = re.compile(r"(?:[A-Z][a-z]{0,3}\. )?[A-Z][\w’'-]+(?: [A-Z][\w’'.-]*){0,2}")
_FULL_NAME = re.compile(r"[A-Z][\w’'-]+(?: [A-Z][\w’'.-]*){1,2}")
# "according to the regulator, Ofwater, ..."
_NAME_FOLLOWS = re.compile(r", (?:the )?(?P<name>[A-Z][\w’'-]+(?: [A-Z][\w’'-]*){0,4})(?=,)")
