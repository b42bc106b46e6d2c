"""What a quantity counts or measures, and whom or what its clause is about, from the noun phrases around it."""

from __future__ import annotations

import re
from dataclasses import dataclass, replace
from functools import cache
from itertools import pairwise
from typing import TYPE_CHECKING

from pipeline import lexicon
from pipeline.extraction.combinations import directions
from pipeline.extraction.noun_phrases import Phrase, Reading
from pipeline.extraction.parts_of_speech import is_plural, look_up, singular

if TYPE_CHECKING:
    from collections.abc import Sequence

    from pipeline.extraction.quantity import Quantity

_PARTITIVE = re.compile(r"o(?:[atd]?(?:[jnN]{1,4}')?[jn°]?Q+|[atd]?)")
_GLOSS = re.compile(r"\([^)]{0,4}Q+\)")
# Ages behind those whose they are, and how many words stand before their last number.
_AGES_AFTER = frozenset(["age_aged", "age_group"])
_AGE_WORDS = 6
_MAX_ELIDED = 12
_MAX_SHARED = 8
_NEXT_TO = 5
_FAR = 25


@dataclass(frozen=True, slots=True)
class Entity:
    """What is counted or measured: as written, with the head in the singular, the head alone, and its last token."""

    text: str
    lemma: str
    head: str
    last: int


def _entity(reading: Reading, phrase: Phrase, last: int) -> Entity:
    """A phrase as an entity, its words up to a token."""
    sentence = reading.sentence
    text = reading.text(phrase, last)
    word = sentence.words[phrase.head]
    head = singular(word)
    opens = phrase.head == 0 and look_up(word.lower()).noun and not word.isupper()
    if reading.tags[phrase.head] in "N#·" and head == word.lower() and not opens:
        head = word
    before = reading.text(phrase, phrase.head + 1)[: -len(word)]
    return Entity(text, before + head, head, phrase.last)


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
            levels = quantity.kind in ("share", "money", "measure")
            said_again = (levels and known is not None and known.last <= previous.first) or (
                _in_other_words(reading, quantity, previous)
            )
            if said_again or (quantity.kind == previous.kind and quantity.unit == previous.unit):
                entity, subject = known, whose
            elif subject is None and quantity.kind != "age":
                subject = known.text if whose is None and known is not None else whose
        found[id(quantity)] = entity, subject
        previous = quantity
        if quantity.kind == "count" and entity is not None and named and entity.last > quantity.first:
            counted = quantity
    for one, following in pairwise(quantities):
        entity, subject = found[id(one)]
        if one.kind == following.kind == "count" and _shares_noun(reading, one, following):
            found[id(one)] = entity or found[id(following)][0], subject
        elif following.rule in _AGES_AFTER and entity is not None:
            found[id(one)] = _limited_by_age(reading, entity, following), subject
    return found


def _limited_by_age(reading: Reading, entity: Entity, age: Quantity) -> Entity:
    """An entity with the age that limits it straight after it: "14% of people aged 18 to 34"."""
    if _begins_age(reading, age) != entity.last:
        return entity
    return replace(entity, text=f"{entity.text} {reading.sentence.phrase(entity.last, age.last)}")


def _begins_age(reading: Reading, age: Quantity) -> int:
    """Where the words of an age begin, with "aged" or the bound before its number: "aged between 18 and 34"."""
    lower, first = reading.sentence.lower, age.outer_first
    for k in range(first, max(0, first - _AGE_WORDS), -1):
        if lower[k] == "aged":
            return k
    return first


def _whose_age(reading: Reading, age: Quantity) -> Phrase | None:
    """Whom "aged 30" or "under 30" stands behind, or of whom the clause tells: "a man aged 30", "she died aged 70"."""
    first = _begins_age(reading, age)
    if reading.before(first)[0] == "d":
        return None  # "those aged 22"
    apart = reading.before(first)[0] == ","
    phrase = reading.phrase_before(first - apart)
    if phrase is not None and (apart or _is_of_people(reading, phrase)):
        return phrase
    subject = reading.subject(first)
    return None if subject is None else subject[0]


