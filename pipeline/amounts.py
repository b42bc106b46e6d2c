"""A number with its unit: "$725m", "2.5 per cent", "1,000-km", "12-cent-a-share", "33-month-old", "3 dollars 50 cents".

What stands straight beside a number decides what it is: a currency before or after, a scale, a unit, a
denominator. Words further away are not looked at here.
"""

from __future__ import annotations

from dataclasses import dataclass, field
from decimal import Decimal
from functools import cache
from typing import TYPE_CHECKING, Generic, TypeVar

from pipeline import lexicon, numerals
from pipeline.tokens import Sentence

if TYPE_CHECKING:
    from collections.abc import Iterable

    from pipeline.lexicon import Unit
    from pipeline.types import Change, CurrencyBasis, Kind, Modifier

T = TypeVar("T")


@dataclass(slots=True)
class Quantity:
    """A quantity in a sentence: tokens `first` to `last` (exclusive), what they mean, and what rules added.

    `number` is the token after the numeral: the unit, if any, stands from there. `modifier_first` is the first
    token of a modifier that stands before.
    """

    first: int
    last: int
    number: int
    kind: Kind
    rule: str
    value: Decimal | None = None
    low: Decimal | None = None
    high: Decimal | None = None
    significant_digits: int | None = None
    unit: str | None = None
    unit_text: str | None = None
    currency_basis: CurrencyBasis | None = None
    currency_candidates: tuple[str, ...] = ()
    modifier: Modifier = "exact"
    modifier_text: str | None = None
    modifier_first: int = -1
    change: Change = "level"
    from_value: Decimal | None = None
    to_value: Decimal | None = None
    gloss_of: Quantity | None = None
    style: str = "digits"
    scaled: bool = False
    hyphenated: bool = False
    year: bool = False
    parts: list[Quantity] = field(default_factory=list)

    @property
    def symbol(self) -> str:
        """The tag by which rules know it."""
        if self.year:
            return "Y"
        if self.kind == "count":
            return "V" if self.style == "vague" else "C"
        return {"money": "M", "share": "S"}.get(self.kind, "U")


class Phrases(Generic[T]):
    """A table from phrases to meanings, looked up in a list of words: the longest phrase wins."""

    def __init__(self, entries: Iterable[tuple[str, T]]) -> None:
        self.by_first: dict[str, list[tuple[tuple[str, ...], T]]] = {}
        for phrase, meaning in entries:
            words = tuple(Sentence(phrase, 0, len(phrase)).words)
            self.by_first.setdefault(words[0], []).append((words, meaning))
        for options in self.by_first.values():
            options.sort(key=lambda option: -len(option[0]))

    def at(self, words: list[str], i: int) -> tuple[T, int] | None:
        """The meaning of the longest phrase that begins at word i, and where it ends."""
        for phrase, meaning in self.by_first.get(words[i], ()) if i < len(words) else ():
            end = i + len(phrase)
            if len(phrase) == 1 or tuple(words[i:end]) == phrase:
                return meaning, end
        return None

    def before(self, words: list[str], i: int, longest: int) -> tuple[T, int] | None:
        """The meaning of the longest phrase that ends before word i, and where it begins."""
        for start in range(max(0, i - longest), i):
            for phrase, meaning in self.by_first.get(words[start], ()):
                if start + len(phrase) == i and tuple(words[start:i]) == phrase:
                    return meaning, start
        return None


@dataclass(frozen=True, slots=True)
class CurrencySurface:
    """What a name or sign can mean: currencies in order, and the factor of a minor unit."""

    codes: tuple[str, ...]
    basis: CurrencyBasis
    factor: Decimal = Decimal(1)


@cache
def currency_signs() -> Phrases[CurrencySurface]:
    """Signs and codes as they stand before a number, case as written."""
    meanings: dict[str, list[str]] = {}
    for currency in lexicon.currencies():
        for sign in currency.signs:
            meanings.setdefault(sign, []).append(currency.code)
    entries = [(sign, CurrencySurface(tuple(codes), "symbol")) for sign, codes in meanings.items()]
    entries += [(c.code, CurrencySurface((c.code,), "code")) for c in lexicon.currencies()]
    return Phrases(entries)


