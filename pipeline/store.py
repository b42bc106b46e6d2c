"""The tables on disk: Delta Lake tables with every version kept, one for each table that tables.py declares.

    data/tables/<table>/    Parquet files and a transaction log; a folder or an object-store address

A commit is atomic: a writer that fails or is killed leaves readers on the version before. Writers don't wait
for each other: a commit that finds another one in between is made again from what is there then. Nothing is
written when nothing changed, so that a version is a change.
"""

from __future__ import annotations

import errno
import fcntl
import json
import os
import re
import shutil
import time
from collections.abc import Callable, Collection, Iterator, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from datetime import UTC, date, datetime, timedelta
from itertools import chain, pairwise
from pathlib import Path
from typing import Any, Literal

import numpy as np
import pyarrow as pa
import pyarrow.compute as pc
import pyarrow.dataset as ds
import pyarrow.fs as pafs
from deltalake import CommitProperties, DeltaTable, Schema, WriterProperties, write_deltalake
from deltalake.exceptions import CommitFailedError, DeltaError, TableNotFoundError

from pipeline.data_files import (
    LITTLE_AHEAD,
    Pending,
    absent,
    complete,
    cuts,
    equals,
    matching,
    placed,
    present,
    with_rows,
    without_files,
)
from pipeline.errors import StorageError, UnknownVersionError
from pipeline.opened import Opened, OpenTables
from pipeline.row_order import ROWS_AT_ONCE, canonical, first_of_each_key, in_order, in_slices, sorted_by
from pipeline.spill import Spill, part_of
from pipeline.tables import TABLES, Table

# Delta forgets its history after 30 days unless told otherwise.
TABLE_PROPERTIES = {
    "delta.enableExpiredLogCleanup": "false",
    "delta.logRetentionDuration": "interval 36500 days",
    "delta.deletedFileRetentionDuration": "interval 36500 days",
}
COMMIT_ATTEMPTS = 50
FILES_TO_COMPACT = 20
# So many rows of a file are compressed as one: what a reader has to hold of it at least.
ROWS_IN_GROUP = 8192
WRITER = WriterProperties(compression="ZSTD", max_row_group_size=ROWS_IN_GROUP)
# Operations that leave a table's rows as they are.
WITHOUT_CHANGE = frozenset({"OPTIMIZE", "VACUUM START", "VACUUM END"})
NEWEST_ENTRIES = 5
# What a commit takes beside its rows, generously.
ROOM_FOR_LOG = 64_000
_ESCAPE = re.compile("%[0-9A-Fa-f]{2}")

# Rows that change are written anew with the rest of their file: so files are small where tables are large.
FILE_BYTES = 8_000_000

# What Delta itself writes into a commit; the rest is ours.
_DELTA_COMMIT_KEYS = frozenset(
    {
        "timestamp", "operation", "operationParameters", "operationMetrics", "engineInfo", "clientVersion",
        "version", "readVersion", "isolationLevel", "isBlindAppend", "userId", "userName", "userMetadata",
    }
)  # fmt: skip


@dataclass(frozen=True, slots=True)
class TableVersion:
    """One commit of a table: its number, when it was made, the rows that the table then had, what came with it."""

    version: int
    committed_at: datetime
    operation: str
    rows: int | None
    metadata: Mapping[str, str]


