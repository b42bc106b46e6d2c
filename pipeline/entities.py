"""What a quantity counts or measures, and whom the sentence is about: a light reading of noun phrases.

Parts of speech come from lemminflect's word lists, which lie in its package; what a word is among its possible
parts of speech is decided by its neighbours.
"""

from __future__ import annotations

import re
from dataclasses import dataclass
from functools import lru_cache
from typing import TYPE_CHECKING

from pipeline.amounts import Quantity
from pipeline.combinations import directions

if TYPE_CHECKING:
    from collections.abc import Sequence

    from pipeline.tokens import Sentence

WINDOW = 40
_NOUN_PHRASE = re.compile(r"[atd]?(?:[jnN·#°º]|(?<=[jnN#·°])-(?=[jnNg#·])|(?<=-)g|'(?=[jnN#·]))+")
_LINKS = frozenset(
    ["of", "to", "for", "in", "on", "from", "at", "with", "between", "against", "among", "into", "over", "by"]
)


@dataclass(frozen=True, slots=True)
class Word:
    """The parts of speech that a word can have, and its lemma as a noun."""

    noun: bool
    verb: bool
    adjective: bool
    adverb: bool
    lemma: str


@dataclass(frozen=True, slots=True)
class Phrase:
    """A noun phrase: tokens first to last (exclusive) and its head."""

    first: int
    last: int
    head: int


@dataclass(frozen=True, slots=True)
class Entity:
    """What is counted or measured: as written, with the head in the singular, and the head alone."""

    text: str
    lemma: str
    head: str


@lru_cache(maxsize=65536)
def look_up(word: str) -> Word:
    """What lemminflect knows of a word in lower case; a word that it doesn't know is a noun."""
    from lemminflect import getAllLemmas

    lemmas: dict[str, tuple[str, ...]] = getAllLemmas(word)
    if not lemmas:
        lemma = (
            word[:-1]
            if len(word) > 3 and word.endswith("s") and not word.endswith(("ss", "us", "is"))
            else word
        )
        return Word(True, False, False, False, lemma)
    nouns = lemmas.get("NOUN") or lemmas.get("PROPN") or ()
    return Word(
        noun=bool(nouns),
        verb="VERB" in lemmas or "AUX" in lemmas,
        adjective="ADJ" in lemmas,
        adverb="ADV" in lemmas,
        lemma=_singular(word, nouns),
    )


_KEEP = frozenset(
    ["data", "media", "police", "people", "series", "species", "news", "headquarters", "staff", "premises"]
)


def _singular(word: str, nouns: Sequence[str]) -> str:
    if not nouns or word in _KEEP:
        return word
    different = [noun for noun in nouns if noun != word]
    if different and (word.endswith("s") or word not in nouns):
        return different[0]
    return nouns[0]


def singular(word: str) -> str:
    """A noun in the singular, in lower case unless it is a name."""
    lower = word.lower()
    lemma = look_up(lower).lemma
    return lemma


def is_plural(word: str) -> bool:
    """Whether a word is the plural of a noun, or a noun that has only one form and means several."""
    known = look_up(word)
    return known.noun and (known.lemma != word or word in _MANY)


_MANY = frozenset(
    [
        "people",
        "police",
        "staff",
        "personnel",
        "cattle",
        "fish",
        "sheep",
        "aircraft",
        "crew",
        "troops",
        "data",
        "clergy",
        "deer",
        "offspring",
        "youth",
        "folk",
        "folks",
        "spacecraft",
        "poultry",
        "livestock",
        "infantry",
    ]
)


