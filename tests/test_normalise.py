"""Every claim keeps its row; what can be converted is, to no more digits than its source has."""

from __future__ import annotations

import time
from collections.abc import Sequence
from datetime import date
from pathlib import Path

import pyarrow as pa
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from made_rows import DAY, rows

from pipeline.errors import ConfigurationError, SchemaError
from pipeline.lexicon import currencies, read, unit_registry, units
from pipeline.linking.precision import significant_digits
from pipeline.normalise import (
    Conversion,
    comparable,
    conversion,
    normalise_batch,
    normaliser_version,
    rounded,
)
from pipeline.rates import Rates
from pipeline.tables import CLAIMS, COMPARABLE_CLAIMS, NORMALISED_CLAIMS

RATES = Rates.load(None)


def claims(*specs: dict[str, object]) -> pa.Table:
    plain = {
        "published": DAY,
        "modifier": "exact",
        "change": "level",
        "kind": "count",
        "extractor_version": "e1",
    }
    return rows(CLAIMS, *(plain | {"claim_id": f"{n:06}"} | spec for n, spec in enumerate(specs)))


def normalised(spec: dict[str, object], *, base: str = "USD", rates: Rates = RATES) -> dict[str, object]:
    (row,) = normalise_batch(claims(spec), rates=rates, base=base).to_pylist()
    return {name: value for name, value in row.items() if value is not None}


def measure(value: float, unit: str, digits: int | None = None, kind: str = "measure") -> dict[str, object]:
    return {"kind": kind, "value": value, "unit": unit, "significant_digits": digits}


def money(value: float, unit: str, digits: int | None = None) -> dict[str, object]:
    return measure(value, unit, digits, "money")


# Measures


@pytest.mark.parametrize(
    ("spec", "value", "unit"),
    [
        (measure(1000, "kilometer", 4), 1_000_000, "meter"),
        (measure(600, "mile", 1), 1_000_000, "meter"),
        (measure(600, "mile", 3), 966_000, "meter"),
        (measure(600, "mile"), 1_000_000, "meter"),
        (measure(5.25, "foot", 3), 1.60, "meter"),
        (measure(60, "mile/hour", 2), 27, "meter / second"),
        (measure(3, "square kilometer", 1), 3e6, "meter ** 2"),
        (measure(33, "month", 2, "duration"), 87_000_000, "second"),
        (measure(2, "hour", 1, "duration"), 7000, "second"),
        (measure(41.6, "UAH/USD", 3), 41.6, "UAH / USD"),
        (measure(20, "percent", 2, "share"), 0.2, "dimensionless"),
        (measure(0.25, "fraction", 2, "share"), 0.25, "dimensionless"),
        (measure(0, "mile", 1), 0, "meter"),
        (measure(-10, "mile", 1), -20_000, "meter"),
        ({"value": 314.0, "significant_digits": 3}, 314, "dimensionless"),
        ({"kind": "ratio", "value": 3.0}, 3, "dimensionless"),
        (measure(20, "degree_Celsius", 2, "temperature"), 20, "degree_Celsius"),
        (measure(32, "degree_Fahrenheit", 2, "temperature"), 0, "degree_Celsius"),
        (measure(100, "degree_Fahrenheit", 3, "temperature"), 37.8, "degree_Celsius"),
        (measure(-40, "degree_Fahrenheit", 2, "temperature"), -40, "degree_Celsius"),
        (measure(85, "decibel", 2), 85, "decibel"),
        (measure(300, "kelvin", 3, "temperature"), 26.9, "degree_Celsius"),
    ],
)
def test_measures_in_si(spec: dict[str, object], value: float, unit: str) -> None:
    found = normalised(spec)
    assert (found["si_value"], found["si_unit"], found["normalise_status"]) == (value, unit, "ok")
    assert "amount_base" not in found


def test_a_rise_of_degrees_is_a_difference_and_a_rise_to_degrees_is_not() -> None:
    warmer = measure(9, "degree_Fahrenheit", 1, "temperature") | {"change": "rise"}
    by, to = normalised(warmer), normalised(warmer | {"to_value": 9.0})
    assert (by["si_value"], by["si_unit"]) == (5, "delta_degree_Celsius")
    assert (to["si_value"], to["si_unit"]) == (-10, "degree_Celsius")