@cache
def currency_names() -> Phrases[CurrencySurface]:
    """Names as they stand after a number, in lower case; of minor units too."""
    names: dict[str, list[str]] = {}
    minor: dict[str, list[str]] = {}
    for currency in lexicon.currencies():
        for name in currency.names:
            names.setdefault(name.lower(), []).append(currency.code)
        for name in currency.minor:
            minor.setdefault(name.lower(), []).append(currency.code)
    entries = [(name, CurrencySurface(tuple(codes), "name")) for name, codes in names.items()]
    entries += [
        (n, CurrencySurface(tuple(c), "name", Decimal("0.01"))) for n, c in minor.items() if n not in names
    ]
    entries += [
        (c.code.lower(), CurrencySurface((c.code,), "code")) for c in lexicon.currencies() if len(c.code) == 3
    ]
    return Phrases(entries)


@cache
def currency_signs_after() -> Phrases[CurrencySurface]:
    """Signs as they stand after digits: "5 €", "100元", "50p", "30 MUSD"."""
    entries = [
        (sign, CurrencySurface((currency.code,), "symbol"))
        for currency in lexicon.currencies()
        for sign in currency.signs
        if sign not in currency.shared
        and " " not in sign
        and sign not in ("R", "P", "Re", "Sh", "P", "Y=", "DM")
    ]
    entries += [
        (sign, CurrencySurface((currency.code,), "symbol", Decimal("0.01")))
        for currency in lexicon.currencies()
        for sign in currency.minor_signs
    ]
    entries += [("$", CurrencySurface(("USD",), "symbol")), ("£", CurrencySurface(("GBP",), "symbol"))]
    entries += [
        (f"M{c.code}", CurrencySurface((c.code,), "code", Decimal(1_000_000)))
        for c in lexicon.currencies()
        if len(c.code) == 3
    ]
    return Phrases(entries)


@cache
def unit_words() -> Phrases[Unit]:
    """Words of units, in lower case."""
    return Phrases((word.lower(), unit) for unit in lexicon.units() for word in unit.words)


@cache
def unit_symbols() -> Phrases[Unit]:
    """Symbols of units, case as written."""
    return Phrases(
        (symbol, unit)
        for unit in lexicon.units()
        for symbol in (*unit.symbols, *(unit.words if unit.kind == "share" else ()))
    )


@cache
def denominators() -> Phrases[str]:
    """What stands after "per": words in lower case to pint expressions."""
    data = lexicon.read("units")["denominators"]
    entries = [(word, word) for word in data["counted"]]
    entries += list(data["other"].items())
    entries += [
        (surface.lower() if surface in unit.words else surface, unit.expression)
        for unit in lexicon.units()
        if unit.kind != "share" and unit.kind != "temperature"
        for surface in (*unit.words, *unit.symbols)
        if len(surface) > 1 or surface in "hsmtl"
    ]
    return Phrases(dict(entries).items())


def read(sentence: Sentence, i: int, country: str | None = None) -> Quantity | None:
    """The quantity whose number begins at token i, with currency, scale, unit and denominator; None if there is none."""
    numeral = numerals.read(sentence.lower, i)
    if numeral is None:
        return None
    quantity = Quantity(
        first=i,
        last=numeral.end,
        number=numeral.end,
        kind="count",
        rule={"digits": "count", "words": "count_words", "fraction": "fraction", "vague": "vague_count"}[
            numeral.style
        ],
        value=numeral.value,
        low=numeral.low,
        high=numeral.high,
        significant_digits=numeral.significant_digits,
        style=numeral.style,
        scaled=numeral.scaled,
    )
    if numeral.style == "vague":
        quantity.modifier = "vague"
    if numeral.style == "fraction":
        quantity.kind, quantity.unit = "share", "fraction"
    before = _currency_before(sentence, i)
    _scale(sentence, quantity, money=before is not None)
    if before is not None:
        surface, quantity.first = before
        _set_money(
            sentence, quantity, surface, "money_sign" if surface.basis == "symbol" else "money_code", country
        )
        _code_after(sentence, quantity)
        _denominator(sentence, quantity)
    elif not _currency_after(sentence, quantity, country):
        _unit(sentence, quantity)
    _sign(sentence, quantity)
    quantity.year = (
        sentence.tags[i] == "9"
        and quantity.kind == "count"
        and quantity.last == i + 1
        and not quantity.hyphenated
    )
    return quantity


