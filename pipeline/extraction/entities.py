"""What a quantity counts or measures, and whom or what its clause is about: a light reading of noun phrases.

Parts of speech come from word lists; which of its possible parts of speech a word has is decided by its
neighbours. Quantities are one kind of token here: no noun phrase runs into one.
"""

from __future__ import annotations

import re
from dataclasses import dataclass
from typing import TYPE_CHECKING, NamedTuple

from pipeline import lexicon
from pipeline.extraction.combinations import directions
from pipeline.extraction.parts_of_speech import (
    CERTAIN,
    is_known_plural,
    is_plural,
    is_verb_only,
    look_up,
    singular,
)

if TYPE_CHECKING:
    from collections.abc import Sequence

    from pipeline.extraction.quantity import Quantity
    from pipeline.extraction.tokens import Sentence

_NOUN_PHRASE = re.compile(
    r"[atd]?(?:[jnN·#°º]|m(?=[jnN])|(?<=[jnN#·°])-(?=[jnNg#])|(?<=-)g|(?<=[nN#·˙])'(?=[jnN#·])"
    r"|(?<=N)˙|&(?=[N#])(?<=[N·#˙]&))+"
)
_COMPOUND = re.compile(r"(?<=[eicp])-|-(?=[eicvg])|(?<=-[→o&])-")
_PASSABLE = frozenset("vegirpo→←↔b,w≥m9!&'Qdc\"()-")
# What may stand between a subject and its verb, read from right to left: adverbs, times and brackets.
_ADVERBIAL = re.compile(
    r"(?:,?(?:Q{1,8}[ib←↔o]|[Tmw!][Tmw!#Q°ºje→'-]{0,8}[atd]?[ib←↔]?|#i|e|\)[^()]{1,16}\())+"
)
_PARTITIVE = re.compile(r"o(?:[atd]?[jn°]?Q+|[atd]?)")
_GLOSS = re.compile(r"\([^)]{0,4}Q+\)")
_MAX_COUNTED = 12
_MAX_VERBS = 8
_APPOSITION = 16
_MAX_ELIDED = 12
_NEXT_TO = 5
_FAR = 25
_WHICH = frozenset(["last", "this", "next", "past", "same"])
_SUBJECT_WINDOW = 80
_BEFORE_PARTICIPLE = "atdQj&'oip"
_NUMBERS = dict.fromkeys("12345678", "n") | dict.fromkeys("09/", "#")


class Phrase(NamedTuple):
    """A noun phrase: tokens first to last (exclusive), and its head."""

    first: int
    last: int
    head: int


@dataclass(frozen=True, slots=True)
class Entity:
    """What is counted or measured: as written, with the head in the singular, the head alone, and its last token."""

    text: str
    lemma: str
    head: str
    last: int


