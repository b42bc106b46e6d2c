"""Claims of passages: offsets, identities, roles, failures; and that the lexicon's units are units."""

from __future__ import annotations

import shutil
from datetime import date
from pathlib import Path

import pyarrow as pa
import pytest

import pipeline.claims
from pipeline import lexicon
from pipeline.claims import (
    extract_batch,
    extract_batch_with_failures,
    extract_claims,
    extractor_version,
    version_of,
)
from pipeline.tables import CLAIMS, PASSAGES

HEADING = "Port loses 40 ships"
BODY = "The port lost at least 40 ships in a month, said Ada Brown. “We have 1,000 km (620 miles) of coast,” she said."
DOCUMENT = f"Some page.\n\n{HEADING}\n10:15 , Someone\n{BODY}\n"
START = DOCUMENT.index(HEADING)
BODY_START = DOCUMENT.index(BODY)


def passages(**changes: object) -> pa.Table:
    row: dict[str, object] = {
        "document_id": "d1",
        "passage_id": "p1",
        "position": 0,
        "passage_type": "entry",
        "heading": HEADING,
        "published": date(2024, 12, 4),
        "country": "GB",
        "start": START,
        "end": BODY_START + len(BODY),
        "heading_start": START,
        "heading_end": START + len(HEADING),
        "body_start": BODY_START,
        "body_end": BODY_START + len(BODY),
        "text": DOCUMENT[START : BODY_START + len(BODY)],
    }
    return PASSAGES.from_rows([row | changes])


def test_offsets_are_those_of_the_document() -> None:
    rows = extract_batch(passages()).to_pylist()
    assert [row["exact"] for row in rows] == ["40", "40", "1,000 km", "620 miles"]
    for row in rows:
        assert DOCUMENT[row["start"] : row["end"]] == row["exact"]
        assert DOCUMENT[: row["start"]].endswith(row["prefix"])
        assert DOCUMENT[row["end"] :].startswith(row["suffix"])
        assert row["sentence"] in DOCUMENT
        assert row["exact"] in row["sentence"]


def test_roles() -> None:
    assert [row["role"] for row in extract_batch(passages()).to_pylist()] == [
        "heading",
        "body",
        "quote",
        "quote",
    ]
    key_point = passages(passage_type="key_point", heading_start=None, heading_end=None)
    assert {row["role"] for row in extract_batch(key_point).to_pylist()} == {"key_point"}


def test_clock_time_and_author_between_heading_and_body_are_not_read() -> None:
    assert not any(row["exact"].startswith("10") for row in extract_batch(passages()).to_pylist())


def test_a_gloss_refers_to_the_claim_that_it_repeats() -> None:
    rows = extract_batch(passages()).to_pylist()
    assert rows[3]["gloss_of"] == rows[2]["claim_id"]


def test_claim_ids_are_unique_and_the_same_in_every_run() -> None:
    first, second = extract_batch(passages()), extract_batch(passages())
    assert first.equals(second)
    ids = first.column("claim_id").to_pylist()
    assert len(set(ids)) == len(ids)
    assert all(len(identity) == 16 for identity in ids)
    other = extract_batch(passages(passage_id="p2")).column("claim_id").to_pylist()
    assert not set(ids) & set(other)


def test_the_batch_has_the_declared_schema() -> None:
    assert extract_batch(passages()).schema == CLAIMS.schema
    assert extract_batch(PASSAGES.empty()).equals(CLAIMS.empty())


def test_rows_carry_the_extractor_version() -> None:
    assert {row["extractor_version"] for row in extract_batch(passages()).to_pylist()} == {
        extractor_version()
    }


def test_one_bad_passage_stops_no_other(monkeypatch: pytest.MonkeyPatch) -> None:
    read = pipeline.claims.passage_claims

    def fails_on_first(passage: dict[str, object]) -> list[dict[str, object]]:
        if passage["passage_id"] == "p1":
            raise RuntimeError("cannot be read")
        return read(passage)

    monkeypatch.setattr(pipeline.claims, "passage_claims", fails_on_first)
    table = pa.concat_tables([passages(), passages(passage_id="p2")])
    found, failures = extract_batch_with_failures(table)
    assert set(found.column("passage_id").to_pylist()) == {"p2"}
    assert [(failure.passage_id, failure.error) for failure in failures] == [("p1", "RuntimeError")]
    assert "p1" in failures[0].reason
    assert "cannot be read" in failures[0].reason


def test_explain_tells_the_steps() -> None:
    (claim,) = extract_claims("At least 314 children were moved, according to Ada Brown.")
    steps = claim.explain()
    for part in ("314", "at_least", "At least", "children", "Ada Brown", claim.rule):
        assert part in steps


@pytest.mark.parametrize(
    ("text", "period"),
    [
        ("Some 314 children were moved since 2022.", "“since 2022” (from 2022-01-01 to 2024-12-04)"),
        ("Some 314 children were moved on Monday.", "“on Monday” (2024-12-02)"),
        ("Some 314 children were moved in 2022.", "“in 2022” (from 2022-01-01 to 2022-12-31)"),
    ],
)
def test_explain_says_which_days_a_time_means(text: str, period: str) -> None:
    claim = extract_claims(text, published=date(2024, 12, 4))[0]
    assert f"at the time {period}" in claim.explain()


def test_every_unit_of_the_lexicon_is_a_unit_of_the_registry() -> None:
    registry = lexicon.unit_registry()
    for unit in lexicon.units():
        assert registry.parse_units(unit.expression) is not None
    for currency in lexicon.currencies():
        for denominator in ("barrel", "person", "year"):
            assert registry.parse_units(f"{currency.code}/{denominator}") is not None


def test_the_registry_means_what_news_means() -> None:
    registry = lexicon.unit_registry()
    assert registry.Quantity(1, "decade").to("year").magnitude == pytest.approx(10)
    assert registry.Quantity(1, "barrel").to("liter").magnitude == pytest.approx(158.987, abs=0.01)
    assert not registry.Quantity(1, "USD").is_compatible_with("EUR")
    assert not registry.Quantity(1, "USD/person").is_compatible_with("USD/share")


def test_units_that_claims_have_are_units_of_the_registry() -> None:
    registry = lexicon.unit_registry()
    for text in (
        "62 dollars a barrel",
        "30 mpg",
        "5 miles per hour",
        "40 hours a week",
        "20 percent",
        "500,000 bpd",
    ):
        (claim,) = extract_claims(f"It was {text} then.")
        assert claim.unit is not None
        assert registry.parse_units(claim.unit) is not None


@pytest.mark.parametrize(
    ("module", "changes"), [("claims.py", True), ("extraction/speakers.py", True), ("store.py", False)]
)
def test_the_version_changes_with_the_modules_that_extract(
    module: str, changes: bool, tmp_path: Path
) -> None:
    package = tmp_path / "pipeline"
    shutil.copytree(Path(pipeline.claims.__file__).parent, package)
    before = version_of(package, "1")
    assert before != version_of(package, "2")
    (package / module).write_text("changed = True\n", encoding="utf-8")
    assert (version_of(package, "1") != before) is changes
