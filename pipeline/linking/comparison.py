"""How surely two claims mention the same figure, and why.

Some things exclude it (another outcome, another period, two values in one passage), some say too little for it, and
the rest adds up to a score from 0 to 1 whose parts are kept by name.
"""

from __future__ import annotations

import math
from collections.abc import Collection
from dataclasses import dataclass
from datetime import date, timedelta

from pipeline.linking.identity import NAME_MARK, NUMBER_MARK, Identity, Period
from pipeline.linking.precision import Interval
from pipeline.linking.rarity import RARE, rarity, total, total_of_set
from pipeline.linking.weights import OTHER_VALUE, SAME_VALUE

# The score from which on two mentions are taken to be of one figure.
THRESHOLD = 0.58
# The best figure has to be so much better than the second, in log-odds: near certainty a small step of the score says
# as much as a large one in the middle.
MARGIN = 0.3
# Scores are rounded to this.
SMALLEST_SCORE = 0.0001
# What the agreement of the rest of the sentence counts for where one has no other words.
NO_CONTEXT = 0.4
# What of a shared word's weight is left if it stands elsewhere in the other's passage.
ELSEWHERE = 0.5
SMALLEST_CONTEXT = 1.5
# Weights of what the stories don't hold: a page that was changed, a number said again without its noun or on the page.
BY_HAND = {
    "same sentence but for numbers": 4.0,
    "said again in one passage": 2.0,
    "same number on one page": 0.9,
    "in its place in one passage": 6.0,
    "told by another in one passage": 3.0,
}
WITH_SAME_VALUE, WITH_OTHER_VALUE = SAME_VALUE | BY_HAND, OTHER_VALUE | BY_HAND
# Two mentions in different passages have so much in common, or a word of their passages, or they aren't compared.
LEAST_IN_COMMON = 0.5
# Passages with so many words in common, names and numbers for two each, are of one story.
ONE_STORY = 8
# A passage counts as one of at least so much rarity (pipeline/linking/rarity.py).
SMALLEST_TOPIC = 15.0
# As much rarity as that in common is as good as more.
MUCH_IN_COMMON = 22.5
RARE_WORDS = 3
WORDS_OF_A_CLAUSE = 4
A_YEAR = 365.0
MODES = ("rate", "cumulative", "event")
# Events of one kind on days further apart than this are two events.
SAME_EVENT = 6
# A period's figure is reported on a day within so many days of its end.
LATEST_REPORT = 60
# A count up to this one says little by being the same.
SMALL_NUMBER = 12
# A range whose ends are further apart, by so many times, agrees with too much.
WIDE = 1.5
DIGITS_THAT_IDENTIFY = 3


# What can only speak against one figure, as can all that is "other"; the rest can only speak for it.
AGAINST = frozenset(
    {
        "no value",
        "values that allow each other",
        "same but for rounding",
        "small number",
        "small number of something else",
        "value apart",
        "value apart beyond double",
        "value apart while it develops",
        "value ten times as large",
        "no head",
        "role of one alone",
        "people and things",
        "moved other than told",
        "long past",
        "told of a later day",
        *(f"{mode} and not" for mode in MODES),
        "names apart",
        "name that only one has",
        "name beside it that the other has not",
        "of somebody else",
        "period of one alone",
        "quarter of one alone",
        "night of one alone",
        "same day",
        "days apart",
        "weeks apart",
        "days apart with a telling number",
        "another one",
        "another amount",
        "part of one",
        "increment of one",
        "change and level",
        "plan and fact",
        "one passage",
    }
)
# Names that begin with "other" and yet may speak for one figure.
FOR = frozenset({"other numbers of the passages", "other source"})


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
    def odds(self) -> float:
        """The score in log-odds, as far as its four digits go."""
        return math.log(max(self.score, SMALLEST_SCORE) / max(1 - self.score, SMALLEST_SCORE))

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
    same = same_value(one, other)
    weights = WITH_SAME_VALUE if same else WITH_OTHER_VALUE
    odds = weights["start"]
    parts = [("start", odds)]
    for name, amount in evidence(one, other, same):
        if amount and name in weights:
            weight = amount * weights[name]
            parts.append((name, weight))
            odds += weight
    return Comparison(round(1 / (1 + math.exp(-odds)), 4), "", tuple(parts))


def evidence(one: Identity, other: Identity, same: bool) -> tuple[tuple[str, float], ...]:
    """What speaks for and against one figure, each with how much of it there is, from 0 to 1."""
    return (
        *_value_evidence(one, other, same),
        *_head_evidence(one, other),
        *_kind_evidence(one, other),
        *_context_evidence(one, other),
        *_name_evidence(one, other),
        *_time_evidence(one, other, same),
        *_word_evidence(one, other),
        *_story_evidence(one, other, same),
        *_replacement_evidence(one, other, same),
    )


