"""Reads archives of documents for bulk: JSON Lines, Parquet and WARC, record by record in bounded memory.

A record that can't be used is given as a `BadRecord` with its number, and the ones after it are read. WARC is read
here and not by warcio or fastwarc: both stop at the first damaged record (measured with flipped bytes, wrong
lengths and garbage between records), and neither limits what a record unpacks to.
"""

from __future__ import annotations

import http.client
import io
import json
import math
import re
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from datetime import UTC, date, datetime
from pathlib import Path
from typing import Any

import pyarrow as pa
import pyarrow.parquet as pq

from pipeline.errors import DocumentError, FetchError
from pipeline.reading.answers import HTML, PAGES, gunzip, limited
from pipeline.reading.compressed import GZIP_START, CompressionBomb, Damage, read_pieces

JSON_LINES = (".jsonl", ".ndjson", ".jsonl.gz", ".ndjson.gz")
PARQUET = (".parquet",)
WARC = (".warc", ".warc.gz", ".wet", ".wet.gz")
ARCHIVES = JSON_LINES + PARQUET + WARC

LONGEST_ADDRESS = 2000
LONGEST_FIELD = 500
ROWS_AT_ONCE = 16
LARGEST_COLUMN = 2_000_000_000  # bytes of one column of one row group, unpacked
WARC_HEADER = 65_536
WARC_START = b"WARC/1."

_CONTROL = re.compile(r"[\x00-\x1f\x7f]")


class UnknownArchive(DocumentError):
    """The file is none of the kinds of archives that are read."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Record:
    """One document of an archive. `number` counts lines, rows or records from 1; `content` is text or a page."""

    number: int
    uri: str
    content: bytes
    media_type: str
    charset: str | None = None
    title: str | None = None
    author: str | None = None
    publisher: str | None = None
    country: str | None = None
    language: str | None = None
    licence: str | None = None
    published: date | None = None
    # When the archive's maker read it, so that snapshots of one page keep their order.
    read_at: datetime | None = None


@dataclass(frozen=True, slots=True)
class BadRecord:
    """A record that can't be used, and why."""

    number: int
    reason: str


class _Unusable(Exception):
    """Why one record can't be used."""


def is_archive(path: Path) -> bool:
    """Whether the file's name is that of an archive."""
    return path.name.lower().endswith(ARCHIVES)


def read_archive(path: Path, *, uri: str, largest: int) -> Iterator[Record | BadRecord]:
    """The records of an archive in their order, those that can't be used in their place.

    `uri` is the archive's own; a record that has an `id` and no address is `uri#id`. Records of more than `largest`
    bytes are not read. UnknownArchive for a file of another kind; OSError if it can't be read at all.
    """
    name = path.name.lower()
    if name.endswith(JSON_LINES):
        yield from _json_lines(path, uri, largest)
    elif name.endswith(PARQUET):
        yield from _parquet(path, uri, largest)
    elif name.endswith(WARC):
        yield from _warc(path, largest)
    else:
        raise UnknownArchive(f"it is no archive; archives are called {', '.join(ARCHIVES)}")


# Records with named values: JSON Lines and Parquet


def _record(number: int, values: Mapping[str, Any], uri: str, largest: int) -> Record:
    """The record with these values. _Unusable if it has no text, or nothing to know it by."""
    kinds = [kind for kind in ("text", "html") if values.get(kind) is not None]
    if len(kinds) != 1 or not isinstance(values[kinds[0]], str):
        raise _Unusable("it must have either text or html, as a string")
    try:
        content = values[kinds[0]].encode()
    except UnicodeEncodeError:
        raise _Unusable("its text has half a character in it (a lone surrogate)") from None
    if len(content) > largest:
        raise _Unusable(f"it has {len(content):,} bytes, and at most {largest:,} are read")
    published = values.get("published") if values.get("published") is not None else values.get("date")
    return Record(
        number=number,
        uri=_identity(values, uri),
        content=content,
        media_type="text/plain" if kinds[0] == "text" else "text/html",
        charset="utf-8",
        title=_field(values.get("title")),
        author=_field(values.get("author")),
        publisher=_field(values.get("publisher")),
        country=_matching(r"[A-Z]{2}", values.get("country")),
        language=_matching(r"[a-z]{2,3}", values.get("language")),
        licence=_field(values.get("licence")),
        published=_day(published),
        read_at=_moment(values.get("fetched_at")),
    )


