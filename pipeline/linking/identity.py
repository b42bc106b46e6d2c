"""What a claim says about which figure it is a mention of.

A figure's identity is what is counted or measured, of whom, where, in which dimension or currency, over which
period, as a level or a change, at which stage of money: never its value, its speaker or the day it was said.
`identify` reads these from a claim's row, for `pipeline.linking.comparison` to set side by side.
"""

from __future__ import annotations

import math
import re
from collections import deque
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import date

from pipeline.linking import wording
from pipeline.linking.precision import DIGITS_OF_A_FLOAT, Interval, Quantity, significant_digits
from pipeline.linking.vocabulary import NUMBER_IN_TEXT, Vocabulary, stem, words

Row = Mapping[str, object]

# How much a word says: a name twice what another word does, a common word or a country half of its kind.
NAME_WEIGHT, WORD_WEIGHT, COMMON = 2.0, 1.0, 0.5
# A time of at most this many days is the day of the report, not the period that a figure covers.
LONGEST_DAY = 7
# Characters before and after a quantity that are read: longer "sentences" are tables or hostile.
LONGEST_SENTENCE = 400
# A clause of so few words, such as "and 3 civilians", shares the verb of the one before it.
LONGEST_ELLIPSIS = 6
# Characters that the end of a clause counts for when the nearest word is looked for.
ACROSS = 40
# Farther than any word of a clause is from its number, in characters.
FAR = 10_000
# Units of a share, in what they compare in, and how much of that they are.
PARTS_OF_A_WHOLE = {"fraction": ("percent", 100.0), "basis_point": ("percentage_point", 0.01)}
IN_SI = ("measure", "duration", "temperature", "age")

# What stands before the names and the numbers of a topic.
NAME_MARK, NUMBER_MARK = "@", "#"

DIGITS = re.compile(r"\d[\d,.]*")
YEAR = re.compile(r"(?:19|20)\d\d")
SINCE = re.compile(r"\b(?:since|from)\b", re.IGNORECASE)


@dataclass(frozen=True, slots=True)
class Period:
    """The time that a figure covers: open at the end if it counts on "since" a day."""

    start: date
    end: date
    cumulative: bool


@dataclass(frozen=True, slots=True)
class Identity:
    """What one claim says of its figure's identity, together with its number."""

    claim_id: str
    passage_id: str
    document_id: str
    sentence: str
    template: str
    dimension: str
    unit: str | None
    quantity: Quantity
    anchor: float | None
    start: float | None
    near: Interval
    interval: Interval
    head: str | None
    counted: bool
    person: str
    classes: frozenset[str]
    modifiers: frozenset[str]
    entity_names: frozenset[str]
    names: frozenset[str]
    beside: frozenset[str]
    place: frozenset[str]
    contrasts: tuple[tuple[str, str], ...]
    kinds: tuple[tuple[str, str], ...]
    exclusive: tuple[tuple[str, str], ...]
    told: frozenset[str]
    direction: int
    part: bool
    known: bool
    at: frozenset[str]
    months: frozenset[str]
    years: frozenset[str]
    clause: frozenset[str]
    replaced: str
    source: str
    mode: str
    per: str
    day: date | None
    night: date | None
    event_day: date | None
    period: Period | None
    change: str
    modality: str
    instance: bool
    corrects: bool
    updates: bool
    another: bool
    increment: bool
    earlier: bool
    subject: frozenset[str]
    weights: Mapping[str, float]
    topic: frozenset[str]
    digits: frozenset[str]
    spelled: frozenset[str]


