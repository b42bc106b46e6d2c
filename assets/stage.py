"""What all stages share: how a commit is labelled, and how an error reaches the user."""

import base64
from collections import Counter
from collections.abc import Iterable, Iterator, Mapping, Sequence
from contextlib import contextmanager

import dagster as dg
import pyarrow as pa
import pyarrow.compute as pc
from dagster._core.storage.tags import RETRY_ON_ASSET_OR_OP_FAILURE_TAG

from pipeline import derived
from pipeline.documents import failures_table
from pipeline.errors import EngineError, FiguresError, StorageError
from pipeline.memory import give_back
from pipeline.normalise import normaliser_version
from pipeline.rates import Rates
from pipeline.reading.contents import Failure
from pipeline.settings import Settings
from pipeline.store import Store
from pipeline.tables import FAILURES, TABLES

INTERRUPTED = "interrupted; nothing is lost, and the next run goes on from here"
# A passing trouble (a full disk, a lock, a slow host): the step is tried again, and after it the run.
PASSING = (StorageError, EngineError, OSError)
RETRIES = dg.RetryPolicy(max_retries=2, delay=1, backoff=dg.Backoff.EXPONENTIAL)

# A commit stores no more than about this, so that memory does not grow with the number of documents and a killed
# run has little to do again.
BYTES_AT_ONCE = 32_000_000
# Rows of what was stored that are kept to be shown.
SHOWN = 20


@contextmanager
def clear_errors() -> Iterator[None]:
    """Let only a passing trouble be tried again; what a person must mend fails the step at once, in one sentence."""
    try:
        yield
    except (KeyboardInterrupt, dg.DagsterExecutionInterruptedError) as error:
        # Dagster would try the step again.
        raise dg.Failure(description=INTERRUPTED, allow_retries=False) from error
    except PASSING:
        try_run_again()
        raise
    except FiguresError as error:
        raise dg.Failure(description=str(error), allow_retries=False) from error
    except Exception as error:
        told = f"an error of the program: {type(error).__name__}: {error}"
        raise dg.Failure(description=told, allow_retries=False) from error
    finally:
        give_back()


def try_run_again() -> None:
    """Have the whole run done again, as `run_retries` of dagster.yaml says, should it fail in the end.

    Its step is tried again first, but only for some seconds.
    """
    context = dg.OpExecutionContext.get()
    context.instance.add_run_tags(context.run_id, {RETRY_ON_ASSET_OR_OP_FAILURE_TAG: "true"})


def commit_label(
    context: dg.AssetExecutionContext, store: Store, *inputs: str, **more: str
) -> dict[str, str]:
    """What is kept with a new table version: the run, and the versions of the tables it was made from."""
    versions = {f"input_{name}": str(store.version(name)) for name in inputs}
    return {"run_id": context.run.run_id, **versions, **more}


def count_values(store: Store, table: str, column: str) -> dict[str, int]:
    """How many rows of a table have each value of a column, as `value_counts` gives it."""

    def counted() -> dict[str, int]:
        found: Counter[str] = Counter()
        for batch in store.scan(table, columns=[column]):
            found.update(value_counts(batch.column(0)))
        return in_order(found)

    return dict(derived.worked_out(store, f"{table} by {column}", [table], counted))


def value_counts(values: pa.ChunkedArray | pa.Array) -> dict[str, int]:
    """How often each value occurs, the most frequent first, ties by name; null counts as 'none'."""
    found = values.value_counts().to_pylist()
    return in_order(
        {"none" if entry["values"] is None else str(entry["values"]): entry["counts"] for entry in found}
    )


def in_order(counted: Mapping[str, int]) -> dict[str, int]:
    """The most frequent first, ties by name."""
    return dict(sorted(counted.items(), key=lambda pair: (-pair[1], pair[0])))


def some_rows(store: Store, table: str, new: pa.Table) -> pa.Table:
    """Rows to show of a table: the new ones, or if there are none a few of those that it has."""
    if new.num_rows:
        return new
    first = next(store.scan(table, batch_rows=20), None)
    return TABLES[table].empty() if first is None else pa.Table.from_batches([first])


def record_failures(
    store: Store, stage: str, failed: Sequence[Failure], *, commit: Mapping[str, str]
) -> None:
    """Make these the failures of a stage that tries again each time what failed: what succeeded since, goes.

    The time of one that is there already stays that of the first time.
    """

    def recorded(current: pa.Table) -> pa.Table:
        known = pc.equal(current.column("stage"), stage)
        before = current.filter(known).select(list(FAILURES.key)).to_pylist()
        still = {tuple(str(getattr(failure, name)) for name in FAILURES.key) for failure in failed}
        kept = [tuple(row.values()) in still for row in before]
        old = current.filter(known).filter(pa.array(kept, pa.bool_()))
        there = {tuple(row.values()) for row, keep in zip(before, kept, strict=True) if keep}
        new = [f for f in failed if tuple(getattr(f, name) for name in FAILURES.key) not in there]
        return pa.concat_tables([current.filter(pc.invert(known)), old, failures_table(new)])

    store.replace("failures", recorded, commit=commit)


def first_rows(store: Store, table: str, columns: Sequence[str], order: Sequence[str]) -> pa.Table:
    """The first rows of a table by these columns, the largest first, with the columns that are to be shown."""
    # With the key, so that there are no ties.
    order = list(dict.fromkeys([*order, *TABLES[table].key]))
    empty = TABLES[table].empty().select(list(dict.fromkeys([*columns, *order])))
    sort_keys = [(name, "descending") for name in order]

    def first() -> str:
        held = empty
        for batch in store.scan(table, columns=empty.column_names):
            both = pa.concat_tables([held, pa.Table.from_batches([batch])]).combine_chunks()
            held = both.take(pc.select_k_unstable(both, SHOWN, sort_keys))
        stream = pa.BufferOutputStream()
        with pa.ipc.new_stream(stream, empty.schema) as writer:
            writer.write_table(held)
        return base64.b64encode(stream.getvalue()).decode("ascii")

    name = f"first of {table} by {', '.join(order)}: {', '.join(columns)}"
    found = base64.b64decode(derived.worked_out(store, name, [table], first))
    return pa.ipc.open_stream(found).read_all()


def normaliser(settings: Settings) -> str:
    """The version of today's units, rates and base currency."""
    return normaliser_version(Rates.load(settings.rates), settings.base_currency)


def together(parts: Iterable[pa.Table], rows: int, size: int = BYTES_AT_ONCE) -> Iterator[pa.Table]:
    """Tables put together until they have so many rows or bytes: what is stored in one commit."""
    held: list[pa.Table] = []
    for part in parts:
        held.append(part)
        if sum(table.num_rows for table in held) >= rows or sum(table.nbytes for table in held) >= size:
            yield pa.concat_tables(held)
            held = []
    if held:
        yield pa.concat_tables(held)
