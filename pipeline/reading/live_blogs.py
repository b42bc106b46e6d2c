"""Live blogs whose page says what their entries are: schema.org's LiveBlogPosting, written as JSON-LD.

https://schema.org/LiveBlogPosting. The entries are laid out as the text of a live blog, one after the other with
heading, byline ("Tuesday 3 December 2024 18:59 , A Name") and body, so that passages are cut from it as from any
live blog. The JSON is a stranger's: its size, depth and number of parts are limited, and none of it is believed
to be of the type that it should be.
"""

from __future__ import annotations

import html
import json
import re
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from datetime import UTC, date, datetime, timedelta
from itertools import islice
from typing import Any

from pipeline.reading.bylines import read_byline
from pipeline.reading.layout import heading_marks, is_heading_like

LARGEST_SCRIPT = 5_000_000
MOST_SCRIPTS = 100
MOST_NODES = 200_000
MOST_ENTRIES = 2_000
LONGEST_BODY = 200_000
LONGEST_LINE = 500
EARLIEST = date(1990, 1, 1)

DAYS = ("Monday", "Tuesday", "Wednesday", "Thursday", "Friday", "Saturday", "Sunday")
MONTHS = (
    "January", "February", "March", "April", "May", "June",
    "July", "August", "September", "October", "November", "December",
)  # fmt: skip

_SCRIPT = re.compile(r"<script\b([^<>]{0,1000})>", re.IGNORECASE)
_SCRIPT_END = re.compile(r"</script", re.IGNORECASE)
_JSON_LD = re.compile(r"\btype\s{0,3}=\s{0,3}[\"']?\s{0,3}application/ld\+json", re.IGNORECASE)
_WRAPPINGS = (("<!--", "-->"), ("//<![CDATA[", "//]]>"), ("/*<![CDATA[*/", "/*]]>*/"), ("<![CDATA[", "]]>"))
_BREAK = re.compile(r"<(?:br|/?(?:p|div|li|ul|ol|h[1-6]|blockquote|tr|table))\b[^<>]{0,1000}>", re.IGNORECASE)
_TAG = re.compile(r"</?[a-z][^<>]{0,1000}>|<!--[^<>]{0,1000}-->", re.IGNORECASE)
_SPACES = re.compile(r"[^\S\n]+")
_LISTS = ("@list", "@set", "itemListElement", "item")

Node = Mapping[str, Any]


@dataclass(frozen=True, slots=True)
class Entry:
    """One entry: what is known of it, with `body` as one paragraph a line. `moment` is in the outlet's own time."""

    heading: str | None
    moment: datetime | None
    author: str | None
    body: str
    shown: str | None = None  # the byline as the page shows it, where there is no moment


@dataclass(frozen=True, slots=True)
class LiveBlog:
    """A live blog, its entries newest first if all say when they are from, else in the page's order."""

    title: str | None
    author: str | None
    publisher: str | None
    published: date | None
    language: str | None
    entries: tuple[Entry, ...]

    @property
    def text(self) -> str:
        """The live blog as text: title, what has no time, and the entries."""
        timed = [entry for entry in self.entries if entry.moment or entry.shown]
        blocks = [f"# {self.title}"] if self.title else []
        blocks += [_untimed(entry) for entry in self.entries if not (entry.moment or entry.shown)]
        # One entry alone would pass for an article with its date; a rule above it tells them apart.
        ruled = bool(blocks) and len(timed) == 1
        blocks += [_laid_out(entry, first=not blocks and entry is timed[0], ruled=ruled) for entry in timed]
        return "\n\n".join(block for block in blocks if block)


def read_live_blog(markup: str, *, today: date) -> LiveBlog | None:
    """The live blog that a page's JSON-LD describes; None if it has none, or not the words of its entries.

    Of several, the one with the most entries. Moments later than the day after `today` (the outlet may be ahead of
    us) are not believed. Data that is no JSON, or too large, is passed over: the page has its text as well.
    """
    blogs = [
        blog
        for data in _json_ld(markup)
        for blog in _Data(list(_nodes(data)), latest=today + timedelta(days=1)).live_blogs()
    ]
    return max(blogs, key=lambda blog: len(blog.entries), default=None)


