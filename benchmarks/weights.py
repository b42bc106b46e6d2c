"""Fit the weights of linking (pipeline/linking/weights.py) to the development stories and to pairs in real prose.

    python -m benchmarks.weights [--write] [--half even|odd]

Two logistic regressions, of pairs of mentions whose numbers agree and of pairs whose numbers don't: how likely are
both of one figure, given the evidence that `pipeline.linking.comparison` names. What speaks for it may only add,
what speaks against it may only take away (the weights are projected to their sign), and large weights cost (L2).
Linking asks for a figure's best mention, so of the pairs of a mention with the mentions of one figure the likeliest
alone is learned from, in rounds, as in multiple-instance learning (Andrews et al. 2003).

Stories alone would teach that an equal number is mostly the same one. So pairs of real articles stand beside them:
those that a reader judged (development half, see benchmarks/prose_joins.py) and others drawn at random, which are two
figures but for a few; both as of one day, where nothing but their words keeps them apart, and of a day each. `--half` leaves out the other half of each file of stories that is halved.
"""

from __future__ import annotations

import random
import sys
from collections import defaultdict
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from zlib import crc32

import numpy as np

from benchmarks.linking import (
    claim_ids,
    claims_of,
    mentions_of,
    passages_of,
    stories_of,
    stories_to_learn_from,
)
from benchmarks.prose_joins import CALENDARS, Place, claims_of_articles, load_articles, load_pairs
from pipeline.linking.comparison import BY_HAND, compare, evidence, same_value, speaks_against
from pipeline.linking.identity import Identity, identify, said_in
from pipeline.linking.prepared import LONGEST_TOPIC
from pipeline.linking.vocabulary import load

PATH = Path(__file__).parent.parent / "pipeline" / "linking" / "weights.py"
ROUNDS, STEPS, PENALTY = 5, 12, 1.5
# One in so many pairs of mentions of two stories is looked at: there are many more of them than of those of one.
EVERY = 8
# Stories that were written as news is count for more than those that were written to be mixed up.
AS_NEWS_IS, AS_NEWS_IS_WEIGHT = ("unseen", "more_even", "more_odd"), 1.5
# Pairs of real articles drawn at random: of equal values, and of one head or kind; what they count for. Pairs of
# passages with so much in common may be of one figure: they are left out.
EQUAL, ALIKE, AT_RANDOM, MAY_BE_ONE = 4000, 3000, 0.5, 0.25
SEED = 5


@dataclass(frozen=True)
class Pair:
    """A mention beside an earlier one: the evidence, and whether they are of one figure."""

    mention: str
    figure: str
    same: bool
    evidence: dict[str, float]
    one_figure: bool
    weight: float


def identities(stories: Sequence[dict]) -> list[tuple[str, str, Identity]]:
    """Story, figure and identity of every labelled mention that was extracted, in the order of linking."""
    vocabulary = load()
    claims, mentions = claims_of(stories), mentions_of(stories)
    rows = {r["claim_id"]: r for r in claims.to_pylist()}
    topics = {r["passage_id"]: said_in(r["text"], vocabulary) for r in passages_of(stories).to_pylist()}
    found = []
    for mention, claim_id in claim_ids(mentions, claims).items():
        if claim_id is not None:
            row = rows[claim_id]
            if row.get("gloss_of") is None:
                identity = identify(row, vocabulary, topics[row["passage_id"]])
                order = (row["published"], row["passage_id"], row["start"])
                found.append((order, mention.story, mention.figure, identity))
    return [(story, figure, identity) for _, story, figure, identity in sorted(found, key=lambda x: x[0])]


def pairs_of(listed: Sequence[tuple[str, str, Identity]]) -> Iterator[Pair]:
    """Every two mentions of a story that nothing keeps apart, and some of two stories."""
    as_news_is = {story["story"] for half in AS_NEWS_IS for story in stories_of(half)}
    for number, (story, figure, one) in enumerate(listed):
        weight = AS_NEWS_IS_WEIGHT if story in as_news_is else 1.0
        for other_story, other_figure, other in listed[:number]:
            if story != other_story and crc32(f"{one.claim_id} {other.claim_id}".encode()) % EVERY:
                continue
            together = (story, figure) == (other_story, other_figure)
            yield from _pair(one, other, f"{other_story}/{other_figure}", together, weight)


