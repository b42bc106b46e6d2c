"""The rows of a release's tables in the order of their keys, and those that came since the release before."""

from __future__ import annotations

from collections.abc import Iterator, Mapping

import pyarrow as pa
import pyarrow.compute as pc

from pipeline.errors import StorageError
from pipeline.normalise import comparable
from pipeline.release_cut import Cut, stored_as
from pipeline.row_order import sorted_by
from pipeline.store import Store
from pipeline.tables import CLAIMS, COMPARABLE_CLAIMS, NORMALISED_CLAIMS, TABLES, Table

ROWS_IN_GROUP = 16_384
# More new rows than this are not held, but put into order with all others.
MOST_ADDED = 16_384


def rows_in_order(store: Store, table: Table, cut: Cut) -> Iterator[pa.Table]:
    """A table's rows as a release holds them, in the order of their keys, a row group at a time."""
    if table is not COMPARABLE_CLAIMS:
        yield from store.ordered(table.name, version=cut.table_versions[table.name], slice_rows=ROWS_IN_GROUP)
    elif cut.extractor_version is not None:
        yield from _comparable_parts(store, cut)


def _comparable_parts(store: Store, cut: Cut) -> Iterator[pa.Table]:
    claims, normalised = (
        store.ordered(
            table.name,
            version=cut.table_versions[table.name],
            where={column: version or ""},
            slice_rows=ROWS_IN_GROUP,
        )
        for table, column, version in (
            (CLAIMS, "extractor_version", cut.extractor_version),
            (NORMALISED_CLAIMS, "normaliser_version", cut.normaliser_version),
        )
    )
    whole = lacking = 0
    for some, theirs in _side_by_side(claims, normalised):
        ids = some.column("claim_id").combine_chunks()
        theirs = theirs.filter(pc.is_in(theirs.column("claim_id"), value_set=ids))
        whole += some.num_rows
        lacking += some.num_rows - theirs.num_rows
        if not lacking:
            yield comparable(some, theirs)
    if lacking:
        raise StorageError(
            f"nothing was published: {lacking} of {whole} claims have no normalised row; run the pipeline to its end"
        )


def _side_by_side(
    claims: Iterator[pa.Table], normalised: Iterator[pa.Table]
) -> Iterator[tuple[pa.Table, pa.Table]]:
    """Slices of claims, each with the normalised rows up to its last id; both come in the order of their ids."""
    held = NORMALISED_CLAIMS.empty()
    for some in claims:
        last = some.column("claim_id")[-1]
        while not held.num_rows or held.column("claim_id")[-1].as_py() < last.as_py():
            more = next(normalised, None)
            if more is None:
                break
            held = pa.concat_tables([held, more])
        end = pc.sum(pc.less_equal(held.column("claim_id"), last)).as_py() or 0
        yield some, held.slice(0, end)
        held = held.slice(end)


def added(store: Store, table: Table, cut: Cut, since: Mapping[str, int]) -> pa.Table | None:
    """The rows that came since a release was made of these versions of the tables, in the order of their keys.

    None where a row of then is gone or was changed, as far as files tell, and where more came than memory should hold.
    """
    for name in stored_as(table):
        if not store.has_only_grown(name, since=since[name], version=cut.table_versions[name]):
            return None
    name, where = (
        (CLAIMS.name, {"extractor_version": cut.extractor_version or ""})
        if table is COMPARABLE_CLAIMS
        else (table.name, None)
    )
    found: list[pa.RecordBatch] = []
    for batch in store.scan(name, where=where, version=cut.table_versions[name], since=since[name]):
        found.append(batch)
        if sum(some.num_rows for some in found) > MOST_ADDED:
            return None
    rows = sorted_by(pa.Table.from_batches(found, TABLES[name].schema), table.key)
    return _with_conversions(store, rows, cut) if table is COMPARABLE_CLAIMS else rows


def _with_conversions(store: Store, claims: pa.Table, cut: Cut) -> pa.Table | None:
    batches = store.scan(
        NORMALISED_CLAIMS.name,
        version=cut.table_versions[NORMALISED_CLAIMS.name],
        where={"normaliser_version": cut.normaliser_version or ""},
        among={"claim_id": claims.column("claim_id").combine_chunks()},
    )
    normalised = pa.Table.from_batches(batches, NORMALISED_CLAIMS.schema)
    return comparable(claims, normalised) if normalised.num_rows == claims.num_rows else None
