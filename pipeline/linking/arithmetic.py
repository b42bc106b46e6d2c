"""Whether numbers that a text relates can be true together, within the precision and the modifiers of each.

Each check gives its outcome (ok, impossible or unchecked) and the reason, with the numbers that were compared.
"""

from __future__ import annotations

import math
from collections.abc import Iterator, Sequence
from datetime import date

from pipeline.display import number
from pipeline.linking.precision import Interval, Quantity
from pipeline.linking.stated import Stated
from pipeline.rates import Rates

# How far a rate of exchange moves in a month, for conversions that a reporter made on another day, where no rates
# are at hand that say how far it did.
RATE_MOVEMENT = 0.05
# A conversion is rounded anew: it may be off by half a unit of the last digit of each side, and a little; by more
# where one digit is all that a side says ("30ft (10m)").
CONVERSION_SLACK = 0.02
SLACK_OF_ONE_DIGIT = 0.05
# Units that are two: how many of ours the other one has, imperial for American measures and the long ton for the short.
OTHER_MEANING = {
    "gallon": 1.20095,
    "quart": 1.20095,
    "pint": 1.20095,
    "fluid_ounce": 0.96076,
    "ton": 1.12,
    "US_hundredweight": 1.12,
}


def check_parts(whole: Stated, parts: Sequence[Stated]) -> tuple[str, str]:
    """Impossible if the parts are more than the whole can be."""
    low = sum(max(p.interval.low, 0.0) if math.isinf(p.interval.low) else p.interval.low for p in parts)
    said = " and ".join(p.exact for p in parts)
    if whole.quantity.anchor is None or any(p.quantity.anchor is None for p in parts):
        return "unchecked", f"no number in {said} or {whole.exact}"
    if low > whole.interval.high * (1 + 1e-9):
        return (
            "impossible",
            f"{said} ({number(low)} or more) exceed {whole.exact} ({number(whole.interval.high)} or less)",
        )
    return "ok", f"{said} fit within {whole.exact}"


def check_sum(total: Stated, addends: Sequence[Stated]) -> tuple[str, str]:
    """Impossible if the sum can't be the total within the precision of all."""
    said = " + ".join(a.exact for a in addends)
    if total.quantity.anchor is None or any(a.quantity.anchor is None for a in addends):
        return "unchecked", f"no number in {said} or {total.exact}"
    added = Interval(0.0, 0.0)
    for addend in addends:
        added = added.plus(addend.interval)
    if not added.overlaps(total.interval):
        return "impossible", f"{said} make {_range(added)}, and {total.exact} allows {_range(total.interval)}"
    return "ok", f"{said} can make {total.exact}"


def check_share_alone(share: Stated) -> tuple[str, str]:
    """Impossible if the share is more than all of it."""
    low = share.interval.low
    if low > 100:
        return "impossible", f"{share.exact} is more than the whole"
    return "ok", f"{share.exact} is a part"


def check_share(share: Stated, whole: Stated, part: Stated | None) -> tuple[str, str]:
    """Impossible if part divided by whole can't be the share within the precision of all three."""
    if part is None:
        return check_share_alone(share)
    amount, full = part.interval, whole.interval
    if not (full.low > 0 and math.isfinite(full.high) and amount.low >= 0 and math.isfinite(amount.high)):
        return "unchecked", f"{part.exact} of {whole.exact} is open at one end"
    possible = Interval(100 * amount.low / full.high, 100 * amount.high / full.low)
    if not possible.overlaps(share.interval):
        return "impossible", f"{part.exact} of {whole.exact} is {_range(possible)} percent, not {share.exact}"
    return "ok", f"{part.exact} of {whole.exact} is {share.exact}"


def check_conversion(one: Stated, target: Stated, rates: Rates | None) -> tuple[str, str]:
    """Impossible if the two can't be one quantity within their rounding, and for money the rate of a month."""
    first, second = _comparable(one), _comparable(target)
    if first is None or second is None:
        return "unchecked", f"{one.exact} and {target.exact} have no common unit"
    slack = _movement(one, target, rates) if one.kind == "money" else _rounding(one, target)
    widened = Interval(first.low - slack * abs(first.low), first.high + slack * abs(first.high))
    if not any(widened.scaled(factor).overlaps(second) for factor in _meanings(one, target)):
        return (
            "impossible",
            f"{one.exact} is {_range(first)}, and {target.exact} is {_range(second)} in {_unit(one)}",
        )
    return "ok", f"{one.exact} is {target.exact} in another unit"


def _rounding(one: Stated, target: Stated) -> float:
    digits = [said.row.get("significant_digits") for said in (one, target)]
    return SLACK_OF_ONE_DIGIT if 1 in digits else CONVERSION_SLACK


def _meanings(one: Stated, target: Stated) -> Iterator[float]:
    """The factors that the units of a measure, which may mean two things, leave open between the two sides."""
    yield 1.0
    if factor := OTHER_MEANING.get(str(one.row.get("unit"))):
        yield factor
    if factor := OTHER_MEANING.get(str(target.row.get("unit"))):
        yield 1 / factor


def _movement(one: Stated, target: Stated, rates: Rates | None) -> float:
    """How far the rate between two amounts moved in the month before the day that it is from, beside its rounding."""
    day = one.row.get("fx_date") or target.row.get("fx_date")
    units = one.row.get("unit"), target.row.get("unit")
    if rates is None or not isinstance(day, date) or not all(isinstance(unit, str) for unit in units):
        return RATE_MOVEMENT
    return CONVERSION_SLACK + rates.movement(str(units[0]), str(units[1]), day)


def _comparable(one: Stated) -> Interval | None:
    """The rounding interval in the base currency or SI unit: the factor applied to the number as written."""
    row = one.row
    value, low, high = (_float(row.get(n)) for n in ("value", "low", "high"))
    prefix = "amount_base" if one.kind == "money" else "si"
    name = "amount_base" if one.kind == "money" else "si_value"
    factor = _float(row.get("fx_rate" if one.kind == "money" else "si_factor"))
    digits = row.get("significant_digits")
    said = Quantity(value, low, high, "exact", digits if isinstance(digits, int) else None)
    if factor:
        return said.near.scaled(factor)
    converted = Quantity(
        _float(row.get(name)),
        _float(row.get(f"{prefix}_low")),
        _float(row.get(f"{prefix}_high")),
        "exact",
        digits if isinstance(digits, int) else None,
    )
    return None if converted.anchor is None else converted.near


def _float(value: object) -> float | None:
    return float(value) if isinstance(value, int | float) else None


def _unit(one: Stated) -> str:
    """The unit that both sides of a conversion were brought into."""
    unit = one.row.get("base_currency" if one.kind == "money" else "si_unit")
    return "one unit" if unit is None else str(unit)


def _range(interval: Interval) -> str:
    low, high = number(interval.low), number(interval.high)
    if math.isinf(interval.high):
        return f"{low} or more"
    if math.isinf(interval.low):
        return f"{high} or less"
    return low if low == high else f"{low} to {high}"
