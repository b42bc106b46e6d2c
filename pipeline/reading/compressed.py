"""Reads files that may be gzip, in pieces, however they are damaged and whatever they unpack to."""

from __future__ import annotations

import zlib
from collections.abc import Iterator
from dataclasses import dataclass
from typing import BinaryIO

from pipeline.errors import DocumentError

PIECE = 1 << 18
GZIP_START = b"\x1f\x8b\x08"
GZIP_BITS = 31  # zlib's window bits for data with a gzip header
# Text unpacks to about four times its size. What unpacks to so many times, beyond so many bytes, is a bomb.
MOST_RATIO = 200
FREE_BYTES = 200_000_000


class CompressionBomb(DocumentError):
    """The file unpacks to far more than a text could."""


@dataclass(frozen=True, slots=True)
class Damage:
    """A place in a file whose data can't be unpacked; what follows it may be whole again."""

    reason: str


def read_pieces(file: BinaryIO) -> Iterator[bytes | Damage]:
    """The content of a file, unpacked if it is gzip, in pieces of at most 256 KiB; a gzip member begins a new one.

    After damaged data the next gzip member is looked for: archives have one for each record. CompressionBomb when
    it unpacks to more than 200 times its size.
    """
    start = file.read(PIECE)
    if not start.startswith(GZIP_START):
        while start:
            yield start
            start = file.read(PIECE)
        return
    unpacked = 0
    for piece in _unpacked(file, start):
        if isinstance(piece, bytes):
            unpacked += len(piece)
            if unpacked > FREE_BYTES and unpacked > MOST_RATIO * file.tell():
                raise CompressionBomb(
                    f"it unpacks to more than {MOST_RATIO} times its size; it is not read any further"
                )
        yield piece


def _unpacked(file: BinaryIO, waiting: bytes) -> Iterator[bytes | Damage]:
    """Gzip members one after the other; `waiting` is what was read and is not yet unpacked."""
    inflater: zlib._Decompress | None = None
    while True:
        if inflater is None:
            waiting, skipped = _next_member(file, waiting)
            if skipped:
                yield Damage("between two compressed parts there is something else")
            if not waiting:
                return
            inflater = zlib.decompressobj(GZIP_BITS)
        try:
            piece = inflater.decompress(waiting, PIECE)
        except zlib.error as error:
            yield Damage(f"the compressed data is damaged: {error}")
            inflater, waiting = None, waiting[1:]
            continue
        if piece:
            yield piece
        if inflater.eof:
            waiting = inflater.unused_data
            inflater = None
            continue
        waiting = inflater.unconsumed_tail
        if not waiting and not piece:
            waiting = file.read(PIECE)
            if not waiting:
                yield Damage("the compressed data is cut off")
                return


def _next_member(file: BinaryIO, waiting: bytes) -> tuple[bytes, bool]:
    """What is there from the next gzip header on, empty at the end, and whether anything but zeros was skipped."""
    skipped = False
    while True:
        start = waiting.find(GZIP_START)
        if start >= 0:
            return waiting[start:], skipped or bool(waiting[:start].strip(b"\0"))
        skipped = skipped or bool(waiting[:-2].strip(b"\0"))
        more = file.read(PIECE)
        if not more:
            return b"", skipped or bool(waiting.strip(b"\0"))
        waiting = waiting[-2:] + more
