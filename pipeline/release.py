"""Releases: the tables of one moment as plain Parquet, never changed once published.

    <data>/releases/2024-12-05.001/   documents.parquet, passages.parquet, claims.parquet, figures.parquet, ...
                                      and datapackage.json, which describes them
    <data>/releases/latest            points to the newest

A release is written beside the others under a name of its own, flushed to the disk, and renamed; then `latest`
is moved in one step. Killed anywhere, `latest` names a whole release, and the next run removes what is left.
"""

from __future__ import annotations

import fcntl
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
import pyarrow.parquet as pq

from pipeline.errors import StorageError, UnknownVersionError
from pipeline.release_cut import RELEASED, Cut, cut_of
from pipeline.release_files import Before, sha256, write_tables
from pipeline.store import Store, end_of, reason_of

DESCRIPTION = "datapackage.json"
LATEST = "latest"
# Where a file system has no symbolic links, this file names the newest release instead.
LATEST_FILE = "latest.txt"
UNFINISHED = ".publishing-"
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
        cut = cut_of(store, extractor_version, normaliser_version)
        newest = max(_versions(folder), key=_order, default=None)
        before = None if newest is None else Before(folder / newest, _describe(folder / newest))
        if before is not None and before.package.get("cut") == cut.described():
            return _release(before.path) if _point_to(folder, before.path.name) else None
        unfinished = folder / f"{UNFINISHED}{os.getpid()}"
        try:
            unfinished.mkdir()
            resources, sources = write_tables(store, cut, unfinished, before)
            if (
                newest is None
                or before is None
                or _hashes(before.package) != _hashes({"resources": resources})
            ):
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
        elif sha256(path) != resource["hash"]:
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
