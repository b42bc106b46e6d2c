"""Quantities that belong together: ranges, lists that share a unit, changes from one value to another, glosses."""

from __future__ import annotations

from decimal import Decimal
from functools import cache
from typing import TYPE_CHECKING

from pipeline import lexicon
from pipeline.extraction import cues, units
from pipeline.extraction.modifiers import phrases_before
from pipeline.extraction.numerals import is_whole, significant_digits_of
from pipeline.extraction.quantity import Quantity, scale_by
from pipeline.extraction.rules import Nodes, Rule

if TYPE_CHECKING:
    from pipeline.types import Change

WINDOW = 8


@cache
def directions() -> dict[str, Change]:
    """Words of change and their direction."""
    changes = lexicon.read("contexts")["changes"]
    table: dict[str, Change] = dict.fromkeys(changes["fall"], "fall")
    table.update(dict.fromkeys(changes["rise"], "rise"))
    return table


def change_before(nodes: Nodes, node: int, window: int = WINDOW) -> Change | None:
    """The direction of the nearest word of change in the window before a node, within its clause."""
    for k in range(node - 1, max(-1, node - 1 - window), -1):
        if nodes.tag(k) in (".", ":", "("):
            return None
        direction = directions().get(nodes.lower(k))
        if direction is not None:
            return direction
    return None


def share_unit(first: Quantity, last: Quantity) -> bool:
    """Let the one of two numbers that lacks a unit or scale take it from the other; False if they differ in kind."""
    if first.value is None or last.value is None:
        return False
    if first.unit is None and last.unit is not None:
        _take_unit(first, last)
    elif last.unit is None and first.unit is not None:
        _take_unit(last, first)
    elif first.unit is not None and last.unit is not None:
        if last.unit.startswith(first.unit + "/"):
            _take_unit(first, last)
        elif first.unit.startswith(last.unit + "/"):
            _take_unit(last, first)
    if first.unit != last.unit:
        return False
    if last.scaled and not first.scaled and last.style == first.style in ("digits", "words"):
        _take_scale(first, last)
    return True


def _number(quantity: Quantity) -> Decimal:
    """The number as written, whatever minor unit it is of: 12 of "12 cents"."""
    return (quantity.value or Decimal(0)) / quantity.factor


def _share_thousands(first: Quantity, last: Quantity) -> None:
    """ "50-60,000 people": the first is in thousands too, where that makes them of one size."""
    if first.value is None or last.value is None or not first.bare or last.scaled:
        return
    if (
        is_whole(first.value)
        and is_whole(last.value / 1000)
        and first.value < 1000
        and first.value * 1000 < last.value <= first.value * 10_000
    ):
        scale_by(first, Decimal(1000))


def _take_unit(bare: Quantity, other: Quantity) -> None:
    bare.kind, bare.unit, bare.unit_text = other.kind, other.unit, other.unit_text
    if other.factor != bare.factor:  # "10 to 12 cents"
        scale_by(bare, other.factor)
        bare.factor = other.factor
    bare.currency_basis, bare.currency_candidates = other.currency_basis, other.currency_candidates


def _take_scale(first: Quantity, last: Quantity) -> None:
    """ "$10 to $15 billion", "three to four million": the first is in billions too, where that leaves it below the last."""
    if first.value is None or last.value is None:
        return
    thousands, hundreds = divmod(last.value.adjusted(), 3)
    powers = (
        [3 * thousands + 2, 3 * thousands] if last.style == "words" and hundreds == 2 else [3 * thousands]
    )
    for power in powers:
        scale = Decimal(10) ** power
        if 0 < abs(first.value) * scale < abs(last.value):
            scale_by(first, scale)
            first.scaled = True
            return


def _range(nodes: Nodes, start: int, end: int, rule: str) -> list[Quantity] | None:
    quantities = nodes.within(start, end)
    first, last = quantities[0], quantities[-1]
    if first.value is None or last.value is None or (first.year and last.year):
        return None
    _take_finer_unit(first, last)
    if not share_unit(first, last) or first.value == last.value:
        return None
    last.low, last.high = sorted((first.value, last.value))
    last.first, last.value, last.modifier, last.rule, last.year = first.first, None, "range", rule, False
    if first.significant_digits is not None and last.significant_digits is not None:
        last.significant_digits = max(first.significant_digits, last.significant_digits)
    return [last]


def _take_finer_unit(first: Quantity, last: Quantity) -> None:
    """ "six months to two years": the second in months too, where that makes it the greater."""
    many = _FINER.get((first.unit or "", last.unit or ""))
    if many is None or first.value is None or last.value is None or first.kind != last.kind:
        return
    if first.value < last.value * many and not first.hyphenated:
        scale_by(last, Decimal(many))
        last.unit, last.unit_text = first.unit, first.unit_text


