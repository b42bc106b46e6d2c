"""Cuts a document into the units that people cite: a live blog's entries, key points, an article's paragraphs.

A passage is a contiguous slice of the document's text, so that an offset in one is an offset in the other. Its
id does not depend on where it stands or on how its date is shown: an entry that stands unchanged in tomorrow's
snapshot, with "Tuesday 3 December" now before its clock time, is the same passage. Time is linear in the text.
"""

from __future__ import annotations

import hashlib
import json
from collections import Counter
from collections.abc import Iterator, Sequence
from dataclasses import asdict, dataclass, replace
from datetime import date
from itertools import pairwise

import pyarrow as pa

from pipeline.reading.bylines import Byline, is_newest_first, read_byline, read_publication, resolve_days
from pipeline.reading.layout import (
    Line,
    dateline,
    ends_sentence,
    entry_bylines,
    front_matter,
    heading_marks,
    image_caption,
    is_author_line,
    is_caption,
    is_furniture,
    is_heading_like,
    is_key_points_title,
    is_lone_marker,
    is_rule,
    is_teaser_label,
    list_marker,
    read_lines,
)
from pipeline.tables import PASSAGES

# Longer units are cut at a sentence's end, so that no reader of passages has to hold a hostile one at once.
LONGEST_PASSAGE = 50_000

# Hard-wrapped text has lines of between so many characters.
_NARROWEST, _WIDEST = 40, 132
_LONGEST_CROSSHEAD = 80
_LONGEST_QUOTE = 160
_TOP = 12


@dataclass(frozen=True, slots=True, kw_only=True)
class Passage:
    """A row of the table `passages`, whose descriptions say what the fields are."""

    document_id: str
    passage_id: str
    position: int
    passage_type: str
    heading: str | None
    author: str | None
    clock_time: str | None
    published: date | None
    country: str | None
    start: int
    end: int
    heading_start: int | None
    heading_end: int | None
    body_start: int
    body_end: int
    text: str


@dataclass(frozen=True, slots=True, kw_only=True)
class _Unit:
    """A passage before it has an id; `body` and `heading_span` are (start, end) in the document's text."""

    passage_type: str
    start: int
    body: tuple[int, int]
    heading: str | None = None
    heading_span: tuple[int, int] | None = None
    clock: str | None = None
    author: str | None = None
    day: date | None = None


def split_document(
    text: str,
    *,
    uri: str,
    document_id: str,
    published: date | None = None,
    country: str | None = None,
) -> list[Passage]:
    """The document's passages, in order and without overlap.

    `text` has \\n as its only line end. `published` is the date of the document, which entries and paragraphs
    without a date of their own get. For every passage `text[start:end]` is its `text`; heading and body lie
    inside. An entry or heading without a body has `body_start == body_end`.
    """
    lines = read_lines(text, front_matter(text)[1])
    entries = entry_bylines(text, lines)
    newest_first = is_newest_first([byline for _, byline in entries])
    units = list(_live_blog(text, lines, entries, published) if entries else _article(text, lines))
    units = [piece for unit in units for piece in _bounded(text, unit)]
    numbers = _occurrences(text, units, newest_first)
    return [
        Passage(
            document_id=document_id,
            passage_id=_identity(uri, *_words(text, unit), numbers[position]),
            position=position,
            passage_type=unit.passage_type,
            heading=unit.heading,
            author=unit.author,
            clock_time=unit.clock,
            published=unit.day or published,
            country=country,
            start=unit.start,
            end=unit.body[1],
            heading_start=unit.heading_span[0] if unit.heading_span else None,
            heading_end=unit.heading_span[1] if unit.heading_span else None,
            body_start=unit.body[0],
            body_end=unit.body[1],
            text=text[unit.start : unit.body[1]],
        )
        for position, unit in enumerate(units)
    ]


def split_batch(documents: pa.Table) -> pa.Table:
    """The passages of documents (the table `documents`, or its columns document_id, uri, published, country,
    text) as the table `passages`."""
    columns = documents.select(["document_id", "uri", "published", "country", "text"])
    rows: list[dict[str, object]] = []
    for batch in columns.to_batches(max_chunksize=64):
        for row in batch.to_pylist():
            rows.extend(asdict(passage) for passage in split_document(**row))
    return PASSAGES.from_rows(rows)


# Live blogs