def speaks_against(name: str) -> bool:
    """Whether evidence of this name can only speak against one figure."""
    return name in AGAINST or (name.startswith(("other ", "no head")) and name not in FOR)


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
    if _quarter(one) and _quarter(other) and _quarter(one) != _quarter(other):
        return "another quarter"
    if one.per and other.per and one.per != other.per:
        return f"per {one.per} is not per {other.per}"
    if not same_value(one, other) and not _periods_agree(one.period, other.period):
        return "another period"
    if not _one_event(one, other):
        return "another day's event"
    return _excluded_in_passage(one, other)


def _excluded_in_passage(one: Identity, other: Identity) -> str:
    """A passage does not give one figure two values, nor a sentence one figure twice.

    Unless it corrects itself, or says what the value was before.
    """
    if one.passage_id != other.passage_id or one.corrects or other.corrects or one.earlier != other.earlier:
        return ""
    same = same_value(one, other)
    if _takes_place(one, other) or _told_by_another(one, other):
        return ""
    if one.sentence == other.sentence and not (one.quantity == other.quantity and one.head == other.head):
        return "both in one sentence"
    return "" if same else "different values in one passage"


def _takes_place(one: Identity, other: Identity) -> bool:
    """Whether the words of one say that its number takes the place of the other's ("560, not 410")."""
    if same_value(one, other) or _counts_else(one, other):
        return False
    return one.replaced in other.spelled or other.replaced in one.spelled


def _told_by_another(one: Identity, other: Identity) -> bool:
    """Whether two count the same, by their words: "9,000 people marched, police said; organisers said 25,000"."""
    apart = bool(one.source and other.source) and one.source != other.source
    return (
        apart
        and one.passage_id == other.passage_id
        and bool(one.kinds)
        and one.kinds == other.kinds
        and not _counts_else(one, other)
    )


def _unlike(one: Identity, other: Identity) -> str:
    """Why two mentions are no evidence for each other, or nothing."""
    same = same_value(one, other)
    if (
        same
        and _says_little(one, other)
        and _counts_else(one, other)
        and one.classes.isdisjoint(other.classes)
    ):
        return "as many of something else"
    changes = one.updates or other.updates or one.corrects or other.corrects
    if one.instance and other.instance and not (same or changes or _same_template(one, other)):
        return "another amount is another one"
    together = one.passage_id == other.passage_id
    if one.earlier != other.earlier and not same and not (together and _takes_place(one, other)):
        return "what it was before"
    apart = one.passage_id != other.passage_id and one.topic.isdisjoint(other.topic)
    if apart and _in_common(one, other, ()) < LEAST_IN_COMMON:
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
    happened = any(group == "fate" for group, _ in one.kinds) and one.mode != "cumulative" != other.mode
    return not happened or abs((one.event_day - other.event_day).days) <= SAME_EVENT


Evidence = tuple[tuple[str, float], ...]


def _value_evidence(one: Identity, other: Identity, same: bool) -> Evidence:
    """Agreement of the numbers: the more digits they share, the more it says; else how far they are apart."""
    first, second = one.anchor, other.anchor
    if first is None or second is None:
        return (("no value", 1.0),)
    if same:
        wide = _is_wide(one.near) or _is_wide(other.near)
        rounded = not math.isclose(first, second, rel_tol=1e-6)
        digits = 0 if rounded else min(_digits(one, other), DIGITS_THAT_IDENTIFY)
        return (
            ("values that allow each other", float(wide)),
            ("same but for rounding", float(rounded)),
            ("small number", float(_is_small(one) and not wide)),
            ("two digits", float(digits == 2)),
            ("three digits", float(digits > 2)),
        )
    starts = _starts_from(one, other) or _starts_from(other, one)
    if first * second <= 0:
        return (("starts from that value", float(starts)), ("other sign", 1.0))
    ratio = abs(math.log10(first / second))
    bound = one.interval.overlaps(other.interval) and ratio <= 1
    eased = one.updates or other.updates
    developing = bool(set(one.exclusive) & set(other.exclusive)) and _days(one, other) <= SAME_EVENT
    return (
        ("starts from that value", float(starts)),
        *_movement(one, other, first > second),
        ("value that a bound allows", float(bound)),
        ("value apart", min(ratio, 1.5) * (not developing)),
        ("value apart beyond double", float(ratio > 0.301 and not developing)),
        ("value apart while it develops", min(ratio, 1.5) * developing),
        ("value ten times as large", float(ratio > 1)),
        ("words of change", float(eased)),
        ("small number", float(_is_small(one) and _is_small(other))),
    )


