"""Documents cut into passages: those that have none yet."""

from collections.abc import Iterator
from datetime import UTC, datetime

import dagster as dg
import pyarrow as pa

import pipeline.passages
from assets.charts import bar_chart
from assets.metadata import code_version, described, materialised
from assets.resources import Project
from assets.stage import (
    RETRIES,
    SHOWN,
    clear_errors,
    commit_label,
    count_values,
    record_failures,
    some_rows,
    together,
)
from pipeline import derived
from pipeline.data_files import Pending
from pipeline.passages import split_batch
from pipeline.progress import Progress
from pipeline.reading.contents import Failure
from pipeline.tables import DOCUMENTS, PASSAGES

DOCUMENTS_AT_ONCE = 100
PASSAGES_IN_COMMIT = 50_000
CODE = code_version(pipeline.passages)
SAMPLE = ("published", "clock_time", "passage_type", "author", "heading", "text")


@dg.asset(**described(PASSAGES, deps=["documents"]), code_version=CODE, retry_policy=RETRIES)
def passages(
    context: dg.AssetExecutionContext, project: Project, progress: dg.ResourceParam[Progress]
) -> dg.MaterializeResult:
    """Split the documents that have no passages yet; one that can't be split is recorded and stops no other."""
    with clear_errors():
        store = project.store()
        todo = derived.pending(store, "documents", "passages", on=["document_id"])
        label = commit_label(context, store, "documents", code_version=CODE)
        before, shown = store.count("passages"), PASSAGES.empty()
        failed: list[Failure] = []
        for part in together(split_all(todo, failed, progress), PASSAGES_IN_COMMIT):
            store.append("passages", part, commit=label)
            shown = part.slice(0, SHOWN)
        record_failures(store, "passages", failed, commit=label)
        if not failed:
            derived.note_all_done(store, todo, "passages")
        total = store.count("passages")
        return materialised(
            PASSAGES,
            total=total,
            new=total - before,
            version=store.version("passages"),
            shown=some_rows(store, "passages", shown),
            columns=SAMPLE,
            upstream=[DOCUMENTS],
            documents_split=len(todo) - len(failed),
            documents_failed=len(failed),
            passages_by_type=bar_chart("Passages by type", count_values(store, "passages", "passage_type")),
        )


def split_all(todo: Pending, failed: list[Failure], progress: Progress) -> Iterator[pa.Table]:
    """The passages of the documents that are to be split, batch by batch; what fails is put aside into `failed`."""
    done = 0
    for batch in todo.batches(rows=DOCUMENTS_AT_ONCE):
        progress("passages", done, len(todo))
        done += batch.num_rows
        try:
            yield split_batch(batch)
        except Exception:  # one of them can't be split: which one?
            yield from split_each(batch, failed)


def split_each(documents: pa.Table, failed: list[Failure]) -> Iterator[pa.Table]:
    """The passages of documents one by one; of one that can't be split, the reason in `failed`."""
    for number in range(documents.num_rows):
        one = documents.slice(number, 1)
        try:
            yield split_batch(one)
        except Exception as error:
            document = one.to_pylist()[0]
            failed.append(
                Failure(
                    source_id=document["source_id"],
                    uri=document["uri"],
                    stage="passages",
                    sha256=document["sha256"],
                    reason=f"{document['uri']}: it could not be cut into passages: {error}",
                    error=type(error).__name__,
                    failed_at=datetime.now(UTC),
                )
            )
