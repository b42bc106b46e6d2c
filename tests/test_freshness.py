"""Sources that fell silent, and documents that give far more or fewer claims than those before."""

from __future__ import annotations

from datetime import timedelta
from pathlib import Path

import pyarrow as pa
import pytest
from made_rows import NOW, rows
from projects import FERRY, errors, failed_checks, make_project, refresh, store_of

from pipeline.freshness import FEWEST_DOCUMENTS, odd_numbers_of_claims, silent_sources
from pipeline.sources import Source
from pipeline.tables import DOCUMENTS, EXTRACTIONS, FETCHES, PASSAGES

HOUR, DAY = timedelta(hours=1), timedelta(days=1)


def source(kind: str, every: str) -> Source:
    return Source(id="s", paths=("https://news.example/",), kind=kind, every=every)


@pytest.mark.parametrize(
    ("kind", "every", "answered", "newest", "silent"),
    [
        ("pages", "hour", HOUR, None, ""),
        ("pages", "hour", 3 * HOUR, None, "it has not answered since"),
        ("pages", "day", DAY, 90 * DAY, ""),
        ("pages", "day", 3 * DAY, None, "it has not answered since"),
        ("pages", "refresh", 3 * DAY, None, "it has not answered since"),
        ("pages", "week", 13 * DAY, None, ""),
        ("pages", "week", 15 * DAY, None, "it has not answered since"),
        ("feeds", "hour", HOUR, 6 * DAY, ""),
        ("feeds", "hour", HOUR, 8 * DAY, "it has listed nothing new since 2024-11-27"),
        ("sitemaps", "week", DAY, 20 * DAY, ""),
        ("sitemaps", "week", DAY, 22 * DAY, "it has listed nothing new since"),
        ("feeds", "day", DAY, None, ""),
        ("paths", "refresh", 90 * DAY, 90 * DAY, ""),
    ],
)
def test_silence(kind: str, every: str, answered: timedelta, newest: timedelta | None, silent: str) -> None:
    fetches = rows(FETCHES, {"source_id": "s", "asked_at": NOW, "read_at": NOW - answered})
    documents = rows(DOCUMENTS, *([] if newest is None else [{"source_id": "s", "fetched_at": NOW - newest}]))
    found = silent_sources([source(kind, every)], fetches, documents, NOW)
    assert len(found) == bool(silent)
    assert all(text.startswith(f"s: {silent}") for text in found)


def test_one_that_was_never_asked_is_not_silent_and_one_that_never_answered_is() -> None:
    asked = rows(FETCHES, {"source_id": "s", "asked_at": NOW, "read_at": None})
    empty = DOCUMENTS.empty()
    assert silent_sources([source("pages", "day")], FETCHES.empty(), empty, NOW) == []
    assert silent_sources([source("pages", "day")], asked, empty, NOW) == ["s: it has never answered"]


def made(old: int, new: int, count: int = FEWEST_DOCUMENTS) -> tuple[pa.Table, pa.Table, pa.Table]:
    """Documents of two refreshes, each of one passage that has so many claims."""
    ids = [*((f"o{n}", NOW - DAY, old) for n in range(count)), *((f"n{n}", NOW, new) for n in range(count))]
    return (
        rows(DOCUMENTS, *({"document_id": i, "source_id": "s", "fetched_at": at} for i, at, _ in ids)),
        rows(PASSAGES, *({"document_id": i, "passage_id": f"p{i}"} for i, _, _ in ids)),
        rows(EXTRACTIONS, *({"passage_id": f"p{i}", "claims": claims} for i, _, claims in ids)),
    )


@pytest.mark.parametrize(
    ("old", "new", "odd"), [(4, 4, 0), (4, 12, 0), (4, 13, 1), (13, 4, 1), (4, 0, 1), (0, 0, 0)]
)
def test_claims_a_document(old: int, new: int, odd: int) -> None:
    found = list(odd_numbers_of_claims(*made(old, new)))
    assert len(found) == odd
    assert all("claims a document in the 10 newest" in text for text in found)


def test_few_documents_prove_nothing() -> None:
    assert list(odd_numbers_of_claims(*made(4, 40, count=FEWEST_DOCUMENTS - 1))) == []
    assert list(odd_numbers_of_claims(DOCUMENTS.empty(), PASSAGES.empty(), EXTRACTIONS.empty())) == []


def test_a_refresh_turns_amber_for_a_silent_source(tmp_path: Path) -> None:
    root = make_project(tmp_path / "p", ferry=FERRY)
    with (root / "sources.toml").open("a", encoding="utf-8") as file:
        file.write('\n[[sources]]\nid = "gone"\npages = ["http://127.0.0.1:9/"]\nallow_private = true\n')
    result = refresh(root)
    assert errors(result) == []
    assert "gone: it has never answered" in (failed_checks(result)["fetches/sources_speak"].description or "")
    assert store_of(root).read("claims").num_rows > 0
