"""Figures: claims linked into tracked figures, with what is currently reported of each.

Claims are placed in the order in which they became known (`pipeline.linking.placing`), and nothing that comes later
changes what was decided before, so that a run over everything gives what runs day by day gave.
"""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from datetime import date

import pyarrow as pa

from pipeline.linking.constraints import Constraints
from pipeline.linking.history import Report, fold
from pipeline.linking.identity import around, measured
from pipeline.linking.origins import Mention, origins
from pipeline.linking.pages import Pages, read_pages
from pipeline.linking.placing import Placing, known_on
from pipeline.linking.prepared import prepare
from pipeline.linking.reports import known_in_order, reports
from pipeline.linking.state import Kept, State
from pipeline.linking.vocabulary import Vocabulary, load
from pipeline.tables import FIGURE_CLAIMS, FIGURES, REVIEW
from pipeline.trackers import Tracker, first_match

NO_CONSTRAINTS = Constraints()
# Figures whose claims are in memory at once.
FIGURES_AT_ONCE = 2000

Row = dict[str, object]
Claims = Sequence[Mapping[str, object]]


@dataclass(frozen=True)
class Linked:
    """Tables made by linking: figures, which claims are their mentions, and what waits for a decision."""

    figures: pa.Table
    figure_claims: pa.Table
    review: pa.Table


def link(
    claims: pa.Table,
    figures: pa.Table | None = None,
    figure_claims: pa.Table | None = None,
    *,
    trackers: Sequence[Tracker] = (),
    documents: pa.Table | None = None,
    passages: pa.Table | None = None,
    constraints: Constraints = NO_CONSTRAINTS,
    until: date | None = None,
    vocabulary: Vocabulary | None = None,
) -> Linked:
    """Figures from claims.

    `claims` has the columns of claims joined with those of normalised_claims, in any order. `figures` and
    `figure_claims` are those of the version before: a figure whose id changes keeps the old one in `former_ids`.
    `documents` and `passages` tell snapshots of one page apart from pages of their own; without them a changed page
    is not recognised as such. `constraints` are what corrections by hand say of linking. What vanished after
    the day `until` still stands. Every claim is a mention of exactly one figure.
    """
    words = vocabulary or load()
    pages = read_pages(documents, passages, until=until)
    rows = sorted(claims.to_pylist(), key=lambda row: known_in_order(row, pages))
    state = State()
    prepared = prepare(rows, _texts(rows, passages), words)
    Placing(state, constraints).place(zip(prepared, (known_on(row, pages) for row in rows), strict=True))
    former = _former(figures, figure_claims)
    made = [
        tables_of(part, state, pages, trackers, words, former)
        for part in in_parts(range(state.figures), FIGURES_AT_ONCE)
    ]
    state.close()
    return Linked(
        *(
            pa.concat_tables([empty.empty(), *tables]).sort_by(empty.key[0])
            for empty, *tables in zip((FIGURES, FIGURE_CLAIMS, REVIEW), *made, strict=True)
        )
    )


def in_parts(numbers: Sequence[int], size: int) -> Iterator[Sequence[int]]:
    """The numbers in their order, so many at once."""
    return (numbers[start : start + size] for start in range(0, len(numbers), size))


def tables_of(
    numbers: Sequence[int],
    state: State,
    pages: Pages,
    trackers: Sequence[Tracker],
    vocabulary: Vocabulary,
    former: Mapping[str, str],
) -> tuple[pa.Table, pa.Table, pa.Table]:
    """The rows of figures with these numbers in the tables figures, figure_claims and review.

    `former` has ids that claims' figures had in the version before.
    """
    rows: list[Row] = []
    links: list[Row] = []
    waiting: list[tuple[str, Kept]] = []
    for _, figure_id, kept in state.kept(numbers):
        before = {former[k.claim_id] for k in kept if k.claim_id in former} - {figure_id}
        told = pages.with_clock_times(k.row for k in kept)
        row, linked = _figure_rows(kept, told, trackers, vocabulary)
        rows.append({"figure_id": figure_id, **row, "former_ids": sorted(before)})
        links += ({"figure_id": figure_id, **one} for one in linked)
        waiting += ((figure_id, k) for k in kept if k.candidates)
    ids = state.figure_ids(sorted({number for _, k in waiting for number, _, _ in k.candidates}))
    review = [_review_row(figure_id, k, ids) for figure_id, k in waiting]
    return FIGURES.from_rows(rows), FIGURE_CLAIMS.from_rows(links), REVIEW.from_rows(review)


