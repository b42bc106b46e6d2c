"""Live blogs that show their entries in the page and don't describe them: blocks side by side, each with its time.

A block is an element with one time in it: a `<time datetime>` or a line that is a byline ("09:01 , A Name"). Three
or more of them under one parent, with most of the page's words in them, are a live blog's entries. Lists of links
to other stories and readers' comments look alike and are told apart by their links, their names and their length.
"""

from __future__ import annotations

import re
from collections import Counter
from collections.abc import Iterator, Sequence
from datetime import date, timedelta
from statistics import median
from typing import Any

from lxml import etree, html

from pipeline.reading.bylines import LONGEST_BYLINE, read_byline
from pipeline.reading.live_blogs import (
    LONGEST_LINE,
    MOST_ENTRIES,
    Entry,
    LiveBlog,
    newest_day,
    newest_first,
    read_moment,
)

LEAST_ENTRIES = 3
LEAST_SHARE = 0.5  # of the words in the page's paragraphs
LEAST_LENGTH = 60  # characters in the body of an entry of middle length
DEEPEST = 200

_HEADINGS = ("h1", "h2", "h3", "h4", "h5", "h6")
_BODY = ("p", "li", "blockquote")
_LEFT_OUT = (
    "script",
    "style",
    "template",
    "noscript",
    "nav",
    "aside",
    "footer",
    "form",
    "button",
    "figure",
    "svg",
)
_COMMENTS = re.compile(r"comment|repl(?:y|ies)\b|disqus", re.IGNORECASE)
_UPDATED = re.compile(r"\s*(?:last )?(?:updated|modified|edited)\b", re.IGNORECASE)
_AUTHOR = re.compile(r"(?:^|[\s_-])author(?:$|[\s_-])", re.IGNORECASE)
_BY = re.compile(r"\s*by\s+", re.IGNORECASE)
_DECLARATION = re.compile(r"^\s*<\?xml[^>]{0,200}\?>")
_SPACES = re.compile(r"\s+")

Element = Any  # lxml's elements have no types


def read_live_page(markup: str, *, today: date) -> LiveBlog | None:
    """The live blog whose entries the page shows, after the paragraphs before them; None if it shows none.

    Title, author and language are left to the page's metadata.
    """
    try:
        page = html.document_fromstring(_DECLARATION.sub("", markup, count=1))
    except (etree.LxmlError, ValueError):
        return None  # what can't be parsed here is refused, with its reason, where the article is looked for
    if _depth(page) > DEEPEST:
        return None
    for element in list(page.iter(*_LEFT_OUT, etree.Comment)):
        if element.getparent() is not None:
            element.drop_tree()
    stamps = list(_stamps(page))
    blocks = _blocks(stamps)
    if len(blocks) < LEAST_ENTRIES or any(_COMMENTS.search(_name(e)) for e in blocks[0][0].iterancestors()):
        return None
    if sum(_is_teaser(block) for block, _ in blocks) * 2 > len(blocks):
        return None
    latest = today + timedelta(days=1)
    entries = newest_first([entry for block, stamp in blocks if (entry := _entry(block, stamp, latest))])
    if not _is_the_page(entries, page):
        return None
    lead = "\n".join(_lead(page, blocks[0][0]))
    before = (Entry(None, None, None, lead),) if lead else ()
    return LiveBlog(None, None, None, newest_day(entries), None, (*before, *entries))


def _lead(page: Element, first: Element) -> Iterator[str]:
    """The paragraphs before the first block."""
    for element in page.iter():
        if element is first:
            return
        if element.tag == "p" and len(words := _words(element)) >= LEAST_LENGTH:
            yield words


def _depth(page: Element) -> int:
    deepest = depth = 0
    for event, _ in etree.iterwalk(page, events=("start", "end")):
        depth += 1 if event == "start" else -1
        deepest = max(deepest, depth)
    return deepest


def _is_the_page(entries: Sequence[Entry], page: Element) -> bool:
    """Whether the entries are what the page is about."""
    lengths = [len(entry.body) for entry in entries]
    words = sum(len(_words(paragraph)) for paragraph in page.iter("p"))
    long_enough = len(entries) >= LEAST_ENTRIES and median(lengths) >= LEAST_LENGTH
    return long_enough and sum(lengths) >= LEAST_SHARE * words


