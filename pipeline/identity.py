"""What a claim says about which figure it is a mention of.

A figure's identity is what is counted or measured, of whom, where, in which dimension or currency, over which
period, as a level or a change, at which stage of money: never its value, its speaker or the day it was said.
`identify` reads these from a claim's row; `compare` says how far two of them agree, and why.
"""

from __future__ import annotations

import math
import re
from collections import deque
from collections.abc import Collection, Mapping
from dataclasses import dataclass
from datetime import date, timedelta

from pipeline.precision import DIGITS_OF_A_FLOAT, Interval, Quantity, significant_digits
from pipeline.vocabulary import NEAR, NUMBER_IN_TEXT, Vocabulary, words

Row = Mapping[str, object]

# The parts of a score: its weights and the threshold were set by hand on the development half of
# tests/corpus/figures.yaml. What agrees adds up to ...
HEAD = 0.30
MODIFIERS = 0.20
CONTEXT = 0.25
VALUE = 0.35
PERIOD = 0.10
OUTCOME = 0.10
SAME_DAYS = 0.05
TEMPLATE = 0.35
REPEAT = 0.20
FROM_VALUE = 0.20
CORRECTED_VALUE = 0.05
# ... and what differs takes away.
OTHER_NAMES = -0.40
OTHER_PLACE = -0.30
OTHER_SUBJECT = -0.15
OTHER_HEAD = -0.15
ONE_OUTCOME = -0.15
ONE_PERIOD = -0.15
ANOTHER = -0.20
OTHER_MODALITY = -0.05
# By how many times the larger of two different values exceeds the smaller, and what that takes away; of which a part
# is left if the words say that the value changes ("has risen to", "so far", "still").
OTHER_VALUE = ((1.3, -0.05), (2.0, -0.10), (4.0, -0.20), (10.0, -0.30), (math.inf, -0.45))
UPDATE = 0.25
LARGEST_UPDATE = 10.0
# "At least 12" allows 500, but hardly means it.
LARGEST_BOUND = 10.0
EASED = 0.5
THRESHOLD = 0.60
# The best figure has to be so much better than the second.
MARGIN = 0.05
# What the agreement of the rest of the sentence counts for where one has no other words.
NO_CONTEXT = 0.4
# How much a shared word says: a name twice what another word does, a common word or a country half of its kind.
NAME_WEIGHT, WORD_WEIGHT, COMMON = 2.0, 1.0, 0.5
# What of it is left if the word stands elsewhere in the other's passage.
ELSEWHERE = 0.5
SMALLEST_CONTEXT = 1.5
# Two mentions in different passages have so much in common beside their head noun, or they aren't compared.
LEAST_IN_COMMON, LEAST_WITH_SMALL_NUMBER, LEAST_WITH_DIGITS = 1.5, 2.5, 0.5
# A time of at most this many days is the day of the report, not the period that a figure covers.
LONGEST_DAY = 7
# Events of one kind on days further apart than this are two events.
SAME_EVENT = 6
# A period's figure is reported on a day within so many days of its end.
LATEST_REPORT = 60
SMALL_NUMBER = 12
WIDE = 1.5
# A clause of so few words, such as "and 3 civilians", shares the verb of the one before it.
LONGEST_ELLIPSIS = 4
# Characters that the end of a clause counts for when the nearest word is looked for.
ACROSS = 40
IN_SI = ("measure", "duration", "temperature", "age")
DIGITS_THAT_IDENTIFY = 3

NUMBER = re.compile(
    r"\d|\b(?:two|three|four|five|six|seven|eight|nine|ten|eleven|twelve|dozens?|hundreds?|thousands?|tens|"
    r"millions?|billions?)\b",
    re.IGNORECASE,
)
CLAUSE_END = re.compile(
    r"[;:–—]|,\s|\sand\s|\sbut\s|\swhile\s|\swith\s|\sor\s|\sincluding\s|\sof which\s|\sof whom\s"
)
THIS_YEAR = re.compile(r"\bso far this year\b", re.IGNORECASE)
NUMBER_OF = re.compile(
    r"\b(?:number|total|count) of (?:[\w-]+ ){0,3}?(?P<head>people|children|men|women|[a-z]{3,}s)\b|\bdeath (?P<toll>toll)\b"
)
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
    document_id: str
    passage_id: str
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
    modifiers: frozenset[str]
    entity_names: frozenset[str]
    names: frozenset[str]
    context: frozenset[str]
    place: frozenset[str]
    contrasts: tuple[tuple[str, str], ...]
    mode: str
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
    earlier: bool
    subject: frozenset[str]
    weights: Mapping[str, float]
    topic: frozenset[str]

    @property
    def tokens(self) -> frozenset[str]:
        """Every word and name of its sentence that says something."""
        return frozenset(self.weights)


