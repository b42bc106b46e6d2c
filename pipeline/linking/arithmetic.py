"""Parts and wholes that the text itself states, and whether they add up.

`relate` reads "including", "of them", "made up of", "in total", percentages with their wholes and conversions in
brackets, and checks each within the precision and the modifiers of its numbers: what cannot be true is flagged with
the reason. Nothing is inferred from the numbers themselves.
"""

from __future__ import annotations

import math
import re
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from datetime import date
from itertools import pairwise

import pyarrow as pa

from pipeline.display import number
from pipeline.linking.identity import measured, place_in_sentence
from pipeline.linking.precision import Interval, Quantity
from pipeline.rates import Rates
from pipeline.tables import CLAIM_RELATIONS

Row = Mapping[str, object]

# How far a rate of exchange moves in a month, for conversions that a reporter made on another day, where no rates
# are at hand that say how far it did.
RATE_MOVEMENT = 0.05
# A conversion is rounded anew: it may be off by half a unit of the last digit of each side, and a little; by more
# where one digit is all that a side says ("30ft (10m)").
CONVERSION_SLACK = 0.02
SLACK_OF_ONE_DIGIT = 0.05
# Units that are two: how many of ours the other one has, imperial for American measures and the long ton for the short.
OTHER_MEANING = {
    "gallon": 1.20095,
    "quart": 1.20095,
    "pint": 1.20095,
    "fluid_ounce": 0.96076,
    "ton": 1.12,
    "US_hundredweight": 1.12,
}
# Characters before a number in which "of them" is looked for.
NEAR = 60
# A "sentence" of more numbers is a table, whose numbers its words do not relate.
MOST_NUMBERS = 100

