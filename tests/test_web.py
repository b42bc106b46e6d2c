"""Sources on the web, refreshed again and again against a real server on loopback."""

from __future__ import annotations

import gzip
from collections.abc import Iterator
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

import pyarrow as pa
import pytest
from web_server import Clock, Page, WebServer, in_turn, live_blog, raw, serving

from pipeline.documents import Document, Failure, documents_table, read_source
from pipeline.passages import split_batch
from pipeline.reading.fetching import Fetcher
from pipeline.reading.web import Web
from pipeline.sources import Source
from pipeline.tables import FETCHES

DAY = datetime(2026, 3, 3, 6, tzinfo=UTC)


class Desk:
    """A project that reads one source: what it has stored, and what it knows of the web."""

    def __init__(self, web: WebServer, clock: Clock) -> None:
        self.web = web
        self.clock = clock
        self.documents: list[Document] = []
        self.fetches: pa.Table = FETCHES.empty()
        self.failures: list[Failure] = []
        self.now = DAY

    def refresh(self, kind: str, *paths: str, later: timedelta = timedelta(days=1), **more: Any) -> list[str]:
        """Read the source, store what is new, and give the paths that the server was asked for."""
        addresses = tuple(p if "://" in p else self.web.url + p for p in paths)
        source = Source(id="desk", kind=kind, paths=addresses, **({"allow_private": True} | more))
        asked = len(self.web.asked)
        with Fetcher(clock=self.clock, sleep=self.clock.sleep) as fetcher:
            web = Web(fetcher, self.fetches)
            known = {(d.uri, d.sha256) for d in self.documents}
            outcomes = list(read_source(source, root=Path(), known=known, now=self.now, web=web))
            self.fetches = web.table()
        self.documents += [o for o in outcomes if isinstance(o, Document)]
        self.failures = [o for o in outcomes if isinstance(o, Failure)]
        self.now += later
        return [a.path for a in self.web.asked[asked:] if a.path != "/robots.txt"]

    def read(self) -> list[str]:
        """The paths of what is stored, in the order in which it came."""
        return [d.uri.removeprefix(self.web.url) for d in self.documents]

    def answers(self) -> dict[str, str]:
        return {row["uri"].removeprefix(self.web.url): row["answer"] for row in self.fetches.to_pylist()}


@pytest.fixture
def web() -> Iterator[WebServer]:
    with serving() as server:
        yield server


@pytest.fixture
def desk(web: WebServer) -> Desk:
    return Desk(web, Clock())


def article(words: str, head: str = "", page: str = "") -> str:
    return (
        f'<html lang="en-GB"><head><title>A story</title>{head}</head><body><nav>Menu {page}</nav><article><h1>A story'
        f"</h1><p>{words} The council said so on Monday, after a long meeting in the town hall.</p>"
        "<p>Nobody was hurt, and the market will open again next week, the mayor said.</p></article></body></html>"
    )


# Pages


def test_a_live_blog_that_grows_is_edited_and_loses_an_entry(desk: Desk, web: WebServer) -> None:
    bridge = ("02T09:00", "Bridge shut", "The town shut its bridge at nine.")
    school = ("02T10:00", "School opens", "About 300 people sleep in the school.")
    edited = ("02T10:00", "School opens", "About 350 people sleep in the school.")
    repair = ("02T12:00", "Repairs", "Repairs will cost £2m.")
    rain = ("01T18:00", "Rain begins", "Heavy rain is expected until Tuesday.")
    rounds = [
        (bridge, rain),
        (school, bridge, rain),
        (repair, edited, bridge, rain),
        (repair, edited, rain),
        (repair, edited, rain),
    ]
    for number, entries in enumerate(rounds):
        web.pages["/live"] = Page(
            live_blog(*entries), headers={"ETag": f'"{len(entries)}{edited in entries}"'}
        )
        assert desk.refresh("pages", "/live") == ["/live"]
        assert desk.failures == []
        assert len(desk.documents) == min(number + 1, 4)  # the last round found nothing new
    assert {d.uri for d in desk.documents} == {web.url + "/live"}
    passages = split_batch(documents_table(desk.documents)).to_pylist()
    found: dict[str, list[str]] = {}
    for p in passages:
        if p["passage_type"] == "entry":
            found.setdefault(p["text"].splitlines()[-1], []).append(p["passage_id"])
    # In how many snapshots each entry stands, and that it is the same passage in all of them.
    snapshots = {body: len(ids) for body, ids in found.items()}
    assert snapshots == {rain[2]: 4, bridge[2]: 3, school[2]: 1, edited[2]: 2, repair[2]: 2}
    assert all(len(set(ids)) == 1 for ids in found.values())