def identify(row: Row, vocabulary: Vocabulary, topic: frozenset[str] = frozenset()) -> Identity:
    """Identity of a claim, from a row of claims joined with its normalised columns.

    `topic` holds the words of the rest of its passage, as `said_in` gives them.
    """
    sentence = _text(row, "sentence")
    entity, subject = _text(row, "entity"), _text(row, "subject")
    before, after = around(row)
    near = f"{before}{_text(row, 'exact')}{after}"
    clause = wording.clause(before, after)
    dimension, unit, quantity = measured(row)
    head = _head(row, vocabulary)
    source_words = {w.lower() for w in words(_text(row, "source"))}
    entity_names = vocabulary.find_names(entity if sentence.startswith(entity) else f"of {entity}")
    lower_case = (w for w in words(entity) if w.islower())
    little = vocabulary.general_heads | {head}
    modifiers = frozenset(w for w in vocabulary.content(lower_case) if w not in little) | entity_names
    spoken_by = vocabulary.find_names(f"by {_text(row, 'source')}") | {
        vocabulary.concept(w) for w in source_words
    }
    names = vocabulary.find_names(near) | vocabulary.find_names(subject)
    spoken = words(near)
    lower = (w.lower() for n, w in enumerate(spoken) if w.islower() or n == 0)
    context = frozenset(vocabulary.content(lower)) - names
    weights = dict.fromkeys(modifiers | context, WORD_WEIGHT) | dict.fromkeys(
        names | entity_names, NAME_WEIGHT
    )
    # Who says it is not what it is about, unless it speaks of itself.
    little = vocabulary.common | spoken_by
    weights = {w: weight * COMMON if w in little else weight for w, weight in weights.items()}
    directly = wording.added(before)
    kinds, told = _kinds(entity, before, clause, _text(row, "kind"), vocabulary)
    change = _text(row, "change")
    is_change = change != "level" and row.get("to_value") is None
    return Identity(
        claim_id=_text(row, "claim_id"),
        passage_id=_text(row, "passage_id"),
        document_id=_text(row, "document_id"),
        sentence=sentence,
        template=NUMBER_IN_TEXT.sub("#", near),
        dimension=dimension,
        unit=unit,
        quantity=quantity,
        anchor=quantity.anchor,
        start=_start(row),
        near=quantity.near,
        interval=quantity.interval,
        head=head,
        counted=row.get("entity_head") is not None,
        person="general" if head in vocabulary.people else "special" if head in vocabulary.persons else "",
        classes=vocabulary.classes.get(stem(_text(row, "entity_head")) or head or "")
        or vocabulary.classes.get(head or "", frozenset()),
        modifiers=modifiers,
        entity_names=entity_names,
        names=(names | entity_names) - spoken_by,
        beside=(vocabulary.find_names(f"# {clause[0]} {_text(row, 'exact')} {clause[1]}") | entity_names)
        - spoken_by,
        place=vocabulary.find_names(f"in {_text(row, 'place')}"),
        contrasts=_contrasts(f"{entity} {subject}", vocabulary),
        kinds=kinds,
        exclusive=tuple((group, value) for group, value in kinds if group in vocabulary.exclusive),
        told=told,
        direction=_direction(row, before, near, vocabulary),
        source=" ".join(sorted(source_words)),
        part=not dimension.startswith("share") and wording.is_part(before, after),
        replaced=wording.replaced(before, after, vocabulary.movement(before) != 0),
        known=wording.is_known(before),
        at=vocabulary.find_names(wording.places(near)) - spoken_by,
        months=wording.months(near),
        years=wording.years(near),
        clause=frozenset(vocabulary.content(w.lower() for w in words(f"{clause[0]} # {clause[1]}"))),
        per=(unit or "").partition("/")[2] if dimension.startswith("money") else "",
        mode="rate"
        if dimension.startswith("money") and "/" in (unit or "")
        else _mode(near, f"{clause[0]}{_text(row, 'exact')}{clause[1]}", vocabulary),
        day=_day(row, "published"),
        night=_day(row, "published") if vocabulary.has_cue("night", near) else None,
        event_day=_event_day(row),
        period=_period(row),
        change=change if is_change else "level",
        modality=_modality(_text(row, "modality"), f"{clause[0]}#{clause[1]}", vocabulary),
        instance=head is not None and head in vocabulary.instances,
        corrects=vocabulary.has_cue("correction", near),
        updates=row.get("to_value") is not None
        or vocabulary.has_cue("update", near)
        or vocabulary.movement(before) != 0,
        earlier=(row.get("to_value") is None and vocabulary.is_earlier(before)) or wording.is_formerly(after),
        another=vocabulary.has_cue("another", f"{subject} ; {clause[0].removesuffix(directly)}"),
        increment=bool(directly) or wording.is_more(after),
        subject=(vocabulary.find_names(subject) | (said_in(subject, vocabulary) & names)) - spoken_by,
        weights=weights,
        topic=topic,
        digits=numbers_in(_text(row, "exact")),
        spelled=spelled(_text(row, "exact")),
    )


def said_in(text: str, vocabulary: Vocabulary) -> frozenset[str]:
    """The names and rarer words of a text that say what it is about, and its numbers but for small ones and years.

    Names that are no country stand there a second time, marked, and numbers are marked as such.
    """
    said = frozenset(vocabulary.content(w.lower() for w in words(text))) - vocabulary.common
    names = vocabulary.find_names(text)
    rare = names - vocabulary.common
    return names | frozenset(f"{NAME_MARK}{name}" for name in rare) | said | numbers_in(text)


