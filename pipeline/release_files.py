"""What a release is made of, and its files: each table of one moment as one Parquet file with a description.

Rows are in the order of their keys, so many to a row group, so that the bytes follow from the rows alone. A table
that is as it was in the release before is not written again: the file of then is linked. Memory holds a part of a
table at once, and of the keys that rows refer to one part too.
"""

from __future__ import annotations

import hashlib
import os
from collections.abc import Collection, Iterator, Mapping
from contextlib import ExitStack
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import pyarrow as pa
import pyarrow.compute as pc
import pyarrow.parquet as pq

from pipeline.errors import StorageError
from pipeline.normalise import comparable
from pipeline.spill import Spill, part_of, parts_for
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
    TABLES,
    Column,
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

ROWS_IN_GROUP = 16_384
# Keys that are in memory at once to look up what rows refer to.
KEYS_AT_ONCE = 200_000


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


@dataclass(frozen=True, slots=True)
class Before:
    """The release before: its folder and its description."""

    path: Path
    package: Mapping[str, Any]

    def has(self, table: Table, cut: Cut) -> bool:
        """Whether it was made with the same rows of a table, and as they would be written now."""
        then, now = self.package.get("cut", {}), cut.described()
        stored = (CLAIMS.name, NORMALISED_CLAIMS.name) if table is COMPARABLE_CLAIMS else (table.name,)
        same_tables = all(then.get("tables", {}).get(name) == now["tables"][name] for name in stored)
        return same_tables and then | {"tables": None} == now | {"tables": None}

    def link(self, table: Table, path: Path) -> dict[str, Any] | None:
        """Link the file of a table to another path and describe it; None where it is not what it was, or can't be."""
        then = next(r for r in self.package["resources"] if r["name"] == table.name)
        try:
            os.link(self.path / then["path"], path)
        except OSError:
            return None  # gone, or a file system without links
        now = _resource(table, path, then["rows"])
        if now["hash"] == then["hash"]:
            return now
        path.unlink()
        return None


def write_tables(
    store: Store, cut: Cut, folder: Path, before: Before | None
) -> tuple[list[dict[str, Any]], list[dict[str, str]]]:
    """Write each table into a folder and describe its file; and the sources of the documents.

    StorageError if a row refers to one that the release would not hold.
    """
    resources, old = [], set()
    for table in RELEASED:
        path = folder / f"{table.name}.parquet"
        linked = before.link(table, path) if before is not None and before.has(table, cut) else None
        if linked is not None:
            old.add(table.name)
        resources.append(linked or _resource(table, path, _write(store, table, cut, path)))
    _check_references(folder, max(resource["rows"] for resource in resources), old)
    return resources, _sources(folder)


def _write(store: Store, table: Table, cut: Cut, path: Path) -> int:
    """Write a table's file; how many rows it has."""
    rows = 0
    with pq.ParquetWriter(path, table.schema, compression="zstd") as writer:
        for part in _parts(store, table, cut):
            # In one chunk, or the pages would depend on the batches in which the rows were stored.
            writer.write_table(part.combine_chunks())
            rows += part.num_rows
    return rows


def _parts(store: Store, table: Table, cut: Cut) -> Iterator[pa.Table]:
    """A table's rows as a release holds them, in the order of their keys, a row group at a time."""
    if table is not COMPARABLE_CLAIMS:
        yield from store.ordered(table.name, version=cut.table_versions[table.name], slice_rows=ROWS_IN_GROUP)
    elif cut.extractor_version is not None:
        yield from _comparable_parts(store, cut)


def _comparable_parts(store: Store, cut: Cut) -> Iterator[pa.Table]:
    claims, normalised = (
        store.ordered(
            table.name,
            version=cut.table_versions[table.name],
            where={column: version or ""},
            slice_rows=ROWS_IN_GROUP,
        )
        for table, column, version in (
            (CLAIMS, "extractor_version", cut.extractor_version),
            (NORMALISED_CLAIMS, "normaliser_version", cut.normaliser_version),
        )
    )
    whole = lacking = 0
    for some, theirs in _side_by_side(claims, normalised):
        ids = some.column("claim_id").combine_chunks()
        theirs = theirs.filter(pc.is_in(theirs.column("claim_id"), value_set=ids))
        whole += some.num_rows
        lacking += some.num_rows - theirs.num_rows
        if not lacking:
            yield comparable(some, theirs)
    if lacking:
        raise StorageError(
            f"nothing was published: {lacking} of {whole} claims have no normalised row; run the pipeline to its end"
        )