def _live_blog(
    text: str, lines: list[Line], entries: list[tuple[int, Byline]], published: date | None
) -> Iterator[_Unit]:
    days = resolve_days([byline for _, byline in entries], published)
    headings = _entry_headings(text, lines, [number for number, _ in entries], entries)
    firsts = [min(number, heading) for (number, _), heading in zip(entries, headings, strict=True)]
    yield from _article(text, lines[: firsts[0]])
    ends = [*firsts[1:], len(lines)]
    for (number, byline), heading, day, end in zip(entries, headings, days, ends, strict=True):
        yield _entry(text, lines, number, byline, heading, day, end)


def _entry(
    text: str, lines: list[Line], number: int, byline: Byline, heading: int, day: date | None, end: int
) -> _Unit:
    """The entry whose byline is line `number`, whose heading is line `heading` (the same where it has none, or
    has it in the byline), and whose body ends before line `end`."""
    line = lines[number]
    span: tuple[int, int] | None = None
    body_start: int | None = None
    if byline.rest is not None:
        rest = line.start + byline.rest
        if ends_sentence(text[line.start : line.end]) or line.end - rest > 200:
            body_start = rest
        else:
            span = _trimmed(text, rest, line.end)
    if heading != number:
        span = _heading_span(text, lines[heading])
    body = _news(text, lines, max(number, heading) + 1, end)
    start = min(line.start, lines[heading].start)
    last = max(line.end, lines[heading].end)
    if body_start is not None:
        body = (body_start, body[1] if body else line.end)
    return _Unit(
        passage_type="entry",
        start=start,
        body=body or (last, last),
        heading=text[span[0] : span[1]] if span else None,
        heading_span=span,
        clock=byline.clock,
        author=byline.author,
        day=day,
    )


def _entry_headings(
    text: str, lines: list[Line], numbers: Sequence[int], entries: Sequence[tuple[int, Byline]]
) -> list[int]:
    """The line of each entry's heading: the byline's own line where there is none or it holds the heading.

    Outlets set the heading above the byline or below it, and do so throughout a page.
    """
    taken = set(numbers)

    def heads(number: int, *, surely: bool = False) -> bool:
        if not 0 <= number < len(lines) or number in taken:
            return False
        words = text[lines[number].start : min(lines[number].end, lines[number].start + 300)]
        if list_marker(words) or _is_aside(words):
            return False
        return is_heading_like(words) or (surely and len(words) <= _LONGEST_QUOTE)

    above = [heads(number - 1) for number in numbers]
    below = [heads(number + 1) for number in numbers]
    # Where nearly every entry has its heading above, a short line there is one even if it ends with a full stop.
    if sum(above) >= 0.8 * len(numbers):
        above = [heads(number - 1, surely=True) for number in numbers]
    set_above = sum(above) >= sum(below)
    headings: list[int] = []
    for number, has_above, has_below, (_, byline) in zip(numbers, above, below, entries, strict=True):
        if byline.rest is not None:
            headings.append(number)
        elif set_above:
            headings.append(number - 1 if has_above else number)
        else:
            headings.append(number + 1 if has_below else number)
    return headings


def _news(text: str, lines: list[Line], first: int, end: int) -> tuple[int, int] | None:
    """The span of lines `first` to `end` without the furniture at both ends, None if nothing is left."""
    while first < end and _is_aside(_words_of(text, lines[first])):
        first += 1
    while first < end:
        last = _words_of(text, lines[end - 1])
        if _is_aside(last) or is_rule(last) or is_teaser_label(last):
            end -= 1
        elif end - first >= 2 and is_heading_like(last) and is_teaser_label(_words_of(text, lines[end - 2])):
            end -= 2
        else:
            return lines[first].start, lines[end - 1].end
    return None


def _is_aside(words: str) -> bool:
    """Whether the line says when, by whom or where else, and no news."""
    if is_furniture(words) or is_author_line(words) or read_publication(words):
        return True
    byline = read_byline(words)
    return byline is not None and byline.rest is None


# Articles


