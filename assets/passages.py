"""Documents cut into passages: those that have none yet."""

import dagster as dg
import pyarrow as pa

import pipeline.passages
from assets.metadata import bar_chart, code_version, described, materialised
from assets.resources import Project
from assets.stage import RETRIES, batches, clear_errors, commit_label, count_rows, count_values, some_rows
from pipeline.passages import split_batch
from pipeline.progress import Progress
from pipeline.tables import DOCUMENTS, PASSAGES

DOCUMENTS_AT_ONCE = 100
CODE = code_version(pipeline.passages)
SAMPLE = ("published", "clock_time", "passage_type", "author", "heading", "text")


@dg.asset(**described(PASSAGES, deps=["documents"]), code_version=CODE, retry_policy=RETRIES)
def passages(
    context: dg.AssetExecutionContext, project: Project, progress: dg.ResourceParam[Progress]
) -> dg.MaterializeResult:
    """Split the documents that have no passages yet."""
    with clear_errors():
        store = project.store()
        todo = store.missing("documents", "passages", on=["document_id"])
        found = [PASSAGES.empty()]
        for done, batch in batches(todo, DOCUMENTS_AT_ONCE):
            progress("passages", done, todo.num_rows)
            found.append(split_batch(batch))
        new = pa.concat_tables(found)
        store.append("passages", new, commit=commit_label(context, store, "documents", code_version=CODE))
        return materialised(
            PASSAGES,
            total=count_rows(store, "passages"),
            new=new.num_rows,
            version=store.version("passages"),
            shown=some_rows(store, "passages", new),
            columns=SAMPLE,
            upstream=[DOCUMENTS],
            documents_split=todo.num_rows,
            passages_by_type=bar_chart("Passages by type", count_values(store, "passages", "passage_type")),
        )
