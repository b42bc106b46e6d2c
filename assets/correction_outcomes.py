"""What became of each correction that was made by hand."""

import dagster as dg

import pipeline.corrections
from assets.charts import bar_chart
from assets.metadata import code_version, described, materialised
from assets.resources import Project
from assets.stage import RETRIES, clear_errors, commit_label, value_counts
from pipeline.current import Current
from pipeline.tables import CORRECTION_OUTCOMES

CODE = code_version(pipeline.corrections)
SAMPLE = ("correction_id", "action", "who", "when", "outcome", "detail")


@dg.asset(
    **described(CORRECTION_OUTCOMES, deps=["normalised_claims"]),
    code_version=CODE,
    retry_policy=RETRIES,
)
def correction_outcomes(context: dg.AssetExecutionContext, project: Project) -> dg.MaterializeResult:
    """Apply corrections.toml to the claims and keep what came of each; linking applies them in the same way."""
    with clear_errors():
        store = project.store()
        before = store.read("correction_outcomes", columns=["correction_id"]).num_rows
        rows = Current.of(store, project.settings()).outcomes
        label = commit_label(context, store, "claims", "normalised_claims", code_version=CODE)
        store.replace("correction_outcomes", rows, commit=label)
        return materialised(
            CORRECTION_OUTCOMES,
            total=rows.num_rows,
            new=max(rows.num_rows - before, 0),
            version=store.version("correction_outcomes"),
            shown=rows,
            columns=SAMPLE,
            corrections_by_outcome=bar_chart("Corrections by outcome", value_counts(rows.column("outcome"))),
        )