# A few words may stand between a number and the words that relate it: more, and they relate something else.
_FEW = r"(?:[^\W\d][\w'’-]*[\s,]+){0,5}?"
_MODIFIERS = (
    r"(?:(?:a|an|the|its|their|his|her|all|these|those|some|about|around|nearly|almost|roughly|over|more than|less than|"
    r"at least|at most|up to|fewer than|as many as|as much as|another|a further|only|just|a total of)\s+)*"
)
INCLUDING = re.compile(
    rf"^[\s,–—(-]*{_FEW}(?P<cue>including|includes?|among them|of whom|of which|of them|of those|made up of|"
    rf"consist(?:s|ed|ing) of|comprising|comprises|comprised of|composed of|split into|divided into|broken down into)"
    rf"[\s,:]+{_MODIFIERS}$",
    re.IGNORECASE,
)
EXHAUSTIVE = frozenset(
    {
        "made up of",
        "consists of",
        "consisted of",
        "consisting of",
        "comprises",
        "comprising",
        "comprised of",
        "composed of",
        "split into",
        "divided into",
        "broken down into",
    }
)
OUT_OF = re.compile(
    rf"^\s+(?:(?P<cue>of)|(?:[^\W\d][\w'’-]*\s+){{0,3}}?(?P<out>out of))\s+{_MODIFIERS}$", re.IGNORECASE
)
AND = re.compile(r"^[^.;]*?(?:,\s*|\band\b|\bplus\b|\bas well as\b)[^.;]*$", re.IGNORECASE)
TOTAL_AFTER = re.compile(
    rf"^[\s,;:–—(-]*{_FEW}(?P<cue>for a total of|making a total of|giving a total of|a total of|totalling|totaling|"
    rf"which adds up to|adding up to|altogether|in all|make|makes|making)[\s,]+{_MODIFIERS}$",
    re.IGNORECASE,
)
TOTAL_WORDS = re.compile(r"^\s*(?:[\w'’-]+\s+){0,4}(?P<cue>in total|altogether|in all)\b", re.IGNORECASE)
OF_THEM_AFTER = re.compile(
    r"^\s+(?:[^\W\d][\w'’-]*\s+)?(?P<cue>of (?:them|whom|which|these|those(?! who)|the total|"
    r"(?:that|it)(?=\s+(?:amount|sum|total|money|number|from|in|for|on|is|was|has|had|will|would|went|came|goes|"
    r"comes)\b|\s*[,.;)]|\s*$)))\b",
    re.IGNORECASE,
)
OF_THEM_BEFORE = re.compile(rf"\b(?P<cue>of (?:them|whom|which)),?\s+{_MODIFIERS}$", re.IGNORECASE)
# "Of the 64 passengers, 12 were children", "out of 500 tests, 20 ...": before the whole, and from it to the part.
OF_WHOLE_BEFORE = re.compile(
    rf"(?:^|[.;:,–—]\s*|\b(?:and|but|that)\s+)[\"'“‘]?(?P<cue>(?:out )?of|among)\s+{_MODIFIERS}$",
    re.IGNORECASE,
)
OF_WHOLE_AFTER = re.compile(rf"^[^,.;:]{{0,60}},\s*{_MODIFIERS}$", re.IGNORECASE)
PART_OF = re.compile(
    rf"^\s*{_FEW}[\s,–—(-]*(?:which (?:is|are|was|were) |as )?(?P<cue>part of)\s+(?:a|an|the|its|their|this)\s+{_FEW}"
    rf"(?:of\s+)?{_MODIFIERS}$",
    re.IGNORECASE,
)
# "18 people, 11 in the north and seven in the south": parts by place or time, with nothing but a comma to say so.
LISTED = re.compile(rf"^\s*{_FEW}(?:[:–—-]\s+|(?<=,\s)){_MODIFIERS}$", re.IGNORECASE)
PLACED = re.compile(r"\s(?:in|on|at|from|near|aboard|inside|outside|for|by|to)\s")
COLON = re.compile(r"^[^.;]{0,60}[:–—]\s*(?:[\w'’-]+\s+){0,2}$")
APPOSITION = re.compile(
    rf"^\s*{_FEW}(?:\(|,\s*or\b|\bor\b|,\s*that is\b|,\s*i\.e\.)[\s,]*{_MODIFIERS}$", re.IGNORECASE
)
# "the 400 seats, 300, were sold", "the 1,000 patients - 300 people - got worse": set off on both sides.
BETWEEN_DASHES = (
    re.compile(rf"^\s*{_FEW}(?<=\s)[–—-]\s+{_MODIFIERS}$", re.IGNORECASE),
    re.compile(r"^[^,.;:–—]{0,30}\s[–—-]\s"),
)
BETWEEN_COMMAS = (re.compile(rf"^\s*{_FEW}(?<=,\s){_MODIFIERS}$", re.IGNORECASE), re.compile(r"^,\s"))
NEGATION = re.compile(r"\bnot (?:including|counting)|\bexcluding\b|\bexcept\b", re.IGNORECASE)


@dataclass(frozen=True, slots=True)
class Stated:
    """A claim with its number, its place in the sentence and the words around it."""

    claim_id: str
    exact: str
    kind: str
    dimension: str
    quantity: Quantity
    sentence: str
    start: int
    end: int
    ends_there: bool
    gloss_of: str | None
    row: Row

    @property
    def interval(self) -> Interval:
        """What the words leave possible."""
        return self.quantity.interval

    def gap(self, other: Stated) -> str:
        """The words between this claim and a later one of the sentence."""
        return self.sentence[self.end : other.start]


@dataclass(frozen=True, slots=True)
class Related:
    """A stated relation of two claims and the outcome of its check."""

    claim: Stated
    relation: str
    to: Stated
    cue: str
    check: str
    reason: str


def relate(claims: pa.Table, rates: Rates | None = None) -> pa.Table:
    """Relations that the text states between claims, as rows of claim_relations.

    `claims` has the columns of claims joined with those of normalised_claims, in any order. `rates` say how far a
    rate moved before a conversion; without them it is allowed 5 %. Work is within a passage.
    """
    passages: dict[tuple[str, str], list[Row]] = {}
    for row in claims.to_pylist():
        passages.setdefault((row["document_id"], row["passage_id"]), []).append(row)
    rows = [
        {
            "claim_id": related.claim.claim_id,
            "relation": related.relation,
            "related_claim_id": related.to.claim_id,
            "cue": related.cue,
            "check": related.check,
            "reason": related.reason,
        }
        for key in sorted(passages)
        for related in relate_passage(passages[key], rates)
    ]
    unique = {(r["claim_id"], r["relation"], r["related_claim_id"]): r for r in reversed(rows)}
    return CLAIM_RELATIONS.from_rows([dict(unique[key]) for key in sorted(unique)])


