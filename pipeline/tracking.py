"""Figures, their claims and their histories in the store, kept up with the claims: the linking state and the tables.

What was linked before is in a file beside the tables (`pipeline.linking.state`). New claims are placed after those
that were known before them: linking goes back to the day of the earliest and places again what came since. Where it
can't go back so far, or anything but claims was changed (code, corrections, rates, a page's earlier snapshots), all
is placed anew, with the claims in parts on disk. Either way the tables have the same bytes.
"""

from __future__ import annotations

import gc
import hashlib
import json
import sqlite3
import tempfile
from bisect import bisect_right
from collections.abc import Iterable, Iterator, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import dataclass, field
from itertools import chain
from pathlib import Path
from typing import Any

import numpy as np
import pyarrow as pa
import pyarrow.compute as pc

from pipeline import derived
from pipeline.claims import extractor_version
from pipeline.current import Current
from pipeline.engine import Engine, Serial
from pipeline.errors import StorageError
from pipeline.figures import FIGURES_AT_ONCE, in_parts, tables_of
from pipeline.linking.pages import DOCUMENT_COLUMNS, PASSAGE_COLUMNS, Pages, Snapshots
from pipeline.linking.placing import Placing, known_on
from pipeline.linking.prepared import LONGEST_TOPIC, Prepared, keys, prepare_batch
from pipeline.linking.relations import relate
from pipeline.linking.reports import known_in_order
from pipeline.linking.rows import rows_of
from pipeline.linking.state import State
from pipeline.linking.vocabulary import load
from pipeline.normalise import normaliser_version
from pipeline.progress import Progress, silent
from pipeline.rates import Rates
from pipeline.revisions import histories
from pipeline.settings import Settings
from pipeline.spill import Spill, part_of, parts_for
from pipeline.store import Store
from pipeline.tables import (
    CLAIM_RELATIONS,
    COMPARABLE_CLAIMS,
    FIGURE_CLAIMS,
    FIGURES,
    PASSAGES,
    REVIEW,
    REVISIONS,
    Table,
)
from pipeline.trackers import load_trackers

STATE = ".linking.sqlite"
# Claims that are in memory at once, as rows of Arrow.
CLAIMS_AT_ONCE = 25_000
ROWS_IN_PART = 100_000
PLACED_AT_ONCE = 500
# One claim in so many shows where the parts of an order should end.
SAMPLED = 50
# Linking can go back by so many claims, or by this part of all.
FEWEST_TO_REWIND, PART_TO_REWIND = 20_000, 50
# Of so many figures the rows are compared one by one; of more whole tables are.
MOST_AMENDED = 10_000
LINKED = (FIGURES, FIGURE_CLAIMS, REVIEW)

# A claim with the clock time and the text of its passage.
KNOWN = pa.schema(
    [*COMPARABLE_CLAIMS.schema, pa.field("clock_time", pa.string()), pa.field("text", pa.string())]
)


class TooEarly(Exception):
    """What changed is of before the time that linking can go back to."""


@dataclass
class Tracked:
    """The linking state as of the claims that there are, and the pages that they stand on.

    `touched` has the ids of figures whose rows are to be written, and `former` ids that claims' figures had; where
    `anew` is true all rows are to be.
    """

    state: State
    snapshots: Snapshots
    touched: set[str] = field(default_factory=set)
    former: dict[str, str] = field(default_factory=dict)
    anew: bool = False

    def pages(self, store: Store) -> Pages:
        """The lives of the passages of pages that have several snapshots; of the others nothing is to be said."""
        return self.snapshots.pages(_passages_of(store, self.snapshots.changed_documents()))


