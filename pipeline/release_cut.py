"""What a release is made of: which tables it has, in which versions, and whose claims."""

from __future__ import annotations

import hashlib
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

import pyarrow as pa
import pyarrow.compute as pc

from pipeline.errors import StorageError
from pipeline.store import Store
from pipeline.tables import (
    CLAIM_RELATIONS,
    CLAIMS,
    COMPARABLE_CLAIMS,
    CORRECTION_OUTCOMES,
    DOCUMENTS,
    FIGURE_CLAIMS,
    FIGURES,
    NORMALISED_CLAIMS,
    PASSAGES,
    REVISIONS,
    Table,
)

RELEASED: tuple[Table, ...] = (
    DOCUMENTS,
    PASSAGES,
    COMPARABLE_CLAIMS,
    CLAIM_RELATIONS,
    FIGURES,
    FIGURE_CLAIMS,
    REVISIONS,
    CORRECTION_OUTCOMES,
)
# In the order in which their versions are looked up: what refers to rows before what holds them, so that a run
# that appends meanwhile leaves no reference without its row.
STORED: tuple[str, ...] = tuple(
    t.name
    for t in (
        CORRECTION_OUTCOMES,
        REVISIONS,
        FIGURE_CLAIMS,
        FIGURES,
        CLAIM_RELATIONS,
        CLAIMS,
        NORMALISED_CLAIMS,
        PASSAGES,
        DOCUMENTS,
    )
)


def stored_as(table: Table) -> tuple[str, ...]:
    """The stored tables that a table of releases is made of."""
    return (CLAIMS.name, NORMALISED_CLAIMS.name) if table is COMPARABLE_CLAIMS else (table.name,)


@dataclass(frozen=True, slots=True)
class Cut:
    """What a release is made of: the tables' versions, and whose claims."""

    table_ids: Mapping[str, str]
    table_versions: Mapping[str, int]
    extractor_version: str | None
    normaliser_version: str | None

    def described(self) -> dict[str, Any]:
        """All that decides a release's content, for its description: the schemas too."""
        schemas = repr(
            [(t.name, t.key, [(c.name, str(c.type), c.description) for c in t.columns]) for t in RELEASED]
        )
        return {
            "tables": {
                name: {"id": self.table_ids[name], "version": self.table_versions[name]} for name in STORED
            },
            "extractor_version": self.extractor_version,
            "normaliser_version": self.normaliser_version,
            "schemas": hashlib.sha256(schemas.encode()).hexdigest(),
            "writer": f"pyarrow {pa.__version__}",
        }


def cut_of(store: Store, extractor_version: str | None, normaliser_version: str | None) -> Cut:
    """The tables as they are now; claims of the given versions, else of the newest."""
    return Cut(
        table_ids={name: store.table_id(name) for name in STORED},
        table_versions={name: store.version(name) for name in STORED},
        extractor_version=extractor_version or _newest_value(store, CLAIMS, "extractor_version"),
        normaliser_version=normaliser_version
        or _newest_value(store, NORMALISED_CLAIMS, "normaliser_version"),
    )


def _newest_value(store: Store, table: Table, column: str) -> str | None:
    """The version of a stage that made a table's newest rows; None if it has none."""
    for commit in reversed(store.versions(table.name)):
        if column in commit.metadata:
            return commit.metadata[column]
    known = pc.unique(store.read(table.name, columns=[column]).column(column)).to_pylist()
    if len(known) > 1:
        raise StorageError(
            f"table {table.name}: there are rows of several versions ({', '.join(known)}) and no commit says "
            f"which is the newest; give {column}"
        )
    return known[0] if known else None