def spelled(text: str) -> frozenset[str]:
    """The digits of the numbers in a text."""
    return frozenset(m.group().rstrip(".,").replace(",", "") for m in DIGITS.finditer(text))


def numbers_in(text: str) -> frozenset[str]:
    """The digits of the numbers in a text that are likely not to stand there by chance, each after a "#"."""
    found = (m.group().rstrip(".,").replace(",", "") for m in DIGITS.finditer(text))
    return frozenset(
        f"{NUMBER_MARK}{digits}" for digits in found if len(digits) > 1 and not YEAR.fullmatch(digits)
    )


def measured(row: Row) -> tuple[str, str | None, Quantity]:
    """The dimension of a claim (kind and unit), the unit that its values compare in, and its number there.

    Measures compare in SI units, shares in percent, money in its own currency. What rose or fell to a value is
    that value.
    """
    kind = _text(row, "kind")
    unit = None if row.get("unit") is None else str(row["unit"])
    ends_there = row.get("to_value") is not None
    numbers = [_number(row, "to_value"), None, None] if ends_there else _numbers(row, "value", "low", "high")
    if kind in IN_SI and row.get("si_unit") is not None:
        unit = str(row["si_unit"])
        factor = _number(row, "si_factor")
        if kind == "temperature" or not factor:
            numbers = _numbers(row, "si_value", "si_low", "si_high")
        else:
            # Not si_value, which has only the digits of its source: five years and six years would be one.
            numbers = [None if x is None else x * factor for x in numbers]
    if unit in PARTS_OF_A_WHOLE:
        unit, factor = PARTS_OF_A_WHOLE[unit]
        numbers = [None if x is None else round(x * factor, 10) for x in numbers]
    digits = row.get("significant_digits")
    value, low, high = numbers
    quantity = Quantity(value, low, high, _text(row, "modifier"), digits if isinstance(digits, int) else None)
    # A "six-year-old dispute" and one that has gone on for six years are measured alike.
    return f"{'duration' if kind == 'age' else kind}:{_compares_in(kind, unit)}", unit, quantity


def _compares_in(kind: str, unit: str | None) -> str:
    """The unit as far as words always say it: "$31 a share" is later said as "$31", the share being understood."""
    return (unit or "").partition("/")[0] if kind == "money" else unit or ""


def shown(row: Row) -> Quantity:
    """The number of a claim in the unit that its values compare in, with no more digits than its source has."""
    _, _, exact = measured(row)
    if _text(row, "kind") not in IN_SI:
        return exact
    digits = exact.significant_digits
    value, low, high = (
        None if x is None else _rounded(x, digits or significant_digits(x))
        for x in (exact.value, exact.low, exact.high)
    )
    return Quantity(value, low, high, exact.modifier, digits)


def _rounded(number: float, digits: int) -> float:
    return float(f"{number:.{min(digits, DIGITS_OF_A_FLOAT) - 1}e}")


def _period(row: Row) -> Period | None:
    start, end = row.get("valid_from"), row.get("valid_to")
    published = _day(row, "published")
    if not isinstance(start, date):
        counts_on = published is not None and wording.counts_this_year(" ".join(around(row)))
        return Period(published.replace(month=1, day=1), published, True) if published and counts_on else None
    since = SINCE.search(_text(row, "time_text")) is not None
    last = end if isinstance(end, date) else row.get("published")
    last = last if isinstance(last, date) and last >= start else start
    if (last - start).days <= LONGEST_DAY and not since:
        return None
    return Period(start, last, since)


def _start(row: Row) -> float | None:
    """The value that something rose or fell from, in the unit in which values compare."""
    start = _number(row, "from_value")
    if start is None:
        return None
    return measured({**row, "to_value": start})[2].value


def _event_day(row: Row) -> date | None:
    """The day that the sentence names, if it names one and no longer time."""
    start, end = _day(row, "valid_from"), _day(row, "valid_to")
    return start if start is not None and (end is None or (end - start).days <= 1) else None


def _day(row: Row, name: str) -> date | None:
    value = row.get(name)
    return value if isinstance(value, date) else None


def _mode(sentence: str, clause: str, vocabulary: Vocabulary) -> str:
    for mode, text in (("rate", clause), ("cumulative", sentence), ("event", clause)):
        if vocabulary.has_cue(mode, text):
            return mode
    return ""


