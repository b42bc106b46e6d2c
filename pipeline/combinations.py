"""Quantities that belong together: ranges, lists that share a unit, changes from one value to another, glosses."""

from __future__ import annotations

from decimal import Decimal
from functools import cache
from typing import TYPE_CHECKING

from pipeline import amounts, lexicon
from pipeline.rules import Nodes, Rule

if TYPE_CHECKING:
    from pipeline.amounts import Quantity
    from pipeline.types import Change

A = "(COUNT | MONEY | SHARE | MEASURE | YEAR)"
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
    """Give a bare number the unit and scale of the one after it; False if the two are not of one kind."""
    if first.value is None or last.value is None:
        return False
    if first.unit is None and last.unit is not None:
        first.kind, first.unit, first.unit_text = last.kind, last.unit, last.unit_text
        first.currency_basis, first.currency_candidates = last.currency_basis, last.currency_candidates
    elif first.unit is not None and last.unit is None and first.kind == "money":
        last.kind, last.unit = first.kind, first.unit
        last.currency_basis, last.currency_candidates = first.currency_basis, first.currency_candidates
    elif (
        first.unit is not None
        and last.unit is not None
        and "/" in last.unit
        and first.unit == last.unit.split("/")[0]
    ):
        first.unit, first.kind = last.unit, last.kind
    if first.unit != last.unit:
        return False
    if (
        last.scaled
        and not first.scaled
        and last.style == "digits"
        and abs(first.value) < 1000
        and abs(last.value) >= 1000
    ):
        power = Decimal(10) ** (3 * ((last.value.adjusted()) // 3))
        mantissa = last.value / power
        scaled = first.value * power
        if abs(scaled) < abs(last.value) * 1000 and mantissa:
            amounts.scale_by(first, power)
            first.scaled = True
    return True


def _range(nodes: Nodes, start: int, end: int, rule: str) -> list[Quantity] | None:
    quantities = nodes.within(start, end)
    first, last = quantities[0], quantities[-1]
    if first.value is None or last.value is None:
        return None
    if first.year and last.year:
        return None
    if not share_unit(first, last) or first.value == last.value:
        return None
    low, high = sorted((first.value, last.value))
    last.first, last.low, last.high, last.value = first.first, low, high, None
    last.modifier, last.rule = "range", rule
    last.year = False
    return [last]


def _between(nodes: Nodes, start: int, end: int) -> list[Quantity] | None:
    return _range(nodes, start, end, "range_between")


def _hyphen_range(nodes: Nodes, start: int, end: int) -> list[Quantity] | None:
    first, last = nodes.within(start, end)
    if first.value is None or last.value is None or (first.hyphenated and last.unit is None):
        return None
    if first.value >= last.value and first.scaled == last.scaled and first.unit is None:
        return None
    return _range(nodes, start, end, "range_hyphen")


def _to_range(nodes: Nodes, start: int, end: int) -> list[Quantity] | None:
    """ "5 to 7", "$750,000 to $1 million"; after a word of change "5% to 7%" is one amount and one level."""
    first, last = nodes.within(start, end)
    if first.unit is not None and last.unit is None and first.kind != "money":
        return None
    if first.kind == "count" and last.kind == "money" and first.style == "digits" and not first.scaled:
        pass
    if first.unit is not None and first.unit != last.unit and first.kind != last.kind:
        return None
    direct = directions().get(nodes.lower(start - 1))
    if direct is not None and first.kind in ("share", "measure"):
        return None
    if first.value is not None and last.value is not None and first.value >= last.value and not last.scaled:
        return None
    return _range(nodes, start, end, "range_to")


def _from_to(nodes: Nodes, start: int, end: int) -> list[Quantity] | None:
    """ "from 25 to 40": a change after a word of change or where it falls, else a range."""
    quantities = nodes.within(start, end)
    first, last = quantities[0], quantities[-1]
    direction = change_before(nodes, start)
    if direction is None:
        if (
            first.value is not None
            and last.value is not None
            and share_unit(first, last)
            and first.value > last.value
        ):
            direction = "fall"
        else:
            return _range(nodes, start, end, "range_from_to")
    return _change(first, last, first.first, last.last, "change_from_to")


def _to_from(nodes: Nodes, start: int, end: int) -> list[Quantity] | None:
    """ "rose to 40 from 25", "to 40, up from 25"."""
    quantities = nodes.within(start, end)
    last, first = quantities[0], quantities[-1]
    if change_before(nodes, end, WINDOW + 6) is None:
        return None
    return _change(first, last, last.first, first.last, "change_to_from")


def _change(before: Quantity, after: Quantity, first: int, last: int, rule: str) -> list[Quantity] | None:
    if before.value is None or after.value is None:
        return None
    if (
        not (share_unit(before, after) or share_unit(after, before))
        or before.value == after.value
        or (before.year and after.year)
    ):
        return None
    after.first, after.last, after.rule = first, last, rule
    after.from_value, after.to_value = before.value, after.value
    after.change = "rise" if after.value > before.value else "fall"
    return [after]


def _or_range(nodes: Nodes, start: int, end: int) -> list[Quantity] | None:
    """ "three or four years": neighbouring numbers."""
    first, last = nodes.within(start, end)
    if (
        first.value is None
        or last.value is None
        or first.unit is not None
        or last.value - first.value != 1
        or first.scaled
    ):
        return None
    if first.value > 20:
        return None
    return _range(nodes, start, end, "range_or")


def _list(nodes: Nodes, start: int, end: int) -> list[Quantity] | None:
    """ "5 and 6 kg", "16, 18 and 21 per cent": bare numbers take the unit of the last."""
    quantities = nodes.within(start, end)
    last = quantities[-1]
    if any(q.value is None or q.style != last.style or q.hyphenated or q.year for q in quantities[:-1]):
        return None
    if last.rule in ("age",) or last.kind == "age":
        return None
    for quantity in quantities[:-1]:
        if not share_unit(quantity, last):
            return None
        quantity.rule = "list_" + last.rule
    return quantities


def _gloss(nodes: Nodes, start: int, end: int) -> list[Quantity] | None:
    """ "1,000-km (600-mile)", "$280bn (£155bn)": what stands in brackets repeats what stands before."""
    quantities = nodes.within(start, end)
    main, glosses = quantities[0], quantities[1:]
    if any(g.unit is None or g.unit == main.unit or g.kind != main.kind for g in glosses):
        return None
    for gloss in glosses:
        gloss.gloss_of = main
    return quantities


def _in_ratio(nodes: Nodes, start: int, end: int) -> list[Quantity] | None:
    """ "two in five", "nine out of ten", "one in three": a share."""
    first, last = nodes.within(start, end)
    between = nodes.lower(start + 1)
    if between not in ("in", "out") or first.value is None or last.value is None:
        return None
    if (
        first.unit is not None
        or last.unit is not None
        or not 0 < first.value < last.value
        or last.year
        or last.hyphenated
    ):
        return None
    if between == "in" and (first.style != last.style or last.value > 100000 or nodes.tag(end) == "m"):
        return None
    last.value, last.kind, last.unit, last.rule = first.value / last.value, "share", "fraction", "ratio_in"
    last.first, last.significant_digits, last.style = first.first, None, "fraction"
    return [last]


COMBINATIONS: tuple[Rule, ...] = (
    Rule("range_between", f"between {A} (and | to | hyphen) {A}", _between),
    Rule("change_from_to", f"from {A} hyphen? to {A} (hyphen {A})?", _from_to),
    Rule("change_to_from", f"to {A} (comma? (adverb | preposition | word)?) from {A}", _to_from),
    Rule("range_hyphen", f"{A} hyphen {A}", _hyphen_range),
    Rule("range_to", f"{A} hyphen? to hyphen? {A}", _to_range),
    Rule("range_or", f"{A} or {A}", _or_range),
    Rule("list", "(COUNT comma)* COUNT comma? (and | or) (MONEY | SHARE | MEASURE)", _list),
    Rule(
        "gloss",
        "(MONEY | MEASURE) open (preposition | adverb | word){0,2} (MONEY | MEASURE) (sign (MONEY | MEASURE))? close",
        _gloss,
    ),
    Rule("ratio_in", "COUNT (preposition | conjunction of | adverb of) COUNT", _in_ratio),
)
