"""Claims in comparable units: measures in SI through pint, money in a base currency at the rate of its day.

    normalise_batch(claims, rates=Rates.load(folder), base="USD") -> one row for each claim

Nothing vanishes: a claim that can't be converted keeps its row, with nulls and a status that says why. No
result has more significant digits than its source, which makes "600 miles" 1,000,000 m: the factor or rate
stands beside it, unrounded, for whoever needs more.
"""

from __future__ import annotations

import hashlib
import re
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import date
from functools import cache
from importlib.metadata import version as version_of
from typing import Any

import numpy as np
import numpy.typing as npt
import pint
import pyarrow as pa
import pyarrow.compute as pc

from pipeline.errors import ConfigurationError, SchemaError
from pipeline.lexicon import dominant_currencies, lexicon_version, unit_registry
from pipeline.linking.precision import significant_digits
from pipeline.rates import Rate, Rates
from pipeline.tables import COMPARABLE_CLAIMS, NORMALISED_CLAIMS

Numbers = npt.NDArray[np.float64]

# Raise it when the rules below change what comes out.
RULES_VERSION = 2
# Beyond these a 64-bit float shows digits that it does not hold.
DIGITS_OF_A_FLOAT = 15
# A difference of scales with different zeros leaves noise in the last bits: 32 degrees Fahrenheit are 0.
TEMPERATURE_DECIMALS = 9

_CURRENCY = re.compile(r"[A-Z]{3}", re.ASCII)
_NAME = r"[A-Za-z_]\w{0,60}(?: ?\*\* ?-?\d)?"
_EXPRESSION = re.compile(rf"(?:{_NAME}|1)(?: ?[*/ ] ?{_NAME}){{0,8}}", re.ASCII)
_PRICE = re.compile(r"([A-Z]{3}) ?/ ?(\S.*)", re.ASCII)
_WITHOUT_UNIT = frozenset({"count", "share", "ratio"})


@dataclass(frozen=True, slots=True)
class Conversion:
    """What is done with a unit: times `factor` plus `offset` gives `si_unit`.

    `currency` is set for money and for prices, which are money for one of something; of plain money `si_unit`
    is None. An unknown unit has no factor.
    """

    factor: float | None
    si_unit: str | None
    offset: float = 0.0
    currency: str | None = None

    @property
    def is_money(self) -> bool:
        """Whether it is money and nothing else."""
        return self.currency is not None and self.si_unit is None


def conversion(
    registry: pint.UnitRegistry[Any], kind: str, unit: str | None, *, difference: bool
) -> Conversion:
    """How a unit converts. `difference`: a rise or fall by so many degrees, for which a scale's zero is nothing."""
    if unit is None:
        return Conversion(1.0, "dimensionless") if kind in _WITHOUT_UNIT else Conversion(None, None)
    if unit == "fraction":
        return Conversion(1.0, "dimensionless")
    if kind == "money" and _CURRENCY.fullmatch(unit):
        return Conversion(1.0, None, currency=unit)
    price = _PRICE.fullmatch(unit)
    if price and not _CURRENCY.fullmatch(price[2]):  # a rate of exchange stays as it is
        per_one = _measure(registry, price[2], difference=True)
        if per_one.factor:
            return Conversion(1 / per_one.factor, per_one.si_unit, currency=price[1])
    return _measure(registry, unit, difference)


def _measure(registry: pint.UnitRegistry[Any], unit: str, difference: bool) -> Conversion:
    if not _EXPRESSION.fullmatch(unit):  # pint's parser has many errors for what is no expression
        return Conversion(None, None)
    try:
        if registry.Quantity(1.0, unit).check("[temperature]"):
            return _temperature(registry, unit, difference)
        zero, one, two = (registry.Quantity(number, unit).to_base_units() for number in (0.0, 1.0, 2.0))
    except pint.PintError:
        return Conversion(None, None)
    if two.magnitude != 2 * one.magnitude or zero.magnitude:
        return Conversion(1.0, unit)  # a logarithmic scale, as of decibels, stays as it is
    return Conversion(float(one.magnitude), str(one.units))