def _identity(values: Mapping[str, Any], uri: str) -> str:
    """The record's address, or its id within the archive: what stays the same when lines are added."""
    for key in ("uri", "url"):
        if isinstance(values.get(key), str) and values[key].strip():
            return _address(values[key])
    name = values.get("id")
    if isinstance(name, str | int) and not isinstance(name, bool) and str(name).strip():
        return f"{uri}#{_address(str(name))}"
    raise _Unusable("it has no uri, url or id to know it by")


def _address(given: str) -> str:
    address = given.strip()
    if len(address) > LONGEST_ADDRESS or _CONTROL.search(address):
        raise _Unusable(f"its address is longer than {LONGEST_ADDRESS} characters or has control characters")
    return address


def _field(value: Any) -> str | None:
    return (
        " ".join(value[: 2 * LONGEST_FIELD].split())[:LONGEST_FIELD] or None
        if isinstance(value, str)
        else None
    )


def _matching(pattern: str, value: Any) -> str | None:
    return value if isinstance(value, str) and re.fullmatch(pattern, value) else None


def _day(value: Any) -> date | None:
    """The day of a date, a moment, or one of them in ISO 8601. _Unusable for anything else that is there."""
    if isinstance(value, datetime):
        return value.date()
    if value is None or isinstance(value, date):
        return value
    try:
        return datetime.fromisoformat(value.strip()).date()
    except (AttributeError, ValueError):
        raise _Unusable(f"published is {str(value)[:50]!r}, and no date such as 2024-12-03") from None


def _moment(value: Any) -> datetime | None:
    """A moment, or one in ISO 8601, taken as UTC if it names no time zone; None for anything else."""
    try:
        moment = value if isinstance(value, datetime) else datetime.fromisoformat(value)
        return moment.astimezone(UTC) if moment.tzinfo else moment.replace(tzinfo=UTC)
    except (OverflowError, TypeError, ValueError):
        return None


def _json_lines(path: Path, uri: str, largest: int) -> Iterator[Record | BadRecord]:
    for number, line in _lines(path, 2 * largest):  # JSON may write a character as six
        if isinstance(line, BadRecord):
            yield line
        elif line.strip():
            try:
                yield _record(number, _json(line), uri, largest)
            except _Unusable as problem:
                yield BadRecord(number, f"line {number}: {problem}")


def _json(line: bytes) -> Mapping[str, Any]:
    try:
        values = json.loads(line)
    except UnicodeDecodeError as error:
        raise _Unusable(f"is not UTF-8 at byte {error.start}") from error
    except (ValueError, RecursionError) as error:
        raise _Unusable(f"is no JSON: {error}"[:300]) from error
    if not isinstance(values, dict):
        raise _Unusable("is no JSON object")
    return values


def _lines(path: Path, longest: int) -> Iterator[tuple[int, bytes | BadRecord]]:
    """Lines with their numbers; one that is too long or damaged is given as a bad record, without its content."""
    number, waiting, problem = 1, bytearray(), ""
    with path.open("rb") as file:
        for piece in _until_bomb(read_pieces(file)):
            if isinstance(piece, Damage):
                problem = piece.reason
                continue
            *whole, rest = piece.split(b"\n")
            for end in whole:
                waiting += end
                yield number, _line(number, waiting, longest, problem)
                number, waiting, problem = number + 1, bytearray(), ""
            waiting += rest
            if len(waiting) > longest:
                problem = problem or f"it is longer than {longest:,} bytes"
                waiting.clear()
    if waiting or problem:
        yield number, _line(number, waiting, longest, problem)


def _line(number: int, line: bytearray, longest: int, problem: str) -> bytes | BadRecord:
    if len(line) > longest:
        problem = f"it is longer than {longest:,} bytes"
    if problem:
        return BadRecord(number, f"line {number}: {problem}")
    return bytes(line).removeprefix(b"\xef\xbb\xbf")


def _until_bomb(pieces: Iterator[bytes | Damage]) -> Iterator[bytes | Damage]:
    """The pieces up to where they unpack to too much, which is then a damage like any other."""
    try:
        yield from pieces
    except CompressionBomb as bomb:
        yield Damage(str(bomb))


def _parquet(path: Path, uri: str, largest: int) -> Iterator[Record | BadRecord]:
    """The rows, a few at a time; a row group that is damaged is one bad record, and the next is read."""
    wanted = (
        "text",
        "html",
        "uri",
        "url",
        "id",
        "title",
        "author",
        "publisher",
        "licence",
        "country",
        "language",
    )
    try:
        with pq.ParquetFile(path, pre_buffer=False) as file:
            names = [
                name
                for name in (*wanted, "published", "date", "fetched_at")
                if name in file.schema_arrow.names
            ]
            first = 1
            for group in range(file.metadata.num_row_groups):
                yield from _row_group(file, group, names, first, uri, largest)
                first += file.metadata.row_group(group).num_rows
    except (pa.ArrowException, OSError, UnicodeDecodeError) as error:
        yield BadRecord(0, f"it can't be read as Parquet: {error}"[:300])


