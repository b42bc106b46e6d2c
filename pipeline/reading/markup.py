"""The article in a web page: its words without the page around them, and what its metadata says.

Text is rendered from the tree that trafilatura finds: headings as Markdown headings, list items with "- ", one
blank line between blocks, so that passages are cut the same way as from Markdown.
"""

from __future__ import annotations

import re
from collections.abc import Iterator
from dataclasses import dataclass
from datetime import date
from typing import Any

import trafilatura

from pipeline.errors import DocumentError

# Stands for a line break in a tree that, being XML, can't hold control characters.
_LINE_SEPARATOR = "\u2028"
_SPACES = re.compile(r"[ \t\r\f\n]+")
_DECLARATION = re.compile(r"^\s*<\?xml[^>]{0,200}\?>")
_LANGUAGE = re.compile(r"<html\b[^>]{0,400}?\blang\s?=\s?[\"']?([A-Za-z]{2,3})(?:[-_]([A-Za-z]{2}))?\b", re.I)
_BLOCKS = frozenset(
    {"p", "head", "list", "item", "quote", "table", "row", "code", "div", "body", "main", "article"}
)
# Pages of more elements are not read: finding the article takes time that grows with them, and with the square of
# the number that stand side by side in one element.
MOST_ELEMENTS = 50_000
MOST_SIBLINGS = 10_000
_LONGEST_FIELD = 500


class NoArticle(DocumentError):
    """The page has no article in it, or none that can be found."""


@dataclass(frozen=True, slots=True)
class Article:
    """What was found in a page; country and language are those of its `lang`, such as "en-AU"."""

    text: str
    title: str | None
    author: str | None
    publisher: str | None
    country: str | None
    language: str | None
    published: date | None


def read_article(markup: str, *, today: date) -> Article:
    """The article in a page. Dates after `today` are not believed. NoArticle where there is none."""
    try:
        tree = trafilatura.load_html(_DECLARATION.sub("", markup, count=1))
        _refuse_costly(tree)
        found = _extract(tree, today)
        text = "\n\n".join(_blocks(found.body)) if found is not None and found.body is not None else ""
    except NoArticle:
        raise
    except Exception as error:  # a stranger's page may break the parser in any way; the reason is kept
        raise NoArticle(f"it can't be parsed as a page ({type(error).__name__}: {error})") from error
    if not text:
        raise NoArticle("no article was found in the page; save the article's text as .txt")
    language = _LANGUAGE.search(markup[:20_000])
    return Article(
        text=text,
        title=_field(found.title),
        author=_field(found.author),
        publisher=_field(found.sitename),
        country=language[2].upper() if language and language[2] else None,
        language=language[1].lower() if language else None,
        published=_date(found.date),
    )


def _refuse_costly(tree: Any) -> None:
    """NoArticle for a page in which finding the article would take minutes."""
    elements, widest = 0, 0
    for element in tree.iter() if tree is not None else ():
        elements += 1
        widest = max(widest, len(element))
    if elements > MOST_ELEMENTS or widest > MOST_SIBLINGS:
        raise NoArticle(
            f"it has {elements:,} elements, up to {widest:,} in one, and at most {MOST_ELEMENTS:,} and "
            f"{MOST_SIBLINGS:,} are read; save the article's text as .txt"
        )


def _extract(tree: Any, today: date) -> Any:
    """What trafilatura finds in the tree, None if nothing."""
    return trafilatura.bare_extraction(
        tree,
        with_metadata=True,
        include_comments=False,
        date_extraction_params={
            "original_date": True,
            "extensive_search": False,
            "max_date": today.isoformat(),
        },
    )


def _blocks(body: Any) -> Iterator[str]:
    """The blocks of the tree as lines of text, in order; walked with a stack, however deep it is."""
    stack = [body]
    while stack:
        element = stack.pop()
        if isinstance(element, str):
            if _plain(element):
                yield _plain(element)
        elif element.tag == "row":
            yield " | ".join(_plain("".join(cell.itertext())) for cell in element)
        elif any(child.tag in _BLOCKS for child in element):
            parts: list[Any] = [element.text or ""]
            for child in element:
                parts += [child, child.tail or ""]
            stack.extend(reversed(parts))
        else:
            words = _lines(element)
            if words:
                yield _mark(element) + words


def _mark(element: Any) -> str:
    if element.tag == "head":
        level = (element.get("rend") or "h2")[-1]
        return "#" * (int(level) if level in "123456" else 2) + " "
    return "- " if element.tag == "item" else ""


def _lines(element: Any) -> str:
    """The words of a block, with its line breaks."""
    for line_break in element.iter("lb"):
        line_break.tail = _LINE_SEPARATOR + (line_break.tail or "")
    lines = (_plain(line) for line in "".join(element.itertext()).split(_LINE_SEPARATOR))
    return "\n".join(line for line in lines if line)


def _plain(words: str) -> str:
    return _SPACES.sub(" ", words).strip(" ")


def _field(value: str | None) -> str | None:
    return _plain(value)[:_LONGEST_FIELD] or None if value else None


def _date(value: str | None) -> date | None:
    try:
        return date.fromisoformat(value[:10]) if value else None
    except ValueError:
        return None
