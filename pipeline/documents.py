"""Reads documents: folders, patterns and files of .txt, .md and .html, one at a time.

The stored text of a text file is its decoded content, changed only in line ends (\\r\\n and \\r become \\n) and
without a byte order mark, so that offsets hold against the file. The stored text of a page is the article that was
found in it. What can't be read becomes a Failure that says why and what to do; nothing else stops because of it.
"""

from __future__ import annotations

import glob
import hashlib
import os
import re
import stat
from collections.abc import Callable, Iterable, Iterator
from collections.abc import Set as AbstractSet
from dataclasses import asdict, dataclass
from datetime import date, datetime
from pathlib import Path

import pyarrow as pa

from pipeline.bylines import day_in_file_name
from pipeline.decoding import decode
from pipeline.errors import DocumentError
from pipeline.layout import front_matter, is_live_blog, read_head
from pipeline.markup import read_article
from pipeline.sources import MEGABYTE, Source
from pipeline.tables import DOCUMENTS, FAILURES

MEDIA_TYPES = {
    ".txt": "text/plain",
    ".text": "text/plain",
    ".md": "text/markdown",
    ".markdown": "text/markdown",
    ".html": "text/html",
    ".htm": "text/html",
    ".xhtml": "text/html",
}
# To find the article in a page takes some seconds for each so many bytes.
MOST_MARKUP = 10 * MEGABYTE

_NOT_DOCUMENTS = re.compile(
    r"[._~].*|.*(?:~|\.(?:tmp|part|partial|crdownload|swp|bak))|(?:readme|licen[cs]e)(?:\..*)?", re.I
)
_PATTERN = re.compile(r"[*?\[]")


class EmptyFile(DocumentError):
    """The file has no text."""


class TooLarge(DocumentError):
    """The file is larger than is read."""


class UnknownKind(DocumentError):
    """The file's extension is not one of those that are read."""


class NotFound(DocumentError):
    """There is nothing at the path, or no longer."""


class NotReadable(DocumentError):
    """The system refuses to read the path."""


