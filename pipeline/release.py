"""Releases: the tables of one moment as plain Parquet, never changed once published.

    <data>/releases/2024-12-05.001/   documents.parquet, passages.parquet, claims.parquet, figures.parquet, ...
                                      and datapackage.json, which describes them
    <data>/releases/latest            points to the newest

A release is written beside the others under a name of its own, flushed to the disk, and renamed; then `latest`
is moved in one step. Killed anywhere, `latest` names a whole release, and the next run removes what is left.
"""

from __future__ import annotations

import fcntl
import hashlib
import json
import os
import re
import shutil
from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from datetime import UTC, date, datetime
from pathlib import Path
from typing import Any

import pyarrow as pa
import pyarrow.compute as pc
import pyarrow.parquet as pq

from pipeline.errors import StorageError, UnknownVersionError
from pipeline.normalise import comparable
from pipeline.store import Store, end_of, reason_of
from pipeline.tables import (
    CLAIM_RELATIONS,
    CLAIMS,
    COMPARABLE_CLAIMS,
    CORRECTION_OUTCOMES,
    DOCUMENTS,
    FIGURE_CLAIMS,
    FIGURES,
    NORMALISED_CLAIMS,
    PASSAGES,
    REVISIONS,
    TABLES,
    Column,
    Table,
)

RELEASED: tuple[Table, ...] = (
    DOCUMENTS,
    PASSAGES,
    COMPARABLE_CLAIMS,
    CLAIM_RELATIONS,
    FIGURES,
    FIGURE_CLAIMS,
    REVISIONS,
    CORRECTION_OUTCOMES,
)
# In the order in which their versions are looked up: what refers to rows before what holds them, so that a run
# that appends meanwhile leaves no reference without its row.
STORED: tuple[str, ...] = tuple(
    t.name
    for t in (
        CORRECTION_OUTCOMES,
        REVISIONS,
        FIGURE_CLAIMS,
        FIGURES,
        CLAIM_RELATIONS,
        CLAIMS,
        NORMALISED_CLAIMS,
        PASSAGES,
        DOCUMENTS,
    )
)

DESCRIPTION = "datapackage.json"
LATEST = "latest"
# Where a file system has no symbolic links, this file names the newest release instead.
LATEST_FILE = "latest.txt"
UNFINISHED = ".publishing-"
ROWS_IN_GROUP = 16_384
_VERSION = re.compile(r"(\d{4}-\d{2}-\d{2})\.(\d{3,6})", re.ASCII)


@dataclass(frozen=True, slots=True)
class Release:
    """A published release: its version, its folder, when it was made, rows by table, the tables' versions."""

    version: str
    path: Path
    created: datetime
    rows: Mapping[str, int]
    table_versions: Mapping[str, int]


def publish(
    store: Store,
    *,
    code_version: str,
    now: datetime,
    extractor_version: str | None = None,
    normaliser_version: str | None = None,
) -> Release | None:
    """Publish the tables as they are and move `latest` to it; None if the latest release has this content.

    Claims are those of one extractor and one normaliser version: the given ones, else those that the newest
    commit of the table names in its metadata, else the only ones there are. What a killed run left is removed.

    StorageError if files can't be written, or if a row refers to one that the release would not hold.
    """
    folder = _folder(store)
    with _storage_errors(folder), _one_at_a_time(folder):
        _remove_unfinished(folder)
        cut = _cut(store, extractor_version, normaliser_version)
        newest = max(_versions(folder), key=_order, default=None)
        if newest is not None and _describe(folder / newest).get("cut") == cut.described():
            return _release(folder / newest) if _point_to(folder, newest) else None
        unfinished = folder / f"{UNFINISHED}{os.getpid()}"
        try:
            unfinished.mkdir()
            resources, sources = _write_tables(store, cut, unfinished)
            if newest is None or _hashes(_describe(folder / newest)) != _hashes({"resources": resources}):
                newest = _next_version(now, newest)
                package = _package(newest, now, code_version, cut, resources, sources)
                _write_text(
                    unfinished / DESCRIPTION, json.dumps(package, indent=2, ensure_ascii=False) + "\n"
                )
                _seal(unfinished)
                unfinished.rename(folder / newest)
                _flush(folder)
        finally:
            shutil.rmtree(unfinished, ignore_errors=True)
        # Also where the newest is not new: a run killed before this line left it whole and not pointed to.
        return _release(folder / newest) if _point_to(folder, newest) else None


