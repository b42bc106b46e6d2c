"""What all stages share: how a commit is labelled, and how an error reaches the user."""

from collections.abc import Iterator
from contextlib import contextmanager

import dagster as dg
import pyarrow as pa

from pipeline.claims import extractor_version
from pipeline.corrections import Corrected, apply, load_corrections
from pipeline.errors import FiguresError, StorageError
from pipeline.normalise import comparable, normalise_batch, normaliser_version
from pipeline.rates import Rates
from pipeline.settings import Settings
from pipeline.store import Store
from pipeline.tables import TABLES

# A passing trouble (a full disk, a lock, a slow host) is tried again.
RETRIES = dg.RetryPolicy(max_retries=2, delay=1, backoff=dg.Backoff.EXPONENTIAL)


@contextmanager
def clear_errors() -> Iterator[None]:
    """Let only a passing trouble be tried again; what a person must mend fails the step at once, in one sentence."""
    try:
        yield
    except (StorageError, OSError):
        raise
    except FiguresError as error:
        raise dg.Failure(description=str(error), allow_retries=False) from error
    except Exception as error:
        told = f"an error of the program: {type(error).__name__}: {error}"
        raise dg.Failure(description=told, allow_retries=False) from error


def commit_label(
    context: dg.AssetExecutionContext, store: Store, *inputs: str, **more: str
) -> dict[str, str]:
    """What is kept with a new table version: the run, and the versions of the tables it was made from."""
    versions = {f"input_{name}": str(store.version(name)) for name in inputs}
    return {"run_id": context.run.run_id, **versions, **more}


def count_rows(store: Store, table: str) -> int:
    """How many rows a table has."""
    return sum(batch.num_rows for batch in store.scan(table, columns=TABLES[table].key[:1]))


def count_values(store: Store, table: str, column: str) -> dict[str, int]:
    """How many rows of a table have each value of a column, as `value_counts` gives it."""
    chunks = [batch.column(0) for batch in store.scan(table, columns=[column])]
    return value_counts(pa.chunked_array(chunks, TABLES[table].schema.field(column).type))


def value_counts(values: pa.ChunkedArray) -> dict[str, int]:
    """How often each value occurs, the most frequent first, ties by name; null counts as 'none'."""
    found = values.value_counts().to_pylist()
    named = [
        ("none" if entry["values"] is None else str(entry["values"]), entry["counts"]) for entry in found
    ]
    return dict(sorted(named, key=lambda pair: (-pair[1], pair[0])))


def some_rows(store: Store, table: str, new: pa.Table) -> pa.Table:
    """Rows to show of a table: the new ones, or if there are none a few of those that it has."""
    if new.num_rows:
        return new
    first = next(store.scan(table, batch_rows=20), None)
    return TABLES[table].empty() if first is None else pa.Table.from_batches([first])


def current_claims(store: Store, settings: Settings) -> pa.Table:
    """The claims of today's extractor with their conversions of today's normaliser: COMPARABLE_CLAIMS."""
    normaliser = normaliser_version(Rates.load(settings.rates), settings.base_currency)
    return comparable(
        store.read("claims", where={"extractor_version": extractor_version()}),
        store.read("normalised_claims", where={"normaliser_version": normaliser}),
    )


def corrected_claims(store: Store, settings: Settings) -> Corrected:
    """The current claims with the corrections of corrections.toml applied."""
    rates = Rates.load(settings.rates)
    return apply(
        current_claims(store, settings),
        load_corrections(settings.corrections),
        documents=store.read("documents", columns=["document_id", "uri"]),
        normalise=lambda rows: normalise_batch(rows, rates=rates, base=settings.base_currency),
    )


def page_tables(store: Store) -> tuple[pa.Table, pa.Table]:
    """Of documents and passages the columns that linking reads: which snapshot of a page holds which passage."""
    return (
        store.read("documents", columns=["document_id", "uri", "published", "fetched_at"]),
        store.read("passages", columns=["document_id", "passage_id", "clock_time", "text"]),
    )


def batches(rows: pa.Table, size: int) -> Iterator[tuple[int, pa.Table]]:
    """The rows in slices of at most `size`, each with the number of rows before it."""
    for start in range(0, rows.num_rows, size):
        yield start, rows.slice(start, size)