def _movement(one: Identity, other: Identity, greater: bool) -> Evidence:
    """Whether the later mention is greater or smaller than the earlier one, as its words tell."""
    later, earlier = (other, one) if one.day and other.day and one.day < other.day else (one, other)
    rose = greater == (later is one)
    told = later.direction if later.day != earlier.day else later.direction or -earlier.direction
    dead = ("fate", "dead") in one.kinds
    return (
        ("moved as told", float(told > 0) if rose else float(told < 0)),
        ("moved other than told", float(told < 0) if rose else float(told > 0)),
        ("other toll that is smaller", float(dead and not rose)),
    )


def _head_evidence(one: Identity, other: Identity) -> Evidence:
    """Agreement of what is counted, and of the words that tell more of it."""
    if one.head is not None and one.head == other.head:
        head = "same head"
    elif {one.person, other.person} == {"general", "special"} or one.person == other.person == "general":
        head = "people"
    elif _names_head(one, other):
        head = "head named"
    elif one.counted and other.counted:
        head = "other head"
    else:
        head = "no head"
    kind = one.dimension.partition(":")[0]
    found: Evidence = (
        (head, 1.0),
        (f"{head} of a {kind}", 1.0),
        ("people and things", float(_mixes(one, other))),
        ("same class", float(one.head != other.head and not one.classes.isdisjoint(other.classes))),
        ("other class", float(_other_class(one, other))),
    )
    if one.modifiers and other.modifiers:
        shared = len(one.modifiers & other.modifiers)
        agreement = shared / min(len(one.modifiers), len(other.modifiers))
        return (*found, ("modifiers", agreement), ("other modifiers", 1.0 - agreement))
    said = one.modifiers | other.modifiers
    elsewhere = len(said & one.weights.keys() & other.weights.keys()) / len(said) if said else 0.0
    return (
        *found,
        ("modifiers said elsewhere", elsewhere),
        ("other modifiers of one alone", float(bool(said)) - elsewhere),
    )


def _other_class(one: Identity, other: Identity) -> bool:
    """Whether they count things of two classes. Who is just a person fits every class of people."""
    if not one.classes or not other.classes or one.classes & other.classes or one.head == other.head:
        return False
    return not any(
        first.person == "general" and any(c.startswith("people") for c in second.classes)
        for first, second in ((one, other), (other, one))
    )


def _mixes(one: Identity, other: Identity) -> bool:
    """Whether one counts people and the other things."""
    return any(
        (first.person or _is_of(first, "people"))
        and second.classes
        and not second.person
        and not _is_of(second, "people")
        for first, second in ((one, other), (other, one))
    )


def _is_of(one: Identity, kind: str) -> bool:
    return any(name.startswith(kind) for name in one.classes)


def _kind_evidence(one: Identity, other: Identity) -> Evidence:
    """Agreement of the kinds of quantity that their words tell: of a group the nearest word, else any of the clause."""
    mine, theirs, exclusive = dict(one.kinds), dict(other.kinds), dict(other.exclusive)
    groups = mine.keys() & theirs.keys() - {"quarter"}
    differ = any(
        mine[group] != theirs[group]
        and f"{group} {mine[group]}" not in other.told
        and f"{group} {theirs[group]}" not in one.told
        for group in groups
    )
    return (
        ("same kind", float(any(mine[group] == theirs[group] for group in groups))),
        ("other kind", float(differ)),
        ("other exclusive kind", float(any(exclusive.get(g, value) != value for g, value in one.exclusive))),
        ("role of one alone", float(("role" in mine) != ("role" in theirs))),
    )


def _context_evidence(one: Identity, other: Identity) -> Evidence:
    """Agreement of the rest of the sentences, and of the clauses."""
    counted = {one.head, other.head} | one.modifiers | other.modifiers
    common = _in_common(one, other, counted)
    sizes = [sum(weight for word, weight in x.weights.items() if word not in counted) for x in (one, other)]
    context = min(common / max(min(sizes), SMALLEST_CONTEXT), 1.0) if all(sizes) else NO_CONTEXT
    clause = len(one.clause & other.clause)
    said_by_both = total(word for word in one.weights if word in other.weights)
    return (
        ("context", context),
        ("words in common", min(said_by_both / MUCH_IN_COMMON, 1.0)),
        ("clause", clause / max(min(len(one.clause), len(other.clause)), 1)),
        ("words of the clauses", min(clause, WORDS_OF_A_CLAUSE) / WORDS_OF_A_CLAUSE),
    )


