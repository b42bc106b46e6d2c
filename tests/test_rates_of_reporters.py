"""Reporters convert too: "$280bn (£155bn)" is a test of our readings and rates that nobody wrote for us."""

from __future__ import annotations

import json
from datetime import date, timedelta
from decimal import Decimal
from pathlib import Path

import pytest

from pipeline.claims import extract_claims
from pipeline.rates import Rates
from pipeline.types import Claim

ARTICLES = Path(__file__).parent.parent.parent / "shared" / "data" / "bbc_news.jsonl"
RATES = Rates.load(None)
# When the articles were written; they carry no dates of their own.
FIRST, LAST = date(2004, 1, 1), date(2005, 12, 31)
SHARE_RIGHT = 0.97


def rounding(claim: Claim) -> tuple[float, float]:
    """The least and the most that the digits of an amount allow."""
    assert claim.value is not None
    value = Decimal(claim.value)
    unit = Decimal(10) ** (value.adjusted() - (claim.significant_digits or 2) + 1)
    return float(value - unit / 2), float(value + unit / 2)


def span(currency: str, base: str) -> tuple[float, float, float] | None:
    """The least and the greatest rate of those years, and how far one moved in a month at most; None without rates."""
    days = [FIRST + timedelta(days=7 * week) for week in range((LAST - FIRST).days // 7)]
    rates = [rate.rate for day in days if (rate := RATES.find(currency, base, day)) is not None]
    if not rates:
        return None
    return min(rates), max(rates), max(RATES.movement(currency, base, day) for day in days[::4])


@pytest.mark.skipif(not ARTICLES.exists(), reason="the articles lie beside the project only where it is made")
def test_conversions_in_brackets_agree_with_the_rates_of_their_years() -> None:
    spans: dict[tuple[str, str], tuple[float, float, float] | None] = {}
    checked, wrong = 0, []
    for line in ARTICLES.open(encoding="utf-8"):
        text = json.loads(line)["text"]
        claims = {claim.start: claim for claim in extract_claims(text, country="GB")}
        for gloss in claims.values():
            main = claims.get(-1 if gloss.gloss_of is None else gloss.gloss_of)
            if main is None or gloss.kind != "money" or not (main.value and gloss.value):
                continue
            pair = (str(main.unit), str(gloss.unit))
            if pair not in spans:
                spans[pair] = span(*pair)
            known = spans[pair]
            if known is None:
                continue
            low, high, movement = known
            (main_low, main_high), (gloss_low, gloss_high) = rounding(main), rounding(gloss)
            checked += 1
            if gloss_high < main_low * low * (1 - movement) or gloss_low > main_high * high * (1 + movement):
                wrong.append((main.exact, gloss.exact, pair))
    assert checked >= 150
    assert len(wrong) <= (1 - SHARE_RIGHT) * checked, wrong
