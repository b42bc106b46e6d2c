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

from pipeline import lexicon
from pipeline.lexicon import any_of, plural

Sentences = Sequence[tuple[int, int]]

# How far a pronoun or a quotation looks for its speaker, in sentences, and a subject for its beginning, in characters.
_LOOK_BACK = 6
_LOOK_AHEAD = 8
_SUBJECT_WINDOW = 160
# A sentence with more cues than this is no prose; its further ones are not read, so that the work stays linear.
_MOST_CUES = 48
_PARAGRAPH_WINDOW = 4000


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


def attribute(text: str, sentences: Sentences, index: int, position: int) -> Attribution | None:
    """Who says what stands at `position` (characters) in sentence `index`; None if the text doesn't say."""
    return governing(reported(text, sentences, index), position)


def attribute_sentences(text: str, sentences: Sentences) -> list[Attribution | None]:
    """For each sentence who says the largest part of it."""
    result: list[Attribution | None] = []
    for index in range(len(sentences)):
        parts = [part for part in reported(text, sentences, index) if part.attribution]
        widest = max(parts, key=lambda part: part.end - part.start, default=None)
        result.append(widest.attribution if widest else None)
    return result


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


def reported(text: str, sentences: Sentences, index: int) -> tuple[Reported, ...]:
    """The parts of sentence `index` that someone is said to have said; they may nest.

    The work is bounded by the sentence and a few of its neighbours, whatever the length of the text.
    """
    start, end = sentences[index]
    own = _own_parts(text, sentences, index)
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
        if attribution and attribution.source.lower() in _PRONOUNS:
            if not resolve:
                continue
            speaker = _antecedent(text, sentences, index, attribution, parts)
            part = Reported(part.start, part.end, speaker)
        parts.append(part)
    return tuple(parts)


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
    source = _source_after(text, cue.end(), end)
    if source is None:
        return None
    words = text[source[0] : source[1]].lower()
    if _grammar().not_source.match(words) or not _can_speak(text[source[0] : source[1]]):
        return None
    left = max((found.end() for found in _CONTRAST.finditer(text, start, cue.start())), default=start)
    right = _CONTRAST.search(text, source[1], end)
    return Reported(left, right.start() if right else end, _attribution(text, source, cue["prep"]))


def _can_speak(phrase: str) -> bool:
    """Whether a phrase is a name, a pronoun, or has a head that can speak: "the agreement" can't."""
    if _NAME_INSIDE.search(phrase) or phrase.lower() in _PRONOUNS:
        return True
    grammar = _grammar()
    head = _LINK.split(phrase, maxsplit=1)[0].rsplit(" ", 1)[-1].removesuffix("’s").removesuffix("'s")
    return head in grammar.speakers or head in grammar.documents or head in ("people", "person", "party")


def _verb(text: str, start: int, end: int, cue: re.Match[str]) -> Reported | None:
    """ "X said", "said X", "figures show": from where the words stand, the part that they govern."""
    grammar = _grammar()
    verb = cue["verb"]
    verb_start, verb_end = cue.start("verb"), cue.end("verb")
    if _PASSIVE.match(text, verb_end, end) or (
        verb in grammar.nouns_too and _NOT_A_VERB.match(text, verb_end, end)
    ):
        return None
    kind = grammar.kind_of[verb]
    if "speech" in kind or "strict" in kind:
        found = _said_x(text, start, end, verb, verb_start, verb_end)
        if found:
            return found
    subject = _subject(text, start, verb_start)
    if subject is None:
        return None
    source_start, source_end, subject_start, what = subject
    if (
        what != "document"
        and verb in _grammar().plural_forms
        and not _is_plural(text[source_start:source_end])
    ):
        return None
    if (verb in _CLAIMING and _WON.match(text, verb_end, end)) or _STORY.match(text, verb_end, end):
        return None
    tail, tail_start = _tail(text, verb_end, end, hearer="told" in kind)
    before = _before(text, start, subject_start)
    if what == "document":
        if not kind & {"finding", "speech", "strict", "valuing"}:
            return None
    elif what == "anyone" and verb not in _PLAIN_SAYING:
        return None
    elif "speech" not in kind and "told" not in kind:
        if "valuing" in kind:
            if not _VALUED.match(text, verb_end, end):
                return None
        elif "strict" in kind:
            if (
                tail not in ("that", "quote")
                and before != "quote"
                and not (tail == "end" and before == "clause")
            ):
                return None
        else:
            return None
    span = _governed(text, start, end, subject_start, tail_start, tail, before)
    if span is None:
        return None
    attribution = _attribution(text, (source_start, source_end), verb)
    return Reported(*span, attribution)