def test_an_unchanged_page_costs_one_304_and_makes_no_snapshot(desk: Desk, web: WebServer) -> None:
    web.pages["/a"] = Page(article("Ten roads shut."), headers={"ETag": '"1"'})
    assert desk.refresh("pages", "/a") == ["/a"]
    for _ in range(3):
        assert desk.refresh("pages", "/a") == ["/a"]
        assert web.asked[-1].headers["if-none-match"] == '"1"'
        assert desk.answers() == {"/a": "unchanged"}
    assert desk.read() == ["/a"]


def test_a_page_whose_words_are_the_same_makes_no_snapshot(desk: Desk, web: WebServer) -> None:
    for number in range(3):
        web.pages["/a"] = Page(
            article("Ten roads shut.", page=f"visitor {number}"), headers={"ETag": f'"{number}"'}
        )
        desk.refresh("pages", "/a")
    assert desk.read() == ["/a"]
    assert desk.answers() == {"/a": "unchanged"}
    web.pages["/a"] = Page(article("Nine roads shut."))
    desk.refresh("pages", "/a")
    assert desk.read() == ["/a", "/a"]
    assert "Nine roads" in desk.documents[1].text


def test_what_was_read_and_not_stored_is_read_again(desk: Desk, web: WebServer) -> None:
    """A run may be killed between remembering an answer and storing its document."""
    web.pages["/a"] = Page(article("Ten roads shut."), headers={"ETag": '"1"'})
    desk.refresh("pages", "/a")
    desk.documents.clear()
    desk.refresh("pages", "/a")
    assert desk.read() == ["/a"]
    assert "if-none-match" not in web.asked[-1].headers


def test_a_page_has_its_metadata_and_what_the_source_says(desk: Desk, web: WebServer) -> None:
    head = (
        '<meta property="article:published_time" content="2026-03-01T10:00:00Z"><meta name="author" content="Ada Field">'
        '<meta property="og:site_name" content="The Valley News"><link rel="canonical" href="/story">'
    )
    web.pages["/a?utm=1"] = Page(article("Ten roads shut.", head).encode("utf-8"), "text/html")
    desk.refresh("pages", "/a?utm=1", country="GB", licence="CC0-1.0")
    (document,) = desk.documents
    assert (document.uri, document.source_id) == (web.url + "/story", "desk")
    assert (document.title, document.author, document.publisher) == (
        "A story",
        "Ada Field",
        "The Valley News",
    )
    assert (str(document.published), document.country, document.licence) == ("2026-03-01", "GB", "CC0-1.0")
    assert document.media_type == "text/html"
    assert document.fetched_at == DAY
    desk.refresh("pages", "/a?utm=1")
    assert len(desk.documents) == 1


def test_a_page_may_not_pass_for_another_host(desk: Desk, web: WebServer) -> None:
    web.pages["/a"] = Page(article("Ten roads.", '<link rel="canonical" href="https://bank.example/b">'))
    desk.refresh("pages", "/a")
    assert desk.read() == ["/a"]


