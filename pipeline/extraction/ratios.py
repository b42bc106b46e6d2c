"""Ratios: "three times as many", "sixfold", "10-fold", "twice the size", "5x"."""

from __future__ import annotations

from decimal import Decimal
from typing import TYPE_CHECKING

from pipeline import lexicon
from pipeline.extraction import numerals
from pipeline.extraction.quantity import Quantity

if TYPE_CHECKING:
    from pipeline.extraction.tokens import Sentence


def read_word(sentence: Sentence, i: int) -> Quantity | None:
    """The ratio that a word at token i states by itself: "sixfold", "twice as many", "double the number"."""
    word = sentence.lower[i]
    value = numerals.words().ratios.get(word)
    if value is None:
        return None
    following = sentence.lower[i + 1] if i + 1 < len(sentence.lower) else ""
    if not word.endswith("fold") and following not in ("as", "the", "that", "its", "their", "his", "what"):
        return None
    if word in ("double", "triple", "treble", "quadruple", "doubled", "doubles") and following not in (
        "the",
        "that",
        "what",
    ):
        return None
    if following == "as" and sentence.tags[i + 2 : i + 3] in ("a", "t", "d"):
        return None  # "he came on twice as a substitute"
    if not word.endswith("fold") and sentence.tags[i + 2 : i + 3] in ("0", "9", "1", "2", "$"):
        return None  # "double the 90 metres"
    if word == "once" or (word in ("double", "triple", "treble") and i and sentence.tags[i - 1] in "atd→nv"):
        return None
    return Quantity(
        first=i,
        last=i + 1,
        kind="ratio",
        rule="ratio_word",
        value=Decimal(value),
        significant_digits=1,
        style="words",
    )


def read_after(sentence: Sentence, quantity: Quantity) -> None:
    """Make a bare number a ratio by what follows it: "times as many", "-fold", "x"."""
    j = quantity.last
    if quantity.kind != "count" or quantity.value is None:
        return
    lower = sentence.lower
    if lower[j : j + 2] == ["-", "fold"]:
        quantity.kind, quantity.rule, quantity.last = "ratio", "ratio_fold", j + 2
    elif lower[j : j + 1] == ["fold"]:
        quantity.kind, quantity.rule, quantity.last = "ratio", "ratio_fold", j + 1
    elif (
        lower[j : j + 1] == ["x"]
        and sentence.glued(j)
        and quantity.style == "digits"
        and sentence.tags[j + 1 : j + 2] not in ("0", "9")
    ):
        quantity.kind, quantity.rule, quantity.last = "ratio", "ratio_x", j + 1
    elif (
        lower[j : j + 1] == ["times"]
        and lower[j + 1 : j + 2]
        and lower[j + 1] in lexicon.words("ratios", "after_times")
    ):
        quantity.kind, quantity.rule, quantity.last = "ratio", "ratio_times", j + 1
