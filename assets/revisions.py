"""The history of every figure."""

import dagster as dg
import pyarrow as pa

import pipeline.linking.history
import pipeline.revisions
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
from pipeline.revisions import revise
from pipeline.settings import Settings
from pipeline.store import Store
from pipeline.tables import CLAIMS, FIGURES, REVISIONS

CODE = code_version(pipeline.linking.history, pipeline.revisions)
SAMPLE = ("observed_at", "relation", "exact", "value", "source", "reason")


@dg.asset(
    **described(REVISIONS, deps=["figures", "figure_claims"]),
    code_version=CODE,
    retry_policy=RETRIES,
)
def revisions(context: dg.AssetExecutionContext, project: Project) -> dg.MaterializeResult:
    """Set each report of a figure against what stood before it."""
    with clear_errors():
        store, settings = project.store(), project.settings()
        new = remake(
            store,
            settings,
            [REVISIONS],
            lambda: [revised(store, settings)],
            inputs=["documents", "passages", "claims", "normalised_claims", "figures", "figure_claims"],
            commit=commit_label(context, store, "figures", "figure_claims", code_version=CODE),
        )
        return materialised(
            REVISIONS,
            total=store.count("revisions"),
            new=new["revisions"],
            version=store.version("revisions"),
            shown=first_rows(store, "revisions", SAMPLE, ["observed_at", "figure_id"]),
            columns=SAMPLE,
            upstream=[CLAIMS, FIGURES],
            revisions_by_relation=bar_chart(
                "Revisions by relation", count_values(store, "revisions", "relation")
            ),
        )


def revised(store: Store, settings: Settings) -> pa.Table:
    """The histories of all figures."""
    documents, passages = page_tables(store)
    return revise(
        store.read("figures"),
        store.read("figure_claims"),
        corrected_claims(store, settings).claims,
        documents=documents,
        passages=passages,
    )
