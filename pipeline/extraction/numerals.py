"""Digits and number words to Decimal: "1,234.5", "12,34,567", "2½", "a hundred and fifty", "1.2bn", "tens of thousands".

Works on a list of words in lower case (numbers as written, hyphens as words of their own) and knows nothing of
units, currencies or context.
"""

from __future__ import annotations

import re
from decimal import Decimal
from functools import cache, lru_cache
from typing import TYPE_CHECKING, NamedTuple

from pipeline import lexicon

if TYPE_CHECKING:
    from collections.abc import Sequence

MAX_DIGITS = 40
_HALF = Decimal("0.5")
_SUPERSCRIPTS = str.maketrans("⁰¹²³⁴⁵⁶⁷⁸⁹⁻⁺−–", "0123456789-+--")
_EXPONENT = re.compile(r"\s?[x×]\s?10\^?|[eE]")
_VULGAR = {
    "½": (1, 2), "⅓": (1, 3), "⅔": (2, 3), "¼": (1, 4), "¾": (3, 4), "⅕": (1, 5), "⅖": (2, 5), "⅗": (3, 5),
    "⅘": (4, 5), "⅙": (1, 6), "⅚": (5, 6), "⅛": (1, 8), "⅜": (3, 8), "⅝": (5, 8), "⅞": (7, 8),
}  # fmt: skip
_DIGIT_SIGNS = "." + "".join(_VULGAR)


class Words(NamedTuple):
    """The number words of the lexicon, by what they do."""

    ones: dict[str, int]
    tens: dict[str, int]
    scales: dict[str, int]
    abbreviated: dict[str, int]
    fractions: dict[str, int]
    vague: dict[str, tuple[int, int]]
    groups: dict[str, int]
    indefinite: dict[str, tuple[int, int]]
    ratios: dict[str, int]
    ordinals: frozenset[str]


@cache
def words() -> Words:
    """The number words, read from lexicon/numbers.toml."""
    data = lexicon.read("numbers")
    return Words(
        ones=data["ones"],
        tens=data["tens"],
        scales=data["scales"],
        abbreviated=data["abbreviated_scales"],
        fractions=data["fractions"],
        vague={word: (low, high) for word, (low, high) in data["vague"].items()},
        groups=data["groups"],
        indefinite={word: (low, high) for word, (low, high) in data["indefinite"].items()},
        ratios=data["ratios"],
        ordinals=frozenset(data["ordinals"]["words"]),
    )


class Numeral(NamedTuple):
    """A number and where it ends in the words: `value`, or `low` and `high` where it is vague.

    style: digits, words, fraction ("two-thirds"), or vague. `scaled` if a word or letter multiplied it.
    """

    end: int
    value: Decimal | None
    low: Decimal | None = None
    high: Decimal | None = None
    significant_digits: int | None = None
    style: str = "digits"
    scaled: bool = False


def plain(value: Decimal) -> Decimal:
    """Without an exponent where it is whole: 3E+6 as 3000000."""
    if is_whole(value) and value.adjusted() < 27:
        return value.quantize(Decimal(1))
    return value


def is_whole(value: Decimal) -> bool:
    """Whether a number has no decimals; of any size, where the remainder of a division would be out of range."""
    return value == value.to_integral_value()


def parse_digits(text: str) -> Decimal:
    """A number in digits, with any thousands separators, as a Decimal. ValueError if it has too many digits."""
    mantissa, *exponent = _EXPONENT.split(text, maxsplit=1)
    plain = "".join(c for c in mantissa if c.isdecimal() or c in ".·").replace("·", ".")
    if len(plain) > MAX_DIGITS:
        raise ValueError(f"a number of {len(plain)} digits: more than {MAX_DIGITS} are no quantity")
    value = Decimal(plain)
    if exponent:
        power = int(exponent[0].translate(_SUPERSCRIPTS))
        if abs(power) > MAX_DIGITS:
            raise ValueError(f"ten to the power of {power} is beyond any quantity")
        value = value.scaleb(power)
    return value


def count_significant_digits(text: str) -> int:
    """Significant digits of a number in digits: trailing zeros of a whole number are not counted."""
    mantissa = _EXPONENT.split(text, maxsplit=1)[0]
    digits = "".join(c for c in mantissa if c.isdecimal() or c in ".·").replace("·", ".")
    if "." in digits:
        return max(1, len(digits.replace(".", "").lstrip("0")))
    return max(1, len(digits.strip("0")))