@pytest.mark.parametrize(
    ("content", "content_type", "encoding"),
    [
        ("£5m".encode("cp1252"), "text/plain; charset=windows-1252", "windows-1252"),
        ("£5m".encode(), "text/plain; charset=utf-8", "utf-8"),
        ("£5m".encode(), "text/plain; charset=no-such", "utf-8"),
        ("£5m".encode(), "text/plain; charset=punycode", "utf-8"),
        ("£5m".encode(), "text/plain", "utf-8"),
        (b"\xef\xbb\xbf" + "£5m".encode(), "text/plain; charset=windows-1252", "utf-8-sig"),
    ],
)
def test_the_charset_is_taken_from_header_or_content(
    desk: Desk, web: WebServer, content: bytes, content_type: str, encoding: str
) -> None:
    web.pages["/a"] = Page(content + b" were spent on the road.", content_type)
    desk.refresh("pages", "/a")
    assert (desk.documents[0].text, desk.documents[0].encoding) == ("£5m were spent on the road.", encoding)


def test_one_bad_page_never_stops_the_others_and_is_tried_again(desk: Desk, web: WebServer) -> None:
    web.pages |= {
        "/gone": Page("", status=404),
        "/pdf": Page(b"%PDF-1.7"),
        "/empty": Page(""),
        "/no-article": Page("<html><body></body></html>"),
        "/good": Page(article("Ten roads shut.")),
        "/broken": in_turn(raw(b""), raw(b""), raw(b""), Page(article("Two roads shut."))),
    }
    paths = ["/gone", "/pdf", "/empty", "/no-article", "/broken", "/good"]
    desk.refresh("pages", *paths)
    assert desk.read() == ["/good"]
    reasons = {f.uri.removeprefix(web.url): f.reason for f in desk.failures}
    assert sorted(reasons) == sorted(set(paths) - {"/good"})
    assert "answers 404" in reasons["/gone"]
    assert "is a PDF" in reasons["/pdf"]
    assert "it is empty" in reasons["/empty"]
    assert "no article" in reasons["/no-article"]
    assert all(reason.startswith(web.url + path) for path, reason in reasons.items())
    assert desk.answers()["/gone"] == "failed"
    desk.refresh("pages", *paths)
    assert desk.read() == ["/good", "/broken"]
    assert desk.answers()["/broken"] == "read"


def test_private_hosts_are_read_only_if_the_source_says_so(desk: Desk, web: WebServer) -> None:
    web.pages["/a"] = Page(article("Ten roads shut."))
    assert desk.refresh("pages", "/a", allow_private=False) == []
    assert "allow_private = true" in desk.failures[0].reason
    assert desk.failures[0].error == "FetchError"


def test_a_page_is_asked_no_more_often_than_its_source_says(desk: Desk, web: WebServer) -> None:
    web.pages["/a"] = Page(article("Ten roads shut."))
    web.pages["/b"] = Page("", status=500)
    hour = timedelta(hours=1)
    asked = [desk.refresh("pages", "/a", "/b", every="day", later=hour) for _ in range(24)]
    # What failed is tried at each refresh.
    assert [("/a" in paths, "/b" in paths) for paths in asked] == [(n in (0, 22), True) for n in range(24)]


def test_without_memory_pages_are_read_as_if_for_the_first_time(web: WebServer) -> None:
    web.pages["/robots.txt"] = Page("User-agent: *\nDisallow: /a", "text/plain")
    source = Source(id="desk", kind="pages", paths=(web.url + "/a",), allow_private=True)
    (failure,) = read_source(source, root=Path(), known=set(), now=DAY)
    assert isinstance(failure, Failure)
    assert "robots.txt asks" in failure.reason


def test_addresses_that_nobody_lists_are_forgotten_after_a_year(desk: Desk, web: WebServer) -> None:
    desk.refresh("pages", "/a", later=timedelta(days=390))
    desk.refresh("pages", "/b", later=timedelta(days=20))
    assert set(desk.answers()) == {"/a", "/b"}
    desk.refresh("pages", "/b")
    assert set(desk.answers()) == {"/b"}