# How many of the first unit make one of the second.
_FINER = {
    ("second", "minute"): 60, ("minute", "hour"): 60, ("second", "hour"): 3600, ("hour", "day"): 24,
    ("day", "week"): 7, ("month", "year"): 12, ("year", "century"): 100,
    ("millimeter", "centimeter"): 10, ("centimeter", "meter"): 100, ("meter", "kilometer"): 1000,
    ("gram", "kilogram"): 1000, ("kilogram", "tonne"): 1000, ("inch", "foot"): 12, ("ounce", "pound"): 16,
    ("milliliter", "liter"): 1000, ("megabyte", "gigabyte"): 1000, ("gigabyte", "terabyte"): 1000,
    ("megawatt", "gigawatt"): 1000, ("kilowatt", "megawatt"): 1000,
}  # fmt: skip


def _between(nodes: Nodes, start: int, end: int) -> list[Quantity] | None:
    """ "between 5 and 7", "between $160m and $171m"."""
    found = _range(nodes, start, end, "range_between")
    for quantity in found or ():
        quantity.modifier_first = nodes.tokens[start]
    return found


def _hyphen_range(nodes: Nodes, start: int, end: int) -> list[Quantity] | None:
    """ "5-7", "5 – 7 per cent": rising, or it is a score."""
    first, last = nodes.within(start, end)
    if (
        first.value is None
        or last.value is None
        or (first.unit is not None and last.unit is None and first.kind != "money")
    ):
        return None
    if _number(first) >= _number(last) and first.scaled == last.scaled:
        return None
    if nodes.tag(end) == "-" and last.bare and nodes.glued(end) and nodes.tag(end + 1) in ("0", "C"):
        return None
    _share_thousands(first, last)
    return _range(nodes, start, end, "range_hyphen")


def _amount_of_change(nodes: Nodes, node: int) -> bool:
    """Whether a word of change stands before a node, with no more than a modifier or its object between.

    "lost more than $2", "raised its fees 0.5% to 4%".
    """
    for k in range(node - 1, max(-1, node - 5), -1):
        if nodes.lower(k) in directions():
            return True
        if nodes.tag(k) not in ("e", "i", "≥", "d", "a", "n", "N", "t", "'"):
            return False
    return False


def _to_range(nodes: Nodes, start: int, end: int) -> list[Quantity] | None:
    """ "5 to 7", "$750,000 to $1 million"; after a word of change "5% to 7%" is an amount and a level."""
    first, last = nodes.within(start, end)
    if first.unit is not None and last.unit is None and (first.kind != "money" or first.factor != 1):
        return _level_reached(nodes, start, end)
    apart = first.unit is not None or (last.unit is None and (first.value or 0) >= 20)
    counts = last.unit is None and nodes.tag(end) in ("n", "N")
    by = nodes.lower(start - 1) in ("by", "or") and not counts  # but "grew by 25 to 30 seats"
    if apart and (by or _amount_of_change(nodes, start)):
        return None
    if first.year and not last.year:
        return None
    _take_finer_unit(first, last)
    if (
        first.value is not None
        and last.value is not None
        and _number(first) >= _number(last)
        and not last.scaled
    ):
        return None
    return _range(nodes, start, end, "range_to")


def _level_reached(nodes: Nodes, start: int, end: int) -> list[Quantity] | None:
    """ "rose 64 points to 4,577", "fell 20p to 340": the level has the unit of the change."""
    change, level = nodes.within(start, end)
    if change.kind not in ("measure", "money") or "/" in (change.unit or "") or not level.bare:
        return None
    if nodes.tag(end) in ("n", "N", "-") or not _amount_of_change(nodes, start):
        return None
    _take_unit(level, change)
    level.rule = change.rule
    return [change, level]


def _from_to(nodes: Nodes, start: int, end: int) -> list[Quantity] | None:
    """ "from 25 to 40": a change after a word of change or where it falls, else a range."""
    quantities = nodes.within(start, end)
    first, last = quantities[0], quantities[-1]
    if first.value is None or last.value is None or first.value == last.value or (first.year and last.year):
        return None
    if first.year != last.year and not (first.unit or last.unit):
        return None
    if len(quantities) == 3 and quantities[1].value is not None and not share_unit(quantities[1], last):
        return None
    _take_finer_unit(first, last)
    _take_finer_unit(last, first)
    if not share_unit(first, last):
        return None
    moves = nodes.lower(start - 1) in lexicon.words("times", "moving_verbs")
    if not moves and change_before(nodes, start) is None and first.value < last.value:
        return _range(nodes, start, end, "range_from_to")
    last.from_value, last.to_value, last.rule = first.value, last.value, "change_from_to"
    last.change = "rise" if last.value > first.value else "fall"
    last.first = first.first
    return [last]


