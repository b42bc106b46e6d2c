"""Finds and reads the files of a source: folders, patterns and files of .txt, .md and .html, and archives."""

from __future__ import annotations

import glob
import hashlib
import itertools
import os
import re
import stat
from collections.abc import Callable, Iterator
from collections.abc import Set as AbstractSet
from dataclasses import replace
from datetime import datetime
from pathlib import Path

from pipeline.errors import DocumentError
from pipeline.reading.archives import ARCHIVES as KINDS_OF_ARCHIVES
from pipeline.reading.archives import BadRecord, Record, is_archive, read_archive
from pipeline.reading.bylines import day_in_file_name
from pipeline.reading.contents import (
    Document,
    Failure,
    TooLarge,
    decode_content,
    document,
    failure,
    read_content,
    sha256_of,
)
from pipeline.sources import ARCHIVES, MEGABYTE, PATHS, Source

MEDIA_TYPES = {
    ".txt": "text/plain",
    ".text": "text/plain",
    ".md": "text/markdown",
    ".markdown": "text/markdown",
    ".html": "text/html",
    ".htm": "text/html",
    ".xhtml": "text/html",
}

# So many records of one archive are told of one by one.
MOST_FAILURES = 1000

_NOT_DOCUMENTS = re.compile(
    r"[._~].*|.*(?:~|\.(?:tmp|part|partial|crdownload|swp|bak))|(?:readme|licen[cs]e)(?:\..*)?", re.I
)
_PATTERN = re.compile(r"[*?\[]")


class UnknownKind(DocumentError):
    """The file's extension is not one of those that are read."""


class NotFound(DocumentError):
    """There is nothing at the path, or no longer."""


class NotReadable(DocumentError):
    """The system refuses to read the path."""


class NotAFile(DocumentError):
    """The path leads to something that is not a plain file in the source's folder."""


def read_files(
    source: Source,
    *,
    root: Path,
    known: AbstractSet[tuple[str, str]],
    now: datetime,
    on_progress: Callable[[int, int], None] | None = None,
    on_whole: Callable[[str, str], None] | None = None,
) -> Iterator[Document | Failure]:
    """The documents of a source of files and what could not be read of it; see `documents.read_source`."""
    found = list(_find(source, root))
    for number, (path, problem) in enumerate(found, start=1):
        if problem:
            yield failure(source, uri_of(path, root), problem, now)
        elif is_archive(path):
            yield from _read_archive(source, root, path, known, now, on_whole)
        else:
            outcome = _read(source, root, path, known, now)
            if outcome is not None:
                yield outcome
        if on_progress is not None:
            on_progress(number, len(found))


def files(source: Source, *, root: Path) -> Iterator[Path]:
    """The files that `read_source` would read, in its order, without opening them; none of a source on the web."""
    if source.is_web:
        return iter(())
    return (path for path, problem in _find(source, root) if problem is None)


def uri_of(path: Path, root: Path) -> str:
    """The path relative to the root with `/` between its parts, however it was spelled."""
    try:
        relative = os.path.relpath(path, root)
    except ValueError:  # another drive
        relative = str(path.absolute())
    # A file name may hold bytes that are no UTF-8, which no table can store.
    return Path(relative).as_posix().encode("utf-8", "surrogateescape").decode("utf-8", "backslashreplace")


# Finding


def _find(source: Source, root: Path) -> Iterator[tuple[Path, DocumentError | None]]:
    """Every file of the source once, with the reason why it is not to be read, if there is one."""
    seen: set[str] = set()
    for given in source.paths:
        for path, problem in _expand(source, root, given):
            key = uri_of(path, root)
            if key not in seen:
                seen.add(key)
                yield path, problem


def _expand(source: Source, root: Path, given: str) -> Iterator[tuple[Path, DocumentError | None]]:
    path = root / given
    if path.is_dir():
        yield from _walk(path, source.kind)
    elif os.path.lexists(path):
        yield (
            path,
            _kind_problem(path, source.kind)
            if path.exists()
            else NotFound("it is a link to something that is not there"),
        )
    elif not source.named and _PATTERN.search(given):
        home = os.path.realpath(root / _folder_of(given))
        for match in sorted(glob.glob(given, root_dir=root, recursive=True)):  # noqa: PTH207 (takes absolute patterns too)
            if not (root / match).is_dir() and not _NOT_DOCUMENTS.fullmatch(Path(match).name):
                yield (
                    root / match,
                    _link_problem(root / match, home) or _kind_problem(root / match, source.kind),
                )
    elif not source.optional:
        yield path, NotFound("there is no such file or folder")


def _folder_of(pattern: str) -> Path:
    """The folder that the pattern's matches are looked for in: its parts before the first with a wildcard."""
    return Path(*itertools.takewhile(lambda part: not _PATTERN.search(part), Path(pattern).parts))


def _walk(folder: Path, kind: str) -> Iterator[tuple[Path, DocumentError | None]]:
    """All documents in the folder and the folders below it, by path."""
    unreadable: list[OSError] = []
    home = os.path.realpath(folder)
    for parent, folders, names in os.walk(folder, onerror=unreadable.append):
        folders[:] = sorted(name for name in folders if not _NOT_DOCUMENTS.fullmatch(name))
        links = [name for name in folders if Path(parent, name).is_symlink()]
        for name in links:
            yield (
                Path(parent, name),
                NotAFile("it is a link to a folder, which is not followed; list that folder itself"),
            )
        for name in sorted(names):
            if not _NOT_DOCUMENTS.fullmatch(name):
                path = Path(parent, name)
                leads = _link_problem(path, home) if path.is_symlink() else None
                yield path, leads or _kind_problem(path, kind)
    for error in unreadable:
        yield Path(error.filename), NotReadable(f"the folder can't be listed: {error.strerror}")