def scale_by(quantity: Quantity, factor: Decimal) -> None:
    """Multiply what the quantity states by the factor, keeping plain notation."""
    for name in ("value", "low", "high"):
        amount: Decimal | None = getattr(quantity, name)
        if amount is not None:
            scaled = amount * factor
            plain = scaled == scaled.to_integral_value() and abs(scaled) < Decimal(10) ** 27
            setattr(quantity, name, scaled.quantize(Decimal(1)) if plain else scaled)


def _currency_before(sentence: Sentence, i: int) -> tuple[CurrencySurface, int] | None:
    if not i:
        return None
    if sentence.tags[i - 1] == "-" and i > 1 and sentence.glued(i) and sentence.words[i - 2][-1] in "$£€¥":
        i -= 1  # "$-50.8bn"
    previous = sentence.words[i - 1]
    if (previous[-1].isalnum() and sentence.tags[i - 1] not in "NA·n$#") or previous[-1] == ",":
        return None
    found = currency_signs().before(sentence.words, i, 4)
    if found is None:
        return None
    surface, start = found
    if sentence.words[i - 1].isalpha() and len(previous) <= 2 and not sentence.glued(i):
        return None  # "R 5", "P 5"
    return surface, start


def _scale(sentence: Sentence, quantity: Quantity, *, money: bool) -> None:
    """ "k", "m", "bn" straight after digits. "m" alone is a metre unless it is money or things are counted."""
    j = quantity.last
    if quantity.style != "digits" or quantity.scaled or j >= len(sentence.words):
        return
    if (
        sentence.tags[j] == "-"
        and sentence.glued(j)
        and j + 1 < len(sentence.words)
        and sentence.glued(j + 1)
    ):
        if sentence.lower[j + 1] in numerals.words().scales:
            power, end = numerals.scale_after(sentence.lower, j + 1)
            scale_by(quantity, Decimal(10) ** power)
            quantity.last = quantity.number = end
            quantity.scaled = True
        return
    word = sentence.words[j]
    exponent = numerals.words().abbreviated.get(word)
    if exponent is None:
        return
    if not money and not _is_scale(sentence, j):
        return
    scale_by(quantity, Decimal(10) ** exponent)
    quantity.last = quantity.number = j + 1
    quantity.scaled = True


def _is_scale(sentence: Sentence, j: int) -> bool:
    word = sentence.words[j]
    if word in ("bn", "Bn", "BN", "tn", "trn", "mn", "Mn", "mio", "Tn"):
        return True
    following = sentence.tags[j + 1 : j + 2]
    if word in ("k", "K"):
        return sentence.glued(j) and not (word == "K" and following in "")
    if word in ("mm", "MM", "t", "T", "mil", "cr", "Cr"):
        return word in ("cr", "Cr") or (word == "mil" and following in "n")
    if word in ("m", "M", "b", "B"):
        if currency_names().at(sentence.lower, j + 1) or currency_signs().at(sentence.words, j + 1):
            return True
        if following == "-":
            return False
        after = sentence.lower[j + 1] if j + 1 < len(sentence.lower) else ""
        return (following in ("n", "o") and bool(following) and after not in _LENGTH_WORDS) or word in "MB"
    return False


_LENGTH_WORDS = frozenset(
    [
        "tall",
        "long",
        "wide",
        "deep",
        "high",
        "away",
        "thick",
        "apart",
        "below",
        "above",
        "hurdles",
        "race",
        "sprint",
        "freestyle",
        "butterfly",
        "backstroke",
        "breaststroke",
        "final",
        "relay",
        "dash",
        "run",
        "swim",
        "distance",
        "stretch",
        "champion",
        "record",
        "pool",
        "x",
    ]
)


def _set_money(
    sentence: Sentence, quantity: Quantity, surface: CurrencySurface, rule: str, country: str | None
) -> None:
    codes = surface.codes
    quantity.kind, quantity.rule = "money", rule
    quantity.currency_basis = surface.basis
    quantity.unit = codes[0]
    if len(codes) > 1:
        quantity.currency_candidates = codes
        local = [
            c.code
            for c in lexicon.currencies()
            if c.code in codes and country and country.upper() in c.countries
        ]
        quantity.unit = local[0] if local else codes[0]
        quantity.currency_basis = "context" if local else "default"
    if surface.factor != 1:
        scale_by(quantity, surface.factor)