def _from_to_about(nodes: Nodes, start: int, end: int) -> list[Quantity] | None:
    """ "from $56bn to more than $60bn", "from about 25 to nearly 40": with modifiers, and nothing else, between."""
    first, last = nodes.within(start, end)
    if not all(_is_modified(nodes, quantity) for quantity in (first, last)):
        return None
    changed = _from_to(nodes, start, end)
    if changed and last.to_value is not None:
        last.valued_at = nodes.tokens[end - 1]
    return changed


def _is_modified(nodes: Nodes, quantity: Quantity) -> bool:
    """Whether only modifiers stand between "from" or "to" and a number."""
    first = quantity.first
    while found := phrases_before().before(nodes.sentence.lower, first):
        first = found[1]
        if nodes.sentence.lower[first] == "to":  # "to more than" is a phrase of its own
            return True
    return nodes.sentence.lower[first - 1] in ("from", "to")


def _from_gap_to(nodes: Nodes, start: int, end: int) -> list[Quantity] | None:
    """ "from $36,040 last night to $34,935": only after a word of change."""
    return _from_to(nodes, start, end) if change_before(nodes, start) is not None else None


def _to_from(nodes: Nodes, start: int, end: int) -> list[Quantity] | None:
    """ "rose to 40 from 25", "to 40, up from 25": two claims, of which the first has the path."""
    quantities = nodes.within(start, end)
    after, before = quantities[0], quantities[-1]
    if before.value is None or after.value is None or before.year or after.year:
        return None
    if (
        change_before(nodes, end, WINDOW + 6) is None
        or not share_unit(before, after)
        or before.value == after.value
    ):
        return None
    after.from_value, after.to_value, after.rule = before.value, after.value, "change_to_from"
    after.change = "rise" if after.value > before.value else "fall"
    return quantities


def _or_range(nodes: Nodes, start: int, end: int) -> list[Quantity] | None:
    """ "three or four years": neighbouring small numbers, not of money."""
    first, last = nodes.within(start, end)
    if first.value is None or last.value is None or first.unit is not None or last.kind == "money":
        return None
    if nodes.lower(start - 1) in lexicon.words("labels", "words"):
        return []
    if last.value - first.value != 1 or first.value > 20 or first.style != last.style:
        return None
    return _range(nodes, start, end, "range_or")


def _list(nodes: Nodes, start: int, end: int) -> list[Quantity] | None:
    """ "5 and 6 kg", "16, 18 and 21 per cent": bare numbers take the unit of the last."""
    quantities = nodes.within(start, end)
    last = quantities[-1]
    if len(quantities) == 2 and nodes.tag(end - 3) == "," and nodes.tag(end - 2) == "|":
        return None  # "27 million, or 50%"
    if any(q.value is None or q.style != last.style or q.hyphenated or q.year for q in quantities[:-1]) or (
        last.kind == "age" and nodes.sentence.lower[last.last - 1] != "olds"
    ):
        return None
    for quantity in quantities[:-1]:
        if not share_unit(quantity, last):
            return None
        quantity.rule = "list_" + last.rule
    return quantities


def _gloss(nodes: Nodes, start: int, end: int) -> list[Quantity] | None:
    """ "1,000-km (600-mile)", "£2m ($3m) a month": what stands in brackets repeats what stands before."""
    quantities = nodes.within(start, end)
    main, *glosses = quantities
    if any(gloss.unit is None or gloss.unit == main.unit or gloss.kind != main.kind for gloss in glosses):
        return None
    if any(nodes.lower(k) == "=" and k - 1 in nodes.quantities for k in range(start, end)):
        return None  # "£2m (£1 = $1.50)"
    for gloss in glosses:
        gloss.gloss_of = main
    if end < len(nodes.tokens):
        units.share_denominator(nodes.sentence, quantities, nodes.tokens[end])
    return quantities


def _plus_minus(nodes: Nodes, start: int, end: int) -> list[Quantity] | None:
    """ "5.2 ± 0.3 kg", "52% plus or minus 3%": a value with bounds."""
    middle, margin = nodes.within(start, end)
    if " ".join(nodes.lower(k) for k in range(start + 1, end - 1)) not in ("±", "+ / -", "plus or minus"):
        return None
    if middle.value is None or margin.value is None or not share_unit(middle, margin):
        return None
    margin.low, margin.high = middle.value - abs(margin.value), middle.value + abs(margin.value)
    margin.value, margin.first, margin.modifier = middle.value, middle.first, "approximate"
    margin.rule, margin.significant_digits = "plus_minus", middle.significant_digits
    return [margin]


