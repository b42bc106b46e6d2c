"""Claims made by hand for tests of linking and revisions: a sentence, its number, and what the number means."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import UTC, date, datetime
from hashlib import sha256

import pyarrow as pa

from pipeline.tables import COMPARABLE_CLAIMS, DOCUMENTS, PASSAGES

DAY = date(2024, 12, 4)
Row = dict[str, object]


def said(sentence: str, exact: str, value: float | None, entity: str | None = None, **fields: object) -> Row:
    """A count unless told otherwise; the head noun is the last word of the entity without a plural s."""
    start = sentence.index(exact)
    end = start + len(exact)
    head = None if entity is None else entity.split()[-1].removesuffix("s")
    document = str(fields.get("document_id", "d1"))
    passage = str(fields.get("passage_id", f"{document}/{sentence[:40]}"))
    base = {
        "claim_id": sha256(f"{document}\n{passage}\n{sentence}\n{start}".encode()).hexdigest()[:12],
        "document_id": document,
        "passage_id": passage,
        "start": start,
        "end": end,
        "exact": exact,
        "prefix": sentence[max(start - 32, 0) : start],
        "suffix": sentence[end : end + 32],
        "sentence": sentence,
        "role": "body",
        "kind": "count",
        "value": value,
        "modifier": "exact",
        "significant_digits": None,
        "change": "level",
        "entity": entity,
        "entity_head": head,
        "modality": "asserted",
        "published": DAY,
        "rule": "made",
        "extractor_version": "1",
        "normalise_status": "ok",
        "normaliser_version": "1",
    }
    return base | fields


def claims(*rows: Row) -> pa.Table:
    return COMPARABLE_CLAIMS.from_rows([dict(r) for r in rows])


def snapshots(
    *contents: tuple[str, str, date, list[str]], rows: Sequence[Row] = ()
) -> tuple[pa.Table, pa.Table]:
    """Documents and passages from (document_id, uri, day, passage ids), in the order in which they were read.

    A passage holds the sentence of the row that stands in it.
    """
    sentences = {row["passage_id"]: row["sentence"] for row in rows}
    documents = [
        {
            "document_id": document_id,
            "source_id": "made",
            "uri": uri,
            "published": day,
            "fetched_at": datetime(2024, 12, 4, 12, number, tzinfo=UTC),
            "sha256": document_id,
            "bytes": 1,
            "media_type": "text/plain",
            "encoding": "utf-8",
            "text": "made",
        }
        for number, (document_id, uri, day, _) in enumerate(contents)
    ]
    passages = [
        {
            "document_id": document_id,
            "passage_id": passage_id,
            "position": n,
            "passage_type": "paragraph",
            "published": day,
            "start": 0,
            "end": 1,
            "body_start": 0,
            "body_end": 1,
            "text": sentences.get(passage_id, "made"),
        }
        for document_id, _, day, held in contents
        for n, passage_id in enumerate(held)
    ]
    return DOCUMENTS.from_rows(documents), PASSAGES.from_rows(passages)