def _code_after(sentence: Sentence, quantity: Quantity) -> None:
    """ "$75 U.S.", "$5 million Canadian", "$100 AUD": what stands after decides the sign before."""
    j = quantity.last
    if j >= len(sentence.words) or quantity.kind != "money":
        return
    word = sentence.words[j]
    for currency in lexicon.currencies() if word[0].isupper() else ():
        if (
            word == currency.code or word in currency.nationalities
        ) and currency.code in quantity.currency_candidates:
            following = sentence.tags[j + 1 : j + 2]
            if word != currency.code and following in ("n", "N") and following:
                return
            quantity.unit, quantity.currency_basis, quantity.last = currency.code, "code", j + 1
            return


def _currency_after(sentence: Sentence, quantity: Quantity, country: str | None) -> bool:
    j = quantity.last
    if (
        j < len(sentence.words) and sentence.tags[j] == "-" and sentence.glued(j) and sentence.glued(j + 1)
        if j + 1 < len(sentence.words)
        else False
    ):
        found = currency_names().at(sentence.lower, j + 1)
        quantity.hyphenated = found is not None
    else:
        start = j + 1 if quantity.style == "vague" and sentence.lower[j : j + 1] == ["of"] else j
        found = currency_names().at(sentence.lower, start)
        if found is None and quantity.style == "digits":
            found = currency_signs_after().at(sentence.words, start)
            if found is not None and found[0].basis == "symbol" and sentence.words[start] in "$£":
                found = (
                    None if start + 1 < len(sentence.words) and sentence.tags[start + 1] in "09" else found
                )
    if found is None:
        return False
    surface, end = found
    if sentence.lower[end - 1] in (
        "pound",
        "pounds",
        "crown",
        "crowns",
        "real",
        "mark",
        "marks",
    ) and _is_weight(sentence, quantity, end):
        return False
    if sentence.words[j:end] == ["p"] and not sentence.glued(j):
        return False
    if (
        surface.basis == "code"
        and sentence.words[end - 1].islower()
        and sentence.words[end - 1] in ("all", "top", "try", "sos", "mad", "bob", "cup", "pen", "lak")
    ):
        return False
    quantity.last = end
    _set_money(sentence, quantity, surface, "money_name", country)
    _minor_after(sentence, quantity)
    _denominator(sentence, quantity)
    return True


def _is_weight(sentence: Sentence, quantity: Quantity, end: int) -> bool:
    """ "two pounds" weighs where nothing speaks of money: left to the words around."""
    words = set(sentence.lower)
    if quantity.scaled and quantity.value is not None and quantity.value >= 100000:
        return False
    return bool(words & _WEIGHT_WORDS) or not (words & _MONEY_WORDS or quantity.scaled)


_WEIGHT_WORDS = frozenset(
    [
        "weigh",
        "weighs",
        "weighed",
        "weight",
        "heavy",
        "heavier",
        "lighter",
        "weighing",
        "baby",
        "equal",
        "ton",
        "pound-force",
        "lost",
        "lose",
        "ounces",
        "ounce",
        "meat",
        "pressure",
        "thrust",
        "kilograms",
        "kg",
        "cargo",
        "payload",
        "bomb",
        "fish",
        "catch",
    ]
)
_MONEY_WORDS = frozenset(
    [
        "cost",
        "costs",
        "price",
        "priced",
        "paid",
        "pay",
        "pays",
        "fine",
        "fined",
        "worth",
        "sold",
        "buy",
        "bought",
        "sell",
        "profit",
        "profits",
        "loss",
        "losses",
        "debt",
        "debts",
        "cash",
        "money",
        "tax",
        "spend",
        "spent",
        "spending",
        "raised",
        "fee",
        "fees",
        "sterling",
        "budget",
        "bill",
        "earn",
        "earned",
        "earns",
        "income",
        "salary",
        "wage",
        "wages",
        "benefit",
        "euro",
        "euros",
        "dollar",
        "dollars",
        "bank",
        "fund",
        "funds",
        "funding",
        "grant",
        "loan",
        "market",
        "currency",
        "revenue",
        "sales",
        "turnover",
        "pension",
        "saved",
        "savings",
        "save",
        "investment",
        "invested",
        "charge",
        "charged",
        "deal",
        "value",
        "valued",
        "million",
        "billion",
        "pence",
        "ticket",
        "compensation",
        "damages",
    ]
)