def relate_passage(rows: Sequence[Row], rates: Rates | None = None) -> list[Related]:
    """Relations among the claims of one passage."""
    stated = [_stated(row) for row in sorted(rows, key=_place)]
    found: list[Related] = list(_conversions(stated, rates))
    plain = [s for s in stated if s.gloss_of is None and not s.ends_there]
    sentences: dict[str, list[Stated]] = {}
    for one in plain:
        sentences.setdefault(one.sentence, []).append(one)
    before: list[Stated] = []
    for members in sentences.values():
        if len(members) > MOST_NUMBERS:
            before = []
            continue
        found.extend(_in_sentence(members, before))
        before = members
    return found


def _in_sentence(members: Sequence[Stated], before: Sequence[Stated]) -> Iterator[Related]:
    yield from _shares(members)
    taken: set[str] = set()
    for relation in [*_parts(members), *_out_of(members), *_totals(members), *_listed(members)]:
        if relation.claim.claim_id not in taken or relation.relation == "sum_of":
            taken.add(relation.claim.claim_id)
            yield relation
    for relation in _anaphora(members, before):
        if relation.claim.claim_id not in taken:
            yield relation


def _parts(members: Sequence[Stated]) -> Iterator[Related]:
    """'$56bn, including $16bn in ... and over $40bn in ...'; '12 people, made up of 7 men and 5 women'."""
    for n, whole in enumerate(members[:-1]):
        following = [m for m in members[n + 1 :] if m.dimension == whole.dimension]
        if not following:
            continue
        match = INCLUDING.match(whole.gap(following[0]))
        colon = COLON.match(whole.gap(following[0])) if len(following) > 1 else None
        if (match is None and colon is None) or NEGATION.search(whole.gap(following[0])):
            continue
        cue = match["cue"].lower() if match else ":"
        parts = _coordinated(following)
        if colon is not None and match is None and len(parts) < 2:
            continue
        exhaustive = cue in EXHAUSTIVE or (match is None and colon is not None)
        if exhaustive and len(parts) >= 2:
            check, reason = _check_sum(whole, parts)
            for part in parts:
                yield Related(whole, "sum_of", part, cue, check, reason)
            for part in parts:
                yield Related(part, "part_of", whole, cue, *_check_parts(whole, [part]))
        else:
            together = _check_parts(whole, parts)
            for part in parts:
                alone = _check_parts(whole, [part])
                yield Related(part, "part_of", whole, cue, *(alone if alone[0] != "ok" else together))
        return


def _coordinated(following: Sequence[Stated]) -> list[Stated]:
    """The first claim and those that commas and 'and' join to it."""
    parts = [following[0]]
    for one in following[1:]:
        gap = parts[-1].gap(one)
        if not AND.match(gap) or INCLUDING.match(gap) or TOTAL_AFTER.match(gap):
            break
        parts.append(one)
    return parts


def _out_of(members: Sequence[Stated]) -> Iterator[Related]:
    """'65 of 80 drones', 'three out of the five', 'of the 64 passengers, 12', '$5m, part of a fund of $60m'."""
    for first, second in pairwise(members):
        if first.dimension != second.dimension or first.kind == "share":
            continue
        gap = first.gap(second)
        if match := OUT_OF.match(gap):
            cue = (match["cue"] or match["out"]).lower()
            yield Related(first, "part_of", second, cue, *_check_parts(second, [first]))
        elif (match := PART_OF.match(gap)) and _may_be_alike(first, second):
            yield Related(first, "part_of", second, match["cue"].lower(), *_check_parts(second, [first]))
        elif (
            OF_WHOLE_AFTER.match(gap)
            and (match := OF_WHOLE_BEFORE.search(first.sentence[max(first.start - NEAR, 0) : first.start]))
            and _alike(first, second)
        ):
            yield Related(second, "part_of", first, match["cue"].lower(), *_check_parts(first, [second]))


