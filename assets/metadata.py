"""What the Dagster UI shows of a table: its declared columns, and after each run counts and a sample."""

import hashlib
import inspect
from collections.abc import Sequence
from types import ModuleType
from typing import Any

import dagster as dg
import pyarrow as pa

from pipeline.data_dictionary import type_name
from pipeline.display import number, plain, shortened
from pipeline.tables import Table

GROUP = "fact_figures"
OWNERS = ["team:data-desk"]

SAMPLE_ROWS = 8
SAMPLE_COLUMNS = 6
SAMPLE_WIDTH = 140


def code_version(*modules: ModuleType) -> str:
    """A hash of the code that makes a table: it changes when the stage's modules do."""
    digest = hashlib.sha256()
    for module in modules:
        digest.update(inspect.getsource(module).encode())
    return digest.hexdigest()[:12]


def column_schema(table: Table) -> dg.TableSchema:
    """The declared columns, with types, descriptions and constraints, as the UI shows them."""
    return dg.TableSchema(
        columns=[
            dg.TableColumn(
                name=column.name,
                type=type_name(column.type),
                description=column.description,
                constraints=dg.TableColumnConstraints(
                    nullable=not column.required, unique=table.key == (column.name,)
                ),
            )
            for column in table.columns
        ]
    )


def declared_metadata(table: Table) -> dict[str, Any]:
    """What is known of a table before its first run."""
    return {"dagster/column_schema": column_schema(table), "dagster/table_name": table.name}


def described(table: Table, *, deps: Sequence[Any] = (), kinds: set[str] | None = None) -> dict[str, Any]:
    """The arguments that the asset (or the spec) of a table is declared with."""
    return {
        "group_name": GROUP,
        "owners": OWNERS,
        "description": table.description,
        "kinds": kinds or {"python", "deltalake"},
        "metadata": declared_metadata(table),
        "deps": list(deps),
    }


def lineage(table: Table, upstream: Sequence[Table]) -> dg.TableColumnLineage:
    """The columns that a stage takes over from the tables it reads, by name."""
    return dg.TableColumnLineage(
        {
            column.name: sources
            for column in table.columns
            if (
                sources := [
                    dg.TableColumnDep(asset_key=dg.AssetKey(other.name), column_name=column.name)
                    for other in upstream
                    if column.name in {c.name for c in other.columns}
                ]
            )
        }
    )


def sample(
    table: Table,
    rows: pa.Table,
    columns: Sequence[str],
    *,
    most: int = SAMPLE_ROWS,
    width: int = SAMPLE_WIDTH,
) -> dg.TableMetadataValue:
    """The first rows, at most six columns, cells shortened, with no control characters left in them."""
    picked = rows.select(list(columns)[:SAMPLE_COLUMNS]).slice(0, most)
    types = {column.name: type_name(column.type) for column in table.columns}
    return dg.MetadataValue.table(
        records=[
            dg.TableRecord({name: _cell(value, width) for name, value in row.items()})
            for row in picked.to_pylist()
        ],
        schema=dg.TableSchema([dg.TableColumn(name, types[name]) for name in picked.column_names]),
    )


def _cell(value: Any, width: int) -> str | bool:
    if value is None or isinstance(value, bool):
        return "" if value is None else value
    if isinstance(value, float | int):
        return number(value)
    text = ", ".join(map(str, value)) if isinstance(value, list) else str(value)
    return shortened(plain(text), width)


def materialised(
    table: Table,
    *,
    total: int,
    new: int,
    version: int,
    shown: pa.Table,
    columns: Sequence[str],
    upstream: Sequence[Table] = (),
    **more: Any,
) -> dg.MaterializeResult:
    """What the UI keeps of one run of a stage.

    `total` rows are in the table now, `new` of them since this run; `shown` are some of them, for the sample of
    `columns`. `version` is the Delta version, which is the asset's data version too: it stays when nothing
    changed, so that what follows isn't out of date. `more` are further entries (numbers, plots, Markdown).
    """
    metadata: dict[str, Any] = {
        "dagster/row_count": total,
        "new_rows": new,
        "table_version": version,
        **more,
        "sample": sample(table, shown, columns),
    }
    if upstream:
        metadata["dagster/column_lineage"] = lineage(table, upstream)
    return dg.MaterializeResult(
        asset_key=dg.AssetKey(table.name), metadata=metadata, data_version=dg.DataVersion(str(version))
    )