class Reading:
    """A sentence with the part of speech of each word decided, and its noun phrases.

    `tags` is the sentence's, with every word as noun n, name N, adjective j, verb v, participle g or adverb e,
    numbers that are no quantities as part of a name (#), and every token of a quantity as Q.
    """

    def __init__(self, sentence: Sentence, quantities: Sequence[Quantity]) -> None:
        self.sentence = sentence
        self._temporal = lexicon.words("phrases", "temporal")
        self._prepositions = lexicon.words("phrases", "prepositions")
        self._clauses = lexicon.words("phrases", "clauses")
        tags = list(sentence.tags)
        sizes = lexicon.words("phrases", "sizes")
        for quantity in quantities:
            first = quantity.outer_first
            if quantity.kind != "count" and first and sentence.lower[first - 1] in sizes:
                first -= 1 + (first > 1 and tags[first - 2] == "a")
            for i in range(first, quantity.last):
                inside = not quantity.outer_first <= i < quantity.first
                if inside or tags[i] not in "nN" or not look_up(sentence.lower[i]).verb:
                    tags[i] = "Q"  # not "exceeds"
        previous = "."
        lower = sentence.lower
        verbs = lexicon.words("phrases", "verbs")
        measuring = lexicon.words("entities", "measuring_verbs")
        adjectives = lexicon.words("phrases", "adverb_or_adjective")
        last = len(tags) - 1
        for i, tag in enumerate(tags):
            if tag == "N" and previous != ".":
                pass
            elif tag in "nN":
                part = CERTAIN[lower[i]]
                if not part or previous == "Q" or tag == "N":
                    if previous == "v" and sentence.tags[i - 1] != "v":
                        previous = "V"
                    following = tags[i + 1] if i < last else "."
                    if following == "n" and (
                        is_verb_only(lower[i + 1])
                        or lower[i + 1] in verbs
                        or (lower[i + 1] in directions() and tags[i + 2 : i + 3] == ["Q"])
                    ):
                        following = "v"
                    elif following in "ib→←" and lower[i] in measuring and tags[i + 2 : i + 3] == ["Q"]:
                        following = "Q"  # "the fund stands at $4bn"
                    elif following == "n" and CERTAIN[lower[i + 1]] == "e":
                        following = "l"
                    elif following == "d" and i + 2 <= last and lower[i + 2] in self._temporal:
                        following = "w"
                    plural = previous in "nN" and is_plural(lower[i - 1])
                    part = _part_of_speech(lower[i], tag, previous, following, plural)
                tags[i] = part
            elif tag in _NUMBERS:
                tags[i] = _NUMBERS[tag]
            elif (
                tag == "e"
                and previous in "atd'"
                and i < last
                and tags[i + 1] in "nN"
                and lower[i] in adjectives
            ):
                tags[i] = "j"
            previous = tags[i]
        self.tags = self._compounded(self._timed(tags))
        self._reversed = self.tags[::-1]
        self.phrases = [
            p for m in _NOUN_PHRASE.finditer(self.tags) if (p := self._phrase(*m.span())) is not None
        ]
        self._by_end = {phrase.last: phrase for phrase in self.phrases}
        self._by_start = {phrase.first: phrase for phrase in self.phrases}

    def _timed(self, parts: list[str]) -> str:
        """The tags with nouns of time as T, where no other noun follows, and full stops of abbreviations as ˙."""
        lower, last = self.sentence.lower, len(parts) - 1
        for i, word in enumerate(lower):
            if word in self._temporal and parts[i] in "nN":
                which = i > 0 and lower[i - 1] in _WHICH
                if which or i == last or parts[i + 1] not in "no-":
                    parts[i] = "T"
                if which:
                    parts[i - 1] = "j"
            elif parts[i] == "-" and not (self.sentence.glued(i) and self.sentence.glued(i + 1)):
                parts[i] = ","  # a dash
            elif word == "worth" and i and lower[i - 1] in ("net", "total"):
                parts[i] = "n"
            elif word == "." and 0 < i < last and parts[i - 1] == "N" and self.sentence.glued(i):
                parts[i] = "˙"
        return "".join(parts)

    def _compounded(self, tags: str) -> str:
        """The tags with adverbs and prepositions in a hyphenated word as parts of it: "long-term", "start-up"."""
        if "-" not in tags:
            return tags
        parts = list(tags)
        for match in _COMPOUND.finditer(tags):
            k = match.start()
            if self.sentence.glued(k) and self.sentence.glued(k + 1):
                parts[k - 1] = "j" if parts[k - 1] in "eicp→o&" else parts[k - 1]
                if parts[k + 1] in "eic":
                    parts[k + 1] = "n"
                elif parts[k + 1] in "vg" and self.sentence.tags[k + 1] == "n":
                    parts[k + 1] = "j"
        return "".join(parts)

    def _phrase(self, first: int, last: int) -> Phrase | None:
        tags, lower = self.tags, self.sentence.lower
        head = last - 1
        while head >= first and tags[head] not in "nN#·":
            head -= 1
        if head < first or tags[last : last + 1] == "T" or lower[head] in self._temporal:
            return None
        if (
            tags[head] == "#"
            and self.sentence.words[head].isdigit()
            and not any(t in "nN·" for t in tags[first:head])
        ):
            return None
        return Phrase(first, last if tags[last - 1] == "˙" else head + 1, head)

    def counted(self, j: int, *, several: bool) -> Phrase | None:
        """The noun phrase that begins at token j, as what a number before it counts.

        Of several, the first plural is the head: "12 people work", "95,000 criminal cases".
        """
        tags, lower = self.tags, self.sentence.lower
        head = -1
        k = j
        while k < len(tags) and k - j < _MAX_COUNTED:
            tag = tags[k]
            if tag in "nN#·T":
                head = k
                if several and self._is_plural(k) and not self._plural_follows(k):
                    break
            elif tag == "j":
                if head >= 0 and tags[k - 1] != "-" and not (several and not is_plural(lower[head])):
                    break
            elif tag in "vg" and k > j and tags[k - 1] == "-":
                pass
            elif tag in "g°º":
                if head >= 0:
                    break
            elif tag == "v":
                if (
                    head >= 0
                    or tags[k + 1 : k + 2] not in ("n", "N", "j")
                    or not lower[k].endswith(("ed", "en", "wn"))
                ):
                    break
            elif tag == "-":
                if k == j or not (self.sentence.glued(k) and self.sentence.glued(k + 1)):
                    break
            elif tag == '"':
                if head >= 0 or k > j + 1:
                    break
            elif tag == "'":
                if head < 0:
                    break
            elif tag == "&":
                before = tags[k - 1] if k > j else ""
                joins = before in ("n", "N", "j") and tags[k + 1 : k + 2] in ("n", "N", "j")
                if (
                    not (several and joins)
                    or (head >= 0 and is_plural(lower[head]))
                    or not self._plural_ahead(k + 1)
                ):
                    break
            elif not (
                tag == "e"
                and head < 0
                and (lower[k].endswith("ly") or lower[k] in ("more", "combined", "further"))
            ):
                break
            k += 1
        first = j
        while first < head and tags[first] in '"e':
            first += 1
        if head < 0 or (lower[head] in lexicon.words("phrases", "temporal") and tags[first] == "°"):
            return None
        if lower[first] in ("last", "next", "this") and lower[head] in lexicon.words("phrases", "temporal"):
            return None
        return Phrase(first, head + 1, head)

    def _is_plural(self, k: int) -> bool:
        if self.tags[k] == "n":
            return is_plural(self.sentence.lower[k])
        return self.tags[k] == "N" and is_known_plural(self.sentence.lower[k])

    def _plural_follows(self, k: int) -> bool:
        """Whether a plural noun and no verb follows: "sports teams", "Star Wars films"."""
        if self.tags[k + 1 : k + 2] not in ("n", "N"):
            return False
        lower = self.sentence.lower
        if self.tags[k] == "N" or lower[k] in lexicon.words("phrases", "plural_modifiers"):
            return any(is_plural(word) for word in lower[k + 1 : k + 2 + (self.tags[k + 2 : k + 3] == "n")])
        return is_plural(lower[k + 1]) and not look_up(lower[k + 1]).verb

    def _plural_ahead(self, k: int) -> bool:
        for i in range(k, min(k + 6, len(self.tags))):
            if self.tags[i] not in "nNj-" and self.tags[i - 1] != "-":
                return False
            if is_plural(self.sentence.lower[i]):
                return True
        return False

    def phrase_before(self, k: int) -> Phrase | None:
        """The noun phrase that ends before token k."""
        return self._by_end.get(k)

    def phrase_at(self, j: int) -> Phrase | None:
        """The noun phrase that begins at token j, with or without its article."""
        found = self._by_start.get(j)
        if found is None and self.tags[j : j + 1] in ("t", "a", "d"):
            found = self._by_start.get(j + 1)
        return found

    def nearest_before(self, k: int, limit: int = 14) -> Phrase | None:
        """The last noun phrase before token k with only verbs, times, prepositions and quantities between."""
        end = k
        while end > max(0, k - limit):
            phrase = self._by_end.get(end)
            if phrase is not None:
                return phrase
            before = self._without_adverbials(end)
            if before == end:
                if self.tags[end - 1] not in _PASSABLE or self.sentence.lower[end - 1] in self._clauses:
                    return None
                before -= 1
            end = before
        return self._by_end.get(end)

    def _without_adverbials(self, end: int) -> int:
        """Where the words before a token end, without adverbs, times and brackets."""
        match = _ADVERBIAL.match(self._reversed, len(self.tags) - end)
        return end if match is None else end - len(match[0])

    def chain(self, phrase: Phrase) -> list[Phrase]:
        """The phrase and those that it hangs on by prepositions, the outermost first: "damage" to "the sector"."""
        chain = [phrase]
        links = lexicon.words("phrases", "links")
        while len(chain) < 4:
            link = chain[0].first - 1
            if link < 1 or self.sentence.lower[link] not in links:
                break
            before = self._by_end.get(link)
            if before is None:
                break
            chain.insert(0, before)
        return chain

    def is_adjunct(self, chain: list[Phrase]) -> bool:
        """Whether a chain hangs on a verb by a preposition: "rebounded in Asia, rising to $42"."""
        link = chain[0].first - 1
        return link > 0 and self.tags[link] in "ib→" and self.tags[link - 1] in "vgeQ9!m"

    def subject(self, k: int) -> list[Phrase] | None:
        """The subject of the nearest verb before token k, with what hangs on it; None without one."""
        tags = self.tags
        position = k
        first = max(0, k - _SUBJECT_WINDOW)
        for _ in range(_MAX_VERBS):
            position = max(tags.rfind("v", first, position), tags.rfind("g", first, position))
            if position < 0 or tags.rfind(".", position, k) >= 0:
                return None
            while position and tags[position - 1] in "vge→":
                position -= 1
            if tags[position] == "g":
                phrase = self._doer(position)
                if phrase is not None:
                    return [phrase]
            if tags[position] in "g→":
                continue
            chain = self._before_verb(position)
            if chain is not None:
                return chain
        return None

    def _doer(self, participle: int) -> Phrase | None:
        """The phrase straight before a participle that belongs to it: "people earning $5", not "the best paying"."""
        phrase = self._by_end.get(participle)
        if phrase is None or look_up(self.sentence.lower[phrase.head]).adjective:
            return None
        where = phrase.first and self.sentence.lower[phrase.first - 1] in ("in", "on", "at", "during", "over")
        return None if where else phrase

    def _before_verb(self, verb: int) -> list[Phrase] | None:
        """The subject that ends before a verb, but for adverbials, a relative pronoun or an apposition."""
        end = self._without_adverbials(verb)
        if end and (self.tags[end - 1] == "r" or self.sentence.lower[end - 1] == "that"):
            end -= 1
            end -= end > 0 and self.tags[end - 1] == ","
            phrase = self._by_end.get(self._without_adverbials(end))
            return None if phrase is None else self.chain(phrase)
        if end and self.tags[end - 1] == ",":
            comma = self.tags.rfind(",", max(0, end - _APPOSITION), end - 1)
            start = self._without_adverbials(comma) if comma > 0 else 0
            chain = self._chain_before(start)
            if chain is not None and "." not in self.tags[comma:end]:
                return chain
            end -= 1
        return self._chain_before(end)

    def _chain_before(self, end: int) -> list[Phrase] | None:
        """The phrase that ends before a token with those it hangs on, unless all are an adjunct."""
        phrase = self._by_end.get(end)
        if phrase is None:
            return None
        chain = self.chain(phrase)
        link = chain[0].first - 1
        if link >= 0 and self.sentence.lower[link] in self._prepositions:
            return self._chain_before(link - 1) if link and self.tags[link - 1] == "g" else None
        return self._coordinated(chain)

    def _coordinated(self, chain: list[Phrase]) -> list[Phrase]:
        """A subject with the phrase that "and" joins it to: "fats and oils"."""
        first = chain[0].first
        left = self._by_end.get(first - 1) if first > 1 and self.tags[first - 1] == "&" else None
        if left is None or (left.first and self.tags[left.first - 1] not in '.,:c"'):
            return chain
        return [Phrase(left.first, chain[0].last, chain[0].head), *chain[1:]]

    def named(self, chain: list[Phrase]) -> str:
        """The words of the first phrase of a chain, and of the second in a name: "Port of Los Angeles"."""
        first = chain[0]
        last = first.last
        if (
            len(chain) > 1
            and self.tags[last] == "o"
            and self.tags[first.head] == self.tags[chain[1].head] == "N"
            and not (first.head == 0 and look_up(self.sentence.lower[0]).noun)
        ):
            last = chain[1].last
        return self.text(first, last)

    def text(self, phrase: Phrase, last: int) -> str:
        """The words of a phrase up to a token, without its article."""
        first = phrase.first + (self.tags[phrase.first] in "atd" and phrase.first < phrase.head)
        return self.sentence.phrase(first, last)

    def entity(self, phrase: Phrase, last: int) -> Entity:
        """A phrase as an entity, its words up to a token."""
        sentence = self.sentence
        text = self.text(phrase, last)
        word = sentence.words[phrase.head]
        head = singular(word)
        opens = phrase.head == 0 and look_up(word.lower()).noun and not word.isupper()
        if self.tags[phrase.head] in "N#·" and head == word.lower() and not opens:
            head = word
        before = self.text(phrase, phrase.head + 1)[: -len(word)]
        return Entity(text, before + head, head, phrase.last)