@dataclass(frozen=True, slots=True)
class Comparison:
    """How surely two mentions are of one figure, 0 to 1, and the parts of that score by name.

    `excludes` says that no figure can have both.
    """

    score: float
    why: str
    parts: tuple[tuple[str, float], ...] = ()
    excludes: bool = False

    @property
    def reason(self) -> str:
        """The score explained in a line."""
        return self.why or ", ".join(f"{name} {weight:+.2f}" for name, weight in self.parts if weight)


def identify(row: Row, vocabulary: Vocabulary, topic: frozenset[str] = frozenset()) -> Identity:
    """Identity of a claim, from a row of claims joined with its normalised columns.

    `topic` holds the words of the rest of its passage, as `said_in` gives them.
    """
    sentence = _text(row, "sentence")
    entity, subject = _text(row, "entity"), _text(row, "subject")
    before, after = locate(row)
    clause = _clause(before, after)
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
    names = vocabulary.find_names(sentence) | vocabulary.find_names(subject)
    spoken = words(sentence)
    lower = (w.lower() for n, w in enumerate(spoken) if w.islower() or n == 0)
    context = frozenset(vocabulary.content(lower)) - names
    weights = dict.fromkeys(modifiers | context, WORD_WEIGHT) | dict.fromkeys(
        names | entity_names, NAME_WEIGHT
    )
    # Who says it is not what it is about, unless it speaks of itself.
    little = vocabulary.common | spoken_by
    weights = {w: weight * COMMON if w in little else weight for w, weight in weights.items()}
    change = _text(row, "change")
    is_change = change != "level" and row.get("to_value") is None
    return Identity(
        claim_id=_text(row, "claim_id"),
        document_id=_text(row, "document_id"),
        passage_id=_text(row, "passage_id"),
        sentence=sentence,
        template=NUMBER_IN_TEXT.sub("#", sentence),
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
        modifiers=modifiers,
        entity_names=entity_names,
        names=(names | entity_names) - spoken_by,
        context=context,
        place=vocabulary.find_names(f"in {_text(row, 'place')}"),
        contrasts=_contrasts(f"{entity} {subject}", before, clause, dimension, vocabulary),
        mode=_mode(sentence, f"{clause[0]}{_text(row, 'exact')}{clause[1]}", vocabulary),
        day=_day(row, "published"),
        night=_day(row, "published") if vocabulary.has_cue("night", sentence) else None,
        event_day=_event_day(row),
        period=_period(row),
        change=change if is_change else "level",
        modality=_modality(_text(row, "modality")),
        instance=head is not None and head in vocabulary.instances,
        corrects=vocabulary.has_cue("correction", sentence),
        updates=row.get("to_value") is not None or vocabulary.has_cue("update", sentence),
        earlier=vocabulary.is_earlier(before),
        another=vocabulary.has_cue("another", f"{subject} ; {before[-NEAR:]}"),
        subject=(vocabulary.find_names(subject) | (said_in(subject, vocabulary) & names)) - spoken_by,
        weights=weights,
        topic=topic - weights.keys(),
    )


def said_in(text: str, vocabulary: Vocabulary) -> frozenset[str]:
    """The names and words of a text that say what it is about."""
    return vocabulary.find_names(text) | frozenset(vocabulary.content(w.lower() for w in words(text)))


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
    if kind == "share" and unit == "fraction":
        numbers = [None if x is None else round(x * 100, 10) for x in numbers]
        unit = "percent"
    digits = row.get("significant_digits")
    value, low, high = numbers
    quantity = Quantity(value, low, high, _text(row, "modifier"), digits if isinstance(digits, int) else None)
    # A "33-month-old war" and one that has gone on for 33 months are measured alike.
    return f"{'duration' if kind == 'age' else kind}:{unit or ''}", unit, quantity


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


