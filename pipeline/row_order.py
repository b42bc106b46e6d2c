"""Rows in the order of their keys: what a table's content is compared by, and how releases have it."""

from __future__ import annotations

from bisect import bisect_right
from collections.abc import Iterable, Iterator, Sequence

import numpy as np
import pyarrow as pa
import pyarrow.compute as pc

from pipeline.errors import SchemaError
from pipeline.tables import Table

ROWS_AT_ONCE = 65_536


def canonical(table: Table, rows: pa.Table) -> pa.Table:
    """The rows cast to the table's schema and sorted by key. SchemaError if two have the same key."""
    cast = sorted_by(table.cast(rows), table.key)
    once = first_of_each_key(cast, table.key)
    if once.num_rows < cast.num_rows:
        raise SchemaError(
            f"table {table.name}: {cast.num_rows - once.num_rows} rows have a key "
            f"({', '.join(table.key)}) that another row has; one is {repeated_key(cast, table.key)}"
        )
    return cast


def sorted_by(rows: pa.Table, key: Sequence[str]) -> pa.Table:
    """The rows in the ascending order of these columns."""
    slices = list(in_order(rows, key, ROWS_AT_ONCE))
    return pa.concat_tables(slices) if slices else rows


def in_order(rows: pa.Table, key: Sequence[str], slice_rows: int) -> Iterator[pa.Table]:
    """The rows in the ascending order of these columns, in slices, so that no second copy of them all is made."""
    # Arrow's take from a column of many chunks copies the whole column first, each time: so each slice is put
    # together chunk by chunk, and then into its order.
    order = pc.sort_indices(rows, sort_keys=[(name, "ascending") for name in key]).to_numpy().astype(np.int64)
    chunks = rows.to_batches()
    starts = np.cumsum([0, *(chunk.num_rows for chunk in chunks)])
    for start in range(0, len(order), slice_rows):
        wanted = order[start : start + slice_rows]
        by_place = np.argsort(wanted)
        places = wanted[by_place]
        cuts = np.searchsorted(places, starts)
        parts = [
            chunk.take(pa.array(places[cut:end] - first))
            for chunk, first, cut, end in zip(chunks, starts[:-1], cuts[:-1], cuts[1:], strict=True)
        ]
        yield pa.Table.from_batches(parts, rows.schema).combine_chunks().take(pa.array(np.argsort(by_place)))


def in_slices(parts: Iterable[pa.Table], rows: int) -> Iterator[pa.Table]:
    """The rows of the parts in slices that have so many each, however many the parts have."""
    held: list[pa.Table] = []
    count = 0
    for part in parts:
        held.append(part)
        count += part.num_rows
        if count >= rows:
            whole = pa.concat_tables(held)
            full = count - count % rows
            yield from (whole.slice(start, rows) for start in range(0, full, rows))
            held, count = [whole.slice(full)], count - full
    if count:
        yield pa.concat_tables(held)


def with_more(parts: Iterable[pa.Table], more: pa.Table, key: Sequence[str]) -> Iterator[pa.Table]:
    """Parts of rows that come in the order of a key, with more rows, in that order too, where they belong."""
    keys = list(zip(*(more.column(name).to_pylist() for name in key), strict=True))
    start = 0
    for part in parts:
        last = tuple(part.column(name)[-1].as_py() for name in key)
        end = bisect_right(keys, last)
        some = more.slice(start, end - start)
        yield sorted_by(pa.concat_tables([part, some]), key) if some.num_rows else part
        start = end
    if start < more.num_rows:
        yield more.slice(start)


def first_of_each_key(rows: pa.Table, key: Sequence[str]) -> pa.Table:
    """The rows without those whose key an earlier one has."""
    first = numbered(rows, key).group_by(list(key), use_threads=False).aggregate([(NUMBER, "min")])
    if first.num_rows == rows.num_rows:
        return rows
    return rows.take(first.column(f"{NUMBER}_min").sort())


def repeated_key(rows: pa.Table, key: Sequence[str]) -> dict[str, object]:
    """A key that several rows have; there must be one."""
    counted = rows.select(key).group_by(list(key), use_threads=False).aggregate([([], "count_all")])
    repeated: dict[str, object] = counted.filter(pc.field("count_all") > 1).slice(0, 1).to_pylist()[0]
    return {name: repeated[name] for name in key}


# The name of a column of row numbers beside the key; no declared column may be called so.
NUMBER = "row number"


def numbered(rows: pa.Table, key: Sequence[str]) -> pa.Table:
    """The rows' keys with their numbers beside them."""
    return rows.select(key).append_column(NUMBER, pa.array(np.arange(rows.num_rows, dtype=np.int64)))
