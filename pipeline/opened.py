"""Versions of tables that are open: each is opened once, and its files are listed once, while its log is as it was."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from functools import cached_property
from pathlib import Path
from typing import TypeAlias

import pyarrow.dataset as ds
import pyarrow.fs as pafs
from deltalake import DeltaTable

Mark: TypeAlias = tuple[int, int, int]


@dataclass(frozen=True)
class Opened:
    """A version of a table, and where its files lie."""

    delta: DeltaTable
    files: pafs.FileSystem

    @cached_property
    def dataset(self) -> ds.FileSystemDataset:
        """Its data files."""
        return self.delta.to_pyarrow_dataset(filesystem=self.files)


@dataclass(frozen=True, slots=True)
class _Held:
    opened: Opened
    version: int
    mark: Mark


class OpenTables:
    """The newest version of each table, and the past one that was asked for last, for who reads and does not write."""

    def __init__(self) -> None:
        """None is open yet."""
        self._held: dict[tuple[Path, bool], _Held] = {}

    def get(self, folder: Path, version: int | None, open_: Callable[[], Opened]) -> Opened:
        """A version of the table in a folder, by default the newest; opened if it is not, or if its log has changed."""
        is_newest = version is None
        held = self._held.get((folder, is_newest))
        if held is None or not _is_as_it_was(folder, held, version):
            opened = open_()
            number = int(opened.delta.version())
            mark = _mark(_entry(folder, number))
            if mark is None:
                return opened
            held = self._held[folder, is_newest] = _Held(opened, number, mark)
        return held.opened


def _is_as_it_was(folder: Path, held: _Held, version: int | None) -> bool:
    is_asked = not _entry(folder, held.version + 1).exists() if version is None else held.version == version
    return is_asked and _mark(_entry(folder, held.version)) == held.mark


def _entry(folder: Path, version: int) -> Path:
    """The entry of a table's log that made a version."""
    return folder / "_delta_log" / f"{version:020}.json"


def _mark(entry: Path) -> Mark | None:
    """What tells a file from another one in its place; None if there is none."""
    try:
        found = entry.stat()
    except OSError:
        return None
    return found.st_ino, found.st_mtime_ns, found.st_size
