"""What the Dagster UI shows of a table: its declared columns, and after each run counts, a sample and a plot."""

import base64
import hashlib
import inspect
from collections.abc import Mapping, Sequence
from types import ModuleType
from typing import Any
from xml.sax.saxutils import escape

import dagster as dg
import pyarrow as pa

from pipeline.data_dictionary import type_name
from pipeline.display import plain, shortened
from pipeline.tables import Table

GROUP = "fact_figures"
OWNERS = ["team:data-desk"]

SAMPLE_ROWS = 8
SAMPLE_COLUMNS = 6
SAMPLE_WIDTH = 140
BAR = "#4f43dd"


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


def sample(table: Table, rows: pa.Table, columns: Sequence[str]) -> dg.TableMetadataValue:
    """The first rows, at most six columns, cells shortened, with no control characters left in them."""
    picked = rows.select(list(columns)[:SAMPLE_COLUMNS]).slice(0, SAMPLE_ROWS)
    types = {column.name: type_name(column.type) for column in table.columns}
    return dg.MetadataValue.table(
        records=[
            dg.TableRecord({name: _cell(value) for name, value in row.items()}) for row in picked.to_pylist()
        ],
        schema=dg.TableSchema([dg.TableColumn(name, types[name]) for name in picked.column_names]),
    )


def _cell(value: Any) -> str | int | float | bool:
    if value is None:
        return ""
    if isinstance(value, bool | int | float):
        return value
    text = ", ".join(map(str, value)) if isinstance(value, list) else str(value)
    return shortened(plain(text), SAMPLE_WIDTH)


def bar_chart(title: str, bars: Mapping[str, int], *, most: int = 12) -> dg.MarkdownMetadataValue:
    """A horizontal bar chart as an SVG inside Markdown: one bar for each name, longest names shortened."""
    shown = list(bars.items())[:most]
    peak = max((count for _, count in shown), default=0) or 1
    height = 26 * len(shown) + 8
    lines = [
        _bar(shortened(plain(name), 24), count, 8 + 26 * place, round(330 * count / peak))
        for place, (name, count) in enumerate(shown)
    ]
    svg = (
        f'<svg xmlns="http://www.w3.org/2000/svg" width="620" height="{height}" viewBox="0 0 620 {height}" '
        f'font-family="sans-serif" font-size="13"><rect width="620" height="{height}" fill="#ffffff"/>'
        f"{''.join(lines)}</svg>"
    )
    encoded = base64.b64encode(svg.encode()).decode()
    return dg.MetadataValue.md(
        f"**{markdown(title)}**\n\n![{markdown(title)}](data:image/svg+xml;base64,{encoded})"
    )


def _bar(name: str, count: int, top: int, width: int) -> str:
    return (
        f'<text x="170" y="{top + 14}" text-anchor="end" fill="#333333">{escape(name)}</text>'
        f'<rect x="180" y="{top}" width="{max(width, 1)}" height="18" rx="2" fill="{BAR}"/>'
        f'<text x="{190 + width}" y="{top + 14}" fill="#333333">{count:,}</text>'
    )


def markdown(text: str) -> str:
    """Text of strangers as Markdown that shows it and does nothing else."""
    escaped = escape(plain(text))
    return "".join(
        f"\\{character}" if character in r"\`*_{}[]()#+-.!|~" else character for character in escaped
    )


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