def _json_ld(markup: str) -> Iterator[Any]:
    """The values of the page's JSON-LD scripts."""
    position = 0
    for _ in range(MOST_SCRIPTS):
        script = _SCRIPT.search(markup, position)
        end = _SCRIPT_END.search(markup, script.end()) if script else None
        if script is None or end is None:
            return
        position = end.end()
        if _JSON_LD.search(script[1]) and end.start() - script.end() <= LARGEST_SCRIPT:
            words = markup[script.end() : end.start()].strip().removesuffix(";")
            for opening, closing in _WRAPPINGS:
                words = words.removeprefix(opening).removesuffix(closing).strip()
            # Some pages escape it as if it were text of the page.
            for written in (words, html.unescape(words)):
                try:
                    yield json.loads(written, strict=False)
                    break
                except (ValueError, RecursionError):  # no JSON, or too deep; see read_live_blog
                    continue


def _nodes(data: Any) -> Iterator[Node]:
    """Every object in the data, in its order, wherever it stands (`@graph`, `mainEntity`, a list)."""
    stack, left = [data], MOST_NODES
    while stack and left:
        value = stack.pop()
        left -= 1
        if isinstance(value, dict):
            yield value
            stack.extend(reversed(value.values()))
        elif isinstance(value, list):
            stack.extend(reversed(value[:left]))


class _Data:
    """The objects of one script, whose values may be of any type. Objects may name others by their `@id`."""

    def __init__(self, nodes: Sequence[Node], *, latest: date) -> None:
        self._nodes = nodes
        self._latest = latest
        self._by_id = {n["@id"]: n for n in nodes if isinstance(n.get("@id"), str) and len(n) > 1}

    def live_blogs(self) -> Iterator[LiveBlog]:
        for node in self._nodes:
            if "LiveBlogPosting" in _types(node):
                blog = self._live_blog(node)
                if blog:
                    yield blog

    def _live_blog(self, node: Node) -> LiveBlog | None:
        updates = list(islice(_items(node.get("liveBlogUpdate")), MOST_ENTRIES))
        entries = newest_first([entry for update in updates if (entry := self._entry(update))])
        if sum(bool(entry.body) for entry in entries) * 2 <= len(entries):
            return None  # headlines alone, or nothing: the words stand in the page
        begun = read_moment(node.get("datePublished"), latest=self._latest)
        return LiveBlog(
            title=_line(_first(node, "headline", "name")),
            author=self._names(node.get("author")),
            publisher=self._names(node.get("publisher")),
            published=newest_day(entries) or (begun.date() if begun else None),
            language=_language(node.get("inLanguage")),
            entries=entries,
        )

    def _entry(self, value: Any) -> Entry | None:
        update = self._followed(value)
        heading = _line(_first(update, "headline", "name"))
        body = _paragraphs(_first(update, "articleBody", "text", "description"))
        times = (
            read_moment(update.get(key), latest=self._latest) for key in ("datePublished", "dateModified")
        )
        moment = next((time for time in times if time), None)
        return Entry(heading, moment, self._names(update.get("author")), body) if heading or body else None

    def _followed(self, value: Any) -> Node:
        """The object, or the one that it names; an empty one if there is none."""
        if isinstance(value, str):
            return self._by_id.get(value, {})
        if not isinstance(value, dict):
            return {}
        name = value.get("@id")
        return self._by_id.get(name, value) if len(value) == 1 and isinstance(name, str) else value

    def _names(self, value: Any) -> str | None:
        names = [self._name(item) for item in _listed(value)[:10]]
        return ", ".join(dict.fromkeys(name for name in names if name))[:LONGEST_LINE] or None

    def _name(self, value: Any) -> str | None:
        written = value if isinstance(value, str) and value not in self._by_id else None
        name = _line(_first(self._followed(value), "name") or written)
        return name if name and "://" not in name else None


def read_moment(value: Any, *, latest: date) -> datetime | None:
    """An ISO 8601 moment with its clock time; of a mere date the hour isn't known, so it is none."""
    if not isinstance(value, str) or not len("2026-03-03T") < len(value.strip()) < 50:
        return None
    try:
        moment = datetime.fromisoformat(value.strip())
    except ValueError:
        return None
    return moment if EARLIEST <= moment.date() <= latest else None


def newest_first(entries: Sequence[Entry]) -> tuple[Entry, ...]:
    """The entries by their moments if all have one, else as they are; each once."""
    unique = tuple(dict.fromkeys(entries))
    return tuple(sorted(unique, key=_instant, reverse=True)) if all(e.moment for e in unique) else unique