def _said_x(text: str, start: int, end: int, verb: str, verb_start: int, verb_end: int) -> Reported | None:
    """ ", said X": what stands before the verb, and what follows X after another comma."""
    before = text[max(start, verb_start - 3) : verb_start].rstrip()
    if before[-1:] not in ",”\"’'–-" or not before:
        return None
    source = _source_after(text, verb_end, end)
    if source is None or not _is_speaker(text, source):
        return None
    if verb in _grammar().plural_forms and not _is_plural(text[source[0] : source[1]]):
        return None
    if before[-1] == "," and not _AFTER_INVERTED.match(text, source[1], end):
        return None
    if text[start:verb_start].strip(" ,") == "":
        return None
    tail, _ = _tail(text, source[1], end, hearer=False)
    goes_on = tail in ("comma", "quote", "that")
    return Reported(start, end if goes_on else verb_start, _attribution(text, source, verb))


def _governed(
    text: str, start: int, end: int, subject_start: int, tail_start: int, tail: str, before: str
) -> tuple[int, int] | None:
    """The span that a cue with its subject answers for, by what stands before the one and after the other."""
    right = _CONTRAST.search(text, tail_start, end)
    stop = right.start() if right else end
    if before == "none":
        return None if tail == "end" else (tail_start, stop)
    left = start
    if before != "quote":
        left = max(
            (found.end() for found in _STRONG_STOP.finditer(text, start, subject_start)), default=start
        )
    if tail == "end":
        return left, subject_start
    if tail == "comma" or (before == "quote" and tail in ("that", "quote")):
        return left, end
    if before == "quote":
        return left, subject_start
    if tail == "adverb" and before == "clause":
        return left, subject_start
    return tail_start, stop


def _before(text: str, start: int, subject_start: int) -> str:
    """What stands before a subject: none, a quotation, a clause, or an adverbial with its comma."""
    head = text[start:subject_start].rstrip()
    if not head:
        return "none"
    if head[-1] in '”"’' or (head[-1] in ",?!" and head[-2:-1] in '”"’' and len(head) > 1):
        return "quote"
    if head[-1] in ",–—-":
        return "adverbial" if _ADVERBIAL.match(head) and head.count(",") == 1 else "clause"
    return "none"


def _tail(text: str, position: int, end: int, *, hearer: bool) -> tuple[str, int]:
    """How a sentence goes on after its cue (and the hearer): end, comma, that, quote, adverb or clause; and where."""
    if hearer:
        told = _HEARER.match(text, position, end)
        position = told.end() if told else position
    found = _TERMINATOR.search(text, position, end)
    if found is None:
        between, kind, after = text[position:end], "end", end
    else:
        between, after = text[position : found.start()], found.end()
        kind = "that" if found[0] == " that " else _TERMINATORS.get(found[0].strip(), "end")
    between = between.strip(" .")
    if between and not _TAIL_ADVERB.match(between):
        return "clause", position
    if between and kind == "end":
        return "adverb", position
    if between and _SUBORDINATE.match(between):
        return "adverb", position
    return kind, position if kind == "end" else after


# --- noun phrases


def _subject(text: str, start: int, verb_start: int) -> tuple[int, int, int, str] | None:
    """The noun phrase that ends at a verb: source span, where its whole phrase begins, speaker or document."""
    grammar = _grammar()
    left = max(start, verb_start - _SUBJECT_WINDOW)
    position = _skip_auxiliaries(text, left, verb_start)
    bracket = _BRACKET.search(text, max(left, position - 30), position)
    if bracket:
        position = verb_start = bracket.start()
    boundary = max((found.end() for found in _BOUNDARY.finditer(text, left, verb_start)), default=left)
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
        return (*source, phrase_start, what) if source else None
    return _appositive_subject(text, left, boundary, grammar)


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


def _noun_phrase(text: str, start: int, end: int) -> tuple[int, int, str] | None:
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
    titled = _grammar().titled.search(text, start, end)
    return (titled.start(), end, "speaker") if titled else None


