"""What a line of a document is by its looks: heading, list item, key points, caption, furniture, or prose.

Documents and passages read the same lines: the first for title, author and date, the second for the units that
people cite. Patterns of outlets' furniture stand in lexicon/boilerplate.toml.
"""

from __future__ import annotations

import re
import tomllib
from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from datetime import date
from functools import cache
from importlib.resources import files

from pipeline.reading.bylines import (
    Byline,
    day_at_end,
    first_day,
    looks_like_name,
    read_byline,
    read_publication,
    resolve_days,
)

_LONGEST_HEADING = 200
_LONGEST_FURNITURE = 600
# Title, author and date stand within so many lines from the top.
_TOP = 12

_HASHES = re.compile(r"#{1,6}[ \t]+")
_MARKER = re.compile(r"(?:[-–—*•·▪◦‣●+]|\d{1,3}[.)])[ \t\xa0]+(?=\S)")
_RULE = re.compile(r"(?:[-=*_~#][ \t]?){3,200}$")
_IMAGE = re.compile(r"!\[([^\]\n]{0,500})\]\([^)\n]{0,2000}\)$")
_SENTENCE_END = re.compile(r"(?:(?<![A-Z.])\.|[;:]|[.!?][\"”’')\]]+)$")
_BY = re.compile(r"(?:written |words |report(?:ing|ed)? )?by:?\s+", re.IGNORECASE)
_AT_OUTLET = re.compile(r"\s*(?:,|\||\bfor\b|\bin\b)\s+.*$")
_DATELINE = re.compile(
    r"(?:"
    r"[A-Z][A-Z'’./ -]{2,40}(?:,\s[A-Z][A-Za-z'’. ]{1,30})?(?:,?\s[A-Z][a-z]{2,8}\.?\s\d{1,2}(?:,?\s\d{4})?"
    r"|,?\s\d{1,2}\s[A-Z][a-z]{2,8}\.?(?:\s\d{4})?)?(?:\s?\([A-Z][\w &./-]{1,40}\))?"
    r"|[A-Z][\w'’. -]{2,40}(?:,\s[A-Z][\w'’. -]{1,30})?(?:,?\s\d{1,2}\s[A-Z][a-z]{2,8}(?:\s\d{4})?"
    r"|,?\s[A-Z][a-z]{2,8}\.?\s\d{1,2}(?:,?\s\d{4})?|\s?\([A-Z][A-Za-z &./-]{1,40}\))"
    r"|\([A-Z][A-Za-z &./-]{1,40}\)"
    r")\s?(?:[–—:]|--?)\s+(?=\S)"
)
_FRONT_MATTER = re.compile(r"---[ \t]*\n((?:[^\n]{0,500}\n){0,60}?)---[ \t]*(?:\n|$)")
_FIELD = re.compile(r"([A-Za-z_]{2,30})\s?:[ \t]*([^\n]*)$", re.MULTILINE)


@dataclass(frozen=True, slots=True)
class Line:
    """A line that is not blank: its span without the spaces around it, and whether a blank line precedes it."""

    start: int
    end: int
    indent: int
    gap: bool


@dataclass(frozen=True, slots=True)
class Head:
    """What the top of a document says about it."""

    title: str | None
    author: str | None
    published: date | None


def read_lines(text: str, start: int = 0) -> list[Line]:
    """The lines of the text from `start` that are not blank, in order. Only \\n ends a line."""
    lines: list[Line] = []
    previous = start - 1
    for match in re.compile(r"[^\n]+").finditer(text, start):
        raw = match.group()
        words = raw.strip()
        if words:
            indent = len(raw) - len(raw.lstrip())
            begin = match.start() + indent
            lines.append(Line(begin, begin + len(words), indent, match.start() - previous > 1))
            previous = match.end()
    return lines


def front_matter(text: str) -> tuple[dict[str, str], int]:
    """The fields of a block between two lines `---` at the very top, and where the text after it starts.

    Only plain `key: value` lines are read, keys in lower case; without such a block, nothing and 0.
    """
    match = _FRONT_MATTER.match(text)
    fields = {
        key.lower(): value.strip().strip("\"'") for key, value in _FIELD.findall(match[1] if match else "")
    }
    return (fields, match.end()) if match and fields else ({}, 0)


