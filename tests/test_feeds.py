"""Feeds and sitemaps give the addresses that they list, and nothing that their XML could do besides."""

from __future__ import annotations

import gzip
import resource
import time
from datetime import UTC, date, datetime

import pytest

from pipeline.reading.feeds import MAX_LINKS, Feed, FeedError, Link, read_day, read_feed, read_time

BASE = "https://news.example/feeds/world.xml"
ENTITIES = '<!ENTITY a0 "aaaaaaaaaaaaaaaaaaaa">' + "".join(
    f'<!ENTITY a{i} "{f"&a{i - 1};" * 10}">' for i in range(1, 10)
)


def read(text: str | bytes) -> Feed:
    return read_feed(text.encode() if isinstance(text, str) else text, BASE)


def urls(text: str | bytes) -> list[str]:
    return [link.url for link in read(text).links]


def rss(items: str) -> str:
    return f'<?xml version="1.0"?><rss version="2.0"><channel><link>/</link>{items}</channel></rss>'


def test_rss_items_are_read_in_order_and_once() -> None:
    feed = read(
        rss(
            "<item><title>Dam &amp; river</title><link>https://news.example/dam?a=1&amp;b=2#top</link></item>"
            "<item><link><![CDATA[ /budget ]]></link><pubDate>Tue, 03 Mar 2026 10:00:00 GMT</pubDate></item>"
            "<item><guid>https://news.example/by-guid</guid></item>"
            '<item><guid isPermaLink="false">tag:1</guid></item>'
            "<item><link>https://news.example/budget</link><pubDate>Tue, 03 Mar 2026 10:00:00 GMT</pubDate></item>"
            "<item><link>mailto:desk@news.example</link></item><item><link>http://[bad</link></item>"
        )
    )
    assert feed == Feed(
        "feed",
        (
            Link("https://news.example/dam?a=1&b=2"),
            Link("https://news.example/budget", None, date(2026, 3, 3)),
            Link("https://news.example/by-guid"),
        ),
    )


def test_atom_entries_give_their_page_and_when_it_changed() -> None:
    feed = read(
        '<feed xmlns="http://www.w3.org/2005/Atom"><link href="/self" rel="self"/><entry>'
        '<link rel="replies" href="/talk"/><link rel="alternate" href="../dam"/>'
        "<updated>2026-03-03T12:00:00+02:00</updated><published>2026-03-02T01:00:00+02:00</published></entry></feed>"
    )
    assert feed.links == (
        Link("https://news.example/dam", datetime(2026, 3, 3, 10, tzinfo=UTC), date(2026, 3, 2)),
    )


def test_rss_1_is_read() -> None:
    assert urls(
        '<rdf:RDF xmlns:rdf="http://www.w3.org/1999/02/22-rdf-syntax-ns#" xmlns="http://purl.org/rss/1.0/">'
        "<channel><link>/</link></channel><item><link>/a</link></item></rdf:RDF>"
    ) == ["https://news.example/a"]


def test_sitemaps_and_news_sitemaps_are_read() -> None:
    sitemap = (
        '<urlset xmlns="http://www.sitemaps.org/schemas/sitemap/0.9" '
        'xmlns:news="http://www.google.com/schemas/sitemap-news/0.9" '
        'xmlns:image="http://www.google.com/schemas/sitemap-image/1.1">'
        "<url><image:image><image:loc>https://news.example/picture.jpg</image:loc></image:image>"
        "<loc>https://news.example/a</loc><lastmod>2026-03-03</lastmod>"
        "<news:news><news:publication_date>2026-03-01</news:publication_date></news:news></url></urlset>"
    )
    expected = Feed(
        "sitemap", (Link("https://news.example/a", datetime(2026, 3, 4, tzinfo=UTC), date(2026, 3, 1)),)
    )
    assert read(sitemap) == expected
    assert read(gzip.compress(sitemap.encode())) == expected


def test_a_sitemap_index_gives_its_sitemaps() -> None:
    feed = read("<sitemapindex><sitemap><loc>https://news.example/s1.xml.gz</loc></sitemap></sitemapindex>")
    assert feed == Feed("index", (Link("https://news.example/s1.xml.gz"),))


