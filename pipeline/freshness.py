"""Signs that something has gone quiet or odd: sources that fell silent, documents that give far more or fewer claims."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from datetime import datetime, timedelta

import pyarrow as pa
import pyarrow.compute as pc

from pipeline.sources import FEEDS, SITEMAPS, Source

# What `every` promises; a source that is asked at each refresh is taken for one of every day.
EVERY = {
    "refresh": timedelta(days=1),
    "hour": timedelta(hours=1),
    "day": timedelta(days=1),
    "week": timedelta(weeks=1),
}
# After so many times its interval a source that gives no answer is silent ...
UNANSWERED = 2
# ... and a feed or sitemap that lists nothing new, which may rest over a weekend; but never sooner than in a week.
NOTHING_NEW = 3
SHORTEST_REST = timedelta(weeks=1)

# A refresh's documents are set against those before if there are so many of both, ...
FEWEST_DOCUMENTS = 10
# ... and by how many times their claims per document may differ; half and double are chance.
USUAL_CHANGE = 3.0
# What is read within so long of the newest is of one refresh.
ONE_REFRESH = timedelta(hours=12)


def silent_sources(
    sources: Sequence[Source], fetches: pa.Table, documents: pa.Table, now: datetime
) -> list[str]:
    """A sentence for each source on the web that gives no answer, or nothing new, for longer than is usual.

    `fetches` has source_id, asked_at and read_at, `documents` source_id and fetched_at. Files come when they come.
    A source that was never asked is not silent yet.
    """
    read = _newest(fetches, "read_at")
    asked = _newest(fetches, "asked_at")
    newest = _newest(documents, "fetched_at")
    found = []
    for source in sources:
        if not source.is_web or source.id not in asked:
            continue
        every, answered = EVERY[source.every], read.get(source.id)
        if answered is None:
            found.append(f"{source.id}: it has never answered")
        elif now - answered > UNANSWERED * every:
            found.append(f"{source.id}: it has not answered since {answered:%Y-%m-%d %H:%M} UTC")
        elif source.kind in (FEEDS, SITEMAPS) and source.id in newest:
            rest = max(NOTHING_NEW * every, SHORTEST_REST)
            if now - newest[source.id] > rest:
                found.append(f"{source.id}: it has listed nothing new since {newest[source.id]:%Y-%m-%d}")
    return found


def _newest(rows: pa.Table, column: str) -> dict[str, datetime]:
    grouped = rows.group_by("source_id", use_threads=False).aggregate([(column, "max")])
    return {
        row["source_id"]: row[f"{column}_max"]
        for row in grouped.to_pylist()
        if row[f"{column}_max"] is not None
    }


def odd_numbers_of_claims(documents: pa.Table, passages: pa.Table, extractions: pa.Table) -> Iterator[str]:
    """A sentence for each source whose newest documents have far more or fewer claims each than those before.

    `documents` has document_id, source_id and fetched_at, `passages` document_id and passage_id, `extractions`
    passage_id and claims. An unchanged passage counts in every snapshot that has it, so that a page that is read
    again looks no poorer.
    """
    of_passage = extractions.group_by("passage_id", use_threads=False).aggregate([("claims", "max")])
    counted = (
        passages.select(["document_id", "passage_id"])
        .join(of_passage, "passage_id")
        .group_by("document_id", use_threads=False)
        .aggregate([("claims_max", "sum")])
    )
    rows = documents.select(["document_id", "source_id", "fetched_at"]).join(counted, "document_id")
    for source in sorted(pc.unique(rows.column("source_id")).to_pylist()):
        own = rows.filter(pc.equal(rows.column("source_id"), source))
        last = pc.max(own.column("fetched_at")).as_py()
        is_new = pc.greater(
            own.column("fetched_at"), pa.scalar(last - ONE_REFRESH, own.column("fetched_at").type)
        )
        new, old = own.filter(is_new), own.filter(pc.invert(is_new))
        if min(new.num_rows, old.num_rows) < FEWEST_DOCUMENTS:
            continue
        now, before = (_mean(part.column("claims_max_sum")) for part in (new, old))
        if max(now, before) > USUAL_CHANGE * min(now, before):
            yield (
                f"{source}: {now:.1f} claims a document in the {new.num_rows:,} newest, {before:.1f} in the "
                f"{old.num_rows:,} before"
            )


def _mean(counts: pa.ChunkedArray) -> float:
    """Claims a document; one without passages that were searched has none."""
    return float(pc.mean(pc.fill_null(counts, 0)).as_py())
