"""What is in the data files of a table: batches of rows, in bounded memory, from as few files as it takes."""

from __future__ import annotations

from collections.abc import Callable, Collection, Iterator, Mapping, Sequence
from contextlib import AbstractContextManager
from dataclasses import dataclass, replace
from typing import Any

import numpy as np
import pyarrow as pa
import pyarrow.acero as acero
import pyarrow.compute as pc
import pyarrow.dataset as ds

from pipeline.row_order import NUMBER, numbered
from pipeline.tables import Table

# Of a table that is put into order, about so many bytes (uncompressed, as the files have them) are in memory at once.
BYTES_IN_ORDER = 64_000_000
# One key in so many shows where the parts of an order should end.
SAMPLED = 50
# Arrow reads far ahead of what is asked for, unless told otherwise.
LITTLE_AHEAD: Mapping[str, Any] = {
    "batch_readahead": 1,
    "fragment_readahead": 1,
    "fragment_scan_options": ds.ParquetFragmentScanOptions(pre_buffer=False, use_buffered_stream=True),
}


def cuts(dataset: ds.FileSystemDataset, column: str, where: pc.Expression | None) -> Any:
    """Values of a column of strings that cut the rows into ranges that memory can hold."""
    groups = (group for fragment in dataset.get_fragments() for group in fragment.row_groups)
    parts = -(-sum(group.total_byte_size for group in groups) // BYTES_IN_ORDER)
    if parts <= 1:
        return np.array([], object)
    batches = dataset.to_batches(columns=[column], filter=where, **LITTLE_AHEAD)
    sampled = [batch.column(0).take(pa.array(np.arange(0, batch.num_rows, SAMPLED))) for batch in batches]
    values = pa.chunked_array(sampled, dataset.schema.field(column).type).sort()
    places = range(1, parts) if len(values) else ()
    return np.array(sorted({values[len(values) * part // parts].as_py() for part in places}), object)


def absent(
    rows: pa.Table, dataset: ds.FileSystemDataset, on: Sequence[str], where: pc.Expression | None = None
) -> pa.Array:
    """Numbers of the rows whose values in `on` no (wanted) row of the data files has, in order.

    In memory are the keys of the rows that are asked for; the files are gone through.
    """
    if not rows.num_rows:
        return pa.array([], pa.int64())
    there = dataset.scanner(columns=list(on), filter=where, **LITTLE_AHEAD).to_reader()
    join = acero.Declaration(
        "hashjoin",
        acero.HashJoinNodeOptions("right anti", list(on), list(on), left_output=[], right_output=[NUMBER]),
        inputs=[
            acero.Declaration("record_batch_reader_source", acero.RecordBatchReaderSourceNodeOptions(there)),
            acero.Declaration("table_source", acero.TableSourceNodeOptions(numbered(rows, on))),
        ],
    )
    return join.to_table().column(NUMBER).combine_chunks().sort()


def without_files(dataset: ds.FileSystemDataset, files: Collection[str]) -> ds.FileSystemDataset:
    """The data files but for those at these paths."""
    fragments = [fragment for fragment in dataset.get_fragments() if fragment.path not in files]
    return ds.FileSystemDataset(fragments, dataset.schema, dataset.format, dataset.filesystem)


def with_rows(dataset: ds.FileSystemDataset, wanted: pc.Expression | None) -> ds.FileSystemDataset:
    """The row groups that have wanted rows: to find them only the columns that decide it are read."""
    groups = [
        group
        for fragment in dataset.get_fragments()
        for group in fragment.split_by_row_group(wanted, schema=dataset.schema)
        if group.count_rows(filter=wanted, **LITTLE_AHEAD)
    ]
    return ds.FileSystemDataset(groups, dataset.schema, dataset.format, dataset.filesystem)


def among(rows: pa.Table, key: Sequence[str]) -> pc.Expression | None:
    """True of every row that has a key of these rows, and of some others where a key has several columns."""
    return matching(None, {name: pc.unique(rows.column(name)) for name in key})


# Names of columns beside the key that say where a row stands; no declared column may be called so.
_FILE, _ROW = "file number", "row in file"


def placed(rows: pa.Table, file: int) -> pa.Table:
    """Rows of a file, each with the file's number and its own."""
    numbers = np.arange(rows.num_rows, dtype=np.int64)
    return rows.append_column(_FILE, pa.array(np.full(rows.num_rows, file, np.int32))).append_column(
        _ROW, pa.array(numbers)
    )


@dataclass(frozen=True)
class Pending:
    """Rows of a table that a stage has still to do, as they were when it was asked: see `Store.pending`.

    `version` is that of the table; `keys` has the rows' key columns, by which they can be narrowed down before they
    are read.
    """

    table: Table
    version: int
    _dataset: ds.FileSystemDataset
    _fragments: Sequence[ds.ParquetFileFragment]
    keys: pa.Table
    _errors: Callable[[str, str], AbstractContextManager[None]]

    def __len__(self) -> int:
        """How many rows there are."""
        return int(self.keys.num_rows)

    def only(self, rows: pa.Array) -> Pending:
        """Those at these places of `keys`."""
        return replace(self, keys=self.keys.take(rows))

    def batches(self, *, rows: int, columns: Sequence[str] | None = None) -> Iterator[pa.Table]:
        """The rows file by file, at most so many at once; a batch of a large table is no larger in memory."""
        names = list(columns) if columns is not None else self.table.schema.names
        file, row = (self.keys.column(name).to_numpy() for name in (_FILE, _ROW))
        for number, fragment in enumerate(self._fragments):
            wanted = np.sort(row[file == number])
            if len(wanted):
                yield from self._of_file(fragment, wanted, rows, names)

    def _of_file(
        self, fragment: ds.ParquetFileFragment, wanted: Any, rows: int, names: Sequence[str]
    ) -> Iterator[pa.Table]:
        start = 0
        with self._errors(self.table.name, "read"):
            batches = fragment.to_batches(
                schema=self._dataset.schema,
                columns=present(self._dataset, names),
                batch_size=rows,
                **LITTLE_AHEAD,
            )
            for batch in batches:
                first, last = np.searchsorted(wanted, (start, start + batch.num_rows))
                if first < last:
                    some = batch.take(pa.array(wanted[first:last] - start))
                    yield complete(pa.Table.from_batches([some]), self.table, names)
                start += batch.num_rows


def present(dataset: ds.Dataset, names: Sequence[str]) -> list[str]:
    """Those of these columns that the files have."""
    return [name for name in names if name in dataset.schema.names]


def complete(found: pa.Table, declared: Table, names: Sequence[str]) -> pa.Table:
    """These columns as declared; one that the version was written without is null."""
    fields = [declared.schema.field(name) for name in names]
    arrays = [
        found.column(f.name).cast(f.type)
        if f.name in found.column_names
        else pa.nulls(found.num_rows, f.type)
        for f in fields
    ]
    return pa.Table.from_arrays(arrays, schema=pa.schema(fields))


def equals(where: Mapping[str, str] | None) -> pc.Expression | None:
    """True of the rows whose columns equal the given values; None, for all rows, if none are given."""
    expression: pc.Expression | None = None
    for name, value in (where or {}).items():
        term = pc.field(name) == value
        expression = term if expression is None else expression & term
    return expression


def matching(where: Mapping[str, str] | None, among: Mapping[str, pa.Array] | None) -> pc.Expression | None:
    """As `equals`, of those rows whose columns have one of the values in `among`."""
    expression = equals(where)
    for name, values in (among or {}).items():
        term = pc.field(name).isin(values)
        expression = term if expression is None else expression & term
    return expression
