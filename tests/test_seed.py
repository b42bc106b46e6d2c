"""The live blog that the project was conceived from, read from beside the repository: its text is not ours to copy.

What a careful reader marks in it stands in corpus/seed.yaml, one line a claim.
"""

from __future__ import annotations

from collections import Counter
from datetime import date
from decimal import Decimal
from pathlib import Path

import pytest
import yaml

from pipeline.claims import extract_claims
from pipeline.passages import split_document
from pipeline.types import Claim

ROOT = Path(__file__).parent.parent
SEED = ROOT.parent / "shared" / "seeds" / "000_1665a3bc29fa3434.txt"
EXPECTED = yaml.safe_load((Path(__file__).parent / "corpus" / "seed.yaml").read_text(encoding="utf-8"))

pytestmark = pytest.mark.skipif(
    not SEED.exists(), reason="the live blog stands in ../shared, which is not here"
)


@pytest.fixture(scope="module")
def text() -> str:
    return SEED.read_text(encoding="utf-8")


@pytest.fixture(scope="module")
def claims(text: str) -> list[Claim]:
    """The claims of every passage's heading and body, in order."""
    found: list[Claim] = []
    for passage in split_document(text, uri="seed.txt", document_id="seed", published=date(2024, 12, 4)):
        if passage.heading_start is not None and passage.heading_end is not None:
            found += extract_claims(text[passage.heading_start : passage.heading_end])
        found += extract_claims(text[passage.body_start : passage.body_end])
    return found


def meaning(claim: Claim) -> tuple[str, Decimal | None, str | None, str]:
    amount = claim.value if claim.value is not None else claim.low
    return claim.exact, amount, claim.unit, claim.modifier


def expected_meaning(row: dict[str, object]) -> tuple[str, Decimal | None, object, object]:
    return str(row["exact"]), Decimal(str(row["value"])), row.get("unit"), row.get("modifier", "exact")


def test_every_claim_that_a_careful_reader_marks_is_found(claims: list[Claim]) -> None:
    wanted = Counter(expected_meaning(row) for row in EXPECTED["claims"] for _ in range(row.get("times", 1)))
    missing = wanted - Counter(meaning(claim) for claim in claims)
    assert not missing


def test_at_most_one_claim_that_a_careful_reader_does_not_mark(claims: list[Claim]) -> None:
    wanted = Counter(expected_meaning(row) for row in EXPECTED["claims"] for _ in range(row.get("times", 1)))
    tolerated = Counter(
        str(row["exact"]) for row in EXPECTED["debatable"] for _ in range(row.get("times", 1))
    )
    surplus = [
        claim
        for claim, count in (Counter(meaning(claim) for claim in claims) - wanted).items()
        for _ in range(count)
    ]
    spurious = [m for m in surplus if not tolerated[m[0]]]
    assert len(spurious) <= 1, spurious


@pytest.mark.parametrize(
    "row",
    [row for row in EXPECTED["claims"] if "entity_head" in row],
    ids=lambda row: f"{row['exact']} {row['entity_head']}",
)
def test_entity_heads(claims: list[Claim], row: dict[str, object]) -> None:
    heads = [claim.entity_head for claim in claims if meaning(claim) == expected_meaning(row)]
    assert row["entity_head"] in heads, heads


@pytest.mark.parametrize(
    "row",
    [row for row in EXPECTED["claims"] if "source" in row],
    ids=lambda row: f"{row['exact']} {row['source']}",
)
def test_sources(claims: list[Claim], row: dict[str, object]) -> None:
    sources = [claim.source for claim in claims if meaning(claim) == expected_meaning(row)]
    assert any(source and str(row["source"]) in source for source in sources), sources


def test_clock_times_dates_and_names_are_not_claims(claims: list[Claim], text: str) -> None:
    for claim in claims:
        assert claim.kind not in ("date", "ordinal")
        assert ":" not in claim.exact
        assert "47" not in claim.exact
        assert not any(year in claim.exact for year in ("2022", "2023", "2024", "2025"))