def _is_of_people(reading: Reading, phrase: Phrase) -> bool:
    """Whether the head of a phrase tells of people, as far as a list of them, a name or a plural shows."""
    word = reading.sentence.lower[phrase.head]
    known = word in lexicon.words("ages", "people") or word in lexicon.words("ages", "one")
    cause = reading.before(phrase.first)[0] in ("o", "i") and reading.tags[phrase.first - 2] in "vg"
    return known or (not cause and (reading.tags[phrase.head] == "N" or is_plural(word)))


def _shares_noun(reading: Reading, bare: Quantity, quantity: Quantity) -> bool:
    """Whether a bare count has its noun with the count after it: "12 and 11 players"."""
    return (
        bare.last == quantity.first - 1 and reading.tags[bare.last] in "&|,→" and bare.style == quantity.style
    )


def _bare(reading: Reading, quantity: Quantity, counted: Quantity) -> bool:
    """Whether a count leaves out its noun, which stands with the count before: "20 fouls, five of them late"."""
    first = quantity.outer_first
    if quantity.kind != "count" or first - counted.last > _FAR:
        return False
    following = reading.tags[quantity.last : quantity.last + 1]
    between = reading.tags[counted.last : first]
    acts = between[-2:] in ("&v", "&g") and following in (
        "",
        ".",
        ",",
        "i",
    )  # "killing 20 people and injuring 40"
    return acts or _compares(reading, first) or (between[-1:] == "," and following in tuple("oibv"))


def _compares(reading: Reading, first: int) -> bool:
    """Whether the words before a number set it against the one before: "up from 20", "with an average of 20"."""
    lower = reading.sentence.lower
    if first > 1 and lower[first - 1] in ("of", "to"):
        return lower[first - 2] in lexicon.words("entities", "empty") or lower[first - 2] == "compared"
    return lower[first - 1] in lexicon.words("phrases", "compares")


def _in_other_words(reading: Reading, quantity: Quantity, previous: Quantity) -> bool:
    """Whether a quantity says in another unit what stands before it: "60% of the area, or 5,000 acres"."""
    return (
        reading.before(quantity.outer_first)[1] == "or"
        and previous.kind != "count"
        and quantity.unit != previous.unit
        and "v" not in reading.tags[previous.last : quantity.outer_first]
    )


def _elided(reading: Reading, quantity: Quantity, entity: Entity | None, previous: Quantity) -> bool:
    """Whether a quantity leaves out what the one before it says: "2,000 films, up from 1,500"."""
    first = quantity.outer_first
    between = reading.tags[previous.last : first]
    if reading.sentence.lower[first - 2 : first] in (["up", "from"], ["down", "from"]):
        return quantity.unit == previous.unit and (entity is None or entity.last <= first)
    if quantity.kind == "count" and not _compares(reading, first):
        return False
    if len(between) > _MAX_ELIDED or reading.clause_begins(previous.last, first):
        return False
    if "v" in between:
        shared = quantity.kind == previous.kind == "share" and entity is None and between[-1] in ",&"
        return shared and reading.tags[quantity.last : quantity.last + 1] in ("i", "b", "v")
    if entity is not None:
        close = between.endswith("←") and len(between) < _NEXT_TO
        return close and entity.last <= first and quantity.unit == previous.unit
    return True


