"""How surely two claims mention the same figure, and why.

Some things exclude it (another outcome, another period, two values in one passage), some say too little for it, and
the rest adds up to a score from 0 to 1 whose parts are kept by name.
"""

from __future__ import annotations

import math
from collections.abc import Collection
from dataclasses import dataclass
from datetime import date, timedelta

from pipeline.linking.identity import Identity, Period
from pipeline.linking.precision import Interval

# The parts of a score: its weights and the threshold were set by hand on tests/corpus/figures.yaml,
# whose stories rules were tuned on too; figures_unseen.yaml beside it is for measuring. What agrees adds up to ...
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
# Values further apart, by so many times, are hardly states of one thing.
LARGEST_UPDATE = 10.0
# "At least 12" allows 500, but hardly means it.
LARGEST_BOUND = 10.0
# What is left of a difference in what happened, if the words say that the value changes.
EASED = 0.5
THRESHOLD = 0.60
# The best figure has to be so much better than the second.
MARGIN = 0.05
# What the agreement of the rest of the sentence counts for where one has no other words.
NO_CONTEXT = 0.4
# What of a shared word's weight is left if it stands elsewhere in the other's passage.
ELSEWHERE = 0.5
SMALLEST_CONTEXT = 1.5
# Two mentions in different passages have so much in common beside their head noun, or they aren't compared.
LEAST_IN_COMMON, LEAST_WITH_SMALL_NUMBER, LEAST_WITH_DIGITS = 1.5, 2.5, 0.5
# Events of one kind on days further apart than this are two events.
SAME_EVENT = 6
# A period's figure is reported on a day within so many days of its end.
LATEST_REPORT = 60
# A count up to this one says little by being the same.
SMALL_NUMBER = 12
# A range whose ends are further apart, by so many times, agrees with too much.
WIDE = 1.5
DIGITS_THAT_IDENTIFY = 3


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
        return 0.5 + 0.5 * len(said & one.weights.keys() & other.weights.keys()) / len(said)
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