def releases(root: str | Path) -> list[Release]:
    """Every release under a data folder, oldest first."""
    folder = Path(root) / "releases"
    return [_release(folder / version) for version in sorted(_versions(folder), key=_order)]


def latest(root: str | Path) -> Release | None:
    """The release that `latest` points to; None if nothing was published yet."""
    version = _pointed_to(Path(root) / "releases")
    return None if version is None else _release(Path(root) / "releases" / version)


def find(root: str | Path, *, version: str | None = None, as_of: date | datetime | None = None) -> Release:
    """A release by its version, or the newest one made by a time (a date means the end of that day, UTC).

    The latest one if neither is given. UnknownVersionError if there is no such release.
    """
    if version is None and as_of is None:
        found = latest(root)
        if found is None:
            raise UnknownVersionError(
                f"{Path(root) / 'releases'}: nothing was published yet; run the pipeline once"
            )
        return found
    known = releases(root)
    if version is not None:
        known = [release for release in known if release.version == version]
    if as_of is not None:
        known = [release for release in known if release.created <= end_of(as_of)]
    if not known:
        asked = version if version is not None else f"made by {as_of}"
        raise UnknownVersionError(f"{Path(root) / 'releases'}: there is no release {asked}")
    return known[-1]


def read(
    root: str | Path,
    table: str,
    version: str | None = None,
    *,
    as_of: date | datetime | None = None,
    columns: Sequence[str] | None = None,
) -> pa.Table:
    """A table of a release, as `find` picks it. KeyError for a table that releases don't hold."""
    if table not in {t.name for t in RELEASED}:
        raise KeyError(f"a release holds no table {table!r}; it holds {', '.join(t.name for t in RELEASED)}")
    path = find(root, version=version, as_of=as_of).path / f"{table}.parquet"
    with _storage_errors(path):
        return pq.read_table(path, columns=None if columns is None else list(columns))


def verify(root: str | Path, version: str | None = None) -> Release:
    """Check that a release (the latest one by default) has the bytes that it was published with.

    StorageError naming each file that is gone or was changed.
    """
    release = find(root, version=version)
    wrong = []
    for resource in _describe(release.path)["resources"]:
        path = release.path / resource["path"]
        if not path.is_file():
            wrong.append(f"{path} is gone")
        elif f"sha256:{_sha256(path)}" != resource["hash"]:
            wrong.append(f"{path} was changed")
    if wrong:
        raise StorageError(f"release {release.version}: {'; '.join(wrong)}; restore it from a copy")
    return release


def prune(root: str | Path, *, keep_last: int, one_a_day: bool = False) -> list[str]:
    """Remove old releases; the versions that were removed, oldest first.

    The newest `keep_last` (at least one) stay, the one that `latest` points to, and with `one_a_day` the last of
    each day. The versions that the rest was made from are in `Release.table_versions`, for `Store.vacuum`.
    """
    folder = Path(root) / "releases"
    if not folder.is_dir():
        return []
    with _storage_errors(folder), _one_at_a_time(folder):
        known = sorted(_versions(folder), key=_order)
        kept = {*known[-max(keep_last, 1) :], _pointed_to(folder)}
        if one_a_day:
            kept |= set({_order(version)[0]: version for version in known}.values())
        removed = [version for version in known if version not in kept]
        for version in removed:
            # Under another name first, so that one that is half gone is never taken for whole.
            going = folder / f"{UNFINISHED}{version}"
            (folder / version).rename(going)
            shutil.rmtree(going)
        return removed


def _folder(store: Store) -> Path:
    if not store.is_local:
        raise StorageError(
            f"{store.data_root}: releases can be published to a folder only, not to an address"
        )
    folder = Path(store.data_root) / "releases"
    with _storage_errors(folder):
        folder.mkdir(parents=True, exist_ok=True)
    return folder