def _link_problem(path: Path, home: str) -> DocumentError | None:
    """Why a path is not to be read that leads, by a link or by `..`, out of the real path `home`."""
    if not path.exists():
        return NotFound("it is a link to something that is not there")
    if os.path.commonpath([home, os.path.realpath(path)]) != home:
        return NotAFile("it leads out of the folder that is read; copy the file, or list it itself")
    return None


def _kind_problem(path: Path, kind: str = PATHS) -> DocumentError | None:
    if kind == ARCHIVES and not is_archive(path):
        return UnknownKind(f"it is no archive; archives are called {', '.join(KINDS_OF_ARCHIVES)}")
    if path.suffix.lower() in MEDIA_TYPES or is_archive(path):
        return None
    kind = f"{path.suffix} files are" if path.suffix else "a file without an extension is"
    return UnknownKind(f"{kind} not read; save it as .txt, .md or .html")


# Reading


def _read(
    source: Source, root: Path, path: Path, known: AbstractSet[tuple[str, str]], now: datetime
) -> Document | Failure | None:
    """The document, None if it is known, or the failure to read it."""
    uri, sha256 = uri_of(path, root), ""
    try:
        data = _bytes(path, source.max_bytes)
        sha256 = sha256_of(data)
        if (uri, sha256) in known:
            return None
        decoded = decode_content(data, MEDIA_TYPES[path.suffix.lower()], uri)
        content = read_content(decoded, near=day_in_file_name(path.name), today=now.date())
        return document(source, decoded, content, now)
    except DocumentError as problem:
        return failure(source, uri, problem, now, sha256)


def _read_archive(
    source: Source,
    root: Path,
    path: Path,
    known: AbstractSet[tuple[str, str]],
    now: datetime,
    on_whole: Callable[[str, str], None] | None,
) -> Iterator[Document | Failure]:
    """The documents of an archive, one at a time; a failure is named by the archive and the number in it.

    From `MOST_FAILURES` on, failures are counted and told in one. An archive that is known is not opened.
    """
    archive, failures = uri_of(path, root), 0
    try:
        with path.open("rb") as file:
            sha256 = hashlib.file_digest(file, "sha256").hexdigest()
        if (archive, sha256) in known:
            if on_whole is not None:
                on_whole(archive, sha256)
            return
        for record in read_archive(path, uri=archive, largest=source.max_bytes):
            outcome = _read_record(source, f"{archive}:{record.number}", record, known, now)
            failures += isinstance(outcome, Failure)
            if outcome is not None and (isinstance(outcome, Document) or failures <= MOST_FAILURES):
                yield outcome
    except OSError as error:
        yield failure(source, archive, NotReadable(f"it can't be read: {error.strerror}"), now)
        return
    if not failures and on_whole is not None:
        on_whole(archive, sha256)
    if failures > MOST_FAILURES:
        more = DocumentError(f"{failures - MOST_FAILURES:,} more of its records can't be used")
        yield failure(source, archive, more, now)


def _read_record(
    source: Source, place: str, record: Record | BadRecord, known: AbstractSet[tuple[str, str]], now: datetime
) -> Document | Failure | None:
    """The record's document, None if it is known, or why it can't be used."""
    if isinstance(record, BadRecord):
        return failure(source, place, DocumentError(record.reason), now)
    sha256 = sha256_of(record.content)
    if (record.uri, sha256) in known:
        return None
    try:
        decoded = decode_content(record.content, record.media_type, record.uri, charset=record.charset)
        if (decoded.uri, sha256) in known:
            return None
        content = read_content(decoded, near=record.published, today=now.date())
    except DocumentError as problem:
        return failure(source, place, problem, now, sha256)
    said = {
        name: value
        for name in ("title", "author", "published", "publisher", "country", "language", "licence")
        if (value := getattr(record, name)) is not None
    }
    read_at = min(record.read_at or now, now)
    return document(source, decoded, replace(content, **said), read_at)


def _bytes(path: Path, limit: int) -> bytes:
    """The bytes of a plain file of at most `limit` bytes; what is larger, or no file, is not opened."""
    try:
        status = path.stat()
        if not stat.S_ISREG(status.st_mode):
            raise NotAFile("it is not a plain file")
        if status.st_size > limit:
            raise TooLarge(_too_large(status.st_size, limit))
        with path.open("rb") as file:
            data = file.read(limit + 1)
    except FileNotFoundError:
        raise NotFound("it was there when the folder was listed and is gone") from None
    except OSError as error:
        raise NotReadable(f"it can't be read: {error.strerror}") from error
    if len(data) > limit:
        raise TooLarge(_too_large(len(data), limit))
    return data


def _too_large(size: int, limit: int) -> str:
    return (
        f"it has {size / MEGABYTE:.1f} MB, and at most {limit / MEGABYTE:g} MB are read; "
        "split it, or set max_megabytes of its source in sources.toml"
    )
