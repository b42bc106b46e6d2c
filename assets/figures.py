"""Claims linked into tracked figures: all of them, each time, and written only where something changed."""

from collections.abc import Iterator

import dagster as dg
import pyarrow as pa
import pyarrow.compute as pc

import pipeline.figures
import pipeline.trackers
from assets.metadata import bar_chart, code_version, described, materialised
from assets.resources import Project
from assets.stage import RETRIES, clear_errors, commit_label, corrected_claims, page_tables, value_counts
from pipeline.figures import link
from pipeline.progress import Progress
from pipeline.tables import CLAIMS, FIGURE_CLAIMS, FIGURES, NORMALISED_CLAIMS, REVIEW, Table
from pipeline.trackers import load_trackers

CODE = code_version(pipeline.figures, pipeline.trackers)
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
        for table in (FIGURES, FIGURE_CLAIMS, REVIEW)
    ],
    retry_policy=RETRIES,
)
def figures(
    context: dg.AssetExecutionContext, project: Project, progress: dg.ResourceParam[Progress]
) -> Iterator[dg.MaterializeResult]:
    """Link all claims, so that figure ids and histories depend on the claims alone and not on the runs."""
    with clear_errors():
        store, settings = project.store(), project.settings()
        corrected = corrected_claims(store, settings)
        progress("figures", 0, None)
        documents, passages = page_tables(store)
        linked = link(
            corrected.claims,
            store.read("figures"),
            store.read("figure_claims"),
            trackers=load_trackers(settings.trackers),
            documents=documents,
            passages=passages,
            constraints=corrected.constraints,
        )
        label = commit_label(context, store, "claims", "normalised_claims", code_version=CODE)
        for table, rows in (
            (FIGURES, linked.figures),
            (FIGURE_CLAIMS, linked.figure_claims),
            (REVIEW, linked.review),
        ):
            ids = table.key[0]
            before = store.read(table.name, columns=[ids]).column(ids)
            store.replace(table.name, rows, commit=label)
            yield materialised(
                table,
                total=rows.num_rows,
                new=pc.sum(pc.invert(pc.is_in(rows.column(ids), value_set=before))).as_py() or 0,
                version=store.version(table.name),
                shown=rows.sort_by([("mentions", "descending")]) if table is FIGURES else rows,
                columns=SAMPLES[table.name],
                upstream=[CLAIMS, NORMALISED_CLAIMS],
                **charts(table, rows),
            )


def charts(table: Table, rows: pa.Table) -> dict[str, dg.MarkdownMetadataValue]:
    """Figures by what people sort them by; the other tables have nothing to count."""
    columns = ("status", "kind", "tracker") if table is FIGURES else ()
    return {
        f"figures_by_{column}": bar_chart(
            f"Figures by {column}", value_counts(rows.column(column).drop_null())
        )
        for column in columns
    }