@contextmanager
def _one_at_a_time(folder: Path) -> Iterator[None]:
    """A second publisher waits; the lock goes with the process that holds it."""
    with _storage_errors(folder), (folder / ".lock").open("w") as lock:
        fcntl.flock(lock, fcntl.LOCK_EX)
        yield


@contextmanager
def _storage_errors(path: Path) -> Iterator[None]:
    try:
        yield
    except StorageError:
        raise
    except (OSError, pa.ArrowInvalid) as error:
        raise StorageError(f"{path}: cannot read or write the release: {reason_of(error)}") from error


def _remove_unfinished(folder: Path) -> None:
    for path in folder.glob(f"{UNFINISHED}*"):
        if path.is_dir() and not path.is_symlink():
            shutil.rmtree(path)
        else:
            path.unlink()


@dataclass(frozen=True, slots=True)
class Cut:
    """What a release is made of: the tables' versions, and whose claims."""

    table_ids: Mapping[str, str]
    table_versions: Mapping[str, int]
    extractor_version: str | None
    normaliser_version: str | None

    def described(self) -> dict[str, Any]:
        """All that decides a release's content, for its description: the schemas too."""
        schemas = repr(
            [(t.name, t.key, [(c.name, str(c.type), c.description) for c in t.columns]) for t in RELEASED]
        )
        return {
            "tables": {
                name: {"id": self.table_ids[name], "version": self.table_versions[name]} for name in STORED
            },
            "extractor_version": self.extractor_version,
            "normaliser_version": self.normaliser_version,
            "schemas": hashlib.sha256(schemas.encode()).hexdigest(),
            "writer": f"pyarrow {pa.__version__}",
        }


def _cut(store: Store, extractor_version: str | None, normaliser_version: str | None) -> Cut:
    return Cut(
        table_ids={name: store.table_id(name) for name in STORED},
        table_versions={name: store.version(name) for name in STORED},
        extractor_version=extractor_version or _newest_value(store, CLAIMS, "extractor_version"),
        normaliser_version=normaliser_version
        or _newest_value(store, NORMALISED_CLAIMS, "normaliser_version"),
    )


def _newest_value(store: Store, table: Table, column: str) -> str | None:
    """The version of a stage that made a table's newest rows; None if it has none."""
    for commit in reversed(store.versions(table.name)):
        if column in commit.metadata:
            return commit.metadata[column]
    known = pc.unique(store.read(table.name, columns=[column]).column(column)).to_pylist()
    if len(known) > 1:
        raise StorageError(
            f"table {table.name}: there are rows of several versions ({', '.join(known)}) and no commit says "
            f"which is the newest; give {column}"
        )
    return known[0] if known else None


def _write_tables(store: Store, cut: Cut, folder: Path) -> tuple[list[dict[str, Any]], list[dict[str, str]]]:
    """Write each table and describe its file; and the sources of the documents."""
    held: dict[tuple[str, str], pa.ChunkedArray] = {}
    resources = []
    sources: set[tuple[str, str, str]] = set()
    for table in RELEASED:
        path = folder / f"{table.name}.parquet"
        watched = {*table.key, *(column for column, _ in table.references)}
        seen: dict[str, list[pa.ChunkedArray]] = {name: [] for name in watched}
        rows = 0
        with pq.ParquetWriter(path, table.schema, compression="zstd") as writer:
            for part in _parts(store, table, cut):
                # In one chunk, or the pages would depend on the batches in which the rows were stored.
                writer.write_table(part.combine_chunks())
                rows += part.num_rows
                for name, parts in seen.items():
                    parts.append(part.column(name))
                if table is DOCUMENTS:
                    sources |= _sources(part)
        columns = {name: _joined(parts, table.schema.field(name).type) for name, parts in seen.items()}
        held |= {(table.name, name): columns[name] for name in table.key}
        _check_references(table, columns, held)
        resources.append(_resource(table, path, rows))
    named = ("source", "title", "license")
    return resources, [dict(zip(named, source, strict=True)) for source in sorted(sources)]