def _pair(one: Identity, other: Identity, figure: str, together: bool, weight: float) -> Iterator[Pair]:
    comparison = compare(one, other)
    if not (comparison.excludes or comparison.why):
        same = same_value(one, other)
        yield Pair(one.claim_id, figure, same, dict(evidence(one, other, same)), together, weight)


def pairs_in_prose(calendar: str) -> Iterator[Pair]:
    """Pairs of quantities of real articles: those that were judged, and some drawn at random. OSError without them."""
    vocabulary = load()
    claims, passages = claims_of_articles(load_articles(), calendar)
    topics = {r["passage_id"]: said_in(r["text"][:LONGEST_TOPIC], vocabulary) for r in passages.to_pylist()}
    rows = [row for row in claims.to_pylist() if row.get("gloss_of") is None]
    known = [identify(row, vocabulary, topics[row["passage_id"]]) for row in rows]
    places = defaultdict(list)
    for row, identity in zip(rows, known, strict=True):
        places[row["document_id"]].append((row["start"], row["end"], identity))
    for pair in load_pairs("development"):
        one, other = _at(pair.one, places), _at(pair.other, places)
        if one is not None and other is not None and one is not other:
            yield from _pair(one, other, other.claim_id, pair.same, 1.0)
    drawn = random.Random(SEED)
    equal, alike = defaultdict(list), defaultdict(list)
    for identity in known:
        if identity.anchor is not None:
            equal[identity.dimension, f"{identity.anchor:.3g}"].append(identity)
        for shared in (identity.head, *(f"{group} {value}" for group, value in identity.kinds)):
            if shared:
                alike[identity.dimension, shared].append(identity)
    yield from _at_random(equal, EQUAL, drawn, same=True)
    yield from _at_random(alike, ALIKE, drawn, same=False)


def _at(place: Place, places: Mapping[str, Sequence[tuple[int, int, Identity]]]) -> Identity | None:
    """The claim whose words overlap those of the place most."""
    stop = place.start + len(place.words)
    overlap = {
        n: min(end, stop) - max(start, place.start) for n, (start, end, _) in enumerate(places[place.article])
    }
    best = max(overlap, key=overlap.__getitem__, default=None)
    return places[place.article][best][2] if best is not None and overlap[best] > 0 else None


def _at_random(
    groups: Mapping[tuple[str, str], Sequence[Identity]], most: int, drawn: random.Random, *, same: bool
) -> Iterator[Pair]:
    """Pairs of two articles within the groups, more of large groups but not as many as there are."""
    keys = sorted(key for key, members in groups.items() if len(members) > 1)
    shares = [(len(groups[key]) * (len(groups[key]) - 1)) ** 0.7 for key in keys]
    for _ in range(4 * most):
        one, other = drawn.sample(groups[drawn.choices(keys, shares)[0]], 2)
        common = len(one.topic & other.topic) / max(min(len(one.topic), len(other.topic)), 3)
        apart = one.document_id != other.document_id and one.template != other.template
        if apart and common < MAY_BE_ONE and same_value(one, other) == same:
            for pair in _pair(one, other, other.claim_id, False, AT_RANDOM):
                yield pair
                most -= 1
        if not most:
            return


def fit(pairs: Sequence[Pair]) -> dict[str, float]:
    """Weights by name, and "start" for what is there without any evidence."""
    names = sorted({name for p in pairs for name in p.evidence} - BY_HAND.keys())
    column = {name: number for number, name in enumerate(names)}
    values = np.zeros((len(pairs), len(names)))
    for number, pair in enumerate(pairs):
        for name, amount in pair.evidence.items():
            if name in column:
                values[number, column[name]] = amount
    labels = np.array([p.one_figure for p in pairs], dtype=float)
    base = np.array([p.weight for p in pairs])
    against = np.array([speaks_against(name) for name in names])
    weights, start = np.zeros(len(names)), 0.0
    chosen = np.ones(len(pairs), dtype=bool)
    for _ in range(ROUNDS):
        weights, start = _descend(values[chosen], labels[chosen], base[chosen], against, weights, start)
        chosen = _likeliest(pairs, values @ weights + start)
    return {"start": round(float(start), 2)} | {
        name: round(float(w), 2) for name, w in zip(names, weights, strict=True) if abs(w) >= 0.005
    }