def compare(one: Identity, other: Identity) -> Comparison:
    """Whether two claims mention the same figure. A score of 0 means that something excludes it."""
    excluded = _excluded(one, other)
    if excluded:
        return Comparison(0.0, excluded, excludes=True)
    unlike = _unlike(one, other)
    if unlike:
        return Comparison(0.0, unlike)
    parts = (
        ("same head" if one.head and one.head == other.head else "heads", HEAD * _head_agreement(one, other)),
        ("modifiers", MODIFIERS * _modifier_agreement(one, other)),
        ("context", CONTEXT * _context_agreement(one, other)),
        _value_part(one, other),
        ("other names", _names_part(one, other)),
        ("another one", ANOTHER if _is_another(one, other) else 0.0),
        ("other subject", OTHER_SUBJECT if _other_subject(one, other) else 0.0),
        ("other place", OTHER_PLACE if one.place and other.place and not one.place & other.place else 0.0),
        ("outcome", _outcome_part(one, other)),
        ("modality", _modality_part(one, other)),
        ("time", _time_part(one, other)),
        ("same days", SAME_DAYS if _same_days(one, other) else 0.0),
        ("said again in one passage", REPEAT if _repeats(one, other) else 0.0),
        ("same sentence but for numbers", TEMPLATE if _same_template(one, other) else 0.0),
    )
    score = sum(weight for _, weight in parts)
    return Comparison(round(min(max(score, 0.0), 1.0), 4), "", parts)


def same_value(one: Identity, other: Identity) -> bool:
    """Whether the numbers said are the same within their rounding, bounds taken as points."""
    return one.near.overlaps(other.near)


def _excluded(one: Identity, other: Identity) -> str:
    """Why a figure that has the one as a mention can't have the other, or nothing."""
    if one.dimension != other.dimension:
        return f"{one.dimension} is not {other.dimension}"
    theirs = dict(other.contrasts)
    for group, value in one.contrasts:
        if theirs.get(group, value) != value:
            return f"{value} is not {theirs[group]}"
    if {one.mode, other.mode} in ({"rate", "cumulative"}, {"event", "cumulative"}, {"rate", "event"}):
        return f"{one.mode} is not {other.mode}"
    if not _periods_agree(one.period, other.period):
        return "another period"
    if _outside(one.event_day, other.period) or _outside(other.event_day, one.period):
        return "a day outside the period"
    if not _one_event(one, other):
        return "another day's event"
    if one.entity_names and other.entity_names and not one.entity_names & other.entity_names:
        return "of somebody else"
    return _excluded_in_passage(one, other)


def _excluded_in_passage(one: Identity, other: Identity) -> str:
    """A passage does not give one figure two values, nor a sentence one figure twice.

    Unless it corrects itself, or says what the value was before.
    """
    if one.passage_id != other.passage_id or one.corrects or other.corrects or one.earlier != other.earlier:
        return ""
    same = same_value(one, other)
    if one.sentence == other.sentence and not (one.quantity == other.quantity and one.head == other.head):
        return "both in one sentence"
    return "" if same else "different values in one passage"


def _unlike(one: Identity, other: Identity) -> str:
    """Why two mentions are no evidence for each other, or nothing."""
    same = same_value(one, other)
    revised = one.corrects or other.corrects or _starts_from(one, other) or _starts_from(other, one)
    if one.change != other.change and not same and not revised:
        return f"{one.change} is not {other.change}"
    if "hypothetical" in (one.modality, other.modality) and one.modality != other.modality and not same:
        return f"{one.modality} is not {other.modality}"
    if one.instance and other.instance and not same and one.template != other.template and not revised:
        return "another amount is another one"
    if one.passage_id != other.passage_id:
        beside = (one.head,) if one.head == other.head else ()
        telling = (
            same and bool(beside) and one.head is not None and _digits(one, other) >= DIGITS_THAT_IDENTIFY
        )
        least = (
            LEAST_WITH_SMALL_NUMBER
            if _is_small(one)
            else LEAST_IN_COMMON
            if not telling
            else LEAST_WITH_DIGITS
        )
        if _in_common(one, other, beside) < least:
            return "too little in common"
    return ""