def _joined(parts: Sequence[pa.ChunkedArray], arrow_type: pa.DataType) -> pa.ChunkedArray:
    return pa.chunked_array([chunk for part in parts for chunk in part.chunks], arrow_type)


def _parts(store: Store, table: Table, cut: Cut) -> Iterator[pa.Table]:
    """A table's rows as a release holds them, in the order of their keys, a row group at a time."""
    if table is not COMPARABLE_CLAIMS:
        yield from store.ordered(table.name, version=cut.table_versions[table.name], slice_rows=ROWS_IN_GROUP)
    elif cut.extractor_version is not None:
        yield from _comparable_parts(store, cut)


def _comparable_parts(store: Store, cut: Cut) -> Iterator[pa.Table]:
    version = cut.table_versions[CLAIMS.name]
    where = {"extractor_version": cut.extractor_version or ""}
    ids = store.read(CLAIMS.name, version=version, where=where, columns=["claim_id"]).column("claim_id")
    normalised = store.read(
        NORMALISED_CLAIMS.name,
        version=cut.table_versions[NORMALISED_CLAIMS.name],
        where={"normaliser_version": cut.normaliser_version or ""},
    )
    normalised = normalised.filter(pc.is_in(normalised.column("claim_id"), value_set=ids.combine_chunks()))
    if normalised.num_rows < len(ids):
        raise StorageError(
            f"nothing was published: {len(ids) - normalised.num_rows} of {len(ids)} claims have no normalised "
            "row; run the pipeline to its end"
        )
    # Both are in the order of claim ids, and each claim has one row.
    start = 0
    for claims in store.ordered(CLAIMS.name, version=version, where=where, slice_rows=ROWS_IN_GROUP):
        yield comparable(claims, normalised.slice(start, claims.num_rows))
        start += claims.num_rows


def _check_references(
    table: Table,
    columns: Mapping[str, pa.ChunkedArray],
    held: Mapping[tuple[str, str], pa.ChunkedArray],
) -> None:
    for column, target in table.references:
        values = columns[column].drop_null()
        known = pc.is_in(values, value_set=held[target, _target(column, target)].combine_chunks())
        dangling = values.filter(pc.invert(known))
        if len(dangling):
            raise StorageError(
                f"nothing was published: {len(dangling)} rows of {table.name} refer to rows of {target} that the "
                f"release would not hold ({column} {dangling[0]}); run the pipeline to its end"
            )


def _resource(table: Table, path: Path, rows: int) -> dict[str, Any]:
    return {
        "name": table.name,
        "description": table.description,
        "path": path.name,
        "format": "parquet",
        "mediatype": "application/vnd.apache.parquet",
        "bytes": path.stat().st_size,
        "hash": f"sha256:{_sha256(path)}",
        "rows": rows,
        "schema": _table_schema(table),
    }


def _table_schema(table: Table) -> dict[str, Any]:
    """The table's schema in the terms of the Data Package standard's Table Schema."""
    return {
        "fields": [_field(column) for column in table.columns],
        "primaryKey": list(table.key),
        "foreignKeys": [
            {
                "fields": [column],
                "reference": {
                    "resource": "" if target == table.name else target,
                    "fields": [_target(column, target)],
                },
            }
            for column, target in table.references
        ],
    }


def _field(column: Column) -> dict[str, Any]:
    field = {"name": column.name, "type": _type_name(column.type), "description": column.description}
    return field | ({"constraints": {"required": True}} if column.required else {})


def _type_name(arrow_type: pa.DataType) -> str:
    for is_type, name in (
        (pa.types.is_string, "string"),
        (pa.types.is_integer, "integer"),
        (pa.types.is_floating, "number"),
        (pa.types.is_boolean, "boolean"),
        (pa.types.is_date, "date"),
        (pa.types.is_timestamp, "datetime"),
        (pa.types.is_list, "array"),
    ):
        if is_type(arrow_type):
            return name
    raise TypeError(f"no Table Schema type for {arrow_type}")


def _target(column: str, target: str) -> str:
    """The column that a reference points to: the one of the same name, or the target's key."""
    key = TABLES[target].key
    return column if column in key else key[0]