class Store:
    """The tables under one data folder (or object-store address).

    Every method that takes a table's name raises StorageError where the folder can't be read or written, and
    KeyError for a name that tables.py does not declare.
    """

    def __init__(self, root: str | Path) -> None:
        """Touch nothing yet: `create` makes the tables."""
        self._root = str(root).rstrip("/")
        self._tables = OpenTables()

    @property
    def data_root(self) -> str:
        """The data folder or address, as it was given."""
        return self._root

    @property
    def is_local(self) -> bool:
        """Whether the data lie in a folder of this machine."""
        return "://" not in self._root

    def path(self, table: str) -> str:
        """Where a table lies, for `DeltaTable(path)`."""
        return f"{self._root}/tables/{TABLES[table].name}"

    def _address(self, table: str) -> str:
        if not self.is_local:
            return self.path(table)
        folder = Path(self.path(table)).absolute()
        if _ESCAPE.search(str(folder)):
            raise StorageError(
                f"{folder}: Delta can't use a folder whose name has an escape like %20; rename it"
            )
        return folder.as_uri()

    def create(self) -> None:
        """Make every table that is not there yet, and add the columns that tables.py has gained since."""
        with self._errors("tables", "create"), self._lock():
            for table in TABLES.values():
                with self._errors(table.name, "create"):
                    if not DeltaTable.is_deltatable(self._address(table.name)):
                        self._create_table(table)
                    else:
                        self._add_columns(table)

    def _create_table(self, table: Table) -> None:
        DeltaTable.create(
            self._address(table.name),
            schema=table.schema.remove_metadata(),
            name=table.name,
            description=table.description,
            configuration=TABLE_PROPERTIES,
        )

    def _add_columns(self, table: Table) -> None:
        delta = self._open_to_write(table.name).delta
        present = {field.name for field in delta.schema().fields}
        absent = [c for c in table.columns if c.name not in present]
        if absent:
            # Nullable, even where tables.py requires a value: the rows that are there have none.
            fields = Schema.from_arrow(pa.schema([pa.field(c.name, c.type) for c in absent])).fields
            delta.alter.add_columns(fields)

    def read(
        self,
        table: str,
        *,
        columns: Sequence[str] | None = None,
        where: Mapping[str, str] | None = None,
        version: int | None = None,
        as_of: date | datetime | None = None,
    ) -> pa.Table:
        """A table's rows, in the order of their keys, with the columns that tables.py declares.

        `columns` picks some of them; `where` keeps the rows whose columns equal the given values. `version`
        reads a past version, `as_of` the one that was current at a time by the log's own commit times (a date
        means the end of that day, UTC). UnknownVersionError if there was none.
        """
        wanted = list(columns) if columns is not None else TABLES[table].schema.names
        slices = list(self.ordered(table, columns=wanted, where=where, version=version, as_of=as_of))
        return pa.concat_tables(slices) if slices else TABLES[table].empty().select(wanted)

    def ordered(
        self,
        table: str,
        *,
        columns: Sequence[str] | None = None,
        where: Mapping[str, str] | None = None,
        version: int | None = None,
        as_of: date | datetime | None = None,
        slice_rows: int = ROWS_AT_ONCE,
    ) -> Iterator[pa.Table]:
        """What `read` gives, in slices of `slice_rows` (the last may be shorter).

        Of a large table a part of about `BYTES_IN_ORDER` is in memory at once: the rows are put aside in parts, which
        are ranges of the key.
        """
        declared = TABLES[table]
        wanted = list(columns) if columns is not None else declared.schema.names
        names = list(dict.fromkeys([*wanted, *declared.key]))
        with self._errors(table, "read"):
            dataset = self._open(table, version, as_of).dataset
            parts = self._in_ranges(dataset, declared, names, equals(where))
        ordered = (in_order(part, declared.key, slice_rows) for part in parts)
        for rows in in_slices(chain.from_iterable(ordered), slice_rows):
            yield rows.select(wanted)

    def _in_ranges(
        self,
        dataset: ds.FileSystemDataset,
        declared: Table,
        names: Sequence[str],
        where: pc.Expression | None,
    ) -> Iterator[pa.Table]:
        """The rows in ranges of the first key column, one after the other, that memory can hold."""
        with self._errors(declared.name, "read"):
            ends = cuts(dataset, declared.key[0], where)
            columns = present(dataset, names)
            if not len(ends):
                found = dataset.to_table(columns=columns, filter=where, **LITTLE_AHEAD)
                yield complete(found, declared, names)
                return
            with Spill(pa.schema([declared.schema.field(name) for name in names]), len(ends) + 1) as spill:
                for batch in dataset.to_batches(columns=columns, filter=where, **LITTLE_AHEAD):
                    rows = complete(pa.Table.from_batches([batch]), declared, names)
                    values = rows.column(declared.key[0]).to_numpy()
                    spill.put(rows, np.searchsorted(ends, values, side="right"))
                yield from map(spill.part, range(spill.parts))

    def scan(
        self,
        table: str,
        *,
        columns: Sequence[str] | None = None,
        where: Mapping[str, str] | None = None,
        version: int | None = None,
        since: int | None = None,
        among: Mapping[str, pa.Array] | None = None,
        batch_rows: int = ROWS_AT_ONCE,
    ) -> Iterator[pa.RecordBatch]:
        """A table's rows in batches of at most `batch_rows`, in no promised order, in bounded memory.

        `among` keeps the rows whose columns have one of the given values; of files only those parts are read whole
        that have such rows. With `since` only the rows of files that this earlier version had not: all that were
        added, and those that were written anew.
        """
        declared = TABLES[table]
        names = list(columns) if columns is not None else declared.schema.names
        with self._errors(table, "read"):
            dataset = self._since(self._open(table, version), table, since)
            if among:
                dataset = with_rows(dataset, matching(where, among))
            batches = dataset.to_batches(
                columns=present(dataset, names),
                filter=matching(where, among),
                batch_size=batch_rows,
                **LITTLE_AHEAD,
            )
            for batch in batches:
                if batch.num_rows:
                    yield from complete(pa.Table.from_batches([batch]), declared, names).to_batches()

    def count(self, table: str, *, where: Mapping[str, str] | None = None) -> int:
        """How many rows a table has; with `where`, those whose columns equal the given values."""
        with self._errors(table, "read"):
            dataset = self._open(table).dataset
            return int(dataset.count_rows(filter=equals(where)))

    def has_only_grown(self, table: str, *, since: int, version: int | None = None) -> bool:
        """Whether a version of a table, by default the newest, has each file that an earlier one had: no row is gone."""
        with self._errors(table, "read"):
            now = self._open(table, version)
            # In a store that was put back there is no such version yet.
            return since <= now.delta.version() and set(now.dataset.files).issuperset(
                self._open(table, since).dataset.files
            )

    def pending(
        self,
        upstream: str,
        downstream: str,
        *,
        on: Sequence[str],
        where: Mapping[str, str] | None = None,
        since: int | None = None,
    ) -> Pending:
        """The upstream rows for which there is no downstream row with the same values in `on`.

        `where` narrows the downstream rows that count (`{"extractor_version": ...}`): what a stage has still to
        do. With `since` only the rows of upstream files that this earlier version had not are asked about. In memory
        are their keys alone; the rows are read as they are asked for, from the version of now.
        """
        declared = TABLES[upstream]
        with self._errors(upstream, "read"):
            opened = self._open(upstream)
            dataset = self._since(opened, upstream, since)
            fragments = list(dataset.get_fragments())
            names = list(dict.fromkeys([*declared.key, *on]))
            parts = [
                placed(fragment.to_table(schema=dataset.schema, columns=names), number)
                for number, fragment in enumerate(fragments)
            ]
        keys = pa.concat_tables([placed(declared.empty().select(names), 0), *parts])
        todo = keys.take(self.absent(downstream, keys, on=on, where=where))
        return Pending(declared, opened.delta.version(), dataset, fragments, todo, self._errors)

    def absent(
        self, table: str, rows: pa.Table, *, on: Sequence[str], where: Mapping[str, str] | None = None
    ) -> pa.Array:
        """Numbers of the rows whose values in `on` no row of a table has, in order; nothing is read for no rows."""
        if not rows.num_rows:
            return pa.array([], pa.int64())
        with self._errors(table, "read"):
            return absent(rows, self._open(table).dataset, on, equals(where))

    def _since(self, opened: Opened, table: str, since: int | None) -> ds.FileSystemDataset:
        """A table's files, with `since` those that this earlier version had not."""
        if since is None:
            return opened.dataset
        before = self._open(table, since).dataset
        return without_files(opened.dataset, {fragment.path for fragment in before.get_fragments()})

    def append(self, table: str, rows: pa.Table, *, commit: Mapping[str, str] | None = None) -> int | None:
        """Add the rows whose key the table does not have; the table's new version, or None if none was new.

        Rows go in as if one by one: of two with the same key the first stays. `commit` is kept with the
        version (run id, code version, versions of the inputs). SchemaError if the rows don't fit.
        """
        declared = TABLES[table]
        given = first_of_each_key(declared.cast(rows), declared.key)

        def new_rows(now: Opened) -> _Change | None:
            with self._errors(table, "read"):
                new = given.take(absent(given, now.dataset, declared.key))
            return _Change(sorted_by(new, declared.key), "append", new.nbytes) if new.num_rows else None

        return self._commit(table, new_rows, commit)

    def replace(
        self,
        table: str,
        rows: pa.Table | Callable[[pa.Table], pa.Table],
        *,
        commit: Mapping[str, str] | None = None,
    ) -> int | None:
        """Make `rows` the whole content of a table; its new version, or None if it has that content already.

        Content is compared sorted by key and without volatile columns. Where the new rows follow from the old,
        hand in the function that makes them: it is called again if another writer came in between. SchemaError
        if the rows don't fit or two of them have the same key.
        """
        declared = TABLES[table]

        def new_content(now: Opened) -> _Change | None:
            current = sorted_by(self._now(now, declared), declared.key)
            new = canonical(declared, rows(current) if callable(rows) else rows)
            return None if _same(declared, new, current) else _Change(new, "overwrite", new.nbytes)

        return self._commit(table, new_content, commit)

    def _now(self, now: Opened, declared: Table, wanted: pc.Expression | None = None) -> pa.Table:
        """The (wanted) rows that a table has."""
        with self._errors(declared.name, "read"):
            dataset = now.dataset
            if wanted is not None:
                dataset = with_rows(dataset, wanted)
            names = declared.schema.names
            found = dataset.to_table(columns=present(dataset, names), filter=wanted, **LITTLE_AHEAD)
        return complete(found, declared, names)

    def renew(self, table: str, rows: Spill, *, commit: Mapping[str, str] | None = None) -> int | None:
        """As `replace`, for more rows than memory should hold: rows were put aside by `part_of` of the first key.

        In memory is one part of the new content at once, and the same part of the old.
        """
        declared = TABLES[table]

        def new_content(now: Opened) -> _Change | None:
            parts = (canonical(declared, rows.part(number)) for number in range(rows.parts))
            with self._errors(table, "read"), Spill(declared.schema, rows.parts) as before:
                for batch in now.dataset.to_batches(**LITTLE_AHEAD):
                    some = complete(pa.Table.from_batches([batch]), declared, declared.schema.names)
                    before.put(some, part_of(some.column(declared.key[0]), rows.parts))
                same = all(
                    _same(declared, new, sorted_by(before.part(number), declared.key))
                    for number, new in enumerate(parts)
                )
            if same:
                return None
            schema = _undescribed(declared.schema)
            parts = (canonical(declared, rows.part(number)) for number in range(rows.parts))
            batches = (batch for part in parts for batch in part.cast(schema).to_batches(ROWS_AT_ONCE))
            return _Change(pa.RecordBatchReader.from_batches(schema, batches), "overwrite", rows.size)

        return self._commit(table, new_content, commit)

    def amend(
        self,
        table: str,
        rows: pa.Table,
        *,
        column: str,
        values: Sequence[str],
        commit: Mapping[str, str] | None = None,
    ) -> int | None:
        """Make `rows` all that a table has with these values in a column; its new version, or None if it has them.

        Only files that hold rows that change are written anew. SchemaError as with `replace`.
        """
        declared = TABLES[table]
        new = canonical(declared, rows)

        def change(now: Opened) -> _Change | None:
            wanted = pc.field(column).isin(pa.array(values, pa.string()))
            before = _by_key(declared, self._now(now, declared, wanted))
            after = _by_key(declared, new)
            stays = {key for key, row in before.items() if _same_facts(declared, row, after.get(key))}
            if len(stays) == len(before):
                fresh = new.filter(pa.array([key not in before for key in after], pa.bool_()))
                return _Change(fresh, "append", fresh.nbytes) if fresh.num_rows else None
            differing = (row for rows in (before, after) for key, row in rows.items() if key not in stays)
            changed = pa.array(sorted({row[column] for row in differing}), pa.string())
            listed = ", ".join("'" + value.replace("'", "''") + "'" for value in changed.to_pylist())
            some = new.filter(pc.is_in(new.column(column), value_set=changed))
            return _Change(some, "overwrite", some.nbytes, f"{column} IN ({listed})")

        return self._commit(table, change, commit)

    def _commit(
        self,
        table: str,
        change_for: Callable[[Opened], _Change | None],
        commit: Mapping[str, str] | None,
    ) -> int | None:
        for attempt in range(COMMIT_ATTEMPTS):
            with self._errors(table, "read"):
                now = self._open_to_write(table)
            change = change_for(now)
            if change is None:
                return None
            with self._errors(table, "write"):
                self._refuse_full_disk(change.size)
                try:
                    _write(now.delta, change, commit)
                    return int(now.delta.version())
                except CommitFailedError:
                    time.sleep(0.01 * (attempt + 1))
        raise StorageError(
            f"{self.path(table)}: {COMMIT_ATTEMPTS} attempts to commit were each overtaken by another writer; "
            "let the other runs end and run again"
        )

    def _refuse_full_disk(self, size: int) -> None:
        """OSError if a commit of so many bytes may not find room; on a full disk Delta's own writer panics.

        They are the bytes in memory; what is written is smaller.
        """
        if self.is_local and shutil.disk_usage(self._root).free < size + ROOM_FOR_LOG:
            raise OSError(errno.ENOSPC, os.strerror(errno.ENOSPC))

    def compact(self, table: str, *, commit: Mapping[str, str] | None = None) -> int | None:
        """Put a table's many small files into few; its new version, which has the same rows, or None.

        Each append adds a file, and some hundreds make reading slow. Files of older versions stay: see `vacuum`.
        """
        with self._errors(table, "compact"):
            delta = self._open_to_write(table).delta
            if len(delta.file_uris()) < FILES_TO_COMPACT:
                return None
            try:
                delta.optimize.compact(
                    commit_properties=_commit_properties(commit),
                    writer_properties=WRITER,
                )
            except CommitFailedError:
                return None  # someone writes just now; there is a next time
            return int(delta.version())

    def vacuum(
        self, table: str, *, older_than: timedelta, now: datetime, keep: Collection[int] = ()
    ) -> list[str]:
        """Give up the versions that were replaced that long ago, except `keep`; the files that were removed.

        The newest version stays always, and what writers left behind that were killed goes too. A version that
        was given up is still listed, but no longer read.
        """
        cutoff = now - older_than
        versions = self.versions(table)
        replaced = [v.version for v, next_ in pairwise(versions) if next_.committed_at <= cutoff]
        kept = sorted({v.version for v in versions} - set(replaced) | set(keep))
        with self._errors(table, "clean"):
            delta = self._open_to_write(table).delta
            settings: dict[str, Any] = {
                "retention_hours": 0,
                "enforce_retention_duration": False,
                "keep_versions": kept,
            }
            # Delta names files again that it removed before.
            found = self._files(table).get_file_info(sorted(delta.vacuum(dry_run=True, **settings)))
            removed = [file.path for file in found if file.is_file]
            if removed:  # a vacuum of nothing would add two versions too
                delta.vacuum(dry_run=False, commit_properties=_commit_properties({}), **settings)
            return removed + self._remove_abandoned(table, cutoff)

    def _remove_abandoned(self, table: str, cutoff: datetime) -> list[str]:
        """Remove files that a killed writer began before `cutoff`; Delta knows nothing of them."""
        if not self.is_local:
            return []
        abandoned = [
            path
            for path in sorted(Path(self.path(table)).glob("*.parquet#*"))
            if path.stat().st_mtime < cutoff.timestamp()
        ]
        for path in abandoned:
            path.unlink()
        return [path.name for path in abandoned]

    def versions(self, table: str) -> list[TableVersion]:
        """Every version of a table, oldest first."""
        with self._errors(table, "read the history of"):
            history = self._open(table).delta.history()
        versions: list[TableVersion] = []
        rows: int | None = 0
        for entry in sorted(history, key=lambda e: int(e["version"])):
            rows = _rows_after(entry, rows)
            versions.append(
                TableVersion(
                    version=int(entry["version"]),
                    committed_at=datetime.fromtimestamp(entry["timestamp"] / 1000, UTC),
                    operation=str(entry.get("operation", "")),
                    rows=rows,
                    metadata={k: str(v) for k, v in entry.items() if k not in _DELTA_COMMIT_KEYS},
                )
            )
        return versions

    def schema(self, table: str) -> pa.Schema:
        """The columns that a table's newest version has on disk, whatever tables.py declares."""
        with self._errors(table, "read"):
            return self._open(table).dataset.schema

    def table_id(self, table: str) -> str:
        """What tells a table from one made anew in its place, whose versions count from 0 again."""
        with self._errors(table, "read"):
            return str(self._open(table).delta.metadata().id)

    def state(self, table: str) -> tuple[str, int]:
        """A table's id and the number of its newest version, which together tell what it holds and where."""
        with self._errors(table, "read"):
            delta = self._open(table).delta
            return str(delta.metadata().id), int(delta.version())

    def version(self, table: str) -> int:
        """The number of a table's newest version."""
        with self._errors(table, "read"):
            return int(self._open(table).delta.version())

    def content_version(self, table: str) -> str:
        """What tells the rows of a table from those that it had or has at another time: not where they lie."""
        with self._errors(table, "read the history of"):
            delta = self._open(table).delta
            # The whole history, which grows with the number of refreshes, only where the newest entries don't tell.
            for newest in (NEWEST_ENTRIES, None):
                changes = [
                    int(entry["version"])
                    for entry in delta.history(newest)
                    if entry.get("operation") not in WITHOUT_CHANGE
                ]
                if changes:
                    break
            return f"{delta.metadata().id} {max(changes, default=0)}"

    def _open(self, table: str, version: int | None = None, as_of: date | datetime | None = None) -> Opened:
        """A version of a table, by default the newest, to read from: who asks next is given the same."""
        if as_of is not None:
            version = self._version_at(table, as_of)
        if not self.is_local:
            return self._opened(table, version)
        return self._tables.get(Path(self.path(table)), version, lambda: self._opened(table, version))

    def _open_to_write(self, table: str) -> Opened:
        """The newest version of a table for one writer, who moves it on."""
        return self._opened(table, None)

    def _opened(self, table: str, version: int | None) -> Opened:
        if self.is_local:
            self._refuse_empty_log_entries(table)
        try:
            return Opened(DeltaTable(self._address(table), version=version), self._files(table))
        except TableNotFoundError as error:
            raise StorageError(
                f"{self.path(table)}: there is no table; run the pipeline once or check the data folder's name"
            ) from error
        except (DeltaError, OverflowError):
            if version is None:
                raise
            newest = DeltaTable(self._address(table)).version()
            if 0 <= version <= newest:
                raise
            raise UnknownVersionError(
                f"table {table} has no version {version}; its newest is {newest}"
            ) from None

    def _version_at(self, table: str, moment: date | datetime) -> int:
        end = end_of(moment)
        known = [v.version for v in self.versions(table) if v.committed_at <= end]
        if not known:
            raise UnknownVersionError(f"table {table} did not exist yet at {moment.isoformat()}")
        return max(known)

    def _files(self, table: str) -> pafs.SubTreeFileSystem:
        # Delta's own file system calls back into Python from native threads and can abort the process at its
        # end; Arrow's does not.
        if self.is_local:
            base, path = pafs.LocalFileSystem(), str(Path(self.path(table)).absolute())
        else:
            base, path = pafs.FileSystem.from_uri(self.path(table))
        return pafs.SubTreeFileSystem(path, base)

    @contextmanager
    def _lock(self) -> Iterator[None]:
        """One process at a time: two that create the same table would both succeed."""
        if not self.is_local:
            yield
            return
        folder = Path(self._root) / "tables"
        folder.mkdir(parents=True, exist_ok=True)
        with (folder / ".lock").open("w") as lock:
            fcntl.flock(lock, fcntl.LOCK_EX)
            yield

    @contextmanager
    def _errors(self, table: str, action: str) -> Iterator[None]:
        """Every way in which files can fail, as one StorageError that names the table."""
        try:
            yield
        except StorageError:
            raise
        except (DeltaError, OSError, pa.ArrowException) as error:
            where = f"{self._root}/tables" if table == "tables" else self.path(table)
            damaged = self._damaged_log(table) if table in TABLES and isinstance(error, DeltaError) else None
            if damaged:
                raise StorageError(_damaged(damaged)) from error
            raise StorageError(f"{where}: cannot {action} the table: {reason_of(error)}") from error

    def _damaged_log(self, table: str) -> Path | None:
        """The first entry of a table's log that is not JSON lines."""
        if not self.is_local:
            return None
        for entry in sorted(Path(self.path(table), "_delta_log").glob("*.json")):
            try:
                for line in entry.read_text(encoding="utf-8").splitlines():
                    json.loads(line)
            except (OSError, ValueError):
                return entry
        return None

    def _refuse_empty_log_entries(self, table: str) -> None:
        # A power cut can leave an entry without its bytes, which Delta takes for a commit of nothing.
        for entry in sorted(Path(self.path(table), "_delta_log").glob("*.json")):
            if not entry.stat().st_size:
                raise StorageError(_damaged(entry))