_PARTS = {("foot", "inch"): 12, ("stone", "pound"): 14, ("pound", "ounce"): 16}


def _compound(nodes: Nodes, start: int, end: int) -> list[Quantity] | None:
    """ "6ft 4in", "9st 7lb": a length or weight in two units."""
    whole, part = nodes.within(start, end)
    ratio = _PARTS.get((whole.unit or "", part.unit or ""))
    if end - start == 3 and nodes.tag(start + 1) == "-" and not nodes.glued(start + 2):
        return None
    if ratio is None or whole.value is None or part.value is None or not 0 <= part.value < ratio:
        return None
    whole.value += part.value / ratio
    whole.last, whole.rule, whole.unit_text = (
        part.last,
        "measure_compound",
        nodes.sentence.phrase(whole.last - 1, part.last),
    )
    whole.significant_digits, whole.hyphenated = None, part.hyphenated
    return [whole]


def _exchange_rate(nodes: Nodes, start: int, end: int) -> list[Quantity] | None:
    """ "$1 = 41.60 hryvnias": what one unit of a currency costs in another."""
    one, price = nodes.within(start, end)
    if nodes.lower(start + 1) != "=" or one.value != 1 or "/" in f"{one.unit}{price.unit}":
        return None
    price.first, price.unit, price.rule = one.first, f"{price.unit}/{one.unit}", "exchange_rate"
    price.kind, price.currency_basis, price.currency_candidates = "measure", None, ()
    return [price]


def _compound_bare(nodes: Nodes, start: int, end: int) -> list[Quantity] | None:
    """ "four foot eleven", "6-foot-5", "12 stone 4", "1 metre 80": the second number has no unit of its own."""
    whole, part = nodes.within(start, end)
    ratio = _BARE_PARTS.get(nodes.sentence.lower[whole.last - 1])
    joined = nodes.tag(end - 2) == "-" and nodes.glued(end - 1) and nodes.glued(end - 2)
    if ratio is None or whole.value is None or part.value is None:
        return None
    if not (is_whole(whole.value) and is_whole(part.value)) or part.unit is not None:
        return None
    if part.scaled or part.last - part.first > 1 or not 0 <= part.value < ratio:
        return None
    if not joined and (
        end - start > 2 or nodes.tag(end) in ("n", "N", "-", "p", "o", "0", "C", "U", "S", "M")
    ):
        return None
    if ratio == 100 and part.value < 10:
        return None
    whole.value += part.value / ratio
    whole.last, whole.rule, whole.significant_digits = part.last, "measure_compound", None
    whole.hyphenated = joined
    return [whole]


_BARE_PARTS = {"foot": 12, "feet": 12, "ft": 12, "stone": 14, "metre": 100, "meter": 100, "m": 100}


def _and_a_half(nodes: Nodes, start: int, end: int) -> list[Quantity] | None:
    """ "two miles and a half": the half is of the unit before it."""
    whole, part = nodes.within(start, end)
    words = nodes.sentence.lower[part.first : part.last]
    if words != ["a", "half"] or whole.value is None or not is_whole(whole.value) or whole.scaled:
        return None
    whole.value += whole.factor / 2
    whole.last, whole.rule = part.last, "measure_and_a_half"
    whole.significant_digits = significant_digits_of(whole.value)
    return [whole]


def _dimensions(nodes: Nodes, start: int, end: int) -> list[Quantity] | None:
    """ "10 by 20 metres", "3 x 4 x 5 cm": the sides of a thing share the unit of the last."""
    *sides, last = nodes.within(start, end)
    if last.kind != "measure" or any(q.style != last.style or q.year or q.hyphenated for q in sides):
        return None
    if any(nodes.lower(k) not in ("by", "x", "×") for k in range(start + 1, end, 2)):
        return None
    if not all(share_unit(side, last) for side in sides):
        return None
    for side in sides:
        side.rule = "list_" + last.rule
    return [*sides, last]


def _one_of_things_in(nodes: Nodes, start: int, end: int) -> list[Quantity] | None:
    """ "one child in five": a share of the children."""
    first, last = nodes.within(start, end)
    if nodes.lower(start + 2) != "in" or first.value != 1 or nodes.tag(end) in ("n", "N", "-"):
        return None
    if first.unit is not None or last.unit is not None or last.year or last.scaled:
        return None
    if last.value is None or last.value < 2:
        return None
    first.value, first.kind, first.unit, first.rule = first.value / last.value, "share", "fraction", "one_in"
    first.last, first.significant_digits, first.style = last.last, None, "fraction"
    return [first]


