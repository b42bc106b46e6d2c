"""Live blogs that show their entries in the page and don't describe them: blocks side by side, each with its time.

A block is an element with one time in it: a `<time datetime>`, schema.org's `datePublished`, or a line that is a
byline ("09:01 , A Name"). Three or more of them side by side, with most of the page's words in them, are a live blog's
entries. Of an `<article>` among others, and of what the page calls a `liveBlogUpdate`, the first time counts; times of
updates and in quotes never do. Where the page has no element for an entry, it goes from its time, or the heading
before that, to the next. Lists of links to other stories and readers' comments look alike and are told apart by their
links, their names and their length.
"""

from __future__ import annotations

import re
from collections import Counter
from collections.abc import Iterator, Sequence
from datetime import date, timedelta
from statistics import median
from typing import Any

from lxml import etree, html

from pipeline.reading.bylines import LONGEST_BYLINE, looks_like_name, read_byline
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

_ENTRY = "liveBlogUpdate"
_HEADINGS = ("h1", "h2", "h3", "h4", "h5", "h6")
_BODY = ("p", "li", "blockquote")
_DIVISIONS = ("div", "section", "article", "td", "dd", "li", "p")
_BLOCKS = (*_HEADINGS, *_BODY, *_DIVISIONS, "ul", "ol", "dl", "table", "header", "main")
_EMPHASIS = ("strong", "b")
_QUOTES = ("blockquote", "q")
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
_UPDATE = re.compile(r"updated|modified|edited", re.IGNORECASE)
_QUOTED = re.compile(r"(?:^|[\s_-])(?:tweet|embed|quote)", re.IGNORECASE)
_AUTHOR = re.compile(r"(?:^|[\s_-])author(?:$|[\s_-])", re.IGNORECASE)
_BYLINE = re.compile(r"(?:^|[\s_-])(?:byline|contributor|reporter)(?:$|[\s_-])", re.IGNORECASE)
_BY = re.compile(r"\s*by\s+", re.IGNORECASE)
_AFTER_NAME = re.compile(r"\s*(?:[,|·•]|\bin\b|\bat\b)")
_DECLARATION = re.compile(r"^\s*<\?xml[^>]{0,200}\?>")
_SPACES = re.compile(r"\s+")
_LINE_BREAK = "\u2028"

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
    blocks = _whole(_blocks(list(_stamps(page))), today)
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


def _quoted(page: Element) -> set[Element]:
    """The elements in what entries quote."""
    quoted: set[Element] = set()
    quotes = 0
    for event, element in etree.iterwalk(page, events=("start", "end")):
        if element.tag in _QUOTES or _QUOTED.search(element.get("class", "")):
            quotes += 1 if event == "start" else -1
        if quotes:
            quoted.add(element)
    return quoted


def _is_the_page(entries: Sequence[Entry], page: Element) -> bool:
    """Whether the entries are what the page is about."""
    lengths = [len(entry.body) for entry in entries]
    words = sum(len(_words(paragraph)) for paragraph in page.iter("p"))
    long_enough = len(entries) >= LEAST_ENTRIES and median(lengths) >= LEAST_LENGTH
    return long_enough and sum(lengths) >= LEAST_SHARE * words


def _stamps(page: Element) -> Iterator[Element]:
    """The elements that say when an entry is from, but for times of updates and of what is quoted."""
    found, quoted = 0, _quoted(page)
    for element in page.iter():
        if (
            found < MOST_ENTRIES
            and element not in quoted
            and _is_stamp(element)
            and not _UPDATED.match(_before(element))
        ):
            found += 1
            yield element


def _before(element: Element) -> str:
    """The words right before an element, under the same parent, and its own first ones."""
    sibling = element.getprevious()
    before = (element.getparent().text if sibling is None else sibling.tail) or ""
    return f"{before.strip()} {element.text or ''}".strip()[:LONGEST_BYLINE]


def _is_stamp(element: Element) -> bool:
    if element.getparent() is None:
        return False
    moment = _written_moment(element)
    if moment is not None:
        name = f"{element.get('class', '')} {element.get('itemprop', '')}"
        return len(moment) > len("2026-03-03T") and not _UPDATE.search(name)
    text = element.text or ""
    if len(element) or not len(text) <= LONGEST_BYLINE:
        return False
    byline = read_byline(text.strip())
    return byline is not None and byline.clock is not None and byline.rest is None


def _written_moment(element: Element) -> str | None:
    """The moment that is written in an element for programs."""
    if element.tag == "time" and element.get("datetime"):
        return str(element.get("datetime"))
    published = element.get("itemprop") == "datePublished"
    return element.get("datetime") or element.get("content") if published else None


def _blocks(stamps: Sequence[Element]) -> list[tuple[Element, Element]]:
    """The largest group of blocks side by side, each with its stamp.

    A block is what the page calls an entry, else the highest element with no other stamp.
    """
    entries, stamps = _named_entries(stamps)
    inside = Counter(ancestor for stamp in stamps for ancestor in stamp.iterancestors())
    groups: dict[tuple[Any, ...], list[tuple[Element, Element]]] = {}
    for stamp in stamps:
        block = stamp
        while block not in entries and block.getparent() is not None and inside[block.getparent()] == 1:
            block = block.getparent()
        if block.getparent() is not None:
            groups.setdefault(_place(block), []).append((block, stamp))
    return max(groups.values(), key=len, default=[])