@pytest.mark.parametrize(
    ("text", "moment"),
    [
        ("2026-03-03", datetime(2026, 3, 4, tzinfo=UTC)),  # it may have changed at any time of that day
        ("2026-03-03T10:00:00Z", datetime(2026, 3, 3, 10, tzinfo=UTC)),
        ("2026-03-03T10:00:00", datetime(2026, 3, 3, 10, tzinfo=UTC)),
        ("Tue, 03 Mar 2026 10:00:00 +0100", datetime(2026, 3, 3, 9, tzinfo=UTC)),
        ("yesterday", None),
        ("", None),
        ("9999-12-31T23:59:59-12:00", None),
        ("9999-12-31", None),
    ],
)
def test_times_of_feeds(text: str, moment: datetime | None) -> None:
    assert read_time(text) == moment


@pytest.mark.parametrize(
    ("text", "day"),
    [
        ("Tue, 03 Mar 2026 23:30:00 -0500", date(2026, 3, 3)),
        ("2026-03-03T23:30:00-05:00", date(2026, 3, 3)),
        ("2026-03-03", date(2026, 3, 3)),
        ("soon", None),
        ("", None),
    ],
)
def test_days_of_feeds_are_those_of_the_outlet(text: str, day: date | None) -> None:
    assert read_day(text) == day


def test_a_slip_in_the_xml_is_told_and_the_rest_read() -> None:
    feed = read(rss("<item><title>Bread & salt</title><link>/a</link></item><item><link>/b</link></item>"))
    assert [link.url for link in feed.links] == ["https://news.example/a", "https://news.example/b"]
    assert feed.problem is not None
    assert feed.problem.startswith("line 1: ")
    assert read(rss("<item><title>a&nbsp;b</title><link>/a</link></item>")).problem is None


def test_the_address_at_which_a_feed_is_cut_off_is_left_out() -> None:
    feed = read("<rss><channel><item><link>https://news.example/a</link></item><item><link>https://news.ex")
    assert [link.url for link in feed.links] == ["https://news.example/a"]
    assert feed.problem is not None


@pytest.mark.parametrize(
    "text", ["", "words", "<html><body>a page</body></html>", "{}", "\x00\x01", "\x1f\x8bxx"]
)
def test_what_is_no_feed_is_refused(text: str) -> None:
    with pytest.raises(FeedError):
        read(text.encode("latin-1"))


@pytest.mark.parametrize(
    "text",
    [
        f"<!DOCTYPE rss [{ENTITIES}]>" + rss("<item><link>&a9;</link></item>").partition("?>")[2],
        f'<!DOCTYPE rss [{ENTITIES}]><rss x="&a9;"><channel y="&a9;"><item><link>/a</link></item></channel></rss>',
        '<!DOCTYPE r [<!ENTITY x SYSTEM "file:///etc/hostname">]><rss><item><link>/&x;</link></item></rss>',
        '<!DOCTYPE r [<!ENTITY % p SYSTEM "http://127.0.0.1:9/x.dtd"> %p;]><rss/>',
    ],
    ids=["billion laughs", "in attributes", "external entity", "parameter entity"],
)
@pytest.mark.parametrize("encoding", ["utf-8", "utf-16"])
def test_declared_entities_are_refused_before_they_cost_anything(text: str, encoding: str) -> None:
    started, before = time.process_time(), resource.getrusage(resource.RUSAGE_SELF).ru_maxrss
    with pytest.raises(FeedError):
        read(text.encode(encoding))
    assert time.process_time() - started < 1
    assert resource.getrusage(resource.RUSAGE_SELF).ru_maxrss - before < 100_000  # kilobytes


def test_a_doctype_without_entities_is_not_loaded_and_does_no_harm() -> None:
    doctype = '<!DOCTYPE rss PUBLIC "-//Netscape//DTD RSS 0.91//EN" "http://127.0.0.1:9/rss-0.91.dtd">'
    assert urls(doctype + "<rss><channel><item><link>/a</link></item></channel></rss>") == [
        "https://news.example/a"
    ]


def test_depth_text_and_compression_are_limited() -> None:
    assert "depth" in str(read("<rss>" + "<a>" * 100_000).problem)
    assert "too long" in str(read(rss(f"<item><link>{'x' * 11_000_000}</link></item>")).problem)
    with pytest.raises(FeedError, match="larger than"):
        read(gzip.compress(b" " * 60_000_000))


def test_a_sitemap_of_more_links_than_allowed_is_read_to_the_limit_in_little_memory() -> None:
    entry = "<url><loc>https://news.example/{}</loc></url>"
    text = "<urlset>" + "".join(entry.format(i) for i in range(MAX_LINKS + 5000)) + "</urlset>"
    started = time.process_time()
    assert len(urls(text)) == MAX_LINKS
    assert time.process_time() - started < 5
