"""What the sources hold, read: each content once, and what could not be read with its reason."""

import json
from collections.abc import Iterator, Mapping, Sequence
from datetime import UTC, datetime
from pathlib import Path

import dagster as dg
import pyarrow as pa
from pydantic import Field

import pipeline.documents
import pipeline.reading.contents
import pipeline.reading.files
import pipeline.reading.live_blogs
import pipeline.reading.live_pages
import pipeline.reading.markup
import pipeline.reading.web
import pipeline.sources
from assets.charts import bar_chart
from assets.metadata import code_version, described, materialised, sample
from assets.resources import Project
from assets.stage import RETRIES, clear_errors, commit_label, count_values, some_rows
from pipeline import derived
from pipeline.documents import Document, Failure, documents_table, failures_table, read_source
from pipeline.progress import Progress
from pipeline.reading.fetching import Fetcher
from pipeline.reading.web import Web
from pipeline.settings import Settings
from pipeline.sources import Source, load_sources, source_for_paths
from pipeline.store import Store
from pipeline.tables import DOCUMENTS, FAILURES, FETCHES

CODE = code_version(
    pipeline.sources,
    pipeline.documents,
    pipeline.reading.contents,
    pipeline.reading.files,
    pipeline.reading.live_blogs,
    pipeline.reading.live_pages,
    pipeline.reading.markup,
    pipeline.reading.web,
)
# Documents are stored whenever this much text has come together, so that memory does not grow with their number.
CHARACTERS_AT_ONCE = 20_000_000
SAMPLE = ("published", "title", "publisher", "uri", "media_type", "bytes")
FETCHES_SAMPLE = ("source_id", "uri", "kind", "answer", "reason", "read_at")
FAILURES_SAMPLE = ("source_id", "uri", "stage", "error", "reason", "failed_at")


class Reading(dg.Config):
    """What one run reads."""

    paths: list[str] = Field(
        default=[], description="Files and folders to read instead of what sources.toml lists"
    )


@dg.multi_asset(
    name="read",
    specs=[
        dg.AssetSpec("documents", **described(DOCUMENTS), code_version=CODE),
        dg.AssetSpec("failures", **described(FAILURES), code_version=CODE),
        dg.AssetSpec("fetches", **described(FETCHES), code_version=CODE),
    ],
    check_specs=[
        dg.AssetCheckSpec(
            "everything_was_read", asset="failures", description="No document of this run failed to be read"
        )
    ],
    retry_policy=RETRIES,
)
def documents(
    context: dg.AssetExecutionContext,
    config: Reading,
    project: Project,
    progress: dg.ResourceParam[Progress],
) -> Iterator[dg.MaterializeResult | dg.AssetCheckResult]:
    """Read every source; store the contents that are new, and the reasons for what could not be read."""
    with clear_errors():
        store, settings = project.store(), project.settings()
        label = commit_label(context, store, code_version=CODE)
        failed: list[Failure] = []
        whole: set[tuple[str, str]] = set()
        before = {name: store.count(name) for name in ("documents", "failures")}
        with Fetcher(contact=settings.contact) as fetcher:
            web = Web(fetcher, store.read("fetches"))
            found = read_all(sources(config, settings), store, settings, progress, web, whole)
            for part in parts(found, failed):
                store.append("documents", documents_table(part), commit=label)
        # After the documents: what is remembered as read must have been stored.
        derived.note(store, "archives", derived.code(), ["documents"], whole=json.dumps(sorted(whole)))
        if web.asked:
            store.replace("fetches", web.table(), commit=label)
        could_not = failures_table(failed)
        store.append("failures", could_not, commit=label)
        yield from tables_made(store, before, could_not, web.asked)
        yield everything_was_read(could_not)


def tables_made(
    store: Store, before: Mapping[str, int], could_not: pa.Table, asked: int
) -> Iterator[dg.MaterializeResult]:
    """What the UI keeps of the three tables; `before` has their rows before the run."""
    yield materialised(
        DOCUMENTS,
        total=store.count("documents"),
        new=store.count("documents") - before["documents"],
        version=store.version("documents"),
        shown=some_rows(store, "documents", DOCUMENTS.empty()),
        columns=SAMPLE,
        documents_by_source=bar_chart("Documents by source", count_values(store, "documents", "source_id")),
    )
    yield materialised(
        FAILURES,
        total=store.count("failures"),
        new=store.count("failures") - before["failures"],
        version=store.version("failures"),
        shown=some_rows(store, "failures", could_not),
        columns=FAILURES_SAMPLE,
        failures_by_kind=bar_chart("Failures by kind", count_values(store, "failures", "error")),
    )
    yield materialised(
        FETCHES,
        total=store.count("fetches"),
        new=asked,
        version=store.version("fetches"),
        shown=some_rows(store, "fetches", FETCHES.empty()),
        columns=FETCHES_SAMPLE,
        addresses_by_answer=bar_chart(
            "Addresses by their last answer", count_values(store, "fetches", "answer")
        ),
    )


def everything_was_read(could_not: pa.Table) -> dg.AssetCheckResult:
    """A warning with what this run could not read."""
    failed = could_not.num_rows
    return dg.AssetCheckResult(
        check_name="everything_was_read",
        asset_key="failures",
        passed=not failed,
        severity=dg.AssetCheckSeverity.WARN,
        description=f"{failed} could not be read" if failed else "everything could be read",
        metadata={"failed": failed, **({"reasons": reasons(could_not)} if failed else {})},
    )


def reasons(failures: pa.Table) -> dg.TableMetadataValue:
    """What could not be read and why, for whoever started the run."""
    return sample(FAILURES, failures, ["uri", "reason"], most=1000, width=600)


def sources(config: Reading, settings: Settings) -> Sequence[Source]:
    """The paths that the run was given, else the entries of sources.toml."""
    if config.paths:
        return [source_for_paths([Path(path) for path in config.paths])]
    return load_sources(settings.sources)


def read_all(
    found: Sequence[Source],
    store: Store,
    settings: Settings,
    progress: Progress,
    web: Web,
    whole: set[tuple[str, str]],
) -> Iterator[Document | Failure]:
    """What is new in these sources, one document at a time, and what could not be read.

    Archives that have been read to their end go into `whole`; while documents are as they were, they are not again.
    """
    known = archives_read(store)
    for batch in store.scan("documents", columns=["uri", "sha256"]):
        known.update(zip(*(column.to_pylist() for column in batch.columns), strict=True))
    for source in found:
        yield from read_source(
            source,
            root=settings.root,
            known=known,
            now=datetime.now(UTC),
            on_progress=lambda done, total: progress("documents", done, total),
            on_whole=lambda uri, sha256: whole.add((uri, sha256)),
            web=web,
        )


def archives_read(store: Store) -> set[tuple[str, str]]:
    """The archives, by uri and sha256, whose documents are all stored, as far as that was noted."""
    then = derived.noted(store, "archives", ["documents"])
    is_known = then.get("read") == derived.code()
    return {(uri, sha256) for uri, sha256 in json.loads(then["whole"])} if is_known else set()


def parts(outcomes: Iterator[Document | Failure], failed: list[Failure]) -> Iterator[list[Document]]:
    """The documents in lists of about CHARACTERS_AT_ONCE; failures are put aside into `failed`."""
    part: list[Document] = []
    characters = 0
    for outcome in outcomes:
        if isinstance(outcome, Failure):
            failed.append(outcome)
            continue
        part.append(outcome)
        characters += len(outcome.text)
        if characters > CHARACTERS_AT_ONCE:
            yield part
            part, characters = [], 0
    if part:
        yield part