def parse_vulgar(sign: str) -> Decimal:
    """A Unicode fraction sign as a Decimal."""
    numerator, denominator = _VULGAR[sign]
    return Decimal(numerator) / denominator


def parse_fraction(text: str) -> Decimal | None:
    """ "3/4" as a Decimal; None if the denominator is zero, or it is no fraction: "1/21/21"."""
    parts = re.split("[/⁄]", text)
    if len(parts) != 2 or not all(part.isdecimal() for part in parts) or not int(parts[1]):
        return None
    return Decimal(parts[0]) / Decimal(parts[1])


def scale_after(words_: Sequence[str], i: int) -> tuple[int, int]:
    """The power of ten of the scale words from i on ("million", "hundred thousand", "lakh crore"), and their end."""
    scales = words().scales
    power = 0
    while i < len(words_) and words_[i] in scales and power < 24:
        power += scales[words_[i]]
        i += 1
    return power, i


def read_cardinal(words_: Sequence[str], i: int) -> tuple[Decimal, int] | None:
    """The cardinal number in words that begins at i, and its end: "two hundred and fifty thousand".

    "a" counts as one before "hundred", "thousand" and so on. None if no number begins there.
    """
    known = words()
    total, group, last_scale = 0, 0, 99
    previous = ""
    j = end = i
    while j < len(words_):
        word = words_[j]
        if word in known.ones and previous in ("", "tens", "hundred", "scale"):
            value = known.ones[word]
            if previous == "tens" and not 0 < value < 10:
                break
            group, previous = group + value, "ones"
        elif word in known.tens and previous in ("", "hundred", "scale"):
            group, previous = group + known.tens[word], "tens"
        elif word == "hundred" and previous in ("ones", "tens", "article") and group < 100:
            group, previous = max(group, 1) * 100, "hundred"
        elif word in known.scales and word != "hundred" and previous and previous != "scale":
            power = known.scales[word]
            if power >= last_scale:
                break
            total, group, last_scale, previous = total + max(group, 1) * 10**power, 0, power, "scale"
        elif word in known.scales and previous == "scale" and known.scales[word] > 3:
            total, last_scale = total * 10 ** known.scales[word], 0
        elif word in ("a", "an") and not previous:
            previous = "article"
            j += 1
            continue
        elif (word == "and" and previous in ("hundred", "scale") and _adds(words_, j + 1)) or (
            word == "-" and previous in ("tens", "ones", "hundred") and _continues(words_, j + 1, previous)
        ):
            j += 1
            continue
        else:
            break
        j += 1
        end = j
    if end == i or (previous == "article"):
        return None
    return Decimal(total + group), end


def _adds(words_: Sequence[str], j: int) -> bool:
    """Whether what follows "and" goes on with the number: "a hundred and fifty", not "two thousand and three million"."""
    known = words()
    return j < len(words_) and (words_[j] in known.ones or words_[j] in known.tens) and words_[j] != "zero"


def _continues(words_: Sequence[str], j: int, previous: str) -> bool:
    known = words()
    if j >= len(words_):
        return False
    if previous == "tens":
        return 0 < known.ones.get(words_[j], 0) < 10
    return previous == "ones" and words_[j] in known.scales


def significant_digits_of(value: Decimal) -> int:
    """Significant digits of a number that was written in words: those of its digits without trailing zeros."""
    return max(1, len(value.normalize().as_tuple().digits))


def read(words_: Sequence[str], i: int) -> Numeral | None:
    """The longest number that begins at word i: digits or words, scaled, mixed with a fraction, or vague.

    A lone "a", "couple" or "several" is none. None too where digits are more than a quantity can have.
    """
    first = words_[i]
    following = words_[i + 1] if i + 1 < len(words_) else ""
    if first[0].isdecimal() or first[0] in _DIGIT_SIGNS:
        plain = _read_plain(first)
        if plain is not None and following not in continuations() and not following[:1].isdecimal():
            return Numeral(i + 1, *plain)
        return _read_point(words_, i)
    if following not in continuations() and first in words().ones:
        return Numeral(i + 1, Decimal(words().ones[first]), significant_digits=1, style="words")
    return (
        _read_vague(words_, i) or _read_half(words_, i) or _read_fraction(words_, i) or _read_point(words_, i)
    )