def read_head(text: str, near: date | None = None) -> Head:
    """Title, author and date of publication, as far as the document's text gives them.

    The date is the one in the front matter, of a "Published: ..." line, of a live blog's newest entry, or of a
    date or dateline near the top, in this order. `near` is a date known from elsewhere: a live blog that shows no
    date is of that day, and one that leaves out the year of the year that is nearest to it.
    """
    fields, start = front_matter(text)
    lines = read_lines(text, start)
    top = [text[line.start : line.end] for line in lines[:_TOP]]
    entries = entry_bylines(text, lines)
    return Head(
        fields.get("title") or _title(top) or None,
        fields.get("author") or _author(top) or None,
        first_day(fields.get("published") or fields.get("date") or "")
        or _published_line(top)
        or _newest([byline for _, byline in entries], near)
        or _date_at_top(top),
    )


def entry_bylines(text: str, lines: list[Line]) -> list[tuple[int, Byline]]:
    """The bylines of a live blog's entries with the numbers of their lines; none for an article.

    A date that stands alone above entries is given to the first of them. The dates at the top of an article, when
    it came out and when it was changed, are no entries.
    """
    found = [(number, byline) for number, byline in _bylines(text, lines) if byline]
    entries: list[tuple[int, Byline]] = []
    heading_day: Byline | None = None
    for number, byline in found:
        if byline.clock is None:
            heading_day = byline
            continue
        if entries and number == entries[-1][0] + 1 and byline.clock == entries[-1][1].clock:
            continue
        if heading_day and byline.day is None and byline.month_day is None:
            byline = Byline(byline.clock, heading_day.day, heading_day.month_day, byline.author, byline.rest)
        heading_day = None
        entries.append((number, byline))
    return entries if _has_entries(text, lines, entries) else []


def is_live_blog(text: str) -> bool:
    """Whether the text is made of entries with clock times."""
    return bool(entry_bylines(text, read_lines(text, front_matter(text)[1])))


def _has_entries(text: str, lines: list[Line], entries: list[tuple[int, Byline]]) -> bool:
    """Whether the bylines stand over entries, and are not the dates of one article."""
    if len(entries) > 3 or any(byline.rest is not None for _, byline in entries[1:]):
        return True
    if not entries or (len(entries) == 1 and entries[0][1].rest is not None):
        return False
    numbers = [number for number, _ in entries]

    def says_something(first: int, end: int) -> bool:
        return any(is_sentence(text[line.start : line.end]) for line in lines[first:end])

    if says_something(0, numbers[0]):
        return numbers[-1] + 1 < len(lines)
    if len(entries) == 1:
        return _is_ruled_off(text, lines, numbers[0])
    return numbers[-1] - numbers[0] >= len(entries)


def _is_ruled_off(text: str, lines: list[Line], number: int) -> bool:
    """Whether a rule below a blank line stands right above the byline or its heading, as in a live blog's text."""
    above = [line for line in lines[max(number - 2, 0) : number] if is_rule(text[line.start : line.end])]
    return bool(above) and above[-1].gap and number + 1 < len(lines)


def is_heading_like(words: str) -> bool:
    """Whether a line could be a headline: short, opening with a capital or a number, no full stop at its end."""
    if not 3 <= len(words) <= _LONGEST_HEADING or _SENTENCE_END.search(words) or words.endswith(","):
        return False
    opening = words.lstrip("“‘\"'#*_ ([")[:1]
    return (not opening.isalpha() or not opening.islower()) and any(c.isalpha() for c in words)


def is_sentence(words: str) -> bool:
    """Whether a line ends as a sentence does and is long enough for one."""
    return len(words) >= 40 and words.rstrip("\"”’')]").endswith((".", "!", "?", "…"))


def ends_sentence(words: str) -> bool:
    """Whether the last character, behind closing quotes and brackets, ends a sentence or announces a list."""
    return words[-20:].rstrip("\"”’')]*_").endswith((".", "!", "?", "…", ":"))


def heading_marks(words: str) -> int:
    """How many characters a Markdown heading's marks take, 0 for any other line."""
    match = _HASHES.match(words)
    return match.end() if match else 0


def list_marker(words: str) -> int:
    """How many characters the marker of a list item takes, 0 for any other line."""
    match = _MARKER.match(words)
    return match.end() if match else 0