def _one_in_hyphens(nodes: Nodes, start: int, end: int) -> list[Quantity] | None:
    """ "a one-in-five chance": a share."""
    first, last = nodes.within(start, end)
    if nodes.lower(start + 2) != "in" or first.unit is not None or last.unit is not None:
        return None
    if first.value is None or last.value is None or not 0 < first.value < last.value:
        return None
    last.value, last.kind, last.unit, last.rule = first.value / last.value, "share", "fraction", "one_in"
    last.first, last.significant_digits, last.style = first.first, None, "fraction"
    return [last]


def _one_in(nodes: Nodes, start: int, end: int) -> list[Quantity] | None:
    """ "two in five", "nine out of ten", "one in three": a share."""
    first, last = nodes.within(start, end)
    word = nodes.lower(start + 1)
    if nodes.tag(end - 2) == "d" and nodes.lower(end - 2) not in ("every", "each"):
        return None
    if word == "times":
        word = nodes.lower(start + 2)
    if word not in ("in", "out") or first.value is None or last.value is None or last.year or last.hyphenated:
        return None
    if first.unit is not None or last.unit is not None or not 0 < first.value < last.value:
        return None
    before = nodes.lower(start - 1)
    if before in lexicon.words("labels", "words") or before in lexicon.words("labels", "last"):
        return None
    if word == "in" and (
        (first.style != last.style and first.value != 1 and last.value not in (5, 10, 20, 100, 1000))
        or last.value > 100_000
        or nodes.tag(end) == "m"
    ):
        return None
    last.value, last.kind, last.unit, last.rule = first.value / last.value, "share", "fraction", "one_in"
    last.first, last.significant_digits, last.style = first.first, None, "fraction"
    return [last]


_A = "(COUNT | MONEY | SHARE | MEASURE | YEAR)"
_MODIFIERS = "(adverb | preposition | than | word | article | determiner){0,4}"
_GAP = "(word | preposition | excluded | month | weekday | ordinal_word | adverb | YEAR)"

COMBINATIONS: tuple[Rule, ...] = (
    Rule("range_between", f"between {_A} (and | to | hyphen) {_A}", _between),
    Rule("change_from_to", f"from {_A} (hyphen | adverb | preposition)? to {_A} (hyphen {_A})?", _from_to),
    Rule("change_from_to", f"from {_MODIFIERS} {_A} to {_MODIFIERS} {_A}", _from_to_about),
    Rule("change_from_to", f"from {_A} {_GAP}{{1,6}} to {_A}", _from_gap_to),
    Rule("change_to_from", f"to {_A} (comma? (adverb | preposition | word)?) from {_A}", _to_from),
    Rule("range_hyphen", f"{_A} hyphen {_A}", _hyphen_range),
    Rule("range_to", f"{_A} hyphen? to hyphen? {_A}", _to_range),
    Rule("range_or", f"{_A} or {_A}", _or_range),
    Rule(
        "list", "(COUNT hyphen? comma){0,20} COUNT hyphen? comma? (and | or) (MONEY | SHARE | MEASURE)", _list
    ),
    Rule(
        "gloss",
        "(MONEY | MEASURE) open (preposition | adverb | word){0,2} (MONEY | MEASURE) "
        "((sign | stop | comma | or) (or | sign)? (MONEY | MEASURE)){0,3} close",
        _gloss,
    ),
    Rule(
        "plus_minus",
        f"{_A} (sign | (sign sign hyphen) | (word | conjunction) or (word | preposition)) {_A}",
        _plus_minus,
    ),
    Rule("exchange_rate", "MONEY sign MONEY", _exchange_rate),
    Rule("measure_compound", "MEASURE (stop | hyphen)? MEASURE", _compound),
    Rule("measure_compound", "MEASURE hyphen? COUNT", _compound_bare, cues.HEIGHT),
    Rule("one_in", "COUNT hyphen preposition hyphen COUNT", _one_in_hyphens),
    Rule("one_in", "COUNT word preposition COUNT", _one_of_things_in, cues.ONE),
    Rule("measure_and_a_half", "(MEASURE | MONEY) and SHARE", _and_a_half, cues.FRACTION),
    Rule("list", "(COUNT (by | word | sign)){1,3} MEASURE", _dimensions, cues.SIDES),
    Rule(
        "one_in",
        "COUNT (preposition | word? (conjunction | preposition | adverb) of) determiner? COUNT",
        _one_in,
    ),
)