# Feeds and sitemaps


def rss(*paths: str) -> str:
    return "<rss><channel>" + "".join(f"<item><link>{p}</link></item>" for p in paths) + "</channel></rss>"


def sitemap(**pages: str) -> str:
    entries = "".join(f"<url><loc>{{}}/{p}</loc><lastmod>{when}</lastmod></url>" for p, when in pages.items())
    return f"<urlset>{entries}</urlset>"


def test_a_feed_gives_the_pages_that_it_links_to(desk: Desk, web: WebServer) -> None:
    for name in "abc":
        web.pages[f"/{name}"] = Page(article(f"Story {name} has 12 parts."), headers={"ETag": f'"{name}"'})
    web.pages["/feed"] = Page(rss("/a", "/b", "/gone"), "application/rss+xml", headers={"ETag": '"f1"'})
    assert desk.refresh("feeds", "/feed") == ["/feed", "/a", "/b", "/gone"]
    assert desk.read() == ["/a", "/b"]
    assert [f.uri.removeprefix(web.url) for f in desk.failures] == ["/gone"]
    # The feed is unchanged; its pages are asked all the same, for an article may be edited.
    web.pages["/a"] = Page(article("Story a has 13 parts."), headers={"ETag": '"a2"'})
    assert sorted(desk.refresh("feeds", "/feed")) == ["/a", "/b", "/feed", "/gone"]
    assert desk.read() == ["/a", "/b", "/a"]
    web.pages["/feed"] = Page(rss("/c", "/a"), "application/rss+xml", headers={"ETag": '"f2"'})
    assert desk.refresh("feeds", "/feed") == ["/feed", "/c", "/a"]  # what was never asked comes first
    assert desk.read()[3:] == ["/c"]


def test_a_page_without_a_date_has_the_one_that_its_feed_gives(desk: Desk, web: WebServer) -> None:
    dated = '<meta property="article:published_time" content="2026-02-20T10:00:00Z">'
    web.pages |= {"/a": Page(article("Ten roads shut.")), "/b": Page(article("Two roads shut.", dated))}
    web.pages["/c"] = Page(article("Six roads shut."))
    item = "<item><link>{}</link><pubDate>{}</pubDate></item>"
    days = (
        "Mon, 02 Mar 2026 23:30:00 -0500",
        "Mon, 02 Mar 2026 10:00:00 GMT",
        "Mon, 02 Mar 2099 10:00:00 GMT",
    )
    items = "".join(item.format(f"/{name}", day) for name, day in zip("abc", days, strict=True))
    feed = f"<rss><channel>{items}</channel></rss>"
    web.pages["/feed"] = Page(feed, "text/xml", headers={"ETag": '"1"'})
    desk.refresh("feeds", "/feed")
    assert [str(d.published) for d in desk.documents] == ["2026-03-02", "2026-02-20", "None"]
    web.pages["/a"] = Page(article("Nine roads shut."))
    desk.refresh("feeds", "/feed")  # the feed itself is unchanged
    assert [str(d.published) for d in desk.documents[3:]] == ["2026-03-02"]


def test_a_feed_that_fails_is_told_and_its_pages_are_still_followed(desk: Desk, web: WebServer) -> None:
    web.pages["/a"] = Page(article("Story a has 12 parts."))
    web.pages["/feed"] = Page(rss("/a"), "text/xml")
    desk.refresh("feeds", "/feed")
    for broken in (Page("<html></html>"), Page("", status=503), Page("<rss><channel><item><link>/a</li")):
        web.pages["/feed"] = broken
        assert desk.refresh("feeds", "/feed")[-1] == "/a"
        assert [f.uri for f in desk.failures] == [web.url + "/feed"]
        assert desk.answers()["/feed"] == "failed"
    web.pages["/feed"] = Page(
        "<rss><channel><item><title>Bread & salt</title><link>/a</link></item></channel></rss>"
    )
    desk.refresh("feeds", "/feed")
    assert desk.failures == []
    assert "line 1" in desk.fetches.filter(pa.compute.field("kind") == "feed")["reason"][0].as_py()