def _story_evidence(one: Identity, other: Identity, same: bool) -> Evidence:
    """Whether the passages are of one story: more can be one figure in one story than in two."""
    shared = one.topic & other.topic
    numbers = sum(word[0] == NUMBER_MARK for word in shared - one.digits - other.digits)
    rare = sum(rarity(word) >= RARE for word in shared)
    shorter = min(total_of_set(one.topic), total_of_set(other.topic))
    related = _related(one, other)
    moved = bool(one.direction or other.direction or one.updates or other.updates)
    kind = not set(one.kinds).isdisjoint(other.kinds)
    exclusive = not set(one.exclusive).isdisjoint(other.exclusive)
    beside = not (one.digits.isdisjoint(other.topic) and other.digits.isdisjoint(one.topic))
    return (
        ("passages", total(shared) / max(shorter, SMALLEST_TOPIC)),
        ("rare words of the passages", min(rare, RARE_WORDS) / RARE_WORDS),
        ("other numbers of the passages", min(numbers, 2) / 2),
        ("one story, one exclusive kind", related * exclusive),
        ("one story, one kind that moved", related * (kind and moved)),
        ("other number stands beside", float(not same and beside and not _takes_place(one, other))),
    )


def _related(one: Identity, other: Identity) -> float:
    """How much the passages have in common, from 0 to 1: of one story or of two."""
    shared = one.topic & other.topic
    named = sum(word[0] == NAME_MARK for word in shared)
    numbers = sum(word[0] == NUMBER_MARK for word in shared - one.digits - other.digits)
    plain = len(shared) - 2 * named - numbers
    return min((2 * named + max(plain, 0) + 2 * numbers) / ONE_STORY, 1.0)


def _name_evidence(one: Identity, other: Identity) -> Evidence:
    """Names of people and places in the sentences, in what is counted, and about whom they speak."""
    shared = one.names & other.names
    apart = bool(one.names and other.names and not shared)
    unknown = apart and not any(
        name in second.weights or name in second.topic
        for first, second in ((one, other), (other, one))
        for name in first.names
    )
    both = bool(one.entity_names and other.entity_names)
    return (
        ("names in common", min(len(shared), 2) / 2),
        ("names apart", float(apart)),
        ("other names", float(unknown)),
        ("name that only one has", float(bool(one.names - other.names) and bool(other.names - one.names))),
        ("other names beside it", float(bool(one.beside and other.beside and not one.beside & other.beside))),
        (
            "name beside it that the other has not",
            float(bool(one.beside - other.names) and bool(other.beside - one.names)),
        ),
        ("of somebody else", float(both and not one.entity_names & other.entity_names)),
        ("other subject", float(_other_subject(one, other))),
        ("other subject named", float(_other_subject_named(one, other))),
        ("other location", float(bool(one.at and other.at) and one.at.isdisjoint(other.at))),
        ("same place", float(bool(one.place & other.place))),
        ("other place", float(bool(one.place and other.place and not one.place & other.place))),
    )


def _time_evidence(one: Identity, other: Identity, same: bool) -> Evidence:
    days = _days(one, other)
    one_sided = (one.period is None) != (other.period is None)
    telling = same and _digits(one, other) >= DIGITS_THAT_IDENTIFY
    outside = _outside(one.event_day, other.period) or _outside(other.event_day, one.period)
    agree = _periods_agree(one.period, other.period) and not outside
    return (
        ("same period", float(bool(one.period and other.period) and agree)),
        ("other period", float(not agree)),
        ("period of one alone", float(one_sided)),
        ("same day told", float(one.event_day is not None and one.event_day == other.event_day)),
        (
            "other day told",
            float(bool(one.event_day and other.event_day and one.event_day != other.event_day)),
        ),
        ("same quarter", float(_quarter(one) is not None and _quarter(one) == _quarter(other))),
        ("quarter of one alone", float((_quarter(one) is None) != (_quarter(other) is None))),
        ("other month", float(bool(one.months and other.months) and one.months.isdisjoint(other.months))),
        ("same year told", float(not one.years.isdisjoint(other.years))),
        ("same day", float(days == 0 and not same)),
        ("other night", float(bool(one.night and other.night) and one.night != other.night)),
        ("night of one alone", float(bool(one.night) != bool(other.night))),
        *((f"{mode} and not", 1.0) for mode in MODES if (one.mode == mode) != (other.mode == mode)),
        ("long past", min(max(_gap(one, other), 0.0) / A_YEAR, 2.0)),
        ("told of a later day", float(_is_later(one, other) or _is_later(other, one))),
        ("days apart", min(math.log10(1 + days) / 2, 1.5) * (not telling)),
        ("weeks apart", float(days > SAME_EVENT and not telling)),
        ("days apart with a telling number", min(math.log10(1 + days) / 2, 1.5) * telling),
    )


