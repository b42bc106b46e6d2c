"""Where quotations in double marks open and close, and go on over paragraphs."""

from __future__ import annotations

# The end of a paragraph is looked for within so many characters.
_PARAGRAPH = 4000
# A quotation that goes on is followed through so many paragraphs.
_MOST_PARAGRAPHS = 4


def opening_of(text: str, position: int) -> int | None:
    """Where the double quotation opened that `position` stands in (or begins); None outside of quotations."""
    if text[position] in '“"':
        return position
    paragraph = text.rfind("\n", max(0, position - _PARAGRAPH), position) + 1
    opened = text.rfind("“", paragraph, position)
    if opened >= 0:
        return opened if text.find("”", opened, position) < 0 else None
    opened = text.rfind('"', paragraph, position)
    opens = opened == paragraph or (opened > paragraph and text[opened - 1] in " (\t")
    return opened if opens and text[opened + 1 : opened + 2].strip() else None


def closing_of(text: str, opened: int) -> int | None:
    """Where the quotation that opened there closes within its paragraph."""
    limit = text.find("\n", opened, opened + _PARAGRAPH)
    limit = limit if limit >= 0 else min(len(text), opened + _PARAGRAPH)
    closed = text.find("”" if text[opened] == "“" else '"', opened + 1, limit)
    return closed if closed >= 0 else None


def goes_on_at(text: str, opened: int) -> int | None:
    """Where the next paragraph takes up a quotation that doesn't close in its own: at its opening mark."""
    line_end = text.find("\n", opened, opened + _PARAGRAPH)
    if line_end < 0:
        return None
    after = text[line_end : line_end + 40]
    mark = len(after) - len(after.lstrip())
    return line_end + mark if after[mark : mark + 1] in ("“", '"') else None


def end_of(text: str, opened: int) -> int | None:
    """Where a quotation closes, in its own paragraph or in one of the next that take it up."""
    start: int | None = opened
    for _ in range(_MOST_PARAGRAPHS):
        if start is None:
            return None
        closed = closing_of(text, start)
        if closed is not None:
            return closed
        start = goes_on_at(text, start)
    return None