def _part_of_speech(word: str, tag: str, previous: str, following: str, after_plural: bool) -> str:
    """What a word is between its neighbours' tags: noun n, name N, adjective j, verb v, participle g, adverb e."""
    if tag == "N" and previous != ".":
        return "N"
    known = look_up(word)
    gerund = known.noun and (
        previous in "atdo"
        or (
            word.endswith("ing")
            and (following == "o" or previous == "j" or (previous == "." and following == "i"))
        )
    )
    if known.participle and not gerund:
        return (
            "j"
            if previous in (_BEFORE_PARTICIPLE if word.endswith("ed") else "atdQj&'") and following in "nNj"
            else "g"
            if word.endswith("ing") or previous in "v,"
            else "v"
        )
    if known.verb and not known.noun and not known.adjective:
        return "v"
    if previous == "e" and known.noun and word in lexicon.words("phrases", "past"):
        return "v"
    if previous == "Q" and (
        word in lexicon.words("phrases", "after_count")
        or (known.verb and following in "atdhQ" and word in lexicon.words("phrases", "past"))
    ):
        return "v"
    if known.verb and known.noun:
        if _is_verb(word, previous, following, after_plural):
            return "v"
        return "N" if tag == "N" else "n"
    if known.verb and previous in "nN#)" and following in "Qatd$h":
        return "v"
    if known.adjective and (not known.noun or (following in "nNj" and not word.endswith("s"))):
        return "j"
    if known.adverb and not known.noun:
        return "e"
    return "N" if tag == "N" else "n"


