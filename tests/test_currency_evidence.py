"""What "$", "rupees" or "crowns" are: by the nation, the places, the speaker, the outlet, and else by default."""

from __future__ import annotations

import pytest

from pipeline.claims import extract_claims


@pytest.mark.parametrize(
    ("text", "country", "unit", "basis"),
    [
        ("The mill was sold for 40 rupees.", None, "INR", "default"),
        ("The mill near Kathmandu was sold for 40 rupees.", None, "NPR", "context"),
        ("Lahore lies on a river. The mill was sold for 40 rupees.", None, "PKR", "context"),
        ("Lahore lies on a river.\n\nThe mill was sold for 40 rupees.", None, "PKR", "context"),
        ("The mill was sold for 40 rupees.", "LK", "LKR", "context"),
        ("The mill near Lahore was sold for 40 rupees.", "IN", "PKR", "context"),
        ("The fine is 500 crowns, Oslo's court said.", None, "NOK", "context"),
        ("The fine is 5,000 crowns in Prague.", None, "CZK", "context"),
        ("The fine was set at 3 million dinars in Tunis.", None, "TND", "context"),
        ("The fine is 600 pesos, said the Colombian ministry.", None, "COP", "context"),
        ("Prices in Pyongyang, in North Korea, rose by 6,000 won.", None, "KPW", "context"),
        ("The fine is 40 dollars.", None, "USD", "default"),
        ("The fine is 40 dollars.", "nz", "NZD", "context"),
        ("The fine is $40.", "AU", "AUD", "context"),
        ("The fine is $40.", "GB", "USD", "default"),
        ("The Canadian $40 note is red.", None, "CAD", "context"),
        ("In Ottawa and Toronto the fine is $40.", None, "USD", "default"),
        ("In Ottawa and Toronto the fine is $40.", "CA", "CAD", "context"),
        ("The American mill was sold for $40.", "CA", "USD", "context"),
        ("The mill paid C$60 and then $40.", None, "CAD", "context"),
        ("The fine is $40 Canadian.", None, "CAD", "code"),
    ],
)
def test_what_decides(text: str, country: str | None, unit: str, basis: str) -> None:
    claim = extract_claims(text, country=country)[-1]
    assert (claim.unit, claim.currency_basis) == (unit, basis)


def test_the_alternatives_are_kept() -> None:
    (claim,) = extract_claims("The mill near Kathmandu was sold for 40 rupees.")
    assert claim.currency_candidates[:2] == ("INR", "PKR")
    assert "NPR" in claim.currency_candidates


def test_places_make_a_dominant_currency_doubtful_and_decide_nothing() -> None:
    """ "$" in a story about Canada is mostly still the American one."""
    (alone,) = extract_claims("The fine is $40.")
    (rivalled,) = extract_claims("In Ottawa and Toronto the fine is $40.")
    (abroad,) = extract_claims("In Ottawa and Toronto the fine is $40.", country="GB")
    assert alone.currency_candidates[0] == abroad.currency_candidates[0] == "USD"
    assert rivalled.currency_candidates[0] == "CAD"
    assert sorted(rivalled.currency_candidates) == sorted(alone.currency_candidates)


def test_a_gloss_is_in_another_currency_than_what_it_repeats() -> None:
    main, gloss = extract_claims("The Australian mine lost 1.2bn Australian dollars ($874m).")
    assert (main.unit, gloss.unit) == ("AUD", "USD")


@pytest.mark.parametrize(
    "text", ["They won by 2 marks.", "Two won the race.", "The 400m mark is near.", "COP26", "TOP 10"]
)
def test_doubtful_names_and_codes_are_money_only_of_large_amounts(text: str) -> None:
    assert all(claim.kind != "money" for claim in extract_claims(text))


@pytest.mark.parametrize(
    "text", ["It cost 5,000 marks.", "The price is 3 marks.", "It paid 9m won.", "COP 28,000 was paid."]
)
def test_large_amounts_of_doubtful_names_are_money(text: str) -> None:
    assert [claim.kind for claim in extract_claims(text)] == ["money"]
