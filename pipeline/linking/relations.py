"""Parts and wholes, sums, shares and conversions that the text itself states between its numbers.

`relate` reads "including", "of them", "made up of", "in total", percentages with their wholes and conversions in
brackets. Nothing is inferred from the numbers themselves; whether they add up is checked in arithmetic.py.
"""

from __future__ import annotations

import re
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from functools import cache
from itertools import pairwise

import pyarrow as pa

from pipeline import lexicon
from pipeline.linking.arithmetic import (
    check_conversion,
    check_parts,
    check_share,
    check_share_alone,
    check_sum,
)
from pipeline.linking.stated import Related, Row, Stated, stated
from pipeline.rates import Rates
from pipeline.tables import CLAIM_RELATIONS

# Characters before and after a number in which the words that relate it are looked for.
NEAR = 60
# A "sentence" of more numbers is a table, whose numbers its words do not relate.
MOST_NUMBERS = 100
# A few words may stand between a number and the words that relate it: more, and they relate something else.
COLON = ":"
FEW = r"(?:[^\W\d][\w'’-]*[\s,]+){0,5}?"


@dataclass(frozen=True, slots=True)
class Patterns:
    """What the words between and beside two numbers say, as patterns; those with a `cue` name the words."""

    including: re.Pattern[str]
    excluding: re.Pattern[str]
    colon: re.Pattern[str]
    coordinated: re.Pattern[str]
    out_of: re.Pattern[str]
    of_whole_before: re.Pattern[str]
    of_whole_after: re.Pattern[str]
    part_of: re.Pattern[str]
    listed: re.Pattern[str]
    placed: re.Pattern[str]
    total_before: re.Pattern[str]
    total_after: re.Pattern[str]
    of_them_before: re.Pattern[str]
    of_them_after: re.Pattern[str]
    apposition: re.Pattern[str]
    set_off: tuple[tuple[re.Pattern[str], re.Pattern[str]], ...]


@cache
def patterns() -> Patterns:
    """The patterns of the words in lexicon/relations.toml."""
    words = lexicon.read("relations")
    including = lexicon.any_of([*words["including"], *words["exhaustive"]])
    total_before, total_after = (lexicon.any_of(words[f"total_{side}"]) for side in ("before", "after"))
    then = rf"(?:(?:{lexicon.any_of(words['between'])})\s+)*$"

    def of(pattern: str) -> re.Pattern[str]:
        return re.compile(pattern, re.IGNORECASE)

    return Patterns(
        including=of(rf"^[\s,–—(-]*{FEW}(?P<cue>{including})[\s,:]+{then}"),
        excluding=of(rf"\b(?:{lexicon.any_of(words['excluding'])})\b"),
        colon=of(r"^[^.;]{0,60}[:–—]\s*(?:[\w'’-]+\s+){0,2}$"),
        coordinated=of(r"^[^.;]*?(?:,\s*|\band\b|\bplus\b|\bas well as\b)[^.;]*$"),
        out_of=of(rf"^\s+(?:(?P<cue>of)|(?:[^\W\d][\w'’-]*\s+){{0,3}}?(?P<out>out of))\s+{then}"),
        # "Of the 64 passengers, 12 were children": before the whole, and from it to the part.
        of_whole_before=of(
            rf"(?:^|[.;:,–—]\s*|\b(?:and|but|that)\s+)[\"'“‘]?(?P<cue>(?:out )?of|among)\s+{then}"
        ),
        of_whole_after=of(rf"^[^,.;:]{{0,60}},\s*{then}"),
        part_of=of(
            rf"^\s*{FEW}[\s,–—(-]*(?:which (?:is|are|was|were) |as )?(?P<cue>part of)\s+"
            rf"(?:a|an|the|its|their|this)\s+{FEW}(?:of\s+)?{then}"
        ),
        # "18 people, 11 in the north and seven in the south": parts by place, with a comma alone to say so.
        listed=of(rf"^\s*{FEW}(?:[:–—-]\s+|(?<=,\s)){then}"),
        placed=re.compile(r"\s(?:in|on|at|from|near|aboard|inside|outside|for|by|to)\s"),
        total_before=of(rf"^[\s,;:–—(-]*{FEW}(?P<cue>{total_before})[\s,]+{then}"),
        total_after=of(rf"^\s*(?:[\w'’-]+\s+){{0,4}}(?P<cue>{total_after})\b"),
        of_them_before=of(rf"\b(?P<cue>of (?:them|whom|which)),?\s+{then}"),
        of_them_after=of(
            r"^\s+(?:[^\W\d][\w'’-]*\s+)?(?P<cue>of (?:them|whom|which|these|those(?! who)|the total|"
            r"(?:that|it)(?=\s+(?:amount|sum|total|money|number|from|in|for|on|is|was|has|had|will|would|went|came|"
            r"goes|going|comes)\b|\s*[,.;)]|\s*$)))\b"
        ),
        apposition=of(rf"^\s*{FEW}(?:\(|,\s*or\b|\bor\b|,\s*that is\b|,\s*i\.e\.)[\s,]*{then}"),
        # "the 400 seats, 300, were sold", "the 1,000 patients - 300 people - got worse": set off on both sides.
        set_off=(
            (of(rf"^\s*{FEW}(?<=\s)[–—-]\s+{then}"), of(r"^[^,.;:–—]{0,30}\s[–—-]\s")),
            (of(rf"^\s*{FEW}(?<=,\s){then}"), of(r"^,\s")),
        ),
    )