@dataclass(frozen=True, slots=True)
class _Change:
    """Rows to add, or to put in place of all rows, or of those that a predicate is true of; about how many bytes."""

    rows: pa.Table | pa.RecordBatchReader
    mode: Literal["append", "overwrite"]
    size: int
    predicate: str | None = None


def _write(delta: DeltaTable, change: _Change, commit: Mapping[str, str] | None) -> None:
    rows = change.rows
    given = rows if isinstance(rows, pa.RecordBatchReader) else rows.cast(_undescribed(rows.schema))
    options: dict[str, Any] = {
        "commit_properties": _commit_properties(commit),
        "writer_properties": WRITER,
        "target_file_size": FILE_BYTES,
    }
    if change.mode == "append":
        write_deltalake(delta, given, mode="append", **options)
    else:
        write_deltalake(delta, given, mode="overwrite", predicate=change.predicate, **options)


def _undescribed(schema: pa.Schema) -> pa.Schema:
    """The schema without descriptions: Delta refuses rows that describe a column in other words than the table does."""
    return pa.schema([field.remove_metadata() for field in schema])


def _same(declared: Table, new: pa.Table, current: pa.Table) -> bool:
    """Whether both, in the order of their keys, have the same content."""
    facts = [name for name in declared.schema.names if name not in declared.volatile]
    return bool(new.select(facts).equals(current.select(facts)))