def is_lone_marker(words: str) -> bool:
    """Whether the line is only a list item's marker, its words being on the next line."""
    return words in ("-", "–", "—", "*", "•", "·", "▪", "◦", "‣", "●", "+")


def is_rule(words: str) -> bool:
    """Whether the line is only a drawn line."""
    return bool(_RULE.match(words[:201])) and len(words) <= 200


def dateline(words: str) -> int:
    """How many characters the dateline takes ("KYIV, Dec 4 (Agency) - "), 0 where there is none."""
    match = _DATELINE.match(words[:160])
    return match.end() if match else 0


def is_author_line(words: str) -> bool:
    """Whether the line only names the author: "By A Name in Kyiv"."""
    return _author_of(words) is not None


def image_caption(words: str) -> tuple[int, int] | None:
    """The span of the description in a line that is a Markdown image, else None."""
    match = _IMAGE.match(words) if words.startswith("![") else None
    return match.span(1) if match else None


def is_caption(words: str) -> bool:
    """Whether the line describes a picture."""
    return bool(_patterns()["captions.starts"].match(words[:_LONGEST_FURNITURE]))


def is_key_points_title(words: str) -> bool:
    """Whether the line heads a list of key points."""
    title = words.strip("#*_: \t")
    return len(title) <= 60 and bool(_patterns()["key_points.titles"].fullmatch(title))


def is_teaser_label(words: str) -> bool:
    """Whether the line announces links to other stories."""
    return len(words) <= _LONGEST_HEADING and bool(_patterns()["teasers.labels"].match(words.lstrip("#*_ ")))


def is_furniture(words: str) -> bool:
    """Whether the line belongs to the outlet's page and not to its news."""
    if len(words) > _LONGEST_FURNITURE:
        return False
    patterns = _patterns()
    plain = words.lstrip("#*_[(>-–• \t")
    return bool(patterns["furniture.starts"].match(plain) or patterns["furniture.contains"].search(words))


@cache
def _patterns() -> dict[str, re.Pattern[str]]:
    lexicon = tomllib.loads(files("pipeline").joinpath("lexicon/boilerplate.toml").read_text("utf-8"))
    return {
        f"{table}.{name}": re.compile("|".join(f"(?:{p})" for p in patterns), re.IGNORECASE)
        for table, lists in lexicon.items()
        for name, patterns in lists.items()
    }


def _bylines(text: str, lines: Iterable[Line]) -> Iterator[tuple[int, Byline | None]]:
    for number, line in enumerate(lines):
        yield number, read_byline(text[line.start : min(line.end, line.start + _LONGEST_FURNITURE)])


def _title(top: list[str]) -> str | None:
    for words in top[:4]:
        marks = heading_marks(words)
        if marks:
            return words[marks:].rstrip("# ")
        if read_byline(words) or read_publication(words) or is_furniture(words) or is_author_line(words):
            continue
        return words if is_heading_like(words) and len(top) > 1 and not list_marker(words) else None
    return None


def _author(top: list[str]) -> str | None:
    return next((author for words in top if (author := _author_of(words))), None)


def _author_of(words: str) -> str | None:
    if len(words) > 120:
        return None
    plain = words.strip("*_ ")
    match = _BY.match(plain)
    if not match:
        return None
    names = _AT_OUTLET.sub("", plain[match.end() :]).strip()
    return names if looks_like_name(names) else None


def _published_line(top: list[str]) -> date | None:
    lines = [found for words in top if (found := read_publication(words))]
    first = [day for verb, day in lines if day and "dated" not in verb and "modified" not in verb]
    return next(iter(first), None) or next((day for _, day in lines if day), None)


def _newest(entries: list[Byline], near: date | None) -> date | None:
    return max((day for day in resolve_days(entries, near) if day), default=None)


def _date_at_top(top: list[str]) -> date | None:
    for number, words in enumerate(top):
        byline = read_byline(words)
        if byline and byline.day:
            return byline.day
        # A title may end in the date of what it is about; a place or a name with a date is no title.
        ends_in = day_at_end(words) if number or len(words.split(",")[0].split()) <= 2 else None
        day = first_day(words[: dateline(words)]) or ends_in
        if day:
            return day
    return None
