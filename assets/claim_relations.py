"""Parts and wholes, shares and sums that the text states between claims, and whether they add up."""

import dagster as dg

import pipeline.arithmetic
from assets.metadata import bar_chart, code_version, described, materialised
from assets.resources import Project
from assets.stage import RETRIES, clear_errors, commit_label, corrected_claims, value_counts
from pipeline.arithmetic import relate
from pipeline.tables import CLAIM_RELATIONS, CLAIMS

CODE = code_version(pipeline.arithmetic)
SAMPLE = ("claim_id", "relation", "related_claim_id", "cue", "check", "reason")


@dg.asset(
    **described(CLAIM_RELATIONS, deps=["normalised_claims"]),
    code_version=CODE,
    retry_policy=RETRIES,
)
def claim_relations(context: dg.AssetExecutionContext, project: Project) -> dg.MaterializeResult:
    """Relate the claims of each passage."""
    with clear_errors():
        store = project.store()
        before = store.read("claim_relations", columns=["claim_id"]).num_rows
        rows = relate(corrected_claims(store, project.settings()).claims)
        label = commit_label(context, store, "claims", "normalised_claims", code_version=CODE)
        store.replace("claim_relations", rows, commit=label)
        return materialised(
            CLAIM_RELATIONS,
            total=rows.num_rows,
            new=max(rows.num_rows - before, 0),
            version=store.version("claim_relations"),
            shown=rows,
            columns=SAMPLE,
            upstream=[CLAIMS],
            relations_by_kind=bar_chart("Relations", value_counts(rows.column("relation"))),
            relations_by_check=bar_chart("Do they add up?", value_counts(rows.column("check"))),
        )