def link_all(
    store: Store,
    settings: Settings,
    *,
    commit: Mapping[str, str],
    engine: Engine | None = None,
    progress: Progress = silent,
) -> dict[str, int]:
    """Bring figures, figure_claims and review up to the claims; the number of new rows of each.

    Nothing is done where all that they follow from is as it was. `engine` prepares the claims that are to be placed;
    without one this process does.
    """
    names = [table.name for table in LINKED]
    read = _inputs(store, settings)
    if derived.is_current(store, "link", read, names):
        return dict.fromkeys(names, 0)
    before = {name: store.count(name) for name in names}
    trackers = load_trackers(settings.trackers)
    with _tracked(store, settings, engine or Serial(), progress) as tracked:
        state = tracked.state
        versions = {f"wrote {name}": store.content_version(name) for name in names}
        as_written = all(state.note(name) == version for name, version in versions.items())
        trackers_read = _digest([settings.trackers])
        whole = (
            tracked.anew
            or not as_written
            or state.note("trackers") != trackers_read
            or len(tracked.touched) > MOST_AMENDED
        )
        numbers = range(state.figures) if whole else state.numbers(tracked.touched)
        pages, words = tracked.pages(store), load()
        with _former(store, tracked, whole) as former:
            parts = (
                tables_of(part, state, pages, trackers, words, former)
                for part in in_parts(numbers, FIGURES_AT_ONCE)
            )
            _write(store, LINKED, parts, None if whole else sorted(tracked.touched), state.claims, commit)
        state.touch(tracked.touched)
        state.set_notes({f"wrote {name}": store.content_version(name) for name in names})
        state.set_notes({"trackers": trackers_read} | ({"wrote revisions": ""} if tracked.anew else {}))
        state.commit()
    derived.note(store, "link", read, names)
    return {name: max(store.count(name) - before[name], 0) for name in names}


def write_histories(store: Store, settings: Settings, *, commit: Mapping[str, str]) -> int:
    """Bring revisions up to the figures; the number of new rows."""
    read = derived.inputs(store, ["figures", "figure_claims"], [], _inputs(store, settings))
    if derived.is_current(store, "revisions", read, ["revisions"]):
        return 0
    before = store.count("revisions")
    with _tracked(store, settings, Serial(), silent) as tracked:
        state = tracked.state
        touched = sorted({*state.touched(), *tracked.touched})
        as_written = state.note("wrote revisions") == store.content_version("revisions")
        whole = tracked.anew or not as_written or len(touched) > MOST_AMENDED
        numbers = range(state.figures) if whole else state.numbers(touched)
        pages, words = tracked.pages(store), load()
        parts = ((histories(state.kept(part), pages, words),) for part in in_parts(numbers, FIGURES_AT_ONCE))
        _write(store, [REVISIONS], parts, None if whole else touched, state.claims, commit)
        state.untouch()
        state.set_notes({"wrote revisions": store.content_version("revisions")})
        if tracked.anew or tracked.touched:
            state.set_notes({"wrote figures": ""})
        state.commit()
    derived.note(store, "revisions", read, ["revisions"])
    return max(store.count("revisions") - before, 0)


def relate_all(store: Store, settings: Settings, *, commit: Mapping[str, str]) -> int:
    """Bring claim_relations up to the claims; the number of new rows. What a passage says stays as it was."""
    read = _inputs(store, settings)
    if derived.is_current(store, "relations", read, ["claim_relations"]):
        return 0
    before, version = store.count("claim_relations"), store.version("claims")
    current = Current.of(store, settings)
    noted = {"basis": _basis(current), "claims": str(version)}
    ids = _unrelated(current, noted)
    count = store.count("claims") if ids is None else len(ids)
    rates = Rates.load(settings.rates)
    with Spill(CLAIM_RELATIONS.schema, parts_for(count, ROWS_IN_PART)) as rows:
        for claims in current.by_passage(ids, parts_for(count, CLAIMS_AT_ONCE)):
            related = relate(claims, rates)
            rows.put(related, part_of(related.column("claim_id"), rows.parts))
        if ids is None:
            store.renew("claim_relations", rows, commit=commit)
        else:
            for number in range(rows.parts):
                store.append("claim_relations", rows.part(number), commit=commit)
    derived.note(store, "relations", read, ["claim_relations"], **noted)
    return store.count("claim_relations") - before


