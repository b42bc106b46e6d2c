"""Units after a number: shares, measures, durations, temperatures, ages; and what stands after "per"."""

from __future__ import annotations

from dataclasses import replace
from functools import cache
from typing import TYPE_CHECKING

from pipeline import lexicon
from pipeline.extraction import numerals
from pipeline.extraction.phrases import Phrases

if TYPE_CHECKING:
    from pipeline.extraction.quantity import Quantity
    from pipeline.extraction.tokens import Sentence
    from pipeline.lexicon import Unit

_TIMES = frozenset(["second", "minute", "hour", "day", "week", "month", "year", "night", "decade", "century"])
_AMBIGUOUS = frozenset(
    [
        "A",
        "a",
        "C",
        "F",
        "K",
        "T",
        "V",
        "W",
        "N",
        "J",
        "g",
        "h",
        "l",
        "L",
        "s",
        "t",
        "PS",
        "st",
        "in.",
        "in",
        "bar",
        "AU",
        "NM",
        "MT",
        "Mt",
        "Gs",
        "Da",
        "ct",
        "bu",
        "sr",
        "fur",
    ]
)
_AFTER_SYMBOLS = frozenset(["", ".", ",", ")", "(", "&", "i", "o", "v", "e", "c", "b"])
_CHECKED = frozenset(["second", "point", "foot", "stone", "bit", "bits", "cup", "cups", "feet"])


@cache
def unit_words() -> Phrases[Unit]:
    """Words of units, in lower case: "square mile", and "square-mile" as before a noun."""
    spaced = [(word.lower(), unit) for unit in lexicon.units() for word in unit.words]
    return Phrases([*spaced, *((word.replace(" ", "-"), unit) for word, unit in spaced)])


@cache
def unit_symbols() -> Phrases[Unit]:
    """Symbols of units, case as written, and the words of shares, which have both."""
    units = lexicon.units()
    return Phrases(
        (s, unit) for unit in units for s in (*unit.symbols, *(unit.words if unit.kind == "share" else ()))
    )


@cache
def denominators() -> Phrases[str]:
    """What stands after "per": words in lower case, symbols as written, to pint expressions."""
    data = lexicon.read("units")["denominators"]
    units = [
        unit
        for unit in lexicon.units()
        if unit.kind not in ("share", "temperature", "age") and "/" not in unit.expression
    ]
    words = {word.lower(): unit.expression for unit in units for word in unit.words}
    counted = {word: word for word in data["counted"]} | data["other"]
    symbols = [(symbol, unit.expression) for unit in units for symbol in unit.symbols if symbol != "a"]
    return Phrases([*words.items(), *counted.items(), *symbols])


def read_shared(sentence: Sentence, quantity: Quantity) -> bool:
    """Give the quantity the unit of a symbol that means several things, where its sentence says which."""
    j = quantity.last
    unit = shared_at(sentence, j) if quantity.style == "digits" and not quantity.scaled else None
    if unit is None or not (sentence.glued(j) or sentence.tags[j + 1 : j + 2] not in ("n", "N")):
        return False
    quantity.unit, quantity.kind, quantity.rule = unit.expression, unit.kind, unit.kind
    quantity.unit_text, quantity.last = sentence.words[j], j + 1
    return True


def shared_at(sentence: Sentence, j: int) -> Unit | None:
    """What a symbol at token j that several units have means, by the words of its sentence; None if nothing says."""
    if j >= len(sentence.words):
        return None
    for near, unit in lexicon.shared_symbols().get(sentence.words[j], ()):
        if not near or sentence.says_any(near):
            return unit
    return None