def test_ranges_and_bounds_keep_their_ends() -> None:
    span = {"kind": "measure", "unit": "mile", "low": 5.0, "high": 7.0, "significant_digits": 1}
    found = normalised(span | {"modifier": "range"})
    assert (found["si_low"], found["si_high"]) == (8000, 10_000)
    assert "si_value" not in found
    vague = normalised({"low": 10_000.0, "high": 100_000.0, "modifier": "vague"})
    assert (vague["si_low"], vague["si_high"]) == (10_000, 100_000)
    least = normalised(money(314, "GBP", 3) | {"low": 314.0, "modifier": "at_least"})
    assert least["amount_base"] == least["amount_base_low"] == 398
    assert "amount_base_high" not in least


@pytest.mark.parametrize(
    "unit",
    ["blurg", "meter/", "", "**", "1e400", "meter ** 99999", "(" * 50, "__import__", "meter " * 99],
)
def test_an_unknown_unit_says_so_and_keeps_its_row(unit: str) -> None:
    found = normalised(measure(5, unit, 1))
    assert found["normalise_status"] == "unknown_unit"
    assert "si_value" not in found
    assert found["claim_id"] == "000000"


def test_a_number_that_no_float_holds_in_si_says_so() -> None:
    found = normalised(measure(1e308, "kilometer"))
    assert found["normalise_status"] == "unknown_unit"
    assert "si_value" not in found


def test_every_unit_of_the_lexicon_converts() -> None:
    registry = unit_registry()
    unknown = [
        unit.expression
        for unit in units()
        if conversion(registry, unit.kind, unit.expression, difference=False).factor is None
    ]
    assert unknown == []


def test_what_is_measured_in_years_or_counted_under_per_is_what_it_says() -> None:
    """Pint has a decade of the logarithmic kind, a quarter that is a mass, and a point that is a length."""
    registry = unit_registry()
    durations = {unit.expression for unit in units() if unit.kind == "duration"}
    assert {conversion(registry, "duration", unit, difference=False).si_unit for unit in durations} == {
        "second"
    }
    for word in read("units")["denominators"]["counted"]:
        assert conversion(registry, "count", word, difference=False) == Conversion(1.0, word)


def test_every_currency_of_the_lexicon_is_money() -> None:
    registry = unit_registry()
    for currency in currencies():
        assert conversion(registry, "money", currency.code, difference=False).is_money


# Money


def test_money_at_the_rate_of_its_day() -> None:
    found = normalised(money(155e9, "GBP", 3))
    rate = RATES.find("GBP", "USD", DAY)
    assert rate is not None
    assert found["amount_base"] == 196e9
    assert (found["fx_rate"], found["fx_date"], found["fx_source"]) == (rate.rate, rate.date, rate.source)
    assert (found["base_currency"], found["normalise_status"]) == ("USD", "ok")
    assert "si_value" not in found
    assert "si_unit" not in found


def test_the_base_currency_needs_no_rate_and_no_day() -> None:
    found = normalised(money(1234.5, "USD", 2) | {"published": None})
    assert found["amount_base"] == 1234.5, "what is not converted is not rounded"
    assert found["fx_rate"] == 1
    assert found["normalise_status"] == "ok"
    assert "fx_date" not in found
    assert "fx_source" not in found


@pytest.mark.parametrize(
    "spec", [money(5, "UAH"), money(5, "RUB"), money(5, "GBP") | {"published": None}, money(5, "XQX")]
)
def test_what_has_no_rate_says_so(spec: dict[str, object]) -> None:
    found = normalised(spec)
    assert found["normalise_status"] == "no_rate"
    assert found["base_currency"] == "USD"
    assert not {"amount_base", "fx_rate", "fx_date"} & set(found)