def _article(text: str, lines: list[Line]) -> Iterator[_Unit]:
    """Title, sections' headings, key points, captions, list items and paragraphs of these lines."""
    section: str | None = None
    key_points: str | None = None
    wraps = _wrap_widths(text, lines)
    number, seen_words = 0, False
    while number < len(lines):
        line = lines[number]
        words = _words_of(text, line)
        after = number + 1
        if is_key_points_title(words):
            key_points, number = words.strip("#*_: \t"), after
            continue
        if is_teaser_label(words):
            number = _after_teasers(text, lines, after)
            continue
        if is_rule(words) or is_lone_marker(words) or _is_aside(words):
            number = after
            continue
        if _is_heading(text, lines, number, wraps[number], first=not seen_words):
            unit = _heading(text, line)
            section, key_points = (unit.heading if seen_words else None), None
            seen_words, number = True, after
            yield unit
            continue
        last = _last_line(text, lines, number, wraps)
        marker = list_marker(words)
        listed = bool(marker) or (number > 0 and is_lone_marker(_words_of(text, lines[number - 1])))
        start, end = line.start + marker, lines[last].end
        if key_points and not listed:
            key_points = None
        yield _block(text, start, end, key_points, section, near_top=number < _TOP)
        seen_words, number = True, last + 1


def _block(
    text: str, start: int, end: int, key_points: str | None, section: str | None, *, near_top: bool
) -> _Unit:
    words = text[start : min(end, start + 3000)]
    image = image_caption(words)
    if image:
        span = (start + image[0], start + image[1])
        return _Unit(passage_type="caption", start=span[0], body=span, heading=section)
    kind = "key_point" if key_points else "caption" if is_caption(words) else "paragraph"
    body = start + dateline(words) if near_top and kind == "paragraph" else start
    return _Unit(passage_type=kind, start=start, body=(body, end), heading=key_points or section)


def _is_heading(text: str, lines: list[Line], number: int, width: int, *, first: bool) -> bool:
    """Whether the line heads what follows: marked as a heading, the title, or a short line between paragraphs."""
    words = _words_of(text, lines[number])
    if heading_marks(words):
        return True
    following = lines[number + 1] if number + 1 < len(lines) else None
    if (
        following is None
        or not is_heading_like(words)
        or list_marker(words)
        or words.startswith(("|", "!", "("))
    ):
        return False
    next_words = _words_of(text, following)
    if is_rule(next_words) and not following.gap and next_words[0] in "=-":
        return True
    if first:
        return (
            following.gap
            or _is_aside(next_words)
            or (
                len(words) < len(next_words)
                and not (width and _was_full(text, lines[number], following, width))
            )
        )
    if len(words) > _LONGEST_CROSSHEAD or width or (words.endswith(("?", "!")) and len(words) > 60):
        return False
    apart = lines[number].gap and following.gap
    return (
        apart or (not following.gap and not lines[number].gap and len(next_words) > _LONGEST_CROSSHEAD)
    ) and (len(next_words) > len(words) and ends_sentence(_words_of(text, lines[number - 1])))


def _heading(text: str, line: Line) -> _Unit:
    span = _heading_span(text, line)
    return _Unit(
        passage_type="heading",
        start=span[0],
        body=(span[1], span[1]),
        heading=text[span[0] : span[1]],
        heading_span=span,
    )


def _after_teasers(text: str, lines: list[Line], number: int) -> int:
    """The first line after the links that a label announces: headlines, as list items or in one run."""
    first = number
    while number < len(lines):
        words = _words_of(text, lines[number])
        marker = list_marker(words)
        if not is_heading_like(words[marker:]) or (number > first and lines[number].gap and not marker):
            break
        number += 1
    return number


def _wrap_widths(text: str, lines: list[Line]) -> list[int]:
    """For each line the width that its block (the lines between two blank ones) is wrapped at, 0 for none.

    In wrapped text lines end where the next word did not fit, mostly amid a sentence. Where most of a document is
    wrapped, all of its blocks are.
    """
    widths = [0] * len(lines)
    blocks = [block for block in _blocks(lines) if len(block) > 1]
    counted = [(block, *_breaks(text, [lines[number] for number in block])) for block in blocks]
    candidates = [entry for entry in counted if _NARROWEST <= entry[1] <= _WIDEST]
    breaks = sum(len(block) - 1 for block, _, _ in candidates)
    whole = breaks >= 4 and sum(amid for _, _, amid in candidates) >= 0.3 * breaks
    for block, width, amid in candidates:
        if whole or amid >= 0.3 * (len(block) - 1):
            widths[block.start : block.stop] = [width] * len(block)
    return widths


def _blocks(lines: list[Line]) -> Iterator[range]:
    start = 0
    for end in range(1, len(lines) + 1):
        if end == len(lines) or lines[end].gap:
            yield range(start, end)
            start = end