def _side_by_side(
    claims: Iterator[pa.Table], normalised: Iterator[pa.Table]
) -> Iterator[tuple[pa.Table, pa.Table]]:
    """Slices of claims, each with the normalised rows up to its last id; both come in the order of their ids."""
    held = NORMALISED_CLAIMS.empty()
    for some in claims:
        last = some.column("claim_id")[-1]
        while not held.num_rows or held.column("claim_id")[-1].as_py() < last.as_py():
            more = next(normalised, None)
            if more is None:
                break
            held = pa.concat_tables([held, more])
        end = pc.sum(pc.less_equal(held.column("claim_id"), last)).as_py() or 0
        yield some, held.slice(0, end)
        held = held.slice(end)


def _check_references(folder: Path, most_rows: int, old: Collection[str]) -> None:
    """StorageError if a row refers to one that is not there; what was so in the release before is believed."""
    parts = parts_for(most_rows, KEYS_AT_ONCE)
    with ExitStack() as files:
        known: dict[str, Spill] = {}
        for table in RELEASED:
            for column, target in table.references:
                if {table.name, target} <= set(old):
                    continue
                if target not in known:
                    known[target] = files.enter_context(
                        _column(folder, target, _target(column, target), parts)
                    )
                with _column(folder, table.name, column, parts) as values:
                    _refuse_dangling(table, column, target, values, known[target])


def _column(folder: Path, table: str, column: str, parts: int) -> Spill:
    """The values of a column of a file, put aside in parts."""
    file = pq.ParquetFile(folder / f"{table}.parquet")
    spill = Spill(pa.schema([pa.field(column, pa.string())]), parts)
    for batch in file.iter_batches(columns=[column]):
        values = batch.column(0).drop_null()
        spill.put(pa.table([values], schema=spill.schema), part_of(values, parts))
    return spill


def _refuse_dangling(table: Table, column: str, target: str, values: Spill, known: Spill) -> None:
    count, example = 0, ""
    for number in range(values.parts):
        asked = values.part(number).column(0)
        there = pc.is_in(asked, value_set=known.part(number).column(0).combine_chunks())
        dangling = asked.filter(pc.invert(there))
        if len(dangling):
            count, example = count + len(dangling), example or dangling[0].as_py()
    if count:
        raise StorageError(
            f"nothing was published: {count} rows of {table.name} refer to rows of {target} that the release would "
            f"not hold ({column} {example}); run the pipeline to its end"
        )


def _resource(table: Table, path: Path, rows: int) -> dict[str, Any]:
    return {
        "name": table.name,
        "description": table.description,
        "path": path.name,
        "format": "parquet",
        "mediatype": "application/vnd.apache.parquet",
        "bytes": path.stat().st_size,
        "hash": sha256(path),
        "rows": rows,
        "schema": _table_schema(table),
    }


def _table_schema(table: Table) -> dict[str, Any]:
    """The table's schema in the terms of the Data Package standard's Table Schema."""
    return {
        "fields": [_field(column) for column in table.columns],
        "primaryKey": list(table.key),
        "foreignKeys": [
            {
                "fields": [column],
                "reference": {
                    "resource": "" if target == table.name else target,
                    "fields": [_target(column, target)],
                },
            }
            for column, target in table.references
        ],
    }


def _field(column: Column) -> dict[str, Any]:
    field = {"name": column.name, "type": _type_name(column.type), "description": column.description}
    return field | ({"constraints": {"required": True}} if column.required else {})


def _type_name(arrow_type: pa.DataType) -> str:
    for is_type, name in (
        (pa.types.is_string, "string"),
        (pa.types.is_integer, "integer"),
        (pa.types.is_floating, "number"),
        (pa.types.is_boolean, "boolean"),
        (pa.types.is_date, "date"),
        (pa.types.is_timestamp, "datetime"),
        (pa.types.is_list, "array"),
    ):
        if is_type(arrow_type):
            return name
    raise TypeError(f"no Table Schema type for {arrow_type}")


def _target(column: str, target: str) -> str:
    """The column that a reference points to: the one of the same name, or the target's key."""
    key = TABLES[target].key
    return column if column in key else key[0]


def _sources(folder: Path) -> list[dict[str, str]]:
    """Where documents came from, each once: source, publisher, licence of the text."""
    columns = ["source_id", "publisher", "licence"]
    found: set[tuple[str, str, str]] = set()
    for batch in pq.ParquetFile(folder / f"{DOCUMENTS.name}.parquet").iter_batches(columns=columns):
        for row in pa.Table.from_batches([batch]).group_by(columns).aggregate([]).to_pylist():
            source = row["source_id"]
            found.add((source, row["publisher"] or source, row["licence"] or "not stated"))
    return [dict(zip(("source", "title", "license"), source, strict=True)) for source in sorted(found)]


def sha256(path: Path) -> str:
    """The SHA-256 of a file, as a description has it."""
    with path.open("rb") as file:
        return f"sha256:{hashlib.file_digest(file, 'sha256').hexdigest()}"