def _same_template(one: Identity, other: Identity) -> bool:
    """Whether the sentences differ in numbers alone, on one day: a page that was changed, or a copy."""
    return one.template == other.template and (one.day == other.day or same_value(one, other))


def _repeats(one: Identity, other: Identity) -> bool:
    """Whether a passage says a number again without naming what is counted ("up to 100 of them")."""
    return (
        one.passage_id == other.passage_id
        and one.quantity == other.quantity
        and (one.head is None or other.head is None or one.head == other.head)
    )


def _one_event(one: Identity, other: Identity) -> bool:
    """Whether two counts of what happened can be of one event: not of two nights, nor of days far apart."""
    if one.night and other.night and abs((one.night - other.night).days) > 1:
        return False
    if one.event_day is None or other.event_day is None or same_value(one, other):
        return True
    happened = "outcome" in dict(one.contrasts) and one.mode != "cumulative" != other.mode
    return not happened or abs((one.event_day - other.event_day).days) <= SAME_EVENT


def _head_agreement(one: Identity, other: Identity) -> float:
    if one.head is not None and one.head == other.head:
        return 1.0
    if {one.person, other.person} == {"general", "special"} or one.person == other.person == "general":
        return 0.7
    if _names_head(one, other):
        # Of shares the head is the whole, which many shares have in common.
        return 0.25 if one.dimension.startswith("share") else 0.5
    if not (one.counted and other.counted):
        return 0.3
    return OTHER_HEAD / HEAD


def _names_head(one: Identity, other: Identity) -> bool:
    """Whether what one counts stands in the other's sentence."""
    return one.head in other.weights or other.head in one.weights


def _modifier_agreement(one: Identity, other: Identity) -> float:
    if one.modifiers and other.modifiers:
        shared = len(one.modifiers & other.modifiers)
        return shared / min(len(one.modifiers), len(other.modifiers))
    if one.modifiers or other.modifiers:
        said = one.modifiers | other.modifiers
        return 0.5 + 0.5 * len(said & one.tokens & other.tokens) / len(said)
    if one.head is not None and one.head == other.head:
        return 0.75
    return 0.5 if _names_head(one, other) else 0.25


def _context_agreement(one: Identity, other: Identity) -> float:
    """Weight of the words shared beside what is counted, over that of the shorter sentence."""
    counted = {one.head, other.head} | one.modifiers | other.modifiers
    sizes = [sum(weight for word, weight in x.weights.items() if word not in counted) for x in (one, other)]
    if not all(sizes):
        return NO_CONTEXT
    return min(_in_common(one, other, counted) / max(min(sizes), SMALLEST_CONTEXT), 1.0)


def _in_common(one: Identity, other: Identity, beside: Collection[str | None]) -> float:
    """Weight of the words that both sentences have, and part of it for those of one sentence and the other's passage."""
    total = 0.0
    for first, second in ((one, other), (other, one)):
        for word, weight in first.weights.items():
            if word in beside:
                continue
            if word in second.weights:
                total += max(weight, second.weights[word]) / 2
            elif word in second.topic:
                total += weight * ELSEWHERE
    return total


def _names_part(one: Identity, other: Identity) -> float:
    """What is taken away if both name somebody or some place, and nothing that one names is in the other's passage."""
    if not one.names or not other.names:
        return 0.0
    for first, second in ((one, other), (other, one)):
        if any(name in second.weights or name in second.topic for name in first.names):
            return 0.0
    return OTHER_NAMES


def _is_another(one: Identity, other: Identity) -> bool:
    """Whether the words number them ("a second convoy") and the numbers differ."""
    return one.another != other.another and not same_value(one, other)


def _other_subject(one: Identity, other: Identity) -> bool:
    """Whether each is about somebody with a name whom the other does not mention."""
    return all(
        first.subject and not any(word in second.weights or word in second.topic for word in first.subject)
        for first, second in ((one, other), (other, one))
    )


def _time_part(one: Identity, other: Identity) -> float:
    """Periods were found to agree; a period on one side alone speaks against different values being one figure."""
    if (one.period and other.period) or (one.event_day and one.event_day == other.event_day):
        return PERIOD
    one_sided = (one.period is None) != (other.period is None) or (one.mode == "cumulative") != (
        other.mode == "cumulative"
    )
    corrected = one.corrects or other.corrects
    if not one_sided or corrected or same_value(one, other):
        return 0.0
    return ONE_PERIOD * UPDATE if one.updates or other.updates else ONE_PERIOD


