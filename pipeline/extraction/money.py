"""Money: which currency a sign, code or name beside a number means, and what it could have meant."""

from __future__ import annotations

from decimal import Decimal
from functools import cache
from typing import TYPE_CHECKING, NamedTuple

from pipeline import lexicon
from pipeline.extraction import numerals
from pipeline.extraction.phrases import Phrases
from pipeline.extraction.quantity import Quantity, scale_by

if TYPE_CHECKING:
    from collections.abc import Container, Iterable, Sequence

    from pipeline.extraction.tokens import Sentence
    from pipeline.types import CurrencyBasis

_SCALES = frozenset(["k", "m", "bn", "b", "tn", "K", "M"])
_SCALE_WORDS = [[word] for word in (*sorted(_SCALES), "million", "billion", "trillion")]
_HUNDREDTH = Decimal("0.01")
_MILLION = Decimal(1_000_000)
_LARGE = 1000
# What may follow an amount whose currency stands before it, and what before that is followed by none.
_ENDS_OF_AMOUNTS = frozenset(["", ".", ",", ")", "i", "&", "|", "→", "b", "c", "v"])
_PART_NUMBERS = frozenset("0912")
_BEFORE_NO_AMOUNT = frozenset("at09d'")


class Surface(NamedTuple):
    """What a sign, code or name can mean: currencies, the likeliest first, and what one of it is worth in them.

    `doubtful`: it means something else too, and is money only of large amounts.
    """

    codes: tuple[str, ...]
    basis: CurrencyBasis
    factor: Decimal = Decimal(1)
    doubtful: bool = False


def _group(
    pairs: Iterable[tuple[str, str]],
    basis: CurrencyBasis,
    factor: Decimal = Decimal(1),
    doubtful: Container[str] = (),
) -> list[tuple[str, Surface]]:
    """Pairs of a surface and a code as surfaces with all their codes, in the order of the pairs."""
    codes: dict[str, list[str]] = {}
    for surface, code in pairs:
        if code not in codes.setdefault(surface, []):
            codes[surface].append(code)
    return [
        (surface, Surface(tuple(meant), basis, factor, surface in doubtful))
        for surface, meant in codes.items()
    ]


def _lower_codes() -> list[tuple[str, Surface]]:
    """ISO codes in lower case that are no words: "usd 40"."""
    words = lexicon.words("codes", "words")
    codes = [(c.code.lower(), c.code) for c in lexicon.currencies() if c.code.lower() not in words]
    return _group(codes, "code", doubtful={code.lower() for code in lexicon.words("codes", "doubtful")})


def _codes() -> list[tuple[str, Surface]]:
    """ISO codes, and with an M before them, which makes a million: "MUSD"."""
    codes = [(c.code, c.code) for c in lexicon.currencies()]
    return [
        *_group(codes, "code", doubtful=lexicon.words("codes", "doubtful")),
        *_group([("M" + code, code) for code, _ in codes], "code", _MILLION),
    ]


@cache
def signs_before() -> Phrases[Surface]:
    """Signs and codes as they stand before a number, case as written; "MUSD" is a million."""
    signs = [(sign, c.code) for c in lexicon.currencies() for sign in c.signs]
    return Phrases(
        [
            *_codes(),
            *_group(signs, "symbol", doubtful=lexicon.words("codes", "doubtful")),
            *_lower_codes(),
        ],
        whole=True,
    )


@cache
def signs_after() -> Phrases[Surface]:
    """Signs as they stand after digits, case as written: "5 €", "100元", "50p", "30 MUSD"."""
    currencies = lexicon.currencies()
    doubtful = lexicon.words("codes", "doubtful")
    signs = [
        (sign, c.code)
        for c in currencies
        for sign in c.signs
        if (len(sign) > 1 or not sign.isascii() or sign == "$") and sign not in doubtful
    ]
    minor = [(sign, c.code) for c in currencies for sign in c.minor_signs]
    return Phrases([*_group(signs, "symbol"), *_group(minor, "symbol", _HUNDREDTH), *_codes()])