def read_unit(sentence: Sentence, quantity: Quantity) -> None:
    """Give the quantity the unit that follows its number, if one does, with its denominator."""
    j = quantity.last
    tags, lower = sentence.tags, sentence.lower
    following = tags[j : j + 1]
    if not following:
        return
    start = j
    hyphen = following == "-" and sentence.glued(j) == sentence.glued(j + 1)
    bracket = following == "(" and tags[j + 2 : j + 3] == ")"
    if hyphen or bracket or (quantity.style == "vague" and following == "o"):
        start = j + 1
    elif quantity.style == "fraction":
        start = numerals.thing_after(lower, j)
        if start < 0 and lower[j - 1] in ("half", "quarter") and not lower[j].endswith("s"):
            start = j  # "a quarter mile"
    found = _unit_at(sentence, quantity, start) if start >= 0 else None
    if (
        found is not None
        and start == j
        and quantity.style == "fraction"
        and found[0].kind not in ("measure", "share")
    ):
        found = None  # "half year results", "a quarter century"
    if found is None:
        quantity.hyphenated = hyphen and tags[j + 1 : j + 2] in ("n", "N")
        return
    unit, end = found
    name_unit(quantity, unit)
    quantity.unit_text = sentence.phrase(start, end)
    quantity.hyphenated = hyphen
    quantity.last = end + 1 if bracket else end
    if not _read_age(lower, tags, quantity):
        read_denominator(sentence, quantity)


def name_unit(quantity: Quantity, unit: Unit) -> None:
    """Give the quantity a unit, and the kind and rule that go with it."""
    quantity.unit, quantity.kind = unit.expression, unit.kind
    quantity.rule = "percent" if unit.kind == "share" else unit.kind


def read_kilometres(quantity: Quantity) -> None:
    """The "k" after the number is of a race: "a 10k run"."""
    found = unit_words().at(["kilometre"], 0)
    if found is not None:
        name_unit(quantity, found[0])
        quantity.unit_text, quantity.last = "k", quantity.last + 1


def _unit_at(sentence: Sentence, quantity: Quantity, start: int) -> tuple[Unit, int] | None:
    """The unit at token start and where it ends: a symbol after digits, a word after any number."""
    found = None
    lower = sentence.lower
    if quantity.style == "digits":
        found = unit_symbols().at(sentence.words, start)
        alone = found is not None and found[1] == start + 1 and sentence.words[start] in _AMBIGUOUS
        if alone and not _is_symbol(sentence, start):
            found = None
    words = unit_words().at(lower, start)
    if words is not None and (found is None or words[1] > found[1]):
        found = words
    if found is None and start < len(lower):
        if lower[start] in lexicon.words("units.between", "words"):
            found = unit_words().at(lower, start + 1)
        elif (
            lower[start] == '"'
            and lower[start + 1 : start + 2]
            and lower[start + 1] in lexicon.words("lengths", "after")
        ):
            inch = unit_words().at(["inch"], 0)
            return None if inch is None else (inch[0], start + 1)
    if found is not None and sentence.words[start] == "s" and start and _is_age_group(sentence, quantity):
        return None
    if found is not None and lower[start] in _CHECKED and not _measures(sentence, quantity, start, found[1]):
        return None
    return found


def _is_age_group(sentence: Sentence, quantity: Quantity) -> bool:
    """ "over 65s", "the under-21s", "in his 40s": no seconds."""
    before = sentence.lower[quantity.first - 1] if quantity.first else ""
    return before in lexicon.words("times", "before_age_group")


def _is_symbol(sentence: Sentence, j: int) -> bool:
    """Whether a letter that is also something else is a unit: glued to the digits, or with no noun after it."""
    if sentence.words[j + 1 : j + 2] == ["/"]:
        return True
    if sentence.words[j] in ("A", "in.", "in"):
        return sentence.glued(j) and not (sentence.tags[j - 1] == "-" and sentence.tags[j + 1 : j + 2] == "-")
    if sentence.words[j] == "a":  # the annum, where no article can stand
        return not sentence.glued(j) and sentence.tags[j + 1 : j + 2] in ("", ".", ",", ")", "&", "v", "c")
    if sentence.words[j] in ("C", "F", "W", "V"):
        return True
    return sentence.glued(j) or sentence.tags[j + 1 : j + 2] in _AFTER_SYMBOLS


def _measures(sentence: Sentence, quantity: Quantity, start: int, end: int) -> bool:
    """Whether a word that is a unit only as a plain amount is one here: not "two bits of", "a second chance"."""
    word, following = sentence.lower[start], sentence.tags[end : end + 1]
    if word == "second":
        half = following == "-" and sentence.lower[end + 1 : end + 2] == ["half"]
        return sentence.tags[start - 1] == "-" or (following not in ("n", "N") and not half)
    if word in ("bit", "bits"):
        return following != "o"
    if word == "point":
        return quantity.style == "fraction" or sentence.tags[start - 1] in "0-½/93"
    if word in ("cup", "cups"):
        return sentence.words[start].islower() and following != "N"
    return True


