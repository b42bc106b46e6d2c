"""Fit the weights of linking (pipeline/linking/weights.py) to the development stories.

    python -m benchmarks.weights [--write] [--half even|odd]

Two logistic regressions, of pairs of mentions whose numbers agree and of pairs whose numbers don't: how likely are
both of one figure, given the evidence that `pipeline.linking.comparison` names. What speaks for it may only add,
what speaks against it may only take away (the weights are projected to their sign), and large weights cost (L2).
Linking asks for a figure's best mention, so of the pairs of a mention with the mentions of one figure the likeliest
alone is learned from, in rounds, as in multiple-instance learning (Andrews et al. 2003).
"""

from __future__ import annotations

import sys
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path

import numpy as np

from benchmarks.linking import claim_ids, claims_of, mentions_of, passages_of, stories_to_learn_from
from pipeline.linking.comparison import BY_HAND, compare, evidence, same_value, speaks_against
from pipeline.linking.identity import Identity, identify, said_in
from pipeline.linking.vocabulary import load

PATH = Path(__file__).parent.parent / "pipeline" / "linking" / "weights.py"
ROUNDS, STEPS, PENALTY = 5, 12, 1.5
# Mentions of two stories share less than those of one, and there are many more pairs of them.
OTHER_STORY = 0.5


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
    """Every two mentions that nothing keeps apart."""
    for number, (story, figure, one) in enumerate(listed):
        for other_story, other_figure, other in listed[:number]:
            comparison = compare(one, other)
            if comparison.excludes or comparison.why:
                continue
            same = same_value(one, other)
            yield Pair(
                one.claim_id,
                f"{other_story}/{other_figure}",
                same,
                dict(evidence(one, other, same)),
                (story, figure) == (other_story, other_figure),
                1.0 if story == other_story else OTHER_STORY,
            )


def fit(pairs: Sequence[Pair]) -> dict[str, float]:
    """Weights by name, and "start" for what is there without any evidence."""
    names = sorted({name for p in pairs for name in p.evidence} - BY_HAND.keys())
    values = np.array([[p.evidence.get(name, 0.0) for name in names] for p in pairs])
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
    pairs = list(pairs_of(identities(stories)))
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