def _unrelated(current: Current, now: Mapping[str, str]) -> pa.Array | None:
    """The claims added since relations were written, which come in whole passages; None if all are to be looked at."""
    store = current.store
    then = derived.noted(store, "relations", ["claim_relations"])
    if then.get("basis") != now["basis"] or int(then["claims"]) > int(now["claims"]):
        return None
    since = int(then["claims"])
    found = [
        batch.column(0)
        for batch in store.scan("claims", columns=["claim_id"], where=current.where_claims, since=since)
    ]
    return pa.chunked_array(found, pa.string()).combine_chunks()


def _inputs(store: Store, settings: Settings) -> str:
    tables = ("documents", "passages", "claims", "normalised_claims")
    normaliser = normaliser_version(Rates.load(settings.rates), settings.base_currency)
    files = [settings.trackers, settings.corrections]
    return derived.inputs(store, tables, files, extractor_version(), normaliser)


def _digest(files: Sequence[Path]) -> str:
    return hashlib.sha256(b"\n".join(file.read_bytes() for file in files if file.is_file())).hexdigest()


def _write(
    store: Store,
    tables: Sequence[Table],
    parts: Iterable[Sequence[pa.Table]],
    figure_ids: Sequence[str] | None,
    claims: int,
    commit: Mapping[str, str],
) -> None:
    """Write rows of tables, which come together in parts: those of some figures, or of all."""
    if figure_ids is not None:
        amended = zip(tables, *parts, strict=True)
        for table, *some in amended:
            rows = pa.concat_tables([table.empty(), *some])
            store.amend(table.name, rows, column="figure_id", values=figure_ids, commit=commit)
        return
    spills = [Spill(table.schema, parts_for(claims, ROWS_IN_PART)) for table in tables]
    try:
        for part in parts:
            for table, spill, rows in zip(tables, spills, part, strict=True):
                spill.put(rows, part_of(rows.column(table.key[0]), spill.parts))
        for table, spill in zip(tables, spills, strict=True):
            store.renew(table.name, spill, commit=commit)
    finally:
        for spill in spills:
            spill.close()


@contextmanager
def _tracked(store: Store, settings: Settings, engine: Engine, progress: Progress) -> Iterator[Tracked]:
    """The linking state, brought up to the claims; kept if the block commits it."""
    version = store.version("claims")
    current = Current.of(store, settings)
    snapshots = Snapshots.of(store.read("documents", columns=DOCUMENT_COLUMNS))
    with _file(store) as path, _errors(path):
        basis = _basis(current)
        try:
            tracked = _brought_up(path, basis, current, snapshots, engine, progress)
        except TooEarly:
            path.unlink(missing_ok=True)
            tracked = _brought_up(path, basis, current, snapshots, engine, progress)
        try:
            tracked.state.set_notes({"basis": basis, "claims": str(version)})
            yield tracked
        finally:
            tracked.state.close()


def _basis(current: Current) -> str:
    """What the state follows from beside the claims that are added: with another one, all is placed anew."""
    tables = [
        current.store.table_id(name) for name in ("documents", "passages", "claims", "normalised_claims")
    ]
    versions = [*current.where_claims.values(), *current.where_normalised.values()]
    return json.dumps([derived.code(), *tables, *versions, current.digest])


@contextmanager
def _errors(path: Path) -> Iterator[None]:
    """Every way in which the state can fail, as one StorageError; a state that is damaged is removed."""
    try:
        yield
    except sqlite3.OperationalError as error:
        raise StorageError(
            f"{path}: cannot use the state of linking: {error}{_advice(str(error))}"
        ) from error
    except sqlite3.DatabaseError as error:
        path.unlink(missing_ok=True)
        raise StorageError(
            f"{path}: the state of linking was damaged and is made anew by the next run"
        ) from error


def _advice(error: str) -> str:
    return "; free some space and run again; nothing that was stored is lost" if "full" in error else ""


def _brought_up(
    path: Path,
    basis: str,
    current: Current,
    snapshots: Snapshots,
    engine: Engine,
    progress: Progress,
) -> Tracked:
    state = _opened(path, basis)
    tracked = Tracked(state, snapshots, anew=state.claims == 0)
    try:
        _bring_up(tracked, current, engine, progress)
    except BaseException:
        state.close()
        raise
    return tracked