def _temperature(registry: pint.UnitRegistry[Any], unit: str, difference: bool) -> Conversion:
    # In degrees Celsius, an SI unit too: in kelvins "20 degrees" of two digits would become 290.
    zero, one = (float(registry.Quantity(n, unit).to("degree_Celsius").magnitude) for n in (0.0, 1.0))
    factor = round(one - zero, TEMPERATURE_DECIMALS + 3)
    if difference:
        return Conversion(factor, "delta_degree_Celsius")
    return Conversion(factor, "degree_Celsius", offset=zero)


def normaliser_version(rates: Rates, base: str) -> str:
    """Hash of all that a normalised claim depends on beside the claim: rules, lexicon, pint, rates, base currency."""
    parts = (RULES_VERSION, lexicon_version(), version_of("pint"), rates.version, base)
    return hashlib.sha256(repr(parts).encode()).hexdigest()[:16]


def normalise_batch(claims: pa.Table, *, rates: Rates, base: str) -> pa.Table:
    """One row of NORMALISED_CLAIMS for each row of CLAIMS, in the same order.

    Money is converted at the last rate known on the day that the claim's passage was published; without such a
    day only amounts in the base currency are. ConfigurationError if `base` is no currency with rates.
    """
    if base not in rates.currencies:
        raise ConfigurationError(
            f"base currency {base!r}: no rates are known; use an ISO 4217 code such as USD"
        )
    conversions = _conversions(claims)
    exchange = _exchange(conversions, claims, rates, base)
    results = {name: _convert(claims, name, conversions, exchange) for name in ("value", "low", "high")}
    money = np.array([c.is_money for c in conversions], bool)
    columns: dict[str, Sequence[object] | pa.Array | pa.ChunkedArray] = {
        "claim_id": claims.column("claim_id")
    }
    for name, result in results.items():
        columns[f"si_{name}"] = _nullable(np.where(money, np.nan, result))
        columns["amount_base" if name == "value" else f"amount_base_{name}"] = _nullable(
            np.where(money, result, np.nan)
        )
    columns |= _units(conversions, base)
    columns |= _rates_used(conversions, exchange, base)
    columns["normalise_status"] = _statuses(claims, conversions, exchange, results)
    columns["normaliser_version"] = [normaliser_version(rates, base)] * claims.num_rows
    return NORMALISED_CLAIMS.cast(pa.table(columns))


def comparable(claims: pa.Table, normalised: pa.Table) -> pa.Table:
    """Claims with their normalised columns: COMPARABLE_CLAIMS, in the order of `claims`.

    SchemaError if a claim has no normalised row, or several: pick one normaliser version first.
    """
    if len(pc.unique(normalised.column("claim_id"))) < normalised.num_rows:
        raise SchemaError("several normalised rows of one claim: pick one normaliser version")
    place = pc.index_in(claims.column("claim_id"), value_set=normalised.column("claim_id").combine_chunks())
    if place.null_count:
        raise SchemaError(f"{place.null_count} of {claims.num_rows} claims have no normalised row")
    found = normalised.take(place)
    columns = {name: claims.column(name) for name in claims.column_names}
    columns |= {name: found.column(name) for name in found.column_names if name != "claim_id"}
    return COMPARABLE_CLAIMS.cast(pa.table(columns))


def _conversions(claims: pa.Table) -> list[Conversion]:
    registry = unit_registry()

    @cache
    def cached(kind: str, unit: str | None, change: str, ends_there: bool) -> Conversion:
        return conversion(registry, kind, unit, difference=change != "level" and not ends_there)

    ends = pc.is_valid(claims.column("to_value"))
    columns = [claims.column(name).to_pylist() for name in ("kind", "unit", "change")]
    return list(map(cached, *columns, ends.to_pylist()))


def _exchange(
    conversions: Sequence[Conversion], claims: pa.Table, rates: Rates, base: str
) -> list[Rate | None]:
    """The rate of each claim's money; None for what is no money or has no rate."""

    @cache
    def cached(currency: str, day: date | None) -> Rate | None:
        if day is None:
            # The day of this one is never shown: the base currency needs no rate.
            return rates.find(currency, base, date.max) if currency == base else None
        return rates.find(currency, base, day)

    days = claims.column("published").to_pylist()
    return [cached(c.currency, day) if c.currency else None for c, day in zip(conversions, days, strict=True)]


