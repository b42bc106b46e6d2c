"""Claims linked into tracked figures, and written only where something changed."""

from collections.abc import Iterator

import dagster as dg

import pipeline.figures
import pipeline.trackers
from assets.charts import bar_chart
from assets.metadata import code_version, described, materialised
from assets.resources import Extraction, Project
from assets.stage import (
    RETRIES,
    clear_errors,
    commit_label,
    count_values,
    first_rows,
)
from pipeline.progress import Progress
from pipeline.store import Store
from pipeline.tables import CLAIMS, FIGURES, NORMALISED_CLAIMS, Table
from pipeline.tracking import LINKED, link_all

CODE = code_version(pipeline.figures, pipeline.trackers)
ORDERS = {
    "figures": ["mentions", "figure_id"],
    "figure_claims": ["score", "claim_id"],
    "review": ["claim_id"],
}
SAMPLES = {
    "figures": ("label", "value", "unit", "modifier", "status", "mentions"),
    "figure_claims": ("figure_id", "claim_id", "score", "reason", "origin_id", "flags"),
    "review": ("claim_id", "figure_id", "candidates", "scores", "reason"),
}


@dg.multi_asset(
    name="link",
    specs=[
        dg.AssetSpec(
            table.name,
            **described(table, deps=["normalised_claims"]),
            code_version=CODE,
        )
        for table in LINKED
    ],
    retry_policy=RETRIES,
)
def figures(
    context: dg.AssetExecutionContext,
    project: Project,
    extraction: Extraction,
    progress: dg.ResourceParam[Progress],
) -> Iterator[dg.MaterializeResult]:
    """Link the claims that are new after those known before, so that nothing depends on the runs but on the claims."""
    with clear_errors():
        store, settings = project.store(), project.settings()
        progress("figures", 0, None)
        label = commit_label(context, store, "claims", "normalised_claims", code_version=CODE)
        with extraction.engine(settings) as engine:
            new = link_all(store, settings, commit=label, engine=engine, progress=progress)
        for table in LINKED:
            columns = SAMPLES[table.name]
            yield materialised(
                table,
                total=store.count(table.name),
                new=new[table.name],
                version=store.version(table.name),
                shown=first_rows(store, table.name, columns, ORDERS[table.name]),
                columns=columns,
                upstream=[CLAIMS, NORMALISED_CLAIMS],
                **charts(store, table),
            )


def charts(store: Store, table: Table) -> dict[str, dg.MarkdownMetadataValue]:
    """Figures by what people sort them by; the other tables have nothing to count."""
    columns = ("status", "kind", "tracker") if table is FIGURES else ()
    counted = {column: count_values(store, table.name, column) for column in columns}
    return {
        f"figures_by_{column}": bar_chart(
            f"Figures by {column}", {name: count for name, count in counts.items() if name != "none"}
        )
        for column, counts in counted.items()
    }