def _is_verb(word: str, previous: str, following: str, after_plural: bool) -> bool:
    """Whether a word that can be noun or verb is a verb between these tags."""
    if previous == "→":
        return not is_plural(word)
    if previous in "hvr" or (previous == "e" and following in "atQ@i"):
        return True
    if word in directions() and previous in "nN#·˙)jm," and following in "Qeb→≥←↔":
        return True
    if previous == "," and word.endswith("s"):
        return following in "Qatd"
    if previous not in "nN#·˙)":
        return False
    if following == "→" and word in lexicon.words("phrases", "before_infinitive"):
        return True
    if word in lexicon.words("phrases", "past"):
        return following in "atQd@$ehi→b≥.,←↔"
    if word in lexicon.words("phrases", "verbs"):
        return True
    if word.endswith("s"):
        return following in "atdQ@$eh≥c"
    return after_plural and following in "atdQ@$h↔←≥"


def entities_of(
    reading: Reading, quantities: Sequence[Quantity]
) -> dict[int, tuple[Entity | None, str | None]]:
    """What each quantity counts or measures and the subject of its clause, by the quantity's id.

    A gloss has those of what it repeats; where the words leave them out, a quantity has those of the one before.
    """
    found: dict[int, tuple[Entity | None, str | None]] = {}
    previous: Quantity | None = None
    counted: Quantity | None = None
    for quantity in quantities:
        main = quantity.gloss_of
        entity, subject = found[id(main)] if main is not None else entity_of(reading, quantity)
        named = entity is not None and reading.tags[entity.last - 1] not in "vgj"
        if counted is not None and not named and _bare(reading, quantity, counted):
            entity, subject = found[id(counted)]
        elif previous is not None and main is None and _elided(reading, quantity, entity, previous):
            known, whose = found[id(previous)]
            if quantity.kind == previous.kind and quantity.unit == previous.unit:
                entity, subject = known, whose
            elif subject is None:
                subject = known.text if whose is None and known is not None else whose
        found[id(quantity)] = entity, subject
        previous = quantity
        if quantity.kind == "count" and named:
            counted = quantity
    return found