def _row_group(
    file: pq.ParquetFile, group: int, names: list[str], first: int, uri: str, largest: int
) -> Iterator[Record | BadRecord]:
    metadata = file.metadata.row_group(group)
    number = first
    sizes = [metadata.column(i).total_uncompressed_size for i in range(metadata.num_columns)]
    if max(sizes, default=0) > LARGEST_COLUMN:
        yield BadRecord(
            number, f"row group {group + 1} has {max(sizes):,} bytes in a column; write smaller row groups"
        )
        return
    try:
        for batch in file.iter_batches(ROWS_AT_ONCE, row_groups=[group], columns=names, use_threads=False):
            for values in batch.to_pylist():
                try:
                    yield _record(number, values, uri, largest)
                except _Unusable as problem:
                    yield BadRecord(number, f"row {number}: {problem}")
                number += 1
    except (pa.ArrowException, OSError, UnicodeDecodeError) as error:
        yield BadRecord(number, f"row {number} to the end of row group {group + 1}: {error}"[:300])


# WARC


class _Cut(Exception):
    """The data ends or is damaged before what should be there."""


class _Stream:
    """A file's unpacked content, of which so much is kept as is being looked at."""

    def __init__(self, pieces: Iterator[bytes | Damage], size: float) -> None:
        self._pieces = pieces
        self._ahead = size  # bytes not yet in the buffer; infinite where the size isn't known, in gzip
        self._buffer = bytearray()

    def _fill(self) -> bool:
        """Get one more piece. False at the end; _Cut at damage, and what came before it is dropped."""
        piece = next(self._pieces, None)
        if isinstance(piece, Damage):
            self._buffer.clear()
            raise _Cut(piece.reason)
        self._buffer += piece or b""
        self._ahead -= len(piece or b"")
        return piece is not None

    def starts_with_record(self) -> bool:
        """Whether a record begins here."""
        while len(self._buffer) < len(WARC_START) and self._fill():
            pass
        return self._buffer.startswith(WARC_START)

    def skip_to_record(self) -> tuple[bool, bool]:
        """Go on to the next line that begins a record: whether there is one, and if more than blank was skipped."""
        skipped = False
        if self.starts_with_record():
            return True, False
        while True:
            found = self._buffer.find(b"\n" + WARC_START)
            if found >= 0:
                skipped = skipped or bool(self._buffer[:found].strip())
                del self._buffer[: found + 1]
                return True, skipped
            keep = len(WARC_START)
            skipped = skipped or bool(self._buffer[:-keep].strip())
            del self._buffer[:-keep]
            if not self._fill():
                return False, skipped or bool(self._buffer.strip())

    def header(self) -> bytes:
        """The lines up to the blank one. _Cut if there is no blank line within 64 KiB."""
        looked = 0
        while True:
            end = self._buffer.find(b"\r\n\r\n", max(0, looked - 3))
            if 0 <= end <= WARC_HEADER:
                lines = bytes(self._buffer[:end])
                del self._buffer[: end + 4]
                return lines
            looked = len(self._buffer)
            if looked > WARC_HEADER or not self._fill():
                del self._buffer[: len(WARC_START)]
                raise _Cut("its header has no end")

    def body(self, length: int, largest: int) -> bytes | None:
        """So many bytes, which a blank line must follow; None, and passed over, if they are too many."""
        if length > len(self._buffer) + self._ahead:
            raise _Cut("its Content-Length is wrong, or it is cut off")
        if length > largest:
            self._pass_over(length)
            return None
        while len(self._buffer) < length + 4 and self._fill():
            pass
        whole = len(self._buffer) >= length
        if not whole or not b"\r\n\r\n".startswith(self._buffer[length : length + 4]):
            raise _Cut("its Content-Length is wrong, or it is cut off")
        content = bytes(self._buffer[:length])
        del self._buffer[: length + 4]
        return content

    def _pass_over(self, length: int) -> None:
        packed = self._ahead == math.inf
        while length > len(self._buffer):
            length -= len(self._buffer)
            self._buffer.clear()
            # In gzip, a record that begins with a piece begins a member, and no record goes on into another member.
            if not self._fill() or (packed and self.starts_with_record()):
                raise _Cut("its Content-Length is wrong, or it is cut off")
        del self._buffer[:length]


