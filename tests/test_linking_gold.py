"""Linking on the gold set, through the real extractor.

Those held back alone tell how linking does on news it has not met. The others were looked at while rules were tuned
and weights fitted: their floors only keep what was reached.
"""

from __future__ import annotations

import random
from collections import Counter
from datetime import date
from functools import cache

import pytest

from benchmarks.linking import (
    CORPUS,
    HALVES,
    HELD_BACK,
    RELATIONS,
    Score,
    claim_ids,
    claims_of,
    load_stories,
    mentions_of,
    passages_of,
    score,
    stories_of,
    stories_to_learn_from,
)
from pipeline.figures import Linked, figures_as_of, link
from pipeline.revisions import revise

# The aims are a precision of 0.95 at a recall of 0.85; recall also falls when the extractor misses a number. What is
# held back does not reach them: "blind" scores 0.94 and 0.60, "fresh" 0.91 and 0.27. The floors are somewhat below what
# is reached, so that they catch what makes linking worse. Raise them as it improves. In "development" and "held_out"
# every other figure was made to be mixed up: they are harder on precision than news is.
LEAST_PRECISION = {
    "development": 0.84,
    "held_out": 0.92,
    "even": 0.91,
    "odd": 0.9,
    "more_even": 0.95,
    "more_odd": 0.94,
    "unseen": 0.85,
    "blind": 0.92,
    "fresh": 0.9,
}
LEAST_RECALL = {
    "development": 0.92,
    "held_out": 0.92,
    "even": 0.82,
    "odd": 0.76,
    "more_even": 0.41,
    "more_odd": 0.46,
    "unseen": 0.7,
    "blind": 0.58,
    "fresh": 0.24,
}
LEAST_RELATIONS = {
    "development": 0.95,
    "held_out": 0.93,
    "even": 0.95,
    "odd": 0.94,
    "more_even": 0.94,
    "more_odd": 0.94,
    "unseen": 0.94,
    "blind": 0.94,
    "fresh": 0.89,
}

ABSTENTIONS = CORPUS / "figures_abstentions.yaml"


@cache
def scored(half: str) -> Score:
    return score(half)[0]


def test_every_mention_stands_in_its_passage_once() -> None:
    assert sum(len(mentions_of(stories_of(half))) for half in HALVES) > 900


@pytest.mark.parametrize(
    ("half", "least_pairs"),
    [
        ("development", 300),
        ("held_out", 150),
        ("even", 1000),
        ("odd", 1000),
        ("more_even", 1000),
        ("more_odd", 1000),
        ("unseen", 320),
        ("blind", 1000),
        ("fresh", 1000),
    ],
)
def test_each_half_is_large_and_of_all_kinds(half: str, least_pairs: int) -> None:
    relations = Counter(m.relation for m in mentions_of(stories_of(half)))
    assert set(relations) >= set(RELATIONS) - {"refinement"}
    assert scored(half).pairs >= least_pairs


def test_no_story_is_in_two_halves() -> None:
    names = [s["story"] for half in HALVES for s in stories_of(half)]
    assert len(names) == len(set(names))
    unseen = {p["text"] for half in HELD_BACK for s in stories_of(half) for p in s["passages"].values()}
    assert unseen.isdisjoint({p["text"] for s in stories_to_learn_from() for p in s["passages"].values()})


@pytest.mark.parametrize("half", HALVES)
def test_precision_and_recall(half: str) -> None:
    result = scored(half)
    assert result.precision >= LEAST_PRECISION[half], result
    assert result.recall >= LEAST_RECALL[half], result


@pytest.mark.parametrize("half", HALVES)
def test_relations_of_linked_mentions(half: str) -> None:
    result = scored(half)
    assert result.relations_right >= LEAST_RELATIONS[half] * result.relations, result


def test_a_claim_that_fits_two_figures_waits_for_a_person() -> None:
    """Two reports of the same day name other numbers of one kind: nothing in a third says which of them it updates."""
    stories = load_stories(ABSTENTIONS)
    claims = claims_of(stories)
    linked = link(claims, passages=passages_of(stories))
    claim_of = claim_ids(mentions_of(stories), claims)
    waiting = {row["claim_id"]: row for row in linked.review.to_pylist()}
    for mention, claim_id in claim_of.items():
        if mention.figure == "either":
            assert claim_id is not None
            row = waiting[claim_id]
            assert len(row["candidates"]) >= 2
            assert row["figure_id"] not in row["candidates"]
    assert len(waiting) == sum(m.figure == "either" for m in claim_of)


def test_what_comes_later_changes_nothing_that_was_decided_before() -> None:
    """A run over everything groups what was known by a day as a run on that day did, under the same ids."""
    stories = load_stories()
    claims, passages = claims_of(stories), passages_of(stories)
    everything = figure_of(link(claims, passages=passages))
    for day in (date(2024, 3, 1), date(2024, 9, 1), date(2024, 12, 5)):
        then = figure_of(figures_as_of(day, claims, passages=passages))
        assert 0 < len(then) < len(everything)
        assert {c: everything[c] for c in then} == then


def test_any_order_of_rows_gives_the_same_tables() -> None:
    stories = load_stories()
    claims, passages = claims_of(stories), passages_of(stories)
    order = list(range(claims.num_rows))
    random.Random(7).shuffle(order)
    one, other = link(claims, passages=passages), link(claims.take(order), passages=passages)
    assert one.figures.equals(other.figures)
    assert one.figure_claims.equals(other.figure_claims)
    assert one.review.equals(other.review)
    assert revise(one.figures, one.figure_claims, claims).equals(
        revise(other.figures, other.figure_claims, claims.take(order))
    )


def figure_of(linked: Linked) -> dict[str, str]:
    columns = (linked.figure_claims.column(c).to_pylist() for c in ("claim_id", "figure_id"))
    return dict(zip(*columns, strict=True))