def _opened(path: Path, basis: str) -> State:
    state = State(path)
    if state.note("basis") in (None, basis):
        return state
    state.close()
    path.unlink(missing_ok=True)
    return State(path)


@contextmanager
def _file(store: Store) -> Iterator[Path]:
    """Where the state lies: beside the tables, or if they are not in a folder, for this time only."""
    if store.is_local:
        yield Path(store.data_root) / "tables" / STATE
        return
    with tempfile.TemporaryDirectory() as folder:
        yield Path(folder) / STATE


def _bring_up(tracked: Tracked, current: Current, engine: Engine, progress: Progress) -> None:
    """Place the claims that the state doesn't have, after those that became known before them.

    TooEarly if it can't be gone back so far.
    """
    store, state, snapshots = current.store, tracked.state, tracked.snapshots
    places = {d: snapshots.order.get(d, 0) for d in snapshots.page_of_document}
    before = state.places()
    if any(places.get(document_id) != place for document_id, place in before.items()):
        raise TooEarly
    new = None if tracked.anew else _new_ids(state, current)
    count = store.count("claims", where=current.where_claims) if new is None else len(new)
    if count:
        with Spill(KNOWN, parts_for(count, CLAIMS_AT_ONCE) + 1) as known:
            found = _known(current, snapshots, new, known)
            _place(tracked, current, known, found, engine, progress)
    new_documents = places.keys() - before.keys()
    state.set_places({d: places[d] for d in sorted(new_documents)})
    if not tracked.anew:
        pages = {snapshots.page_of_document[d] for d in new_documents} & snapshots.series.keys()
        changed = [d for page in sorted(pages) for d in snapshots.series[page]]
        passages = sorted(set(_passages_of(store, changed).column("passage_id").to_pylist()))
        tracked.touched |= set(state.figure_ids(sorted(state.figures_of_passages(passages))).values())


def _new_ids(state: State, current: Current) -> pa.Array:
    """The claims that the state has not placed; TooEarly if others are gone."""
    store, since = current.store, int(state.note("claims") or 0)
    if since > store.version("claims"):
        raise TooEarly
    ids = [
        claim_id
        for batch in store.scan("claims", columns=["claim_id"], where=current.where_claims, since=since)
        for claim_id in batch.column(0).to_pylist()
    ]
    rejected = {claim_id for claim_id, row in current.changed.items() if row is None}
    new = set(ids) - state.placed(ids) - rejected
    if store.count("claims", where=current.where_claims) != state.claims + len(new) + len(rejected):
        raise TooEarly
    return pa.array(sorted(new), pa.string())


@dataclass(frozen=True)
class Known:
    """What was put aside: how many claims, the earliest day, and of some the places in the order of all."""

    claims: int
    first: str
    sample: Sequence[tuple[Any, ...]]


def _known(current: Current, snapshots: Snapshots, ids: pa.Array | None, known: Spill) -> Known:
    """Put the claims aside, with what there is to know of their passages."""
    parts = known.parts - 1
    claims, first, sample = 0, "~", []
    with Spill(_PASSAGE, parts) as passages:
        by_passage = current.by_passage(ids, parts)
        some = next(by_passage)
        # Of few claims the passages are looked up, of many all are gone through.
        is_few = ids is not None and parts == 1
        among = {"passage_id": pc.unique(some.column("passage_id"))} if is_few else None
        for batch in current.store.scan("passages", columns=list(_PASSAGE.names), among=among):
            rows = pa.Table.from_batches([batch])
            cut = pc.utf8_slice_codeunits(rows.column("text"), 0, LONGEST_TOPIC)
            rows = rows.set_column(rows.schema.get_field_index("text"), "text", cut)
            passages.put(rows, part_of(rows.column("passage_id"), parts))
        for number in range(parts):
            some = next(by_passage) if number else some
            held = passages.part(number)
            pages = snapshots.pages(held)
            rows = _with_passages(some, held, pages)
            known.put(rows, np.full(rows.num_rows, number, np.int64))
            claims += rows.num_rows
            for place, row in enumerate(rows_of(rows)):
                first = min(first, known_on(row, pages))
                if place % SAMPLED == 0:
                    sample.append(known_in_order(row, pages))
    return Known(claims, first, sorted(sample))


