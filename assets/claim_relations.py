"""Parts and wholes, shares and sums that the text states between claims, and whether they add up."""

from collections.abc import Iterator

import dagster as dg
import pyarrow as pa
import pyarrow.compute as pc

import pipeline.linking.arithmetic
from assets.metadata import bar_chart, code_version, described, materialised
from assets.resources import Project
from assets.stage import (
    RETRIES,
    clear_errors,
    commit_label,
    corrected_claims,
    count_values,
    first_rows,
    remake,
)
from pipeline.linking.arithmetic import relate
from pipeline.store import in_order
from pipeline.tables import CLAIM_RELATIONS, CLAIMS

CODE = code_version(pipeline.linking.arithmetic)
CLAIMS_AT_ONCE = 20_000
SAMPLE = ("claim_id", "relation", "related_claim_id", "cue", "check", "reason")


@dg.asset(
    **described(CLAIM_RELATIONS, deps=["normalised_claims"]),
    code_version=CODE,
    retry_policy=RETRIES,
)
def claim_relations(context: dg.AssetExecutionContext, project: Project) -> dg.MaterializeResult:
    """Relate the claims of each passage."""
    with clear_errors():
        store, settings = project.store(), project.settings()
        new = remake(
            store,
            settings,
            [CLAIM_RELATIONS],
            lambda: [related(corrected_claims(store, settings).claims)],
            inputs=["documents", "claims", "normalised_claims"],
            commit=commit_label(context, store, "claims", "normalised_claims", code_version=CODE),
        )
        return materialised(
            CLAIM_RELATIONS,
            total=store.count("claim_relations"),
            new=new["claim_relations"],
            version=store.version("claim_relations"),
            shown=first_rows(store, "claim_relations", SAMPLE, ["claim_id"]),
            columns=SAMPLE,
            upstream=[CLAIMS],
            relations_by_kind=bar_chart("Relations", count_values(store, "claim_relations", "relation")),
            relations_by_check=bar_chart("Do they add up?", count_values(store, "claim_relations", "check")),
        )


def related(claims: pa.Table) -> pa.Table:
    """Relations among all claims, some passages at a time, so that few of the claims are unpacked at once."""
    return pa.concat_tables([CLAIM_RELATIONS.empty(), *map(relate, whole_passages(claims))])


def whole_passages(claims: pa.Table) -> Iterator[pa.Table]:
    """The claims in tables of about `CLAIMS_AT_ONCE`, none of which ends within a passage."""
    held = claims.slice(0, 0)
    for part in in_order(claims, ["passage_id", "document_id"], CLAIMS_AT_ONCE):
        held = pa.concat_tables([held, part])
        ids = held.column("passage_id").combine_chunks()
        last = pc.index(ids, ids[-1]).as_py()
        if last:
            yield held.slice(0, last)
            held = held.slice(last)
    if held.num_rows:
        yield held