def _minor_after(sentence: Sentence, quantity: Quantity) -> None:
    """ "3 dollars 50 cents", "13 dollars and forty-five cents", "15 dollars 50": the hundredth parts."""
    j = quantity.last
    if quantity.value is None or quantity.scaled:
        return
    if sentence.lower[j : j + 1] == ["and"]:
        j += 1
    if j >= len(sentence.words) or sentence.tags[j] not in "0912":
        return
    numeral = numerals.read(sentence.lower, j)
    if numeral is None or numeral.value is None or not 0 < numeral.value < 100 or numeral.scaled:
        return
    minor = currency_names().at(sentence.lower, numeral.end)
    if minor is not None and minor[0].factor != 1:
        quantity.last = minor[1]
    elif (
        minor is None
        and numeral.end - j == 1
        and numeral.style == "digits"
        and sentence.tags[numeral.end : numeral.end + 1] in ("", ".")
    ):
        quantity.last = numeral.end
    else:
        return
    quantity.value += numeral.value / 100
    quantity.significant_digits = numerals.significant_digits_of(quantity.value)


def _unit(sentence: Sentence, quantity: Quantity) -> None:
    j = quantity.last
    size = len(sentence.words)
    hyphen = j + 1 < size and sentence.tags[j] == "-" and sentence.glued(j) and sentence.glued(j + 1)
    bracket = j + 2 < size and sentence.tags[j] == "(" and sentence.tags[j + 2] == ")"
    start = j + 1 if hyphen or bracket else j
    if quantity.style == "vague" and sentence.lower[j : j + 1] == ["of"]:
        start = j + 1
    if quantity.style == "fraction" and sentence.lower[j : j + 2] in (["of", "a"], ["of", "an"]):
        start = j + 2
    elif quantity.style == "fraction" and sentence.lower[j : j + 1] in (["a"], ["an"]):
        start = j + 1
    found = None
    if quantity.style == "digits":
        found = unit_symbols().at(sentence.words, start)
        if (
            found is not None
            and sentence.words[start] in _AMBIGUOUS_SYMBOLS
            and not _is_symbol(sentence, quantity, start)
        ):
            found = None
    words = unit_words().at(sentence.lower, start)
    if words is not None and (found is None or words[1] > found[1]):
        found = words
    if found is None:
        quantity.hyphenated = hyphen and sentence.tags[j + 1] in "nN"
        return
    unit, end = found
    if quantity.style == "fraction" and (unit.kind == "share" or start == j):
        return
    if sentence.lower[start] in (
        "second",
        "point",
        "points",
        "foot",
        "stone",
        "bit",
        "bits",
        "cup",
        "cups",
    ) and not _counts(sentence, quantity, start, end):
        return
    quantity.unit, quantity.kind = unit.expression, unit.kind
    quantity.rule = unit.kind if unit.kind != "share" else "percent"
    quantity.unit_text = sentence.phrase(start, end)
    quantity.hyphenated = hyphen
    quantity.last = end + 1 if bracket else end
    if quantity.unit == "point" and quantity.kind == "measure":
        quantity.rule = "points"
    _age(sentence, quantity) or _denominator(sentence, quantity)


_AMBIGUOUS_SYMBOLS = frozenset(
    ["a", "A", "C", "F", "K", "T", "V", "W", "N", "J", "g", "h", "l", "L", "s", "t", "PS", "st", "in.", "bar"]
)


def _is_symbol(sentence: Sentence, quantity: Quantity, j: int) -> bool:
    """Whether a single letter after digits is a unit: glued, or with nothing after it that it could belong to."""
    word = sentence.words[j]
    if word == "a":
        return False
    return sentence.glued(j) or (
        word not in ("A", "in.", "a")
        and sentence.tags[j + 1 : j + 2] in ("", ".", ",", ")", "(", "&", "i", "o")
    )


