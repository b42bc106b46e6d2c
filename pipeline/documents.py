"""Reads what a source holds: files, archives, pages, feeds and sitemaps, one document at a time.

What can't be read becomes a Failure that says why and what to do; nothing else stops because of it.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator
from collections.abc import Set as AbstractSet
from dataclasses import asdict
from datetime import datetime
from pathlib import Path

import pyarrow as pa

from pipeline.reading.contents import MOST_MARKUP, Document, Failure, document_id
from pipeline.reading.files import files, read_files, uri_of
from pipeline.reading.web import Web, read_web
from pipeline.sources import Source
from pipeline.tables import DOCUMENTS, FAILURES

__all__ = [
    "MOST_MARKUP",
    "Document",
    "Failure",
    "document_id",
    "documents_table",
    "failures_table",
    "files",
    "read_source",
    "uri_of",
]


def read_source(
    source: Source,
    *,
    root: Path,
    known: AbstractSet[tuple[str, str]],
    now: datetime,
    on_progress: Callable[[int, int], None] | None = None,
    on_whole: Callable[[str, str], None] | None = None,
    web: Web | None = None,
) -> Iterator[Document | Failure]:
    """The documents of a source and what could not be read of it, one at a time, in the order of their paths.

    `root` is the folder that relative paths and uris start from. `known` holds (uri, sha256) of what is stored:
    a content that is known is left out, and so is a known archive as a whole. `now` becomes `fetched_at`. `on_progress` is called with the number of
    files or addresses done and of all after each, `on_whole` with uri and sha256 of each archive of which nothing
    failed, once all its documents were given or are known. `web` knows what was read of the web before and takes up what is
    read now; without it every address is read as if for the first time.

    In a folder, names that begin with `.`, `_` or `~`, half-written and backup files, and README and LICENCE
    files are no documents; a file of any other kind than .txt, .md, .html and archives is a failure, because
    someone put it there to be read.
    """
    if source.is_web:
        return read_web(source, known=known, now=now, on_progress=on_progress, web=web)
    return read_files(source, root=root, known=known, now=now, on_progress=on_progress, on_whole=on_whole)


def documents_table(documents: Iterable[Document]) -> pa.Table:
    """The documents as the table `documents`."""
    return DOCUMENTS.from_rows([asdict(document) for document in documents])


def failures_table(failures: Iterable[Failure]) -> pa.Table:
    """The failures as the table `failures`."""
    return FAILURES.from_rows([asdict(failure) for failure in failures])