def _read_age(lower: list[str], tags: str, quantity: Quantity) -> bool:
    """ "33 years old", "33-month-old", "six weeks of age"."""
    if quantity.kind == "age":
        return True
    if quantity.kind != "duration":
        return False
    j = quantity.last
    k = j + 1 if tags[j : j + 1] == "-" else j
    if lower[k : k + 1] in (["old"], ["olds"]):
        quantity.last = k + 1
    elif lower[j : j + 2] == ["of", "age"]:
        quantity.last = j + 2
    else:
        return False
    quantity.kind = quantity.rule = "age"
    return True


def read_denominator(sentence: Sentence, quantity: Quantity) -> None:
    """ "per hour", "a barrel", "/day", "-a-share" after the unit: the unit becomes a quotient."""
    j = quantity.last
    if (
        quantity.unit is None
        or quantity.unit in ("fraction", "point")
        or quantity.kind in ("temperature", "age")
    ):
        return
    k = j + 1 if sentence.tags[j : j + 1] == "-" else j
    word = sentence.lower[k] if k < len(sentence.lower) else ""
    if quantity.unit == "mile" and sentence.lower[k : k + 3] == ["to", "the", "gallon"]:
        quantity.unit, quantity.last = "mile/gallon", k + 3
        return
    if word not in ("per", "a", "an", "each", "every", "/"):
        return
    k += 1
    if sentence.tags[k : k + 1] == "-":
        k += 1
    found = denominators().at(sentence.words, k) or denominators().at(sentence.lower, k)
    if found is None or "/" in quantity.unit:
        return
    expression, end = found
    if word == "/":
        if not sentence.glued(k):
            return
    elif word != "per":
        if (expression in _TIMES and _is_relative(sentence, quantity, end)) or (
            word in ("each", "every") and expression not in _TIMES
        ):
            return
        hyphens = quantity.hyphenated or sentence.tags[j] == "-"
        noun_follows = sentence.tags[end : end + 1] in ("n", "N") and not hyphens
        if expression not in _TIMES and (noun_follows or quantity.kind == "share"):
            return
    quantity.unit = f"{quantity.unit}/{expression}"
    quantity.unit_text = f"{quantity.unit_text or ''} {sentence.phrase(j, end)}".strip()
    quantity.last = end
    if quantity.kind == "duration":
        quantity.kind = "measure"


def share_denominator(sentence: Sentence, quantities: list[Quantity], j: int) -> None:
    """Give an amount and what repeats it the denominator at token j, behind both: "£2m ($3m) a month"."""
    probe = replace(quantities[0], last=j)
    read_denominator(sentence, probe)
    _, slash, denominator = (probe.unit or "").partition("/")
    for quantity in quantities if probe.last > j else ():
        if quantity.unit is not None and "/" not in quantity.unit:
            quantity.unit += slash + denominator


def _is_relative(sentence: Sentence, quantity: Quantity, j: int) -> bool:
    """Whether what stands at token j makes the time before it a distance in time: "$6bn a year earlier"."""
    word, *more = sentence.lower[j : j + 2] or ("",)
    if word == "from" and quantity.kind == "money":
        return more in (["now"], ["then"], ["today"])  # but "$6bn a year from donors"
    if word == "on" and quantity.kind == "money":
        return not more or sentence.tags[j + 1] in ".,"  # but "$6bn a year on roads"
    return word in lexicon.words("times", "relative")


def take_counted(quantity: Quantity, head: str, last: int) -> bool:
    """Make a count of times or lengths a measure: "two unbelievable weeks", "240 remaining yards"."""
    if quantity.kind != "count" or quantity.hyphenated or last <= quantity.last:
        return False
    found = unit_words().at([head], 0)
    if found is None or found[0].expression not in _COUNTED_UNITS:
        return False
    quantity.last = last
    quantity.kind, quantity.unit, quantity.unit_text = found[0].kind, found[0].expression, head
    return True


_COUNTED_UNITS = _TIMES | {"yard", "mile", "kilometer", "meter"}
