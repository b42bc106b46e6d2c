"""Live blogs that only show their entries are cut into them; what looks alike and is none is left alone."""

from __future__ import annotations

import re
import time
from contextlib import suppress
from datetime import UTC, date, datetime
from string import Template

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


def page(template: str) -> str:
    head = '<title>Flood live</title><meta property="article:published_time" content="2026-03-02T08:00:00Z">'
    blocks = "".join(block(template, *entry) for entry in ENTRIES)
    return (
        f'<html lang="en"><head>{head}</head><body><nav><p>Home News Sport</p></nav><main><h1>Flood live</h1>'
        f"<p>{LEAD}</p><div>{blocks}</div></main><footer><p>Contact us at any time</p></footer></body></html>"
    )


def read(markup: str) -> tuple[Content, list[Passage]]:
    decoded = decode_content(markup.encode(), "text/html", "https://news.example/live")
    content = read_content(decoded, near=None, today=TODAY)
    passages = split_document(content.text, uri="u", document_id="d", published=content.published)
    return content, [p for p in passages if p.passage_type == "entry"]


# One entry each, in the shapes that outlets give it; $time is its `<time>`.
ARTICLE = '<article><h2>$heading</h2><time datetime="2026-03-02T$clock:00Z">an hour ago</time><p>$body</p></article>'
IN_DIVISIONS = '<div>$time<h3>$heading</h3><div class="text">$body</div><div>Share</div></div>'
SIGNED = {
    "nested": (
        '<section><header><span><a href="#x">$time</a></span><h2><a href="#x">$heading</a></h2>'
        '<span class="post-author">By Ada Field</span></header><div><div><ul><li>$body</li></ul></div></div>'
        '<p>Updated <time datetime="2026-03-02T12:00:00Z">12:00</time></p></section>'
    ),
    "described": (
        '<div itemprop="liveBlogUpdate" itemscope itemtype="https://schema.org/BlogPosting">'
        '<meta itemprop="datePublished" content="2026-03-02T$clock:00Z"><h2 itemprop="headline">$heading</h2>'
        '<span itemprop="author" itemscope><span itemprop="name">Ada Field</span></span>'
        '<div itemprop="articleBody"><p>$body</p></div></div>'
    ),
}
UNSIGNED = {
    "article": ARTICLE,
    "byline": '<div class="entry"><p class="time">$clock</p><h3>$heading</h3><p>$body</p><aside>Share</aside></div>',
    "inside": "<li><b>$heading</b><p>$time $body</p></li>",
    "with_update": (
        '<article>$time <time class="updated" datetime="2026-03-02T12:30:00Z">12:30</time>'
        "<h2>$heading</h2><p>$body</p></article>"
    ),
    "with_quote": (
        '<div class="post">$time<h2>$heading</h2><blockquote class="tweet"><p>Ten boats are out.</p><a href="#">'
        '<time datetime="2026-03-02T07:00:00Z">7am</time></a></blockquote><p>$body</p></div>'
    ),
    "with_two_times": (
        "<article>$time<h2>$heading</h2><p>$body</p>"
        '<span><time datetime="2026-03-02T07:00:00Z">7am</time></span></article>'
    ),
    "in_divisions": IN_DIVISIONS,
    "emphasised": "<div><div>$time</div><div><strong>$heading</strong><p>$body</p></div></div>",
    "by_day": f'<section class="day"><h4>2 March</h4>{ARTICLE}</section>',
    "not_wrapped": "<h2>$heading</h2><p>$time</p><p>$body</p>",
    "time_first": "$time<h2>$heading</h2><p>$body</p>",
}


def block(template: str, heading: str, clock: str, body: str) -> str:
    stamp = f'<time datetime="2026-03-02T{clock}:00Z">{clock}</time>'
    return Template(template).substitute(heading=heading, clock=clock, body=body, time=stamp)


@pytest.mark.parametrize("shape", [*SIGNED, *UNSIGNED])
def test_blocks_with_a_time_each_are_entries(shape: str) -> None:
    content, entries = read(page((SIGNED | UNSIGNED)[shape]))
    assert [p.clock_time for p in entries] == [clock for _, clock, _ in ENTRIES]
    assert [p.published for p in entries] == [date(2026, 3, 2)] * 3
    for passage, (heading, _, body) in zip(entries, ENTRIES, strict=True):
        assert passage.text.endswith(body)
        assert passage.heading == heading
        assert passage.author == ("Ada Field" if shape in SIGNED else None)
    assert content.title == "Flood live"
    assert LEAD in content.text
    assert not any(word in content.text for word in ("Contact", "Sport", "Share", "Updated", "ago", "7am"))