def test_a_currency_that_was_only_likely_is_converted_and_marked() -> None:
    likely = {"currency_basis": "default", "currency_candidates": ["USD", "CAD"]}
    found = normalised(money(5e6, "CAD", 1) | likely)
    assert found["normalise_status"] == "ambiguous_currency"
    assert found["amount_base"] == 4e6
    assert normalised(money(5, "USD") | likely | {"currency_basis": "context"})["normalise_status"] == "ok"
    assert normalised(money(5, "USD") | likely | {"currency_candidates": ["USD"]})["normalise_status"] == "ok"
    assert normalised(money(5, "UAH") | likely)["normalise_status"] == "no_rate"


def test_a_price_is_money_per_si_unit_and_no_amount() -> None:
    found = normalised(money(2, "GBP/liter", 1))
    assert found["si_value"] == 3000
    assert found["si_unit"] == "USD / meter ** 3"
    assert found["si_factor"] == pytest.approx(1000)
    assert found["fx_rate"] == pytest.approx(1.2667, abs=1e-4)
    assert "amount_base" not in found
    assert normalised(money(5, "USD/blurg"))["normalise_status"] == "unknown_unit"
    assert normalised(money(5, "UAH/liter"))["normalise_status"] == "no_rate"


@pytest.mark.parametrize("base", ["XQX", "usd", "dollar", ""])
def test_a_base_currency_without_rates_is_refused(base: str) -> None:
    with pytest.raises(ConfigurationError, match="base currency"):
        normalise_batch(claims({}), rates=RATES, base=base)


def test_a_base_currency_of_the_user_s_own(tmp_path: Path) -> None:
    (tmp_path / "a.csv").write_text("date,currency,rate,source,per\n2024-12-01,UAH,40,Bank A,USD\n")
    rates = Rates.load(tmp_path)
    assert normalised(money(25, "USD", 2), base="UAH", rates=rates)["amount_base"] == 1000
    assert normalised(money(1.2e9, "UAH", 1), rates=rates)["amount_base"] == 3e7


# Tables


def test_no_claims_give_no_rows() -> None:
    found = normalise_batch(CLAIMS.empty(), rates=RATES, base="USD")
    assert found.num_rows == 0
    assert found.schema.equals(NORMALISED_CLAIMS.schema)


def test_the_version_follows_all_that_a_result_depends_on(tmp_path: Path) -> None:
    (tmp_path / "a.csv").write_text("date,currency,rate,source\n2024-12-01,UAH,40,Bank A\n")
    made = {
        normaliser_version(r, b)
        for r in (RATES, Rates.load(tmp_path), Rates.load(None))
        for b in ("USD", "EUR")
    }
    assert len(made) == 4
    assert normalised({})["normaliser_version"] == normaliser_version(RATES, "USD")


def test_comparable_joins_claims_with_their_conversions() -> None:
    some = claims(money(155e9, "GBP", 3), measure(1, "mile", 1), {})
    made = normalise_batch(some, rates=RATES, base="USD")
    joined = comparable(some, made.take([2, 0, 1]))
    assert joined.schema.equals(COMPARABLE_CLAIMS.schema)
    assert joined.select(some.column_names).equals(some.select(some.column_names))
    assert joined.column("amount_base").to_pylist() == [196e9, None, None]
    assert joined.column("si_value").to_pylist() == [None, 2000, None]
    with pytest.raises(SchemaError, match="1 of 3 claims have no normalised row"):
        comparable(some, made.slice(1))
    with pytest.raises(SchemaError, match="several normalised rows of one claim"):
        comparable(some, pa.concat_tables([made, made.slice(0, 1)]))
    assert comparable(some.slice(0, 0), made.slice(0, 0)).num_rows == 0


def test_a_hundred_thousand_claims_in_two_seconds() -> None:
    kinds: Sequence[dict[str, object]] = [
        money(725e6, "USD", 3), money(155e9, "GBP", 3), money(1e9, "UAH", 1), measure(600, "mile", 1),
        measure(33, "month", 2, "duration"), measure(20, "percent", 2, "share"), {"value": 314.0},
        measure(20, "degree_Fahrenheit", 2, "temperature"), {"low": 1e4, "high": 1e5}, measure(1, "blurg", 1),
    ]  # fmt: skip
    some = claims(
        *({**kinds[n % 10], "published": date.fromordinal(735000 + n % 3000)} for n in range(20_000))
    )
    many = pa.concat_tables([some] * 5)
    normalise_batch(some.slice(0, 1), rates=RATES, base="USD")
    started = time.process_time()
    assert normalise_batch(many, rates=RATES, base="USD").num_rows == 100_000
    assert time.process_time() - started < 2


