"""Live blogs that only show their entries are cut into them; what looks alike and is none is left alone."""

from __future__ import annotations

import time
from collections.abc import Callable
from contextlib import suppress
from datetime import UTC, date, datetime

import pytest

from pipeline.errors import DocumentError
from pipeline.passages import Passage, split_document
from pipeline.reading.contents import Content, decode_content, read_content
from pipeline.reading.live_pages import read_live_page

TODAY = date(2026, 3, 5)
ENTRIES = [
    (
        "Toll rises to fifteen",
        "11:00",
        "At least 15 people died when the bridge fell, the mayor said on Monday.",
    ),
    (
        "Bridge shut",
        "09:00",
        "The town shut its bridge at nine after cracks were found in two of its pillars.",
    ),
    (
        "Rain begins",
        "08:00",
        "Heavy rain is expected in the valley until Tuesday, with up to 90 mm in a day.",
    ),
]
LEAD = "The valley is under water after three days of heavy rain, and the town has lost its bridge."


def page(block: Callable[[str, str, str], str], more: str = "") -> str:
    head = '<title>Flood live</title><meta property="article:published_time" content="2026-03-02T08:00:00Z">'
    blocks = "".join(block(*entry) for entry in ENTRIES)
    return (
        f'<html lang="en"><head>{head}</head><body><nav><p>Home News Sport</p></nav><main><h1>Flood live</h1>'
        f"<p>{LEAD}</p><div>{blocks}</div></main>{more}<footer><p>Contact us at any time</p></footer></body></html>"
    )


def read(markup: str) -> tuple[Content, list[Passage]]:
    decoded = decode_content(markup.encode(), "text/html", "https://news.example/live")
    content = read_content(decoded, near=None, today=TODAY)
    passages = split_document(content.text, uri="u", document_id="d", published=content.published)
    return content, [p for p in passages if p.passage_type == "entry"]


def article(heading: str, clock: str, body: str) -> str:
    return f'<article><h2>{heading}</h2><time datetime="2026-03-02T{clock}:00Z">an hour ago</time><p>{body}</p></article>'


def byline(heading: str, clock: str, body: str) -> str:
    return f'<div class="entry"><p class="time">{clock}</p><h3>{heading}</h3><p>{body}</p><aside>Share</aside></div>'


def nested(heading: str, clock: str, body: str) -> str:
    return (
        f'<section><header><span><a href="#x"><time datetime="2026-03-02T{clock}:00+00:00">{clock}</time></a></span>'
        f'<h2><a href="#x">{heading}</a></h2><span class="post-author">By Ada Field</span></header><div><div>'
        f'<ul><li>{body}</li></ul></div></div><p>Updated <time datetime="2026-03-02T12:00:00Z">12:00</time></p></section>'
    )


def inside(heading: str, clock: str, body: str) -> str:
    return f'<li><b>{heading}</b><p><time datetime="2026-03-02T{clock}:00Z">{clock}</time> {body}</p></li>'


@pytest.mark.parametrize("block", [article, byline, nested, inside])
def test_blocks_with_a_time_each_are_entries(block: Callable[[str, str, str], str]) -> None:
    content, entries = read(page(block))
    assert [p.clock_time for p in entries] == [clock for _, clock, _ in ENTRIES]
    assert [p.published for p in entries] == [date(2026, 3, 2)] * 3
    for passage, (heading, _, body) in zip(entries, ENTRIES, strict=True):
        assert passage.text.endswith(body)
        assert passage.heading == (None if block is inside else heading)
        assert passage.author == ("Ada Field" if block is nested else None)
    assert content.title == "Flood live"
    assert LEAD in content.text
    assert not any(word in content.text for word in ("Contact", "Sport", "Share", "Updated", "ago"))


def test_entries_out_of_order_are_put_newest_first() -> None:
    blog = read_live_page(page(lambda h, c, b: article(h, {"09:00": "12:30"}.get(c, c), b)), today=TODAY)
    assert blog is not None
    moments = [entry.moment for entry in blog.entries if entry.moment]
    assert moments == [datetime(2026, 3, 2, h, m, tzinfo=UTC) for h, m in ((12, 30), (11, 0), (8, 0))]


def teaser(heading: str, clock: str, body: str) -> str:
    return f'<div><h2><a href="/story">{heading}</a></h2><time datetime="2026-03-02T{clock}:00Z"></time><p>{body}</p></div>'


def short(heading: str, clock: str, body: str) -> str:
    return f'<div><h2>{heading}</h2><time datetime="2026-03-02T{clock}:00Z"></time><p>{body[:20]}</p></div>'


def dated(heading: str, clock: str, body: str) -> str:
    return f'<div><h2>{heading}</h2><time datetime="2026-03-02"></time><p>{body}</p></div>'


@pytest.mark.parametrize("block", [teaser, short, dated, lambda h, c, b: f"<h2>{h}</h2><p>{b}</p>"])
def test_lists_of_stories_and_articles_are_no_live_blogs(block: Callable[[str, str, str], str]) -> None:
    assert read_live_page(page(block), today=TODAY) is None


def test_comments_below_an_article_are_no_live_blog() -> None:
    comments = "".join(article(*entry) for entry in ENTRIES)
    story = f"<html><body><main><p>{LEAD}</p></main><section id='Comments'><div>{comments}</div></section></body></html>"
    assert read_live_page(story, today=TODAY) is None
    long_story = f"<html><body><main><p>{LEAD * 10}</p></main><div>{comments}</div></body></html>"
    assert read_live_page(long_story, today=TODAY) is None


@pytest.mark.parametrize(
    "markup",
    [
        "<div>" * 20_000,
        "<div><time datetime=2026-03-02T10:00:00Z>" * 10_000,
        "<p>10:00</p>" * 20_000,
        "<div class=author>" * 10_000 + "10:00",
        ("<div>" * 150 + "<p>10:00</p><p>words</p>" + "</div>" * 150) * 100,
        "<div><p>10:00</p><h2>" + "<b>x</b>" * 20_000,
        "<?xml version='1.0' encoding='x'?>",
        "",
        "\x00",
    ],
    ids=range(9),
)
def test_hostile_pages_take_little_time(markup: str) -> None:
    started = time.process_time()
    read_live_page(markup, today=TODAY)
    with suppress(DocumentError):  # most are no pages; what counts is the time
        read(markup)
    assert time.process_time() - started < 5