def entity_of(reading: Reading, quantity: Quantity) -> tuple[Entity | None, str | None]:
    """What the quantity counts or measures, and the subject of its clause where that is something else."""
    if quantity.rule in _AGES_AFTER:
        person = _whose_age(reading, quantity)
        return None if person is None else _entity(reading, person, person.last), None
    right = _right(reading, quantity)
    if right is None and quantity.kind == "count":
        right = _became(reading, quantity)
    if right is not None and _begins_clause(reading, quantity, right[1]):
        return _entity(reading, *right), None
    alone = right is None and quantity.kind == "share" and reading.sentence.lower[0] not in ("of", "among")
    if alone and _begins_clause(reading, quantity, quantity.last):
        return None, None  # "40% agreed and 17% did not", but "of all men, 17% did not"
    subject = _governor(reading, quantity) or reading.subject(quantity.outer_first)
    if right is not None:
        subject = _possessor(reading, quantity) or subject
        changed = _changed(reading, quantity, *right)
        whose = changed or _other(reading, subject, right[0].head) or _owner(reading, quantity, *right)
        return _entity(reading, *right), None if quantity.kind == "age" else whose
    measured = _measured(reading, quantity)
    if measured is None:
        bought = _spent_on(reading, quantity)
        entity = None if bought is None else _entity(reading, bought, bought.last)
        return entity, _other(reading, subject, -1)
    phrase, last, whole = _split(reading, measured, quantity.outer_first)
    entity = _entity(reading, phrase, last)
    if _is_gapped(reading, quantity, phrase):
        return entity, None
    if quantity.kind == "age" and entity.head != "age":
        return entity, None
    if whole is not None:
        return entity, reading.text(whole, whole.last)
    if _has_participle(reading, phrase) and reading.before(phrase.first)[0] == "o":
        return entity, None  # "it has a choice of pens priced at $5"
    return entity, _other(reading, subject, phrase.head)


def _is_gapped(reading: Reading, quantity: Quantity, phrase: Phrase) -> bool:
    """Whether a phrase and its measure share the verb of a measure before: "wheat rose 3%, barley 2%"."""
    joined = reading.tags[: phrase.first].rstrip(",&")
    return (
        joined.endswith("Q")
        and len(joined) < phrase.first
        and reading.tags[phrase.last : quantity.outer_first] in ("", "b", "↔")
    )


def _begins_clause(reading: Reading, quantity: Quantity, last: int) -> bool:
    """Whether what is counted is the subject of a clause: "he left, and eight others stayed", "it shows 5% of men smoke".

    `last` is where it ends.
    """
    before, word = reading.before(quantity.outer_first)
    begins = before in ",&c:" and word != "out" and quantity.kind in ("count", "share")
    told = before == "v" and word in lexicon.words("entities", "finding")
    acts = reading.tags[last : last + 1] == "v"
    return acts and (begins or (told and not look_up(reading.sentence.lower[last]).participle))


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


def _changed(reading: Reading, quantity: Quantity, change: Phrase, last: int) -> str | None:
    """What a rise or fall is one of: "a 3% rise in profits", "a 3% fall for the bank", not where it is."""
    link = reading.sentence.lower[last : last + 1]
    changed = reading.phrase_at(last + 1)
    if changed is None or reading.sentence.lower[change.head] not in directions():
        return None
    if link != ["for"]:
        return _owner(reading, quantity, change, last)
    if quantity.kind == "count" or reading.text(changed, changed.last) in _feasts():
        return None
    return reading.text(changed, changed.last)


@cache
def _feasts() -> frozenset[str]:
    """Feasts, which after "for" say when: "a 3% rise for Christmas"."""
    return frozenset(lexicon.read("times")["undated"]["feasts"])


def _owner(reading: Reading, quantity: Quantity, phrase: Phrase, last: int) -> str | None:
    """What follows a counted or measured thing by a preposition: "five members of the council"."""
    link = reading.sentence.lower[last : last + 1]
    owner = reading.phrase_at(last + 1)
    if owner is None or quantity.kind == "age" or link not in (["of"], ["in"], ["on"]):
        return None
    if link != ["of"] and (quantity.kind == "count" or _is_where(reading, owner)):
        return None
    return reading.text(owner, owner.last)


def _is_where(reading: Reading, owner: Phrase) -> bool:
    """Whether a name after "in" or "on" may be a place: "in Leeds", not "in the region's GDP" or "in GDP"."""
    word = reading.sentence.words[owner.head]
    owned = "'" in reading.tags[owner.first : owner.head]
    known = word in lexicon.words("entities", "short_places")
    return reading.tags[owner.head] == "N" and not owned and (known or not word.isupper())


