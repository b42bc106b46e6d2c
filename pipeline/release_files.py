"""What a release is made of, and its files: each table of one moment as one Parquet file with a description.

Rows are in the order of their keys, so many to a row group, so that the bytes follow from the rows alone. A table
that is as it was in the release before is not written again: the file of then is linked. Of one that has only grown the
rows of then come from that file, in their order already. Memory holds a part of a table at once, and of the keys that
rows refer to one part too.
"""

from __future__ import annotations

import hashlib
import os
from collections.abc import Iterable, Iterator, Mapping
from contextlib import ExitStack
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import pyarrow as pa
import pyarrow.compute as pc
import pyarrow.parquet as pq

from pipeline.errors import StorageError
from pipeline.release_cut import RELEASED, Cut, stored_as
from pipeline.release_rows import ROWS_IN_GROUP, added, rows_in_order
from pipeline.row_order import in_slices, with_more
from pipeline.spill import Spill, part_of, parts_for
from pipeline.store import Store
from pipeline.tables import DOCUMENTS, TABLES, Column, Table

# Keys that are in memory at once to look up what rows refer to.
KEYS_AT_ONCE = 200_000


@dataclass(frozen=True, slots=True)
class Before:
    """The release before: its folder and its description."""

    path: Path
    package: Mapping[str, Any]

    def link(self, table: Table, cut: Cut, path: Path) -> dict[str, Any] | None:
        """Link the file of a table to another path and describe it, if it has the rows of now; None if that can't be."""
        if not self._is_like(table, cut) or self._versions(table) != {
            name: cut.table_versions[name] for name in stored_as(table)
        }:
            return None
        then = self._resource(table)
        try:
            os.link(self.path / then["path"], path)
        except OSError:
            return None  # gone, or a file system without links
        now = _resource(table, path, then["rows"])
        if now["hash"] == then["hash"]:
            return now
        path.unlink()
        return None

    def added(self, store: Store, table: Table, cut: Cut) -> pa.Table | None:
        """The rows that a table has beside those of its file; None where it has not all of those, or they can't be read."""
        if not self._is_like(table, cut):
            return None
        new = added(store, table, cut, self._versions(table))
        then = self._resource(table)
        try:
            is_whole = new is not None and sha256(self.path / then["path"]) == then["hash"]
        except OSError:
            return None
        return new if is_whole else None

    def parts(self, table: Table) -> Iterator[pa.Table]:
        """The rows of a table's file, a row group at a time."""
        with pq.ParquetFile(self.path / self._resource(table)["path"]) as file:
            yield from map(file.read_row_group, range(file.num_row_groups))

    def _resource(self, table: Table) -> Mapping[str, Any]:
        return next(resource for resource in self.package["resources"] if resource["name"] == table.name)

    def _versions(self, table: Table) -> dict[str, int]:
        tables = self.package["cut"]["tables"]
        return {name: tables[name]["version"] for name in stored_as(table)}

    def _is_like(self, table: Table, cut: Cut) -> bool:
        """Whether it is of the same table, with the same claims of it, and as it would be written now."""
        then, now = self.package.get("cut", {}), cut.described()
        ids = [
            [of.get("tables", {}).get(name, {}).get("id") for name in stored_as(table)] for of in (then, now)
        ]
        return ids[0] == ids[1] and then | {"tables": None} == now | {"tables": None}


def write_tables(
    store: Store, cut: Cut, folder: Path, before: Before | None
) -> tuple[list[dict[str, Any]], list[dict[str, str]]]:
    """Write each table into a folder and describe its file; and the sources of the documents.

    StorageError if a row refers to one that the release would not hold.
    """
    resources, new = [], {}
    for table in RELEASED:
        resource, rows = _made(store, table, cut, folder / f"{table.name}.parquet", before)
        resources.append(resource)
        if rows is not None:
            new[table.name] = rows
    _check_references(folder, max(resource["rows"] for resource in resources), new)
    return resources, _sources(folder)


def _made(
    store: Store, table: Table, cut: Cut, path: Path, before: Before | None
) -> tuple[dict[str, Any], pa.Table | None]:
    """Make a table's file and describe it; with the rows that came, if all of the release before are there still."""
    if before is None:
        return _written(table, rows_in_order(store, table, cut), path), None
    linked = before.link(table, cut, path)
    if linked is not None:
        return linked, table.empty()
    new = before.added(store, table, cut)
    parts = (
        rows_in_order(store, table, cut) if new is None else with_more(before.parts(table), new, table.key)
    )
    return _written(table, parts, path), new


def _written(table: Table, parts: Iterable[pa.Table], path: Path) -> dict[str, Any]:
    """Write a table's rows, which come in the order of their keys, and describe the file."""
    rows = 0
    with pq.ParquetWriter(path, table.schema, compression="zstd") as writer:
        for part in in_slices(parts, ROWS_IN_GROUP):
            # In one chunk, or the pages would depend on the batches in which the rows were stored.
            writer.write_table(part.combine_chunks())
            rows += part.num_rows
    return _resource(table, path, rows)


def _check_references(folder: Path, most_rows: int, new: Mapping[str, pa.Table]) -> None:
    """StorageError if a row refers to one that is not there.

    Of two tables that have all rows of the release before only the new ones are asked about: the rest is believed.
    """
    parts = parts_for(most_rows, KEYS_AT_ONCE)
    with ExitStack() as files:
        known: dict[str, Spill] = {}
        for table in RELEASED:
            for column, target in table.references:
                asked = new[table.name] if {table.name, target} <= new.keys() else None
                if asked is not None and not asked.num_rows:
                    continue
                if target not in known:
                    known[target] = files.enter_context(
                        _aside(_column(folder, target, _target(column, target)), parts)
                    )
                values = [asked.column(column)] if asked is not None else _column(folder, table.name, column)
                with _aside(values, parts) as spilled:
                    _refuse_dangling(table, column, target, spilled, known[target])


def _column(folder: Path, table: str, column: str) -> Iterator[pa.Array]:
    """The values of a column of a file."""
    with pq.ParquetFile(folder / f"{table}.parquet") as file:
        yield from (batch.column(0) for batch in file.iter_batches(columns=[column]))


def _aside(values: Iterable[pa.Array | pa.ChunkedArray], parts: int) -> Spill:
    """Values put aside in parts."""
    spill = Spill(pa.schema([pa.field("value", pa.string())]), parts)
    for some in values:
        there = some.drop_null()
        spill.put(pa.table([there], schema=spill.schema), part_of(there, parts))
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