@cache
def names() -> Phrases[Surface]:
    """Names and codes as they stand after a number, in lower case; those of minor units too."""
    currencies = lexicon.currencies()
    doubtful = {name.lower() for c in currencies for name in c.doubtful}
    stated = [(name.lower(), c.code) for c in currencies for name in (*c.names, *c.doubtful)]
    codes = [(c.code.lower(), c.code) for c in currencies]
    entries = _group(stated, "name", doubtful=doubtful)
    for count in sorted({of for c in currencies for of in c.minor.values()}):
        minor = [(name.lower(), c.code) for c in currencies for name, of in c.minor.items() if of == count]
        entries += _group(minor, "name", 1 / Decimal(count))
    uncertain = {code.lower() for code in lexicon.words("codes", "doubtful")}
    return Phrases([*entries, *_group(codes, "code", doubtful=uncertain)])


def name_at(sentence: Sentence, j: int) -> bool:
    """Whether the name of a currency stands at token j."""
    return names().at(sentence.lower, j) is not None


def sign_before(sentence: Sentence, i: int) -> tuple[Surface, int] | None:
    """The sign or code straight before the number at token i, and where it begins."""
    if i > 1 and sentence.tags[i - 1] == "-" and sentence.glued(i) and sentence.words[i - 2][-1] in "$£€¥":
        i -= 1  # "$-50.8bn"
    found = signs_before().before(sentence.words, i)
    if found is None:
        return None
    if sentence.words[found[1]] in ("A", "a", "s", "r") and not sentence.glued(found[1] + 1):
        dollars = signs_before().at(sentence.words, i - 1)  # "A $5 bill" has no Australian dollars
        return None if dollars is None else (dollars[0], i - 1)
    sign = sentence.words[i - 1]
    if (
        len(sign) == 1
        and sign.isalpha()
        and not (_ends_amount(sentence, i + 1) and (not sign.isascii() or _is_amount(sentence, i)))
    ):
        return None  # "P2P", "R85"
    if (
        sign.isalpha()
        and not sentence.glued(i)
        and (len(sign) < 2 or sign in lexicon.words("codes", "glued"))
    ):
        return None  # "R 5" is no rand, though "R5" is
    return found


def _is_amount(sentence: Sentence, i: int) -> bool:
    """Whether the digits after a letter are of money: decimals, thousands, millions, or what a sentence of money has."""
    if len(sentence.words[i]) > 2 or sentence.words[i + 1 : i + 2] in _SCALE_WORDS:
        return True
    quoted = i > 1 and sentence.tags[i - 2] == '"'
    return not quoted and sentence.says_any(lexicon.words("pounds", "money"))


def _ends_amount(sentence: Sentence, j: int) -> bool:
    """Whether the amount ends before token j, or a scale goes on with it: "R500m", not "R18A"."""
    return not sentence.glued(j) or not sentence.words[j][0].isalpha() or sentence.words[j] in _SCALES


def set_before(sentence: Sentence, quantity: Quantity, surface: Surface, first: int) -> None:
    """Make the quantity money by the sign before it; a code or nation after it decides between several."""
    quantity.first = first
    name_currency(quantity, surface)
    quantity.rule = "money_sign" if surface.basis == "symbol" else "money_code"
    j = quantity.last
    if j >= len(sentence.words) or not sentence.words[j][0].isupper():
        return
    noun_follows = sentence.tags[j + 1 : j + 2] in ("n", "N")
    for currency in lexicon.currencies():
        if currency.code not in surface.codes:
            continue
        if sentence.words[j] == currency.code or (sentence.words[j] in currency.nations and not noun_follows):
            quantity.unit, quantity.currency_basis, quantity.last = currency.code, "code", j + 1
            return


