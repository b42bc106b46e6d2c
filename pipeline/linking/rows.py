"""Rows of an Arrow table that are read where they stand: of millions of claims, no dictionary each."""

from __future__ import annotations

from collections.abc import Iterator, Mapping

import pyarrow as pa


class Row(Mapping[str, object]):
    """One row of a table, as a mapping from its columns' names to Python values, made when they are asked for."""

    __slots__ = ("_columns", "_number")

    def __init__(self, columns: Mapping[str, pa.Array], number: int) -> None:
        """The row of this number, of columns that each are one array."""
        self._columns = columns
        self._number = number

    def __getitem__(self, name: str) -> object:
        """The value of a column."""
        return self._columns[name][self._number].as_py()

    def __iter__(self) -> Iterator[str]:
        """The names of the columns."""
        return iter(self._columns)

    def __len__(self) -> int:
        """How many columns there are."""
        return len(self._columns)


def rows_of(table: pa.Table) -> list[Row]:
    """The rows of a table, in its order."""
    columns = {name: table.column(name).combine_chunks() for name in table.column_names}
    return [Row(columns, number) for number in range(table.num_rows)]