def _texts(rows: Claims, passages: pa.Table | None) -> dict[str, str]:
    """The text of each passage with claims; without it the sentences that hold claims."""
    texts: dict[tuple[object, object], str] = {}
    if passages is not None:
        columns = (passages.column(name).to_pylist() for name in ("document_id", "passage_id", "text"))
        texts = {
            (document_id, passage_id): text for document_id, passage_id, text in zip(*columns, strict=True)
        }
    said: dict[tuple[object, object], dict[str, None]] = {}
    for row in rows:
        said.setdefault((row["document_id"], row["passage_id"]), {})[str(row["sentence"])] = None
    return {str(place[1]): texts.get(place) or " ".join(sentences) for place, sentences in said.items()}


def figures_as_of(
    day: date,
    claims: pa.Table,
    *,
    trackers: Sequence[Tracker] = (),
    documents: pa.Table | None = None,
    passages: pa.Table | None = None,
    constraints: Constraints = NO_CONSTRAINTS,
) -> Linked:
    """What was known at the end of a day: the figures that the claims until then give."""
    return link(
        known_by(day, claims, documents, passages),
        trackers=trackers,
        documents=documents,
        passages=passages,
        constraints=constraints,
        until=day,
    )


def known_by(
    day: date, claims: pa.Table, documents: pa.Table | None = None, passages: pa.Table | None = None
) -> pa.Table:
    """Claims that were known at the end of a day: from their passage's date on, or their document's."""
    pages = read_pages(documents, passages)
    columns = (claims.column(name).to_pylist() for name in ("published", "document_id"))
    observed = [pages.observed(*row) for row in zip(*columns, strict=True)]
    return claims.filter(pa.array([d is not None and d <= day for d in observed], pa.bool_()))


def _figure_rows(
    kept: Sequence[Kept], pages: Pages, trackers: Sequence[Tracker], vocabulary: Vocabulary
) -> tuple[Row, list[Row]]:
    """A figure's row, with its current value from the history of its claims, and those of its claims."""
    by_id = {k.claim_id: k.row for k in kept}
    in_order = reports(list(by_id.values()), pages, vocabulary)
    history = fold(in_order)
    current = history.current.report
    first = kept[0].row
    told = next((by_id[r.claim_id] for r in in_order if _tells(by_id[r.claim_id])), first)
    mentions = [_mention(by_id[r.claim_id], r) for r in in_order]
    origin = origins(mentions)
    collected = (first_match(row, trackers, vocabulary) for row in by_id.values())
    tracker = _prevailing(collected)
    days = [r.observed for r in in_order if r.observed is not None]
    rows = [by_id[r.claim_id] for r in in_order]
    row: Row = {
        "label": label(told),
        "tracker": tracker.id if tracker else None,
        "kind": first["kind"],
        "unit": measured(first)[1],
        "entity": told.get("entity"),
        "entity_head": told.get("entity_head"),
        "place": _first(rows, "place"),
        "money_stage": _first(reversed(rows), "money_stage"),
        "low": current.shown.low,
        "value": current.shown.value,
        "high": current.shown.high,
        "modifier": current.shown.modifier,
        "status": history.status,
        "reported_by": history.reported_by(),
        "current_claim_id": current.claim_id,
        "first_published": min(days, default=None),
        "last_published": max(days, default=None),
        "mentions": len(kept),
        "documents": len({r.document_id for r in in_order}),
        "independent_origins": len(set(origin.values())),
    }
    links: list[Row] = [
        {
            "claim_id": k.claim_id,
            "score": k.score,
            "reason": k.reason,
            "origin_id": origin[k.claim_id],
            "flags": [f for f in [tracker.flag(k.row) if tracker else None] if f],
        }
        for k in kept
    ]
    return row, links


def _first(rows: Iterable[Mapping[str, object]], column: str) -> object:
    """The first value that rows have in a column, or None."""
    return next((row[column] for row in rows if row.get(column)), None)


def _tells(row: Mapping[str, object]) -> bool:
    """Whether a claim says in its text, not in a heading, what it counts."""
    return row.get("entity") is not None and row["role"] not in ("heading", "key_point")