@cache
def exhaustive() -> frozenset[str]:
    """The words behind which all parts of a whole follow."""
    return frozenset(lexicon.read("relations")["exhaustive"])


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
    members = [stated(row) for row in sorted(rows, key=_place)]
    found: list[Related] = list(_conversions(members, rates))
    plain = [s for s in members if s.gloss_of is None and not s.ends_there]
    sentences: dict[str, list[Stated]] = {}
    for one in plain:
        sentences.setdefault(one.sentence, []).append(one)
    before: list[Stated] = []
    for together in sentences.values():
        if len(together) > MOST_NUMBERS:
            before = []
            continue
        found.extend(_in_sentence(together, before))
        before = together
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
        cue = _cue_of_parts(whole, following)
        parts = _coordinated(following) if cue else []
        if cue is None or (cue == COLON and len(parts) < 2):
            continue
        if len(parts) >= 2 and (cue == COLON or cue in exhaustive()):
            added = check_sum(whole, parts)
            yield from (Related(whole, "sum_of", part, cue, *added) for part in parts)
            yield from (Related(part, "part_of", whole, cue, *check_parts(whole, [part])) for part in parts)
            return
        together = check_parts(whole, parts)
        for part in parts:
            alone = check_parts(whole, [part])
            yield Related(part, "part_of", whole, cue, *(alone if alone[0] != "ok" else together))
        return


def _cue_of_parts(whole: Stated, following: Sequence[Stated]) -> str | None:
    """The words, or the colon, by which a whole is followed by its parts; None if it isn't."""
    if not following or patterns().excluding.search(gap := whole.gap(following[0])):
        return None
    if match := patterns().including.match(gap):
        return match["cue"].lower()
    return COLON if patterns().colon.match(gap) else None


def _coordinated(following: Sequence[Stated]) -> list[Stated]:
    """The first claim and those that commas and 'and' join to it."""
    parts = [following[0]]
    for one in following[1:]:
        gap = parts[-1].gap(one)
        if (
            not patterns().coordinated.match(gap)
            or patterns().including.match(gap)
            or patterns().total_before.match(gap)
        ):
            break
        parts.append(one)
    return parts


def _out_of(members: Sequence[Stated]) -> Iterator[Related]:
    """'65 of 80 drones', 'three out of the five', 'of the 64 passengers, 12', '$5m, part of a fund of $60m'."""
    for first, second in pairwise(members):
        if first.dimension != second.dimension or first.kind == "share":
            continue
        gap = first.gap(second)
        if match := patterns().out_of.match(gap):
            cue = (match["cue"] or match["out"]).lower()
            yield Related(first, "part_of", second, cue, *check_parts(second, [first]))
        elif (match := patterns().part_of.match(gap)) and _may_be_alike(first, second):
            yield Related(first, "part_of", second, match["cue"].lower(), *check_parts(second, [first]))
        elif (
            patterns().of_whole_after.match(gap)
            and (match := patterns().of_whole_before.search(first.before(NEAR)))
            and _alike(first, second)
        ):
            yield Related(second, "part_of", first, match["cue"].lower(), *check_parts(first, [second]))


