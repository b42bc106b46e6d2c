"""What stood on a day, read from the histories, is what a run of that day would have said of the same news."""

from __future__ import annotations

from datetime import date
from pathlib import Path

import pytest
from projects import ROOT, add_article, errors, make_project, refresh, store_of

import pipeline
from pipeline.figures import figures_as_of
from pipeline.normalise import comparable
from pipeline.trackers import load_trackers

STANDING = ("current_claim_id", "value", "low", "high", "modifier", "status", "mentions")
DAYS = [date(2024, 12, 3), date(2024, 12, 4), date(2024, 12, 9), date(2025, 1, 8), date(2025, 1, 15)]


@pytest.fixture(scope="module")
def root(tmp_path_factory: pytest.TempPathFactory) -> Path:
    project = make_project(tmp_path_factory.mktemp("as_of") / "p")
    for article in (ROOT / "examples").glob("2*.txt"):
        add_article(project, article.stem, article.read_text(encoding="utf-8"))
    assert errors(refresh(project)) == []
    return project


@pytest.mark.parametrize("day", DAYS, ids=str)
def test_the_histories_say_what_a_run_of_that_day_says(root: Path, day: date) -> None:
    store = store_of(root)
    claims = comparable(store.read("claims"), store.read("normalised_claims"))
    documents, passages = (store.read(name) for name in ("documents", "passages"))
    trackers = load_trackers(root / "trackers.toml")
    run = figures_as_of(day, claims, trackers=trackers, documents=documents, passages=passages).figures
    told = pipeline.figures_as_of(day, data=root / "data")
    order = [("current_claim_id", "ascending")]
    assert told.num_rows > 0
    assert told.select(STANDING).sort_by(order).to_pylist() == run.select(STANDING).sort_by(order).to_pylist()
