"""Every quantitative mention in the passages that this extractor has not searched yet."""

from collections import Counter
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, field
from datetime import UTC, datetime

import dagster as dg
import numpy as np
import pyarrow as pa
import pyarrow.compute as pc

from assets.charts import bar_chart
from assets.metadata import described, materialised, sample
from assets.resources import Extraction, Project
from assets.stage import (
    BYTES_AT_ONCE,
    RETRIES,
    SHOWN,
    clear_errors,
    commit_label,
    count_values,
    record_failures,
    some_rows,
)
from pipeline import derived
from pipeline.claims import ExtractionFailure, extract_batch_with_failures, extractor_version
from pipeline.data_files import Pending
from pipeline.documents import failures_table
from pipeline.engine import Engine
from pipeline.progress import Progress
from pipeline.reading.contents import Failure
from pipeline.store import Store
from pipeline.tables import CLAIMS, EXTRACTIONS, FAILURES, PASSAGES

PASSAGES_AT_ONCE = 200
PASSAGES_IN_COMMIT = 20_000
SAMPLE = ("exact", "modifier", "value", "unit", "entity", "sentence")


@dg.asset(
    **described(CLAIMS, deps=["passages"]),
    code_version=extractor_version(),
    retry_policy=RETRIES,
    check_specs=[
        dg.AssetCheckSpec(
            "every_passage_could_be_searched",
            asset="claims",
            description="No passage made the extractor fail",
        )
    ],
)
def claims(
    context: dg.AssetExecutionContext,
    project: Project,
    extraction: Extraction,
    progress: dg.ResourceParam[Progress],
) -> dg.MaterializeResult:
    """Search the passages that were not searched yet; one that several snapshots hold, once."""
    with clear_errors():
        store, version = project.store(), extractor_version()
        where = {"extractor_version": version}
        pending = derived.pending(store, "passages", "extractions", on=["passage_id"], where=where)
        todo = first_snapshots(pending, store)
        label = commit_label(context, store, "passages", extractor_version=version)
        before, shown = store.count("claims"), CLAIMS.empty()
        failed: list[ExtractionFailure] = []
        done = 0
        with extraction.engine(project.settings()) as engine:
            for part in search(todo, engine):
                # Claims first: a run that is killed in between searches the passages again, and nothing is doubled.
                store.append("claims", part.claims, commit=label)
                store.append("extractions", part.extractions(version), commit=label)
                failed += part.failed
                shown = part.claims.slice(0, SHOWN) if part.claims.num_rows else shown
                done += len(part.passages)
                progress("claims", done, len(todo))
        could_not = described_failures(failed, store)
        record_failures(store, "claims", could_not, commit=label)
        if not failed:
            derived.note_all_done(store, pending, "extractions", where=where)
        total = store.count("claims")
        found = materialised(
            CLAIMS,
            total=total,
            new=total - before,
            version=store.version("claims"),
            shown=some_rows(store, "claims", shown),
            columns=SAMPLE,
            upstream=[PASSAGES],
            passages_searched=len(todo) - len(failed),
            passages_failed=len(failed),
            extractor_version=version,
            claims_by_kind=bar_chart("Claims by kind", count_values(store, "claims", "kind")),
            claims_by_modifier=bar_chart("Claims by modifier", count_values(store, "claims", "modifier")),
        )
        return found._replace(check_results=[searched_all(could_not)])


@dataclass
class Part:
    """What was searched between two commits: passages, claims, and what could not be searched."""

    passages: list[str] = field(default_factory=list)
    tables: list[pa.Table] = field(default_factory=list)
    failed: list[ExtractionFailure] = field(default_factory=list)

    @property
    def claims(self) -> pa.Table:
        """The claims that were found."""
        return pa.concat_tables([CLAIMS.empty(), *self.tables])

    @property
    def is_full(self) -> bool:
        """Whether it is time to store it."""
        size = sum(table.nbytes for table in self.tables)
        return len(self.passages) >= PASSAGES_IN_COMMIT or size >= BYTES_AT_ONCE

    def extractions(self, version: str) -> pa.Table:
        """One row for each passage that was searched, with the number of claims found in it.

        A passage that could not be searched has none: it is tried again by the next run.
        """
        found = Counter(self.claims.column("passage_id").to_pylist())
        failed = {failure.passage_id for failure in self.failed}
        return EXTRACTIONS.from_rows(
            [
                {"passage_id": passage, "extractor_version": version, "claims": found[passage]}
                for passage in self.passages
                if passage not in failed
            ]
        )


def search(todo: Pending, engine: Engine) -> Iterator[Part]:
    """What the passages hold, in parts of about as much as one commit should have."""
    part = Part()
    for batch, (found, failed) in engine.map(
        extract_batch_with_failures, todo.batches(rows=PASSAGES_AT_ONCE)
    ):
        part.passages += batch.column("passage_id").to_pylist()
        part.tables.append(found)
        part.failed += failed
        if part.is_full:
            yield part
            part = Part()
    if part.passages:
        yield part


def first_snapshots(todo: Pending, store: Store) -> Pending:
    """Of the passages each `passage_id` once: in the document that was fetched first of those that hold it."""
    ids = todo.keys.column("passage_id")
    if pc.count_distinct(ids).as_py() == len(ids):
        return todo
    numbered = todo.keys.select(["document_id", "passage_id"]).append_column(
        "row", pa.array(np.arange(len(ids), dtype=np.int64))
    )
    fetched = store.read("documents", columns=["document_id", "fetched_at"])
    ordered = numbered.join(fetched, "document_id", use_threads=False).sort_by(
        [("fetched_at", "ascending"), ("document_id", "ascending"), ("row", "ascending")]
    )
    first = ordered.group_by("passage_id", use_threads=False).aggregate([("row", "first")])
    return todo.only(first["row_first"].combine_chunks())


def described_failures(failed: Sequence[ExtractionFailure], store: Store) -> list[Failure]:
    """The failures as rows of `failures`: the place is the document's with the passage's id behind a `#`."""
    if not failed:
        return []
    wanted = pc.field("document_id").isin(sorted({failure.document_id for failure in failed}))
    documents = {
        row["document_id"]: row
        for batch in store.scan("documents", columns=["document_id", "source_id", "uri", "sha256"])
        for row in batch.filter(wanted).to_pylist()
    }
    return [
        Failure(
            source_id=documents[failure.document_id]["source_id"],
            uri=f"{documents[failure.document_id]['uri']}#{failure.passage_id}",
            stage="claims",
            sha256=documents[failure.document_id]["sha256"],
            reason=failure.reason,
            error=failure.error,
            failed_at=datetime.now(UTC),
        )
        for failure in failed
    ]


def searched_all(failed: Sequence[Failure]) -> dg.AssetCheckResult:
    """A warning where a passage made the extractor fail."""
    return dg.AssetCheckResult(
        check_name="every_passage_could_be_searched",
        asset_key="claims",
        passed=not failed,
        severity=dg.AssetCheckSeverity.WARN,
        description=f"{len(failed)} passages could not be searched, and are tried again next time"
        if failed
        else "every passage could be searched",
        metadata={
            "failed": len(failed),
            **({"reasons": sample(FAILURES, failures_table(failed), ["uri", "reason"])} if failed else {}),
        },
    )