class NotAFile(DocumentError):
    """The path leads to something that is not a plain file in the source's folder."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Document:
    """A row of the table `documents`, whose descriptions say what the fields are."""

    document_id: str
    source_id: str
    uri: str
    title: str | None
    author: str | None
    publisher: str | None
    country: str | None
    language: str | None
    licence: str | None
    published: date | None
    fetched_at: datetime
    sha256: str
    bytes: int
    media_type: str
    encoding: str
    text: str


@dataclass(frozen=True, slots=True, kw_only=True)
class Failure:
    """A row of the table `failures`: what could not be read, why, and what to do."""

    source_id: str
    uri: str
    stage: str
    sha256: str
    reason: str
    error: str
    failed_at: datetime


@dataclass(frozen=True, slots=True)
class _Content:
    """What the bytes of one file hold."""

    text: str
    encoding: str
    title: str | None
    author: str | None
    published: date | None
    publisher: str | None = None
    country: str | None = None
    language: str | None = None
    licence: str | None = None


def read_source(
    source: Source,
    *,
    root: Path,
    known: AbstractSet[tuple[str, str]],
    now: datetime,
    on_progress: Callable[[int, int], None] | None = None,
) -> Iterator[Document | Failure]:
    """The documents of a source and what could not be read of it, one at a time, in the order of their paths.

    `root` is the folder that relative paths and uris start from. `known` holds (uri, sha256) of what is stored:
    a file with such a content is read, hashed and left out. `now` becomes `fetched_at`. `on_progress` is called
    with the number of files done and of all after each.

    In a folder, names that begin with `.`, `_` or `~`, half-written and backup files, and README and LICENCE
    files are no documents; a file of any other kind than .txt, .md and .html is a failure, because someone
    put it there to be read.
    """
    found = list(_find(source, root))
    for number, (path, problem) in enumerate(found, start=1):
        outcome = (
            _failure(source, root, path, problem, now) if problem else _read(source, root, path, known, now)
        )
        if outcome is not None:
            yield outcome
        if on_progress is not None:
            on_progress(number, len(found))


def files(source: Source, *, root: Path) -> Iterator[Path]:
    """The files that `read_source` would read, in its order, without opening them."""
    return (path for path, problem in _find(source, root) if problem is None)


def documents_table(documents: Iterable[Document]) -> pa.Table:
    """The documents as the table `documents`."""
    return DOCUMENTS.from_rows([asdict(document) for document in documents])


def failures_table(failures: Iterable[Failure]) -> pa.Table:
    """The failures as the table `failures`."""
    return FAILURES.from_rows([asdict(failure) for failure in failures])


def document_id(uri: str, sha256: str) -> str:
    """16 hexadecimal digits that identify this content at this place."""
    return hashlib.sha256(f"{uri}\n{sha256}".encode()).hexdigest()[:16]


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
        yield from _walk(path)
    elif os.path.lexists(path):
        yield (
            path,
            _kind_problem(path) if path.exists() else NotFound("it is a link to something that is not there"),
        )
    elif not source.named and _PATTERN.search(given):
        for match in sorted(glob.glob(given, root_dir=root, recursive=True)):  # noqa: PTH207 (takes absolute patterns too)
            if not (root / match).is_dir() and not _NOT_DOCUMENTS.fullmatch(Path(match).name):
                yield root / match, _kind_problem(root / match)
    elif not source.optional:
        yield path, NotFound("there is no such file or folder")


def _walk(folder: Path) -> Iterator[tuple[Path, DocumentError | None]]:
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
                yield path, _link_problem(path, home) or _kind_problem(path)
    for error in unreadable:
        yield Path(error.filename), NotReadable(f"the folder can't be listed: {error.strerror}")


def _link_problem(path: Path, home: str) -> DocumentError | None:
    if not path.is_symlink():
        return None
    if not path.exists():
        return NotFound("it is a link to something that is not there")
    if os.path.commonpath([home, os.path.realpath(path)]) != home:
        return NotAFile("it is a link out of the folder that is read; copy the file, or list it itself")
    return None


def _kind_problem(path: Path) -> DocumentError | None:
    if path.suffix.lower() in MEDIA_TYPES:
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
        sha256 = hashlib.sha256(data).hexdigest()
        if (uri, sha256) in known:
            return None
        media_type = MEDIA_TYPES[path.suffix.lower()]
        content = _content(data, media_type, path.name, now.date())
    except DocumentError as problem:
        return _failure(source, root, path, problem, now, sha256)
    return Document(
        document_id=document_id(uri, sha256),
        source_id=source.id,
        uri=uri,
        title=content.title,
        author=content.author,
        publisher=source.publisher or content.publisher,
        country=source.country or content.country,
        language=content.language or source.language,
        licence=source.licence or content.licence,
        published=content.published,
        fetched_at=now,
        sha256=sha256,
        bytes=len(data),
        media_type=media_type,
        encoding=content.encoding,
        text=content.text,
    )


def _failure(
    source: Source, root: Path, path: Path, problem: DocumentError, now: datetime, sha256: str = ""
) -> Failure:
    uri = uri_of(path, root)
    return Failure(
        source_id=source.id,
        uri=uri,
        stage="documents",
        sha256=sha256,
        reason=f"{uri}: {problem}",
        error=type(problem).__name__,
        failed_at=now,
    )


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


def _content(data: bytes, media_type: str, name: str, today: date) -> _Content:
    markup = media_type == "text/html"
    if markup and len(data) > MOST_MARKUP:
        raise TooLarge(
            f"it has {len(data) / MEGABYTE:.1f} MB, and of a page at most {MOST_MARKUP / MEGABYTE:g} MB are read; "
            "save the article's text as .txt"
        )
    decoded, encoding = decode(data, markup=markup)
    if not decoded.strip():
        raise EmptyFile("it is empty")
    near = day_in_file_name(name)
    return _page(decoded, encoding, near, today) if markup else _text(decoded, encoding, near)


def _text(decoded: str, encoding: str, near: date | None) -> _Content:
    text = decoded.replace("\r\n", "\n").replace("\r", "\n")
    head = read_head(text, near)
    fields, _ = front_matter(text)
    return _Content(
        text,
        encoding,
        title=head.title,
        author=head.author,
        published=head.published or near,
        publisher=fields.get("publisher") or None,
        country=_matching(r"[A-Z]{2}", fields.get("country")),
        language=_matching(r"[a-z]{2,3}", fields.get("language") or fields.get("lang")),
        licence=fields.get("licence") or fields.get("license") or None,
    )


def _page(decoded: str, encoding: str, near: date | None, today: date) -> _Content:
    article = read_article(decoded, today=today)
    head = read_head(article.text, article.published or near)
    if is_live_blog(article.text):
        published = head.published or article.published
    else:
        published = article.published or head.published
    return _Content(
        article.text,
        encoding,
        title=article.title or head.title,
        author=article.author or head.author,
        published=published or near,
        publisher=article.publisher,
        country=article.country,
        language=article.language,
    )


def _matching(pattern: str, value: str | None) -> str | None:
    return value if value and re.fullmatch(pattern, value) else None