def _by_key(declared: Table, rows: pa.Table) -> dict[tuple[object, ...], dict[str, Any]]:
    return {tuple(row[name] for name in declared.key): row for row in rows.to_pylist()}


def _same_facts(declared: Table, one: Mapping[str, Any], other: Mapping[str, Any] | None) -> bool:
    return other is not None and all(
        one[name] == other[name] for name in declared.schema.names if name not in declared.volatile
    )


def _commit_properties(commit: Mapping[str, str] | None) -> CommitProperties:
    # Without retries of its own Delta refuses any commit made from a version that is no longer the newest, an
    # append too, so that what was read before writing is still true when the rows go in.
    return CommitProperties(custom_metadata=dict(commit or {}), max_commit_retries=0)


def end_of(moment: date | datetime) -> datetime:
    """The last instant that `moment` covers: itself, or of a date the day's last microsecond, UTC."""
    if isinstance(moment, datetime):
        return moment if moment.tzinfo else moment.replace(tzinfo=UTC)
    return datetime(moment.year, moment.month, moment.day, tzinfo=UTC) + timedelta(days=1, microseconds=-1)


def _rows_after(entry: Mapping[str, object], before: int | None) -> int | None:
    """Rows that a table has after a commit that found `before`; None where the log does not tell."""
    match entry.get("operation"):
        case "CREATE TABLE":
            return 0
        case "WRITE":
            metrics = entry.get("operationMetrics")
            parameters = entry.get("operationParameters")
            if not isinstance(metrics, Mapping) or not isinstance(parameters, Mapping):
                return None
            added = int(metrics["num_added_rows"])
            if parameters.get("predicate"):
                return None
            if parameters.get("mode") == "Overwrite":
                return added
            return None if before is None else before + added
        case "ADD COLUMN" | "OPTIMIZE" | "VACUUM START" | "VACUUM END":
            return before
        case _:
            return None


def _damaged(entry: Path) -> str:
    return (
        f"{entry}: this entry of the table's log is damaged; restore it from a copy of the data folder "
        "(the releases are not affected and can still be read)"
    )


def reason_of(error: BaseException) -> str:
    """What files did, in one line, with what to do about the kinds that users meet."""
    # Delta appends a stack trace: " 0: ... 1: ...".
    text = " ".join(str(error).split()).split(" 0: <unknown>")[0].rstrip(". ")
    for sign, advice in (
        ("No space left", "free some space and run again; nothing that was stored is lost"),
        ("File too large", "free some space and run again; nothing that was stored is lost"),
        ("Permission denied", "make the folder writable for this user or name another data folder"),
        ("Read-only file system", "make the folder writable or name another data folder"),
        ("No such file", "a data file is gone: maintenance gave this version up, or restore it from a copy"),
    ):
        if sign in text:
            return f"{text}; {advice}"
    if isinstance(error, pa.ArrowException) or (isinstance(error, OSError) and error.errno is None):
        # What Arrow says of a Parquet file that it can't make sense of.
        return f"{text}; a data file is damaged: restore it from a copy, or read an older version"
    return text
