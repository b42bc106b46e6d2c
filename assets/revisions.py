"""The history of every figure."""

import dagster as dg

import pipeline.history
import pipeline.revisions
from assets.metadata import bar_chart, code_version, described, materialised
from assets.resources import Project
from assets.stage import RETRIES, clear_errors, commit_label, corrected_claims, page_tables, value_counts
from pipeline.revisions import revise
from pipeline.tables import CLAIMS, FIGURES, REVISIONS

CODE = code_version(pipeline.history, pipeline.revisions)
SAMPLE = ("observed_at", "relation", "exact", "value", "source", "reason")


@dg.asset(
    **described(REVISIONS, deps=["figures", "figure_claims"]),
    code_version=CODE,
    retry_policy=RETRIES,
)
def revisions(context: dg.AssetExecutionContext, project: Project) -> dg.MaterializeResult:
    """Set each report of a figure against what stood before it."""
    with clear_errors():
        store = project.store()
        documents, passages = page_tables(store)
        before = store.read("revisions", columns=["claim_id"]).num_rows
        rows = revise(
            store.read("figures"),
            store.read("figure_claims"),
            corrected_claims(store, project.settings()).claims,
            documents=documents,
            passages=passages,
        )
        label = commit_label(context, store, "figures", "figure_claims", code_version=CODE)
        store.replace("revisions", rows, commit=label)
        return materialised(
            REVISIONS,
            total=rows.num_rows,
            new=max(rows.num_rows - before, 0),
            version=store.version("revisions"),
            shown=rows.sort_by([("observed_at", "descending"), ("figure_id", "ascending")]),
            columns=SAMPLE,
            upstream=[CLAIMS, FIGURES],
            revisions_by_relation=bar_chart("Revisions by relation", value_counts(rows.column("relation"))),
        )