def _counts(sentence: Sentence, quantity: Quantity, start: int, end: int) -> bool:
    """ "two bits of", "one second chance": words that are units only as plain amounts."""
    word = sentence.lower[start]
    if word == "second":
        return (
            quantity.hyphenated
            or sentence.tags[start - 1] == "-"
            or sentence.tags[end : end + 1] not in ("n", "N")
        )
    if word in ("cup", "cups"):
        return sentence.tags[end : end + 1] in ("o", "n", "") and sentence.words[start].islower()
    if word in ("bit", "bits"):
        return sentence.tags[end : end + 1] != "o"
    if word == "point":
        return sentence.tags[start - 1] in "0-½/93"
    return True


def _age(sentence: Sentence, quantity: Quantity) -> bool:
    """ "33 years old", "33-month-old", "six weeks of age"."""
    if quantity.kind != "duration":
        return False
    j = quantity.last
    k = j + 1 if sentence.tags[j : j + 1] == "-" else j
    if sentence.lower[k : k + 1] in (["old"], ["olds"]):
        quantity.kind, quantity.rule, quantity.last = "age", "age", k + 1
    elif sentence.lower[j : j + 2] == ["of", "age"]:
        quantity.kind, quantity.rule, quantity.last = "age", "age", j + 2
    return quantity.kind == "age"


def _denominator(sentence: Sentence, quantity: Quantity) -> None:
    """ "per hour", "a barrel", "/day", "-a-share" after the unit."""
    j = quantity.last
    if (
        j + 1 >= len(sentence.words)
        or quantity.unit in ("fraction", "point")
        or quantity.kind in ("temperature",)
    ):
        return
    k = j
    if sentence.tags[k] == "-" and sentence.glued(k):
        k += 1
    word = sentence.lower[k]
    if word not in ("per", "a", "an", "each", "every", "/"):
        return
    k += 1
    if k < len(sentence.words) and sentence.tags[k] == "-":
        k += 1
    found = denominators().at(sentence.words, k) or denominators().at(sentence.lower, k)
    if found is None:
        return
    expression, end = found
    if (
        word in ("a", "an", "each", "every")
        and (quantity.kind == "share" or sentence.tags[end : end + 1] in ("n", "N"))
        and expression not in _TIMES
    ):
        return
    if word in ("a", "an") and expression in (
        "second",
        "minute",
        "point",
        "cup",
        "foot",
        "stone",
        "set",
        "match",
        "game",
        "case",
        "story",
        "word",
        "call",
        "quarter",
    ):
        if expression in ("set", "match", "game", "case", "story", "word", "call"):
            pass
    if word == "/" and not sentence.glued(k):
        return
    numerator = quantity.unit or "1"
    if "/" in expression:
        return
    quantity.unit = f"{numerator}/{expression}"
    quantity.unit_text = f"{quantity.unit_text or ''} {sentence.phrase(j, end)}".strip()
    quantity.last = end
    if quantity.kind == "duration":
        quantity.kind = "measure"


_TIMES = frozenset(["second", "minute", "hour", "day", "week", "month", "year", "night", "decade", "century"])


def _sign(sentence: Sentence, quantity: Quantity) -> None:
    """A minus straight before the number, with nothing but space before it."""
    i = quantity.first
    if quantity.value is None or i == 0:
        return
    number_first = i
    if sentence.tags[i - 1] == "-" and sentence.words[i - 1] in "-−–" and sentence.glued(i):
        previous = sentence.words[i - 2] if i > 1 else ""
        if previous.lower() in ("minus", "negative") and sentence.glued(i - 1):
            number_first = i - 2
        elif i == 1 or (not sentence.glued(i - 1) or sentence.tags[i - 2] == "("):
            number_first = i - 1
    elif sentence.lower[i - 1] in ("minus", "negative") and (i == 1 or sentence.tags[i - 2] not in "09"):
        number_first = i - 1
    inner = next(
        (
            k
            for k in range(i, quantity.number)
            if sentence.words[k] in "-−" and k > i and sentence.words[k - 1][-1] in "$£€¥"
        ),
        -1,
    )
    if number_first < i or inner >= 0:
        quantity.first = number_first
        quantity.value = -quantity.value