def _days(one: Identity, other: Identity) -> int:
    """Days between the reports."""
    return abs((one.day - other.day).days) if one.day and other.day else 0


def _gap(one: Identity, other: Identity) -> float:
    """Days from the end of the period of one to the day on which the other was said, if that has no period."""
    return max(
        (
            float((second.day - first.period.end).days)
            for first, second in ((one, other), (other, one))
            if first.period and not first.period.cumulative and second.period is None and second.day
        ),
        default=0.0,
    )


def _is_later(one: Identity, other: Identity) -> bool:
    """Whether what one tells happened after the other was said."""
    return one.event_day is not None and other.day is not None and one.event_day > other.day


def _quarter(one: Identity) -> str | None:
    return next((value for group, value in one.kinds if group == "quarter"), None)


def _word_evidence(one: Identity, other: Identity) -> Evidence:
    """What their words say of how the numbers stand to each other."""
    return (
        ("correction", float(one.corrects or other.corrects)),
        ("another one", float(one.another != other.another)),
        ("another amount", float(one.instance and other.instance)),
        ("increment of one", float(one.increment != other.increment)),
        ("part of one", float(one.part != other.part)),
        ("known before", float(one.known or other.known)),
        ("both change", float(one.updates and other.updates)),
        ("other source", float(bool(one.source and other.source) and one.source != other.source)),
        ("change and level", float(one.change != other.change)),
        ("plan and fact", float(one.modality != other.modality)),
        ("said again in one passage", float(_repeats(one, other))),
        ("same sentence but for numbers", float(_same_template(one, other))),
        ("same number on one page", float(_again_on_page(one, other))),
        ("one passage", float(one.passage_id == other.passage_id)),
    )


def _replacement_evidence(one: Identity, other: Identity, same: bool) -> Evidence:
    """Whether the words say that one number takes the place of the other, or that somebody else gives it."""
    replaced = not same and _takes_place(one, other)
    together = one.passage_id == other.passage_id
    little = same and _says_little(one, other) and _counts_else(one, other)
    return (
        ("in place of that number", float(replaced and not together)),
        ("in its place in one passage", float(replaced and together)),
        ("told by another in one passage", float(not same and _told_by_another(one, other))),
        ("small number of something else", float(little)),
    )


def _again_on_page(one: Identity, other: Identity) -> bool:
    """Whether one page gives a number twice, of what may be one thing."""
    on_page = one.document_id == other.document_id and same_value(one, other)
    return on_page and (one.head == other.head or (not _counts_else(one, other) and not _is_small(one)))


def _names_head(one: Identity, other: Identity) -> bool:
    """Whether what one counts stands in the other's sentence."""
    return one.head in other.weights or other.head in one.weights


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


def _other_subject(one: Identity, other: Identity) -> bool:
    """Whether each is about somebody with a name whom the other does not mention."""
    return all(
        first.subject and not any(word in second.weights or word in second.topic for word in first.subject)
        for first, second in ((one, other), (other, one))
    )


def _other_subject_named(one: Identity, other: Identity) -> bool:
    """Whether each is about somebody with a name whom the sentence of the other does not mention."""
    return (
        bool(one.subject and other.subject)
        and one.subject.isdisjoint(other.names)
        and (other.subject.isdisjoint(one.names | one.subject))
    )


def _outside(day: date | None, period: Period | None) -> bool:
    return (
        day is not None
        and period is not None
        and not period.start <= day <= period.end + timedelta(days=LATEST_REPORT)
    )


def _starts_from(one: Identity, other: Identity) -> bool:
    """Whether one says that the value rose or fell from the other's."""
    return one.start is not None and other.near.low <= one.start <= other.near.high


def _digits(one: Identity, other: Identity) -> int:
    """Digits that both numbers have: the more, the less a match is chance."""
    return min(q.significant_digits or 1 for q in (one.quantity, other.quantity))


def _says_little(one: Identity, other: Identity) -> bool:
    """Whether the number that both give is one that many things have: a small or a round one."""
    return _is_small(one) or _digits(one, other) == 1


def _counts_else(one: Identity, other: Identity) -> bool:
    """Whether the heads are different things, neither named by the other nor both people."""
    people = bool(one.person and other.person)
    # Of one sentence each names what the other counts.
    named = one.sentence != other.sentence and _names_head(one, other)
    return one.counted and other.counted and one.head != other.head and not (people or named)


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