def _warc(path: Path, largest: int) -> Iterator[Record | BadRecord]:
    with path.open("rb") as file:
        packed = file.read(len(GZIP_START)) == GZIP_START
        file.seek(0)
        size = math.inf if packed else path.stat().st_size
        stream = _Stream(_until_bomb(read_pieces(file)), size)
        number = 0
        while True:
            number += 1
            try:
                there, skipped = stream.skip_to_record()
                if skipped:
                    yield BadRecord(number, f"before record {number}: there is something that is no record")
                if not there:
                    return
                record = _warc_record(number, stream, largest)
                if record:
                    yield record
            except (_Cut, _Unusable, FetchError) as problem:
                yield BadRecord(number, f"record {number}: {problem}")


def _warc_record(number: int, stream: _Stream, largest: int) -> Record | None:
    """The page or text of one record; None for what is no document: requests, redirects, errors, pictures."""
    header = _fields(stream.header())
    kind = header.get("warc-type", "")
    length = header.get("content-length", "")
    if not (length.isascii() and length.isdigit() and len(length) < 16):
        raise _Unusable("it has no Content-Length")
    block = stream.body(int(length), largest + WARC_HEADER)
    if kind not in ("response", "resource", "conversion"):
        return None
    media_type, charset = _media_type(header.get("content-type", ""))
    if block is None:
        raise _Unusable(f"it has {int(length):,} bytes, and at most {largest:,} are read")
    content = block
    if kind == "response":
        if media_type != "application/http":
            return None
        answer = _http(block, largest)
        if answer is None:
            return None
        media_type, charset, content = answer
    if media_type not in PAGES:
        return None
    if not content.strip():
        raise _Unusable("it is empty")
    return Record(
        number=number,
        uri=_address(header.get("warc-target-uri", "").strip("<>")) or _no_address(),
        content=content,
        media_type="text/html" if media_type in HTML else media_type,
        charset=charset,
        read_at=_moment(header.get("warc-date")),
    )


def _no_address() -> str:
    raise _Unusable("it has no WARC-Target-URI")


def _fields(header: bytes) -> dict[str, str]:
    """The named fields of a record's header, names in lower case."""
    pairs = (line.partition(":") for line in header.decode("utf-8", "replace").split("\r\n")[1:])
    return {name.strip().lower(): value.strip() for name, _, value in pairs}


def _media_type(value: str) -> tuple[str, str | None]:
    charset = re.search(r"charset\s{0,3}=\s{0,3}[\"']?([\w.:-]{1,40})", value[:300], re.IGNORECASE)
    return value.partition(";")[0].strip().lower(), charset[1] if charset else None


def _http(block: bytes, largest: int) -> tuple[str, str | None, bytes] | None:
    """Type, charset and body of a stored answer; None unless it was a page that was found."""
    stream = io.BytesIO(block)
    status = stream.readline(1000).split()
    if len(status) < 2 or not status[0].startswith(b"HTTP/"):
        raise _Unusable("it holds no HTTP answer")
    try:
        headers = http.client.parse_headers(stream)
    except http.client.HTTPException as error:
        raise _Unusable(f"its HTTP headers can't be read: {error}") from error
    media_type, charset = _media_type(headers.get("Content-Type", ""))
    if status[1] != b"200" or media_type not in PAGES:
        return None
    body = stream.read()
    if "chunked" in headers.get("Transfer-Encoding", "").lower():
        body = _dechunked(body)
    if headers.get("Content-Encoding", "").strip().lower() in ("gzip", "x-gzip") and body[:2] == b"\x1f\x8b":
        body = b"".join(
            limited(gunzip([body]), largest)
        )  # some archives keep the header of what they unpacked
    if len(body) > largest:
        raise _Unusable(f"it has {len(body):,} bytes, and at most {largest:,} are read")
    return media_type, charset, body


def _dechunked(body: bytes) -> bytes:
    """The body without the sizes of its chunks; as it is if it has none, as some archives store it."""
    parts: list[bytes] = []
    position = 0
    while True:
        end = body.find(b"\r\n", position, position + 1000)
        try:
            size = int(body[position:end].partition(b";")[0], 16) if end > 0 else -1
        except ValueError:
            size = -1
        if size == 0:
            return b"".join(parts)
        if size < 0 or end + 2 + size > len(body):
            return body if not parts else b"".join(parts)
        parts.append(body[end + 2 : end + 2 + size])
        position = end + 2 + size + 2