def _convert(
    claims: pa.Table, name: str, conversions: Sequence[Conversion], exchange: Sequence[Rate | None]
) -> Numbers:
    """A column of numbers converted and rounded to the digits of its source; nan where that can't be done."""
    given = claims.column(name).cast(pa.float64()).to_numpy(zero_copy_only=False)
    factor = _numbers([c.factor for c in conversions])
    offset = _numbers([c.offset for c in conversions])
    rate = _numbers([_rate(c, r) for c, r in zip(conversions, exchange, strict=True)])
    with np.errstate(over="ignore", invalid="ignore"):
        scaled = given * (factor * rate)
        converted = np.where(
            offset == 0, scaled, np.round(scaled + offset, TEMPERATURE_DECIMALS) + 0.0
        )  # no -0.0
    digits = claims.column("significant_digits").to_pylist()
    for row in np.flatnonzero(np.isfinite(converted) & (converted != given)):
        converted[row] = rounded(converted[row], digits[row] or significant_digits(given[row]))
    return np.where(np.isfinite(converted), converted, np.nan)


def rounded(number: float, digits: int) -> float:
    """The number with so many significant digits, at least one."""
    return float(f"{number:.{min(max(digits, 1), DIGITS_OF_A_FLOAT) - 1}e}")


def _rate(conversion: Conversion, rate: Rate | None) -> float | None:
    if conversion.currency is None:
        return 1.0
    return None if rate is None else rate.rate


def _numbers(values: Sequence[float | None]) -> Numbers:
    return np.array(values, np.float64)  # None becomes nan


def _nullable(values: Numbers) -> pa.Array:
    return pa.array(values, from_pandas=True)


def _units(conversions: Sequence[Conversion], base: str) -> dict[str, pa.Array]:
    def name(c: Conversion) -> str | None:
        if c.currency is None or c.si_unit is None:
            return c.si_unit
        return f"{base} / ({c.si_unit})" if "/" in c.si_unit else f"{base} / {c.si_unit}"

    return {
        "si_unit": pa.array([name(c) for c in conversions], pa.string()),
        "si_factor": pa.array(
            [None if c.offset or c.is_money else c.factor for c in conversions], pa.float64()
        ),
    }


def _rates_used(
    conversions: Sequence[Conversion], exchange: Sequence[Rate | None], base: str
) -> dict[str, pa.Array]:
    """The rates; an amount that is in the base currency already has 1, of no day and no source."""
    used = [
        r if r is None or c.currency != base else None for c, r in zip(conversions, exchange, strict=True)
    ]
    return {
        "base_currency": pa.array([base if c.currency else None for c in conversions], pa.string()),
        "fx_rate": pa.array([r.rate if r else None for r in exchange], pa.float64()),
        "fx_date": pa.array([r.date if r else None for r in used], pa.date32()),
        "fx_source": pa.array([r.source if r else None for r in used], pa.string()),
    }


def _is_ambiguous(currency: str | None, candidates: list[str] | None) -> bool:
    """Whether a currency taken by default is in doubt: several have its sign or name, and it is no dominant one,
    or places speak for another, which then is the first of the candidates."""
    if not candidates or len(candidates) == 1:
        return False
    return currency not in dominant_currencies() or candidates[0] != currency


def _statuses(
    claims: pa.Table,
    conversions: Sequence[Conversion],
    exchange: Sequence[Rate | None],
    results: Mapping[str, Numbers],
) -> list[str]:
    # A number too large for a float in SI units is lost as surely as one whose unit is unknown.
    lost = np.zeros(claims.num_rows, bool)
    for name, result in results.items():
        lost |= pc.is_valid(claims.column(name)).to_numpy() & np.isnan(result)

    def status(
        c: Conversion, rate: Rate | None, basis: str | None, candidates: list[str] | None, lost: bool
    ) -> str:
        if c.factor is None:
            return "unknown_unit"
        if c.currency and rate is None:
            return "no_rate"
        if lost:
            return "unknown_unit"
        return "ambiguous_currency" if basis == "default" and _is_ambiguous(c.currency, candidates) else "ok"

    bases = claims.column("currency_basis").to_pylist()
    candidates = claims.column("currency_candidates").to_pylist()
    return list(map(status, conversions, exchange, bases, candidates, lost.tolist()))
