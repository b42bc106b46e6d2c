"""Parts, sums, shares and conversions that a text states: found, and flagged where they cannot be true."""

from __future__ import annotations

import re
from datetime import date
from functools import cache
from pathlib import Path

import pyarrow as pa
import pytest
import yaml

from pipeline import lexicon
from pipeline.claims import extract_batch
from pipeline.linking.relations import relate
from pipeline.normalise import comparable, normalise_batch
from pipeline.rates import Rates
from pipeline.tables import CLAIM_RELATIONS, PASSAGES
from tests.said import claims, said

CORPUS = yaml.safe_load((Path(__file__).parent / "corpus" / "relations.yaml").read_text("utf-8"))
PLANTED = [n for n, entry in enumerate(CORPUS) if entry["impossible"]]
TRUE = [n for n, entry in enumerate(CORPUS) if not entry["impossible"]]


@cache
def relations() -> dict[int, list[dict[str, object]]]:
    """Rows of claim_relations for each entry of the corpus, read through the extractor."""
    passages = PASSAGES.from_rows(
        [
            {**_whole(entry["text"], f"{n:03}"), "published": date(2024, 12, 4)}
            for n, entry in enumerate(CORPUS)
        ]
    )
    found = extract_batch(passages)
    found = comparable(found, normalise_batch(found, rates=Rates.load(None), base="USD"))
    place = dict(zip(*(found.column(c).to_pylist() for c in ("claim_id", "document_id")), strict=True))
    rows: dict[int, list[dict[str, object]]] = {n: [] for n in range(len(CORPUS))}
    related = relate(found)
    assert related.schema == CLAIM_RELATIONS.schema
    for row in related.to_pylist():
        rows[int(place[row["claim_id"]])].append(row)
    return rows


def flagged(number: int) -> bool:
    return any(row["check"] == "impossible" for row in relations()[number])


def has_relation(number: int) -> bool:
    wanted, found = CORPUS[number]["relation"], {row["relation"] for row in relations()[number]}
    return wanted in found or (wanted == "none" and not found)


def test_the_corpus_is_large_enough() -> None:
    assert len(PLANTED) >= 60
    assert len(TRUE) >= 50


def test_every_word_of_the_lexicon_has_an_example() -> None:
    texts = [entry["text"].lower() for entry in CORPUS]
    for key in ("including", "exhaustive", "excluding", "total_before", "total_after"):
        words = lexicon.read("relations")[key]
        missing = [word for word in words if not any(re.search(rf"\b{word}\b", text) for text in texts)]
        assert not missing, f"{key}: add examples of {missing} to relations.yaml"


def test_planted_errors_are_caught() -> None:
    missed = [CORPUS[n]["text"] for n in PLANTED if not flagged(n)]
    assert len(missed) <= 0.05 * len(PLANTED), missed


def test_there_is_no_false_alarm() -> None:
    assert [CORPUS[n]["text"] for n in TRUE if flagged(n)] == []


def test_relations_are_found() -> None:
    missed = [CORPUS[n]["text"] for n in range(len(CORPUS)) if not has_relation(n)]
    assert len(missed) <= 0.05 * len(CORPUS), missed


def test_a_flag_says_what_was_compared() -> None:
    part = said(
        "Of 240 houses, including 620 houses in Lund, none stood.", "620", 620, "houses", significant_digits=3
    )
    whole = said(
        "Of 240 houses, including 620 houses in Lund, none stood.", "240", 240, "houses", significant_digits=3
    )
    (row,) = relate(claims(part, whole)).to_pylist()
    assert row["check"] == "impossible"
    assert row["claim_id"] == part["claim_id"]
    assert row["related_claim_id"] == whole["claim_id"]
    assert row["reason"] == "620 (620 or more) exceed 240 (240 or less)"


@pytest.mark.parametrize(("value", "check"), [(43.0, "ok"), (60.0, "impossible")])
def test_a_conversion_of_money_may_use_the_rate_of_another_week(value: float, check: str) -> None:
    sentence = "The firm paid $50m (£40m) for it."
    money = said(
        sentence,
        "$50m",
        50e6,
        kind="money",
        unit="USD",
        significant_digits=2,
        fx_rate=1.0,
        amount_base=50e6,
    )
    gloss = said(
        sentence,
        "£40m",
        40e6,
        kind="money",
        unit="GBP",
        significant_digits=2,
        fx_rate=value / 40 * 1.2,
        amount_base=value * 1.2e6,
        gloss_of=money["claim_id"],
    )
    (row,) = relate(claims(money, gloss)).to_pylist()
    assert (row["relation"], row["check"]) == ("conversion_of", check)


def test_the_order_of_rows_does_not_matter() -> None:
    text = "The plan costs £300 million, including £120 million for schools and £80 million for roads."
    rows = [
        said(text, exact, value, "plan", kind="money", unit="GBP")
        for exact, value in (("£300 million", 3e8), ("£120 million", 1.2e8), ("£80 million", 0.8e8))
    ]
    forward: pa.Table = relate(claims(*rows))
    assert forward.num_rows == 2
    assert forward.equals(relate(claims(*reversed(rows))))


def test_a_conversion_is_held_to_what_the_rate_did_in_the_month_before_it() -> None:
    """In spring 2024 a pound cost 1.24 to 1.28 dollars: 3 % more or less is still a reporter's, 5 % is none."""
    rates, day = Rates.load(None), date(2024, 4, 15)
    today = rates.find("USD", "GBP", day)
    assert today is not None
    outcomes = []
    for factor in (1.0, 1.03, 1.06, 0.94):
        amount = round(500_000_000 * today.rate * factor, -5)
        text = f"The firm paid $500.0m (£{amount / 1e6:.1f}m) for it."
        passages = PASSAGES.from_rows([{**_whole(text), "published": day}])
        found = extract_batch(passages)
        converted = comparable(found, normalise_batch(found, rates=rates, base="USD"))
        outcomes += [row["check"] for row in relate(converted, rates).to_pylist()]
    assert outcomes == ["ok", "ok", "impossible", "impossible"]


def _whole(text: str, name: str = "p") -> dict[str, object]:
    """A text as a passage of its own."""
    return {
        "document_id": name,
        "passage_id": name,
        "position": 0,
        "passage_type": "paragraph",
        "start": 0,
        "end": len(text),
        "body_start": 0,
        "body_end": len(text),
        "text": text,
    }