def _bare(reading: Reading, quantity: Quantity, counted: Quantity) -> bool:
    """Whether a count leaves out its noun, which stands with the count before: "20 fouls, five of them late"."""
    first = quantity.outer_first
    if quantity.kind != "count" or first - counted.last > _FAR:
        return False
    return _compares(reading, first) or (
        reading.tags[first - 1] == "," and reading.tags[quantity.last : quantity.last + 1] in tuple("oibv")
    )


def _compares(reading: Reading, first: int) -> bool:
    """Whether the words before a number set it against the one before: "up from 20", "with an average of 20"."""
    lower = reading.sentence.lower
    if lower[first - 1] in ("of", "to"):
        return lower[first - 2] in lexicon.words("entities", "empty") or lower[first - 2] == "compared"
    return lower[first - 1] in lexicon.words("phrases", "compares")


def _elided(reading: Reading, quantity: Quantity, entity: Entity | None, previous: Quantity) -> bool:
    """Whether a quantity leaves out what the one before it says: "2,000 films, up from 1,500"."""
    first = quantity.outer_first
    between = reading.tags[previous.last : first]
    if reading.sentence.lower[first - 2 : first] in (["up", "from"], ["down", "from"]):
        return quantity.unit == previous.unit and (entity is None or entity.last <= first)
    if quantity.kind == "count" and not _compares(reading, first):
        return False
    if "v" in between or len(between) > _MAX_ELIDED:
        return False
    if entity is not None:
        close = between.endswith("←") and len(between) < _NEXT_TO
        return close and entity.last <= first and quantity.unit == previous.unit
    return True