def _same_days(one: Identity, other: Identity) -> bool:
    """Whether two tolls of what may be one event were given in the same days: tolls rise while a story develops."""
    if one.day is None or other.day is None or same_value(one, other):
        return False
    if "outcome" not in dict(one.contrasts) or "outcome" not in dict(other.contrasts):
        return False
    return abs((one.day - other.day).days) <= SAME_EVENT


def _outside(day: date | None, period: Period | None) -> bool:
    return (
        day is not None
        and period is not None
        and not period.start <= day <= period.end + timedelta(days=LATEST_REPORT)
    )


def _modality_part(one: Identity, other: Identity) -> float:
    """A plan and its fulfilment may be one figure; the less surely, the more their numbers differ."""
    if one.modality == other.modality and one.change == other.change:
        return 0.0
    if _starts_from(one, other) or _starts_from(other, one):
        return 0.0
    expected = same_value(one, other) or one.updates or other.updates
    return OTHER_MODALITY if expected else 3 * OTHER_MODALITY


def _outcome_part(one: Identity, other: Identity) -> float:
    first, second = dict(one.contrasts).get("outcome"), dict(other.contrasts).get("outcome")
    if first and second:
        return OUTCOME
    if not first and not second:
        return 0.0
    return ONE_OUTCOME * EASED if one.updates or other.updates else ONE_OUTCOME


def _value_part(one: Identity, other: Identity) -> tuple[str, float]:
    """Agreement of the numbers: the more digits they share, the more it says."""
    first, second = one.anchor, other.anchor
    if first is None or second is None:
        return "no value", 0.0
    if same_value(one, other):
        if _is_wide(one.near) or _is_wide(other.near):
            return "values that allow each other", VALUE * 0.3
        if _is_small(one):
            return "same small number", VALUE * 0.4
        digits = min(_digits(one, other), DIGITS_THAT_IDENTIFY)
        return "same value", VALUE * (0.6 + 0.4 * digits / DIGITS_THAT_IDENTIFY)
    if _starts_from(one, other) or _starts_from(other, one) or _is_before(one, other):
        return "starts from that value", FROM_VALUE
    if first * second <= 0:
        return "values of other sign", OTHER_VALUE[-1][1]
    if one.corrects or other.corrects:
        return "value that may be corrected", CORRECTED_VALUE
    ratio = max(first / second, second / first)
    left = UPDATE if (one.updates or other.updates) and ratio <= LARGEST_UPDATE else 1.0
    if one.interval.overlaps(other.interval) and ratio <= LARGEST_BOUND:
        return "value that a bound allows", OTHER_VALUE[0][1] * left
    return "other value", next(weight for most, weight in OTHER_VALUE if ratio <= most) * left


def _starts_from(one: Identity, other: Identity) -> bool:
    """Whether one says that the value rose or fell from the other's."""
    return one.start is not None and other.near.low <= one.start <= other.near.high


def _digits(one: Identity, other: Identity) -> int:
    """Digits that both numbers have: the more, the less a match is chance."""
    return min(q.significant_digits or 1 for q in (one.quantity, other.quantity))


def _is_before(one: Identity, other: Identity) -> bool:
    """Whether one sentence gives both, the one as what the other was before."""
    return (
        one.earlier != other.earlier and one.sentence == other.sentence and one.passage_id == other.passage_id
    )


def _is_small(one: Identity) -> bool:
    """Whether it is a count so small that the same number says little."""
    return one.anchor is not None and abs(one.anchor) <= SMALL_NUMBER and one.dimension.startswith("count")


def _is_wide(near: Interval) -> bool:
    """Whether a report is so vague that any number of its size agrees with it."""
    return near.high > WIDE * near.low if near.low > 0 else near.low != near.high


def _periods_agree(one: Period | None, other: Period | None) -> bool:
    if one is None or other is None:
        return True
    if one.cumulative and other.cumulative:
        return abs((one.start - other.start).days) <= 31
    if one.cumulative != other.cumulative:
        return abs((one.start - other.start).days) <= 31
    return one.start <= other.end and other.start <= one.end