def _named_entries(stamps: Sequence[Element]) -> tuple[set[Element], list[Element]]:
    """The elements that are entries by their names, at least three alike, and the stamps but for their later ones."""
    named: dict[Element, Element] = {}  # the first stamp of each
    owner: dict[Element, Element] = {}
    for stamp in stamps:
        entry = next((e for e in stamp.iterancestors() if e.tag == "article" or _is_update(e)), None)
        if entry is not None:
            owner[stamp] = entry
            named.setdefault(entry, stamp)
    alike = Counter(_looks(entry) for entry in named)
    entries = {entry for entry in named if alike[_looks(entry)] >= LEAST_ENTRIES}
    return entries, [s for s in stamps if owner.get(s) not in entries or named[owner[s]] is s]


def _is_update(element: Element) -> bool:
    return bool(element.get("itemprop") == _ENTRY)


def _looks(element: Element) -> tuple[str, str, str]:
    """What elements of one list have in common."""
    above = element.getparent()
    return element.tag, above.tag, (above.get("class") or "").partition(" ")[0]


def _place(block: Element) -> tuple[Any, ...]:
    """Where a block stands: in its parent, or, as pages group entries by day, in one of several alike side by side."""
    parent = block.getparent()
    beyond = parent.getparent()
    return (
        (parent,) if beyond is None else (beyond, parent.tag, (parent.get("class") or "").partition(" ")[0])
    )


def _whole(blocks: list[tuple[Element, Element]], today: date) -> list[tuple[Element, Element]]:
    """The blocks; where they are only the times above entries that have no element, these put into one each."""
    parents = {block.getparent() for block, _ in blocks}
    if len(parents) != 1 or any(_written_moment(stamp) is None for _, stamp in blocks):
        return [(block, stamp) for block, stamp in blocks if block is not stamp]
    if sum(any(True for _ in _paragraphs(block, {id(stamp)})) for block, stamp in blocks) * 2 > len(blocks):
        return blocks
    before = [block.getprevious() for block, _ in blocks]
    headed = all(element is not None and element.tag in _HEADINGS for element in before)
    starts = dict(zip(before if headed else [block for block, _ in blocks], blocks, strict=True))
    whole: list[tuple[Element, Element]] = []
    for child in list(parents.pop()):
        if child in starts:
            entry = child.makeelement("div")
            child.addprevious(entry)
            whole.append((entry, starts[child][1]))
        if whole:
            whole[-1][0].append(child)
    return whole


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
    if heading is None:
        heading = next((e for e in block.iter(*_EMPHASIS) if _words(e) and not _in_paragraph(e, block)), None)
    author, name = next(_authors(block, stamp), (None, None))
    moment = read_moment(_written_moment(stamp), latest=latest)
    shown = None if moment else _words(stamp)
    left_out = {id(e) for e in (heading, author, stamp) if e is not None}
    title = _words(heading)[:LONGEST_LINE] if heading is not None else None
    body = "\n".join(_paragraphs(block, left_out))
    if not (title or body):
        return None
    return Entry(title, moment, name, body, shown if shown and read_byline(shown) else None)


def _in_paragraph(element: Element, block: Element) -> bool:
    """Whether an element within a block stands in a paragraph, or in a line of words that is one."""
    above = element.getparent()
    while above is not block and above.tag not in _BODY:
        above = above.getparent()
    return (above is not block and above.tag in _BODY) or _is_paragraph(element.getparent())


def _paragraphs(element: Element, left_out: set[int]) -> Iterator[str]:
    """The words of the body's elements in order, each once, without those of the elements that are left out."""
    if id(element) in left_out or element.tag in _HEADINGS or not isinstance(element.tag, str):
        return
    if _is_paragraph(element):
        for line in "".join(_texts(element, left_out)).split(_LINE_BREAK):
            words = _SPACES.sub(" ", line).strip()
            if words and not (_UPDATED.match(words) and len(words) < LEAST_LENGTH):
                yield words
        return
    for child in element:
        yield from _paragraphs(child, left_out)


def _is_paragraph(element: Element) -> bool:
    """Whether it is a paragraph by its name, or a division with nothing but words, and enough of them."""
    if element.tag in _BODY:
        return not any(True for _ in element.iterdescendants(*_BODY))
    if element.tag not in _DIVISIONS or any(True for _ in element.iterdescendants(*_BLOCKS)):
        return False
    return len(_words(element)) >= LEAST_LENGTH


def _texts(element: Element, left_out: set[int]) -> Iterator[str]:
    yield element.text or ""
    for child in element:
        if child.tag == "br":
            yield _LINE_BREAK
        elif id(child) not in left_out and isinstance(child.tag, str):
            yield from _texts(child, left_out)
        yield child.tail or ""


def _authors(block: Element, stamp: Element) -> Iterator[tuple[Element, str]]:
    """The elements of a block that name its author, those that say so to programs first, with the name."""
    marked = [e for e in block.iter() if "author" in (e.get("rel"), e.get("itemprop"))]
    named = [
        e for e in block.iter() if _AUTHOR.search(e.get("class", "")) or _BYLINE.search(e.get("class", ""))
    ]
    for element in (*marked, *named):
        words = _words(element)
        if (
            element is stamp
            or not 0 < len(words) <= LONGEST_BYLINE
            or any(e is stamp for e in element.iter())
        ):
            continue
        words = _BY.sub("", words, count=1)
        name = _AFTER_NAME.split(words, maxsplit=1)[0]
        if looks_like_name(name):
            yield element, name
        elif not _BYLINE.search(element.get("class", "")):
            yield element, words[:LONGEST_LINE]


def _name(element: Element) -> str:
    """What the page calls an element."""
    return f"{element.get('id', '')} {element.get('class', '')}"[:300]


def _words(element: Element) -> str:
    return _SPACES.sub(" ", "".join(element.itertext())).strip() if element is not None else ""
