"""Digits and words to Decimal, apart from any sentence."""

from __future__ import annotations

from decimal import Decimal

import pytest
from hypothesis import given
from hypothesis import strategies as st

from pipeline.extraction import numerals

ONES = "zero one two three four five six seven eight nine ten eleven twelve thirteen fourteen fifteen sixteen seventeen eighteen nineteen"
TENS = "twenty thirty forty fifty sixty seventy eighty ninety"


def in_words(number: int) -> str:
    """An English numeral, written by rules of its own."""
    if number < 20:
        return ONES.split()[number]
    if number < 100:
        rest = f" - {in_words(number % 10)}" if number % 10 else ""
        return TENS.split()[number // 10 - 2] + rest
    if number < 1000:
        rest = f" and {in_words(number % 100)}" if number % 100 else ""
        return f"{in_words(number // 100)} hundred{rest}"
    for power, scale in ((9, "billion"), (6, "million"), (3, "thousand")):
        if number >= 10**power:
            head, tail = divmod(number, 10**power)
            joint = " and " if 0 < tail < 100 else " "
            return f"{in_words(head)} {scale}" + (joint + in_words(tail) if tail else "")
    raise AssertionError(number)


@given(st.integers(min_value=0, max_value=10**12 - 1))
def test_words_are_read_back(number: int) -> None:
    words = in_words(number).split()
    read = numerals.read(words, 0)
    assert read is not None
    assert (read.value, read.end) == (number, len(words))


@given(st.integers(min_value=0, max_value=10**15), st.integers(min_value=0, max_value=6))
def test_digits_are_read_back_with_and_without_separators(number: int, decimals: int) -> None:
    value = Decimal(number).scaleb(-decimals)
    assert numerals.parse_digits(f"{value:f}") == value
    assert numerals.parse_digits(f"{value:,f}") == value


@pytest.mark.parametrize(
    ("text", "digits"),
    [
        ("56", 2),
        ("50", 1),
        ("725", 3),
        ("0.50", 2),
        ("1,000", 1),
        ("1,010", 3),
        ("0.003", 1),
        ("2.0", 2),
        ("0", 1),
        ("1.99×10−30", 3),
    ],
)
def test_significant_digits(text: str, digits: int) -> None:
    assert numerals.count_significant_digits(text) == digits


@pytest.mark.parametrize("text", ["1" * 41, "1e99999", "5×10^999"])
def test_what_no_quantity_can_be_is_no_number(text: str) -> None:
    with pytest.raises(ValueError, match="quantity"):
        numerals.parse_digits(text)
    assert numerals.read([text], 0) is None


@pytest.mark.parametrize("words", ["a", "several", "few", "couple", "and", "of", "half-", "hundred and and"])
def test_words_that_are_no_number(words: str) -> None:
    read = numerals.read(words.split(), 0)
    assert read is None or read.end < 2