def _speaker_kind(phrase: str) -> str | None:
    """Whether a phrase is a speaker, a document, a pronoun or a relative pronoun; None if none of them."""
    grammar = _grammar()
    lower = phrase.lower()
    if lower in _ARTICLES:
        return None
    if lower in _PRONOUNS:
        return "pronoun"
    if lower in ("who", "which"):
        return "relative"
    if lower in grammar.nobody:
        return None
    match = grammar.phrase.fullmatch(phrase)
    if match is None or grammar.finite.search(phrase):
        return None
    run = match["run"]
    last = run.rsplit(" ", 1)[-1]
    stem = last.lower().removesuffix("’s").removesuffix("'s")
    if stem in grammar.documents:
        return "document"
    if " and " in phrase and _speaker_kind(phrase.split(" and ", 1)[0]) is None:
        return None
    if last[:1].isupper() and stem not in grammar.calendar and (" " in run or stem not in grammar.nobody):
        return "speaker"
    if stem in grammar.speakers:
        return "speaker"
    return "anyone" if _SOMEONE.match(phrase) and " " not in run and run == phrase.split(" ", 1)[-1] else None


def _relative_subject(text: str, start: int, boundary: int) -> tuple[int, int, int, str] | None:
    """ "X, who said": X."""
    position = boundary
    while position > start and text[position - 1] in ", ":
        position -= 1
    left = max(
        (found.end() for found in _BOUNDARY.finditer(text, max(start, position - 100), position)),
        default=start,
    )
    found = _noun_phrase(text, left, position)
    if found is None or found[2] != "speaker":
        return None
    return found[0], position, boundary, "speaker"


def _person_before(text: str, left: int, boundary: int) -> tuple[int, int, int, str] | None:
    """ "Ada Lund, president of Y said": Ada Lund, if a bare role follows the comma."""
    if _ARTICLE.match(text, boundary) or text[boundary : boundary + 5].startswith(
        ("he ", "she ", "it ", "they ")
    ):
        return None
    end = boundary - 2
    start = max((found.end() for found in _BOUNDARY.finditer(text, left, end)), default=left)
    found = _noun_phrase(text, start, end)
    if found is None or not _FULL_NAME.fullmatch(text, found[0], end):
        return None
    role = _LINK.split(text[boundary : boundary + 60], maxsplit=1)[0].split()
    return (found[0], end, found[0], "speaker") if role and role[-1] in _grammar().persons else None


def _appositive_subject(
    text: str, left: int, boundary: int, grammar: _Grammar
) -> tuple[int, int, int, str] | None:
    """ "X, the head of Y, said": X. The pieces between commas are walked to the left until one is a name."""
    position = boundary
    best: tuple[int, int, int, str] | None = None
    named: tuple[int, int, int, str] | None = None
    for step in range(4):
        while position > left and text[position - 1] in ", ":
            position -= 1
        piece = max((found.end() for found in _BOUNDARY.finditer(text, left, position)), default=left)
        if piece >= position:
            break
        found = _noun_phrase(text, piece, position)
        if found and step == 0 and _PERSON_NAME.fullmatch(text, found[0], found[1]):
            named = (*found[:2], found[0], "speaker")
        if found and step == 1 and named and _names_a_role(text[found[0] : found[1]]):
            return named
        if found and step > 0 and found[2] in ("speaker", "document"):
            source = _source_in(text, *found)
            if source:
                best = (*source, found[0], found[2])
                if text[source[0]].isupper():
                    return best
        if piece == left or text[piece - 2 : piece] != ", ":
            break
        position = piece
    return best


def _names_a_role(phrase: str) -> bool:
    """Whether a phrase says what someone is, not what they are called: "the lead researcher"."""
    persons = _grammar().persons
    words = phrase.lower().split()
    return any(word in persons for word in words) and (
        words[0] in _ARTICLES or words[0] in _OWNERS or words[-1] in persons
    )


def _source_in(text: str, start: int, end: int, what: str) -> tuple[int, int] | None:
    """The source within a subject: of a document the one it comes from, else the phrase without its article."""
    if what == "document":
        maker = _grammar().maker.search(text, start, end)
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