def _sources(documents: pa.Table) -> set[tuple[str, str, str]]:
    """Where documents came from, each once: source, publisher, licence of the text."""
    distinct = documents.group_by(["source_id", "publisher", "licence"]).aggregate([]).to_pylist()
    return {
        (row["source_id"], row["publisher"] or row["source_id"], row["licence"] or "not stated")
        for row in distinct
    }


def _package(
    version: str,
    now: datetime,
    code_version: str,
    cut: Cut,
    resources: Sequence[Mapping[str, Any]],
    sources: Sequence[Mapping[str, str]],
) -> dict[str, Any]:
    """The description of a release, after the Data Package standard (Frictionless)."""
    return {
        "$schema": "https://datapackage.org/profiles/2.0/datapackage.json",
        "name": "fact-figures",
        "title": "Figures reported in the news, with their exact sources",
        "version": version,
        "created": end_of(now).astimezone(UTC).isoformat(),
        "code_version": code_version,
        "cut": cut.described(),
        "sources": list(sources),
        "resources": list(resources),
    }


def _hashes(package: Mapping[str, Any]) -> dict[str, str]:
    return {resource["name"]: resource["hash"] for resource in package["resources"]}


def _versions(folder: Path) -> list[str]:
    if not folder.is_dir():
        return []
    return [path.name for path in folder.iterdir() if _VERSION.fullmatch(path.name)]


def _order(version: str) -> tuple[str, int]:
    day, _, counter = version.partition(".")
    return day, int(counter)


def _next_version(now: datetime, newest: str | None) -> str:
    """The day and a counter; never before the newest, even if the clock was set back."""
    today = end_of(now).astimezone(UTC).date().isoformat()
    day, counter = _order(newest) if newest else (today, 0)
    return f"{today}.001" if today > day else f"{day}.{counter + 1:03}"


def _describe(path: Path) -> dict[str, Any]:
    try:
        package: dict[str, Any] = json.loads((path / DESCRIPTION).read_text(encoding="utf-8"))
        return package
    except (OSError, ValueError) as error:
        raise StorageError(
            f"{path / DESCRIPTION}: can't be read: {error}; restore it or remove the release"
        ) from error


def _release(path: Path) -> Release:
    package = _describe(path)
    return Release(
        version=package["version"],
        path=path,
        created=datetime.fromisoformat(package["created"]),
        rows={resource["name"]: resource["rows"] for resource in package["resources"]},
        table_versions={name: table["version"] for name, table in package["cut"]["tables"].items()},
    )


def _pointed_to(folder: Path) -> str | None:
    pointer, text = folder / LATEST, folder / LATEST_FILE
    if pointer.is_symlink():
        return pointer.readlink().name
    if pointer.is_dir():  # a copy of the data folder that followed the link
        return str(_describe(pointer)["version"])
    return text.read_text(encoding="ascii").strip() if text.is_file() else None


def _point_to(folder: Path, version: str) -> bool:
    """Move `latest` in one step; whether it had to be moved."""
    if _pointed_to(folder) == version:
        return False
    pointer, new = folder / LATEST, folder / f"{UNFINISHED}{LATEST}"
    try:
        new.symlink_to(version, target_is_directory=True)
    except (NotImplementedError, PermissionError):
        _write_text(new, f"{version}\n")
        _flush(new)
        new.replace(folder / LATEST_FILE)
    else:
        if pointer.is_dir() and not pointer.is_symlink():
            pointer.rename(folder / f"{UNFINISHED}copy")
        new.replace(pointer)
    _flush(folder)
    return True


def _write_text(path: Path, text: str) -> None:
    path.write_text(text, encoding="utf-8", newline="\n")


def _seal(folder: Path) -> None:
    """Make the files read-only and bring them to the disk, so that a power cut can't take them."""
    for path in sorted(folder.iterdir()):
        path.chmod(0o444)
        _flush(path)
    _flush(folder)


def _flush(path: Path) -> None:
    descriptor = os.open(path, os.O_RDONLY)
    try:
        os.fsync(descriptor)
    finally:
        os.close(descriptor)


def _sha256(path: Path) -> str:
    with path.open("rb") as file:
        return hashlib.file_digest(file, "sha256").hexdigest()