def _listed(members: Sequence[Stated]) -> Iterator[Related]:
    """'18 people, 11 in the north and seven in the south'."""
    for n, whole in enumerate(members[:-2]):
        following = members[n + 1 :]
        gap = whole.gap(following[0])
        if whole.kind not in ("count", "money") or not LISTED.match(gap) or PLACED.search(gap):
            continue
        parts = [
            p
            for p in _coordinated(following)
            if _alike(p, whole)
            and p.dimension == whole.dimension
            and PLACED.match(p.sentence[p.end : p.end + NEAR])
        ]
        if len(parts) > 1 and parts == list(following[: len(parts)]):
            for part in parts:
                yield Related(part, "part_of", whole, ",", *_check_parts(whole, parts))
            return


def _alike(one: Stated, other: Stated) -> bool:
    """Whether both count or measure the same kind of thing."""
    head = one.row.get("entity_head")
    return head is not None and head == other.row.get("entity_head")


def _may_be_alike(one: Stated, other: Stated) -> bool:
    return one.kind != "count" or other.row.get("entity_head") is None or _alike(one, other)


def _totals(members: Sequence[Stated]) -> Iterator[Related]:
    """'7 men and 5 women, 12 people in total'; 'a total of ...' after what is added up."""
    for n, total in enumerate(members):
        if n < 2:
            continue
        after = total.sentence[total.end : total.end + NEAR]
        match = TOTAL_AFTER.match(members[n - 1].gap(total)) or TOTAL_WORDS.match(after)
        if match is None:
            continue
        addends = [m for m in members[:n] if m.dimension == total.dimension]
        if len(addends) < 2 or "previous" in total.sentence.lower():
            continue
        if "bring" in match["cue"].lower() or "brought" in match["cue"].lower():
            continue  # "bringing the total to" counts on from what isn't said
        if all(AND.match(a.gap(b)) for a, b in pairwise(addends)):
            check, reason = _check_sum(total, addends)
            for addend in addends:
                yield Related(total, "sum_of", addend, match["cue"].lower(), check, reason)


def _anaphora(members: Sequence[Stated], before: Sequence[Stated]) -> Iterator[Related]:
    """'There were 500 incidents. Up to 100 of them ...', '340 passengers, 45 of whom ...': the whole stands before."""
    for one in members:
        match = OF_THEM_AFTER.match(one.sentence[one.end : one.end + NEAR]) or OF_THEM_BEFORE.search(
            one.sentence[max(one.start - NEAR, 0) : one.start]
        )
        if match is None:
            continue
        earlier = [m for m in reversed(members) if m.end <= one.start]
        for whole in (*earlier, *before):
            if one.kind == "share" and whole.kind in ("count", "money", "measure"):
                yield Related(one, "share_of", whole, match["cue"].lower(), *_check_share_alone(one))
                break
            if one.dimension == whole.dimension and one.kind != "share" and one.quantity != whole.quantity:
                yield Related(one, "part_of", whole, match["cue"].lower(), *_check_parts(whole, [one]))
                break