def _measured(reading: Reading, quantity: Quantity) -> list[Phrase] | None:
    """The phrase before a quantity that it measures, with what hangs on it."""
    first = quantity.outer_first
    phrase = reading.nearest_before(_outside_adjectives(reading, quantity))
    if phrase is None or not _measures(reading, quantity, phrase):
        return None
    if quantity.kind == "age":
        return _aged(reading, phrase, quantity)
    if "r" in reading.tags[phrase.last : first]:
        return [phrase]  # "Brenvik, which is 30% owned by ..."
    if _has_participle(reading, phrase):
        return [phrase]
    if reading.tags[first - 1] in "&|" and phrase.last == first - 1:
        return None  # "3% in Rome and 5% in Nice"
    if ",g" in reading.tags[phrase.last : first]:
        return reading.subject(first) or reading.chain(phrase)  # "it gained ground, reaching $5"
    if reading.sentence.lower[phrase.head] in directions() and reading.before(phrase.first)[0] != "o":
        return [phrase]  # "the case for a rise of 3%"
    between = reading.tags[phrase.last : first]
    link, word = reading.before(phrase.first)
    if between == "i" and reading.sentence.lower[first - 1] == "with" and word == "to":
        return reading.subject(first)  # "the film fell two places to third position with $7m"
    if word == "with" and "v" not in between and between != "o":
        return [phrase]  # "with sales down 3%"
    if quantity.kind == "money" and phrase.last == first and link in "vg":
        costs = word in ("cost", "costs", "costing")
        return reading.subject(first) if costs else None  # "fined the club $5"
    if "v" in between and reading.doer_before(phrase) is not None:
        return reading.subject(first)
    if reading.tags[phrase.last] == "," and reading.tags[phrase.last + 1] in "ve":
        return reading.subject(first)  # "the index, last year's best, fell 2%"
    chain = reading.chain(phrase)
    if reading.before(chain[0].first)[1] == "by" and reading.sentence.lower[phrase.last] == "for":
        return reading.subject(first)  # "the mill, bought in May by the bank of Leeds for $5"
    if not between.startswith("o") and reading.is_adjunct(chain):
        if reading.tags[chain[0].first - 2] == "Q" and not set(between) & set("vg"):
            return None  # "rose 3% in London to $42"
        if reading.tags[phrase.last] == "v" or reading.sentence.lower[phrase.last] not in directions():
            return reading.subject(first)  # and not "it comes on sales up 3%"
    return chain


def _has_participle(reading: Reading, phrase: Phrase) -> bool:
    """Whether the measure of a thing belongs to it alone: "pens priced at $5"."""
    after = reading.sentence.lower[phrase.last + (reading.tags[phrase.last] == ",")]
    return after in lexicon.words("entities", "measuring_participles") and reading.tags[phrase.head] != "N"


def _outside_adjectives(reading: Reading, quantity: Quantity) -> int:
    """Where a rate or an amount begins with its article and adjectives: "grew a modest 3%"."""
    first = start = quantity.outer_first
    while start and reading.tags[start - 1] == "j":
        start -= 1
    bare = start == first or reading.before(start)[0] != "a" or quantity.kind not in ("share", "money")
    return first if bare else start - 1


def _aged(reading: Reading, phrase: Phrase, quantity: Quantity) -> list[Phrase] | None:
    """Who is of an age: "Ann Lee, 60", "Ann Lee is 60", "children 6 years old"; or "at the age of 60"."""
    between = reading.tags[phrase.last : quantity.outer_first]
    if "v" in between:
        return reading.chain(phrase)
    old = not between and reading.sentence.lower[quantity.last - 1] == "old"
    told = old or between in (",", "(") or reading.sentence.lower[phrase.head] in ("age", "ages")
    return [phrase] if told else None