@cache
def continuations() -> frozenset[str]:
    """Words that may go on with a number."""
    known = words()
    more = ("and", "-", "point", "a", "of", *_VULGAR)
    return frozenset(
        (*known.ones, *known.tens, *known.scales, *known.fractions, *known.groups, *known.vague, *more)
    )


@lru_cache(maxsize=16384)
def _read_plain(text: str) -> tuple[Decimal, None, None, int] | None:
    """Plain digits as value, no bounds, and significant digits; None for fractions and what can't be a number."""
    if "/" in text or "⁄" in text or text in _VULGAR:
        return None
    try:
        return plain(parse_digits(text)), None, None, count_significant_digits(text)
    except (ValueError, ArithmeticError):
        return None


def _read_vague(words_: Sequence[str], i: int) -> Numeral | None:
    """ "tens of thousands", "several dozen", "a few hundred", "a couple of million"; bare "hundreds"."""
    known = words()
    j = i
    if words_[j] == "a" and j + 1 < len(words_):
        j += 1
    if words_[j] in known.indefinite:
        low, high = known.indefinite[words_[j]]
        j += 1
        if j < len(words_) and words_[j] == "of":
            j += 1
        if j < len(words_) and words_[j] in ("dozen", "score"):
            factor, j = Decimal(known.groups[words_[j]]), j + 1
        else:
            power, end = scale_after(words_, j)
            if end == j:
                return None
            factor, j = Decimal(10) ** power, end
        if low == high:
            return Numeral(j, low * factor, significant_digits=1, style="words", scaled=True)
        return Numeral(j, None, low * factor, high * factor, style="vague", scaled=True)
    if j == i and words_[i] in known.vague:
        low, high = known.vague[words_[i]]
        j = i + 1
        while j + 1 < len(words_) and words_[j] == "of" and words_[j + 1] in known.vague and j - i < 6:
            by = known.vague[words_[j + 1]][0]
            low, high, j = low * by, high * by, j + 2
        return Numeral(j, None, Decimal(low), Decimal(high), style="vague", scaled=j > i + 1)
    return None


def _read_half(words_: Sequence[str], i: int) -> Numeral | None:
    """ "half a million", "a quarter of a million", "three quarters of a billion", "half a dozen", "half million"."""
    known = words()
    fraction = _fraction_at(words_, i)
    if fraction is None:
        return None
    value, j = fraction
    hyphens = list(words_[j : j + 3]) == ["-", "a", "-"]  # "half-a-dozen"
    if j < len(words_) and words_[j] == "of":
        j += 1
    if j < len(words_) and words_[j] == "a":
        j += 1
    j += 3 if hyphens else 0
    if j < len(words_) and words_[j] in known.scales:
        power, end = scale_after(words_, j)
        return Numeral(
            end, value.scaleb(power).normalize() + 0, significant_digits=1, style="words", scaled=True
        )
    if j < len(words_) and words_[j] in ("dozen", "score"):
        return Numeral(
            j + 1, value * known.groups[words_[j]], significant_digits=1, style="words", scaled=True
        )
    return None


def _fraction_at(words_: Sequence[str], i: int) -> tuple[Decimal, int] | None:
    """ "half", "a third", "two-thirds", "three quarters" as a Decimal, and where it ends."""
    known = words()
    size = len(words_)
    numerator, j = 1, i
    if words_[i] in known.ones and known.ones[words_[i]] > 0:
        numerator, j = known.ones[words_[i]], i + 1
        if j < size and words_[j] == "-":
            j += 1
    elif words_[i] in ("a", "an", "one"):
        j = i + 1
    elif words_[i] not in ("half", "quarter"):
        return None
    if j >= size or words_[j] not in known.fractions:
        return None
    denominator = known.fractions[words_[j]]
    halves = numerator == 2 and denominator == 4  # "two quarters" are of a year
    if numerator >= denominator or halves or (numerator > 1 and not words_[j].endswith("s")):
        return None
    return Decimal(numerator) / denominator, j + 1


def _read_fraction(words_: Sequence[str], i: int) -> Numeral | None:
    fraction = _fraction_at(words_, i)
    if fraction is None:
        return None
    return Numeral(fraction[1], fraction[0], significant_digits=None, style="fraction")


