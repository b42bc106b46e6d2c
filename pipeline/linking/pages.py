"""Which page a claim stands on, and when its passage vanished from that page.

A page (an address or a path) is read again and again; each content is a snapshot. A passage that a later snapshot of
its page no longer has was withdrawn on the day of that snapshot.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import date, datetime

import pyarrow as pa


@dataclass(frozen=True)
class Pages:
    """Snapshots in the order in which they followed each other, and the life of each passage in them."""

    page_of_document: Mapping[str, str] = field(default_factory=dict)
    day_of_document: Mapping[str, date] = field(default_factory=dict)
    added_in: Mapping[str, str] = field(default_factory=dict)
    vanished_in: Mapping[str, str] = field(default_factory=dict)
    clock_time: Mapping[str, str] = field(default_factory=dict)
    order: Mapping[str, int] = field(default_factory=dict)
    until: date = date.max

    def page(self, document_id: str) -> str:
        """The page that a document is a snapshot of; the document itself where that isn't known."""
        return self.page_of_document.get(document_id, document_id)

    def observed(self, published: date | None, document_id: str) -> date | None:
        """The day on which a claim became known: its passage's, else its document's."""
        return published or self.day_of_document.get(document_id)

    def withdrawn(self, passage_id: str) -> date | None:
        """The day of the snapshot that no longer had the passage, if there is one by `until`."""
        day = self.day_of_document.get(self.vanished_in.get(passage_id, ""))
        return day if day is not None and day <= self.until else None


def read_pages(documents: pa.Table | None, passages: pa.Table | None, *, until: date | None = None) -> Pages:
    """Pages from the documents and passages tables; without them, every document is a page of its own.

    What vanished after the day `until` still stands.
    """
    if documents is None or passages is None:
        return Pages()
    columns = ["document_id", "uri", "published", "fetched_at"]
    rows = documents.select(columns).to_pylist()
    day = {r["document_id"]: _day(r["published"], r["fetched_at"]) for r in rows}
    rows.sort(key=lambda r: (r["uri"], day[r["document_id"]], r["fetched_at"], r["document_id"]))
    snapshots: dict[str, list[str]] = {}
    for row in rows:
        snapshots.setdefault(row["uri"], []).append(row["document_id"])
    page = {r["document_id"]: r["uri"] for r in rows}
    stands: dict[str, set[str]] = {}
    clock: dict[str, str] = {}
    for row in passages.select(["document_id", "passage_id", "clock_time"]).to_pylist():
        stands.setdefault(row["passage_id"], set()).add(row["document_id"])
        if row["clock_time"]:
            clock[row["passage_id"]] = row["clock_time"]
    added, vanished = {}, {}
    for passage_id, documents_with_it in stands.items():
        known = [d for d in documents_with_it if d in page]
        if not known:
            continue
        series = snapshots[page[min(known)]]
        places = [n for n, d in enumerate(series) if d in documents_with_it]
        if places:
            added[passage_id] = series[places[0]]
            if places[-1] + 1 < len(series):
                vanished[passage_id] = series[places[-1] + 1]
    order = {d: n for series in snapshots.values() for n, d in enumerate(series)}
    return Pages(page, day, added, vanished, clock, order, until or date.max)


def _day(published: date | None, fetched_at: datetime) -> date:
    return published or fetched_at.date()