def _source_after(text: str, position: int, end: int) -> tuple[int, int] | None:
    """The source that follows "according to" or "said": a noun phrase, cut where it can't go on."""
    while position < end and text[position] == " ":
        position += 1
    found = _grammar().following.match(text, position, end)
    if found is None:
        return None
    start, stop = found.span()
    if text[start:stop].lower() in _PRONOUNS:
        return start, stop
    if _grammar().document_phrase.match(text, start, stop):
        maker = _grammar().maker.search(text, start, stop) or _grammar().maker.match(text, stop, end)
        again = _grammar().following.match(text, maker.end(), end) if maker else None
        if again:
            start, stop = again.span()
    named = None if _NAME_INSIDE.search(text, start, stop) else _NAME_FOLLOWS.match(text, stop, end)
    if named:
        return named.span("name")
    article = _ARTICLE.match(text, start, stop)
    start = article.end() if article else start
    stop = _cut_name(text, start, stop)
    while stop > start and text[stop - 1] in " -–’'" and text[stop - 1] not in "’'":
        stop -= 1
    return (start, stop) if start < stop else None


def _cut_name(text: str, start: int, stop: int) -> int:
    """A name ends where a plain word follows it that no name goes on with: "Acme Partners valued"."""
    grammar = _grammar()
    found = grammar.after_name.search(text, start, stop)
    if found is None or _NAME_INSIDE.search(text, found.end(), stop):
        return stop
    head = _LINK.split(text[found.start(1) : stop], maxsplit=1)[0].rsplit(" ", 1)[-1]
    return stop if head in grammar.speakers or head in grammar.documents else found.start(1)


def _is_speaker(text: str, source: tuple[int, int]) -> bool:
    phrase = text[source[0] : source[1]]
    if phrase.lower() in _PRONOUNS:
        return True
    if _NAME_INSIDE.search(phrase):
        return phrase.lower() not in _grammar().calendar
    return _speaker_kind(phrase) in ("speaker", "document")


def _attribution(text: str, source: tuple[int, int], cue: str) -> Attribution:
    return Attribution(text[source[0] : source[1]], cue.strip(), *source)


def _is_plural(source: str) -> bool:
    """Whether a source takes a verb without an s: "analysts say"."""
    last = _LINK.split(source, maxsplit=1)[0].rsplit(" ", 1)[-1]
    head = last.lower()
    return (
        head in _grammar().groups
        or head == "they"
        or (head[-1] == "s" and not last.isupper())
        or " and " in source
    )


# --- pronouns and quotations


def _antecedent(
    text: str, sentences: Sentences, index: int, pronoun: Attribution, parts: Sequence[Reported]
) -> Attribution | None:
    """The last speaker that a pronoun can stand for, in this sentence or a few before it."""
    word = pronoun.source.lower()
    for part in reversed(parts):
        if part.attribution and _fits(part.attribution.source, word):
            return Attribution(
                part.attribution.source, pronoun.cue, part.attribution.start, part.attribution.end
            )
    for earlier in range(index, max(-1, index - _LOOK_BACK), -1):
        if earlier < index:
            named = _own_parts(text, sentences, earlier, resolve=False)
            for part in reversed(named):
                if part.attribution and _fits(part.attribution.source, word):
                    found = part.attribution
                    return Attribution(found.source, pronoun.cue, found.start, found.end)
        opening = _opening_name(text, sentences[earlier], pronoun.start)
        if opening and _fits(text[opening[0] : opening[1]], word):
            return _attribution(text, opening, pronoun.cue)
    return None


def _opening_name(text: str, sentence: tuple[int, int], limit: int) -> tuple[int, int] | None:
    """The name that a sentence begins with: its subject, most likely, if a verb follows."""
    found = _grammar().opening.match(text, sentence[0], min(sentence[1], limit))
    if found is None or text[sentence[1] - 1] not in '.”"':
        return None
    start, end = found.span("name")
    article = _ARTICLE.match(text, start, end)
    return (article.end() if article else start), end


def _fits(source: str, pronoun: str) -> bool:
    """Whether a named source can be meant by he, she, it or they."""
    grammar = _grammar()
    words = source.replace("’s", "").replace("'s", "").split()
    head = words[-1].lower()
    plural = head in grammar.groups
    lowered = {word.lower() for word in words}
    organisation = (
        head in grammar.organisations
        or any(word in grammar.organisation_names for word in words)
        or (len(words) == 1 and words[0].isupper())
    )
    person = not plural and (
        words[0] in grammar.titles
        or bool(lowered & grammar.persons)
        or (not organisation and 2 <= len(words) <= 3 and all(word[0].isupper() for word in words))
    )
    if pronoun in ("he", "she"):
        return person
    if pronoun == "they":
        return plural
    return not person and not plural


