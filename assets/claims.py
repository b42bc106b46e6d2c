"""Every quantitative mention in the passages that this extractor has not searched yet."""

from collections import Counter

import dagster as dg
import pyarrow as pa

from assets.metadata import bar_chart, described, materialised
from assets.resources import Project
from assets.stage import RETRIES, batches, clear_errors, commit_label, count_rows, count_values, some_rows
from pipeline.claims import extract_batch, extractor_version
from pipeline.progress import Progress
from pipeline.tables import CLAIMS, EXTRACTIONS, PASSAGES

PASSAGES_AT_ONCE = 200
SAMPLE = ("exact", "modifier", "value", "unit", "entity", "sentence")


@dg.asset(**described(CLAIMS, deps=["passages"]), code_version=extractor_version(), retry_policy=RETRIES)
def claims(
    context: dg.AssetExecutionContext, project: Project, progress: dg.ResourceParam[Progress]
) -> dg.MaterializeResult:
    """Search the passages that were not searched yet; one that several snapshots hold, once."""
    with clear_errors():
        store, version = project.store(), extractor_version()
        unsearched = store.missing(
            "passages", "extractions", on=["passage_id"], where={"extractor_version": version}
        )
        fetched = store.read("documents", columns=["document_id", "fetched_at"])
        todo = first_snapshots(unsearched, fetched)
        found = [CLAIMS.empty()]
        for done, batch in batches(todo, PASSAGES_AT_ONCE):
            progress("claims", done, todo.num_rows)
            found.append(extract_batch(batch))
        new = pa.concat_tables(found)
        label = commit_label(context, store, "passages", extractor_version=version)
        # Claims first: a run that is killed in between searches the passages again, and nothing is doubled.
        store.append("claims", new, commit=label)
        store.append("extractions", searched(todo, new, version), commit=label)
        return materialised(
            CLAIMS,
            total=count_rows(store, "claims"),
            new=new.num_rows,
            version=store.version("claims"),
            shown=some_rows(store, "claims", new),
            columns=SAMPLE,
            upstream=[PASSAGES],
            passages_searched=todo.num_rows,
            extractor_version=version,
            claims_by_kind=bar_chart("Claims by kind", count_values(store, "claims", "kind")),
            claims_by_modifier=bar_chart("Claims by modifier", count_values(store, "claims", "modifier")),
        )


def first_snapshots(passages: pa.Table, fetched: pa.Table) -> pa.Table:
    """The passages, each `passage_id` once: in the document that was fetched first of those that hold it.

    `fetched` has `document_id` and `fetched_at` of every document.
    """
    numbered = passages.select(["document_id", "passage_id"]).append_column(
        "row", pa.array(range(passages.num_rows), pa.int64())
    )
    ordered = numbered.join(fetched, "document_id", use_threads=False).sort_by(
        [("fetched_at", "ascending"), ("document_id", "ascending"), ("row", "ascending")]
    )
    first = ordered.group_by("passage_id", use_threads=False).aggregate([("row", "first")])
    return passages.take(first["row_first"].combine_chunks())


def searched(passages: pa.Table, claims: pa.Table, version: str) -> pa.Table:
    """One row for each passage that was searched by this version, with the number of claims found in it."""
    found = Counter(claims["passage_id"].to_pylist())
    return EXTRACTIONS.from_rows(
        [
            {"passage_id": passage, "extractor_version": version, "claims": found[passage]}
            for passage in passages["passage_id"].to_pylist()
        ]
    )