class Reading:
    """A sentence with the part of speech of each word decided, and its noun phrases.

    `tags` is the sentence's, with every plain word as noun n, name N, adjective j, verb v, participle g or
    adverb e.
    """

    def __init__(self, sentence: Sentence) -> None:
        self.sentence = sentence
        tags = list(sentence.tags)
        lower = sentence.lower
        previous = "."
        for i, tag in enumerate(tags):
            if tag in "nN°":
                following = tags[i + 1] if i + 1 < len(tags) else "."
                tags[i] = tag = _part_of_speech(lower[i], tag, previous, following)
            previous = tag
        self.tags = "".join(tags)
        self._phrases: list[Phrase] | None = None

    @property
    def phrases(self) -> list[Phrase]:
        """The noun phrases of the sentence, in order."""
        if self._phrases is None:
            self._phrases = [
                phrase
                for m in _NOUN_PHRASE.finditer(self.tags)
                if (phrase := self._phrase(*m.span())) is not None
            ]
        return self._phrases

    def _phrase(self, first: int, last: int) -> Phrase | None:
        head = max(self.tags.rfind(tag, first, last) for tag in "nN#·")
        return None if head < 0 else Phrase(first, head + 1, head)

    def counted(self, j: int, *, several: bool) -> Phrase | None:
        """The noun phrase that begins at token j, as what a number before it counts.

        Of several, the first plural is the head: "12 people work", "95,000 criminal cases".
        """
        tags, lower = self.tags, self.sentence.lower
        head, k = -1, j
        while k < len(tags) and k - j < 12:
            tag = tags[k]
            if tag in "nN#·":
                head = k
                if several and tag != "#" and is_plural(lower[k]):
                    following = tags[k + 1 : k + 2]
                    if not (
                        following in ("n", "N")
                        and following
                        and is_plural(lower[k + 1])
                        and not look_up(lower[k + 1]).verb
                    ):
                        break
            elif tag == "j":
                if head >= 0 and not (several and not is_plural(lower[head])):
                    break
            elif tag in "g°º":
                if head >= 0:
                    break
            elif (
                tag == "v"
                and head < 0
                and lower[k].endswith(("ed", "ing", "en", "wn"))
                and tags[k + 1 : k + 2] in ("n", "N", "j")
            ):
                pass
            elif tag == "-":
                if k == j or (not self.sentence.glued(k) and self.sentence.glued(k + 1)):
                    break
            elif tag == '"':
                if head >= 0 or k > j + 1:
                    break
            elif tag == "'":
                if head < 0:
                    break
            elif tag == "&":
                if (
                    not several
                    or head < 0
                    or tags[k + 1 : k + 2] not in ("n", "N", "j")
                    or is_plural(lower[head])
                    or not self._plural_ahead(k + 1)
                ):
                    break
            elif tag == "e" and head < 0 and lower[k].endswith("ly"):
                pass
            else:
                break
            k += 1
        return None if head < 0 else Phrase(j + (tags[j] == '"'), head + 1, head)

    def _plural_ahead(self, k: int) -> bool:
        for i in range(k, min(k + 4, len(self.tags))):
            if self.tags[i] not in "nNj-":
                return False
            if is_plural(self.sentence.lower[i]):
                return True
        return False

    def chain_before(self, k: int) -> tuple[Phrase, int] | None:
        """The noun phrase that ends nearest before token k, led back to the phrase that it hangs on by
        prepositions ("damage to the energy sector"), and where the whole ends."""
        index = next((i for i in range(len(self.phrases) - 1, -1, -1) if self.phrases[i].last <= k), -1)
        if index < 0:
            return None
        phrase = self.phrases[index]
        if k - phrase.last > 8 or not _passable(self.tags[phrase.last : k]):
            return None
        end = phrase.last
        while index > 0:
            link = phrase.first - 1
            before = self.phrases[index - 1]
            if before.last != link or self.sentence.lower[link] not in _LINKS:
                break
            index, phrase = index - 1, before
        return phrase, end

    def subject_before(self, k: int) -> tuple[Phrase, int] | None:
        """The noun phrase before the first verb of the clause that token k stands in."""
        start = max((self.tags.rfind(tag, 0, k) for tag in ".:"), default=-1) + 1
        verb = re.compile("[v]").search(self.tags, start, k)
        if verb is None:
            return None
        return self.chain_before(verb.start())


def _passable(between: str) -> bool:
    """Whether only verbs, adverbs, prepositions, commas and days stand between a phrase and a number."""
    return not set(between) - set("vegi→bop,w≥m9!&e-'c")


