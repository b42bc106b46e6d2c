"""The revisions table: what was known of each figure when, what replaced it, and on which evidence."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from datetime import UTC, date, datetime, time

import pyarrow as pa

from pipeline.linking.history import History, Report, Revision, fold
from pipeline.linking.pages import Pages, read_pages
from pipeline.linking.reports import reports
from pipeline.linking.rows import rows_of
from pipeline.linking.state import Kept
from pipeline.linking.vocabulary import Vocabulary, load
from pipeline.tables import REVISIONS

Row = dict[str, object]

# The relations by which a value takes the place of what stood before.
STEPS = ("new", "refines", "updates", "corrects")


def revise(
    figures: pa.Table,
    figure_claims: pa.Table,
    claims: pa.Table,
    *,
    documents: pa.Table | None = None,
    passages: pa.Table | None = None,
    until: date | None = None,
    vocabulary: Vocabulary | None = None,
) -> pa.Table:
    """The history of every figure, as rows of the revisions table.

    `claims` has the columns of claims joined with those of normalised_claims. `documents` and `passages` show which
    passages vanished from their page; without them nothing is retracted, and
    what vanished after the day `until` is not yet. The order of the rows given does not matter.
    """
    words = vocabulary or load()
    pages = read_pages(documents, passages, until=until)
    by_figure: dict[str, list[Mapping[str, object]]] = {
        str(f): [] for f in sorted(figures.column("figure_id").to_pylist())
    }
    figure_of: Mapping[str, str] = dict(
        zip(
            figure_claims.column("claim_id").to_pylist(),
            figure_claims.column("figure_id").to_pylist(),
            strict=True,
        )
    )
    for row in rows_of(claims):
        if row["claim_id"] in figure_of:
            by_figure[figure_of[str(row["claim_id"])]].append(row)
    rows: list[Row] = []
    for figure_id, members in by_figure.items():
        if members:
            rows.extend(_rows(figure_id, fold(reports(members, pages, words))))
    return REVISIONS.from_rows(rows)


def histories(
    figures: Iterable[tuple[int, str, Sequence[Kept]]], pages: Pages, vocabulary: Vocabulary
) -> pa.Table:
    """The histories of figures, given by their ids with their claims, as rows of the revisions table."""
    return REVISIONS.from_rows(
        [
            row
            for _, figure_id, kept in figures
            for row in _rows(figure_id, fold(_reports(kept, pages, vocabulary)))
        ]
    )


def course(revisions: pa.Table) -> dict[str, list[tuple[date, float]]]:
    """The values that stood one after the other, by figure_id: each with the day on which it became known.

    What has no day is left out, and so are ranges and vague counts: the middle of "hundreds" is nobody's report.
    """
    found: dict[str, list[tuple[date, float]]] = {}
    for row in revisions.sort_by([("figure_id", "ascending"), ("revision", "ascending")]).to_pylist():
        if row["relation"] in STEPS and row["value"] is not None and row["observed_at"] is not None:
            found.setdefault(row["figure_id"], []).append((row["observed_at"].date(), row["value"]))
    return found


def _reports(kept: Sequence[Kept], pages: Pages, vocabulary: Vocabulary) -> list[Report]:
    rows = [k.row for k in kept]
    return reports(rows, pages.with_clock_times(rows), vocabulary)


def _rows(figure_id: str, history: History) -> list[Row]:
    return [_row(figure_id, n, revision) for n, revision in enumerate(history.revisions, 1)]


def _row(figure_id: str, number: int, revision: Revision) -> Row:
    report = revision.report
    observed = report.withdrawn if revision.relation == "retracts" else report.observed
    return {
        "figure_id": figure_id,
        "revision": number,
        "relation": revision.relation,
        "low": report.shown.low,
        "value": report.shown.value,
        "high": report.shown.high,
        "modifier": report.shown.modifier,
        "unit": report.unit,
        "source": report.source,
        "valid_as_of": report.as_of,
        "observed_at": _midnight(observed),
        "claim_id": report.claim_id,
        "document_id": report.document_id,
        "exact": report.exact,
        "compared_with": revision.compared_with,
        "reason": revision.reason,
    }


def _midnight(day: date | None) -> datetime | None:
    return None if day is None else datetime.combine(day, time(), UTC)
