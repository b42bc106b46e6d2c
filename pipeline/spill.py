"""Rows put aside on disk in parts that memory can hold: for joins and orders of more rows than it can."""

from __future__ import annotations

import shutil
import tempfile
from pathlib import Path
from types import TracebackType
from typing import Any, TypeAlias
from zlib import crc32

import numpy as np
import pyarrow as pa
import pyarrow.compute as pc

Numbers: TypeAlias = np.ndarray[Any, np.dtype[np.int64]]
COMPRESSION = pa.ipc.IpcWriteOptions(compression="lz4")


class Spill:
    """Parts of rows with one schema, each in a temporary file of its own, that are gone when the block ends.

    OSError where the files can't be written.
    """

    def __init__(self, schema: pa.Schema, parts: int) -> None:
        """So many empty parts."""
        self.schema = schema
        self.parts = parts
        self._folder = Path(tempfile.mkdtemp(prefix="fact-figures-"))
        self._writers: dict[int, pa.ipc.RecordBatchStreamWriter] = {}
        self._written: set[int] = set()

    def __enter__(self) -> Spill:
        """The parts, for a `with` block."""
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        """Remove the files."""
        self.close()

    def close(self) -> None:
        """Remove the files."""
        self._close()
        shutil.rmtree(self._folder, ignore_errors=True)

    def put(self, rows: pa.Table, parts: Numbers) -> None:
        """Put each row into the part whose number is given for it."""
        if not rows.num_rows:
            return
        order = np.argsort(parts, kind="stable")
        ordered = rows.select(self.schema.names).cast(self.schema).take(pa.array(order)).combine_chunks()
        numbers, starts = np.unique(parts[order], return_index=True)
        for number, start, end in zip(numbers, starts, [*starts[1:], len(order)], strict=True):
            self._writer(int(number)).write_table(ordered.slice(start, end - start))

    def _writer(self, part: int) -> pa.ipc.RecordBatchStreamWriter:
        if part not in self._writers:
            self._written.add(part)
            self._writers[part] = pa.ipc.new_stream(
                str(self._folder / f"{part}.arrow"), self.schema, options=COMPRESSION
            )
        return self._writers[part]

    def _close(self) -> None:
        for writer in self._writers.values():
            writer.close()
        self._writers.clear()

    @property
    def size(self) -> int:
        """The bytes that the files have."""
        return sum(path.stat().st_size for path in self._folder.iterdir())

    def part(self, number: int) -> pa.Table:
        """The rows of a part, in the order in which they were put; nothing can be put afterwards.

        FileNotFoundError if somebody has removed its file meanwhile.
        """
        self._close()
        if number not in self._written:
            return self.schema.empty_table()
        with pa.OSFile(str(self._folder / f"{number}.arrow")) as file:
            return pa.ipc.open_stream(file).read_all()


def part_of(ids: pa.ChunkedArray | pa.Array, parts: int) -> Numbers:
    """Numbers from 0 to below `parts` by which equal ids meet: of their ends, which are those of hashes."""
    ends = pc.utf8_slice_codeunits(ids, -3)
    encoded = (ends.combine_chunks() if isinstance(ends, pa.ChunkedArray) else ends).dictionary_encode()
    number = np.array([crc32(end.encode()) % parts for end in encoded.dictionary.to_pylist()], np.int64)
    return number[encoded.indices.to_numpy()] if len(number) else np.zeros(len(ids), np.int64)


def parts_for(rows: int, at_once: int) -> int:
    """How many parts rows need if so many are to be in memory at once."""
    return max(-(-rows // at_once), 1)
