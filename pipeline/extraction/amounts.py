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
from pipeline.extraction.parts_of_speech import is_plural
from pipeline.extraction.quantity import Quantity, scale_by

if TYPE_CHECKING:
    from pipeline.extraction.tokens import Sentence

_RULES = {"digits": "count", "words": "count_words", "fraction": "fraction", "vague": "vague_count"}
# What may stand before a scale that no number leads: nothing, a verb, a noun, a preposition.
_BEFORE_SCALE = frozenset("nvi.,")
# Distances that are run and swum, in metres.
_RACES = frozenset(["50", "60", "100", "200", "400", "800", "1500", "3000", "5000", "10000"])
_CERTAIN_SCALES = frozenset(["bn", "Bn", "BN", "tn", "trn", "Tn", "mn", "Mn", "mio", "mln", "cr", "Cr"])


def read(sentence: Sentence, i: int, floor: int = 0) -> Quantity | None:
    """The quantity whose number begins at token i, with currency, scale, unit and denominator; None if none does.

    It takes nothing before token `floor`.
    """
    if sentence.tags[i] == "8":
        return ratios.read_word(sentence, i)
    numeral = numerals.read(sentence.lower, i) or _bare_scale(sentence, i)
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
    _add_rest(sentence, quantity)
    if sentence.lower[i] == "dozen" and sentence.lower[max(0, i - 2) : i - 1] == ["baker"]:
        quantity.first, quantity.value = i - 3 if sentence.tags[max(0, i - 3)] == "a" else i - 2, Decimal(13)
    before = money.sign_before(sentence, i)
    if before is not None and before[1] < floor:
        before = None
    if before is not None or _goes_on(sentence, quantity.last):
        _read_beside(sentence, quantity, before)
    if quantity.style == "fraction":
        _add_to_one(sentence, quantity, floor)
    if quantity.kind == "count" and quantity.style == "digits" and i > floor:
        named = money.name_before(sentence, quantity)
        if named is not None and named[1] >= floor:
            money.set_before(sentence, quantity, *named)
    _read_sign(sentence, quantity)
    quantity.year = sentence.tags[i] == "9" and quantity.kind == "count" and quantity.last == i + 1
    return quantity


def _bare_scale(sentence: Sentence, i: int) -> numerals.Numeral | None:
    """ "thousand dollars", "million tonnes": a scale without a number, before the plural of a currency or unit."""
    power = numerals.words().scales.get(sentence.lower[i])
    if power is None or not sentence.words[i].islower() or (i and sentence.tags[i - 1] not in _BEFORE_SCALE):
        return None
    if i and sentence.lower[i - 1] in lexicon.words("numbers.parts_of_scales", "words"):
        return None
    found = money.names().at(sentence.lower, i + 1) or units.unit_words().at(sentence.lower, i + 1)
    if found is None or not sentence.lower[found[1] - 1].endswith("s"):
        return None
    return numerals.Numeral(i + 1, Decimal(10) ** power, significant_digits=1, style="words", scaled=True)


def _add_rest(sentence: Sentence, quantity: Quantity) -> None:
    """ "2 million and 40 dollars": what is left of a number of millions, if only then a currency follows."""
    j = quantity.last
    if not (quantity.scaled and quantity.style == "digits" and sentence.lower[j : j + 1] == ["and"]):
        return
    rest = numerals.read(sentence.lower, j + 1) if sentence.tags[j + 1 : j + 2] == "0" else None
    if rest is None or rest.scaled or rest.value is None or not money.name_at(sentence, rest.end):
        return
    if quantity.value is not None and rest.value < 1000 and sentence.tags[quantity.first - 1] != "↔":
        quantity.value, quantity.last = quantity.value + rest.value, rest.end
        quantity.significant_digits = numerals.significant_digits_of(quantity.value)


def _add_to_one(sentence: Sentence, quantity: Quantity, floor: int) -> None:
    """ "a mile and a half", "a dollar and a quarter": one of what stands before, and the fraction of it."""
    i = quantity.first
    if quantity.kind != "share" or quantity.value is None or sentence.lower[i - 1 : i + 1] != ["and", "a"]:
        return
    named, unit = (
        money.names().before(sentence.lower, i - 1),
        units.unit_words().before(sentence.lower, i - 1),
    )
    found = unit or named
    if found is None or found[1] - 1 < floor or sentence.tags[found[1] - 1] != "a":
        return
    if sentence.tags[quantity.last : quantity.last + 1] == "o" and sentence.lower[i + 1] != "half":
        return  # "a pound and a third of the flour"
    quantity.value, quantity.first = quantity.value + 1, found[1] - 1
    if unit is not None:
        units.name_unit(quantity, unit[0])
    elif named is not None:
        money.name_currency(quantity, named[0])
    quantity.unit_text = sentence.phrase(found[1], i - 1)


def _goes_on(sentence: Sentence, j: int) -> bool:
    """Whether the word at token j can go on with the number before it: most words cannot, which one look tells."""
    if j >= len(sentence.words):
        return False
    known = continuing()
    return sentence.tags[j] in "-(" or sentence.words[j] in known or sentence.lower[j] in known


