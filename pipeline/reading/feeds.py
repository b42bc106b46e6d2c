"""Which pages a feed or a sitemap lists: RSS, Atom, sitemaps, news sitemaps and sitemap indexes.

Read with lxml, which the project has for pages anyway: entities that a document declares are refused, external
ones and DTDs are never loaded, and libxml2's limits on depth and size stay on. A feed with a slip in its XML, as
many have, is read as far as it goes and says what is wrong. (feedparser is maintained, but falls back on regular
expressions for broken feeds, reads no sitemaps, and gives far more than the addresses that are wanted here.)
"""

from __future__ import annotations

import io
from collections.abc import Collection, Iterator
from dataclasses import dataclass
from datetime import UTC, date, datetime, timedelta
from email.utils import parsedate_to_datetime
from urllib.parse import urljoin

from lxml import etree

from pipeline.errors import DocumentError, FetchError
from pipeline.reading.answers import GZIP_START, gunzip, limited

MAX_BYTES = 50 * 1024 * 1024  # sitemaps.org: at most 50 MB and 50,000 addresses
MAX_LINKS = 50_000
ROOTS = {"rss": "feed", "RDF": "feed", "feed": "feed", "urlset": "sitemap", "sitemapindex": "index"}
ITEMS = {"item", "entry", "url", "sitemap"}
HARMLESS = {"ERR_UNDECLARED_ENTITY", "WAR_UNDECLARED_ENTITY", "NS_ERR_UNDEFINED_NAMESPACE", "WAR_NS_URI"}


class FeedError(DocumentError):
    """What was read is no feed and no sitemap, or not one that is safe to read."""


@dataclass(frozen=True, slots=True)
class Link:
    """A page or, in an index, a sitemap: its address and, if told, since when it hasn't changed and its date."""

    url: str
    modified: datetime | None = None
    published: date | None = None


@dataclass(frozen=True, slots=True)
class Feed:
    """What a feed lists, in its order and each address once. `problem` says what is wrong with it, if anything."""

    kind: str  # feed, sitemap or index
    links: tuple[Link, ...]
    problem: str | None = None


def read_feed(content: bytes, url: str) -> Feed:
    """The links of a feed, sitemap or index that was read from `url`; gzip is unpacked.

    FeedError if it is none of these, declares entities, or is larger than sitemaps.org allows.
    """
    try:
        if content.startswith(GZIP_START):
            content = b"".join(limited(gunzip([content]), MAX_BYTES))
        parser = etree.iterparse(
            io.BytesIO(content),
            events=("start", "end"),
            recover=True,
            resolve_entities=False,
            no_network=True,
            load_dtd=False,
            huge_tree=False,
            remove_comments=True,
            remove_pis=True,
        )
        kind, links = _read(parser, url)
        problem, cut_off = _problem(parser)
    except (FetchError, etree.LxmlError) as error:
        raise FeedError(f"can't be read as a feed or sitemap: {error}") from error
    whole = (
        links[:-1] if cut_off else links
    )  # where a feed ends too early, its last address may have lost its end
    return Feed(kind, tuple({link.url: link for link in whole}.values()), problem)


def _read(parser: etree.iterparse, url: str) -> tuple[str, list[Link]]:
    kind: str | None = None
    links: list[Link] = []
    for event, element in parser:
        if kind is None:
            kind = _kind(element)
        if event == "end" and _name(element) in ITEMS:
            link = _link(element, url)
            if link and len(links) < MAX_LINKS:
                links.append(link)
            element.clear()  # what was read need not stay in memory
            while element.getprevious() is not None:
                del element.getparent()[0]
    if kind is None:
        raise FeedError("is empty or no XML; a feed or sitemap is expected")
    return kind, links


def _kind(root: etree._Element) -> str:
    definition = root.getroottree().docinfo.internalDTD
    if definition is not None and any(True for _ in definition.iterentities()):
        raise FeedError("declares XML entities, which no feed or sitemap needs")
    kind = ROOTS.get(_name(root))
    if kind is None:
        raise FeedError(f"is no feed or sitemap: its first element is <{_name(root)[:50]}>")
    return kind


def _link(item: etree._Element, base: str) -> Link | None:
    """Where an item leads; None where it leads nowhere on the web."""
    address = next(_addresses(item), "").strip()
    try:
        url = urljoin(base, address)
    except ValueError:
        return None
    if not address or not url.startswith(("http://", "https://")):
        return None
    return Link(
        url.partition("#")[0],
        read_time(_first(item, ("lastmod", "updated"))),
        read_day(_first(item, ("pubDate", "published", "publication_date", "date"))),
    )


def _first(item: etree._Element, names: Collection[str]) -> str:
    """The text of the first of these elements in the item, empty if there is none."""
    return next((_text(child) for child in item.iterdescendants() if _name(child) in names), "")


def _addresses(item: etree._Element) -> Iterator[str]:
    """Candidates, best first: <loc>, <link>text</link>, <link href rel=alternate>, a <guid> that is an address."""
    children = [(_name(child), child) for child in item]
    for name, child in children:
        if (name == "loc" or name == "link") and _text(child):
            yield _text(child)
    for name, child in children:
        if name == "link" and child.get("href") and child.get("rel", "alternate") == "alternate":
            yield child.get("href", "")
    for name, child in children:
        if name == "guid" and child.get("isPermaLink", "true") != "false":
            yield _text(child)


def read_time(text: str) -> datetime | None:
    """The moment that a date or time of a feed (ISO 8601 or RFC 5322) names; of a mere date, its end."""
    text = text.strip()[:50]
    try:
        moment = _moment(text) + timedelta(days=1 if len(text) <= len("2026-03-03") else 0)
        return moment.astimezone(UTC) if moment.tzinfo else moment.replace(tzinfo=UTC)
    except (OverflowError, TypeError, ValueError):
        return None


def read_day(text: str) -> date | None:
    """The day that a date or time of a feed names, in the outlet's own time zone."""
    try:
        return _moment(text.strip()[:50]).date()
    except (TypeError, ValueError):
        return None


def _moment(text: str) -> datetime:
    try:
        return datetime.fromisoformat(text)
    except ValueError:
        return parsedate_to_datetime(text)


def _name(element: etree._Element) -> str:
    return str(element.tag).rpartition("}")[2]


def _text(element: etree._Element) -> str:
    return (element.text or "").strip()


def _problem(parser: etree.iterparse) -> tuple[str | None, bool]:
    """The first thing that is wrong with the XML, if anything, and whether it ends too early."""
    errors = [e for e in parser.error_log if e.type_name not in HARMLESS]
    problem = f"line {errors[0].line}: {errors[0].message}"[:300] if errors else None
    return problem, any(e.type_name == "ERR_TAG_NOT_FINISHED" for e in errors)