def _descend(
    values: np.ndarray,
    labels: np.ndarray,
    base: np.ndarray,
    against: np.ndarray,
    weights: np.ndarray,
    start: float,
) -> tuple[np.ndarray, float]:
    """Projected Newton steps (Bertsekas 1982): weights at 0 that would take the wrong sign stay out of a step."""
    table = np.column_stack([values, np.ones(len(values))])
    sign = np.append(np.where(against, -1.0, 1.0), 0.0)
    penalty = np.append(np.full(values.shape[1], PENALTY), 0.0)
    point = np.append(weights, start)

    def projected(moved: np.ndarray) -> np.ndarray:
        return np.where(moved * sign < 0, 0.0, moved)

    def loss(at: np.ndarray) -> float:
        odds = table @ at
        return float((base * (np.logaddexp(0, odds) - labels * odds)).sum() + (penalty * at**2).sum() / 2)

    for _ in range(STEPS):
        likely = 1 / (1 + np.exp(-(table @ point)))
        slope = table.T @ (base * (likely - labels)) + penalty * point
        free = ~((point == 0) & (sign != 0) & (slope * sign > 0))
        curve = (table * (base * likely * (1 - likely))[:, None]).T @ table + np.diag(penalty + 1e-9)
        step = np.zeros_like(point)
        step[free] = np.linalg.solve(curve[np.ix_(free, free)], slope[free])
        size = 1.0
        while size > 1e-4 and loss(projected(point - size * step)) > loss(point):
            size /= 2
        point = projected(point - size * step)
    return point[:-1], float(point[-1])


def _likeliest(pairs: Sequence[Pair], scores: np.ndarray) -> np.ndarray:
    """Of each mention's pairs with one figure's mentions the one with the highest score."""
    best: dict[tuple[str, str], int] = {}
    for number, pair in enumerate(pairs):
        key = (pair.mention, pair.figure)
        if key not in best or scores[number] > scores[best[key]]:
            best[key] = number
    chosen = np.zeros(len(pairs), dtype=bool)
    chosen[list(best.values())] = True
    return chosen


def written(weights: Mapping[str, Mapping[str, float]]) -> str:
    """The module that holds the weights."""
    lines = [
        '"""Weights of the evidence that two mentions are of one figure, in log-odds: fitted by benchmarks/weights.py."""',
        "",
        "from __future__ import annotations",
    ]
    for name, values in weights.items():
        lines += ["", f"{name} = {{"]
        lines += [f'    "{key}": {value},' for key, value in values.items()] + ["}"]
    return "\n".join(lines) + "\n"


def main(arguments: Sequence[str]) -> None:
    """Fit to all development stories, or to half of them, and print or write the weights."""
    stories = stories_to_learn_from("even" if "even" in arguments else "odd" if "odd" in arguments else None)
    pairs = [*pairs_of(identities(stories)), *(pair for c in CALENDARS for pair in pairs_in_prose(c))]
    for same in (True, False):
        mine = [p for p in pairs if p.same == same]
        print(
            f"{'same' if same else 'other'} value: {len(mine)} pairs, {sum(p.one_figure for p in mine)} of one figure"
        )
    text = written(
        {
            "SAME_VALUE": fit([p for p in pairs if p.same]),
            "OTHER_VALUE": fit([p for p in pairs if not p.same]),
        }
    )
    if "--write" in arguments:
        PATH.write_text(text, "utf-8")
    else:
        print(text)


if __name__ == "__main__":
    main(sys.argv[1:])
