"""What is quickly looked at never rules out a figure that comparing in full would find."""

from __future__ import annotations

from datetime import date, timedelta
from itertools import product

import numpy as np
from hypothesis import given, settings
from hypothesis import strategies as st
from said import said

from benchmarks.linking import stories_to_learn_from
from benchmarks.weights import identities
from pipeline.linking.comparison import THRESHOLD, compare
from pipeline.linking.identity import Identity, identify, said_in
from pipeline.linking.outlines import OUTLINE, SIZE, at_most, outline
from pipeline.linking.vocabulary import load

DAY = date(2024, 12, 4)
TOLD = [
    "The mayor of Velmora said that {} houses were burnt down in the north.",
    "Fires burnt down {} houses in Velmora in 2023, up from 120 a year earlier.",
    "Another {} houses were burnt down, including 12 in Velmora.",
    "The city of Velmora could lose {} houses to fires next year.",
    "The toll rose to {} houses on Tuesday, the governor said.",
    "Revised: {} houses were lost, not 40.",
    "{} of them stood empty.",
    "In the third quarter {} houses were insured against fire.",
    "At least {} firefighters were wounded and 3 killed in Velmora.",
]
VALUES = st.one_of(st.sampled_from([0, 3, 60, 61, 120, 123, 1200]), st.integers(0, 10**7))


@st.composite
def mentions(draw: st.DrawFn) -> Identity:
    """A claim of one of a few sentences, with a number, a modifier, a period and a day of its own."""
    value = draw(VALUES)
    template = draw(st.sampled_from(TOLD))
    sentence = template.format(f"{value:,}")
    since = draw(st.sampled_from([None, DAY - timedelta(400), DAY - timedelta(2)]))
    row = said(
        sentence,
        f"{value:,}",
        None if draw(st.integers(0, 9)) == 0 else value,
        draw(st.sampled_from([None, "houses", "burnt houses", "firefighters"])),
        passage_id=draw(st.sampled_from(["p1", "p2", "p3"])),
        modifier=draw(st.sampled_from(["exact", "approximate", "at_least", "at_most", "nearly"])),
        significant_digits=draw(st.sampled_from([None, 1, 2, 3])),
        change=draw(st.sampled_from(["level", "rise", "fall"])),
        modality=draw(st.sampled_from(["asserted", "forecast", "hypothetical", "denied"])),
        published=DAY + timedelta(draw(st.integers(0, 20))),
        valid_from=since,
        valid_to=since and since + timedelta(draw(st.sampled_from([0, 300]))),
        from_value=draw(st.sampled_from([None, 120.0])),
    )
    topic = said_in(" ".join(draw(st.lists(st.sampled_from(TOLD), max_size=3))), load())
    return identify(row, load(), topic)


@given(mentions(), st.lists(mentions(), min_size=1, max_size=5))
@settings(max_examples=300, deadline=None)
def test_no_comparison_scores_more_than_the_outlines_allow(one: Identity, others: list[Identity]) -> None:
    most = at_most(one.dimension, outline(one), np.frombuffer(b"".join(map(outline, others)), OUTLINE))
    for other, allowed in zip(others, most, strict=True):
        assert compare(one, other).score <= allowed + 1e-4, (one, other)


def test_what_is_far_apart_is_ruled_out_and_what_is_the_same_is_not() -> None:
    small, large = (
        identify(said(sentence, exact, value, "houses", passage_id=exact), load())
        for sentence, exact, value in (
            ("Floods took 60 houses", "60", 60),
            ("It has 9,000 houses", "9,000", 9000),
        )
    )
    outlines = np.frombuffer(outline(small) + outline(large), OUTLINE)
    assert len(outline(small)) == SIZE
    allowed = [(at_most(one.dimension, outline(one), outlines) > 0.4).tolist() for one in (small, large)]
    assert allowed == [[True, False], [False, True]]


def test_every_kind_of_claim_has_a_bound() -> None:
    kinds = ("count", "money", "share", "ratio", "measure", "duration", "age", "temperature")
    for kind, (first, second) in product(kinds, product((5, -5, 0, 17), repeat=2)):
        one, other = (
            identify(said(f"It was {n} in Velmora", str(n), n, kind=kind, passage_id=str(n)), load())
            for n in (first, second)
        )
        (allowed,) = at_most(one.dimension, outline(one), np.frombuffer(outline(other), OUTLINE))
        assert compare(one, other).score <= allowed + 1e-4


def test_no_mention_of_the_stories_scores_more_than_its_outline_allows() -> None:
    mentions = [identity for _, _, identity in identities(stories_to_learn_from())][:400]
    outlines = np.frombuffer(b"".join(map(outline, mentions)), OUTLINE)
    reached = 0
    for one in mentions[::4]:
        most = at_most(one.dimension, outline(one), outlines)
        for other, allowed in zip(mentions, most, strict=True):
            if other.dimension == one.dimension:
                found = compare(one, other).score
                assert found <= allowed + 1e-4, (one, other)
                reached += found >= THRESHOLD
    assert reached > len(mentions) / 4  # more than each with itself