def _carried(text: str, sentences: Sentences, index: int, own: Sequence[Reported]) -> Attribution | None:
    """Who says a sentence that stands in quotation marks without a cue of its own."""
    start, end = sentences[index]
    opened = _open_quote(text, start)
    if opened is None or any(part.start <= start < part.end for part in own):
        return None
    closed = _close_quote(text, opened)
    if closed is None and opened < start and not _goes_on(text, opened):
        return None
    if closed is not None and start < closed < end - 2 and own:
        return None
    last = index
    if closed is not None:
        while last + 1 < len(sentences) and last < index + _LOOK_AHEAD and sentences[last + 1][0] <= closed:
            last += 1
        for later in range(index, last + 1):
            for part in _own_parts(text, sentences, later):
                if part.attribution and part.start < closed and part.attribution.start > closed:
                    return part.attribution
    return _speaker_before(text, sentences, index, opened)


def _speaker_before(text: str, sentences: Sentences, index: int, opened: int) -> Attribution | None:
    """Who was speaking before a quotation opened: in its own sentence, the one before, or the paragraph before."""
    first = index
    while first > 0 and sentences[first][0] > opened and index - first < _LOOK_AHEAD:
        first -= 1
    if sentences[first][0] < opened:
        return _last_attribution(text, sentences, first, before=opened)
    previous = first - 1
    for step in range(_LOOK_BACK):
        if previous < 0:
            return None
        start, end = sentences[previous]
        speech = _QUOTE.search(text, start, end) is not None or _open_quote(text, start) is not None
        found = _last_attribution(text, sentences, previous, before=end)
        if found and (speech or text[end - 1] == ":"):
            return found
        if found or not speech or (step == 0 and not speech):
            return None
        previous -= 1
    return None


def _last_attribution(text: str, sentences: Sentences, index: int, *, before: int) -> Attribution | None:
    for part in reversed(_own_parts(text, sentences, index)):
        if part.attribution and part.attribution.start < before:
            return part.attribution
    return None


def _open_quote(text: str, position: int) -> int | None:
    """Where the double quotation opened that `position` stands in (or begins); None outside of quotations."""
    if text[position] in '“"':
        return position
    paragraph = text.rfind("\n", max(0, position - _PARAGRAPH_WINDOW), position) + 1
    opened = text.rfind("“", paragraph, position)
    if opened >= 0:
        return opened if text.find("”", opened, position) < 0 else None
    opened = text.rfind('"', paragraph, position)
    opens = opened == paragraph or (opened > paragraph and text[opened - 1] in " (\t")
    return opened if opens and text[opened + 1 : opened + 2].strip() else None


def _goes_on(text: str, opened: int) -> bool:
    """Whether a quotation that doesn't close in its paragraph is taken up by the next one's opening mark."""
    line_end = text.find("\n", opened, opened + _PARAGRAPH_WINDOW)
    return line_end >= 0 and text[line_end : line_end + 40].lstrip()[:1] in ("“", '"')


def _close_quote(text: str, opened: int) -> int | None:
    """Where the quotation that opened there closes within its paragraph."""
    limit = text.find("\n", opened, opened + _PARAGRAPH_WINDOW)
    limit = limit if limit >= 0 else min(len(text), opened + _PARAGRAPH_WINDOW)
    closed = text.find("”" if text[opened] == "“" else '"', opened + 1, limit)
    return closed if closed >= 0 else None


# --- the words

