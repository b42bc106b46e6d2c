"""The history of every figure."""

import dagster as dg

import pipeline.linking.history
import pipeline.revisions
from assets.metadata import bar_chart, code_version, described, materialised
from assets.resources import Project
from assets.stage import (
    RETRIES,
    clear_errors,
    commit_label,
    count_values,
    first_rows,
)
from pipeline.tables import CLAIMS, FIGURES, REVISIONS
from pipeline.tracking import write_histories

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
        label = commit_label(context, store, "figures", "figure_claims", code_version=CODE)
        new = write_histories(store, settings, commit=label)
        return materialised(
            REVISIONS,
            total=store.count("revisions"),
            new=new,
            version=store.version("revisions"),
            shown=first_rows(store, "revisions", SAMPLE, ["observed_at", "figure_id"]),
            columns=SAMPLE,
            upstream=[CLAIMS, FIGURES],
            revisions_by_relation=bar_chart(
                "Revisions by relation", count_values(store, "revisions", "relation")
            ),
        )