def _shares(members: Sequence[Stated]) -> Iterator[Related]:
    """'30 of 120 schools (25%)', '40 percent of the 200 houses', '$5m, or 10% of the total of $50m'."""
    for n, share in enumerate(members):
        if share.kind != "share":
            continue
        others = [m for m in members if m.kind != "share"]
        wholes = [m for m in members[n + 1 :] if m.kind != "share" and OUT_OF.match(share.gap(m))]
        earlier = [m for m in others if m.end <= share.start]
        if wholes:
            whole = wholes[0]
            part = next(
                (p for p in reversed(earlier) if p.dimension == whole.dimension and _is_apposition(p, share)),
                None,
            )
            later = (p for p in members if p.start >= whole.end and p.dimension == whole.dimension)
            part = part or next((p for p in later if _is_apposition(whole, p)), None)
            yield Related(share, "share_of", whole, "of", *_check_share(share, whole, part))
        elif len(earlier) >= 2 and _is_apposition(earlier[-1], share):
            part, whole = earlier[-2], earlier[-1]
            if part.dimension == whole.dimension and OUT_OF.match(part.gap(whole)):
                yield Related(share, "share_of", whole, "of", *_check_share(share, whole, part))


def _is_apposition(number: Stated, other: Stated) -> bool:
    """Whether the second repeats the first in other words: '30 ... (25%)', '30 ..., or 25%', '30 - 25% - of'."""
    gap, after = number.gap(other), other.sentence[other.end : other.end + NEAR]
    return APPOSITION.match(gap) is not None or any(
        before.match(gap) and behind.match(after) for before, behind in (BETWEEN_DASHES, BETWEEN_COMMAS)
    )


def _conversions(stated: Sequence[Stated], rates: Rates | None) -> Iterator[Related]:
    by_id = {s.claim_id: s for s in stated}
    for one in stated:
        target = by_id.get(one.gloss_of or "")
        if target is not None and target is not one:
            yield Related(one, "conversion_of", target, "in brackets", *_check_conversion(one, target, rates))


def _check_parts(whole: Stated, parts: Sequence[Stated]) -> tuple[str, str]:
    """Impossible if the parts are more than the whole can be."""
    low = sum(max(p.interval.low, 0.0) if math.isinf(p.interval.low) else p.interval.low for p in parts)
    said = " and ".join(p.exact for p in parts)
    if whole.quantity.anchor is None or any(p.quantity.anchor is None for p in parts):
        return "unchecked", f"no number in {said} or {whole.exact}"
    if low > whole.interval.high * (1 + 1e-9):
        return (
            "impossible",
            f"{said} ({number(low)} or more) exceed {whole.exact} ({number(whole.interval.high)} or less)",
        )
    return "ok", f"{said} fit within {whole.exact}"


def _check_sum(total: Stated, addends: Sequence[Stated]) -> tuple[str, str]:
    """Impossible if the sum can't be the total within the precision of all."""
    said = " + ".join(a.exact for a in addends)
    if total.quantity.anchor is None or any(a.quantity.anchor is None for a in addends):
        return "unchecked", f"no number in {said} or {total.exact}"
    added = Interval(0.0, 0.0)
    for addend in addends:
        added = added.plus(addend.interval)
    if not added.overlaps(total.interval):
        return "impossible", f"{said} make {_range(added)}, and {total.exact} allows {_range(total.interval)}"
    return "ok", f"{said} can make {total.exact}"


def _check_share_alone(share: Stated) -> tuple[str, str]:
    low = share.interval.low
    if low > 100:
        return "impossible", f"{share.exact} is more than the whole"
    return "ok", f"{share.exact} is a part"


def _check_share(share: Stated, whole: Stated, part: Stated | None) -> tuple[str, str]:
    """Impossible if part divided by whole can't be the share within the precision of all three."""
    if part is None:
        return _check_share_alone(share)
    amount, full = part.interval, whole.interval
    if not (full.low > 0 and math.isfinite(full.high) and amount.low >= 0 and math.isfinite(amount.high)):
        return "unchecked", f"{part.exact} of {whole.exact} is open at one end"
    possible = Interval(100 * amount.low / full.high, 100 * amount.high / full.low)
    if not possible.overlaps(share.interval):
        return "impossible", f"{part.exact} of {whole.exact} is {_range(possible)} percent, not {share.exact}"
    return "ok", f"{part.exact} of {whole.exact} is {share.exact}"


