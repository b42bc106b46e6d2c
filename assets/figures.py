"""Claims linked into tracked figures: all of them, each time, and written only where something changed."""

from collections.abc import Iterator, Sequence

import dagster as dg
import pyarrow as pa

import pipeline.figures
import pipeline.trackers
from assets.metadata import bar_chart, code_version, described, materialised
from assets.resources import Project
from assets.stage import (
    RETRIES,
    clear_errors,
    commit_label,
    corrected_claims,
    count_values,
    first_rows,
    page_tables,
    remake,
)
from pipeline.figures import link
from pipeline.progress import Progress
from pipeline.settings import Settings
from pipeline.store import Store
from pipeline.tables import CLAIMS, FIGURE_CLAIMS, FIGURES, NORMALISED_CLAIMS, REVIEW, Table
from pipeline.trackers import load_trackers

CODE = code_version(pipeline.figures, pipeline.trackers)
TABLES_MADE = (FIGURES, FIGURE_CLAIMS, REVIEW)
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
        for table in TABLES_MADE
    ],
    retry_policy=RETRIES,
)
def figures(
    context: dg.AssetExecutionContext, project: Project, progress: dg.ResourceParam[Progress]
) -> Iterator[dg.MaterializeResult]:
    """Link all claims, so that figure ids and histories depend on the claims alone and not on the runs."""
    with clear_errors():
        store, settings = project.store(), project.settings()
        progress("figures", 0, None)
        new = remake(
            store,
            settings,
            TABLES_MADE,
            lambda: linked(store, settings),
            inputs=["documents", "passages", "claims", "normalised_claims"],
            commit=commit_label(context, store, "claims", "normalised_claims", code_version=CODE),
        )
        for table in TABLES_MADE:
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


def linked(store: Store, settings: Settings) -> Sequence[pa.Table]:
    """Figures, their claims, and what waits for a decision, from all claims."""
    corrected = corrected_claims(store, settings)
    documents, passages = page_tables(store)
    found = link(
        corrected.claims,
        store.read("figures"),
        store.read("figure_claims"),
        trackers=load_trackers(settings.trackers),
        documents=documents,
        passages=passages,
        constraints=corrected.constraints,
    )
    return found.figures, found.figure_claims, found.review


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