def entity_of(reading: Reading, quantity: Quantity) -> tuple[Entity | None, str | None]:
    """What the quantity counts or measures, and the subject of its clause where that is something else."""
    right = _right(reading, quantity)
    subject = _governor(reading, quantity) or reading.subject(quantity.outer_first)
    if right is None and quantity.kind == "count":
        right = _became(reading, quantity)
    if right is not None:
        subject = _possessor(reading, quantity) or subject
        whose = _other(reading, subject, right[0].head) or _owner(reading, quantity, *right)
        return reading.entity(*right), whose
    measured = _measured(reading, quantity)
    if measured is None:
        bought = _spent_on(reading, quantity)
        entity = None if bought is None else reading.entity(bought, bought.last)
        return entity, _other(reading, subject, -1)
    phrase, last, owner = _split(reading, measured, quantity.outer_first)
    if owner is not None:
        return reading.entity(phrase, last), reading.text(owner, owner.last)
    return reading.entity(phrase, last), _other(reading, subject, phrase.head)


def _other(reading: Reading, subject: list[Phrase] | None, head: int) -> str | None:
    """The subject's words, unless it is the phrase with this head."""
    if subject is None:
        return None
    empty = reading.sentence.lower[subject[0].head] in lexicon.words("entities", "empty")
    told = subject[1:] if empty and len(subject) > 1 else subject
    return None if told[0].head == head else reading.named(told)


def _possessor(reading: Reading, quantity: Quantity) -> list[Phrase] | None:
    """Whose a thing is, or its name, straight before its measure: "Rome's 2-km wall", "the Rex 5kW heater", "Ann Lee (5 goals)"."""
    first = quantity.outer_first
    if reading.tags[first - 1 : first] in ("'", "("):
        phrase = reading.phrase_before(first - 1)
    elif quantity.kind == "count":
        return None
    else:
        phrase = reading.phrase_before(first)
        if phrase is not None and reading.tags[phrase.head] not in "N#":
            return None
    return None if phrase is None else [phrase]