def newest_day(entries: Sequence[Entry]) -> date | None:
    """The day of the newest entry that has a moment."""
    moment = max((e for e in entries if e.moment), key=_instant, default=None)
    return moment.moment.date() if moment and moment.moment else None


def _instant(entry: Entry) -> datetime:
    """The entry's moment in UTC, for comparison; one that names no time zone is taken as it stands."""
    if entry.moment is None:
        return datetime(1, 1, 1, tzinfo=UTC)
    return entry.moment.astimezone(UTC) if entry.moment.tzinfo else entry.moment.replace(tzinfo=UTC)


def _types(node: Node) -> list[str]:
    """The types of an object, without the vocabulary before them."""
    return [re.split(r"[/:#]", t[-100:])[-1] for t in _listed(node.get("@type")) if isinstance(t, str)]


def _listed(value: Any) -> Sequence[Any]:
    return value if isinstance(value, list) else [] if value is None else [value]


def _items(value: Any) -> Iterator[Any]:
    """The values of a list, of lists in it, and of JSON-LD's and schema.org's lists, in their order."""
    stack, left = [value], MOST_NODES
    while stack and left:
        value = stack.pop()
        left -= 1
        if isinstance(value, list):
            stack.extend(reversed(value[:left]))
        elif isinstance(value, dict) and (inner := next((k for k in _LISTS if k in value), None)):
            stack.append(value[inner])
        elif value is not None:
            yield value


def _first(node: Node, *keys: str) -> str | None:
    """The first of these values that is text with words in it."""
    texts = (value for key in keys for value in _listed(node.get(key)))
    return next((text for text in texts if isinstance(text, str) and text.strip()), None)


def _language(value: Any) -> str | None:
    """The ISO 639 code of a language that is named as in "en-GB"."""
    match = re.match(r"[A-Za-z]{2,3}(?![A-Za-z])", value) if isinstance(value, str) else None
    return match[0].lower() if match else None


def _line(value: str | None) -> str | None:
    return _paragraphs(value).replace("\n", " ")[:LONGEST_LINE].strip() or None


def _paragraphs(value: str | None) -> str:
    """The words of a text that may be HTML, one paragraph a line."""
    if not value:
        return ""
    words = html.unescape(_TAG.sub("", _BREAK.sub("\n", value[:LONGEST_BODY])))
    lines = (_SPACES.sub(" ", line).strip() for line in words.splitlines())
    return "\n".join(line for line in lines if line)


# The text


def _laid_out(entry: Entry, *, first: bool, ruled: bool) -> str:
    """Heading, byline and body. What could be taken for another entry's heading or byline is kept from it."""
    above, below = _heading(entry)
    body = [_not_a_byline(line) for line in entry.body.splitlines()]
    lines = [*above, _byline(entry), *below, *body]
    # Without a heading, the line before would pass for one; a rule is none, and no part of an entry.
    return "\n".join(["---", *lines] if ruled or not (first or above) else lines)


def _untimed(entry: Entry) -> str:
    heading = [f"## {entry.heading}"] if entry.heading else []
    return "\n\n".join([*heading, *(_not_a_byline(line) for line in entry.body.splitlines())])


def _heading(entry: Entry) -> tuple[list[str], list[str]]:
    """The heading as the line above the byline, or, where it reads as a sentence or a byline, below it."""
    if not entry.heading:
        return [], []
    heading = _not_a_byline(entry.heading)
    if is_heading_like(heading) and heading == entry.heading and not heading_marks(heading):
        return [heading], []
    return [], [heading]


def _byline(entry: Entry) -> str:
    stamp = entry.shown or (_stamp(entry.moment) if entry.moment else "")
    line = f"{stamp} , {entry.author}"
    read = read_byline(line)
    return line if entry.author and read and read.author and read.rest is None else stamp


def _stamp(moment: datetime) -> str:
    """The moment as live blogs show it, whatever the language of this machine."""
    day = f"{DAYS[moment.weekday()]} {moment.day} {MONTHS[moment.month - 1]} {moment.year:04}"
    return f"{day} {moment:%H:%M}"


def _not_a_byline(line: str) -> str:
    """The line, as a list item if it would be read as the byline of an entry."""
    return f"- {line}" if read_byline(line) else line