def name_currency(quantity: Quantity, surface: Surface) -> None:
    """Make the quantity money of what the surface means."""
    quantity.kind, quantity.unit, quantity.currency_basis = "money", surface.codes[0], surface.basis
    if len(surface.codes) > 1:
        quantity.currency_candidates, quantity.currency_basis = surface.codes, "default"
    if surface.factor != 1:
        quantity.factor = surface.factor
        scale_by(quantity, surface.factor)


def settle(quantities: Sequence[Quantity]) -> None:
    """Let a sign that could be of several currencies be of the one that its sentence names: "A$5m ... $3m"."""
    named = [
        q.unit for q in quantities if q.kind == "money" and q.currency_basis in ("code", "name", "symbol")
    ]
    for quantity in quantities if named else ():
        if quantity.currency_basis != "default" or quantity.unit is None or quantity.gloss_of is not None:
            continue  # a gloss says it in another currency
        _, slash, denominator = quantity.unit.partition("/")
        known = {str(unit).partition("/")[0] for unit in named}
        chosen = [other for other in quantity.currency_candidates if other in known]
        if len(chosen) == 1:
            quantity.unit, quantity.currency_basis = chosen[0] + slash + denominator, "context"


def name_before(sentence: Sentence, quantity: Quantity) -> tuple[Surface, int] | None:
    """The name straight before a number, and where it begins: "rupees 5 crore", "swiss francs 20.5".

    Of less than thousands only where nothing follows that the number could count, and no "the euro 5 rise".
    """
    if quantity.style != "digits":
        return None
    found = names().before(sentence.lower, quantity.first)
    if found is None or quantity.scaled:
        return found
    (surface, first), last = found, quantity.last
    written = sentence.words[first : quantity.first]
    before = sentence.tags[first - 1] if first else ""
    if (
        surface.basis != "name"
        or surface.doubtful
        or before in _BEFORE_NO_AMOUNT
        or (len(written) == 1 and not written[0].islower())
        or (len(sentence.words[last - 1]) == 4 and sentence.tags[last - 1] == "9")
        or sentence.tags[last : last + 1] not in _ENDS_OF_AMOUNTS
    ):
        return None
    return found


def read_after(sentence: Sentence, quantity: Quantity) -> bool:
    """Make the quantity money by the name or sign after it; False if there is none."""
    j = quantity.last
    if j >= len(sentence.words):
        return False
    start = j
    if quantity.style == "fraction":
        start = numerals.thing_after(sentence.lower, j)
        if start < 0:
            return False
    elif (sentence.tags[j] == "-" and sentence.glued(j) == sentence.glued(j + 1)) or (
        quantity.style == "vague" and sentence.lower[j] == "of"
    ):
        start = j + 1
    found = names().at(sentence.lower, start)
    if found is None:
        found = _sign_after(sentence, quantity, start)
    if found is None or _is_other(sentence, quantity, found[0], start, found[1]):
        return False
    surface, quantity.last = found
    quantity.hyphenated = sentence.tags[j] == "-"
    quantity.unit_text = sentence.phrase(start, quantity.last)
    name_currency(quantity, surface)
    quantity.rule = "money_name"
    if surface.basis == "code" and not quantity.scaled:
        power, quantity.last = numerals.scale_after(sentence.lower, quantity.last)
        scale_by(quantity, Decimal(10) ** power)  # "75 USD million"
        quantity.scaled = power > 0
    read_minor(sentence, quantity, named=False)
    return True


def is_large(quantity: Quantity) -> bool:
    """Whether the number is one that little else than money has: "400 won", "TOP 5m"."""
    return quantity.scaled or (quantity.value or 0) >= _LARGE


def _sign_after(sentence: Sentence, quantity: Quantity, start: int) -> tuple[Surface, int] | None:
    found = signs_after().at(sentence.words, start)
    if found is None or (quantity.style != "digits" and found[0].factor != _MILLION):
        return None
    end = found[1]
    if sentence.tags[end : end + 1] in ("0", "9") and found[0].factor == 1 and not sentence.glued(start):
        part = names().at(sentence.lower, end + 1)
        if part is None or part[0].factor == 1:
            return None  # "1 $10 bill": the sign belongs to what follows, but not in "1 $ 10 cents"
    sign = sentence.words[start]
    if len(sign) == 1 and sign.isascii() and sign.islower() and not sentence.glued(start):
        return None  # "5 p"
    return found