def _listed(members: Sequence[Stated]) -> Iterator[Related]:
    """'18 people, 11 in the north and seven in the south'."""
    for n, whole in enumerate(members[:-2]):
        following = members[n + 1 :]
        gap = whole.gap(following[0])
        if (
            whole.kind not in ("count", "money")
            or not patterns().listed.match(gap)
            or patterns().placed.search(gap)
        ):
            continue
        parts = [
            p
            for p in _coordinated(following)
            if _alike(p, whole) and p.dimension == whole.dimension and patterns().placed.match(p.after(NEAR))
        ]
        if len(parts) > 1 and parts == list(following[: len(parts)]):
            for part in parts:
                yield Related(part, "part_of", whole, ",", *check_parts(whole, parts))
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
        after = total.after(NEAR)
        match = patterns().total_before.match(members[n - 1].gap(total)) or patterns().total_after.match(
            after
        )
        if match is None:
            continue
        addends = [m for m in members[:n] if m.dimension == total.dimension]
        if len(addends) < 2 or "previous" in total.sentence.lower():
            continue
        if all(patterns().coordinated.match(a.gap(b)) for a, b in pairwise(addends)):
            check, reason = check_sum(total, addends)
            for addend in addends:
                yield Related(total, "sum_of", addend, match["cue"].lower(), check, reason)


def _anaphora(members: Sequence[Stated], before: Sequence[Stated]) -> Iterator[Related]:
    """'There were 500 incidents. Up to 100 of them ...', '340 passengers, 45 of whom ...': the whole stands before."""
    for one in members:
        match = patterns().of_them_after.match(one.after(NEAR)) or patterns().of_them_before.search(
            one.before(NEAR)
        )
        if match is None:
            continue
        earlier = [m for m in reversed(members) if m.end <= one.start]
        for whole in (*earlier, *before):
            if one.kind == "share" and whole.kind in ("count", "money", "measure"):
                yield Related(one, "share_of", whole, match["cue"].lower(), *check_share_alone(one))
                break
            if one.dimension == whole.dimension and one.kind != "share" and one.quantity != whole.quantity:
                yield Related(one, "part_of", whole, match["cue"].lower(), *check_parts(whole, [one]))
                break


def _shares(members: Sequence[Stated]) -> Iterator[Related]:
    """'30 of 120 schools (25%)', '40 percent of the 200 houses', '$5m, or 10% of the total of $50m'."""
    for n, share in enumerate(members):
        if share.kind != "share":
            continue
        others = [m for m in members if m.kind != "share"]
        wholes = [m for m in members[n + 1 :] if m.kind != "share" and patterns().out_of.match(share.gap(m))]
        earlier = [m for m in others if m.end <= share.start]
        if wholes:
            whole = wholes[0]
            part = next(
                (p for p in reversed(earlier) if p.dimension == whole.dimension and _is_apposition(p, share)),
                None,
            )
            later = (p for p in members if p.start >= whole.end and p.dimension == whole.dimension)
            part = part or next((p for p in later if _is_apposition(whole, p)), None)
            yield Related(share, "share_of", whole, "of", *check_share(share, whole, part))
        elif len(earlier) >= 2 and _is_apposition(earlier[-1], share):
            part, whole = earlier[-2], earlier[-1]
            if part.dimension == whole.dimension and patterns().out_of.match(part.gap(whole)):
                yield Related(share, "share_of", whole, "of", *check_share(share, whole, part))


def _is_apposition(number: Stated, other: Stated) -> bool:
    """Whether the second repeats the first in other words: '30 ... (25%)', '30 ..., or 25%', '30 - 25% - of'."""
    gap, after = number.gap(other), other.after(NEAR)
    return patterns().apposition.match(gap) is not None or any(
        before.match(gap) and behind.match(after) for before, behind in patterns().set_off
    )


def _conversions(members: Sequence[Stated], rates: Rates | None) -> Iterator[Related]:
    by_id = {one.claim_id: one for one in members}
    for one in members:
        target = by_id.get(one.gloss_of or "")
        if target is not None and target is not one:
            yield Related(one, "conversion_of", target, "in brackets", *check_conversion(one, target, rates))


def _place(row: Row) -> tuple[int, int, str]:
    start, end = row["start"], row["end"]
    return (start if isinstance(start, int) else 0, end if isinstance(end, int) else 0, str(row["claim_id"]))