def _breaks(text: str, block: list[Line]) -> tuple[int, int]:
    """The length of the block's longest line, and how many of its lines were full and end amid a sentence."""
    width = max(line.end - line.start for line in block)
    if width > _WIDEST:
        return width, 0
    return width, sum(
        _was_full(text, before, after, width) and not ends_sentence(text[before.start : before.end])
        for before, after in pairwise(block)
    )


def _last_line(text: str, lines: list[Line], number: int, wraps: list[int]) -> int:
    """The last line of the paragraph that starts at line `number`."""
    while number + 1 < len(lines) and _continues(text, lines[number], lines[number + 1], wraps[number]):
        number += 1
    return number


def _continues(text: str, before: Line, after: Line, width: int) -> bool:
    if after.gap:
        return False
    words, next_words = _words_of(text, before), _words_of(text, after)
    if list_marker(next_words) or heading_marks(next_words) or is_lone_marker(next_words):
        return False
    if width:
        return (
            after.indent <= before.indent + 1
            and (_was_full(text, before, after, width) or not ends_sentence(words))
            and not _is_aside(next_words)
            and not is_rule(next_words)
        )
    # Without wrapping a line is a paragraph; what goes on in lower case, or is a lost full stop, belongs to it.
    if len(next_words) <= 3 and not any(character.isalnum() for character in next_words):
        return not is_rule(next_words)
    return next_words[0].islower() and not ends_sentence(text[before.end - min(20, len(words)) : before.end])


def _was_full(text: str, before: Line, after: Line, width: int) -> bool:
    """Whether the first word of the line after would not have fitted on the line before."""
    word = text[after.start : min(after.end, after.start + _WIDEST)].split(None, 1)[0]
    return before.end - before.start + 1 + len(word) > width


# Spans and identity


def _words_of(text: str, line: Line) -> str:
    """The line's words; of a long line, which is prose whatever it says, the beginning."""
    return text[line.start : min(line.end, line.start + 2000)]


def _heading_span(text: str, line: Line) -> tuple[int, int]:
    return _trimmed(text, line.start + heading_marks(_words_of(text, line)), line.end)


def _trimmed(text: str, start: int, end: int) -> tuple[int, int]:
    """The span without the spaces and Markdown marks around it; the whole span if there is nothing else."""
    first, last = start, end
    while first < last and text[first] in "#*_ \t":
        first += 1
    while last > first and text[last - 1] in "#*_ \t":
        last -= 1
    return (first, last) if first < last else (start, end)


def _bounded(text: str, unit: _Unit) -> Iterator[_Unit]:
    """The unit, cut into several where its body is longer than LONGEST_PASSAGE."""
    start, end = unit.body
    while end - start > LONGEST_PASSAGE:
        cut = _cut(text, start, start + LONGEST_PASSAGE)
        yield replace(unit, body=(start, cut))
        start = cut
        while start < end and text[start].isspace():
            start += 1
        if start == end:
            return
        unit = replace(unit, start=start, body=(start, end), heading_span=None)
    yield unit


def _cut(text: str, start: int, end: int) -> int:
    """Where to cut: after the last line or sentence in the second half, else a word, else anywhere."""
    middle = (start + end) // 2
    for mark, keep in (("\n", 0), (". ", 1), (" ", 0)):
        found = text.rfind(mark, middle, end)
        if found > start:
            return found + keep
    return end


def _words(text: str, unit: _Unit) -> tuple[str | None, str | None, str | None, str]:
    return unit.heading, unit.clock, unit.author, text[unit.body[0] : unit.body[1]]


def _occurrences(text: str, units: Sequence[_Unit], newest_first: bool) -> list[int]:
    """For each unit, how many before it have the same words; oldest first, so that a new one changes no number."""
    seen: Counter[tuple[str | None, ...]] = Counter()
    numbers = [0] * len(units)
    order = range(len(units) - 1, -1, -1) if newest_first else range(len(units))
    for position in order:
        words = _words(text, units[position])
        numbers[position] = seen[words]
        seen[words] += 1
    return numbers


def _identity(*parts: str | int | None) -> str:
    """16 hexadecimal digits of the SHA-256 of the parts."""
    return hashlib.sha256(json.dumps(parts, ensure_ascii=False).encode()).hexdigest()[:16]