def _prevailing(collected: Iterable[Tracker | None]) -> Tracker | None:
    """The tracker that collects most of a figure's claims: the rest say the same in fewer words."""
    count: dict[str, int] = {}
    by_id: dict[str, Tracker] = {}
    for tracker in collected:
        if tracker is not None:
            count[tracker.id] = count.get(tracker.id, 0) + 1
            by_id[tracker.id] = tracker
    best = max(count, key=lambda name: (count[name], name), default=None)
    return None if best is None else by_id[best]


def _former(figures: pa.Table | None, figure_claims: pa.Table | None) -> dict[str, str]:
    """The id that the figure of each claim had in the version before."""
    if figures is None or figure_claims is None:
        return {}
    return dict(
        zip(
            figure_claims.column("claim_id").to_pylist(),
            figure_claims.column("figure_id").to_pylist(),
            strict=True,
        )
    )


def _mention(row: Mapping[str, object], report: Report) -> Mention:
    return Mention(
        report.claim_id,
        report.page,
        report.passage_id,
        str(row["role"]),
        str(row["sentence"]),
        report.quantity.anchor,
    )


def _review_row(figure_id: str, kept: Kept, ids: Mapping[int, str]) -> Row:
    return {
        "claim_id": kept.claim_id,
        "figure_id": figure_id,
        "candidates": [ids[number] for number, _, _ in kept.candidates],
        "scores": [score for _, score, _ in kept.candidates],
        "reason": "; ".join(f"{score:.2f}: {reason}" for _, score, reason in kept.candidates),
    }


DETERMINER = re.compile(
    r"^(?:(?:a|an|the|another|its|their|his|her|some|such|these|those|this|that)\s+)+", re.IGNORECASE
)
WHAT_HAPPENED = re.compile(
    r"^\s*(?:,?\s*(?:who|which|that)\s+)?"
    r"(?:(?:have|has|had)\s+(?:\w+\s+)?been\s+|(?:was|were|are|is)\s+(?:being\s+)?)?"
    r"((?:[a-z]+ed|taken|lost|sent|held|made|sold|built|hit|shot down|brought|given|left|seen|born|found|paid)\b"
    r"(?:\s+(?:to|in|from|into|by|off|out of|since|against|for|with)\s+(?:the\s+)?"
    r"(?:[A-Z][\w’'-]*(?:\s+[A-Z][\w’'-]*){0,3}|\d{4}))?)"
)


CLAUSE_BOUNDARY = re.compile(r"[,;:()\"“”]|[.!?](?=\s|$)")
JOINING_WORD = re.compile(r"^(?:(?:and|but|or|that|which|who)\s+)+", re.IGNORECASE)
WORDS_BEFORE, WORDS_AFTER = 5, 4


def label(row: Mapping[str, object]) -> str:
    """What a figure is, in a line: what is counted or measured, what happened to it, or of whom.

    Without an entity, the quantity with the words around it in its clause, and of whom.
    """
    entity = " ".join(str(row.get("entity") or "").split())
    if not entity:
        return _in_its_clause(row)
    _, after = around(row)
    text = DETERMINER.sub("", entity) or entity
    place = after.find(entity)
    rest = after[place + len(entity) :] if 0 <= place <= 2 else after if place < 0 else ""
    happened = WHAT_HAPPENED.match(rest)
    if happened and row.get("kind") == "count":
        text = f"{text} {happened.group(1)}"
    subject = " ".join(str(row.get("subject") or "").split())
    speaks = subject and subject in str(row.get("source") or "")
    if (
        len(text.split()) == 1
        and subject != subject.lower()
        and not speaks
        and text.lower() not in subject.lower()
    ):
        text = f"{text} ({subject})"
    return text


def _in_its_clause(row: Mapping[str, object]) -> str:
    """The quantity with some words before and after it, and the subject where it is not among them."""
    before, after = (CLAUSE_BOUNDARY.split(words) for words in around(row))
    words = [*before[-1].split()[-WORDS_BEFORE:], str(row["exact"]), *after[0].split()[:WORDS_AFTER]]
    text = JOINING_WORD.sub("", " ".join(words))
    subject = " ".join(str(row.get("subject") or "").split())
    return text if not subject or subject in text else f"{subject}: {text}"