def _split(reading: Reading, chain: list[Phrase], quantity: int) -> tuple[Phrase, int, Phrase | None]:
    """A chain of phrases as entity, its end, and its subject: "revenue" of "the firm".

    `quantity` is the first token of the quantity: "a storm with winds of 74 mph" tells the winds.
    """
    first = chain[0]
    if len(chain) > 1 and reading.tags[quantity - 1] == "o":
        brings = reading.sentence.lower[chain[-2].last : chain[-2].last + 2]
        if brings[0] == "with" or (len(chain) == 2 and brings in (["at", "a"], ["at", "an"])):
            return chain[-1], chain[-1].last, first
    if len(chain) == 1:
        return first, first.last, None
    link = reading.sentence.lower[first.last]
    if (
        first.head < first.last
        and reading.sentence.lower[first.head] in lexicon.words("entities", "empty")
        and link == "of"
    ):
        named = len(chain) == 3 and reading.tags[chain[2].head] == "N"
        if named and reading.sentence.lower[chain[1].last] in lexicon.words("phrases", "owners"):
            return chain[1], chain[1].last, chain[2]  # "the number of pupils in Leeds"
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
    if reading.before(quantity.outer_first)[0] in "ib→←o":
        return None  # "closed at $10 on the news"
    return reading.phrase_at(j + 1)


def _measures(reading: Reading, quantity: Quantity, phrase: Phrase) -> bool:
    """Whether the phrase before a quantity is what it measures. A bare count needs one that tells a number."""
    if quantity.kind == "count":
        told = reading.sentence.lower[reading.chain(phrase)[0].head]
        return told in lexicon.words("entities", "totals") or _numbers(reading, quantity, phrase, told)
    first = quantity.outer_first
    if quantity.kind == "duration":
        return reading.sentence.lower[first - 1 : first] in (["of"], ["lasted"], ["took"], ["lasting"])
    for k in range(phrase.last, first):
        acts = reading.tags[k] in "vg" and reading.sentence.tags[k] != "v"
        straight = k + 1 == first and quantity.kind in ("share", "money")
        if acts and not _means_a_level(reading.sentence.lower[k], straight):
            return False
        if (
            quantity.kind == "money"
            and reading.sentence.lower[k] in lexicon.words("changes", "collecting")
            and "v" not in reading.sentence.tags[k - 2 : k]
        ):
            return False
    return True


def _numbers(reading: Reading, quantity: Quantity, phrase: Phrase, head: str) -> bool:
    """Whether several things rose or fell to a bare number, which is then theirs: "visitors fell to 500"."""
    between = reading.sentence.lower[phrase.last : quantity.outer_first]
    moved = (
        any(word in directions() for word in between)
        and "v" in reading.tags[phrase.last : quantity.outer_first]
    )
    return moved and is_plural(head) and head not in lexicon.words("entities", "not_numbers")


def _means_a_level(verb: str, straight: bool) -> bool:
    """Whether a verb sets a level or changes it. `straight`: an amount follows, as in "put $5m" and not "put at $5m"."""
    if straight and verb in lexicon.words("entities", "agentive"):
        return False
    return verb in directions() or verb in lexicon.words("entities", "measuring_verbs")


def _governor(reading: Reading, quantity: Quantity) -> list[Phrase] | None:
    """For a count, the phrase that it hangs on: "a survey of seven countries"."""
    first = quantity.outer_first
    link = reading.before(first)[1]
    if quantity.kind != "count" or link not in ("of", "with", "by", "at", "in"):
        return None
    phrase = reading.phrase_before(first - 1)
    if phrase is None or (link in ("in", "at") and reading.is_object(phrase)):
        return None  # "lost power in five states"
    return [phrase] if link == "of" else reading.chain(phrase)


def _past_attributive(reading: Reading, quantity: Quantity, j: int) -> int:
    """Where the noun begins that a measure shares with the measure after it: "a 5 kW 12 kg heater"."""
    if quantity.kind != "measure" or not _attributive(quantity):
        return j
    k = j
    while reading.tags[k : k + 1] == "Q" and k - j < _MAX_SHARED:
        k += 1
        if reading.tags[k : k + 3] == "-nn":
            k += 2  # "a 2-litre four-cylinder engine"
    return k if reading.tags[k : k + 1] in ("n", "N", "j", "#") else j


