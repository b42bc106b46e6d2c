"""What holds for any text: offsets quote, unrelated text changes nothing, and time grows with length alone."""

from __future__ import annotations

import gc
import time
from dataclasses import replace
from itertools import pairwise

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from pipeline.claims import extract_claims
from pipeline.types import Claim

PIECES = (
    "the of and to from between by up at least more than nearly half a third dozen hundred million percent per cent $ £ "
    "US$ EUR 5 12 1,234 2.5 2024 3/4 ½ km kg years old people cases rose fell to ( ) - – , . ; : ' \" “ ” % two twenty "
    "one in out times fold F-16 May 3 Article 9 am pm 10:30 tens thousands several few not said he Kyiv report \n"
)
WORDS = st.sampled_from(PIECES.split(" "))
TEXTS = st.one_of(
    st.lists(WORDS, max_size=60).map(" ".join),
    st.lists(WORDS, max_size=60).map("".join),
    st.text(max_size=200),
)
UNRELATED = "Nobody knew why the door was open.\n\n"


def shifted(claims: list[Claim], by: int) -> list[Claim]:
    return [
        replace(
            claim,
            start=claim.start + by,
            end=claim.end + by,
            gloss_of=None if claim.gloss_of is None else claim.gloss_of + by,
            sentence_start=claim.sentence_start + by,
            sentence_end=claim.sentence_end + by,
        )
        for claim in claims
    ]


@settings(max_examples=150, deadline=None, suppress_health_check=[HealthCheck.too_slow])
@given(TEXTS)
def test_every_claim_quotes_the_text(text: str) -> None:
    for claim in extract_claims(text):
        assert text[claim.start : claim.end] == claim.exact
        assert claim.exact.strip() == claim.exact != ""
        assert claim.sentence_start <= claim.start < claim.end <= claim.sentence_end


@pytest.mark.parametrize(
    "headline", ["40 dead: police say", "Minister: “40 dead”", "40 dead - UN", "40 dead – 'UN'"]
)
def test_a_headline_may_end_anywhere(headline: str) -> None:
    for end in range(len(headline) + 1):
        for claim in extract_claims(headline[:end]):
            assert headline[claim.start : claim.end] == claim.exact


@settings(max_examples=150, deadline=None, suppress_health_check=[HealthCheck.too_slow])
@given(TEXTS)
def test_amounts_are_coherent(text: str) -> None:
    for claim in extract_claims(text):
        assert claim.value is not None or (claim.low is not None and claim.high is not None)
        if claim.low is not None and claim.high is not None:
            assert claim.low <= claim.high
        if claim.modifier in ("range", "vague"):
            assert claim.value is None
        assert (claim.kind == "count") == (claim.unit is None) or claim.kind == "ratio"
        assert claim.kind != "money" or claim.currency_basis is not None
        assert claim.rule
        assert claim.explain()


@settings(max_examples=150, deadline=None, suppress_health_check=[HealthCheck.too_slow])
@given(TEXTS)
def test_claims_do_not_overlap_and_stand_in_order(text: str) -> None:
    claims = extract_claims(text)
    for first, second in pairwise(claims):
        assert first.end <= second.start


@settings(max_examples=100, deadline=None, suppress_health_check=[HealthCheck.too_slow])
@given(st.lists(WORDS, max_size=40).map(" ".join))
def test_unrelated_text_changes_nothing(words: str) -> None:
    text = f"They said {words} there."
    alone = extract_claims(text)
    assert shifted(alone, len(UNRELATED)) == extract_claims(UNRELATED + text)
    assert alone == extract_claims(f"{text}\n\n{UNRELATED}")


@pytest.mark.parametrize(
    "text",
    [
        "",
        " ",
        "\n",
        ".",
        "$",
        "½",
        "\x00",
        "a",
        "one",
        "-",
        "1" * 5000,
        "🙂 5 km",
        "5\u200bkm",
        "2120 1/21/21",
        "5-1/2/24",
        "He is 9999999999999999999999999999999999999.",
        "$9999999999999999999999999999999999 50 cents",
        "50-9999999999999999999999999999999999999 people",
        "9999999999999999999999999999999999999-3",
        "9999999999999999999999999999999 trillion feet 5",
    ],
)
def test_odd_texts_do_no_harm(text: str) -> None:
    for claim in extract_claims(text):
        assert text[claim.start : claim.end] == claim.exact


@pytest.mark.parametrize(
    "piece",
    ["1", "1 ", "1,", "1,000", "one hundred and ", "and ", "$", "$1 ", "between ", "between 1 and ", "-", "1-", "1 to ", "from 1 to ",
     "(", "1 (", "million ", "half a ", "a ", "the big ", "5 km ", "May ", "two-", "’", "“1 ", "/", "1/", ".", "1.", "1.1.", "x", "of 1 ", "aA1", "1,1,1,", "5\t", "5 kg, ", "'", '"',
     "£1 ($2) ", "\n", "1\n", "$1 in Canada ", "5 rupees ", "4 ft. 6 in. ", "5- ", "per 5 ", "AB-5m ", "a mile and a half ", "5 by 5 m ", "$3-4m ", "1 000 000 ", "at 5 ", "3 to 1 "],
    ids=repr,
)  # fmt: skip
def test_time_grows_with_length_alone(piece: str) -> None:
    assert_time_grows_with_length_alone(piece, 5_000)


@pytest.mark.parametrize("piece", ["a - b 5 ", "over 100m ", "5 pounds "], ids=repr)
def test_time_grows_with_the_length_of_one_sentence_alone(piece: str) -> None:
    """What a number asks of its whole sentence costs no more in a long one."""
    assert_time_grows_with_length_alone(piece, 25_000)


def assert_time_grows_with_length_alone(piece: str, length: int) -> None:
    def seconds(length: int) -> float:
        text = piece * (length // len(piece))
        best = float("inf")
        for _ in range(3):
            start = time.process_time()
            extract_claims(text)
            best = min(best, time.process_time() - start)
        return best

    seconds(1_000)
    gc.disable()  # it looks through all that other tests left in memory
    try:
        once, fourfold = seconds(length), seconds(4 * length)
    finally:
        gc.enable()
    assert fourfold < 6 * once + 0.05, (
        f"{once:.3f} s for {length} characters, {fourfold:.3f} s for four times"
    )
