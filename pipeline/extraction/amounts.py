"""A number with its unit: "$725m", "2.5 per cent", "1,000-km", "12-cent-a-share", "33-month-old".

What stands straight beside a number decides what it is: a currency before or after, a scale, a unit, a
denominator. Words further away are not looked at here.
"""

from __future__ import annotations

from decimal import Decimal
from functools import cache
from typing import TYPE_CHECKING

from pipeline import lexicon
from pipeline.extraction import money, numerals, ratios, units
from pipeline.extraction.quantity import Quantity, scale_by

if TYPE_CHECKING:
    from pipeline.extraction.tokens import Sentence

_RULES = {"digits": "count", "words": "count_words", "fraction": "fraction", "vague": "vague_count"}
_CERTAIN_SCALES = frozenset(["bn", "Bn", "BN", "tn", "trn", "Tn", "mn", "Mn", "mio", "mln", "cr", "Cr"])


def read(sentence: Sentence, i: int) -> Quantity | None:
    """The quantity whose number begins at token i, with currency, scale, unit and denominator; None if none does."""
    if sentence.tags[i] == "8":
        return ratios.read_word(sentence, i)
    numeral = numerals.read(sentence.lower, i)
    if numeral is None:
        return None
    quantity = Quantity(
        first=i,
        last=numeral.end,
        kind="count",
        rule=_RULES[numeral.style],
        value=numeral.value,
        low=numeral.low,
        high=numeral.high,
        significant_digits=numeral.significant_digits,
        style=numeral.style,
        scaled=numeral.scaled,
    )
    if numeral.style == "vague":
        quantity.modifier = "vague"
    elif numeral.style == "fraction":
        quantity.kind, quantity.unit = "share", "fraction"
    before = money.sign_before(sentence, i)
    if before is not None or _goes_on(sentence, quantity.last):
        _read_beside(sentence, quantity, before)
    if quantity.scaled and quantity.kind == "count":
        named = money.name_before(sentence, quantity)
        if named is not None:
            money.set_before(sentence, quantity, *named)
    _read_sign(sentence, quantity)
    quantity.year = sentence.tags[i] == "9" and quantity.kind == "count" and quantity.last == i + 1
    return quantity


def _goes_on(sentence: Sentence, j: int) -> bool:
    """Whether the word at token j can go on with the number before it: most words cannot, which one look tells."""
    if j >= len(sentence.words):
        return False
    continuing = _continuing()
    return sentence.tags[j] in "-(" or sentence.words[j] in continuing or sentence.lower[j] in continuing


@cache
def _continuing() -> frozenset[str]:
    """The words with which the scale, unit, currency or ratio of a number begins, or what leads to it."""
    tables = (money.names(), money.signs_after(), units.unit_words(), units.unit_symbols())
    return frozenset(
        [
            *(word for table in tables for word in table.by_first),
            *lexicon.shared_symbols(),
            *lexicon.words("units.between", "words"),
            *numerals.words().abbreviated,
            *("a", "an", "of", '"', "fold", "times", "x"),
        ]
    )


def _read_beside(sentence: Sentence, quantity: Quantity, before: tuple[money.Surface, int] | None) -> None:
    """Give the number the currency that stands before it, or what comes after it: scale, currency, unit, ratio."""
    _read_scale(sentence, quantity, is_money=before is not None)
    if before is not None and (not before[0].doubtful or money.is_large(quantity)):
        money.set_before(sentence, quantity, *before)
        units.read_denominator(sentence, quantity)
    elif units.read_shared(sentence, quantity) or money.read_after(sentence, quantity):
        units.read_denominator(sentence, quantity)
    else:
        units.read_unit(sentence, quantity)
        ratios.read_after(sentence, quantity)


def _read_scale(sentence: Sentence, quantity: Quantity, *, is_money: bool) -> None:
    """ "k", "m", "bn" straight after digits, "-million" after a hyphen."""
    j = quantity.last
    if quantity.style != "digits" or quantity.scaled or j >= len(sentence.words):
        return
    if sentence.tags[j] == "-":
        power, end = numerals.scale_after(sentence.lower, j + 1)
        if power and sentence.glued(j) == sentence.glued(j + 1):
            scale_by(quantity, Decimal(10) ** power)
            quantity.last, quantity.scaled = end, True
        return
    exponent = numerals.words().abbreviated.get(sentence.words[j])
    if exponent is not None and (
        is_money or (_is_scale(sentence, j) and units.shared_at(sentence, j) is None)
    ):
        scale_by(quantity, Decimal(10) ** exponent)
        quantity.last, quantity.scaled = j + 1, True


def _is_scale(sentence: Sentence, j: int) -> bool:
    """Whether a letter after digits multiplies them. "m" alone is a metre unless money or things are counted."""
    word = sentence.words[j]
    if word in _CERTAIN_SCALES:
        return True
    if word in ("k", "K"):
        return sentence.glued(j)
    if word not in ("m", "M", "b", "B", "mil"):
        return False
    if money.name_at(sentence, j + 1):
        return True
    following = sentence.tags[j + 1 : j + 2]
    after = sentence.lower[j + 1] if following else ""
    if sentence.lower[j - 2 : j - 1] in (["x"], ["×"]):
        return False  # "a 30m x 40m field"
    if following == "-":
        return sentence.lower[j + 2 : j + 3] == ["strong"]
    if following in ("", ".", ",") and not lexicon.words("entities", "totals").isdisjoint(sentence.lower):
        return True  # "the figure was 4.1m"
    return word in ("M", "B") or (
        (following in ("n", "o", "N") or after == "combined")
        and after not in lexicon.words("lengths", "after")
    )


def _read_sign(sentence: Sentence, quantity: Quantity) -> None:
    """A minus straight before the number, with nothing but space before it; "$-5bn" too."""
    i = quantity.first
    if quantity.value is None:
        return
    words, tags = sentence.words, sentence.tags
    if quantity.last > i + 1 and any(
        words[k] in "-−" and words[k - 1][-1] in "$£€¥" for k in range(i + 1, min(i + 3, quantity.last))
    ):
        quantity.value = -quantity.value
    elif i and tags[i - 1] == "-" and words[i - 1] in "-−–" and sentence.glued(i):
        if i > 1 and sentence.lower[i - 2] in ("minus", "negative") and sentence.glued(i - 1):
            quantity.first, quantity.value = i - 2, -quantity.value
        elif i == 1 or tags[i - 2] == "(" or not sentence.glued(i - 1):
            quantity.first, quantity.value = i - 1, -quantity.value
    elif i and sentence.lower[i - 1] in ("minus", "negative") and (i == 1 or tags[i - 2] not in "09|"):
        quantity.first, quantity.value = i - 1, -quantity.value