_PASSAGE = pa.schema([PASSAGES.schema.field(name) for name in (*PASSAGE_COLUMNS, "text")])


def _with_passages(claims: pa.Table, passages: pa.Table, pages: Pages) -> pa.Table:
    """Claims with their passages' clock times and texts."""
    place = pc.index_in(_places(claims), value_set=_places(passages))
    if place.null_count:
        raise StorageError(
            f"{place.null_count} claims are of passages that are not there; run the pipeline again"
        )
    clock = pa.array([pages.clock_time.get(p) for p in claims.column("passage_id").to_pylist()], pa.string())
    return claims.append_column("clock_time", clock).append_column(
        "text", passages.column("text").take(place)
    )


def _places(rows: pa.Table) -> pa.Array:
    """Which passage of which document each row is of: a passage's text may be spaced otherwise in another one."""
    both = pc.binary_join_element_wise(rows.column("document_id"), rows.column("passage_id"), " ")
    return both.combine_chunks()


def _place(
    tracked: Tracked, current: Current, known: Spill, found: Known, engine: Engine, progress: Progress
) -> None:
    """Place the claims that were put aside, and those again that became known on their first day or later."""
    state, snapshots = tracked.state, tracked.snapshots
    again, sample = _rewound(tracked, found.first, known)
    count = found.claims + again
    total = state.claims + count
    state.floor = max(state.floor, total - max(FEWEST_TO_REWIND, total // PART_TO_REWIND))
    placing = Placing(state, current.constraints)
    with Spill(KNOWN, parts_for(count, CLAIMS_AT_ONCE)) as in_order:
        _put_in_order(known, sorted([*found.sample, *sample]), in_order, snapshots)
        parts = map(in_order.part, range(in_order.parts))
        batches = chain.from_iterable(_ordered(part, snapshots) for part in parts)
        prepared = _told(engine.map(prepare_batch, batches), count, progress)
        with _without_collector():
            placing.place(
                claim for batch, claims in prepared for claim in _known_on(batch, claims, snapshots)
            )
    state.let_go()
    if not tracked.anew:
        tracked.touched |= set(state.figure_ids(sorted(placing.touched)).values())


@contextmanager
def _without_collector() -> Iterator[None]:
    """Placing makes no cycles: the collector would look for some in all that is held, again and again."""
    was = gc.isenabled()
    gc.disable()
    try:
        yield
    finally:
        if was:
            gc.enable()


def _put_in_order(
    known: Spill, sample: Sequence[tuple[Any, ...]], in_order: Spill, snapshots: Snapshots
) -> None:
    """Put claims into parts of about one size that follow each other; no passage is in two."""
    ends = [sample[len(sample) * n // in_order.parts] for n in range(1, in_order.parts)] if sample else []
    # Between documents.
    ends = [end[:4] for end in ends]
    for number in range(known.parts):
        rows = known.part(number)
        pages = _pages_of_rows(snapshots, rows)
        places = [bisect_right(ends, known_in_order(row, pages)[:4]) for row in rows_of(rows)]
        in_order.put(rows, np.array(places, np.int64))


def _ordered(rows: pa.Table, snapshots: Snapshots) -> Iterator[pa.Table]:
    """Claims in the order in which they became known, some at once."""
    pages = _pages_of_rows(snapshots, rows)
    order = sorted((known_in_order(row, pages), place) for place, row in enumerate(rows_of(rows)))
    ordered = rows.take(pa.array([place for _, place in order], pa.int64()))
    return (ordered.slice(n, PLACED_AT_ONCE) for n in range(0, ordered.num_rows, PLACED_AT_ONCE))


def _told(
    prepared: Iterable[tuple[pa.Table, list[Prepared]]], count: int, progress: Progress
) -> Iterator[tuple[pa.Table, list[Prepared]]]:
    """The same, with word of how far it is."""
    done = 0
    for batch, claims in prepared:
        yield batch, claims
        done += len(claims)
        progress("figures", done, count)


def _known_on(
    batch: pa.Table, claims: Iterable[Prepared], snapshots: Snapshots
) -> Iterator[tuple[Prepared, str]]:
    """Claims with the days on which they became known."""
    pages = _pages_of_rows(snapshots, batch)
    return zip(claims, (known_on(row, pages) for row in rows_of(batch)), strict=True)


def _rewound(tracked: Tracked, day: str, known: Spill) -> tuple[int, list[tuple[Any, ...]]]:
    """Put the claims aside that became known on a day or later, and forget their places; how many, and a sample."""
    state = tracked.state
    first = state.first_known_on(day)
    if first < state.floor:
        raise TooEarly
    if first == state.claims:
        return 0, []
    count, held, sample = 0, [], []
    for row, figure_id in state.rewind(first, keys):
        tracked.former[str(row["claim_id"])] = figure_id
        tracked.touched.add(figure_id)
        held.append(row | {"text": ""})
        count += 1
        if len(held) == PLACED_AT_ONCE:
            sample += _put_again(held, known, tracked.snapshots)
            held = []
    if held:
        sample += _put_again(held, known, tracked.snapshots)
    return count, sample


def _put_again(rows: list[dict[str, object]], known: Spill, snapshots: Snapshots) -> list[tuple[Any, ...]]:
    table = pa.Table.from_pylist(rows, schema=KNOWN)
    known.put(table, np.full(table.num_rows, known.parts - 1, np.int64))
    pages = _pages_of_rows(snapshots, table)
    return [known_in_order(row, pages) for row in rows_of(table)[::SAMPLED]]


def _pages_of_rows(snapshots: Snapshots, rows: pa.Table) -> Pages:
    """What the order of claims needs to know of their pages."""
    columns = (rows.column(name).to_pylist() for name in ("passage_id", "clock_time"))
    clock = {passage_id: told for passage_id, told in zip(*columns, strict=True) if told}
    return Pages(
        snapshots.page_of_document, snapshots.day_of_document, clock_time=clock, order=snapshots.order
    )


def _passages_of(store: Store, documents: Sequence[str]) -> pa.Table:
    """The passages of some documents: which document holds which, and when."""
    schema = pa.schema([PASSAGES.schema.field(name) for name in PASSAGE_COLUMNS])
    if not documents:
        return schema.empty_table()
    among = {"document_id": pa.array(documents, pa.string())}
    return pa.Table.from_batches(store.scan("passages", columns=PASSAGE_COLUMNS, among=among), schema)


@contextmanager
def _former(store: Store, tracked: Tracked, whole: bool) -> Iterator[Mapping[str, str]]:
    """The id that the figure of each claim had in the version before."""
    if not whole or not store.count("figure_claims"):
        yield tracked.former
        return
    database = sqlite3.connect("")
    try:
        database.execute("CREATE TABLE former (claim_id TEXT PRIMARY KEY, figure_id TEXT) WITHOUT ROWID")
        for batch in store.scan("figure_claims", columns=["claim_id", "figure_id"]):
            rows = zip(*(column.to_pylist() for column in batch.columns), strict=True)
            database.executemany("INSERT INTO former VALUES (?, ?)", rows)
        yield _Looked(database)
    finally:
        database.close()


class _Looked(Mapping[str, str]):
    """A mapping that lies in a database."""

    def __init__(self, database: sqlite3.Connection) -> None:
        self._database = database

    def __getitem__(self, claim_id: str) -> str:
        found = self._database.execute(
            "SELECT figure_id FROM former WHERE claim_id = ?", (claim_id,)
        ).fetchone()
        if found is None:
            raise KeyError(claim_id)
        return str(found[0])

    def __iter__(self) -> Iterator[str]:
        return (str(c) for (c,) in self._database.execute("SELECT claim_id FROM former"))

    def __len__(self) -> int:
        return int(self._database.execute("SELECT count(*) FROM former").fetchone()[0])