def _owner(reading: Reading, quantity: Quantity, phrase: Phrase, last: int) -> str | None:
    """What follows a counted or measured thing by a preposition: "five members of the council"."""
    link = reading.sentence.lower[last : last + 1]
    owner = reading.phrase_at(last + 1)
    if owner is None or quantity.kind == "age" or link not in (["of"], ["in"], ["on"]):
        return None
    if link != ["of"] and (quantity.kind == "count" or reading.tags[owner.head] == "N"):
        return None  # where it is
    return reading.text(owner, owner.last)


def _measured(reading: Reading, quantity: Quantity) -> list[Phrase] | None:
    """The phrase before a quantity that it measures, with what hangs on it."""
    first = quantity.outer_first
    phrase = reading.nearest_before(first)
    if phrase is None or not _measures(reading, quantity, phrase):
        return None
    if "r" in reading.tags[phrase.last : first]:
        return [phrase]  # "Nissan, which is 43% owned by ..."
    after = reading.sentence.lower[phrase.last]
    if after in lexicon.words("entities", "measuring_participles") and reading.tags[phrase.head] != "N":
        return [phrase]
    if reading.tags[first - 1] in "&|" and phrase.last == first - 1:
        return None  # "3% in Rome and 5% in Nice"
    if reading.sentence.lower[phrase.head] in directions() and reading.tags[phrase.first - 1] != "o":
        return [phrase]  # "the case for a rise of 3%"
    if quantity.kind == "money" and phrase.last == first and reading.tags[phrase.first - 1] in "vg":
        return None  # "fined the club $5"
    if reading.tags[phrase.last] == "," and reading.tags[phrase.last + 1] in "ve":
        return reading.subject(first)  # "the index, last year's best, fell 2%"
    chain = reading.chain(phrase)
    if reading.is_adjunct(chain):
        if "v" in reading.tags[phrase.last : first] or "g" in reading.tags[phrase.last : first]:
            return reading.subject(first)
        if reading.tags[chain[0].first - 2] == "Q":
            return None  # "rose 3% in London to $42"
    return chain


def _split(reading: Reading, chain: list[Phrase], quantity: int) -> tuple[Phrase, int, Phrase | None]:
    """A chain of phrases as entity, its end, and its subject: "revenue" of "the firm".

    `quantity` is the first token of the quantity: "a storm with winds of 74 mph" tells the winds.
    """
    first = chain[0]
    if len(chain) == 2 and reading.tags[quantity - 1] == "o" and reading.sentence.lower[first.last] == "with":
        return chain[1], chain[1].last, first
    if len(chain) == 1:
        return first, first.last, None
    link = reading.sentence.lower[first.last]
    if (
        first.head < first.last
        and reading.sentence.lower[first.head] in lexicon.words("entities", "empty")
        and link == "of"
    ):
        return chain[1], chain[-1].last, None
    if link in lexicon.words("phrases", "owners"):
        return first, first.last, chain[1]
    return first, chain[-1].last, None


def _became(reading: Reading, quantity: Quantity) -> tuple[Phrase, int] | None:
    """What became of those who are counted and not named: "12 dead", "40 injured in a crash"."""
    j = quantity.last
    if reading.sentence.lower[j : j + 1] and reading.sentence.lower[j] in lexicon.words("phrases", "became"):
        return Phrase(j, j + 1, j), j + 1
    return None


def _attributive(quantity: Quantity) -> bool:
    """Whether a unit is in the singular after a number that isn't one: "a 30 year loan"."""
    unit = quantity.unit_text
    return unit is not None and quantity.value != 1 and not is_plural(unit.rpartition(" ")[2].lower())


def _spent_on(reading: Reading, quantity: Quantity) -> Phrase | None:
    """What money is paid or meant for: "paid $5m for the house", "spend $5m on schools"."""
    gloss = _GLOSS.match(reading.tags, quantity.last)
    j = quantity.last if gloss is None else gloss.end()
    if quantity.kind != "money" or reading.sentence.lower[j : j + 1] not in (["on"], ["for"]):
        return None
    if reading.tags[quantity.outer_first - 1] in "ib→←o":
        return None  # "closed at $10 on the news"
    return reading.phrase_at(j + 1)