# Properties

NUMBERS = st.floats(min_value=1e-6, max_value=1e15, allow_nan=False).map(lambda x: float(f"{x:.5e}"))
UNITS = st.sampled_from(
    [
        ("measure", "mile"),
        ("measure", "kilometer"),
        ("measure", "kilogram"),
        ("measure", "acre"),
        ("measure", "blurg"),
        ("duration", "year"),
        ("money", "USD"),
        ("money", "GBP"),
        ("money", "UAH"),
        ("money", "JPY"),
        ("money", "EUR/liter"),
        ("share", "percent"),
        ("count", None),
        ("temperature", "degree_Fahrenheit"),
    ]
)


@st.composite
def specs(draw: st.DrawFn) -> dict[str, object]:
    kind, unit = draw(UNITS)
    numbers = {name: draw(st.none() | NUMBERS) for name in ("value", "low", "high")}
    digits = draw(st.none() | st.integers(1, 6))
    day = draw(st.none() | st.dates(date(1990, 1, 1), date(2030, 1, 1)))
    return {"kind": kind, "unit": unit, "significant_digits": digits, "published": day, **numbers}


@settings(max_examples=60, deadline=None)
@given(st.lists(specs(), max_size=8), st.sampled_from(["USD", "EUR"]))
def test_nothing_vanishes_and_nothing_depends_on_its_neighbours(
    some: list[dict[str, object]], base: str
) -> None:
    together = normalise_batch(claims(*some), rates=RATES, base=base)
    assert together.num_rows == len(some)
    assert together.schema.equals(NORMALISED_CLAIMS.schema)
    assert together.equals(normalise_batch(claims(*some), rates=RATES, base=base))
    for n, (spec, row) in enumerate(zip(some, together.to_pylist(), strict=True)):
        alone = normalise_batch(claims(spec), rates=RATES, base=base).to_pylist()[0]
        assert row | {"claim_id": ""} == alone | {"claim_id": ""}
        assert row["claim_id"] == f"{n:06}"
        for name, suffix in (("value", ""), ("low", "_low"), ("high", "_high")):
            result = row[f"amount_base{suffix}"] if row[f"si_{name}"] is None else row[f"si_{name}"]
            if row["normalise_status"] in ("ok", "ambiguous_currency"):
                assert (result is None) == (spec[name] is None)
            else:
                assert result is None


@settings(deadline=None)
@given(value=NUMBERS, unit=UNITS, digits=st.integers(1, 6))
def test_no_result_has_more_digits_than_its_source(
    value: float, unit: tuple[str, str | None], digits: int
) -> None:
    kind, name = unit
    source = rounded(value, digits)
    found = normalised({"kind": kind, "unit": name, "value": source, "significant_digits": digits})
    for result in (found.get("si_value"), found.get("amount_base")):
        if isinstance(result, float):
            assert significant_digits(result) <= digits


@settings(deadline=None)
@given(value=NUMBERS, digits=st.integers(1, 6), currency=st.sampled_from(["GBP", "JPY", "EUR", "SEK"]))
def test_there_and_back_is_the_same_within_the_rounding(value: float, digits: int, currency: str) -> None:
    source = rounded(value, digits)
    there = normalised(money(source, currency, digits))
    back = normalised(money(float(str(there["amount_base"])), "USD", digits), base=currency)
    # Each rounding moves the number by half a unit in its last digit: of one digit, by half of it at most.
    assert back["amount_base"] == pytest.approx(source, rel=1.1 * 10.0 ** (1 - digits))


@settings(deadline=None)
@given(st.lists(NUMBERS, min_size=1, max_size=20))
def test_a_total_in_the_base_currency_survives(values: list[float]) -> None:
    found = normalise_batch(claims(*(money(v, "USD", 2) for v in values)), rates=RATES, base="USD")
    assert found.column("amount_base").to_pylist() == values