@pytest.mark.parametrize(
    ("mark", "author"),
    [
        ('<a rel="author" href="/ada">Ada Field</a>', "Ada Field"),
        ('<span itemprop="author">Ada Field and Ben Marsh</span>', "Ada Field and Ben Marsh"),
        ('<div class="byline">By Ada Field, in Tarvik</div>', "Ada Field"),
        ('<p class="post__byline">by <b>Ada Field</b> | The Valley News</p>', "Ada Field"),
        ('<span class="entry-contributor">Ada Field</span>', "Ada Field"),
        ('<p class="byline">What we know so far about the 3 bridges</p>', None),
        ('<p class="reporter-note">The river has not been so high in 50 years.</p>', None),
        ('<img class="author" src="ada.png">', None),
    ],
)
def test_an_entry_has_the_author_that_is_marked_up(mark: str, author: str | None) -> None:
    _, entries = read(page(f"<article>$time<h2>$heading</h2>{mark}<p>$body</p></article>"))
    assert [p.author for p in entries] == [author] * 3
    words = re.sub("<[^>]*>", "", mark)
    body = [p.text[p.body_start - p.start :] for p in entries]
    assert all((words in text) == (author is None) for text in body)


def test_entries_of_several_days_are_all_read() -> None:
    def day(number: int) -> str:
        entries = "".join(block(ARTICLE, *entry) for entry in ENTRIES).replace(
            "2026-03-02", f"2026-03-0{number}"
        )
        return f"<section><h4>{number} March</h4>{entries}</section>"

    markup = page("").replace("<div></div>", f"<div>{day(3)}{day(2)}{day(1)}</div>")
    _, entries = read(markup)
    assert [p.published for p in entries] == [date(2026, 3, n) for n in (3, 2, 1) for _ in ENTRIES]
    assert [p.clock_time for p in entries] == [clock for _, clock, _ in ENTRIES] * 3


def test_lines_of_an_entry_stay_lines() -> None:
    lines = "$body<br><br>Ten boats\n are out.<br>Nine came back."
    _, entries = read(page(IN_DIVISIONS.replace("$body", lines)))
    assert all(p.text.endswith(".\nTen boats are out.\nNine came back.") for p in entries)


def test_entries_out_of_order_are_put_newest_first() -> None:
    blog = read_live_page(page(ARTICLE).replace("T09:00", "T12:30"), today=TODAY)
    assert blog is not None
    moments = [entry.moment for entry in blog.entries if entry.moment]
    assert moments == [datetime(2026, 3, 2, h, m, tzinfo=UTC) for h, m in ((12, 30), (11, 0), (8, 0))]


@pytest.mark.parametrize(
    "template",
    [
        '<div><h2><a href="/story">$heading</a></h2>$time<p>$body</p></div>',
        "<div><h2>$heading</h2>$time<p>Short.</p></div>",
        '<div><h2>$heading</h2><time datetime="2026-03-02"></time><p>$body</p></div>',
        "<h2>$heading</h2><p>$body</p>",
    ],
    ids=["links", "short", "days alone", "no time"],
)
def test_lists_of_stories_and_articles_are_no_live_blogs(template: str) -> None:
    assert read_live_page(page(template), today=TODAY) is None


def test_comments_below_an_article_are_no_live_blog() -> None:
    comments = "".join(block(ARTICLE, *entry) for entry in ENTRIES)
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
        "<blockquote>" * 150 + "<time datetime=2026-03-02T10:00:00Z></time>" * 20_000,
        "<article><time datetime=2026-03-02T10:00:00Z></time>" * 150 + "<p>words</p>" * 20_000,
        "<main>" + "<time datetime=2026-03-02T10:00:00Z></time><p>some words</p>" * 9_000,
        "<div class=byline>" * 150 + "<time datetime=2026-03-02T10:00:00Z></time>" * 9_000,
        "",
        "\x00",
    ],
    ids=range(13),
)
def test_hostile_pages_take_little_time(markup: str) -> None:
    started = time.process_time()
    read_live_page(markup, today=TODAY)
    with suppress(DocumentError):  # most are no pages; what counts is the time
        read(markup)
    assert time.process_time() - started < 20
