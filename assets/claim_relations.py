"""Parts and wholes, shares and sums that the text states between claims, and whether they add up."""

import dagster as dg

import pipeline.linking.arithmetic
import pipeline.linking.relations
import pipeline.linking.stated
from assets.charts import bar_chart
from assets.metadata import code_version, described, materialised
from assets.resources import Project
from assets.stage import (
    RETRIES,
    clear_errors,
    commit_label,
    count_values,
    first_rows,
)
from pipeline.tables import CLAIM_RELATIONS, CLAIMS
from pipeline.tracking import relate_all

CODE = code_version(pipeline.linking.relations, pipeline.linking.arithmetic, pipeline.linking.stated)
SAMPLE = ("relation", "cue", "check", "reason")


@dg.asset(
    **described(CLAIM_RELATIONS, deps=["normalised_claims"]),
    code_version=CODE,
    retry_policy=RETRIES,
)
def claim_relations(context: dg.AssetExecutionContext, project: Project) -> dg.MaterializeResult:
    """Relate the claims of each passage."""
    with clear_errors():
        store, settings = project.store(), project.settings()
        label = commit_label(context, store, "claims", "normalised_claims", code_version=CODE)
        new = relate_all(store, settings, commit=label)
        return materialised(
            CLAIM_RELATIONS,
            total=store.count("claim_relations"),
            new=new,
            version=store.version("claim_relations"),
            shown=first_rows(store, "claim_relations", SAMPLE, ["claim_id"]),
            columns=SAMPLE,
            upstream=[CLAIMS],
            relations_by_kind=bar_chart("Relations", count_values(store, "claim_relations", "relation")),
            relations_by_check=bar_chart("Do they add up?", count_values(store, "claim_relations", "check")),
        )
