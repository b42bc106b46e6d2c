"""Reads the sources that are on the web: pages, and the pages that feeds and sitemaps list.

What each address answered last is kept (the table `fetches`), so that an unchanged page costs one conditional
request and makes no snapshot, and one whose words are the same in another markup makes none either. What was read
is believed to be stored only if `known` says so: after a run that was killed, the page is simply read again.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator
from collections.abc import Set as AbstractSet
from contextlib import nullcontext
from dataclasses import asdict, dataclass, replace
from datetime import date, datetime, timedelta

import pyarrow as pa

from pipeline.errors import DocumentError
from pipeline.reading.answers import FEEDS as FEED_TYPES
from pipeline.reading.answers import HTML, Answer, Validators
from pipeline.reading.answers import PAGES as PAGE_TYPES
from pipeline.reading.contents import (
    Document,
    Failure,
    decode_content,
    document,
    failure,
    read_content,
    sha256_of,
)
from pipeline.reading.feeds import MAX_BYTES as LARGEST_FEED
from pipeline.reading.feeds import Feed, FeedError, Link, read_feed
from pipeline.reading.fetching import Fetcher
from pipeline.sources import PAGES, SITEMAPS, Source
from pipeline.tables import FETCHES

MOST_SITEMAPS = 100
REMEMBERED = timedelta(days=400)
# A little less than it says, so that a refresh that starts a minute earlier than yesterday's still asks.
PERIODS = {
    "refresh": timedelta(0),
    "hour": timedelta(minutes=50),
    "day": timedelta(hours=22),
    "week": timedelta(days=6, hours=20),
}


@dataclass(frozen=True, slots=True, kw_only=True)
class Fetch:
    """A row of the table `fetches`, whose descriptions say what the fields are."""

    source_id: str
    uri: str
    answer: str
    asked_at: datetime
    reason: str | None = None
    read_at: datetime | None = None
    kind: str | None = None
    address: str | None = None
    etag: str | None = None
    last_modified: str | None = None
    document_uri: str | None = None
    sha256: str | None = None
    text_sha256: str | None = None
    published: date | None = None
    links: list[str] | None = None
    link_times: list[datetime | None] | None = None

    @property
    def validators(self) -> Validators | None:
        """What to ask with whether it changed."""
        tells = self.address and (self.etag or self.last_modified)
        return Validators(self.address, self.etag, self.last_modified) if tells and self.address else None

    @property
    def listed(self) -> tuple[Link, ...]:
        """The links of a feed or sitemap."""
        return tuple(map(Link, self.links or (), self.link_times or ()))


class Web:
    """The web as it is known: the fetcher, and what each address answered last."""

    def __init__(self, fetcher: Fetcher, fetches: pa.Table | None = None) -> None:
        self.fetcher = fetcher
        rows = FETCHES.cast(fetches).to_pylist() if fetches is not None else []
        self._fetches = {(row["source_id"], row["uri"]): Fetch(**row) for row in rows}
        self.asked = 0  # how many addresses were asked since; what is noted of them waits to be stored

    def last(self, source: Source, url: str) -> Fetch | None:
        """What the address answered last, None if it was never asked."""
        return self._fetches.get((source.id, url))

    def note(self, fetch: Fetch) -> None:
        """Remember what an address answered."""
        self._fetches[fetch.source_id, fetch.uri] = fetch
        self.asked += 1

    def table(self) -> pa.Table:
        """All that is known, as the table `fetches`. Store it after the documents, never before.

        What was not asked for 400 days, having left its feed or its source, is forgotten.
        """
        newest = max((fetch.asked_at for fetch in self._fetches.values()), default=None)
        kept = (f for _, f in sorted(self._fetches.items()) if newest and newest - f.asked_at < REMEMBERED)
        return FETCHES.from_rows([asdict(fetch) for fetch in kept])


def read_web(
    source: Source,
    *,
    known: AbstractSet[tuple[str, str]],
    now: datetime,
    on_progress: Callable[[int, int], None] | None = None,
    web: Web | None = None,
) -> Iterator[Document | Failure]:
    """The documents of a source on the web and what could not be read of it; see `documents.read_source`."""
    with nullcontext(web.fetcher) if web else Fetcher() as fetcher:
        reading = _Reading(source, known, now, web or Web(fetcher))
        pages = reading.pages()
        yield from reading.failures
        for number, link in enumerate(pages, start=1):
            outcome = reading.read(link)
            if outcome is not None:
                yield outcome
            if on_progress is not None:
                on_progress(number, len(pages))


class _Reading:
    """One refresh of one source."""

    def __init__(self, source: Source, known: AbstractSet[tuple[str, str]], now: datetime, web: Web) -> None:
        self._source = source
        self._known = known
        self._now = now
        self._web = web
        self.failures: list[Failure] = []  # of feeds and sitemaps

    # Which pages

    def pages(self) -> list[Link]:
        """The pages to ask for now, those that waited longest first, no more than allowed."""
        if self._source.kind == PAGES:
            links = [Link(url) for url in self._source.paths]
        else:
            links = [link for url in self._source.paths for link in self._listed(url)]
        if self._source.kind == SITEMAPS:
            links.sort(key=_changed, reverse=True)
        once = {link.url: link for link in reversed(links)}  # of two that list a page, the first
        due = [
            link
            for link in reversed(once.values())
            if self._is_due(self._web.last(self._source, link.url), link)
        ]
        return sorted(due, key=self._asked)[: self._source.most_pages]

    def _asked(self, link: Link) -> float:
        last = self._web.last(self._source, link.url)
        return last.asked_at.timestamp() if last else 0

    def _is_due(self, last: Fetch | None, link: Link) -> bool:
        """Whether to ask: not if it was read and is said to be unchanged since, or was read a moment ago."""
        if last is None or last.answer == "failed" or last.read_at is None:
            return True
        unchanged = link.modified is not None and link.modified <= last.read_at
        return not unchanged and last.read_at + PERIODS[self._source.every] <= self._now

    def _listed(self, url: str, link: Link | None = None) -> list[Link]:
        """The pages that a feed, a sitemap or an index's sitemaps list; `link` says where an index names it."""
        last = self._web.last(self._source, url)
        feed = Feed(last.kind or "feed", last.listed) if last else Feed("feed", ())
        if self._is_due(last, link or Link(url)):
            feed = self._read_feed(url, last) or feed
        if feed.kind != "index":
            return list(feed.links)
        if link is not None:
            self._fail(url, FeedError("is an index that another index lists; only one is followed"))
            return []
        newest = sorted(feed.links, key=_changed, reverse=True)[:MOST_SITEMAPS]
        return [page for sitemap in newest for page in self._listed(sitemap.url, sitemap)]

    def _read_feed(self, url: str, last: Fetch | None) -> Feed | None:
        """What the address lists now; None if it is unchanged or can't be read."""
        try:
            answer = self._ask(url, last.validators if last and last.kind else None, FEED_TYPES, LARGEST_FEED)
            if answer.content is None:
                self._unchanged(last)
                return None
            feed = read_feed(answer.content, answer.url)
            if feed.problem and not feed.links:
                raise FeedError(f"lists nothing that can be read: {feed.problem}")
        except DocumentError as problem:
            self._fail(url, problem)
            return None
        self._web.note(
            replace(
                self._fetch(url, answer),
                kind=feed.kind,
                reason=feed.problem,
                links=[link.url for link in feed.links],
                link_times=[link.modified for link in feed.links],
            )
        )
        return feed

    # What they say

    def read(self, link: Link) -> Document | Failure | None:
        """The page's document, None if nothing in it is new, or why it can't be read."""
        url = link.url
        last = self._web.last(self._source, url)
        stored = last if last and (last.document_uri, last.sha256) in self._known else None
        sha256 = ""
        try:
            answer = self._ask(url, stored.validators if stored else None, PAGE_TYPES, self._source.max_bytes)
            if answer.content is None:
                self._unchanged(stored)
                return None
            sha256 = sha256_of(answer.content)
            fetch = replace(self._fetch(url, answer), kind="page", published=self._published(link, last))
            return self._document(fetch, answer, answer.content, stored)
        except DocumentError as problem:
            return self._failed(url, problem, sha256)

    def _published(self, link: Link, last: Fetch | None) -> date | None:
        """The date that the feed gives the page, or gave it when it was last read; none that is still to come."""
        day = link.published or (last.published if last else None)
        return day if day and day <= self._now.date() else None

    def _document(self, fetch: Fetch, answer: Answer, data: bytes, stored: Fetch | None) -> Document | None:
        """The document of a page that was read, None if its bytes or its words are known. Notes what was read."""
        media_type = "text/html" if answer.media_type in HTML else answer.media_type
        decoded = decode_content(data, media_type, answer.url, charset=answer.charset)
        fetch = replace(fetch, document_uri=decoded.uri, sha256=decoded.sha256)
        if (decoded.uri, decoded.sha256) in self._known:
            same = stored is not None and stored.sha256 == decoded.sha256
            self._web.note(replace(fetch, text_sha256=stored.text_sha256 if stored and same else None))
            return None
        content = read_content(decoded, near=fetch.published, today=self._now.date())
        words = sha256_of(f"{content.title}\n{content.text}".encode())
        if stored and (stored.document_uri, stored.text_sha256) == (decoded.uri, words):
            self._web.note(replace(fetch, answer="unchanged", sha256=stored.sha256, text_sha256=words))
            return None
        self._web.note(replace(fetch, text_sha256=words))
        return document(self._source, decoded, content, self._now)

    def _ask(self, url: str, validators: Validators | None, accept: tuple[str, ...], size: int) -> Answer:
        return self._web.fetcher.fetch(
            url, accept=accept, validators=validators, allow_private=self._source.allow_private, size=size
        )

    # What is remembered

    def _fetch(self, url: str, answer: Answer) -> Fetch:
        return Fetch(
            source_id=self._source.id,
            uri=url,
            answer="read",
            asked_at=self._now,
            read_at=self._now,
            address=answer.validators.url,
            etag=answer.validators.etag,
            last_modified=answer.validators.last_modified,
        )

    def _unchanged(self, last: Fetch | None) -> None:
        assert last is not None  # only what was read before is asked whether it changed
        self._web.note(replace(last, answer="unchanged", reason=None, asked_at=self._now, read_at=self._now))

    def _failed(self, url: str, problem: DocumentError, sha256: str = "") -> Failure:
        last = self._web.last(self._source, url)
        before = last or Fetch(source_id=self._source.id, uri=url, answer="failed", asked_at=self._now)
        self._web.note(replace(before, answer="failed", reason=str(problem), asked_at=self._now))
        return failure(self._source, url, problem, self._now, sha256)

    def _fail(self, url: str, problem: DocumentError) -> None:
        self.failures.append(self._failed(url, problem))


def _changed(link: Link) -> float:
    return link.modified.timestamp() if link.modified else 0
