"""Live blogs are read from a page's JSON-LD into text that is cut into the entries that the JSON-LD has."""

from __future__ import annotations

import html
import json
import time
from datetime import UTC, date, datetime, timedelta
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from pipeline.passages import Passage, split_document
from pipeline.reading.addresses import canonical_address
from pipeline.reading.live_blogs import MOST_ENTRIES, Entry, LiveBlog, read_live_blog

TODAY = date(2026, 3, 5)


def page(*data: Any) -> str:
    scripts = "".join(
        f'<script type="application/ld+json">{d if isinstance(d, str) else json.dumps(d)}</script>'
        for d in data
    )
    return f"<html><head><script>var a = 1 < 2;</script>{scripts}</head><body><p>words</p></body></html>"


def read(*data: Any) -> LiveBlog:
    blog = read_live_blog(page(*data), today=TODAY)
    assert blog is not None
    return blog


def update(
    body: Any, when: Any = "2026-03-03T10:05:00+02:00", heading: Any = None, author: Any = None
) -> dict[str, Any]:
    return {
        "@type": "BlogPosting", "headline": heading, "articleBody": body, "datePublished": when, "author": author,
    }  # fmt: skip


def posting(*updates: Any, **more: Any) -> dict[str, Any]:
    return {
        "@type": "LiveBlogPosting",
        "headline": "Flood in the valley",
        "liveBlogUpdate": list(updates),
        **more,
    }


def entries(blog: LiveBlog) -> list[Passage]:
    passages = split_document(blog.text, uri="u", document_id="d", published=blog.published)
    return [p for p in passages if p.passage_type == "entry"]


def words(passage: Passage) -> str:
    return passage.text[passage.body_start - passage.start : passage.body_end - passage.start]


def test_the_first_entry_is_the_same_passage_once_there_are_more() -> None:
    first = update(
        "A landslide has cut the road.", "2026-03-03T08:00:00Z", "Landslide", {"name": "Ada Field"}
    )
    later = update("The road is open again.", "2026-03-03T11:00:00Z", "Road open")
    (alone,) = entries(read(posting(first)))
    assert (alone.heading, alone.clock_time, alone.author) == ("Landslide", "08:00", "Ada Field")
    assert entries(read(posting(later, first)))[1].passage_id == alone.passage_id


def test_an_article_with_its_date_below_a_rule_is_no_live_blog() -> None:
    text = "Landslide\n---\nTuesday 3 March 2026 08:00\n\nA landslide has cut the road to the village.\n"
    assert {p.passage_type for p in split_document(text, uri="u", document_id="d")} == {
        "heading",
        "paragraph",
    }


def test_entries_keep_their_heading_time_author_and_body() -> None:
    blog = read(
        posting(
            update(
                "The dam held overnight.", "2026-03-02T23:50:00+02:00", "Dam holds", {"name": "Ada Field"}
            ),
            update(
                "<p>The town shut its bridge.</p><p>Repairs will cost &pound;2m.</p>", heading="Bridge closes"
            ),
            author=[{"@type": "Person", "name": "Ada Field"}, {"name": "Ben Marsh"}],
            publisher={"@type": "Organization", "name": "The Valley News"},
            inLanguage="en-GB",
        )
    )
    assert blog.text == (
        "# Flood in the valley\n\n"
        "Bridge closes\nTuesday 3 March 2026 10:05\nThe town shut its bridge.\nRepairs will cost £2m.\n\n"
        "Dam holds\nMonday 2 March 2026 23:50 , Ada Field\nThe dam held overnight."
    )
    assert (blog.title, blog.author, blog.publisher, blog.published, blog.language) == (
        "Flood in the valley",
        "Ada Field, Ben Marsh",
        "The Valley News",
        date(2026, 3, 3),
        "en",
    )
    assert [(p.heading, p.clock_time, p.author, p.published, words(p)) for p in entries(blog)] == [
        (
            "Bridge closes",
            "10:05",
            None,
            date(2026, 3, 3),
            "The town shut its bridge.\nRepairs will cost £2m.",
        ),
        ("Dam holds", "23:50", "Ada Field", date(2026, 3, 2), "The dam held overnight."),
    ]


@pytest.mark.parametrize(
    "data",
    [
        posting(update("Words.")),
        [{"@type": "Organization"}, posting(update("Words."))],
        {"@context": "https://schema.org", "@graph": [{"@type": "WebPage"}, posting(update("Words."))]},
        {"@type": "WebPage", "mainEntity": posting(update("Words."))},
        posting(update("Words.")) | {"@type": ["NewsArticle", "LiveBlogPosting"]},
        posting(update("Words.")) | {"@type": "http://schema.org/LiveBlogPosting"},
        posting() | {"liveBlogUpdate": update("Words.")},
        {"@graph": [posting({"@id": "#1"}), update("Words.") | {"@id": "#1"}]},
        posting([update("Words.")], []),
        posting() | {"liveBlogUpdate": {"@list": [[update("Words.")]]}},
        posting()
        | {"liveBlogUpdate": {"@type": "ItemList", "itemListElement": [{"item": update("Words.")}]}},
        [[[posting(update("Words."))]]],
        html.escape(json.dumps(posting(update("Words.")))),
        json.dumps(posting(update("Words."))) + ";",
        "<!--" + json.dumps(posting(update("Words."))) + "-->",
        "//<![CDATA[\n" + json.dumps(posting(update("Words."))) + "\n//]]>",
        json.dumps(posting(update("Words."))).replace(
            "Words.", "Words\t."
        ),  # a raw tab is no JSON, and common
    ],
)
def test_the_live_blog_is_found_wherever_it_stands(data: Any) -> None:
    assert [e.body.replace(" ", "") for e in read(data).entries] == ["Words."]