# Verbs by which a noun that the lexicon doesn't know is seen to speak: "the goalkeeper said".
_PLAIN_SAYING = frozenset(("said", "says", "told"))
_SOMEONE = re.compile(r"(?:[Tt]he|[Aa]n?) ")
_CLAUSE_FOLLOWS = re.compile(r" (?:it|he|she|they|there|the|its|his|her|their|this) ")
_CLAIMING = frozenset(("claimed", "claims", "claim"))
_WON = re.compile(
    r" [^,.;:“”\"]{0,40}\b(?:lives|life|victims|titles?|wickets?|medals?|gold|silver|bronze|prize|victory|win|"
    r"responsibility|credit|benefits?|asylum|compensation|expenses)\b"
)
_STORY = re.compile(
    r" (?:the |a |his |her |its |their |of )?(?:story|stories|tale|truth|difference|fortunes|goodbye|yes|no)\b"
)
_LINK = re.compile(r" (?:of|for|at|from|in|by|on|close to|familiar with) ")
_PRONOUNS = frozenset(("he", "she", "it", "they"))
_ARTICLES = frozenset(("the", "a", "an"))
_OWNERS = frozenset(("his", "her", "its", "their"))
_ARTICLE = re.compile(r"(?:[Tt]he|[Aa]n?|[Ii]ts|[Hh]is|[Tt]heir) ")
# "the Acme Institute (AI) said"
_BRACKET = re.compile(r" \([^()]{1,24}\) ?\Z")
_WHEN_FIRST = re.compile(
    r"(?:On (?:Mon|Tues|Wednes|Thurs|Fri|Satur|Sun)day|Last (?:week|month|year|night)|Earlier(?: this (?:week|month|year))?|"
    r"In [12]\d{3}|Yesterday|Today|Meanwhile|However|Now|Later|Then) "
)
_STRONG_STOP = re.compile(r"[;] |: ")
_CONTRAST = re.compile(r"; (?![^();]{0,80}\))|(?:,| [–—-]) (?:but|while|whereas|although|though) (?!that)")
_BOUNDARY = re.compile(r", | [–—-] |[;:(“”\"] ?|[.!?]’ |\bthat (?=[A-Zthaios])|^[-–•] ?")
_WEAK = re.compile(
    r"\b(?:said|says|told|and|but|while|as|because|after|before|when|if|although|though|since|until|so|or|than|where|whereas|what|"
    r"And|But|While|As|Because|After|When|If|Although|So|Yet|Meanwhile|However|Then|Now)\b"
)
_AUXILIARY = re.compile(
    r" (?:has|have|had|also|later|further|repeatedly|recently|today|yesterday|earlier|now|then|previously|since|"
    r"already|often|always|still|only|first|again|both|all|did|does|do|however|on (?:Mon|Tues|Wednes|Thurs|Fri|Satur|Sun)day|"
    r"[a-z]{3,12}ly|last (?:week|month|year|night)|this (?:week|month|year)|"
    r"either) ?\Z"
)
_NOT_A_VERB = re.compile(
    r" (?:of|for|are|were|is|was|be|been|suggest|suggests|suggested|show|shows|showed|put|by|from|to|on|against|have|has|had|"
    r"between|about|and|or|with|into|over|will|would|could|may|might|can|do|did|figures|office|handlers?|rose|fell)\b|[-’']"
)
_PASSIVE = re.compile(r" (?:by|to be|to have)\b")
_VALUED = re.compile(r" (?!up|down|out|off|on|in|forward|together)[^,.;:]{3,70}? at ")
_AFTER_INVERTED = re.compile(
    r"[.,;:!?–—”\"]| [–—-] | (?:in|on|at|after|before|as|during|ahead|following|when|while|last|this|yesterday|today|earlier|later|of|from|to|"
    r"by|via|outside|who|whose|about|through|with|adding|speaking|and|late|early)\b|\Z"
)
_ADVERBIAL = re.compile(
    r"(?:In|On|At|During|After|Before|Since|By|Until|Over|For|As|Although|While|If|When|Despite|Because|Following|With|"
    r"Under|Last|This|Earlier|Later|Yesterday|Today|But|And|Meanwhile|However|Asked|Speaking|To|Of|From|Two|Three|"
    r"Though|Unlike|Against|Amid|According|Once|[A-Z][a-z]+ly)\b"
)
_HEARER = re.compile(
    r" (?:(?!that\b|in\b|on\b|about\b|ahead\b|at\b|during\b|after\b|as\b|how\b|why\b|by\b)[\w’'&.-]+ ?){1,6}?"
    r"(?=[,:;“\"]|\.?\Z|\. | (?:that|in|on|about|ahead|at|during|after|as|it|he|she|they|there|the) )"
)
_TERMINATOR = re.compile(r" that |[,:;](?=[\s”\"’])|[“\"]| [–—-] |\.(?=\s|\Z)")
_TERMINATORS = {
    ",": "comma",
    ":": "quote",
    "“": "quote",
    '"': "quote",
    "–": "comma",
    "—": "comma",
    "-": "comma",
    ";": "end",
}
_TAIL_ADVERB = re.compile(
    r"\s?(?:on|in|at|during|late|earlier|early|last|this|yesterday|today|after|before|following|ahead|as|when|while|to|via|"
    r"from|by|outside|through|again|recently|shortly|afterwards|later|repeatedly|separately|previously|of|about|with|"
    r"publicly|bluntly|then|there|here|(?:\w+ )?(?:minutes|hours|days|weeks|months|years) (?:later|after|ago|before|earlier))\b"
)
_SUBORDINATE = re.compile(r"\s?(?:as|when|while)\b")
_WHEN = re.compile(
    r" (?:on (?:Mon|Tues|Wednes|Thurs|Fri|Satur|Sun)day|(?:last|this) (?:week|month|year)|yesterday|today|in (?:January|"
    r"February|March|April|May|June|July|August|September|October|November|December|[12]\d{3}))\b"
)
_PARTICIPLE = re.compile(
    r" (?:published|released|issued|seen|obtained|compiled|conducted|commissioned|carried|collected|due|out|on|into|of \d)\b"
)
_NAME_INSIDE = re.compile(r"\b[A-Z]")
_PERSON_NAME = re.compile(r"[A-Z][\w’'-]+(?: [A-Z][\w’'.-]*){0,2}")
_FULL_NAME = re.compile(r"[A-Z][\w’'-]+(?: [A-Z][\w’'.-]*){1,2}")
# "according to the regulator, Ofwater, ..."
_NAME_FOLLOWS = re.compile(r", (?:the )?(?P<name>[A-Z][\w’'-]+(?: [A-Z][\w’'-]*){0,4})(?=,)")
_QUOTE = re.compile(r"[“”\"]")