def _direction(row: Row, before: str, near: str, vocabulary: Vocabulary) -> int:
    """1 if the words say that the quantity has risen to where it is, -1 if it has fallen there, else 0."""
    if row.get("to_value") is not None:
        return {"rise": 1, "fall": -1}.get(_text(row, "change"), 0)
    moved = vocabulary.movement(before)
    if moved:
        return moved
    rises, falls = (vocabulary.has_cue(cue, near) for cue in ("rise", "fall"))
    return int(rises) - int(falls)


def _contrasts(entity: str, vocabulary: Vocabulary) -> tuple[tuple[str, str], ...]:
    """Values of the contrast groups that stand in what is counted: of each the last."""
    found: dict[str, str] = {}
    for group, pattern in vocabulary.contrast_patterns.items():
        last = next(iter(deque(pattern.finditer(entity), maxlen=1)), None)
        if last:
            found[group] = vocabulary.contrasts[group][last.group().lower()]
    return tuple(sorted(found.items()))


def _kinds(
    entity: str, before: str, clause: tuple[str, str], kind: str, vocabulary: Vocabulary
) -> tuple[tuple[tuple[str, str], ...], frozenset[str]]:
    """What kind of quantity the words tell, by group: what is counted decides, then the nearest word of the clause.

    Also everything that was told. Only a clause too short to have a verb of its own takes that of the words before it.
    """
    elliptic = len(words(" ".join(clause))) <= LONGEST_ELLIPSIS
    nearest: dict[str, tuple[int, str]] = {}
    told = set()
    for text, base, precedes in (
        (entity, 0, True),
        (clause[0], FAR, True),
        (clause[1], FAR, False),
        (before if elliptic else "", 2 * FAR, True),
    ):
        for found in vocabulary.kinds_in(text, kind):
            gap = text[found.end :] if precedes else text[: found.start]
            far = base + len(gap) + (ACROSS if base and wording.ends_clause(gap) else 0)
            told.add(f"{found.group} {found.value}")
            if far < nearest.get(found.group, (math.inf, ""))[0]:
                nearest[found.group] = (far, found.value)
    return tuple(sorted((group, value) for group, (_, value) in nearest.items())), frozenset(told)


def place_in_sentence(row: Row) -> int:
    """Where the quantity starts in its sentence; 0 if the sentence does not hold it."""
    sentence, exact, prefix = _text(row, "sentence"), _text(row, "exact"), _text(row, "prefix")
    for at in range(min(len(prefix), len(sentence)) + 1):
        if sentence.startswith(exact, at) and prefix.endswith(sentence[:at]):
            return at
    after = sentence.find(prefix + exact)
    return after + len(prefix) if after >= 0 else max(sentence.find(exact), 0)


def around(row: Row) -> tuple[str, str]:
    """The words of the sentence before and after the quantity, as far as they can matter to it."""
    sentence, start = _text(row, "sentence"), place_in_sentence(row)
    end = start + len(_text(row, "exact"))
    return sentence[max(start - LONGEST_SENTENCE, 0) : start], sentence[end : end + LONGEST_SENTENCE]


def _head(row: Row, vocabulary: Vocabulary) -> str | None:
    """Concept of the head noun; of a general one ("rate", "cost") that of the word before it or of the subject.

    Without an entity "the number of ..." and the subject stand for it.
    """
    head = _text(row, "entity_head")
    if not head:
        counted = wording.number_of(" # ".join(around(row)))
        if counted and _text(row, "kind") == "count":
            return vocabulary.concept(counted)
        subject = vocabulary.content(w.lower() for w in words(_text(row, "subject")))
        return subject[-1] if subject else None
    concept = vocabulary.concept(head)
    if concept not in vocabulary.general_heads:
        return concept
    for text in (_text(row, "entity"), _text(row, "subject")):
        said = [w for w in vocabulary.content(w.lower() for w in words(text)) if w != concept]
        if said:
            return said[-1]
    return concept


def _modality(modality: str, clause: str, vocabulary: Vocabulary) -> str:
    """A denied value is still one of the same figure, and a target is a plan as a forecast is."""
    known = {"denied": "asserted", "": "asserted", "target": "planned", "forecast": "planned"}.get(
        modality, modality
    )
    if known == "asserted" and (vocabulary.has_cue("plan", clause) or wording.is_intended(clause)):
        return "planned"
    return known


def _text(row: Row, name: str) -> str:
    value = row.get(name)
    return "" if value is None else str(value)


def _numbers(row: Row, *names: str) -> list[float | None]:
    return [_number(row, name) for name in names]


def _number(row: Row, name: str) -> float | None:
    value = row.get(name)
    return float(value) if isinstance(value, int | float) else None