def _measures(reading: Reading, quantity: Quantity, phrase: Phrase) -> bool:
    """Whether the phrase before a quantity is what it measures. A bare count needs one that tells a number."""
    if quantity.kind == "count":
        chain = reading.chain(phrase)
        return reading.sentence.lower[chain[0].head] in lexicon.words("entities", "totals")
    first = quantity.outer_first
    if quantity.kind == "duration":
        return reading.sentence.lower[first - 1 : first] in (["of"], ["lasted"], ["took"], ["lasting"])
    for k in range(phrase.last, first):
        if (
            reading.tags[k] in "vg"
            and reading.sentence.tags[k] != "v"
            and reading.sentence.lower[k] not in directions()
        ):
            return reading.sentence.lower[k] in lexicon.words("entities", "measuring_verbs")
        if (
            quantity.kind == "money"
            and reading.sentence.lower[k] in lexicon.words("changes", "collecting")
            and "v" not in reading.sentence.tags[k - 2 : k]
        ):
            return False
    return True


def _governor(reading: Reading, quantity: Quantity) -> list[Phrase] | None:
    """For a count, the phrase that it hangs on: "a survey of seven countries"."""
    first = quantity.outer_first
    if quantity.kind != "count" or reading.sentence.lower[first - 1 : first] not in (
        ["of"],
        ["with"],
        ["by"],
        ["at"],
        ["in"],
    ):
        return None
    phrase = reading.phrase_before(first - 1)
    return None if phrase is None else reading.chain(phrase)


def _right(reading: Reading, quantity: Quantity) -> tuple[Phrase, int] | None:
    """What follows a quantity and is counted or measured by it, and where it ends."""
    j = quantity.last
    tags, lower = reading.tags, reading.sentence.lower
    if j >= len(tags):
        return None
    if tags[j] == "-" and lower[j + 1 : j + 2] in (["long"], ["strong"], ["odd"], ["plus"]):
        j += 2
    elif quantity.hyphenated and tags[j] == "-":
        j += 1
        if quantity.kind == "count" and tags[j : j + 1] in ("n", "N", "T"):
            return Phrase(j, j + 1, j), j + 1
    gloss = _GLOSS.match(tags, j)
    if gloss is not None:
        j = gloss.end()
    if j >= len(tags):
        return None
    if lower[j : j + 2] == ["worth", "of"]:
        phrase = reading.phrase_at(j + 2)
        return None if phrase is None else (phrase, phrase.last)
    if lower[j] == "off" and quantity.kind in ("money", "share"):
        phrase = reading.phrase_at(j + 1)
        return None if phrase is None else (phrase, phrase.last)
    elif tags[j : j + 1] == "o" or (quantity.kind == "money" and lower[j : j + 1] == ["in"]):
        if quantity.kind == "count":
            partitive = _PARTITIVE.match(tags, j)
            inner = partitive.end() if partitive is not None else j
            counted = reading.counted(inner, several=True)
            return None if counted is None else (counted, counted.last)
        phrase = reading.phrase_at(j + 1)
        if phrase is None or (quantity.kind == "duration" and look_up(lower[phrase.first]).participle):
            return None  # "within 24 hours of taking office"
        if tags[j] != "o" and tags[phrase.head] == "N":
            return None  # "$5m in London"
        return phrase, phrase.last
    elif quantity.unit == "fraction" and tags[j : j + 1] in ("t", "d", "a"):
        phrase = reading.phrase_at(j)
        return None if phrase is None else (phrase, phrase.last)
    if quantity.kind == "duration" and not quantity.hyphenated and not _attributive(quantity):
        return None
    several = quantity.kind == "count" and quantity.value != 1 and not quantity.hyphenated
    if quantity.kind != "count" and tags[j : j + 1] == "g" and not quantity.hyphenated:
        return None  # "15% requiring action"
    counted = reading.counted(j, several=several)
    if counted is None or (
        quantity.kind != "count" and lower[counted.head] in lexicon.words("phrases", "temporal")
    ):
        return None  # "grew 0.3% quarter on quarter"
    return counted, counted.last