def _is_other(sentence: Sentence, quantity: Quantity, surface: Surface, start: int, end: int) -> bool:
    """Whether the word after the number is none of money here: pounds that weigh, "won" and "mark" as verbs."""
    word = sentence.words[end - 1]
    lower = word.lower()
    if surface.factor < 1 and word == "Cent":
        return True  # a name: parts of money are written small
    if (
        surface.basis == "code"
        and not word.isupper()
        and (not word.islower() or lower in lexicon.words("codes", "words"))
    ):
        return True
    if surface.doubtful and not is_large(quantity):  # "two won the vote", "full marks"
        return lower == "won" or not sentence.says_any(lexicon.words("pounds", "money"))
    if lower == "kn":  # the kuna's sign, or knots
        return not sentence.says_any(lexicon.words("pounds", "money"))
    if lower in ("pound", "pounds") and end - start == 1:
        return not quantity.scaled and (
            sentence.says_any(lexicon.words("pounds", "weight"))
            or not sentence.says_any(lexicon.words("pounds", "money"))
        )
    return False


def read_minor(sentence: Sentence, quantity: Quantity, *, named: bool) -> None:
    """The parts after whole units: "3 dollars 50 cents", "2 yuan and 5 jiao", and unless `named` "15 dollars 50"."""
    if quantity.value is None or quantity.scaled or not numerals.is_whole(quantity.value):
        return
    for _ in range(2):
        read = _minor_at(sentence, quantity, quantity.last)
        if read is None:
            break
        part, quantity.last = read
        quantity.value += part
        quantity.significant_digits, named = numerals.significant_digits_of(quantity.value), True
    if named:
        return
    j = _after_and(sentence, quantity.last)
    numeral = numerals.read(sentence.lower, j) if sentence.tags[j : j + 1] in ("0", "2") else None
    if numeral is None or numeral.value is None or numeral.scaled or not 0 < numeral.value < 100:
        return
    digits = numeral.style == "digits" or sentence.tags[j] == "2"
    if digits and sentence.tags[numeral.end : numeral.end + 1] in ("", "."):
        quantity.last = numeral.end
        quantity.value += numeral.value / 100
        quantity.significant_digits = numerals.significant_digits_of(quantity.value)


def _after_and(sentence: Sentence, j: int) -> int:
    return j + 1 if sentence.lower[j : j + 1] == ["and"] else j


def _minor_at(sentence: Sentence, quantity: Quantity, j: int) -> tuple[Decimal, int] | None:
    """What parts of the quantity's currency at token j are worth in it, and where they end."""
    j = _after_and(sentence, j)
    numeral = numerals.read(sentence.lower, j) if sentence.tags[j : j + 1] in _PART_NUMBERS else None
    if numeral is None or numeral.value is None or numeral.scaled:
        return None
    found = names().at(sentence.lower, numeral.end) or signs_after().at(sentence.words, numeral.end)
    if found is None or found[0].factor >= 1:
        return None
    surface, end = found
    own = _worth_of_parts().get((quantity.unit or "", sentence.lower[end - 1]))
    factor = own or surface.factor
    if (own is None and quantity.unit not in surface.codes) or not 0 < numeral.value * factor < 1:
        return None
    return numeral.value * factor, end


@cache
def _worth_of_parts() -> dict[tuple[str, str], Decimal]:
    """What one of a part is worth, by the code of its currency and the last word of its name."""
    return {
        (currency.code, name.lower().split()[-1]): 1 / Decimal(of)
        for currency in lexicon.currencies()
        for name, of in currency.minor.items()
    }