def thing_after(words_: Sequence[str], j: int) -> int:
    """Where the one thing that a fraction before word j is of begins: "half a euro", "a third of a mile"; else -1."""
    k = j + 1 if words_[j] == "of" else j
    return k + 1 if k < len(words_) and words_[k] in ("a", "an") else -1


def _read_point(words_: Sequence[str], i: int) -> Numeral | None:
    """Digits or words with what belongs to them: fraction, "point five", "and a half", scale, "dozen"."""
    known = words()
    first = words_[i]
    digits: int | None = None
    style = "digits"
    if first[0].isdecimal() or first[0] in _DIGIT_SIGNS:
        start = _read_digits(words_, i)
        if start is None:
            return None
        value, j, digits = start
    else:
        cardinal = read_cardinal(words_, i)
        if cardinal is None:
            return _read_dozen(words_, i)
        value, j = cardinal
        style = "words"
        digits = significant_digits_of(value)
        if words_[j : j + 1] == ["point"] and j + 1 < len(words_) and words_[j + 1] in known.ones:
            decimals = ""
            j += 1
            while j < len(words_) and known.ones.get(words_[j], 10) < 10 and len(decimals) < 12:
                decimals += str(known.ones[words_[j]])
                j += 1
            value += Decimal("0." + decimals)
            digits = significant_digits_of(value)
    scaled = style == "words" and value >= 100
    half = _and_a_fraction(words_, j) if style == "words" or j == i + 1 else None
    if half is not None:
        extra, j = half
        magnitude = _last_scale(words_, i, j) if style == "words" else 0
        value, digits = value + extra.scaleb(magnitude), None
    power, end = scale_after(words_, j)
    if end > j and (style == "digits" or half is not None or value < 1000):
        value, j, scaled = value.scaleb(power), end, True
        late = _and_a_fraction(words_, j)
        if late is not None:
            value, j = value + late[0].scaleb(power), late[1]
    elif j < len(words_) and words_[j] in ("dozen", "score", "gross") and value < 1000:
        value, j, scaled = value * known.groups[words_[j]], j + 1, True
    return Numeral(
        j,
        plain(value),
        significant_digits=digits or significant_digits_of(value),
        style=style,
        scaled=scaled,
    )


def _last_scale(words_: Sequence[str], i: int, j: int) -> int:
    scales = words().scales
    return next((scales[words_[k]] for k in range(j - 1, i - 1, -1) if words_[k] in scales), 0)


def _and_a_fraction(words_: Sequence[str], j: int) -> tuple[Decimal, int] | None:
    """ "and a half", "-and-a-half", "and three quarters" after a number."""
    k = j
    if k < len(words_) and words_[k] == "-":
        k += 1
    if k >= len(words_) or words_[k] != "and":
        return None
    k += 1
    if k < len(words_) and words_[k] == "-":
        k += 1
    if k + 2 < len(words_) and words_[k] == "a" and words_[k + 1] == "-":
        return (_HALF, k + 3) if words_[k + 2] == "half" else None
    if k >= len(words_) or words_[k] == "half":
        return None
    return _fraction_at(words_, k)


def _read_dozen(words_: Sequence[str], i: int) -> Numeral | None:
    """ "a dozen", "dozen"."""
    j = i + 1 if words_[i] == "a" else i
    if j < len(words_) and words_[j] == "dozen":
        return Numeral(j + 1, Decimal(12), significant_digits=2, style="words", scaled=True)
    return None


def _read_digits(words_: Sequence[str], i: int) -> tuple[Decimal, int, int | None] | None:
    """A number in digits with the fraction after it ("2½", "2 1/2"): value, end and significant digits."""
    first = words_[i]
    if first in _VULGAR:
        return parse_vulgar(first), i + 1, None
    if "/" in first or "⁄" in first:
        fraction = parse_fraction(first)
        return None if fraction is None else (fraction, i + 1, None)
    read_first = _read_plain(first)
    if read_first is None:
        return None
    value, _, _, digits = read_first
    following = words_[i + 1] if i + 1 < len(words_) else ""
    if following in _VULGAR:
        return value + parse_vulgar(following), i + 2, None
    k = i + 2 if following == "-" else i + 1  # "2-1/2"
    following = words_[k] if k < len(words_) else ""
    if following[:1].isdecimal() and ("/" in following or "⁄" in following) and value < 1000:
        fraction = parse_fraction(following)
        if fraction is not None and fraction < 1:
            return value + fraction, k + 1, None
    return value, i + 1, digits