@cache
def continuing() -> frozenset[str]:
    """The words with which the scale, unit, currency or ratio of a number begins, or what leads to it."""
    tables = (money.names(), money.signs_after(), units.unit_words(), units.unit_symbols())
    return frozenset(
        [
            *(word for table in tables for word in table.first_words),
            *lexicon.shared_symbols(),
            *lexicon.words("units.between", "words"),
            *numerals.words().abbreviated,
            *("a", "an", "of", '"', "fold", "times", "x"),
        ]
    )


def _read_beside(sentence: Sentence, quantity: Quantity, before: tuple[money.Surface, int] | None) -> None:
    """Give the number the currency that stands before it, or what comes after it: scale, currency, unit, ratio."""
    _read_scale(sentence, quantity, is_money=before is not None or _ends_range(sentence, quantity.first))
    if before is not None and (
        not before[0].doubtful or money.is_large(quantity) or _is_price(sentence, before[1], quantity.last)
    ):
        money.set_before(sentence, quantity, *before)
        money.read_minor(sentence, quantity, named=True)
        units.read_denominator(sentence, quantity)
    elif units.read_shared(sentence, quantity) or money.read_after(sentence, quantity):
        units.read_denominator(sentence, quantity)
    else:
        units.read_unit(sentence, quantity)
        ratios.read_after(sentence, quantity)


def _is_price(sentence: Sentence, sign: int, last: int) -> bool:
    """Whether the words around a sign and its number tell a price: "costs N617", "N617 per litre"."""
    paid = sign > 0 and sentence.lower[sign - 1] in lexicon.words("pounds", "money")
    return paid or sentence.tags[last : last + 1] == "p"


def _ends_range(sentence: Sentence, i: int) -> bool:
    """Whether a range of money ends with the number at token i: "$3-4m", "$3 to 4m"."""
    return (
        i > 1
        and (sentence.tags[i - 1] == "→" or (sentence.tags[i - 1] == "-" and sentence.glued(i)))
        and sentence.tags[i - 2] in "09"
        and money.sign_before(sentence, i - 2) is not None
    )


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
    if not is_money and sentence.lower[j] == "k" and _is_race(sentence, j + 1):
        units.read_kilometres(quantity)
        return
    exponent = numerals.words().abbreviated.get(sentence.words[j])
    if exponent is not None and (
        is_money or (_is_scale(sentence, j) and units.shared_at(sentence, j) is None)
    ):
        scale_by(quantity, Decimal(10) ** exponent)
        quantity.last, quantity.scaled = j + 1, True


def _is_distance(sentence: Sentence, j: int) -> bool:
    """Whether the "m" at token j is of a race: "the 3,000m season", and where one is run "a 400m finalist"."""
    number = sentence.words[j - 1].replace(",", "")
    if number not in _RACES:
        return False
    following = sentence.lower[j + 1] if sentence.tags[j + 1 : j + 2] == "n" else ""
    one = (
        bool(following) and not is_plural(following) and sentence.says_any(lexicon.words("lengths", "races"))
    )
    return len(number) > 3 or one


def _is_race(sentence: Sentence, j: int) -> bool:
    """Whether a word after "10k" makes it a distance."""
    return j < len(sentence.lower) and sentence.lower[j] in lexicon.words("lengths", "kilometres")


def _is_scale(sentence: Sentence, j: int) -> bool:
    """Whether a letter after digits multiplies them. "m" alone is a metre unless money or things are counted."""
    word = sentence.words[j]
    if word in _CERTAIN_SCALES:
        return True
    if word in ("k", "K"):
        return sentence.glued(j) or money.name_at(sentence, j + 1)
    if word not in ("m", "M", "b", "B", "mil"):
        return False
    if money.name_at(sentence, j + 1):
        return True
    if word == "m" and _is_distance(sentence, j):
        return False
    following = sentence.tags[j + 1 : j + 2]
    after = sentence.lower[j + 1] if following else ""
    if after == "&":
        return False  # "40 M&K shops"
    if sentence.lower[j - 2 : j - 1] in (["x"], ["×"]):
        return False  # "a 30m x 40m field"
    if following == "-":
        return sentence.lower[j + 2 : j + 3] == ["strong"]
    if following in ("", ".", ",") and sentence.says_any(lexicon.words("entities", "totals")):
        return True  # "the figure was 4.1m"
    if after.endswith("ly"):  # "50m monthly users", "50m mostly in the dark"
        return sentence.tags[j + 2 : j + 3] == "n" and is_plural(sentence.lower[j + 2])
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
    elif i and words[i - 1] == "−" and not sentence.glued(i) and (i == 1 or tags[i - 2] not in "0-9)"):
        quantity.first, quantity.value = i - 1, -quantity.value
    elif i and tags[i - 1] == "-" and words[i - 1] in "-−–" and sentence.glued(i):
        if i > 1 and sentence.lower[i - 2] in ("minus", "negative") and sentence.glued(i - 1):
            quantity.first, quantity.value = i - 2, -quantity.value
        elif i == 1 or tags[i - 2] == "(" or not sentence.glued(i - 1):
            quantity.first, quantity.value = i - 1, -quantity.value
    elif i and sentence.lower[i - 1] in ("minus", "negative") and (i == 1 or tags[i - 2] not in "09|"):
        quantity.first, quantity.value = i - 1, -quantity.value