@dataclass(frozen=True, slots=True)
class _Grammar:
    """The patterns that are made of the lexicon, and its sets."""

    cue: re.Pattern[str]
    first_cue: re.Pattern[str]
    kind_of: dict[str, frozenset[str]]
    nouns_too: frozenset[str]
    phrase: re.Pattern[str]
    following: re.Pattern[str]
    after_name: re.Pattern[str]
    titled: re.Pattern[str]
    opening: re.Pattern[str]
    maker: re.Pattern[str]
    document_phrase: re.Pattern[str]
    not_source: re.Pattern[str]
    finite: re.Pattern[str]
    nobody: frozenset[str]
    calendar: frozenset[str]
    plural_forms: frozenset[str]
    documents: frozenset[str]
    speakers: frozenset[str]
    persons: frozenset[str]
    groups: frozenset[str]
    organisations: frozenset[str]
    titles: frozenset[str]
    organisation_names: frozenset[str]


@cache
def _grammar() -> _Grammar:
    entries = lexicon.read("attribution")
    verbs: dict[str, list[str]] = entries["verbs"]
    nouns: dict[str, list[str]] = entries["nouns"]
    groups = [*nouns["groups"], *(plural(person) for person in nouns["persons"])]
    kind_of = {
        word: frozenset(kind for kind, words in verbs.items() if word in words)
        for words in verbs.values()
        for word in words
    }
    documents = any_of(nouns["documents"])
    prepositions: list[str] = entries["prepositions"]["cues"]
    cues = any_of([*prepositions, *(cue.capitalize() for cue in prepositions)])
    openers = "|".join(entries["grammar"]["openers"])
    made = "(?:published|released|issued|compiled|conducted|commissioned|carried out|collected|gathered|produced)"
    name_word = r"(?:(?:[A-Z]\.){1,4}|(?:[A-Z]|\d+[A-Za-z-])[\w&]*(?:[.’'-][\w&]+)*[’']?|(?:Mr|Mrs|Ms|Dr|Gen|Sen|Lt|St|Prof|Col)\.)"
    plain = rf"(?!(?:{any_of(entries['grammar']['no_phrase'])})\b)[a-z][\w]*(?:[’'-][\w]+)*[’']?"
    word = (
        rf"(?:&(?= [A-Z])|(?:(?<=of )|(?<=[Tt]he ))\d[\d,]*(?= [a-z])|(?!(?:{openers}) ){name_word}|{plain})"
    )
    link = "of|for|at|from|in|by|into|close to|familiar with|on|and"
    chain = rf"(?:(?:[Tt]he|[Aa]n?|[Ss]ome|[Ii]ts|[Hh]is|[Tt]heir|[Oo]ur) )?{word}(?: {word}){{0,8}}"
    on_what = "|".join(
        f"(?<={body} )"
        for body in ("Research", "Commission", "Committee", "Council", "Panel", "Office", "Mail")
    )
    link_after = rf"of|for|at|from|by|(?<=close )to|(?<=familiar )with|and(?= (?:the )?[A-Z])|(?:{on_what})on|in(?= (?:the )?(?:charge|[A-Z]))"
    return _Grammar(
        cue=re.compile(rf"[\s“”\"’(](?:(?P<prep>{cues}) |(?P<verb>{any_of(kind_of)})(?![\w-]))"),
        first_cue=re.compile(rf"(?P<prep>{cues}) "),
        kind_of=kind_of,
        nouns_too=frozenset(entries["also_nouns"]["verbs"]),
        phrase=re.compile(
            rf"(?:(?:[Tt]he|[Aa]n?|[Ss]ome|[Ii]ts|[Hh]is|[Tt]heir|[Mm]any|[Mm]ost) )?(?P<run>{word}(?: {word}){{0,8}}(?: and {word}(?: {word}){{0,2}})?)"
            rf"(?: {made})?(?: (?:{link}) {chain}){{0,4}}"
        ),
        following=re.compile(
            rf"(?:him|her|them|he|she|it|they)\b|{chain}(?: (?:{link_after}) {chain}){{0,5}}"
        ),
        after_name=re.compile(
            rf"[A-Z][\w.&’'-]*( (?!(?:of|for|at|and|the|de|van|der|von|bin|al|from|by|news|agency|newspaper|group|magazine|"
            rf"daily|ministry|office|company|chief|figures|data|report|statistics|estimates|survey|poll|study|"
            rf"website|research|{any_of([*nouns['persons'], *groups, *nouns['organisations']])})\b)[a-z][\w-]*)"
        ),
        titled=re.compile(
            rf"\b(?:(?:{any_of(nouns['titles'])}) |(?:{any_of(nouns['persons'])}) )(?:(?!(?:{openers}) ){name_word} ?){{1,4}}\Z"
        ),
        opening=re.compile(
            rf"[“\"]?(?!(?:{openers})\b)(?P<name>(?:(?:[Tt]he|[Aa]n?) )?(?:{word} ){{0,5}}(?:{name_word}|{any_of([*nouns['persons'], *nouns['organisations']])}))"
            r"(?=,? (?:is|was|has|had|will|would|who|which|also|[a-z]+(?:ed|s)|made|took|told|met|left|won|became|began|came|went|sold|bought|the|a)\b)"
        ),
        maker=re.compile(rf" (?:{made} )?(?:by|from) (?:the |a |an )?"),
        document_phrase=re.compile(
            rf"(?:(?:[Tt]he|[Aa]n?|[Ii]ts|[Oo]ne|[Ss]ome) )?(?:[\w’'-]+ ){{0,4}}?(?:{documents})\b(?! (?:agency|office))"
        ),
        not_source=re.compile(
            rf"(?:the |their |his |its |a )?(?:{any_of(entries['prepositions']['not_sources'])})\b"
        ),
        plural_forms=frozenset(
            word for word in kind_of if word + "s" in kind_of and word not in ("forecast", "put")
        ),
        finite=re.compile(
            rf"(?<=\s)(?!(?:{any_of(entries['grammar']['no_verbs'])})\b)[a-z]+[a-z](?:ed|ing)\b(?!-)"
        ),
        nobody=frozenset(entries["grammar"]["nobody"]),
        calendar=frozenset(entries["grammar"]["calendar"]),
        documents=frozenset(nouns["documents"]),
        speakers=frozenset([*nouns["persons"], *groups, *nouns["organisations"]]),
        persons=frozenset(nouns["persons"]),
        groups=frozenset(groups),
        organisations=frozenset(nouns["organisations"]),
        titles=frozenset(nouns["titles"]),
        organisation_names=frozenset(nouns["organisation_names"]),
    )
