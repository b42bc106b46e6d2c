"""The data dictionary in docs/, written from the schemas in tables.py: `python -m pipeline.data_dictionary`."""

from __future__ import annotations

import sys

import pyarrow as pa

from pipeline.release_cut import RELEASED
from pipeline.tables import INSTANTS, TABLES, Column, Table

INTRODUCTION = """\
# Data dictionary

Made from `pipeline/tables.py` by `make docs`; a test fails when the two differ.

Offsets count characters (Unicode code points) of the document's stored text. Hashes are the first 16 hexadecimal
digits of a SHA-256. Amounts are 64-bit floats, the words they came from stand beside them in `exact`.

A release has the tables {released}.
Its `claims` have the columns of `normalised_claims` too. All tables are in `data/tables/`, with their past versions.

In pandas a date is a `datetime.date`: `pd.to_datetime(figures["last_published"])` compares with text. A whole number that may be null is read as a float, unless by `pd.read_parquet(..., dtype_backend="pyarrow")`.
"""


def type_name(arrow_type: pa.DataType) -> str:
    """The name of an Arrow type as a reader of the dictionary knows it."""
    names = {
        pa.string(): "text",
        pa.int64(): "integer",
        pa.float64(): "number",
        pa.bool_(): "true or false",
        pa.date32(): "date",
        pa.list_(pa.string()): "list of text",
        pa.list_(pa.float64()): "list of numbers",
        INSTANTS: "list of times, UTC",
    }
    return names.get(arrow_type, "time, UTC" if pa.types.is_timestamp(arrow_type) else str(arrow_type))


def _row(table: Table, column: Column) -> str:
    target = dict(table.references).get(column.name)
    notes = [
        *(["key"] if column.name in table.key else []),
        *([f"refers to {target}"] if target else []),
        *([] if column.required else ["may be null"]),
    ]
    return f"| `{column.name}` | {type_name(column.type)} | {column.description} | {', '.join(notes)} |"


def section(table: Table) -> str:
    """One table's part of the dictionary, in Markdown."""
    head = f"## {table.name}\n\n{table.description}\n\n| column | type | what it holds | |\n| --- | --- | --- | --- |"
    return "\n".join([head, *(_row(table, column) for column in table.columns)])


def data_dictionary() -> str:
    """The whole dictionary, in Markdown."""
    names = [f"`{table.name}`" for table in RELEASED]
    introduction = INTRODUCTION.format(released=f"{', '.join(names[:-1])} and {names[-1]}").rstrip()
    return "\n\n".join([introduction, *(section(table) for table in TABLES.values())]) + "\n"


if __name__ == "__main__":
    sys.stdout.write(data_dictionary())
