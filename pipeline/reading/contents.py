"""From the bytes of a file, a page or a record of an archive to a document, or the reason why there is none.

The stored text of a text is its decoded content, changed only in line ends (\\r\\n and \\r become \\n) and without
a byte order mark, so that offsets hold against the file. The stored text of a page is the article that was found in
it, or the live blog that it describes.
"""

from __future__ import annotations

import hashlib
import re
from dataclasses import dataclass, replace
from datetime import date, datetime

from pipeline.errors import DocumentError
from pipeline.reading.addresses import canonical_address
from pipeline.reading.decoding import decode
from pipeline.reading.layout import front_matter, is_live_blog, read_head
from pipeline.reading.live_blogs import read_live_blog
from pipeline.reading.live_pages import read_live_page
from pipeline.reading.markup import read_article
from pipeline.sources import MEGABYTE, Source

# To find the article in a page takes some seconds for each so many bytes.
MOST_MARKUP = 10 * MEGABYTE


class EmptyFile(DocumentError):
    """The file has no text."""


class TooLarge(DocumentError):
    """The file is larger than is read."""


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


@dataclass(frozen=True, slots=True, kw_only=True)
class Content:
    """What the bytes of a file, page or record hold."""

    text: str
    encoding: str
    title: str | None = None
    author: str | None = None
    published: date | None = None
    publisher: str | None = None
    country: str | None = None
    language: str | None = None
    licence: str | None = None


@dataclass(frozen=True, slots=True)
class Decoded:
    """Bytes made into characters. `uri` is what they are known by: for a page the address that it gives for itself."""

    characters: str
    encoding: str
    uri: str
    sha256: str
    size: int
    media_type: str


def sha256_of(data: bytes) -> str:
    """The SHA-256 of the bytes, in hexadecimal digits."""
    return hashlib.sha256(data).hexdigest()


def document_id(uri: str, sha256: str) -> str:
    """16 hexadecimal digits that identify this content at this place."""
    return hashlib.sha256(f"{uri}\n{sha256}".encode()).hexdigest()[:16]


def decode_content(data: bytes, media_type: str, uri: str, *, charset: str | None = None) -> Decoded:
    """The characters of a text or page that was read at `uri`; `charset` is what its server said.

    EmptyFile, TooLarge, or an error of `decoding`.
    """
    markup = media_type == "text/html"
    if markup and len(data) > MOST_MARKUP:
        raise TooLarge(
            f"it has {len(data) / MEGABYTE:.1f} MB, and of a page at most {MOST_MARKUP / MEGABYTE:g} MB are read; "
            "save the article's text as .txt"
        )
    characters, encoding = decode(data, markup=markup, charset=charset)
    if not characters.strip():
        raise EmptyFile("it is empty")
    if markup and uri.startswith(("http://", "https://")):
        uri = canonical_address(characters, uri)
    return Decoded(characters, encoding, uri, sha256_of(data), len(data), media_type)


def read_content(decoded: Decoded, *, near: date | None, today: date) -> Content:
    """Text and metadata. `near` is a date known from elsewhere; dates after `today` are not believed.

    NoArticle for a page without an article.
    """
    if decoded.media_type == "text/html":
        return _live_blog(decoded, near, today) or _page(decoded, near, today)
    return _text(decoded.characters, decoded.encoding, near)


def document(source: Source, decoded: Decoded, content: Content, now: datetime) -> Document:
    """The row of the table: what the source's entry says goes before what the document says of itself."""
    return Document(
        document_id=document_id(decoded.uri, decoded.sha256),
        source_id=source.id,
        uri=decoded.uri,
        title=content.title,
        author=content.author,
        publisher=source.publisher or content.publisher,
        country=source.country or content.country,
        language=content.language or source.language,
        licence=source.licence or content.licence,
        published=content.published,
        fetched_at=now,
        sha256=decoded.sha256,
        bytes=decoded.size,
        media_type=decoded.media_type,
        encoding=decoded.encoding,
        text=content.text,
    )


def failure(source: Source, uri: str, problem: DocumentError, now: datetime, sha256: str = "") -> Failure:
    """The row that says why `uri` could not be read."""
    reason = str(problem)
    return Failure(
        source_id=source.id,
        uri=uri,
        stage="documents",
        sha256=sha256,
        reason=reason if reason.startswith(uri) else f"{uri}: {reason}",
        error=type(problem).__name__,
        failed_at=now,
    )


def _text(decoded: str, encoding: str, near: date | None) -> Content:
    text = decoded.replace("\r\n", "\n").replace("\r", "\n")
    head = read_head(text, near)
    fields, _ = front_matter(text)
    return Content(
        text=text,
        encoding=encoding,
        title=head.title,
        author=head.author,
        published=head.published or near,
        publisher=fields.get("publisher") or None,
        country=_matching(r"[A-Z]{2}", fields.get("country")),
        language=_matching(r"[a-z]{2,3}", fields.get("language") or fields.get("lang")),
        licence=fields.get("licence") or fields.get("license") or None,
    )


def _live_blog(decoded: Decoded, near: date | None, today: date) -> Content | None:
    blog = read_live_blog(decoded.characters, today=today)
    if blog is None:
        return None
    return Content(
        text=blog.text,
        encoding=decoded.encoding,
        title=blog.title,
        author=blog.author,
        published=blog.published or near,
        publisher=blog.publisher,
        language=blog.language,
    )


def _page(decoded: Decoded, near: date | None, today: date) -> Content:
    article = read_article(decoded.characters, today=today)
    shown = read_live_page(decoded.characters, today=today)
    text = replace(shown, title=article.title).text if shown else article.text
    head = read_head(text, article.published or near)
    if is_live_blog(text):
        published = head.published or article.published
    else:
        published = article.published or head.published
    return Content(
        text=text,
        encoding=decoded.encoding,
        title=article.title or head.title,
        author=article.author or head.author,
        published=published or near,
        publisher=article.publisher,
        country=article.country,
        language=article.language,
    )


def _matching(pattern: str, value: str | None) -> str | None:
    return value if value and re.fullmatch(pattern, value) else None