def _part_of_speech(word: str, tag: str, previous: str, following: str) -> str:
    known = look_up(word)
    if tag == "°":
        return "°"
    if tag == "N" and previous != ".":
        return "N"
    if word.endswith(("ed", "ing")) and known.verb and not (known.noun and previous in "atdo"):
        return "j" if previous in "atd0123456j" and following in "nNj" else "g"
    if known.verb and not known.noun and not known.adjective:
        return "v"
    if known.verb and known.noun:
        if previous in "→hv" or (previous == "e" and following in "at0$@i"):
            return "v"
        if previous in "nN#·)" and following in "at0123456789d@$ei→b≥.,←↔":
            changing = word in directions()
            if changing or (word.endswith("s") and following not in ".,i") or word in _PAST:
                return "v"
        return "N" if tag == "N" else "n"
    if known.adjective and not known.noun:
        return "j"
    if known.adjective and following in "nNj" and not word.endswith("s"):
        return "j"
    if known.adverb and not known.noun:
        return "e"
    return "N" if tag == "N" else "n"


_PAST = frozenset(
    [
        "cost",
        "cut",
        "put",
        "set",
        "hit",
        "shot",
        "read",
        "spread",
        "beat",
        "bet",
        "let",
        "split",
        "shut",
        "won",
    ]
)


def entity_of(reading: Reading, quantity: Quantity) -> tuple[Entity | None, str | None]:
    """What the quantity counts or measures, and the subject of its clause where that is something else."""
    right = _right(reading, quantity)
    first = quantity.modifier_first if quantity.modifier_first >= 0 else quantity.first
    left = None
    if right is None and (
        quantity.kind != "duration"
        or reading.sentence.lower[first - 1 : first] in (["of"], ["lasted"], ["took"])
    ):
        left = reading.chain_before(first)
    found = right or left
    entity = _entity(reading, *found) if found is not None else None
    subject = reading.subject_before(first)
    text = None
    if subject is not None and (found is None or subject[0].head != found[0].head):
        text = _text(reading, subject[0].first, subject[1])
    return entity, text


def _right(reading: Reading, quantity: Quantity) -> tuple[Phrase, int] | None:
    j = quantity.last
    tags, lower = reading.tags, reading.sentence.lower
    several = quantity.kind == "count" and quantity.value != 1 and not quantity.hyphenated
    if quantity.hyphenated and tags[j : j + 1] == "-":
        j += 1
    if lower[j : j + 2] == ["worth", "of"]:
        j += 2
    elif tags[j : j + 1] == "o" or (quantity.kind == "money" and lower[j : j + 1] == ["in"]):
        j += 1
        if lower[j : j + 1] in (["them"], ["these"], ["those"], ["which"], ["whom"]):
            return None
        phrase = next((p for p in reading.phrases if p.first == j), None)
        if phrase is None and tags[j : j + 1] in ("t", "d", "a"):
            phrase = next((p for p in reading.phrases if p.first == j + 1), None)
        return None if phrase is None else (phrase, _chain_end(reading, phrase))
    counted = reading.counted(j, several=several) if j < len(tags) else None
    if counted is None:
        return None
    if quantity.kind == "duration" and not quantity.hyphenated:
        return None
    return counted, counted.last


def _chain_end(reading: Reading, phrase: Phrase) -> int:
    return phrase.last


def _text(reading: Reading, first: int, last: int) -> str:
    if reading.tags[first] in "at":
        first += 1
    return reading.sentence.phrase(first, last)


def _entity(reading: Reading, phrase: Phrase, end: int) -> Entity:
    sentence = reading.sentence
    first = phrase.first + (reading.tags[phrase.first] in "atd" and phrase.first < phrase.head)
    head = sentence.words[phrase.head]
    lemma = singular(head)
    if reading.tags[phrase.head] == "N" and lemma == head.lower():
        lemma = head
    before = sentence.text[sentence.starts[first] : sentence.starts[phrase.head]]
    return Entity(sentence.phrase(first, max(end, phrase.last)), before + lemma, lemma)