def test_a_sitemap_saves_asking_for_what_has_not_changed(desk: Desk, web: WebServer) -> None:
    for name in "abc":
        web.pages[f"/{name}"] = Page(article(f"Story {name} has 12 parts."))
    web.pages["/map"] = Page(
        sitemap(a="2026-01-01", b="2026-03-02", c="2026-02-01").format(*[web.url] * 3), "text/xml"
    )
    assert desk.refresh("sitemaps", "/map") == ["/map", "/b", "/c", "/a"]
    assert desk.refresh("sitemaps", "/map") == ["/map"]
    web.pages["/map"] = Page(
        sitemap(a="2026-03-05", b="2026-03-02", c="2026-02-01").format(*[web.url] * 3), "text/xml"
    )
    assert desk.refresh("sitemaps", "/map") == ["/map", "/a"]
    assert len(desk.documents) == 3


def test_an_index_gives_the_pages_of_its_sitemaps(desk: Desk, web: WebServer) -> None:
    for name in "ab":
        web.pages[f"/{name}"] = Page(article(f"Story {name} has 12 parts."))
    index = "<sitemapindex>{}</sitemapindex>"
    entry = "<sitemap><loc>{}{}</loc><lastmod>{}</lastmod></sitemap>"
    listed = [
        entry.format(web.url, "/old.xml", "2026-01-01"),
        entry.format(web.url, "/new.xml.gz", "2026-03-02"),
    ]
    web.pages["/index"] = Page(index.format("".join(listed)), "application/xml")
    web.pages["/old.xml"] = Page(sitemap(a="2026-01-01").format(web.url), "application/xml")
    packed = gzip.compress(sitemap(b="2026-03-02").format(web.url).encode())
    web.pages["/new.xml.gz"] = Page(packed, "application/x-gzip")
    assert desk.refresh("sitemaps", "/index") == ["/index", "/new.xml.gz", "/old.xml", "/b", "/a"]
    assert desk.read() == ["/b", "/a"]
    assert desk.refresh("sitemaps", "/index") == ["/index"]
    web.pages["/old.xml"] = Page(index.format(""), "application/xml")
    web.pages["/index"] = Page(
        index.format(entry.format(web.url, "/old.xml", "2026-03-09")), "application/xml"
    )
    desk.now = DAY + timedelta(days=20)
    desk.refresh("sitemaps", "/index")
    assert "only one is followed" in desk.failures[0].reason


def test_no_more_pages_than_allowed_are_asked_for_and_the_rest_comes_next_time(
    desk: Desk, web: WebServer
) -> None:
    names = [f"p{n}" for n in range(7)]
    for name in names:
        web.pages[f"/{name}"] = Page(article(f"Story {name} has 12 parts."))
    web.pages["/feed"] = Page(rss(*(f"/{n}" for n in names)), "text/xml")
    for _ in range(3):
        desk.refresh("feeds", "/feed", most_pages=3)
    assert sorted(desk.read()) == [f"/{n}" for n in names]


def test_the_same_refresh_gives_the_same_rows(web: WebServer) -> None:
    web.pages["/a"] = Page(
        article("Ten roads shut."), headers={"Last-Modified": "Tue, 03 Mar 2026 05:00:00 GMT"}
    )
    web.pages["/feed"] = Page(rss("/a", "/gone"), "text/xml")
    tables = []
    for _ in range(2):
        desk = Desk(web, Clock())
        desk.refresh("feeds", "/feed")
        tables.append((documents_table(desk.documents), desk.fetches, desk.failures))
    assert tables[0] == tables[1]