def test_other_descriptions_beside_it_do_no_harm() -> None:
    found = read(
        {"@type": "BreadcrumbList", "itemListElement": [{"@type": "ListItem", "name": "News"}]},
        "{ this is broken",
        [{"@type": "NewsArticle", "headline": "Another story", "articleBody": "It has 12 words."}],
        {"@graph": [[{"@type": "Organization", "name": "The Valley News"}], [posting(update("Words."))]]},
    )
    assert [entry.body for entry in found.entries] == ["Words."]


def test_authors_may_be_named_elsewhere() -> None:
    blog = read(
        {"@graph": [posting(update("Words.", author={"@id": "#ada"})), {"@id": "#ada", "name": "Ada Field"}]}
    )
    assert blog.entries[0].author == "Ada Field"
    assert read(posting(update("Words.", author="Ben Marsh"))).entries[0].author == "Ben Marsh"
    assert read(posting(update("Words.", author="https://news.example/ada"))).entries[0].author is None


def test_the_live_blog_with_the_most_entries_is_read_and_an_entry_once() -> None:
    one = posting(update("First."), headline="Small")
    two = posting(update("First."), update("First."), update("Second."), headline="Large")
    assert [e.body for e in read(one, two).entries] == ["First.", "Second."]


@pytest.mark.parametrize(
    "data",
    [
        {"@type": "NewsArticle", "articleBody": "Words."},
        posting(),
        posting(update(None, heading="A headline"), update(None, heading="Another")),
        posting({"@id": "#nowhere"}, None, 3, [], "x"),
        "no JSON",
        "[" * 100_000,
        '{"@type": "LiveBlogPosting", "liveBlogUpdate": ' + "9" * 5000 + "}",
    ],
)
def test_without_the_words_of_entries_there_is_none(data: Any) -> None:
    assert read_live_blog(page(data), today=TODAY) is None


@pytest.mark.parametrize(
    ("given", "shown"),
    [
        ("2026-03-03T08:05:00Z", "Tuesday 3 March 2026 08:05"),
        ("2026-03-03T08:05:00.123+0530", "Tuesday 3 March 2026 08:05"),
        ("2026-03-03T08:05", "Tuesday 3 March 2026 08:05"),
        ("2026-03-03", None),  # the hour isn't known
        ("2027-03-03T08:05:00Z", None),  # it isn't yet
        ("1066-10-14T09:00:00Z", None),
        ("last Tuesday, at nine", None),
        (1772525100, None),
    ],
)
def test_times_are_shown_as_the_outlet_gives_them(given: Any, shown: str | None) -> None:
    blog = read(posting(update("Words.", given), headline=None))
    assert blog.text == (f"{shown}\nWords." if shown else "Words.")


def test_what_has_no_time_stands_before_the_entries() -> None:
    blog = read(
        posting(
            update("Ten roads shut.", heading="Latest"),
            update("The valley has 4,000 people.", None, "Facts"),
            update("Rain began.", "2026-03-03T06:00:00+02:00", heading="Earlier"),
        )
    )
    assert blog.text.index("## Facts") < blog.text.index("Latest")
    assert [p.heading for p in entries(blog)] == ["Latest", "Earlier"]


def test_no_line_of_an_entry_is_taken_for_another_entry() -> None:
    blog = read(
        posting(
            update("A bus was stuck.\n10:15 , John Stone\nIt held 12 people", heading="Bus stuck"),
            update("No heading here", "2026-03-03T09:00:00+02:00", author="Live desk 24: the team!"),
            update(
                "The mayor spoke.", "2026-03-03T08:00:00+02:00", heading="Mayor: 'The worst in 50 years.'"
            ),
            update("Reuters", "2026-03-03T07:00:00+02:00", heading="07:00"),
            update("Rain began.", "2026-03-03T06:00:00+02:00"),
        )
    )
    assert [(p.clock_time, p.heading, words(p)) for p in entries(blog)] == [
        ("10:05", "Bus stuck", "A bus was stuck.\n- 10:15 , John Stone\nIt held 12 people"),
        ("09:00", None, "No heading here"),
        ("08:00", None, "Mayor: 'The worst in 50 years.'\nThe mayor spoke."),
        ("07:00", None, "- 07:00\nReuters"),
        ("06:00", None, "Rain began."),
    ]