def _stamps(page: Element) -> Iterator[Element]:
    """The elements that say when an entry is from, but for times of updates."""
    found = 0
    for element in page.iter():
        if found < MOST_ENTRIES and _is_stamp(element) and not _UPDATED.match(_before(element)):
            found += 1
            yield element


def _before(element: Element) -> str:
    """The words right before an element, under the same parent, and its own first ones."""
    sibling = element.getprevious()
    before = (element.getparent().text if sibling is None else sibling.tail) or ""
    return f"{before.strip()} {element.text or ''}".strip()[:LONGEST_BYLINE]


def _is_stamp(element: Element) -> bool:
    if element.tag == "time" and element.get("datetime"):
        return element.getparent() is not None and len(element.get("datetime")) > len("2026-03-03T")
    text = element.text or ""
    if len(element) or not len(text) <= LONGEST_BYLINE or element.getparent() is None:
        return False
    byline = read_byline(text.strip())
    return byline is not None and byline.clock is not None and byline.rest is None


def _blocks(stamps: Sequence[Element]) -> list[tuple[Element, Element]]:
    """The largest group of blocks side by side, each with its stamp: the highest elements with no other stamp."""
    inside = Counter(ancestor for stamp in stamps for ancestor in stamp.iterancestors())
    groups: dict[Element, list[tuple[Element, Element]]] = {}
    for stamp in stamps:
        block = stamp
        while block.getparent() is not None and inside[block.getparent()] == 1:
            block = block.getparent()
        if block is not stamp and block.getparent() is not None:
            groups.setdefault(block.getparent(), []).append((block, stamp))
    return max(groups.values(), key=len, default=[])


def _is_teaser(block: Element) -> bool:
    """Whether the block's heading is a link to another page, as in a list of stories."""
    heading = next(block.iter(*_HEADINGS), None)
    if heading is None:
        return False
    links = [*heading.iter("a"), *heading.iterancestors("a")]
    return any(not link.get("href", "#").startswith("#") for link in links)


def _entry(block: Element, stamp: Element, latest: date) -> Entry | None:
    """The entry that a block shows, None if it has no words."""
    heading = next((h for h in block.iter(*_HEADINGS) if _words(h)), None)
    author = next((e for e in block.iter() if e is not stamp and _names_author(e)), None)
    moment = read_moment(stamp.get("datetime"), latest=latest)
    shown = None if moment else _words(stamp)
    left_out = {id(e) for e in (heading, author, stamp) if e is not None}
    title = _words(heading)[:LONGEST_LINE] if heading is not None else None
    body = "\n".join(_paragraphs(block, left_out))
    if not (title or body):
        return None
    name = _BY.sub("", _words(author), count=1)[:LONGEST_LINE] if author is not None else None
    return Entry(title, moment, name, body, shown if shown and read_byline(shown) else None)


def _paragraphs(element: Element, left_out: set[int]) -> Iterator[str]:
    """The words of the body's elements in order, each once, without those of the elements that are left out."""
    for child in element:
        if id(child) in left_out:
            continue
        if child.tag in _BODY and not any(True for _ in child.iterdescendants(*_BODY)):
            words = _SPACES.sub(" ", "".join(_texts(child, left_out))).strip()
            if words and not (_UPDATED.match(words) and len(words) < LEAST_LENGTH):
                yield words
        elif child.tag not in _HEADINGS:
            yield from _paragraphs(child, left_out)


def _texts(element: Element, left_out: set[int]) -> Iterator[str]:
    yield element.text or ""
    for child in element:
        if id(child) not in left_out and isinstance(child.tag, str):
            yield from _texts(child, left_out)
        yield child.tail or ""


def _names_author(element: Element) -> bool:
    if not isinstance(element.tag, str) or len(_words(element)) > LONGEST_BYLINE:
        return False
    return "author" in (element.get("rel"), element.get("itemprop")) or bool(
        _AUTHOR.search(element.get("class", ""))
    )


def _name(element: Element) -> str:
    """What the page calls an element."""
    return f"{element.get('id', '')} {element.get('class', '')}"[:300]


def _words(element: Element) -> str:
    return _SPACES.sub(" ", "".join(element.itertext())).strip() if element is not None else ""
