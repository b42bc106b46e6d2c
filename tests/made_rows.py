"""Rows made for tests of storage: what a test does not care about has a plain default."""

from __future__ import annotations

from datetime import UTC, date, datetime
from pathlib import Path

import pyarrow as pa

from pipeline.store import Store
from pipeline.tables import (
    CLAIMS,
    DOCUMENTS,
    FIGURE_CLAIMS,
    FIGURES,
    INSTANT,
    INTEGER,
    NORMALISED_CLAIMS,
    NUMBER,
    PASSAGES,
    REVISIONS,
    STRING,
    STRINGS,
    Table,
)

NOW = datetime(2024, 12, 5, 12, tzinfo=UTC)
DAY = date(2024, 12, 4)
DEFAULTS: dict[pa.DataType, object] = {STRING: "x", INTEGER: 1, NUMBER: 1.0, INSTANT: NOW, STRINGS: ["x"]}


def row(table: Table, **values: object) -> dict[str, object]:
    required = {c.name: DEFAULTS[c.type] for c in table.columns if c.required}
    return required | values


def rows(table: Table, *values: dict[str, object]) -> pa.Table:
    return table.from_rows([row(table, **v) for v in values])


def links(*ids: str, **values: object) -> pa.Table:
    """Rows of figure_claims, the smallest table, with these claim ids."""
    return rows(FIGURE_CLAIMS, *({"claim_id": i} | values for i in ids))


def fill(store: Store, documents: int = 1, extractor: str = "e1", normaliser: str = "n1") -> None:
    """Append to all tables what so many documents, of one claim each, come to: references hold."""
    ids = [f"{n:04}" for n in range(documents)]
    store.append(
        "documents",
        rows(
            DOCUMENTS,
            *({"document_id": f"d{i}", "text": f"{i} ships", "publisher": "The Gazette"} for i in ids),
        ),
    )
    store.append("passages", rows(PASSAGES, *({"document_id": f"d{i}", "passage_id": f"p{i}"} for i in ids)))
    claims = [
        {
            "claim_id": f"c{i}{extractor}",
            "document_id": f"d{i}",
            "passage_id": f"p{i}",
            "extractor_version": extractor,
            "kind": "count",
            "value": float(i),
        }
        for i in ids
    ]
    store.append("claims", rows(CLAIMS, *claims), commit={"extractor_version": extractor})
    normalised = [
        {"claim_id": c["claim_id"], "normaliser_version": normaliser, "normalise_status": "ok"}
        for c in claims
    ]
    store.append(
        "normalised_claims", rows(NORMALISED_CLAIMS, *normalised), commit={"normaliser_version": normaliser}
    )
    store.replace("figures", rows(FIGURES, {"figure_id": "f", "mentions": documents}))
    store.replace(
        "figure_claims",
        rows(FIGURE_CLAIMS, *({"figure_id": "f", "claim_id": c["claim_id"]} for c in claims)),
    )
    store.replace(
        "revisions",
        rows(
            REVISIONS,
            *(
                {"figure_id": "f", "revision": n, "claim_id": c["claim_id"], "document_id": c["document_id"]}
                for n, c in enumerate(claims, start=1)
            ),
        ),
    )


def filled(root: Path, documents: int = 1) -> Store:
    store = Store(root)
    store.create()
    fill(store, documents)
    return store