def _check_conversion(one: Stated, target: Stated, rates: Rates | None) -> tuple[str, str]:
    """Impossible if the two can't be one quantity within their rounding, and for money the rate of a month."""
    first, second = _comparable(one), _comparable(target)
    if first is None or second is None:
        return "unchecked", f"{one.exact} and {target.exact} have no common unit"
    slack = _movement(one, target, rates) if one.kind == "money" else _rounding(one, target)
    widened = Interval(first.low - slack * abs(first.low), first.high + slack * abs(first.high))
    if not any(widened.scaled(factor).overlaps(second) for factor in _meanings(one, target)):
        return (
            "impossible",
            f"{one.exact} is {_range(first)}, and {target.exact} is {_range(second)} in {_unit(one)}",
        )
    return "ok", f"{one.exact} is {target.exact} in another unit"


def _rounding(one: Stated, target: Stated) -> float:
    digits = [said.row.get("significant_digits") for said in (one, target)]
    return SLACK_OF_ONE_DIGIT if 1 in digits else CONVERSION_SLACK


def _meanings(one: Stated, target: Stated) -> Iterator[float]:
    """The factors that the units of a measure, which may mean two things, leave open between the two sides."""
    yield 1.0
    if factor := OTHER_MEANING.get(str(one.row.get("unit"))):
        yield factor
    if factor := OTHER_MEANING.get(str(target.row.get("unit"))):
        yield 1 / factor


def _movement(one: Stated, target: Stated, rates: Rates | None) -> float:
    """How far the rate between two amounts moved in the month before the day that it is from, beside its rounding."""
    day = one.row.get("fx_date") or target.row.get("fx_date")
    units = one.row.get("unit"), target.row.get("unit")
    if rates is None or not isinstance(day, date) or not all(isinstance(unit, str) for unit in units):
        return RATE_MOVEMENT
    return CONVERSION_SLACK + rates.movement(str(units[0]), str(units[1]), day)


def _comparable(one: Stated) -> Interval | None:
    """The rounding interval in the base currency or SI unit: the factor applied to the number as written."""
    row = one.row
    value, low, high = (_float(row.get(n)) for n in ("value", "low", "high"))
    prefix = "amount_base" if one.kind == "money" else "si"
    name = "amount_base" if one.kind == "money" else "si_value"
    factor = _float(row.get("fx_rate" if one.kind == "money" else "si_factor"))
    digits = row.get("significant_digits")
    said = Quantity(value, low, high, "exact", digits if isinstance(digits, int) else None)
    if factor:
        return said.near.scaled(factor)
    converted = Quantity(
        _float(row.get(name)),
        _float(row.get(f"{prefix}_low")),
        _float(row.get(f"{prefix}_high")),
        "exact",
        digits if isinstance(digits, int) else None,
    )
    return None if converted.anchor is None else converted.near


def _stated(row: Row) -> Stated:
    start = place_in_sentence(row)
    sentence, exact = str(row["sentence"]), str(row["exact"])
    dimension, _, quantity = measured(row)
    gloss = row.get("gloss_of")
    return Stated(
        claim_id=str(row["claim_id"]),
        exact=exact,
        kind=str(row["kind"]),
        dimension=dimension,
        quantity=quantity,
        sentence=sentence,
        start=start,
        end=start + len(exact),
        ends_there=row.get("to_value") is not None,
        gloss_of=None if gloss is None else str(gloss),
        row=row,
    )


def _place(row: Row) -> tuple[int, int, str]:
    start, end = row["start"], row["end"]
    return (start if isinstance(start, int) else 0, end if isinstance(end, int) else 0, str(row["claim_id"]))


def _float(value: object) -> float | None:
    return float(value) if isinstance(value, int | float) else None


def _unit(one: Stated) -> str:
    """The unit that both sides of a conversion were brought into."""
    unit = one.row.get("base_currency" if one.kind == "money" else "si_unit")
    return "one unit" if unit is None else str(unit)


def _range(interval: Interval) -> str:
    low, high = number(interval.low), number(interval.high)
    if math.isinf(interval.high):
        return f"{low} or more"
    if math.isinf(interval.low):
        return f"{high} or less"
    return low if low == high else f"{low} to {high}"
