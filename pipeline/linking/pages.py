"""Which page a claim stands on, and when its passage vanished from that page.

A page (an address or a path) is read again and again; each content is a snapshot. A passage that a later snapshot of
its page no longer has was withdrawn on the day of that snapshot.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field, replace
from datetime import date, datetime
from itertools import accumulate
from typing import Any

import pyarrow as pa
import pyarrow.compute as pc

DOCUMENT_COLUMNS = ("document_id", "uri", "published", "fetched_at")
PASSAGE_COLUMNS = ("document_id", "passage_id", "clock_time")


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

    def with_clock_times(self, rows: Iterable[Mapping[str, object]]) -> Pages:
        """The same with the clock times that these rows of claims name."""
        told = {str(row["passage_id"]): str(row["clock_time"]) for row in rows if row.get("clock_time")}
        return replace(self, clock_time={**self.clock_time, **told}) if told else self

    def withdrawn(self, passage_id: str) -> date | None:
        """The day of the snapshot that no longer had the passage, if there is one by `until`."""
        day = self.day_of_document.get(self.vanished_in.get(passage_id, ""))
        return day if day is not None and day <= self.until else None


@dataclass(frozen=True)
class Snapshots:
    """The documents as contents of their pages: the page and the day of each, and its place among the page's.

    `series` has the pages with several snapshots only, and `order` the documents that are not the first of theirs.
    """

    page_of_document: Mapping[str, str] = field(default_factory=dict)
    day_of_document: Mapping[str, date] = field(default_factory=dict)
    series: Mapping[str, Sequence[str]] = field(default_factory=dict)
    order: Mapping[str, int] = field(default_factory=dict)

    @classmethod
    def of(cls, documents: pa.Table) -> Snapshots:
        """The snapshots of all pages, from the `DOCUMENT_COLUMNS` of the documents table."""
        uris, ids = documents.column("uri"), documents.column("document_id").to_pylist()
        days = pc.coalesce(documents.column("published"), documents.column("fetched_at").cast(pa.date32()))
        day: dict[str, date] = dict(zip(ids, days.to_pylist(), strict=True))
        counted = pc.value_counts(uris.combine_chunks())
        again = counted.field("values").filter(pc.greater(counted.field("counts"), 1))
        # Most pages have one snapshot, so that there is nothing to put in order.
        rows = documents.select(DOCUMENT_COLUMNS).filter(pc.is_in(uris, value_set=again)).to_pylist()
        several: dict[str, list[str]] = {}
        for row in sorted(
            rows, key=lambda r: (r["uri"], *_follows(r, day[r["document_id"]]), r["document_id"])
        ):
            several.setdefault(row["uri"], []).append(row["document_id"])
        for snapshots in several.values():
            # What a later snapshot says was not known before the ones that it follows.
            day |= zip(snapshots, accumulate((day[d] for d in snapshots), max), strict=True)
        order = {d: n for documents in several.values() for n, d in enumerate(documents) if n}
        return cls(dict(zip(ids, uris.to_pylist(), strict=True)), day, several, order)

    def changed_documents(self) -> list[str]:
        """The documents of pages that have several snapshots."""
        return [document_id for documents in self.series.values() for document_id in documents]

    def pages(self, passages: pa.Table, *, until: date | None = None) -> Pages:
        """The life of each of these passages (`PASSAGE_COLUMNS`, all rows of a passage) on its page.

        A passage's clock time is that of the first snapshot that has it. What vanished after the day `until` still
        stands.
        """
        stands: dict[str, set[str]] = {}
        clock: dict[str, tuple[int, str]] = {}
        columns = (passages.column(name).to_pylist() for name in PASSAGE_COLUMNS)
        for document_id, passage_id, clock_time in zip(*columns, strict=True):
            if self.page_of_document.get(document_id) in self.series:
                stands.setdefault(passage_id, set()).add(document_id)
            if clock_time:
                said = (self.order.get(document_id, 0), clock_time)
                clock[passage_id] = min(clock.get(passage_id, said), said)
        added, vanished = {}, {}
        for passage_id, documents_with_it in stands.items():
            series = self.series[self.page_of_document[min(documents_with_it)]]
            places = [n for n, d in enumerate(series) if d in documents_with_it]
            added[passage_id] = series[places[0]]
            if places[-1] + 1 < len(series):
                vanished[passage_id] = series[places[-1] + 1]
        return Pages(
            self.page_of_document,
            self.day_of_document,
            added,
            vanished,
            {passage_id: told for passage_id, (_, told) in clock.items()},
            self.order,
            until or date.max,
        )


def read_pages(documents: pa.Table | None, passages: pa.Table | None, *, until: date | None = None) -> Pages:
    """Pages from the documents and passages tables; without them, every document is a page of its own.

    What vanished after the day `until` still stands.
    """
    if documents is None or passages is None:
        return Pages()
    return Snapshots.of(documents).pages(passages, until=until)


def _follows(row: Mapping[str, Any], day: date) -> tuple[date | datetime, date | datetime]:
    """What orders the snapshots of a page. An address is known by when it was asked: its newest day goes back when
    a live blog loses an entry. Files may be read in any order, so that their own days come first."""
    fetched_at: datetime = row["fetched_at"]
    return (fetched_at, day) if "://" in row["uri"] else (day, fetched_at)