def _acts(reading: Reading, quantity: Quantity, j: int) -> bool:
    """Whether the word after a measure says what something does: "15 ppb requiring action", not "a $5m building fund"."""
    word = reading.sentence.lower[j]
    within = reading.before(quantity.outer_first)[0] in "atd'"
    return reading.tags[j] == "g" or (word.endswith("ing") and look_up(word).participle and not within)


def _is_elsewhere(reading: Reading, j: int, phrase: Phrase) -> bool:
    """Whether what follows money and "in" is no money: "$5m in London", "in the spring", "in exchange for"."""
    begins = reading.tags[j] in "atd" or reading.tags[phrase.head] == "N"
    return begins or reading.sentence.lower[phrase.head] in lexicon.words("entities", "in_exchange")


def _those_of_an_age(reading: Reading, j: int) -> Phrase | None:
    """Persons told by their age at token j: "17% of 18 to 24 year olds"."""
    last = j
    while reading.tags[last : last + 1] == "Q":
        last += 1
    return Phrase(j, last, last - 1) if reading.sentence.lower[last - 1] in ("olds", "teens") else None


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
    as_many = quantity.kind == "ratio" and lower[j : j + 2] in (["as", "many"], ["as", "much"])
    if as_many or lower[j : j + 2] == ["worth", "of"]:
        phrase = reading.phrase_at(j + 2)
        return None if phrase is None else (phrase, phrase.last)
    verb = reading.before(quantity.outer_first)[1]
    taken = lower[j] == "from" and verb in lexicon.words("phrases", "removals")
    if (lower[j] == "off" or taken) and quantity.kind in ("money", "share"):
        phrase = reading.phrase_at(j + 1)
        return None if phrase is None else (phrase, phrase.last)
    elif tags[j : j + 1] == "o" or (quantity.kind == "money" and lower[j : j + 1] == ["in"]):
        if quantity.kind == "count":
            partitive = _PARTITIVE.match(tags, j)
            inner = partitive.end() if partitive is not None else j
            counted = reading.counted(inner, several=True)
            return None if counted is None else (counted, counted.last)
        phrase = reading.phrase_at(j + 1) or _those_of_an_age(reading, j + 1)
        if phrase is None or (quantity.kind == "duration" and look_up(lower[phrase.first]).participle):
            return None  # "within 30 hours of leaving port"
        if tags[j] != "o" and _is_elsewhere(reading, j + 1, phrase):
            return None
        return phrase, phrase.last
    elif quantity.unit == "fraction" and tags[j : j + 1] in ("t", "d", "a"):
        phrase = reading.phrase_at(j)
        return None if phrase is None else (phrase, phrase.last)
    if quantity.kind == "duration" and not quantity.hyphenated and not _attributive(quantity):
        return None
    if quantity.kind == "age" and lower[quantity.last - 1] == "olds":
        return None
    if quantity.kind == "measure" and _attributive(quantity) and tags[j + 1 : j + 2] in ("n", "N", "j"):
        j += lower[j] in lexicon.words("phrases", "dimensions")  # "a 20 metre high wall"
    j = _past_attributive(reading, quantity, j)
    several = quantity.kind == "count" and quantity.value != 1 and not quantity.hyphenated
    if quantity.kind != "count" and not quantity.hyphenated and _acts(reading, quantity, j):
        return None  # "2% rising to"
    counted = reading.counted(j, several=several)
    if counted is None or (
        quantity.kind != "count" and lower[counted.head] in lexicon.words("phrases", "temporal")
    ):
        return None  # "grew 0.3% quarter on quarter"
    describes = quantity.kind == "measure" and counted.last == j + 1 and look_up(lower[j]).adjective
    if describes and is_plural(lower[quantity.last - 1]):
        return None  # "six points clear"
    return counted, counted.last