def _period(row: Row) -> Period | None:
    start, end = row.get("valid_from"), row.get("valid_to")
    published = _day(row, "published")
    if not isinstance(start, date):
        counts_on = published is not None and THIS_YEAR.search(_text(row, "sentence"))
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


def _contrasts(
    entity: str, before: str, clause: tuple[str, str], dimension: str, vocabulary: Vocabulary
) -> tuple[tuple[str, str], ...]:
    """Values of the contrast groups: what is counted decides, then the nearest word of its clause, then what precedes.

    Only a clause too short to have a verb of its own takes that of the words before it.
    """
    found: dict[str, str] = {}
    elliptic = len(words(" ".join(clause))) <= LONGEST_ELLIPSIS
    for scope, places in (
        ("entity", ((entity, ""),)),
        ("clause", ((entity, ""), clause, (before if elliptic else "", ""))),
    ):
        for group, pattern in vocabulary.contrast_patterns[scope].items():
            if group == "stage" and not dimension.startswith("money"):
                continue
            nearest = next((n for n in (_nearest(pattern, *place) for place in places) if n), None)
            if nearest:
                found[group] = vocabulary.contrasts[scope][group][nearest]
    return tuple(sorted(found.items()))


def _nearest(pattern: re.Pattern[str], before: str, after: str) -> str | None:
    """The match that is nearest to where the two texts meet, in lower case; "and" or a comma between makes it farther."""
    last = next(iter(deque(pattern.finditer(before), maxlen=1)), None)
    first = pattern.search(after)
    if last is None or first is None:
        match = last or first
        return match.group().lower() if match else None
    gaps = before[last.end() :], after[: first.start()]
    left, right = (len(gap) + (ACROSS if CLAUSE_END.search(gap) else 0) for gap in gaps)
    return (last if left < right else first).group().lower()


def locate(row: Row) -> tuple[str, str]:
    """The sentence's text before and after the quantity."""
    sentence, exact, prefix = _text(row, "sentence"), _text(row, "exact"), _text(row, "prefix")
    position = sentence.find(exact)
    at = position
    while at >= 0:
        before = sentence[:at]
        if prefix.endswith(before) or before.endswith(prefix):
            position = at
            break
        at = sentence.find(exact, at + 1)
    if position < 0:
        return "", ""
    return sentence[:position], sentence[position + len(exact) :]


def _clause(before: str, after: str) -> tuple[str, str]:
    """The part of the sentence around the quantity that holds no other number: what precedes and what follows."""
    start = 0
    previous = [m.end() for m in NUMBER.finditer(before)]
    if previous:
        ends = [m.start() for m in CLAUSE_END.finditer(before, previous[-1])]
        start = ends[-1] if ends else previous[-1]
    end = len(after)
    following = NUMBER.search(after)
    if following:
        ends = [m.start() for m in CLAUSE_END.finditer(after, 0, following.start())]
        end = ends[-1] if ends else following.start()
    return before[start:], after[:end]


def _head(row: Row, vocabulary: Vocabulary) -> str | None:
    """Concept of the head noun; of a general one ("rate", "cost") that of the word before it or of the subject.

    Without an entity "the number of ..." and the subject stand for it.
    """
    head = _text(row, "entity_head")
    if not head:
        counted = NUMBER_OF.search(_text(row, "sentence"))
        if counted and _text(row, "kind") == "count":
            return vocabulary.concept(counted["head"] or counted["toll"])
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


def _modality(modality: str) -> str:
    """A denied value is still one of the same figure, and a target is a plan as a forecast is."""
    return {"denied": "asserted", "": "asserted", "target": "planned", "forecast": "planned"}.get(
        modality, modality
    )


def _text(row: Row, name: str) -> str:
    value = row.get(name)
    return "" if value is None else str(value)


def _numbers(row: Row, *names: str) -> list[float | None]:
    return [_number(row, name) for name in names]


def _number(row: Row, name: str) -> float | None:
    value = row.get(name)
    return float(value) if isinstance(value, int | float) else None


__all__ = ["Comparison", "Identity", "Interval", "compare", "identify", "measured", "same_value"]