def test_an_unchanged_entry_is_the_same_passage_when_the_page_grows() -> None:
    first = read(
        posting(
            update("Ten roads shut.", heading="Roads"), update("Rain began.", "2026-03-03T06:00:00+02:00")
        )
    )
    second = read(
        posting(
            update("Nine roads shut.", heading="Roads"),
            update("The rain stops.", "2026-03-03T12:00:00+02:00"),
            update("Rain began.", "2026-03-03T06:00:00+02:00"),
        )
    )
    before, after = ({words(p): p.passage_id for p in entries(blog)} for blog in (first, second))
    assert before["Rain began."] == after["Rain began."]
    assert before["Ten roads shut."] not in after.values()


# Hostile data


def test_there_is_a_limit_to_everything() -> None:
    many = [
        update(f"Entry {i}.", (datetime(2026, 3, 3, tzinfo=UTC) - timedelta(minutes=i)).isoformat())
        for i in range(3000)
    ]
    assert len(read(posting(*many)).entries) == MOST_ENTRIES
    assert len(read(posting(update("x" * 1_000_000))).entries[0].body) < 300_000
    assert read_live_blog(page(posting(update("x" * 6_000_000))), today=TODAY) is None
    assert read_live_blog(page(*["{}"] * 200, posting(update("Words."))), today=TODAY) is None


@pytest.mark.parametrize(
    "markup",
    [
        "<script" * 400_000,
        "<script type=application/ld+json>" * 100_000,
        "<script type=" + " " * 2_000_000,
        page('{"@type":' * 200_000),
        page([[]] * 1_000_000),
        page(posting(update("<p" * 100_000))),
        page(posting(update("<p " + "a " * 100_000))),
        page(posting(update("&" * 200_000), heading="<" * 200_000)),
        page(posting(*[update("10:15 , A B\n" * 50)] * 500)),
    ],
    ids=range(9),
)
def test_time_is_linear(markup: str) -> None:
    started = time.process_time()
    blog = read_live_blog(markup, today=TODAY)
    assert blog is None or blog.text
    assert time.process_time() - started < 3


VALUES = st.recursive(
    st.none() | st.booleans() | st.integers() | st.text(max_size=20) | st.just("2026-03-03T10:00:00Z"),
    lambda inner: (
        st.lists(inner, max_size=4)
        | st.dictionaries(
            st.sampled_from(
                ["@type", "@id", "@graph", "headline", "articleBody", "author", "name", "datePublished"]
            ),
            inner,
            max_size=4,
        )
    ),
    max_leaves=20,
)


@given(st.lists(VALUES, max_size=5), VALUES)
@settings(max_examples=150, deadline=None)
def test_values_of_any_type_do_no_harm(updates: list[Any], author: Any) -> None:
    blog = read_live_blog(page(posting(*updates, update("Words."), author=author)), today=TODAY)
    assert blog is None or "Words." in blog.text


LINES = st.sampled_from(
    [
        "Ten roads shut.",
        "No full stop",
        "09:01 , Ada Field",
        "Tuesday 3 March 2026",
        "---",
        "## x",
        "- item",
        "Read more:",
    ]
) | st.text(st.characters(codec="utf-8", categories=["L", "N", "P", "Zs"]), min_size=1, max_size=40)


@given(
    st.lists(st.tuples(st.none() | LINES, st.lists(LINES, min_size=1, max_size=4)), min_size=2, max_size=6)
)
@settings(max_examples=200, deadline=None)
def test_text_is_cut_into_as_many_entries_as_there_are(given: list[tuple[str | None, list[str]]]) -> None:
    start = datetime(2026, 3, 3, 12, tzinfo=UTC)
    made = tuple(
        Entry(heading, start - timedelta(minutes=n), None, "\n".join(["Words of this entry.", *body]))
        for n, (heading, body) in enumerate(given)
    )
    blog = LiveBlog("A title for the page", None, None, None, None, made)
    times = [p.clock_time for p in entries(blog)]
    assert list(dict.fromkeys(times)) == [f"{e.moment:%H:%M}" for e in made]
    assert len(times) == len(made)


# The address that a page is known by


@pytest.mark.parametrize(
    ("head", "address"),
    [
        ("", "https://news.example/a?utm=1"),
        ('<link rel="canonical" href="/b">', "https://news.example/b"),
        ("<LINK REL=canonical HREF=https://news.example/c?x=1&amp;y=2>", "https://news.example/c?x=1&y=2"),
        ('<meta property="og:url" content="http://news.example/og#top">', "http://news.example/og"),
        ('<link rel="canonical" href="https://other.example/b">', "https://news.example/a?utm=1"),
        ('<link rel="canonical" href="https://news.example:8443/b">', "https://news.example/a?utm=1"),
        ('<link rel="canonical" href="/">', "https://news.example/a?utm=1"),
        ('<link rel="canonical" href="javascript:x">', "https://news.example/a?utm=1"),
        ('<link rel="canonical" href="http://[x">', "https://news.example/a?utm=1"),
        ('</head><body><link rel="canonical" href="/in-a-comment">', "https://news.example/a?utm=1"),
    ],
)
def test_a_page_is_known_by_the_address_that_it_gives_for_itself(head: str, address: str) -> None:
    assert canonical_address(f"<html><head>{head}", "https://News.example:443/a?utm=1#part") == address
